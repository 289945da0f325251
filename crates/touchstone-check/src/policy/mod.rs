//! Rules that an organisation writes down: what must not be said, what must be
//! shown to be true, what must be said beside it. Read from TOML; applied to
//! texts, drafts and answers alike.

mod apply;
mod file;

use std::path::PathBuf;

use touchstone_graph::{ClassId, PredicateId};

pub use file::load;

/// Why the rules could not be read.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    #[error("cannot read the policy {path}: {reason}")]
    Read { path: PathBuf, reason: String },
    #[error("{path}, line {line}: {reason}")]
    Syntax { path: PathBuf, line: usize, reason: String },
    #[error("{path}, rule {rule}: {reason}")]
    Rule { path: PathBuf, rule: String, reason: String },
}

/// What happens where a rule fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The sentence counts as refuted: a draft is written again, a check fails.
    Block,
    /// The words are taken out.
    Redact,
    /// The report says so; verdicts stay.
    Annotate,
    /// What is claimed there must be supported; otherwise it is refused.
    RequireEvidence,
}

/// One rule, resolved against a graph.
#[derive(Debug)]
pub struct Rule {
    pub id: String,
    message: [Option<String>; 2],
    action: Action,
    /// Any of these fits; none of them: the rule is about the whole text.
    pattern: Option<regex::Regex>,
    classes: Vec<ClassId>,
    predicates: Vec<PredicateId>,
    /// Words that the text must hold where the rule fits, or anywhere.
    notice: Option<regex::Regex>,
}

/// All rules in force.
#[derive(Debug, Default)]
pub struct Policies {
    rules: Vec<Rule>,
}

impl Policies {
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Adds the rules of another set; all of them are in force.
    pub fn extend(&mut self, other: Policies) {
        self.rules.extend(other.rules);
    }

    pub fn len(&self) -> usize {
        self.rules.len()
    }
}
