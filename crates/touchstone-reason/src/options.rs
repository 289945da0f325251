use touchstone_core::Language;
use touchstone_llm::Sampling;

/// Limits and choices of one question.
#[derive(Clone, Debug, PartialEq)]
pub struct ReasonOptions {
    /// Drafts that may be checked before the answer is forced, dropped ones
    /// included.
    pub max_steps: usize,
    /// Tokens of one step or of the answer.
    pub max_step_tokens: usize,
    /// New drafts of one refuted step, after the first.
    pub max_repairs: usize,
    /// Unicode characters of the question.
    pub max_question_chars: usize,
    pub sampling: Sampling,
    /// The language of the derivation; without it, that of the question.
    pub language: Option<Language>,
}

impl Default for ReasonOptions {
    fn default() -> Self {
        ReasonOptions {
            max_steps: 10,
            max_step_tokens: 96,
            max_repairs: 2,
            max_question_chars: 4000,
            sampling: Sampling::default(),
            language: None,
        }
    }
}
