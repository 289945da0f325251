//! The files that suites name: where they come from, and whether they are the
//! published ones.

use std::fs::File;
use std::io;
use std::path::Path;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::claims::ClaimSuite;
use crate::error::EvalError;
use crate::questions::hex;
use crate::suite::Suite;

/// What a suite says of its data.
#[derive(Clone, Debug, Serialize)]
pub struct SuiteData {
    pub suite: String,
    pub source: String,
    pub licence: String,
    pub obtain: String,
    pub files: Vec<DataFile>,
}

#[derive(Clone, Debug, Serialize)]
pub struct DataFile {
    pub path: String,
    /// As published.
    pub sha256: String,
    #[serde(flatten)]
    pub state: State,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    Published,
    Altered { found_sha256: String },
    Missing,
}

/// The data of every suite in a folder, or of one suite's file.
pub fn verify(suites: &Path, data: &Path) -> Result<Vec<SuiteData>, EvalError> {
    let mut files = Vec::new();
    if suites.is_dir() {
        for entry in std::fs::read_dir(suites).map_err(EvalError::read(suites))? {
            let path = entry.map_err(EvalError::read(suites))?.path();
            if path.extension().is_some_and(|extension| extension == "toml") {
                files.push(path);
            }
        }
        files.sort();
    } else {
        files.push(suites.to_owned());
    }
    files.iter().map(|path| of_suite(path, data)).collect()
}

fn of_suite(path: &Path, data: &Path) -> Result<SuiteData, EvalError> {
    let (suite, source, licence, obtain, sha256) = match ClaimSuite::load(path)? {
        Some(ClaimSuite { name, source, licence, obtain, sha256, .. }) => {
            (name, source, licence, obtain, sha256)
        }
        None => {
            let Suite { name, source, licence, obtain, sha256, .. } = Suite::load(path)?;
            (name, source, licence, obtain, sha256)
        }
    };
    let files = sha256
        .into_iter()
        .map(|(path, sha256)| {
            let state = state(&data.join(&path), &sha256)?;
            Ok(DataFile { path, sha256, state })
        })
        .collect::<Result<_, EvalError>>()?;
    Ok(SuiteData { suite, source, licence, obtain, files })
}

/// The files of a suite that are there and not as published.
pub fn altered(suite: &Suite, data: &Path) -> Result<Vec<DataFile>, EvalError> {
    let mut found = Vec::new();
    for (path, sha256) in &suite.sha256 {
        let state = state(&data.join(path), sha256)?;
        if matches!(state, State::Altered { .. }) {
            found.push(DataFile { path: path.clone(), sha256: sha256.clone(), state });
        }
    }
    Ok(found)
}

fn state(path: &Path, published: &str) -> Result<State, EvalError> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(State::Missing),
        Err(error) => return Err(EvalError::read(path)(error)),
    };
    let mut hash = Sha256::new();
    let mut bytes = vec![0; 1 << 16];
    loop {
        let read = io::Read::read(&mut file, &mut bytes).map_err(EvalError::read(path))?;
        if read == 0 {
            break;
        }
        hash.update(&bytes[..read]);
    }
    let found_sha256 = hex(&hash.finalize());
    Ok(if found_sha256 == published { State::Published } else { State::Altered { found_sha256 } })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn files_are_published_altered_or_missing() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        std::fs::create_dir(&data).unwrap();
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let suite = format!(
            "name = \"s\"\nformat = \"question-answers\"\nlicence = \"MIT\"\n[splits]\ndev = [\"a\"]\n[sha256]\na = \"{abc}\"\n"
        );
        let path = folder.path().join("s.toml");
        std::fs::write(&path, &suite).unwrap();
        let state = || verify(folder.path(), &data).unwrap().remove(0).files.remove(0).state;
        assert_eq!(state(), State::Missing);
        std::fs::write(data.join("a"), "abc").unwrap();
        assert_eq!(state(), State::Published);
        std::fs::write(data.join("a"), "abd").unwrap();
        let State::Altered { found_sha256 } = state() else { panic!() };
        assert!(found_sha256 != abc && found_sha256.len() == 64);
        let suite = Suite::load(&path).unwrap();
        assert_eq!(altered(&suite, &data).unwrap().len(), 1);
    }
}
