//! Whether a new result is worse than a stored one, for use in CI.

use serde::Serialize;

use crate::error::EvalError;
use crate::metrics::{Better, Metric, better};
use crate::summary::Summary;

/// A metric that is worse than the stored one by more than its interval.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Beaten {
    pub metric: String,
    pub stored: Metric,
    pub new: Metric,
}

/// Metrics of time and energy depend on the machine, and are passed over
/// unless `timed`.
pub fn gate(stored: &Summary, new: &Summary, timed: bool) -> Result<Vec<Beaten>, EvalError> {
    let what = [
        ("suite", &stored.suite, &new.suite),
        ("split", &stored.split, &new.split),
        ("model", &stored.model, &new.model),
    ];
    for (what, stored, new) in what {
        if stored != new {
            return Err(EvalError::OtherResult { what, stored: stored.clone(), new: new.clone() });
        }
    }
    if stored.mode != new.mode {
        let (stored, new) = (stored.mode.name().to_owned(), new.mode.name().to_owned());
        return Err(EvalError::OtherResult { what: "mode", stored, new });
    }
    let machine =
        |name: &str| name.contains("seconds") || name.contains("joules") || name == "checking_share";
    let worse = |name: &str, stored: &Metric, new: &Metric| match (better(name), stored.value, new.value) {
        // What was counted once and is not any more is worse.
        (Better::Lower | Better::Higher, Some(_), None) => true,
        (Better::Lower, _, Some(value)) => stored.high.is_some_and(|high| value > high),
        (Better::Higher, _, Some(value)) => stored.low.is_some_and(|low| value < low),
        _ => false,
    };
    Ok(stored
        .metrics
        .iter()
        .filter(|(name, _)| timed || !machine(name))
        .filter_map(|(name, metric)| {
            let now = new.metrics.get(name).copied().unwrap_or(Metric::NONE);
            worse(name, metric, &now).then(|| Beaten { metric: name.clone(), stored: *metric, new: now })
        })
        .collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::record::Mode;
    use crate::record::tests::record;
    use crate::suite::Suite;

    fn summary(right: usize) -> Summary {
        let text = "name = \"s\"\nformat = \"question-answers\"\n[splits]\n";
        let suite = Suite::parse(text, std::path::Path::new("s.toml")).unwrap();
        let records: Vec<_> = (0..100)
            .map(|at| {
                record(&at.to_string(), Mode::Plain, &["Ulm"], Some(if at < right { "Ulm" } else { "Linz" }))
            })
            .collect();
        Summary::of(&suite, "dev", Mode::Plain, "m", &records, Some(&records), 0)
    }

    #[test]
    fn what_lies_outside_the_stored_interval_on_the_bad_side_fails() {
        let names = |stored: usize, new: usize| -> Vec<String> {
            gate(&summary(stored), &summary(new), false)
                .unwrap()
                .into_iter()
                .map(|beaten| beaten.metric)
                .collect()
        };
        assert!(names(80, 80).is_empty());
        assert!(names(80, 76).is_empty());
        assert!(names(80, 95).is_empty());
        let worse = names(80, 60);
        assert!(worse.contains(&"accuracy".to_owned()) && worse.contains(&"false_claim_rate".to_owned()));
    }

    #[test]
    fn only_results_of_the_same_thing_are_held_against_each_other() {
        let mut other = summary(80);
        other.suite = "t".into();
        let error = gate(&summary(80), &other, false).unwrap_err().to_string();
        assert_eq!(error, "the results are of another suite (s, now t): hold the same against each other");
    }
}
