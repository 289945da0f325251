//! What is counted, and what each question adds to it.

mod definitions;

use std::collections::{BTreeMap, HashMap};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bootstrap::{self, Part};
use crate::record::{Mode, Record};
use definitions::Shown;
pub(crate) use definitions::{DEFINITIONS, Definition};

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

impl Metric {
    pub(crate) const NONE: Metric = Metric { value: None, n: 0, low: None, high: None };
}

pub type Metrics = BTreeMap<String, Metric>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Between 0 and 1: how many of the things counted.
    Share,
    /// Between 0 and 1 as a rule: one amount over another.
    Proportion,
    Tokens,
    Calls,
    Seconds,
    Joules,
}

/// Which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Better {
    Lower,
    Higher,
    Neither,
}

/// Metrics that are no ratio of sums, with their labels; lower is better for
/// the errors, higher for the reduction.
pub(crate) const OTHERS: &[(&str, &str, Better)] = &[
    ("false_claim_reduction", "fewer false claims than plain", Better::Higher),
    ("aurc", "area under risk and coverage", Better::Lower),
    ("expected_calibration_error", "calibration error (ECE)", Better::Lower),
];

pub(crate) fn is_known(name: &str) -> bool {
    DEFINITIONS.iter().any(|definition| definition.name == name)
        || OTHERS.iter().any(|(other, ..)| *other == name)
}

pub(crate) fn unit(name: &str) -> Unit {
    DEFINITIONS.iter().find(|definition| definition.name == name).map_or(Unit::Proportion, |d| d.unit)
}

pub(crate) fn better(name: &str) -> Better {
    let defined = DEFINITIONS.iter().find(|definition| definition.name == name).map(|d| d.better);
    let other = || OTHERS.iter().find(|(other, ..)| *other == name).map(|(_, _, better)| *better);
    defined.or_else(other).unwrap_or(Better::Neither)
}

/// All names with what people call them, in the order in which they are read.
pub(crate) fn labels() -> impl Iterator<Item = (&'static str, &'static str)> {
    let defined = DEFINITIONS.iter().map(|definition| (definition.name, definition.label));
    let [reduction, rest @ ..] = OTHERS else { return Vec::new().into_iter() };
    let mut all: Vec<_> = defined.collect();
    all.insert(1, (reduction.0, reduction.1));
    let at = all.iter().position(|(name, _)| *name == "tokens_per_question").unwrap_or(all.len());
    for (offset, (name, label, _)) in rest.iter().enumerate() {
        all.insert(at + offset, (name, label));
    }
    all.into_iter()
}

/// The parts of every question, paraphrases added up; `plain` holds the plain
/// records of the same questions.
pub(crate) fn parts(definition: &Definition, records: &[Record], plain: Option<&[Record]>) -> Vec<Part> {
    let plain = plain.map(by_id).unwrap_or_default();
    let part = |record: &Record| (definition.part)(record, plain.get(record.id.as_str()).copied());
    clustered(records.iter().map(|record| (record, part(record))))
}

/// Sums over questions that share a cluster, in the order in which they come.
pub(crate) fn clustered<'a>(parts: impl Iterator<Item = (&'a Record, Part)>) -> Vec<Part> {
    let mut sums: Vec<Part> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for (record, (above, below)) in parts {
        let key = record.cluster.as_deref().unwrap_or(&record.id);
        let at = *places.entry(key).or_insert_with(|| {
            sums.push((0.0, 0.0));
            sums.len() - 1
        });
        sums[at].0 += above;
        sums[at].1 += below;
    }
    sums
}

/// The ratios with their intervals.
pub(crate) fn metrics(records: &[Record], plain: Option<&[Record]>, seed: u64) -> Metrics {
    let mut metrics = Metrics::new();
    for definition in DEFINITIONS {
        let parts = parts(definition, records, plain);
        let metric = metric(definition.unit, &parts, seed);
        let shown = match definition.shown {
            Shown::Always => true,
            Shown::Counted => metric.n > 0,
            Shown::Checked => records.iter().any(|record| record.mode == Mode::Touchstone),
        };
        if shown {
            metrics.insert(definition.name.to_owned(), metric);
        }
    }
    metrics
}

