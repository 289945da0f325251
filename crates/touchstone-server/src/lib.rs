//! The HTTP service: answers, checks, the graph and the passages over an API
//! that describes itself (`/openapi.json`), the page that uses it, and the
//! same for other programs (OpenAI's chat, MCP).
//!
//! [`run`] serves until it is told to stop. [`Server::bind`] is the longer
//! way: it listens before the model is loaded (`/readyz` says what is still
//! missing), tells its address, and gives a [`ServerHandle`] by which another
//! thread hands over the parts or ends it.
//!
//! Work that takes time runs on blocking threads behind bounded queues
//! (`gate`); every failure becomes one kind of body (`problem`); what can be
//! done is one list (`openapi`) that the router, the key check and the
//! document are made of.

mod accept;
mod auth;
mod body;
mod config;
mod error;
mod gate;
mod job;
mod mcp;
mod metrics;
mod openapi;
mod page;
mod problem;
mod query;
mod request_log;
mod routes;
mod runs;
mod server;
mod state;
mod stream;
mod tls;
mod trace;
mod updates;

pub use auth::{KeyError, KeyFile, KeyRecord, NewKey, Scope};
pub use config::{ServerConfig, TlsFiles};
pub use error::ServerError;
pub use mcp::McpStdio;
pub use problem::{Missing, Problem};
pub use routes::ask::{AskRequest, Mode};
pub use routes::check::{CheckReports, CheckRequest};
pub use routes::packs::PackInfo;
pub use server::{Server, ServerHandle, run};
pub use state::{Parts, Reload, Renew};
pub use trace::TRACE;
pub use updates::{AlignError, align};
