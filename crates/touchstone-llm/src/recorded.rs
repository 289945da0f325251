//! An engine that replays fixed lines: for tests of everything above the
//! engine, where a model's own words would make them depend on its quality.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

use crate::{
    Checkpoint, Engine, EngineInfo, FinishReason, Generated, LlmError, Message, Session, SessionUsage, Until,
};

/// Every session replays the same lines, one per call of `generate`, and ends
/// its turn when they run out.
#[derive(Clone, Debug)]
pub struct Recorded {
    lines: Vec<String>,
    transcript: Arc<Mutex<String>>,
}

impl Recorded {
    pub fn new<S: Into<String>>(lines: impl IntoIterator<Item = S>) -> Recorded {
        Recorded { lines: lines.into_iter().map(Into::into).collect(), transcript: Arc::default() }
    }

    /// What the most recently changed session holds after its prompt.
    pub fn transcript(&self) -> String {
        self.transcript.lock().map(|t| t.clone()).unwrap_or_default()
    }
}

impl Engine for Recorded {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            model: "recorded".into(),
            kernels: "none".into(),
            context_tokens: usize::MAX,
            max_sessions: usize::MAX,
        }
    }

    fn open(&self, chat: &[Message]) -> Result<Box<dyn Session>, LlmError> {
        let prompt_tokens = chat.iter().map(|m| words(&m.text)).sum();
        Ok(Box::new(RecordedSession {
            lines: self.lines.iter().cloned().collect(),
            text: String::new(),
            usage: SessionUsage { prompt_tokens, ..SessionUsage::default() },
            transcript: Arc::clone(&self.transcript),
        }))
    }
}

struct RecordedSession {
    lines: VecDeque<String>,
    text: String,
    usage: SessionUsage,
    transcript: Arc<Mutex<String>>,
}

impl RecordedSession {
    fn publish(&self) {
        if let Ok(mut transcript) = self.transcript.lock() {
            transcript.clone_from(&self.text);
        }
    }
}

fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

impl Session for RecordedSession {
    fn append(&mut self, text: &str) -> Result<(), LlmError> {
        self.text.push_str(text);
        self.usage.prompt_tokens += words(text);
        self.publish();
        Ok(())
    }

    fn generate(
        &mut self,
        _until: &Until,
        on_text: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Generated, LlmError> {
        let Some(line) = self.lines.pop_front() else {
            return Ok(Generated {
                text: String::new(),
                tokens: 0,
                mean_log_probability: 0.0,
                finish: FinishReason::EndOfText,
            });
        };
        if on_text(&line).is_break() {
            return Err(LlmError::Cancelled);
        }
        self.text.push_str(&line);
        let tokens = words(&line);
        self.usage.generated_tokens += tokens;
        self.publish();
        Ok(Generated { text: line, tokens, mean_log_probability: -0.1, finish: FinishReason::Stop })
    }

    fn checkpoint(&self) -> Checkpoint {
        Checkpoint(self.text.len())
    }

    fn rewind(&mut self, to: Checkpoint) -> Result<(), LlmError> {
        self.text.truncate(to.0);
        self.publish();
        Ok(())
    }

    fn fork(&mut self) -> Result<Box<dyn Session>, LlmError> {
        Ok(Box::new(RecordedSession {
            lines: self.lines.clone(),
            text: self.text.clone(),
            usage: self.usage,
            transcript: Arc::clone(&self.transcript),
        }))
    }

    fn score(&mut self, alternatives: &[&str]) -> Result<Vec<f64>, LlmError> {
        Ok(alternatives.iter().map(|a| -(words(a) as f64)).collect())
    }

    fn usage(&self) -> SessionUsage {
        self.usage
    }
}
