//! Judgements kept as they are made, so that a long run can be broken off.

use std::collections::HashMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Case, Judgement};
use crate::error::EvalError;
use crate::questions::hex;
use crate::results::open_alone;

const FILE: &str = "judged.jsonl";

/// A file of judgements, a JSON line each.
///
/// A line counts for the same sentence and passage, judged by the same judge,
/// and for nothing else; other lines, a half-written one among them, are passed
/// over.
pub struct Journal {
    path: PathBuf,
    judge: String,
    file: Mutex<File>,
    known: HashMap<String, Judgement>,
}

#[derive(Serialize, Deserialize)]
struct Line {
    /// SHA-256 of the judge, the sentence and its passage.
    of: String,
    #[serde(flatten)]
    judgement: Judgement,
}

impl Journal {
    /// In the folder. `judge` names all that a judgement depends on besides the
    /// case.
    pub fn open(folder: &Path, judge: String) -> Result<Journal, EvalError> {
        let path = folder.join(FILE);
        let (mut file, bytes) = open_alone(folder, &path)?;
        let known = bytes
            .split(|&byte| byte == b'\n')
            .filter_map(|line| serde_json::from_slice::<Line>(line).ok())
            .map(|line| (line.of, line.judgement))
            .collect();
        // What comes next must not be written onto a half-written line.
        if bytes.last().is_some_and(|&byte| byte != b'\n') {
            file.write_all(b"\n").map_err(EvalError::write(&path))?;
        }
        Ok(Journal { path, judge, file: Mutex::new(file), known })
    }

    fn key(&self, case: &Case) -> String {
        let mut hash = Sha256::new();
        for part in [&self.judge, &case.text, case.passage.as_deref().unwrap_or_default()] {
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        }
        hex(&hash.finalize())
    }

    /// How many of the cases are judged already.
    pub fn judged(&self, cases: &[Case]) -> usize {
        cases.iter().filter(|case| self.known.contains_key(&self.key(case))).count()
    }

    /// The judgement that is kept, or the one that `judge` makes, kept then.
    pub fn or_judge(
        &self,
        case: &Case,
        judge: impl FnOnce() -> Result<Judgement, EvalError>,
    ) -> Result<Judgement, EvalError> {
        let of = self.key(case);
        if let Some(known) = self.known.get(&of) {
            return Ok(known.clone());
        }
        let judgement = judge()?;
        let mut bytes = serde_json::to_vec(&Line { of, judgement: judgement.clone() })
            .map_err(|error| EvalError::Judge { id: case.id.clone(), reason: error.to_string() })?;
        bytes.push(b'\n');
        let mut file = self.file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        file.write_all(&bytes).map_err(EvalError::write(&self.path))?;
        Ok(judgement)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use touchstone_core::Verdict;

    use super::super::Gold;
    use super::*;

    fn case(passage: &str) -> Case {
        Case {
            passage: Some(passage.to_owned()),
            ..Case::new("1".to_owned(), "A claim.".to_owned(), Gold::True, "g")
        }
    }

    fn made(journal: &Journal, case: &Case, confidence: f64) -> f64 {
        let judgement = || Ok(Judgement { verdict: Verdict::Supported, reason: "r".to_owned(), confidence });
        journal.or_judge(case, judgement).unwrap().confidence
    }

    #[test]
    fn what_was_judged_is_not_judged_again_by_the_same_judge() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("new");
        let path = folder.join(FILE);
        let first = Journal::open(&folder, "a".to_owned()).unwrap();
        assert_eq!(made(&first, &case("p"), 0.7), 0.7);
        assert!(matches!(Journal::open(&folder, "a".to_owned()), Err(EvalError::InUse { .. })));
        drop(first);
        // As after a crash: the last line is half written.
        let mut bytes = std::fs::read(&path).unwrap();
        bytes.extend_from_slice(b"{\"of\":\"12");
        std::fs::write(&path, &bytes).unwrap();
        let again = Journal::open(&folder, "a".to_owned()).unwrap();
        assert_eq!(again.judged(&[case("p"), case("q")]), 1);
        assert_eq!(made(&again, &case("p"), 0.1), 0.7);
        assert_eq!(made(&again, &case("q"), 0.2), 0.2);
        drop(again);
        let third = Journal::open(&folder, "a".to_owned()).unwrap();
        assert_eq!(third.judged(&[case("p"), case("q")]), 2);
        drop(third);
        let other = Journal::open(&folder, "b".to_owned()).unwrap();
        assert_eq!(other.judged(&[case("p"), case("q")]), 0);
    }
}
