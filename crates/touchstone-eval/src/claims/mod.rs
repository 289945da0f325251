//! Suites of claims: sentences of which it is known whether they hold are
//! checked, and the verdicts counted. The sentences come from files, or are
//! written by rule from facts.

mod calculations;
mod count;
pub(crate) mod facts;
mod journal;
mod labelled;
pub(crate) mod names;
mod pararel;
mod passages;
mod statements;
mod suite;

use touchstone_core::{CheckReport, Verdict};

use crate::error::EvalError;
pub use crate::world::{Drop, World};
pub use count::{ClaimSummary, Group, Share, claim_table, sample};
pub use journal::Journal;
pub use suite::{ClaimFormat, ClaimSuite, Selection};

/// What is known of a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Gold {
    True,
    False,
    /// The evidence that is given says nothing of it.
    Neutral,
}

/// One sentence to check.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Case {
    pub id: String,
    pub text: String,
    pub gold: Gold,
    /// Which kind of sentence it is: counted apart.
    pub group: String,
    /// The passage that it is held against, where the suite gives one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passage: Option<String>,
    /// Judge only the claims of this kind of sentence: calculations.
    #[serde(skip)]
    pub calculations_only: bool,
}

impl Case {
    pub(crate) fn new(id: String, text: String, gold: Gold, group: &str) -> Case {
        Case { id, text, gold, group: group.to_owned(), passage: None, calculations_only: false }
    }
}

/// The cases of a suite and the graph that they are checked against.
pub struct Claims {
    pub cases: Vec<Case>,
    /// What was left out, and why: told with the results.
    pub skipped: Vec<String>,
    pub world: World,
}

/// A checked case.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Checked {
    #[serde(flatten)]
    pub case: Case,
    pub verdict: Verdict,
    pub reason: String,
    /// Probability of the verdict, where a model gave it; else 1.
    pub confidence: f64,
}

/// A verdict on a case.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Judgement {
    pub verdict: Verdict,
    pub reason: String,
    pub confidence: f64,
}

impl Judgement {
    fn certain(verdict: Verdict, reason: String) -> Judgement {
        Judgement { verdict, reason, confidence: 1.0 }
    }
}

/// Refuted when anything in it is; supported when all of it is.
pub fn verdict_of(case: &Case, report: &CheckReport) -> Judgement {
    let claims = || {
        report
            .claims
            .iter()
            .filter(|claim| !case.calculations_only || claim.kind == touchstone_core::ClaimKind::Calculation)
    };
    let first = |verdict| claims().find(|claim| claim.verdict == verdict).map(|claim| claim.reason.clone());
    if let Some(reason) = first(Verdict::Refuted) {
        return Judgement::certain(Verdict::Refuted, reason);
    }
    if let Some(reason) = first(Verdict::Unverifiable) {
        return Judgement::certain(Verdict::Unverifiable, reason);
    }
    match first(Verdict::Supported) {
        Some(reason) => Judgement::certain(Verdict::Supported, reason),
        None => Judgement::certain(Verdict::Unverifiable, "no claim was found".to_owned()),
    }
}

/// Checks the cases on several threads, in their order.
pub fn check_all(
    cases: &[Case],
    check: &(dyn Fn(&Case) -> Result<Judgement, EvalError> + Sync),
    stop: &(dyn Fn() -> bool + Sync),
    progress: &(dyn Fn(usize) + Sync),
) -> Result<Vec<Checked>, EvalError> {
    const BLOCK: usize = 64;
    let next = std::sync::atomic::AtomicUsize::new(0);
    let done = std::sync::atomic::AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let relaxed = std::sync::atomic::Ordering::Relaxed;
    let work = || {
        let mut checked = Vec::new();
        while !stop() {
            let start = next.fetch_add(BLOCK, relaxed);
            let Some(block) = cases.get(start..(start + BLOCK).min(cases.len())).filter(|b| !b.is_empty())
            else {
                break;
            };
            for (offset, case) in block.iter().enumerate() {
                if stop() {
                    return Ok(checked);
                }
                let Judgement { verdict, reason, confidence } = check(case)?;
                checked.push((start + offset, Checked { case: case.clone(), verdict, reason, confidence }));
                if case.passage.is_some() {
                    progress(start + offset + 1);
                }
            }
            progress(done.fetch_add(block.len(), relaxed) + block.len());
        }
        Ok(checked)
    };
    let mut all: Vec<(usize, Checked)> = Vec::with_capacity(cases.len());
    let parts: Vec<Result<Vec<(usize, Checked)>, EvalError>> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap_or_else(|_| Ok(Vec::new()))).collect()
    });
    for part in parts {
        all.extend(part?);
    }
    if stop() {
        return Err(EvalError::Stopped { done: all.len(), total: cases.len() });
    }
    all.sort_by_key(|(at, _)| *at);
    Ok(all.into_iter().map(|(_, checked)| checked).collect())
}
