//! What a run found, for people and programs.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use touchstone_core::StepStatus;

use crate::confidence::{self, Bin, RiskPoint};
use crate::conformal::Conformal;
use crate::judge::Truth;
use crate::metrics::{Metrics, metrics};
use crate::paired::{self, Comparison};
use crate::record::{Mode, Record};
use crate::suite::{Suite, Target};

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
    /// The metrics that the suite wants to be read first.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub headline: Vec<String>,
    /// The metrics of each kind of question, where there are several.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub groups: BTreeMap<String, Metrics>,
    /// Against the plain answers to the same questions.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub against_plain: Option<Comparison>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub risk_coverage: Vec<RiskPoint>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub reliability: Vec<Bin>,
    /// Steps by their status, and what the facts say of their claims.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub confusion: Vec<Cell>,
    /// What the suite wants, and whether it is reached.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub targets: Vec<Reached>,
    /// What a calibration promised, and what was measured.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub conformal: Option<Conformal>,
    /// Facts left out of the graph that the system may use, as a share.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kg_drop: Option<f64>,
    /// Questions whose listed answers the suite corrects.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub corrected: Option<usize>,
}

/// Claims of steps with a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cell {
    pub status: StepStatus,
    pub truth: Truth,
    pub claims: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Reached {
    pub metric: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub at_least: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub at_most: Option<f64>,
    pub reached: bool,
}

impl Summary {
    pub(crate) fn of(
        suite: &Suite,
        split: &str,
        mode: Mode,
        model: &str,
        records: &[Record],
        plain: Option<&[Record]>,
        seed: u64,
    ) -> Summary {
        let mut metrics = metrics(records, plain, seed);
        let compared = plain.filter(|_| mode != Mode::Plain);
        if let Some(plain) = compared {
            metrics.insert("false_claim_reduction".to_owned(), paired::reduction(records, plain, seed));
        }
        for (name, metric) in [
            ("aurc", confidence::aurc(records, seed)),
            ("expected_calibration_error", confidence::calibration_error(records, seed)),
        ] {
            if metric.n > 0 {
                metrics.insert(name.to_owned(), metric);
            }
        }
        let targets = match mode {
            Mode::Touchstone => suite.target.iter().filter_map(|t| t.of(&metrics)).collect(),
            _ => Vec::new(),
        };
        Summary {
            suite: suite.name.clone(),
            split: split.to_owned(),
            mode,
            model: model.to_owned(),
            n: records.len(),
            headline: suite.metrics.iter().map(|name| name.0.clone()).collect(),
            groups: groups(records, plain, seed),
            against_plain: compared.map(|plain| paired::compare(records, plain, Some(plain), seed)),
            risk_coverage: confidence::risk_coverage(records),
            reliability: confidence::reliability(records),
            confusion: confusion(records),
            targets,
            conformal: None,
            kg_drop: None,
            corrected: None,
            metrics,
        }
    }
}

impl Target {
    fn of(&self, metrics: &Metrics) -> Option<Reached> {
        let value = metrics.get(&self.metric.0)?.value?;
        let reached =
            self.at_least.is_none_or(|least| value >= least) && self.at_most.is_none_or(|most| value <= most);
        let Target { metric, at_least, at_most } = self.clone();
        Some(Reached { metric: metric.0, at_least, at_most, reached })
    }
}

fn groups(records: &[Record], plain: Option<&[Record]>, seed: u64) -> BTreeMap<String, Metrics> {
    let names: BTreeSet<&String> = records.iter().filter_map(|record| record.group.as_ref()).collect();
    if names.len() < 2 {
        return BTreeMap::new();
    }
    let of = |name: &String| {
        let records: Vec<Record> =
            records.iter().filter(|record| record.group.as_ref() == Some(name)).cloned().collect();
        metrics(&records, plain, seed)
    };
    names.into_iter().map(|name| (name.clone(), of(name))).collect()
}

fn confusion(records: &[Record]) -> Vec<Cell> {
    let mut cells: BTreeMap<(usize, usize), Cell> = BTreeMap::new();
    const STATUSES: [StepStatus; 4] =
        [StepStatus::Accepted, StepStatus::Repaired, StepStatus::Unverified, StepStatus::Rejected];
    const TRUTHS: [Truth; 3] = [Truth::True, Truth::False, Truth::Undecided];
    for record in records {
        for step in record.report.iter().flat_map(|report| &report.steps) {
            let rejected = step.status == StepStatus::Rejected;
            let claims = record.claims.iter().filter(|c| c.step == step.index && c.taken_back == rejected);
            for claim in claims {
                let status = STATUSES.iter().position(|status| *status == step.status).unwrap_or_default();
                let truth = TRUTHS.iter().position(|truth| *truth == claim.truth).unwrap_or_default();
                let empty = Cell { status: step.status, truth: claim.truth, claims: 0 };
                cells.entry((status, truth)).or_insert(empty).claims += 1;
            }
        }
    }
    cells.into_values().collect()
}
