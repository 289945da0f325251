//! What generation means to the rest of Touchstone: sessions that can be
//! appended to, generated from, rewound and forked, within a budget. The
//! engines behind it are siblings: the local one is `touchstone-llama`;
//! [`recorded`] replays fixed replies for tests.

mod error;
pub mod recorded;
mod session;

pub use error::LlmError;
pub use session::{
    Checkpoint, Engine, EngineInfo, FinishReason, Generated, Message, Role, Sampling, Session, SessionUsage,
    StopRule, Until,
};
