use std::collections::{BTreeMap, HashMap};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bootstrap::{self, Part};
use crate::judge::Verdict;
use crate::record::{Mode, Record};

/// A value with its 95% interval. `value` is null where there is nothing to
/// count, `n` is 0 then.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Metric {
    pub value: Option<f64>,
    /// What the value is a share or a mean of: claims or questions.
    pub n: usize,
    pub low: Option<f64>,
    pub high: Option<f64>,
}

pub type Metrics = BTreeMap<String, Metric>;

/// `summary.json`: what others rely on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    pub suite: String,
    pub split: String,
    pub mode: Mode,
    pub model: String,
    /// Questions.
    pub n: usize,
    pub metrics: Metrics,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Between 0 and 1: how many of the things counted.
    Share,
    /// Between 0 and 1 as a rule: one amount over another.
    Proportion,
    Tokens,
    Seconds,
}

/// One metric with what each question adds to it.
struct Measure {
    name: &'static str,
    unit: Unit,
    parts: Vec<Part>,
}

pub(crate) fn unit(name: &str) -> Unit {
    match name {
        "tokens_per_question" => Unit::Tokens,
        "seconds_per_question" => Unit::Seconds,
        "checking_share" => Unit::Proportion,
        _ => Unit::Share,
    }
}

/// `plain` holds the plain records of the same questions, by their ids.
fn measures(records: &[Record], plain: &HashMap<&str, &Record>) -> Vec<Measure> {
    let claims = |r: &Record| {
        let all = r.true_claims + r.false_claims;
        (r.false_claims as f64, all as f64)
    };
    // Any right answer will do, so a right value that replaces another right
    // value still makes the claim.
    let retained = |r: &Record| {
        let plain = plain.get(r.id.as_str()).map_or(0, |plain| plain.true_claims);
        (r.true_claims.min(plain) as f64, plain as f64)
    };
    let answered = |r: &Record| (f64::from(r.verdict != Verdict::Withheld), 1.0);
    let right =
        |r: &Record| (f64::from(r.verdict == Verdict::Right), f64::from(r.verdict != Verdict::Undecided));
    let of_report = |above: fn(&touchstone_core::AskReport) -> f64| {
        records.iter().filter_map(|r| r.report.as_ref()).map(move |r| (above(r), 1.0)).collect()
    };
    let checked = |r: &Record| {
        let timings = r.report.as_ref().map(|report| report.timings);
        timings.map_or((0.0, 0.0), |t| (t.checking_s, t.generating_s))
    };
    let measure = |name, parts| Measure { name, unit: unit(name), parts };
    let mut measures = vec![
        measure("false_claim_rate", records.iter().map(claims).collect()),
        measure("true_claim_retention", records.iter().map(retained).collect()),
        measure("coverage", records.iter().map(answered).collect()),
        measure("accuracy", records.iter().map(right).collect()),
        measure("tokens_per_question", of_report(|r| r.usage.generated_tokens as f64)),
        measure("seconds_per_question", of_report(|r| r.timings.total_s)),
    ];
    if records.iter().any(|r| r.mode == Mode::Touchstone) {
        measures.push(measure("checking_share", records.iter().map(checked).collect()));
    }
    measures
}

/// The metrics with their intervals.
pub(crate) fn metrics(records: &[Record], plain: &[Record], seed: u64) -> Metrics {
    let measures = measures(records, &by_id(plain));
    measures.into_iter().map(|m| (m.name.to_owned(), metric(m.unit, &m.parts, seed))).collect()
}

/// The values alone, which is quick.
pub(crate) fn values(records: &[Record], plain: &[Record]) -> BTreeMap<&'static str, Option<f64>> {
    let measures = measures(records, &by_id(plain));
    measures.into_iter().map(|m| (m.name, bootstrap::ratio(m.parts))).collect()
}

