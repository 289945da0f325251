use serde::{Deserialize, Serialize};
use touchstone_core::Language;
use touchstone_llm::Sampling;
use touchstone_text::Passage;

use crate::Threshold;

/// How an answer is come by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// From the graph where the question is read to its last word, else
    /// drafted and repaired.
    #[default]
    Auto,
    /// The model drafts every step.
    Draft,
    /// From the graph only; what it doesn't hold is not answered.
    Graph,
}

/// A first guess: no measurement has set it yet.
pub(crate) const CASCADE_BELOW: f64 = 0.8;

/// An answer that nothing verifies has half the model's own probability for
/// its confidence. Of those to our own questions (`eval/questions`, with 100,
/// 70 and 30% of the facts) that the 1.5B model was surer of than this, two
/// thirds were right, and a third of the others.
pub(crate) const WITHHOLD_BELOW: f64 = 0.46;

/// Limits and choices of one question.
#[derive(Clone, Debug, PartialEq)]
pub struct ReasonOptions {
    pub mode: Mode,
    /// What comes with the question, to be read in place of the library's
    /// passages.
    pub passages: Vec<Passage>,
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
    /// With a larger model behind the first, lines whose mean token
    /// probability is lower are written anew by it.
    pub cascade_below: f64,
    /// Answers that are less sure are withheld; 0 gives them all.
    pub withhold_below: f64,
    /// Answers that are no surer than this are withheld, for a promise.
    pub threshold: Option<Threshold>,
}

impl Default for ReasonOptions {
    fn default() -> Self {
        ReasonOptions {
            mode: Mode::default(),
            passages: Vec::new(),
            max_steps: 10,
            max_step_tokens: 96,
            max_repairs: 2,
            max_question_chars: 4000,
            sampling: Sampling::default(),
            language: None,
            cascade_below: CASCADE_BELOW,
            withhold_below: WITHHOLD_BELOW,
            threshold: None,
        }
    }
}
