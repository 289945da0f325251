//! From a question to a checked derivation: draft one step, check it, rewind
//! and repair it when it is refuted, go on, and answer only with what held.

mod conclude;
mod derivation;
mod draft;
mod error;
mod event;
mod options;
mod origin;
mod prompts;
mod reasoner;
mod repair;

pub use error::{PromptError, ReasonError};
pub use event::Event;
pub use options::ReasonOptions;
pub use prompts::Prompts;
pub use reasoner::Reasoner;
