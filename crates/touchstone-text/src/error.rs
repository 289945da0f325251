use std::path::PathBuf;

/// What can go wrong with passages; each message says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    #[error("there is no text index in {}: fill one with `touchstone text pull factbook` or `touchstone text index FOLDER`", .0.display())]
    Missing(PathBuf),
    #[error("the text index in {} was made by another version of touchstone: move the folder away and index the texts again", .0.display())]
    OtherVersion(PathBuf),
    #[error("another process is writing to the text index in {}: try again when it is done", .0.display())]
    Locked(PathBuf),
    #[error(
        "the words to search for are {chars} characters long, the limit is {limit}: search for fewer words"
    )]
    QueryTooLong { chars: usize, limit: usize },
    #[error("the text index failed: {0}")]
    Index(#[from] tantivy::TantivyError),
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("cannot write to {}: {source}", path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error("{}, line {line}: {reason}", path.display())]
    Line { path: PathBuf, line: usize, reason: String },
    #[error("{} {reason}", path.display())]
    Unreadable { path: PathBuf, reason: String },
    #[error("there is no text source named \"{name}\": the known ones are {known}")]
    UnknownSource { name: String, known: String },
    #[error("cannot fetch the package {package}: {reason}")]
    Fetch { package: String, reason: String },
    #[error("{} has the SHA-256 {found}, but {expected} was expected: it was not used", path.display())]
    WrongHash { path: PathBuf, found: String, expected: String },
    #[error("the package {package} is not laid out as expected: {reason}")]
    Package { package: String, reason: String },
}
