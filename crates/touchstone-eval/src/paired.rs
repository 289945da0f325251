//! Two systems on the same questions.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use statrs::distribution::{Binomial, DiscreteCDF};

use crate::bootstrap::{self, Part};
use crate::judge::Verdict;
use crate::metrics::{DEFINITIONS, Metric, by_id, clustered, parts};
use crate::record::Record;

/// Right answers of two systems, compared question by question (exact
/// McNemar test).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct McNemar {
    /// Questions that both were asked.
    pub n: usize,
    pub only_first_right: usize,
    pub only_second_right: usize,
    /// Two-sided: how likely so unequal a split is when both are as good.
    pub p: f64,
}

/// First minus second, with the paired bootstrap's 95% interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Difference {
    pub value: f64,
    pub low: f64,
    pub high: f64,
    /// Two-sided, by the bootstrap: how likely the sign is by chance.
    pub p: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    pub mcnemar: McNemar,
    pub differences: BTreeMap<String, Difference>,
}

/// Compares the records of the questions that both have.
pub(crate) fn compare(
    first: &[Record],
    second: &[Record],
    plain: Option<&[Record]>,
    seed: u64,
) -> Comparison {
    let of_second = by_id(second);
    let first: Vec<Record> =
        first.iter().filter(|r| of_second.contains_key(r.id.as_str())).cloned().collect();
    let of_first = by_id(&first);
    let mut second: Vec<Record> =
        second.iter().filter(|r| of_first.contains_key(r.id.as_str())).cloned().collect();
    let place: BTreeMap<&str, usize> = first.iter().zip(0..).map(|(r, at)| (r.id.as_str(), at)).collect();
    second.sort_by_key(|record| place.get(record.id.as_str()).copied());
    let mut differences = BTreeMap::new();
    for definition in DEFINITIONS {
        let one = parts(definition, &first, plain);
        let other = parts(definition, &second, plain);
        let pairs: Vec<(Part, Part)> = one.into_iter().zip(other).collect();
        if let Some(difference) = difference(&pairs, seed) {
            differences.insert(definition.name.to_owned(), difference);
        }
    }
    Comparison { mcnemar: mcnemar(&first, &second), differences }
}

fn mcnemar(first: &[Record], second: &[Record]) -> McNemar {
    let right = |record: &Record| record.verdict == Verdict::Right;
    let pairs = || first.iter().zip(second);
    let only_first_right = pairs().filter(|(a, b)| right(a) && !right(b)).count();
    let only_second_right = pairs().filter(|(a, b)| !right(a) && right(b)).count();
    let discordant = (only_first_right + only_second_right) as u64;
    let less = only_first_right.min(only_second_right) as u64;
    let p = Binomial::new(0.5, discordant).map_or(1.0, |coin| (2.0 * coin.cdf(less)).min(1.0));
    McNemar { n: first.len(), only_first_right, only_second_right, p }
}

fn difference(pairs: &[(Part, Part)], seed: u64) -> Option<Difference> {
    let of = |draw: &[(Part, Part)]| {
        let one = bootstrap::ratio(draw.iter().map(|pair| pair.0))?;
        Some(one - bootstrap::ratio(draw.iter().map(|pair| pair.1))?)
    };
    let value = of(pairs)?;
    let values = bootstrap::resampled(pairs, seed, of);
    let share = |holds: &dyn Fn(f64) -> bool| {
        // The sample itself is one of the possible ones.
        (values.iter().filter(|value| holds(**value)).count() + 1) as f64 / (values.len() + 1) as f64
    };
    let p = (2.0 * share(&|v| v <= 0.0).min(share(&|v| v >= 0.0))).min(1.0);
    let (low, high) = bootstrap::percentiles(values)?;
    Some(Difference { value, low, high, p })
}

