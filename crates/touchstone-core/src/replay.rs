use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Evidence, ReasonCode, Verdict};

/// What checking a derivation or a report again, without a model, found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReplayReport {
    /// Verdicts that were checked again.
    pub verdicts: usize,
    /// Of these, the ones that stand as they were.
    pub confirmed: usize,
    /// The ones that do not.
    pub changed: Vec<ChangedVerdict>,
    /// Facts that were evidence and that the graph no longer holds.
    pub missing: Vec<Evidence>,
}

impl ReplayReport {
    /// Every verdict stands, and so does every fact.
    pub fn holds(&self) -> bool {
        self.changed.is_empty() && self.missing.is_empty()
    }
}

/// A verdict that is another one now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChangedVerdict {
    /// The step that makes the claim, counted from 1; absent for claims of the
    /// answer, of the question and of a checked text.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub step: Option<usize>,
    pub claim: String,
    pub was: Verdict,
    pub now: Verdict,
    pub reason_code: ReasonCode,
    /// One sentence for people.
    pub reason: String,
}
