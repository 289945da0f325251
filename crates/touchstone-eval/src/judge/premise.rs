//! Whether a false premise is noticed.

use touchstone_core::AskReport;

use super::tokens::tokens;
use super::{Judgement, Verdict};
use crate::questions::Premise;

/// Words by which a premise is denied.
const DENIALS: &[&str] = &["not", "no", "false", "wrong", "incorrect", "isn't", "不", "非", "错", "没有"];

/// A false premise is noticed by an output that denies it or says what is
/// true in its place. To say nothing is no claim; to answer as if it were
/// true is a false one.
pub(super) fn by_premise(premise: &Premise, report: &AskReport, asserts: bool) -> Judgement {
    let mut said: Vec<&str> = vec![&report.answer.text];
    said.extend(report.steps.iter().map(|step| step.text.as_str()));
    let names = |text: &str, name: &str| {
        let (text, name) = (tokens(text), tokens(name));
        !name.is_empty() && text.windows(name.len()).any(|words| words.iter().eq(name.iter()))
    };
    let right = premise.right.iter().find(|right| said.iter().any(|text| names(text, right)));
    let denied = said.iter().any(|text| {
        premise.names.iter().any(|name| names(text, name)) && DENIALS.iter().any(|denial| names(text, denial))
    });
    let (verdict, reason) = match (right, denied) {
        (Some(right), _) => (Verdict::Right, format!("the output says what is true: \"{right}\"")),
        (None, true) => (Verdict::Right, "the output denies the premise".to_owned()),
        (None, false) if asserts => (Verdict::Wrong, "the false premise is taken for granted".to_owned()),
        (None, false) => (Verdict::Withheld, "no answer is given, and the premise not mentioned".to_owned()),
    };
    Judgement {
        verdict,
        reason,
        true_claims: usize::from(verdict == Verdict::Right),
        false_claims: usize::from(verdict == Verdict::Wrong),
        first_right: verdict == Verdict::Right,
        gold_found: 0,
    }
}
