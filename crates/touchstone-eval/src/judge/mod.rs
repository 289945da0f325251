//! Decides what is right of an output: its final answer by the gold answers,
//! what its steps say by the full facts. It shares no code and no verdict
//! with the systems it judges, and it is the same for all.

mod facts;
mod gold;
mod held;
mod normal;
mod numbers;
mod premise;
mod tokens;

use std::sync::OnceLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use touchstone_core::{AnswerStatus, AskReport, StepStatus};
use touchstone_graph::Graph;

use crate::error::EvalError;
use crate::questions::Question;
use crate::suite::Answers;

pub use facts::{FactBase, JudgedClaim, Truth};
pub use gold::by_gold_answers;
pub use normal::{normalise, same};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Right,
    Wrong,
    /// Nothing is asserted.
    Withheld,
    /// Something is asserted, but there is no gold to judge it by.
    Undecided,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    pub verdict: Verdict,
    /// One sentence for people.
    pub reason: String,
    /// Different values that the answer asserts and that are right. A text
    /// without values is one claim.
    pub true_claims: usize,
    pub false_claims: usize,
    /// Whether the first value is right.
    pub first_right: bool,
    /// Gold answers that are given.
    pub gold_found: usize,
}

/// What a system asserts as its final answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asserted<'a> {
    /// The bare values, where the system names them.
    pub values: &'a [String],
    /// The whole answer: judged where there are no values.
    pub text: &'a str,
}

/// The judge of a run.
#[derive(Default)]
pub struct Judge {
    facts: Option<FactBase>,
    /// Made where a question first asks for them: most suites mark no topic.
    paths: OnceLock<held::Paths>,
}

impl Judge {
    /// Judges steps too, by the facts of a graph: the whole one, whatever the
    /// system under test may use.
    pub fn with_facts(graph: &Graph) -> Result<Judge, EvalError> {
        Ok(Judge { facts: Some(FactBase::of(graph)?), paths: OnceLock::new() })
    }

    /// Whether the facts hold all gold answers and tell them from others; None
    /// where that cannot be told.
    pub fn holds(&self, question: &Question) -> Option<bool> {
        let facts = self.facts.as_ref().filter(|_| question.answers == Answers::All)?;
        let topic = question.topic.as_deref()?;
        Some(self.paths.get_or_init(|| held::Paths::of(facts)).lead(topic, &question.gold))
    }

    pub fn answer(&self, question: &Question, report: &AskReport) -> Judgement {
        let answer = &report.answer;
        let asserted = (answer.status != AnswerStatus::Withheld)
            .then_some(Asserted { values: &answer.values, text: &answer.text });
        match question.premise.as_ref().filter(|premise| !premise.holds) {
            Some(premise) => premise::by_premise(premise, report, asserted.is_some()),
            None => gold::within(&question.text, &question.gold, question.tolerance, asserted),
        }
    }

    /// What the steps claim, and the drafts that were taken back.
    pub fn steps(&self, report: &AskReport) -> Vec<JudgedClaim> {
        let Some(facts) = &self.facts else { return Vec::new() };
        let mut claims = Vec::new();
        for step in &report.steps {
            let rejected = step.status == StepStatus::Rejected;
            let drafts = step.before.iter().map(|draft| (draft, true));
            for (text, taken_back) in std::iter::once((&step.text, rejected)).chain(drafts) {
                for claim in facts.judge(text) {
                    claims.push(JudgedClaim { step: step.index, taken_back, ..claim });
                }
            }
        }
        claims
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    #[test]
    fn the_judge_knows_no_code_that_it_judges() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/judge");
        let systems = ["check", "reason", "llm"].map(|name| format!("{}_{name}", "touchstone"));
        for entry in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            assert!(!systems.iter().any(|system| text.contains(system.as_str())));
        }
    }
}
