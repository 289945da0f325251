use touchstone_core::AskReport;

use crate::questions::Question;
use crate::record::Mode;

/// What is measured. Several questions are asked at a time, from as many
/// threads.
pub trait System: Sync {
    /// `stop` is asked often; once it says true, the answer is not needed.
    fn ask(
        &self,
        mode: Mode,
        question: &Question,
        stop: &(dyn Fn() -> bool + Sync),
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
