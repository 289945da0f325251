use std::time::Duration;

/// What can go wrong in an engine; each variant is something a caller can act on.
#[derive(Debug, thiserror::Error)]
pub enum LlmError {
    #[error("cannot load the model {path}: {reason}")]
    Load { path: String, reason: String },
    #[error(
        "the text needs {needed} tokens but the context holds {limit}: shorten it, or raise the context size"
    )]
    ContextFull { needed: usize, limit: usize },
    #[error("all {limit} sequences of the engine are in use: try again later")]
    Busy { limit: usize },
    #[error("the request was cancelled")]
    Cancelled,
    /// The engine serves nobody any more.
    #[error("the engine has stopped: {reason}")]
    Stopped { reason: String },
    /// The session is lost; new ones can be opened.
    #[error("the engine was started again after a failure ({reason}): ask again")]
    Restarted { reason: String },
    #[error("the constraint cannot be used: {reason}")]
    Constraint { reason: String },
    #[error("{engine} cannot {what}")]
    Unsupported { engine: String, what: &'static str },
    /// Retrying at once will not help.
    #[error("the model service {service} cannot be used: {reason}")]
    Unavailable { service: String, reason: String, retry_after: Option<Duration> },
    /// The request itself, or its key, was refused.
    #[error("the model service {service} refused the request with status {status}: {reason}")]
    Refused { service: String, status: u16, reason: String },
    #[error("the engine failed: {reason}")]
    Failed { reason: String },
}
