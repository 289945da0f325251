//! What generation means to the rest of Touchstone: sessions that can be
//! appended to, generated from, constrained, rewound, forked and scored,
//! within a budget. The engines behind it are siblings: the local one is
//! `touchstone-llama`; [`remote`] speaks to servers; [`recorded`] replays
//! fixed replies for tests.

mod error;
pub mod forbidden;
mod message;
pub mod recorded;
pub mod remote;
mod session;
mod stop;
mod until;

pub use error::LlmError;
pub use message::{Message, Role};
pub use session::{
    Alternative, Checkpoint, Engine, EngineInfo, FinishReason, Generated, Likelihood, Piece, Session,
    SessionUsage, TokenLogprob,
};
pub use until::{Constraint, Sampling, StopRule, Until};
