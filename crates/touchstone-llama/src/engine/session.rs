use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};

use std::time::Instant;

use llama_cpp_2::token::LlamaToken;
use touchstone_llm::{
    Alternative, Checkpoint, Generated, Likelihood, LlmError, Piece, Session, SessionUsage, Until,
};

use super::Shared;
use super::command::{Command, Event, Order, Scored, State};
use super::constraint::Constrained;

/// A session's side of its slot: it makes tokens of text in the caller's
/// thread and knows how long the slot's text is.
pub(super) struct LlamaSession {
    shared: Arc<Shared>,
    /// The start of the owner thread that the slot belongs to.
    start: u64,
    slot: usize,
    state: State,
}

impl LlamaSession {
    pub(super) fn open(shared: Arc<Shared>, prompt: Vec<LlamaToken>) -> Result<LlamaSession, LlmError> {
        let limit = shared.context_tokens;
        // There must be room for one more token.
        if prompt.len() >= limit {
            return Err(LlmError::ContextFull { needed: prompt.len() + 1, limit });
        }
        if prompt.is_empty() {
            return Err(LlmError::Failed { reason: "the prompt is empty".to_owned() });
        }
        let (reply, replies) = mpsc::channel();
        let start = shared.thread.running();
        shared.thread.send(start, Command::Open { prompt, reply })?;
        let (slot, state) = match replies.recv_timeout(shared.queue_wait) {
            Ok(opened) => opened?,
            Err(RecvTimeoutError::Timeout) => return Err(LlmError::Busy { limit: shared.max_sessions }),
            Err(RecvTimeoutError::Disconnected) => return Err(shared.thread.lost()),
        };
        Ok(LlamaSession { shared, start, slot, state })
    }

    /// Computes the prompt and has it kept. Returns its state, where there is one.
    pub(super) fn compute_and_keep(&mut self) -> Result<Option<Vec<u8>>, LlmError> {
        self.likelihoods(&[])?;
        let (reply, replies) = mpsc::channel();
        self.send(Command::Keep { slot: self.slot, reply })?;
        self.receive(&replies)
    }

    fn send(&self, command: Command) -> Result<(), LlmError> {
        self.shared.thread.send(self.start, command)
    }

    fn receive<T>(&self, replies: &Receiver<T>) -> Result<T, LlmError> {
        replies.recv().map_err(|_| self.shared.thread.lost())
    }

    fn tokens_of(&self, text: &str) -> Result<Vec<LlamaToken>, LlmError> {
        self.shared.vocabulary.tokens(text.as_bytes(), self.shared.context_tokens)
    }

    /// Makes the tail and `text` tokens of the slot.
    fn settle(&mut self, text: &str) -> Result<(), LlmError> {
        if self.state.tail.is_empty() && text.is_empty() {
            return Ok(());
        }
        let limit = self.shared.context_tokens;
        let text = [self.state.tail.as_slice(), text.as_bytes()].concat();
        let tokens = self.shared.vocabulary.tokens(&text, limit)?;
        let needed = self.state.tokens + tokens.len();
        if needed > limit {
            return Err(LlmError::ContextFull { needed, limit });
        }
        self.state.tail.clear();
        self.state.bytes += text.len();
        self.state.tokens = needed;
        self.state.usage.prompt_tokens += tokens.len();
        self.send(Command::Append { slot: self.slot, text, tokens })
    }
}

impl Session for LlamaSession {
    fn append(&mut self, text: &str) -> Result<(), LlmError> {
        if text.is_empty() {
            return Ok(());
        }
        self.settle(text)
    }

    fn stream(
        &mut self,
        until: &Until,
        on_piece: &mut dyn FnMut(Piece<'_>) -> ControlFlow<()>,
    ) -> Result<Generated, LlmError> {
        let deadline = until.time_limit.and_then(|limit| Instant::now().checked_add(limit));
        self.settle("")?;
        let limit = self.shared.context_tokens;
        if self.state.tokens >= limit {
            return Err(LlmError::ContextFull { needed: self.state.tokens + 1, limit });
        }
        let constraint = match &until.constraint {
            Some(constraint) => {
                Some(Constrained::new(constraint, &until.forbidden, &self.shared.vocabulary, limit)?)
            }
            None => None,
        };
        let cancelled = Arc::new(AtomicBool::new(false));
        let (events, received) = mpsc::channel();
        let order =
            Order { until: until.clone(), constraint, deadline, events, cancelled: Arc::clone(&cancelled) };
        self.send(Command::Generate { slot: self.slot, order: Box::new(order) })?;
        loop {
            match self.receive(&received)? {
                Event::Piece { text, tokens } => {
                    let piece = Piece { text: &text, tokens: &tokens };
                    if !cancelled.load(Ordering::Relaxed) && on_piece(piece).is_break() {
                        cancelled.store(true, Ordering::Relaxed);
                    }
                }
                Event::Done { state, result } => {
                    self.state = state;
                    // It may have ended by itself before it saw the sign.
                    if cancelled.load(Ordering::Relaxed) {
                        return Err(LlmError::Cancelled);
                    }
                    return result;
                }
            }
        }
    }

    fn checkpoint(&self) -> Checkpoint {
        Checkpoint(self.state.bytes + self.state.tail.len())
    }

    fn rewind(&mut self, to: Checkpoint) -> Result<(), LlmError> {
        if to.0 > self.checkpoint().0 {
            let reason =
                format!("the checkpoint {} lies after the session's end ({})", to.0, self.checkpoint().0);
            return Err(LlmError::Failed { reason });
        }
        if to.0 >= self.state.bytes {
            self.state.tail.truncate(to.0 - self.state.bytes);
            return Ok(());
        }
        let (reply, replies) = mpsc::channel();
        self.send(Command::Rewind { slot: self.slot, to: to.0, reply })?;
        self.state = self.receive(&replies)?;
        Ok(())
    }

    fn fork(&mut self) -> Result<Box<dyn Session>, LlmError> {
        let (reply, replies) = mpsc::channel();
        self.send(Command::Fork { slot: self.slot, reply })?;
        let (slot, state) = self.receive(&replies)??;
        let state = State { tail: self.state.tail.clone(), ..state };
        Ok(Box::new(LlamaSession { shared: Arc::clone(&self.shared), start: self.start, slot, state }))
    }

    fn likelihoods(&mut self, alternatives: &[Alternative<'_>]) -> Result<Vec<Likelihood>, LlmError> {
        self.settle("")?;
        let limit = self.shared.context_tokens;
        let mut scored = Vec::with_capacity(alternatives.len());
        for alternative in alternatives {
            let mut tokens = self.tokens_of(alternative.given)?;
            let given = tokens.len();
            tokens.extend(self.tokens_of(alternative.text)?);
            let needed = self.state.tokens + tokens.len();
            if needed > limit {
                return Err(LlmError::ContextFull { needed, limit });
            }
            scored.push(Scored { tokens, given });
        }
        let (reply, replies) = mpsc::channel();
        self.send(Command::Score { slot: self.slot, alternatives: scored, reply })?;
        let (state, result) = self.receive(&replies)?;
        self.state = state;
        result
    }

    fn usage(&self) -> SessionUsage {
        self.state.usage
    }
}

impl Drop for LlamaSession {
    fn drop(&mut self) {
        // When the engine is gone, so is the slot.
        let _ = self.send(Command::Close { slot: self.slot });
    }
}
