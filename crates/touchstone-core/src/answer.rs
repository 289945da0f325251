use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Claim, Evidence, Language};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepStatus {
    /// Every claim of the step is supported.
    Accepted,
    /// Refuted as drafted; what stands now is supported.
    Repaired,
    /// Refuted and taken out of the derivation.
    Rejected,
    /// Nothing refuted, but something could not be verified.
    Unverified,
}

/// One step of a derivation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// Counted from 1 in the order of the derivation.
    pub index: usize,
    pub text: String,
    pub status: StepStatus,
    /// The draft that was refuted, for repaired steps.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub before: Option<String>,
    pub claims: Vec<Claim>,
    /// Why the draft was changed or taken out, for people.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub why: Option<String>,
    /// The model that wrote it, where a larger one stands behind the first.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub model: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AnswerStatus {
    /// Every claim holds and the answer follows from them. A right
    /// calculation of the wrong thing is still possible.
    Verified,
    /// Nothing is refuted, but not everything could be verified.
    PartlyVerified,
    /// No answer is given, because what was drafted did not hold.
    Withheld,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Answer {
    /// One sentence or phrase in the language of the question.
    pub text: String,
    /// The bare values (names, numbers) that answer the question.
    pub values: Vec<String>,
    pub status: AnswerStatus,
    pub confidence: f64,
    /// What the answer claims, checked like any step.
    pub claims: Vec<Claim>,
    /// The model that wrote it, where a larger one stands behind the first.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub model: Option<String>,
}

impl Answer {
    /// No answer, with what is said in its place.
    pub fn withheld(text: impl Into<String>) -> Answer {
        Answer {
            text: text.into(),
            values: Vec::new(),
            status: AnswerStatus::Withheld,
            confidence: 0.0,
            claims: Vec::new(),
            model: None,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Usage {
    /// Tokens that went through the model as given text, repairs included.
    pub prompt_tokens: usize,
    /// Tokens that the model chose, rewound drafts included.
    pub generated_tokens: usize,
    /// Sessions opened: one per question and model that was needed for it.
    pub model_calls: usize,
}

/// Wall-clock seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Timings {
    pub total_s: f64,
    pub generating_s: f64,
    pub checking_s: f64,
    /// From the request to the first accepted step.
    pub first_step_s: f64,
}

/// What is promised of false answers, and what an answer needs for it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Withholding {
    /// At most this share of all questions gets a false answer, in expectation
    /// over questions like those of the calibration.
    pub max_false_rate: f64,
    /// An answer is given where its confidence lies above.
    pub threshold: f64,
    /// Whether this answer was kept back for it.
    pub withheld: bool,
}

/// A question with its derivation and its answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AskReport {
    pub question: String,
    /// Absent where the question's language is not supported.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub language: Option<Language>,
    /// What the question takes for granted, refuted or not verified; what
    /// holds is left out.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub premises: Vec<Claim>,
    /// How the question was read, where it was answered from the graph.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reading: Option<String>,
    pub answer: Answer,
    /// Where a share of false answers was promised.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub withholding: Option<Withholding>,
    /// What the model had read before it wrote: whole passages.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub passages: Vec<Evidence>,
    pub steps: Vec<Step>,
    /// Name or path of the model that wrote the steps, but for those that name
    /// another.
    pub model: String,
    pub usage: Usage,
    pub timings: Timings,
}
