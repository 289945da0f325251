use touchstone_core::{AskReport, Language};

use crate::record::Mode;

/// What is measured.
pub trait System {
    /// `stop` is asked often; once it says true, the answer is not needed.
    fn ask(
        &self,
        mode: Mode,
        question: &str,
        language: Option<Language>,
        stop: &dyn Fn() -> bool,
    ) -> Result<AskReport, SystemError>;
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum SystemError {
    #[error("stopped")]
    Stopped,
    /// This question can't be asked, others can.
    #[error("{0}")]
    Question(String),
    /// No question can be asked any more.
    #[error("{0}")]
    Fatal(String),
}
