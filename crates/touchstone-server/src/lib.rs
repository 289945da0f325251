//! The HTTP service: `POST /v1/ask` (JSON or server-sent events),
//! `POST /v1/check`, `GET /healthz`, `GET /readyz`.
//!
//! [`run`] serves until it is told to stop. [`Server::bind`] is the longer
//! way: it listens before the model is loaded (`/readyz` says what is still
//! missing), tells its address, and gives a [`ServerHandle`] by which another
//! thread hands over the parts or ends it.
//!
//! Work that takes time runs on blocking threads behind a bounded queue
//! (`gate`); every failure becomes one kind of body (`problem`).

mod body;
mod config;
mod error;
mod gate;
mod job;
mod problem;
mod request_log;
mod routes;
mod server;
mod state;
mod stream;

pub use config::ServerConfig;
pub use error::ServerError;
pub use problem::{Missing, Problem};
pub use routes::ask::{AskRequest, Mode};
pub use routes::check::{CheckReports, CheckRequest};
pub use server::{Server, ServerHandle, run};
