//! From a question to a checked derivation: draft one step, check it, rewind
//! and repair it when it is refuted, go on, and answer only with what held.

mod answering;
mod author;
mod case;
mod conclude;
mod dependence;
mod derivation;
mod draft;
mod error;
mod event;
pub mod export;
mod guided;
mod options;
mod origin;
mod premise;
mod prompts;
mod reasoner;
mod repair;
mod replay;
mod run;
mod withhold;

pub use error::{PromptError, ReasonError};
pub use event::Event;
pub use guided::{Followed, Guide, Interpretation, Opinion, ReadingView};
pub use options::{Mode, ReasonOptions};
pub use prompts::{Prompts, Written};
pub use reasoner::Reasoner;
pub use replay::{replay_answer, replay_check};
pub use touchstone_text::Passage;
pub use withhold::Threshold;
