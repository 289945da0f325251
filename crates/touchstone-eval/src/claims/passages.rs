//! Claims against passages: supported, refuted, or neither.

use std::path::PathBuf;

use serde::Deserialize;

use super::suite::id_of;
use super::{Case, Gold};
use crate::error::EvalError;

#[derive(Deserialize)]
struct Row {
    evidence: String,
    claim: String,
    label: String,
}

pub(super) fn cases(files: &[PathBuf]) -> Result<(Vec<Case>, Vec<String>), EvalError> {
    let mut cases = Vec::new();
    for path in files {
        let broken = |line: usize, reason: String| EvalError::Data { path: path.clone(), line, reason };
        let mut reader = csv::Reader::from_path(path).map_err(|error| broken(1, error.to_string()))?;
        for (row, line) in reader.deserialize::<Row>().zip(2..) {
            let row = row.map_err(|error| broken(line, error.to_string()))?;
            let (gold, group) = match row.label.to_lowercase().as_str() {
                "supports" | "supported" | "true" | "entailment" => (Gold::True, "supports"),
                "refutes" | "refuted" | "false" | "contradiction" => (Gold::False, "refutes"),
                "neutral" | "not enough" | "nei" => (Gold::Neutral, "neutral"),
                other => {
                    return Err(broken(
                        line,
                        format!("the label \"{other}\" is none of Supports, Refutes, Neutral"),
                    ));
                }
            };
            let mut case = Case::new(id_of(path, line), row.claim, gold, group);
            case.passage = Some(row.evidence);
            cases.push(case);
        }
    }
    Ok((cases, Vec::new()))
}