/// The values alone, which is quick.
pub(crate) fn values(records: &[Record], plain: Option<&[Record]>) -> BTreeMap<&'static str, Option<f64>> {
    DEFINITIONS
        .iter()
        .map(|definition| (definition.name, bootstrap::ratio(parts(definition, records, plain))))
        .collect()
}

pub(crate) fn by_id(records: &[Record]) -> HashMap<&str, &Record> {
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
    use crate::suite::Answers;

    fn value(records: &[Record], plain: &[Record], name: &str) -> (Option<f64>, usize) {
        let metric = metrics(records, Some(plain), 0)[name];
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
        assert_eq!(value(&checked, &plain, "withheld_rightly"), (Some(0.5), 2));
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
        let metric = metrics(&[record("1", Mode::Plain, &["Ulm"], None)], None, 0);
        assert_eq!(metric["false_claim_rate"], Metric::NONE);
        assert_eq!(metric["coverage"].value, Some(0.0));
        assert!(!metric.contains_key("checking_share"));
    }

    #[test]
    fn the_metrics_of_the_contract_are_there() {
        let records = [record("1", Mode::Touchstone, &["Ulm"], Some("Ulm"))];
        let metrics = metrics(&records, Some(&records), 0);
        for name in [
            "false_claim_rate",
            "true_claim_retention",
            "coverage",
            "accuracy",
            "tokens_per_question",
            "seconds_per_question",
            "checking_share",
        ] {
            assert!(metrics.contains_key(name), "{name}");
        }
        let (share, n) = value(&records, &records, "checking_share");
        assert_eq!((share, n), (Some(0.25), 1));
    }

    #[test]
    fn sets_are_counted_where_all_answers_are_wanted() {
        let set = |values: &[&str]| {
            let mut record = record("1", Mode::Plain, &["Ulm", "Linz"], Some("Ulm"));
            record.answers = Answers::All;
            record.report.as_mut().unwrap().answer.values = values.iter().map(|v| (*v).to_owned()).collect();
            let question = crate::Question {
                id: "1".into(),
                gold: record.gold.clone(),
                answers: Answers::All,
                ..crate::Question::default()
            };
            Record::answered(&question, Mode::Plain, record.report.unwrap(), &crate::judge::Judge::default())
        };
        let of = |values: &[&str]| {
            let records = [set(values)];
            ["hits_at_1", "exact_set", "answer_f1"].map(|name| value(&records, &records, name).0.unwrap())
        };
        assert_eq!(of(&["Linz", "Ulm"]), [1.0, 1.0, 1.0]);
        assert_eq!(of(&["Ulm"]), [1.0, 0.0, 2.0 / 3.0]);
        assert_eq!(of(&["Bonn", "Ulm"]), [0.0, 0.0, 0.5]);
        assert_eq!(of(&["Ulm", "Linz", "Bonn"]), [1.0, 0.0, 0.8]);
    }

    #[test]
    fn paraphrases_count_as_one_in_intervals() {
        let mut records = Vec::new();
        for at in 0..40 {
            let answer = if at % 2 == 0 { "Ulm" } else { "Linz" };
            for way in 0..5 {
                let mut one = record(&format!("{at}-{way}"), Mode::Plain, &["Ulm"], Some(answer));
                one.cluster = Some(at.to_string());
                records.push(one);
            }
        }
        let together = metrics(&records, None, 1)["accuracy"];
        for record in &mut records {
            record.cluster = None;
        }
        let apart = metrics(&records, None, 1)["accuracy"];
        let width = |metric: Metric| metric.high.unwrap() - metric.low.unwrap();
        assert_eq!((together.value, together.n), (apart.value, apart.n));
        assert!(width(together) > 1.8 * width(apart), "{together:?} {apart:?}");
    }
}
