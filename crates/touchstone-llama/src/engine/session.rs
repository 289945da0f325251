use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};

use touchstone_llm::{Checkpoint, Generated, LlmError, Message, Session, SessionUsage, Until};

use super::Shared;
use super::command::{Command, Event, State};

/// A session's side of its slot: it makes tokens of text in the caller's
/// thread and knows how long the slot's text is.
pub(super) struct LlamaSession {
    shared: Arc<Shared>,
    slot: usize,
    state: State,
}

impl LlamaSession {
    pub(super) fn open(shared: Arc<Shared>, chat: &[Message]) -> Result<LlamaSession, LlmError> {
        let limit = shared.context_tokens;
        let prompt = shared.vocabulary.prompt(chat, limit)?;
        // There must be room for one more token.
        if prompt.len() >= limit {
            return Err(LlmError::ContextFull { needed: prompt.len() + 1, limit });
        }
        if prompt.is_empty() {
            return Err(LlmError::Failed { reason: "the prompt is empty".to_owned() });
        }
        let (reply, replies) = mpsc::channel();
        shared.send(Command::Open { prompt, reply })?;
        let (slot, state) = receive(&shared, &replies)??;
        Ok(LlamaSession { shared, slot, state })
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
        self.shared.send(Command::Append { slot: self.slot, text, tokens })
    }
}

fn receive<T>(shared: &Shared, replies: &Receiver<T>) -> Result<T, LlmError> {
    replies.recv().map_err(|_| shared.stopped())
}

impl Session for LlamaSession {
    fn append(&mut self, text: &str) -> Result<(), LlmError> {
        if text.is_empty() {
            return Ok(());
        }
        self.settle(text)
    }

    fn generate(
        &mut self,
        until: &Until,
        on_text: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Generated, LlmError> {
        self.settle("")?;
        let limit = self.shared.context_tokens;
        if self.state.tokens >= limit {
            return Err(LlmError::ContextFull { needed: self.state.tokens + 1, limit });
        }
        let cancelled = Arc::new(AtomicBool::new(false));
        let (events, received) = mpsc::channel();
        self.shared.send(Command::Generate {
            slot: self.slot,
            until: until.clone(),
            events,
            cancelled: Arc::clone(&cancelled),
        })?;
        loop {
            match receive(&self.shared, &received)? {
                Event::Text(text) => {
                    if !cancelled.load(Ordering::Relaxed) && on_text(&text).is_break() {
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
        self.shared.send(Command::Rewind { slot: self.slot, to: to.0, reply })?;
        self.state = receive(&self.shared, &replies)?;
        Ok(())
    }

    fn fork(&mut self) -> Result<Box<dyn Session>, LlmError> {
        let (reply, replies) = mpsc::channel();
        self.shared.send(Command::Fork { slot: self.slot, reply })?;
        let (slot, state) = receive(&self.shared, &replies)??;
        let state = State { tail: self.state.tail.clone(), ..state };
        Ok(Box::new(LlamaSession { shared: Arc::clone(&self.shared), slot, state }))
    }

    fn score(&mut self, alternatives: &[&str]) -> Result<Vec<f64>, LlmError> {
        self.settle("")?;
        let limit = self.shared.context_tokens;
        let mut tokens = Vec::with_capacity(alternatives.len());
        for alternative in alternatives {
            let alternative = self.shared.vocabulary.tokens(alternative.as_bytes(), limit)?;
            let needed = self.state.tokens + alternative.len();
            if needed > limit {
                return Err(LlmError::ContextFull { needed, limit });
            }
            tokens.push(alternative);
        }
        let (reply, replies) = mpsc::channel();
        self.shared.send(Command::Score { slot: self.slot, alternatives: tokens, reply })?;
        let (state, result) = receive(&self.shared, &replies)?;
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
        let _ = self.shared.send(Command::Close { slot: self.slot });
    }
}
