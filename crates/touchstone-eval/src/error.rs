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
    #[error("the suite corrects {id}, {reason}: compare the file with the published one")]
    Correction { id: String, reason: String },
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
    #[error(
        "{folder} holds no finished plain run, and the model behind it is not asked here: finish it by `--mode plain --out {folder}` first"
    )]
    NoBaseline { folder: PathBuf },
    #[error("another program is writing to {folder}: wait for it, or choose another --out")]
    InUse { folder: PathBuf },
    #[error("{folder} holds something else than a run: choose another --out")]
    Foreign { folder: PathBuf },
    #[error("{folder} holds no run: a run's folder has a run.json")]
    NoRun { folder: PathBuf },
    #[error(
        "{folder} holds a run of format {found}, and this version reads {known}: choose another --out, or run it again"
    )]
    Version { folder: PathBuf, found: u32, known: u32 },
    #[error(
        "{path} is not a summary of this version: {reason} (run the same command again to write it anew)"
    )]
    Summary { path: PathBuf, reason: String },
    #[error("the runs have no question in common: compare runs of one suite and split")]
    NothingInCommon,
    #[error("{path} is no calibration: {reason}")]
    Calibration { path: PathBuf, reason: String },
    #[error("the calibration {path} promises {known}, not {asked}: give one of these by --max-false-rate")]
    NoPromise { path: PathBuf, known: String, asked: String },
    #[error(
        "the calibration was made with another {what} ({stored}, now {now}), so that it promises nothing here"
    )]
    OtherCalibration { what: String, stored: String, now: String },
    #[error("the results are of another {what} ({stored}, now {new}): hold the same against each other")]
    OtherResult { what: &'static str, stored: String, new: String },
    #[error("the report cannot be drawn: {reason}")]
    Report { reason: String },
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