/// By which share the false-claim rate lies below that of the plain answers
/// to the same questions.
pub(crate) fn reduction(records: &[Record], plain: &[Record], seed: u64) -> Metric {
    let plain = by_id(plain);
    let part =
        |record: &Record| (record.false_claims as f64, (record.true_claims + record.false_claims) as f64);
    let both = || records.iter().filter_map(|r| plain.get(r.id.as_str()).map(|plain| (r, *plain)));
    let own = clustered(both().map(|(record, _)| (record, part(record))));
    let of_plain = clustered(both().map(|(record, plain)| (record, part(plain))));
    let pairs: Vec<(Part, Part)> = own.into_iter().zip(of_plain).collect();
    let reduction = |draw: &[(Part, Part)]| {
        // Nothing claimed is nothing false.
        let rate = bootstrap::ratio(draw.iter().map(|pair| pair.0)).unwrap_or(0.0);
        let of_plain = bootstrap::ratio(draw.iter().map(|pair| pair.1)).filter(|rate| *rate > 0.0)?;
        Some(1.0 - rate / of_plain)
    };
    let Some(value) = reduction(&pairs) else { return Metric::NONE };
    let interval = bootstrap::percentiles(bootstrap::resampled(&pairs, seed, reduction));
    Metric { value: Some(value), n: both().count(), low: interval.map(|i| i.0), high: interval.map(|i| i.1) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::record::Mode;
    use crate::record::tests::record;

    fn records(mode: Mode, right: impl Fn(usize) -> Option<bool>, n: usize) -> Vec<Record> {
        let answer = |at| right(at).map(|right| if right { "Ulm" } else { "Linz" });
        (0..n).map(|at| record(&at.to_string(), mode, &["Ulm"], answer(at))).collect()
    }

    #[test]
    fn mcnemar_counts_what_only_one_got_right() {
        let first = records(Mode::Touchstone, |at| Some(at != 0), 20);
        let second = records(Mode::Plain, |at| Some(at == 0 || at > 8), 20);
        let McNemar { n, only_first_right, only_second_right, p } = compare(&first, &second, None, 0).mcnemar;
        assert_eq!((n, only_first_right, only_second_right), (20, 8, 1));
        // 2 · (1 + 9) / 2^9
        assert!((p - 20.0 / 512.0).abs() < 1e-12, "{p}");
    }

    #[test]
    fn the_same_answers_differ_in_nothing() {
        let first = records(Mode::Touchstone, |at| Some(at % 3 > 0), 30);
        let comparison = compare(&first, &first, None, 0);
        assert_eq!(comparison.mcnemar.p, 1.0);
        let accuracy = comparison.differences["accuracy"];
        assert_eq!((accuracy.value, accuracy.low, accuracy.high, accuracy.p), (0.0, 0.0, 0.0, 1.0));
    }

    #[test]
    fn pairs_are_matched_by_their_questions() {
        let first = records(Mode::Touchstone, |at| Some(at % 2 > 0), 10);
        let mut second = records(Mode::Plain, |at| Some(at % 2 > 0), 12);
        second.reverse();
        let comparison = compare(&first, &second, None, 0);
        assert_eq!((comparison.mcnemar.n, comparison.mcnemar.only_first_right), (10, 0));
        assert_eq!(comparison.differences["accuracy"].high, 0.0);
    }

    #[test]
    fn the_reduction_is_relative() {
        let plain = records(Mode::Plain, |at| Some(at >= 20), 100);
        let checked = records(Mode::Touchstone, |at| if at < 15 { None } else { Some(at >= 20) }, 100);
        let reduction = reduction(&checked, &plain, 0);
        let value = 1.0 - (5.0 / 85.0) / 0.2;
        assert!((reduction.value.unwrap() - value).abs() < 1e-12);
        assert!(reduction.low.unwrap() < value && value < reduction.high.unwrap());
        let nothing = records(Mode::Touchstone, |_| None, 100);
        assert_eq!(super::reduction(&nothing, &plain, 0).value, Some(1.0));
    }
}
