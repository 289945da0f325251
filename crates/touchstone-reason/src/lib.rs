//! From a question to a checked derivation: draft one step, check it, rewind
//! and repair it when it is refuted, go on, and answer only with what held.

mod error;
mod event;
mod options;

pub use error::{PromptError, ReasonError};
pub use event::Event;
pub use options::ReasonOptions;
