//! Whether a system knows when it is right: risk against coverage, and
//! calibration of its confidence.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bootstrap;
use crate::judge::Verdict;
use crate::metrics::Metric;
use crate::record::Record;

const BINS: usize = 10;

/// Answers of about the same confidence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Bin {
    /// Mean confidence.
    pub confidence: f64,
    /// Share that is right.
    pub accuracy: f64,
    pub n: usize,
}

/// The share of wrong answers when only the surest are given.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RiskPoint {
    /// Of all questions.
    pub coverage: f64,
    pub risk: f64,
    /// The least confidence that is let through.
    pub threshold: f64,
}

/// A judged answer with its confidence.
#[derive(Clone, Copy)]
struct Scored {
    confidence: f64,
    wrong: f64,
    cluster: usize,
}

fn scored(records: &[Record]) -> Vec<Scored> {
    let mut clusters: HashMap<&str, usize> = HashMap::new();
    let mut found = Vec::new();
    for record in records {
        let (Some(confidence), Verdict::Right | Verdict::Wrong) = (record.confidence(), record.verdict)
        else {
            continue;
        };
        let next = clusters.len();
        let cluster = *clusters.entry(record.cluster.as_deref().unwrap_or(&record.id)).or_insert(next);
        let wrong = f64::from(record.verdict == Verdict::Wrong);
        found.push(Scored { confidence: confidence.clamp(0.0, 1.0), wrong, cluster });
    }
    found.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    found
}

/// A point for each confidence that occurs, the surest first.
pub(crate) fn risk_coverage(records: &[Record]) -> Vec<RiskPoint> {
    let scored = scored(records);
    let mut points: Vec<RiskPoint> = Vec::new();
    let (mut given, mut wrong) = (0.0, 0.0);
    for one in &scored {
        given += 1.0;
        wrong += one.wrong;
        let point = RiskPoint {
            coverage: given / records.len() as f64,
            risk: wrong / given,
            threshold: one.confidence,
        };
        match points.last_mut().filter(|last| last.threshold == one.confidence) {
            Some(last) => *last = point,
            None => points.push(point),
        }
    }
    points
}

/// The mean risk over all numbers of answers given, the surest first; among
/// equally sure ones, over all orders.
pub(crate) fn aurc(records: &[Record], seed: u64) -> Metric {
    summarised(records, seed, area)
}

/// Mean distance between confidence and accuracy, over ten bins of equal
/// width, weighted by answers.
pub(crate) fn calibration_error(records: &[Record], seed: u64) -> Metric {
    summarised(records, seed, |weighted| {
        let all: f64 = weighted.iter().map(|(_, weight)| weight).sum();
        let off = binned(weighted).into_iter().map(|(_, confidence, right)| (confidence - right).abs());
        (all > 0.0).then(|| off.sum::<f64>() / all)
    })
}

pub(crate) fn reliability(records: &[Record]) -> Vec<Bin> {
    let weighted: Vec<(Scored, f64)> = scored(records).into_iter().map(|one| (one, 1.0)).collect();
    let bins = binned(&weighted).into_iter().filter(|(n, ..)| *n > 0.0);
    bins.map(|(n, confidence, right)| Bin { confidence: confidence / n, accuracy: right / n, n: n as usize })
        .collect()
}

/// Of each bin the answers, the sum of confidences, those right.
fn binned(weighted: &[(Scored, f64)]) -> Vec<(f64, f64, f64)> {
    let mut bins = vec![(0.0, 0.0, 0.0); BINS];
    for (one, weight) in weighted {
        let bin = ((one.confidence * BINS as f64) as usize).min(BINS - 1);
        bins[bin].0 += weight;
        bins[bin].1 += weight * one.confidence;
        bins[bin].2 += weight * (1.0 - one.wrong);
    }
    bins
}

