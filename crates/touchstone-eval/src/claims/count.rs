//! Counting verdicts.

use std::collections::BTreeMap;

use comfy_table::{Table, presets};
use serde::Serialize;
use sha2::{Digest, Sha256};
use touchstone_core::Verdict;

use super::suite::Selection;
use super::{Case, Checked, Gold};
use crate::bootstrap::wilson;

/// A share with its 95% Wilson score interval.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Share {
    pub value: f64,
    pub n: usize,
    pub low: f64,
    pub high: f64,
}

impl Share {
    fn new(part: usize, n: usize) -> Option<Share> {
        (n > 0).then(|| {
            let value = part as f64 / n as f64;
            let (low, high) = wilson(value, n as f64);
            Share { value, n, low, high }
        })
    }
}

/// The verdicts on one kind of sentence.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Group {
    pub n: usize,
    pub supported: usize,
    pub refuted: usize,
    pub unverifiable: usize,
}

#[derive(Clone, Debug, Serialize)]
pub struct ClaimSummary {
    pub suite: String,
    pub split: String,
    pub n: usize,
    pub groups: BTreeMap<String, Group>,
    /// Of all sentences, those that are supported or refuted.
    pub decided: Option<Share>,
    /// Of the decided, those decided as they are.
    pub right_of_decided: Option<Share>,
    /// Of the false sentences, those supported.
    pub wrongly_supported: Option<Share>,
    /// Of the true sentences, those refuted.
    pub wrongly_refuted: Option<Share>,
    /// Mean of: true sentences supported; false ones not supported.
    pub balanced_accuracy: Option<f64>,
    /// Mean F1 over true, false and neutral, where the suite has all three.
    pub macro_f1: Option<f64>,
    /// Of the verdicts given at a confidence of 0.9 or more, those right.
    pub right_when_sure: Option<Share>,
    pub sentences_per_second: f64,
    pub facts_dropped: usize,
}

fn as_gold(verdict: Verdict) -> Gold {
    match verdict {
        Verdict::Supported => Gold::True,
        Verdict::Refuted => Gold::False,
        Verdict::Unverifiable => Gold::Neutral,
    }
}

impl ClaimSummary {
    pub fn of(
        suite: &str,
        split: &str,
        checked: &[Checked],
        seconds: f64,
        facts_dropped: usize,
    ) -> ClaimSummary {
        let mut groups: BTreeMap<String, Group> = BTreeMap::new();
        for one in checked {
            let group = groups.entry(one.case.group.clone()).or_default();
            group.n += 1;
            match one.verdict {
                Verdict::Supported => group.supported += 1,
                Verdict::Refuted => group.refuted += 1,
                Verdict::Unverifiable => group.unverifiable += 1,
            }
        }
        let count = |gold: Gold, verdict: Option<Verdict>| {
            let of = |one: &&Checked| one.case.gold == gold && verdict.is_none_or(|v| one.verdict == v);
            checked.iter().filter(of).count()
        };
        let (yes, no, open) = (Some(Verdict::Supported), Some(Verdict::Refuted), Some(Verdict::Unverifiable));
        let (trues, falses, neutrals) =
            (count(Gold::True, None), count(Gold::False, None), count(Gold::Neutral, None));
        let decided = checked.iter().filter(|one| one.verdict != Verdict::Unverifiable).count();
        let right = count(Gold::True, yes) + count(Gold::False, no);
        let wrong_support = count(Gold::False, yes) + count(Gold::Neutral, yes);
        let rate = |part: usize, n: usize| if n > 0 { part as f64 / n as f64 } else { 0.0 };
        let f1 = |gold: Gold| {
            let hit =
                checked.iter().filter(|one| one.case.gold == gold && as_gold(one.verdict) == gold).count();
            let said = checked.iter().filter(|one| as_gold(one.verdict) == gold).count();
            rate(2 * hit, said + count(gold, None))
        };
        ClaimSummary {
            suite: suite.to_owned(),
            split: split.to_owned(),
            n: checked.len(),
            groups,
            decided: Share::new(decided, checked.len()),
            right_of_decided: Share::new(right, decided),
            wrongly_supported: Share::new(wrong_support, falses + neutrals),
            wrongly_refuted: Share::new(count(Gold::True, no), trues),
            balanced_accuracy: (trues > 0 && falses > 0).then(|| {
                let kept_back = falses - count(Gold::False, yes);
                (rate(count(Gold::True, yes), trues) + rate(kept_back, falses)) / 2.0
            }),
            macro_f1: (trues > 0 && falses > 0 && neutrals > 0)
                .then(|| (f1(Gold::True) + f1(Gold::False) + f1(Gold::Neutral)) / 3.0)
                .filter(|_| open.is_some()),
            right_when_sure: sure(checked),
            sentences_per_second: if seconds > 0.0 { checked.len() as f64 / seconds } else { 0.0 },
            facts_dropped,
        }
    }
}

/// Only where a model gave probabilities.
fn sure(checked: &[Checked]) -> Option<Share> {
    if checked.iter().all(|one| one.confidence >= 1.0) {
        return None;
    }
    let sure = || checked.iter().filter(|one| one.confidence >= 0.9);
    let right = sure().filter(|one| as_gold(one.verdict) == one.case.gold).count();
    Share::new(right, sure().count())
}

/// The summary for people.
pub fn claim_table(summary: &ClaimSummary) -> String {
    let percent = |part: usize, n: usize| {
        if n == 0 { "–".to_owned() } else { format!("{:.1}%", 100.0 * part as f64 / n as f64) }
    };
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header(["sentences", "n", "supported", "refuted", "unverifiable"]);
    for (name, group) in &summary.groups {
        table.add_row([
            name.clone(),
            group.n.to_string(),
            percent(group.supported, group.n),
            percent(group.refuted, group.n),
            percent(group.unverifiable, group.n),
        ]);
    }
    let mut text = table.to_string();
    let mut line = |name: &str, share: &Option<Share>| {
        if let Some(Share { value, n, low, high }) = share {
            text.push_str(&format!(
                "\n{name:<34} {:>6.2}%  ({:.2} to {:.2}, n = {n})",
                value * 100.0,
                low * 100.0,
                high * 100.0
            ));
        }
    };
    line("decided", &summary.decided);
    line("right among the decided", &summary.right_of_decided);
    line("false ones wrongly supported", &summary.wrongly_supported);
    line("true ones wrongly refuted", &summary.wrongly_refuted);
    line("right at confidence 0.9 or more", &summary.right_when_sure);
    if let Some(value) = summary.balanced_accuracy {
        text.push_str(&format!("\n{:<34} {:>6.2}%", "balanced accuracy", value * 100.0));
    }
    if let Some(value) = summary.macro_f1 {
        text.push_str(&format!("\n{:<34} {value:>7.3}", "macro F1"));
    }
    if summary.facts_dropped > 0 {
        text.push_str(&format!("\n{:<34} {:>7}", "facts left out of the graph", summary.facts_dropped));
    }
    text.push_str(&format!("\n{:<34} {:>7.0}", "sentences a second", summary.sentences_per_second));
    text
}

/// A sample by seed and id: the same for every version and machine.
pub fn sample(mut cases: Vec<Case>, selection: &Selection<'_>) -> Vec<Case> {
    if let Some(limit) = selection.limit {
        cases.sort_by_cached_key(|case| {
            let mut hash = Sha256::new();
            hash.update(selection.seed.to_le_bytes());
            hash.update(case.id.as_bytes());
            <[u8; 32]>::from(hash.finalize())
        });
        cases.truncate(limit);
    }
    cases
}
