//! The systems under test.

mod answers;
mod cove;
mod endpoint;
mod evidence;
mod local;
mod system;
mod wording;

pub use answers::AnswerFile;
pub use endpoint::Endpoint;
pub use local::Local;
pub use system::{System, SystemError};
pub use wording::{Wording, WordingError, baseline_prompts_sha256};

use touchstone_core::{Answer, AnswerStatus, AskReport, Language, Step, StepStatus, Timings, Usage};
use touchstone_llm::LlmError;
use touchstone_reason::ReasonError;

use crate::questions::Question;

/// Text with any Chinese character is Chinese.
fn language_of(question: &Question) -> Language {
    let han = |c: char| matches!(c, '\u{3400}'..='\u{9fff}');
    question.language.unwrap_or(if question.text.contains(han) {
        Language::Chinese
    } else {
        Language::English
    })
}

fn why(error: &ReasonError, stop: &(dyn Fn() -> bool + Sync)) -> SystemError {
    match error {
        ReasonError::Cancelled if stop() => SystemError::Stopped,
        ReasonError::EmptyQuestion
        | ReasonError::QuestionTooLong { .. }
        | ReasonError::Engine(LlmError::ContextFull { .. }) => SystemError::Question(error.to_string()),
        other => SystemError::Fatal(other.to_string()),
    }
}

/// A report of what was not checked.
fn unchecked(question: &Question, model: &str, said: Said) -> AskReport {
    let Said { steps, answer, values, confidence, usage, timings } = said;
    let step = |(text, index): (String, usize)| Step {
        index,
        text,
        status: StepStatus::Unverified,
        before: None,
        claims: Vec::new(),
        why: None,
        model: None,
    };
    let status = if answer.is_some() { AnswerStatus::PartlyVerified } else { AnswerStatus::Withheld };
    AskReport {
        question: question.text.clone(),
        language: question.language,
        premises: Vec::new(),
        reading: None,
        withholding: None,
        passages: Vec::new(),
        answer: Answer {
            text: answer.unwrap_or_default(),
            values,
            status,
            confidence,
            claims: Vec::new(),
            model: None,
        },
        steps: steps.into_iter().zip(1..).map(step).collect(),
        model: model.to_owned(),
        usage,
        timings,
    }
}

/// What a system said, whose steps nobody checked.
struct Said {
    steps: Vec<String>,
    /// `None`: it gave none.
    answer: Option<String>,
    values: Vec<String>,
    confidence: f64,
    usage: Usage,
    timings: Timings,
}
