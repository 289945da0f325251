//! Withholding with a promise: split conformal prediction on the confidence
//! of answers (Mohri and Hashimoto 2024, with an answer as the unit that is
//! kept or withheld).

use std::collections::BTreeMap;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::bootstrap;
use crate::error::EvalError;
use crate::judge::Verdict;
use crate::metrics::{Metric, clustered};
use crate::record::{Mode, Record};
use crate::results::{RunInfo, pretty, write_whole};

/// Thresholds on the confidence of answers, with what they come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    pub method: String,
    pub suite: String,
    pub split: String,
    pub mode: Mode,
    pub model: String,
    /// Questions that the thresholds come from.
    pub n: usize,
    pub seed: u64,
    pub data_sha256: String,
    pub program: String,
    /// Hash of the model, state of the graph, limits, sampling.
    pub settings: BTreeMap<String, Value>,
    /// RFC 3339.
    pub created: String,
    pub promises: Vec<Promise>,
}

/// Answers that are no surer than the threshold are withheld; then at most
/// `max_false_rate` of all questions get a false answer, in expectation over
/// questions like those of the calibration.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Promise {
    pub max_false_rate: f64,
    /// 1 withholds everything: the calibration is too small, or the
    /// confidence tells too little.
    pub threshold: f64,
    /// The share of the calibration's questions that are answered with it.
    pub coverage: f64,
}

/// A promise and what came of it on other questions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Conformal {
    pub promised: f64,
    pub threshold: f64,
    /// Questions that got a false answer, of all.
    pub measured: Metric,
    /// Whether the promise lies within or above the measured interval.
    pub kept: bool,
}

const METHOD: &str = "split conformal prediction on answer confidence (Mohri and Hashimoto 2024)";

/// The threshold that keeps each promise. Answers that nothing can judge are
/// left out.
pub fn promises(records: &[Record], rates: &[f64]) -> Vec<Promise> {
    let judged: Vec<&Record> = records.iter().filter(|r| r.verdict != Verdict::Undecided).collect();
    // What a threshold must reach for the output to hold nothing false.
    let mut scores: Vec<f64> = judged.iter().map(|record| score(record)).collect();
    scores.sort_by(f64::total_cmp);
    let threshold = |rate: f64| {
        let rank = ((scores.len() + 1) as f64 * (1.0 - rate)).ceil() as usize;
        scores.get(rank.max(1) - 1).copied().unwrap_or(1.0)
    };
    let promise = |&max_false_rate: &f64| {
        let threshold = threshold(max_false_rate);
        let given = judged.iter().filter(|r| r.confidence().is_some_and(|c| c > threshold)).count();
        let coverage = given as f64 / judged.len().max(1) as f64;
        Promise { max_false_rate, threshold, coverage }
    };
    rates.iter().map(promise).collect()
}

fn score(record: &Record) -> f64 {
    if record.false_claims > 0 { record.confidence().unwrap_or(0.0) } else { 0.0 }
}

impl Calibration {
    /// From the answers of a finished run.
    pub fn of(info: &RunInfo, records: &[Record], rates: &[f64]) -> Calibration {
        Calibration {
            method: METHOD.to_owned(),
            suite: info.suite.clone(),
            split: info.split.clone(),
            mode: info.mode,
            model: info.model.clone(),
            n: records.iter().filter(|record| record.verdict != Verdict::Undecided).count(),
            seed: info.seed,
            data_sha256: info.data_sha256.clone(),
            program: info.program.clone(),
            settings: info.settings.clone(),
            created: jiff::Timestamp::now().to_string(),
            promises: promises(records, rates),
        }
    }

    pub fn load(path: &Path) -> Result<Calibration, EvalError> {
        let bytes = std::fs::read(path).map_err(EvalError::read(path))?;
        serde_json::from_slice(&bytes)
            .map_err(|error| EvalError::Calibration { path: path.to_owned(), reason: error.to_string() })
    }

    /// Written beside, then renamed.
    pub fn write(&self, path: &Path) -> Result<(), EvalError> {
        write_whole(path, &pretty(self))
    }

    /// The promise of a rate; without one, the only promise there is.
    pub fn promise(&self, rate: Option<f64>, path: &Path) -> Result<Promise, EvalError> {
        let found = match rate {
            Some(rate) => self.promises.iter().find(|p| (p.max_false_rate - rate).abs() < 1e-9),
            None => self.promises.first().filter(|_| self.promises.len() == 1),
        };
        found.copied().ok_or_else(|| EvalError::NoPromise {
            path: path.to_owned(),
            known: self.promises.iter().map(|p| p.max_false_rate.to_string()).collect::<Vec<_>>().join(", "),
            asked: rate.map_or_else(|| "one of them".to_owned(), |rate| rate.to_string()),
        })
    }

    /// A promise holds for the same system on questions that it was not made
    /// from.
    pub fn fits(&self, mode: Mode, model: &str, settings: &BTreeMap<String, Value>) -> Result<(), EvalError> {
        let differs = |what: &str, stored: String, now: String| {
            Err(EvalError::OtherCalibration { what: what.to_owned(), stored, now })
        };
        if self.mode != mode {
            return differs("mode", self.mode.name().to_owned(), mode.name().to_owned());
        }
        if self.model != model {
            return differs("model", self.model.clone(), model.to_owned());
        }
        let of_speed = ["concurrency", "threads", "calibration"];
        for (name, stored) in self.settings.iter().filter(|(name, _)| !of_speed.contains(&name.as_str())) {
            let now = settings.get(name).cloned().unwrap_or_default();
            if *stored != now {
                return differs(name, stored.to_string(), now.to_string());
            }
        }
        Ok(())
    }
}

