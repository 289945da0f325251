//! What changed from one run to another, question by question.

use std::fmt::Write;

use serde::Serialize;

use super::table::{amount, cell, p_value};
use crate::error::EvalError;
use crate::judge::Verdict;
use crate::metrics::{by_id, labels};
use crate::paired::{self, Comparison};
use crate::record::Record;
use crate::results::StoredRun;

/// Two runs on the questions that both were asked.
#[derive(Clone, Debug, Serialize)]
pub struct ComparedRuns {
    pub first: String,
    pub second: String,
    /// Questions that both were asked.
    pub n: usize,
    /// Second minus first.
    pub comparison: Comparison,
    pub changes: Vec<Change>,
}

/// A question that got another verdict.
#[derive(Clone, Debug, Serialize)]
pub struct Change {
    pub id: String,
    pub question: String,
    pub gold: Vec<String>,
    pub first: Verdict,
    pub second: Verdict,
    pub first_answer: String,
    pub second_answer: String,
}

impl ComparedRuns {
    pub fn of(first: &StoredRun, second: &StoredRun) -> Result<ComparedRuns, EvalError> {
        let of_first = by_id(&first.records);
        let both: Vec<(&Record, &Record)> = second
            .records
            .iter()
            .filter_map(|record| Some((*of_first.get(record.id.as_str())?, record)))
            .collect();
        if both.is_empty() {
            return Err(EvalError::NothingInCommon);
        }
        let plain = first.plain.as_deref().or(second.plain.as_deref());
        let comparison = paired::compare(&second.records, &first.records, plain, first.info.seed);
        let changes = both
            .iter()
            .filter(|(one, other)| one.verdict != other.verdict)
            .map(|(one, other)| Change {
                id: one.id.clone(),
                question: one.question.clone(),
                gold: one.gold.clone(),
                first: one.verdict,
                second: other.verdict,
                first_answer: answer(one),
                second_answer: answer(other),
            })
            .collect();
        Ok(ComparedRuns { first: first.name(), second: second.name(), n: both.len(), comparison, changes })
    }

    /// For people; at most so many changes of each kind are shown.
    pub fn text(&self, first: &StoredRun, second: &StoredRun, show: usize) -> String {
        let mut text = format!("{}\n  → {}\n{} questions\n\n", self.first, self.second, self.n);
        for (name, label) in labels() {
            let metric = |run: &StoredRun| {
                run.summary
                    .as_ref()
                    .and_then(|s| s.metrics.get(name))
                    .map_or("–".to_owned(), |m| cell(name, m))
            };
            let Some(difference) = self.comparison.differences.get(name) else { continue };
            let signed = |value: f64| {
                let sign = if value < 0.0 { "−" } else { "+" };
                format!("{sign}{}", amount(name, value.abs()))
            };
            let _ = writeln!(
                text,
                "{label}\n    {}  →  {}\n    {} [{} to {}], {}",
                metric(first),
                metric(second),
                signed(difference.value),
                signed(difference.low),
                signed(difference.high),
                p_value(difference.p)
            );
        }
        let m = self.comparison.mcnemar;
        let _ = writeln!(
            text,
            "\n{} questions right only in the second, {} only in the first (McNemar {})",
            m.only_first_right,
            m.only_second_right,
            p_value(m.p)
        );
        let mut kinds: Vec<(Verdict, Verdict)> = Vec::new();
        for change in &self.changes {
            if !kinds.contains(&(change.first, change.second)) {
                kinds.push((change.first, change.second));
            }
        }
        for (one, other) in kinds {
            let of_kind: Vec<&Change> =
                self.changes.iter().filter(|c| (c.first, c.second) == (one, other)).collect();
            let _ = writeln!(text, "\n{} → {}: {}", word(one), word(other), of_kind.len());
            for change in of_kind.iter().take(show) {
                let _ = writeln!(
                    text,
                    "  {} ({})\n    {}  →  {}",
                    change.question, change.id, change.first_answer, change.second_answer
                );
            }
        }
        text
    }
}

fn answer(record: &Record) -> String {
    match (&record.report, &record.error) {
        (Some(report), _) => report.answer.text.clone(),
        (None, Some(error)) => error.clone(),
        (None, None) => String::new(),
    }
}

pub(super) fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Right => "right",
        Verdict::Wrong => "wrong",
        Verdict::Withheld => "withheld",
        Verdict::Undecided => "undecided",
    }
}
