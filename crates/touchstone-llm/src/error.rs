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
    #[error("the engine has stopped: {reason}")]
    Stopped { reason: String },
    #[error("the engine failed: {reason}")]
    Failed { reason: String },
}