impl Conformal {
    pub(crate) fn measured(promise: &Promise, records: &[Record], seed: u64) -> Conformal {
        let judged = records.iter().filter(|record| record.verdict != Verdict::Undecided);
        let parts = clustered(judged.map(|record| (record, (f64::from(record.false_claims > 0), 1.0))));
        let n: f64 = parts.iter().map(|part| part.1).sum();
        let value = bootstrap::ratio(parts.iter().copied());
        let interval = match value {
            Some(share @ (0.0 | 1.0)) => Some(bootstrap::wilson(share, n)),
            _ => bootstrap::interval(&parts, seed),
        };
        let measured =
            Metric { value, n: n as usize, low: interval.map(|i| i.0), high: interval.map(|i| i.1) };
        Conformal {
            promised: promise.max_false_rate,
            threshold: promise.threshold,
            measured,
            kept: interval.is_none_or(|(low, _)| low <= promise.max_false_rate),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use rand::rngs::ChaCha8Rng;
    use rand::{RngExt, SeedableRng};

    use super::*;
    use crate::record::tests::record;

    fn with_confidence(at: usize, confidence: f64, right: bool) -> Record {
        let answer = if right { "Ulm" } else { "Linz" };
        let mut record = record(&at.to_string(), Mode::Touchstone, &["Ulm"], Some(answer));
        record.report.as_mut().unwrap().answer.confidence = confidence;
        record
    }

    #[test]
    fn the_threshold_is_the_quantile_of_what_false_answers_would_need() {
        // Nine answers, the false ones at 0.3 and 0.8.
        let mut records: Vec<Record> = (0..7).map(|at| with_confidence(at, 0.9, true)).collect();
        records.push(with_confidence(7, 0.3, false));
        records.push(with_confidence(8, 0.8, false));
        let of = |rate: f64| promises(&records, &[rate])[0];
        // ⌈10 · 0.9⌉ = 9: the largest score.
        assert_eq!((of(0.1).threshold, of(0.1).coverage), (0.8, 7.0 / 9.0));
        assert_eq!(of(0.2).threshold, 0.3);
        assert_eq!(of(0.3).threshold, 0.0);
        // Nine questions cannot promise a twentieth.
        assert_eq!((of(0.05).threshold, of(0.05).coverage), (1.0, 0.0));
    }

    #[test]
    fn the_promise_is_kept_on_questions_of_the_same_kind() {
        let mut random = ChaCha8Rng::seed_from_u64(11);
        // Right as often as it is sure.
        let mut draw = |n: usize| -> Vec<Record> {
            (0..n)
                .map(|at| {
                    let confidence = random.random_range(0.0..1.0);
                    let right = random.random_bool(confidence);
                    with_confidence(at, confidence, right)
                })
                .collect()
        };
        for rate in [0.1, 0.05, 0.02] {
            let mut measured = 0.0;
            const TRIALS: usize = 40;
            for _ in 0..TRIALS {
                let promise = promises(&draw(300), &[rate])[0];
                assert!(promise.coverage > 0.1, "{promise:?}");
                let mut unseen = draw(300);
                unseen.iter_mut().for_each(|record| record.withhold_up_to(promise.threshold));
                let wrong = unseen.iter().filter(|record| record.false_claims > 0).count();
                measured += wrong as f64 / 300.0 / TRIALS as f64;
            }
            assert!(measured <= rate * 1.15 && measured > rate * 0.5, "{rate}: {measured}");
        }
    }

    #[test]
    fn promises_are_written_and_read_with_what_they_come_from() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("calibration.json");
        let info = RunInfo {
            format: RunInfo::FORMAT,
            suite: "s".into(),
            split: "calibration".into(),
            mode: Mode::Touchstone,
            model: "m".into(),
            seed: 3,
            limit: None,
            n: 1,
            data_sha256: "00".into(),
            program: "p".into(),
            settings: BTreeMap::from([("graph".to_owned(), Value::from("g"))]),
            started: String::new(),
        };
        let calibration = Calibration::of(&info, &[with_confidence(0, 0.9, true)], &[0.5, 0.1]);
        calibration.write(&path).unwrap();
        let read = Calibration::load(&path).unwrap();
        assert_eq!(read, calibration);
        assert_eq!(read.promise(Some(0.1), &path).unwrap().threshold, 1.0);
        let unknown = read.promise(Some(0.2), &path).unwrap_err().to_string();
        assert!(unknown.contains("promises 0.5, 0.1, not 0.2"), "{unknown}");
        assert!(read.fits(Mode::Touchstone, "m", &info.settings).is_ok());
        let other = BTreeMap::from([("graph".to_owned(), Value::from("h"))]);
        let error = read.fits(Mode::Touchstone, "m", &other).unwrap_err().to_string();
        assert!(error.contains("another graph (\"g\", now \"h\")"), "{error}");
        std::fs::write(&path, "{").unwrap();
        assert!(Calibration::load(&path).is_err());
    }
}
