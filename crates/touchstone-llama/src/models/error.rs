use std::path::PathBuf;

/// Why a model could not be listed or fetched.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("cannot read the list of models {path}: {source}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("the list of models {file} is not valid: {reason}")]
    List { file: String, reason: String },
    #[error("cannot write {path}: {source}; free some space or set TOUCHSTONE_MODELS to another folder")]
    Write { path: PathBuf, source: std::io::Error },
    /// Every source was tried; one reason each.
    #[error("the model {name} could not be fetched: {}", reasons.join("; "))]
    NoSource { name: String, reasons: Vec<String> },
    #[error("fetching the model was interrupted: what is there is kept, and the next pull goes on from it")]
    Interrupted,
}

/// Why one source gave nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum SourceError {
    #[error("{source_name} cannot be reached: {reason}")]
    Unreachable { source_name: String, reason: String },
    #[error("{source_name} gave another file: its SHA-256 is {found}, not {expected}")]
    WrongHash { source_name: String, found: String, expected: String },
    #[error("{source_name} gave {found} bytes, not {expected}")]
    WrongSize { source_name: String, found: u64, expected: u64 },
    #[error(transparent)]
    Here(#[from] ModelError),
}
