use std::io;
use std::path::{Path, PathBuf};

/// Why a run could not be made or finished.
#[derive(Debug, thiserror::Error)]
pub enum EvalError {
    #[error("cannot read {path}: {source}")]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot write {path}: {source}")]
    Write { path: PathBuf, source: io::Error },
    #[error("{path}, line {line}: {reason}")]
    Suite { path: PathBuf, line: usize, reason: String },
    #[error("the suite {suite} has no split \"{split}\": it has {known}")]
    NoSplit { suite: String, split: String, known: String },
    #[error(
        "there is no file {path} (give the folder with the data by --data; eval/README.md says where it comes from)"
    )]
    NoData { path: PathBuf },
    #[error("{path} holds no question: check that the file is complete")]
    EmptyData { path: PathBuf },
    #[error("{path}, line {line}: {reason}")]
    Data { path: PathBuf, line: usize, reason: String },
    #[error(
        "{path}, line {line}: this is not a result of this program: {reason} (choose another --out, or remove the line)"
    )]
    Record { path: PathBuf, line: usize, reason: String },
    #[error(
        "{folder} holds a run with another {what} ({stored}, now {now}): choose another --out, or remove the folder"
    )]
    OtherRun { folder: PathBuf, what: String, stored: String, now: String },
    #[error("another program is writing to {folder}: wait for it, or choose another --out")]
    InUse { folder: PathBuf },
    #[error("{folder} holds something else than a run: choose another --out")]
    Foreign { folder: PathBuf },
    #[error("the model could not judge {id}: {reason}")]
    Judge { id: String, reason: String },
    #[error("stopped after {done} of {total} sentences: run the same command again")]
    Stopped { done: usize, total: usize },
    #[error(transparent)]
    Graph(#[from] touchstone_graph::GraphError),
    #[error("question {id} could not be asked: {reason}")]
    System { id: String, reason: String },
}

impl EvalError {
    pub(crate) fn read(path: &Path) -> impl FnOnce(io::Error) -> EvalError {
        let path = path.to_owned();
        |source| EvalError::Read { path, source }
    }

    pub(crate) fn write(path: &Path) -> impl FnOnce(io::Error) -> EvalError {
        let path = path.to_owned();
        |source| EvalError::Write { path, source }
    }
}
