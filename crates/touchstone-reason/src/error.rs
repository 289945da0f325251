use std::path::PathBuf;

use touchstone_check::deep::DeepError;
use touchstone_graph::GraphError;
use touchstone_llm::LlmError;

/// Why a question got no report.
#[derive(Debug, thiserror::Error)]
pub enum ReasonError {
    #[error("the question is empty: ask something")]
    EmptyQuestion,
    #[error("the question has {characters} characters but the limit is {limit}: shorten it")]
    QuestionTooLong { characters: usize, limit: usize },
    #[error("the request was cancelled")]
    Cancelled,
    #[error(transparent)]
    Graph(#[from] GraphError),
    #[error(transparent)]
    Passages(DeepError),
    #[error(transparent)]
    Prompt(#[from] PromptError),
    #[error(transparent)]
    Engine(LlmError),
}

impl From<LlmError> for ReasonError {
    fn from(error: LlmError) -> Self {
        match error {
            LlmError::Cancelled => ReasonError::Cancelled,
            other => ReasonError::Engine(other),
        }
    }
}

impl From<DeepError> for ReasonError {
    fn from(error: DeepError) -> Self {
        match error {
            DeepError::Model(error) => error.into(),
            other => ReasonError::Passages(other),
        }
    }
}

/// What is wrong with a prompt file.
#[derive(Debug, thiserror::Error)]
pub enum PromptError {
    #[error("cannot read the prompt file {path}: {source}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("the prompt file {file} is not valid TOML: {reason}")]
    Data { file: String, reason: String },
    #[error("the prompt template {file} is not valid: {reason}")]
    Template { file: String, reason: String },
}
