use std::ops::ControlFlow;

use crate::LlmError;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    System,
    User,
    Assistant,
}

/// One message of a chat; rendered with the model's own chat template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub role: Role,
    pub text: String,
}

impl Message {
    pub fn new(role: Role, text: impl Into<String>) -> Message {
        Message { role, text: text.into() }
    }
}

/// How the next token is chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampling {
    /// 0 takes the likeliest token.
    pub temperature: f32,
    pub top_p: f32,
    pub seed: u64,
}

impl Default for Sampling {
    fn default() -> Self {
        Sampling { temperature: 0.0, top_p: 1.0, seed: 0 }
    }
}

/// When a generation ends, besides the model's own end of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StopRule {
    /// After a line that holds more than white space.
    Line,
    /// Before any of these strings would appear.
    Strings(Vec<String>),
}

/// What to generate.
#[derive(Clone, Debug, PartialEq)]
pub struct Until {
    pub stop: StopRule,
    pub max_tokens: usize,
    pub sampling: Sampling,
    /// Texts that must not come next: a continuation that would complete one
    /// of them is not sampled. Used to forbid a value that was refuted.
    pub forbidden: Vec<String>,
}

impl Until {
    pub fn line(max_tokens: usize, sampling: Sampling) -> Until {
        Until { stop: StopRule::Line, max_tokens, sampling, forbidden: Vec::new() }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinishReason {
    /// The stop rule was met.
    Stop,
    /// The model ended its turn.
    EndOfText,
    /// `max_tokens` was reached.
    Length,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Generated {
    /// The text, without the stop string or the line's end.
    pub text: String,
    pub tokens: usize,
    /// Mean log-probability (natural logarithm) of the generated tokens.
    pub mean_log_probability: f64,
    pub finish: FinishReason,
}

/// A place in a session to which it can be rewound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint(pub usize);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SessionUsage {
    /// Tokens given to the model, forced text included.
    pub prompt_tokens: usize,
    /// Of these, the ones that were copied from a shared prefix.
    pub cached_tokens: usize,
    pub generated_tokens: usize,
}

/// What an engine says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineInfo {
    pub model: String,
    /// The kernels in use, for the start-up line, for example
    /// "CPU (zen4), 2 threads".
    pub kernels: String,
    pub context_tokens: usize,
    pub max_sessions: usize,
}

/// A language model that can hold several sessions at a time.
pub trait Engine: Send + Sync {
    fn info(&self) -> EngineInfo;

    /// Opens a session on a chat. The messages are rendered with the model's
    /// chat template and followed by the opening of the assistant's turn;
    /// prefixes shared with other sessions are computed once.
    fn open(&self, chat: &[Message]) -> Result<Box<dyn Session>, LlmError>;
}

/// One conversation in the engine's cache. Dropping it frees its sequence.
pub trait Session: Send {
    /// Appends text as if the model had written it. Control tokens in the
    /// text are taken literally.
    fn append(&mut self, text: &str) -> Result<(), LlmError>;

    /// Generates until the rule is met; `on_text` sees the text as it comes
    /// and can break off, which ends in [`LlmError::Cancelled`].
    fn generate(
        &mut self,
        until: &Until,
        on_text: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Generated, LlmError>;

    fn checkpoint(&self) -> Checkpoint;

    /// Goes back to a checkpoint of this session; nothing is recomputed.
    fn rewind(&mut self, to: Checkpoint) -> Result<(), LlmError>;

    /// A second session with the same past.
    fn fork(&mut self) -> Result<Box<dyn Session>, LlmError>;

    /// Log-likelihood (natural logarithm, summed over tokens) of each
    /// alternative as the next text. The session itself does not move.
    fn score(&mut self, alternatives: &[&str]) -> Result<Vec<f64>, LlmError>;

    fn usage(&self) -> SessionUsage;
}
