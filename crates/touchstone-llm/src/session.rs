use std::ops::ControlFlow;

use crate::{LlmError, Message, Until};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinishReason {
    /// The stop rule was met, or the constraint was.
    Stop,
    /// The model ended its turn.
    EndOfText,
    /// `max_tokens` was reached, or the context is full.
    Length,
    /// `time_limit` was reached.
    Time,
}

/// A token and its log-probability (natural logarithm), before temperature,
/// constraints and forbidden texts.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenLogprob {
    /// A token can be part of a character.
    pub bytes: Vec<u8>,
    pub logprob: f64,
    /// The likeliest tokens in this place, best first, with theirs.
    pub top: Vec<(Vec<u8>, f64)>,
}

/// A part of a text that is being written.
#[derive(Clone, Copy, Debug)]
pub struct Piece<'a> {
    /// Text that will not change any more; empty while nothing new is certain.
    pub text: &'a str,
    /// The tokens that ended in it, where log-probabilities were asked for.
    pub tokens: &'a [TokenLogprob],
}

#[derive(Clone, Debug, PartialEq)]
pub struct Generated {
    /// The text, without the stop string or the line's end.
    pub text: String,
    pub tokens: usize,
    /// Of these, the ones that the constraint left no choice about, appended
    /// without sampling.
    pub forced_tokens: usize,
    /// Mean log-probability (natural logarithm) of the sampled tokens.
    pub mean_log_probability: f64,
    pub finish: FinishReason,
}

/// A text to be scored: how likely `text` is after the session's past and `given`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alternative<'a> {
    pub given: &'a str,
    pub text: &'a str,
}

impl<'a> From<&'a str> for Alternative<'a> {
    fn from(text: &'a str) -> Self {
        Alternative { given: "", text }
    }
}

/// How likely a text is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Likelihood {
    /// Natural logarithm, summed over the text's tokens.
    pub log: f64,
    pub tokens: usize,
}

impl Likelihood {
    /// The mean over tokens; 0 for an empty text.
    pub fn mean(self) -> f64 {
        if self.tokens == 0 { 0.0 } else { self.log / self.tokens as f64 }
    }
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

    /// Whether it would answer now; soon over, so that it can be asked often.
    fn reachable(&self) -> Result<(), LlmError> {
        Ok(())
    }

    /// Opens a session on a chat. The messages are rendered with the model's
    /// chat template and followed by the opening of the assistant's turn;
    /// prefixes shared with other sessions are computed once. Waits for its
    /// turn when all sessions are in use.
    fn open(&self, chat: &[Message]) -> Result<Box<dyn Session>, LlmError>;

    /// Computes the beginning that chats to come will share (instructions,
    /// worked examples) and keeps it, also on disk where the engine can. Only
    /// for texts of the program's own, never a user's. Cheap when it was done.
    fn prepare(&self, _beginning: &[Message]) -> Result<(), LlmError> {
        Ok(())
    }
}

/// One conversation in the engine's cache. Dropping it frees its sequence.
pub trait Session: Send {
    /// Appends text as if the model had written it. Control tokens in the
    /// text are taken literally.
    fn append(&mut self, text: &str) -> Result<(), LlmError>;

    /// Generates until the rule is met; `on_piece` sees the text as it comes
    /// and can break off, which ends in [`LlmError::Cancelled`]. It is called
    /// with empty pieces too, so that it can break off while the prompt is
    /// computed.
    fn stream(
        &mut self,
        until: &Until,
        on_piece: &mut dyn FnMut(Piece<'_>) -> ControlFlow<()>,
    ) -> Result<Generated, LlmError>;

    /// [`stream`](Session::stream) for those who want the text alone.
    fn generate(
        &mut self,
        until: &Until,
        on_text: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Generated, LlmError> {
        self.stream(until, &mut |piece| on_text(piece.text))
    }

    fn checkpoint(&self) -> Checkpoint;

    /// Goes back to a checkpoint of this session; nothing is recomputed.
    fn rewind(&mut self, to: Checkpoint) -> Result<(), LlmError>;

    /// A second session with the same past. Never waits: when no sequence is
    /// free it fails with [`LlmError::Busy`].
    fn fork(&mut self) -> Result<Box<dyn Session>, LlmError>;

    /// How likely each alternative is as the next text, all of them in one
    /// batch. The session itself does not move.
    fn likelihoods(&mut self, alternatives: &[Alternative<'_>]) -> Result<Vec<Likelihood>, LlmError>;

    /// Log-likelihood (natural logarithm, summed over tokens) of each text as
    /// the next one; see [`likelihoods`](Session::likelihoods).
    fn score(&mut self, texts: &[&str]) -> Result<Vec<f64>, LlmError> {
        let alternatives: Vec<Alternative<'_>> = texts.iter().map(|text| Alternative::from(*text)).collect();
        Ok(self.likelihoods(&alternatives)?.into_iter().map(|likelihood| likelihood.log).collect())
    }

    fn usage(&self) -> SessionUsage;
}