fn area(weighted: &[(Scored, f64)]) -> Option<f64> {
    let (mut given, mut wrong, mut sum) = (0.0, 0.0, 0.0);
    let mut at = 0;
    while at < weighted.len() {
        let tie: Vec<&(Scored, f64)> = weighted[at..]
            .iter()
            .take_while(|(one, _)| one.confidence == weighted[at].0.confidence)
            .collect();
        at += tie.len();
        let n: f64 = tie.iter().map(|(_, weight)| weight).sum();
        let bad: f64 = tie.iter().map(|(one, weight)| one.wrong * weight).sum();
        // In expectation, each answer of a tie is wrong alike.
        for step in 1..=(n as usize) {
            let step = step as f64;
            sum += (wrong + bad * step / n) / (given + step);
        }
        given += n;
        wrong += bad;
    }
    (given > 0.0).then(|| sum / given)
}

fn summarised(records: &[Record], seed: u64, statistic: impl Fn(&[(Scored, f64)]) -> Option<f64>) -> Metric {
    let scored = scored(records);
    let mut weighted: Vec<(Scored, f64)> = scored.iter().map(|one| (*one, 1.0)).collect();
    let Some(value) = statistic(&weighted) else { return Metric::NONE };
    let clusters: Vec<usize> = (0..scored.iter().map(|one| one.cluster + 1).max().unwrap_or(0)).collect();
    let mut weights = vec![0.0; clusters.len()];
    let values = bootstrap::resampled(&clusters, seed, |draw| {
        weights.fill(0.0);
        draw.iter().for_each(|cluster| weights[*cluster] += 1.0);
        for (one, weight) in &mut weighted {
            *weight = weights[one.cluster];
        }
        statistic(&weighted)
    });
    let interval = bootstrap::percentiles(values);
    Metric { value: Some(value), n: scored.len(), low: interval.map(|i| i.0), high: interval.map(|i| i.1) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::record::Mode;
    use crate::record::tests::record;

    fn records(answers: &[(f64, bool)]) -> Vec<Record> {
        let one = |(at, (confidence, right)): (usize, &(f64, bool))| {
            let answer = if *right { "Ulm" } else { "Linz" };
            let mut record = record(&at.to_string(), Mode::Plain, &["Ulm"], Some(answer));
            record.report.as_mut().unwrap().answer.confidence = *confidence;
            record
        };
        answers.iter().enumerate().map(one).collect()
    }

    #[test]
    fn the_surest_are_given_first() {
        let mut records = records(&[(0.9, true), (0.7, false), (0.5, true), (0.5, false)]);
        records.push(record("w", Mode::Plain, &["Ulm"], None));
        let points = risk_coverage(&records);
        let shown: Vec<(f64, f64)> = points.iter().map(|p| (p.coverage, p.risk)).collect();
        assert_eq!(shown, [(0.2, 0.0), (0.4, 0.5), (0.8, 0.5)]);
        // Risks 0, 1/2, then 1.5/3 and 2/4 whatever the order of the tie.
        let area = aurc(&records, 0);
        assert_eq!((area.value.unwrap(), area.n), ((0.0 + 0.5 + 0.5 + 0.5) / 4.0, 4));
    }

    #[test]
    fn calibration_error_is_the_mean_distance() {
        let records = records(&[(0.95, true), (0.95, false), (0.25, false), (0.25, false)]);
        let error = calibration_error(&records, 0);
        assert!((error.value.unwrap() - (0.45 + 0.25) / 2.0).abs() < 1e-12, "{error:?}");
        assert!(error.low.unwrap() <= error.value.unwrap() && error.value.unwrap() <= error.high.unwrap());
        let bins = reliability(&records);
        assert_eq!(bins.iter().map(|bin| (bin.accuracy, bin.n)).collect::<Vec<_>>(), [(0.0, 2), (0.5, 2)]);
    }

    #[test]
    fn nothing_answered_is_no_value() {
        assert_eq!(aurc(&[record("1", Mode::Plain, &["Ulm"], None)], 0), Metric::NONE);
    }
}