fn by_id(records: &[Record]) -> HashMap<&str, &Record> {
    records.iter().map(|record| (record.id.as_str(), record)).collect()
}

fn metric(unit: Unit, parts: &[Part], seed: u64) -> Metric {
    let value = bootstrap::ratio(parts.iter().copied());
    let below: f64 = parts.iter().map(|part| part.1).sum();
    // Amounts of time are no count: the questions are.
    let n = match unit {
        Unit::Proportion => parts.iter().filter(|part| part.1 > 0.0).count(),
        _ => below as usize,
    };
    let interval = match value {
        Some(share @ (0.0 | 1.0)) if unit == Unit::Share => Some(bootstrap::wilson(share, below)),
        Some(_) => bootstrap::interval(parts, seed),
        None => None,
    };
    Metric { value, n, low: interval.map(|i| i.0), high: interval.map(|i| i.1) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::record::tests::record;

    fn value(records: &[Record], plain: &[Record], name: &str) -> (Option<f64>, usize) {
        let metric = metrics(records, plain, 0)[name];
        (metric.value, metric.n)
    }

    #[test]
    fn silence_lowers_retention_and_coverage_but_not_truth() {
        let plain = [
            record("1", Mode::Plain, &["Ulm"], Some("Ulm")),
            record("2", Mode::Plain, &["Ulm"], Some("Linz")),
            record("3", Mode::Plain, &["Ulm"], Some("Ulm")),
        ];
        let checked = [
            record("1", Mode::Touchstone, &["Ulm"], Some("Ulm")),
            record("2", Mode::Touchstone, &["Ulm"], None),
            record("3", Mode::Touchstone, &["Ulm"], None),
        ];
        let third = 1.0 / 3.0;
        assert_eq!(value(&plain, &plain, "false_claim_rate"), (Some(third), 3));
        assert_eq!(value(&plain, &plain, "true_claim_retention"), (Some(1.0), 2));
        assert_eq!(value(&checked, &plain, "false_claim_rate"), (Some(0.0), 1));
        assert_eq!(value(&checked, &plain, "true_claim_retention"), (Some(0.5), 2));
        assert_eq!(value(&checked, &plain, "coverage"), (Some(third), 3));
        assert_eq!(value(&checked, &plain, "accuracy"), (Some(third), 3));
    }

    #[test]
    fn a_true_claim_on_another_question_retains_nothing() {
        let plain = [
            record("1", Mode::Plain, &["Ulm"], Some("Ulm")),
            record("2", Mode::Plain, &["Ulm"], Some("Linz")),
        ];
        let checked = [
            record("2", Mode::Touchstone, &["Ulm"], Some("Ulm")),
            record("1", Mode::Touchstone, &["Ulm"], Some("Linz")),
        ];
        assert_eq!(value(&checked, &plain, "true_claim_retention"), (Some(0.0), 1));
    }

    #[test]
    fn nothing_to_count_is_no_value() {
        let metric = metrics(&[record("1", Mode::Plain, &["Ulm"], None)], &[], 0);
        let none = Metric { value: None, n: 0, low: None, high: None };
        assert_eq!(metric["false_claim_rate"], none);
        assert_eq!(metric["coverage"].value, Some(0.0));
        assert!(!metric.contains_key("checking_share"));
    }

    #[test]
    fn the_metrics_of_the_contract_are_there() {
        let records = [record("1", Mode::Touchstone, &["Ulm"], Some("Ulm"))];
        let names: Vec<String> = metrics(&records, &records, 0).into_keys().collect();
        let mut contract = [
            "false_claim_rate",
            "true_claim_retention",
            "coverage",
            "accuracy",
            "tokens_per_question",
            "seconds_per_question",
            "checking_share",
        ];
        contract.sort_unstable();
        assert_eq!(names, contract);
        let (share, n) = value(&records, &records, "checking_share");
        assert_eq!((share, n), (Some(0.25), 1));
    }
}
