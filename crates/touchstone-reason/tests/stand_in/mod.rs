//! A model whose lines depend on what its session holds, so that it does not
//! matter how often or when it is asked, and a record of the calls.
#![allow(clippy::unwrap_used)]

use std::ops::ControlFlow;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use touchstone_llm::{
    Alternative, Checkpoint, Engine, EngineInfo, FinishReason, Generated, Likelihood, LlmError, Message,
    Piece, Session, SessionUsage, Until,
};

/// The calls of all models and judges of a test, in their order.
#[derive(Clone, Default)]
pub(crate) struct Record(Arc<(Mutex<Vec<String>>, Condvar)>);

impl Record {
    pub(crate) fn note(&self, call: impl Into<String>) {
        self.0.0.lock().unwrap().push(call.into());
        self.0.1.notify_all();
    }

    pub(crate) fn calls(&self) -> Vec<String> {
        self.0.0.lock().unwrap().clone()
    }

    /// Whether a call with these words comes within two seconds.
    pub(crate) fn waits_for(&self, words: &str) -> bool {
        let calls = self.0.0.lock().unwrap();
        let absent = |calls: &mut Vec<String>| !calls.iter().any(|call| call.contains(words));
        let (_calls, waited) = self.0.1.wait_timeout_while(calls, Duration::from_secs(2), absent).unwrap();
        !waited.timed_out()
    }

    /// The place of the first call with these words.
    pub(crate) fn place(&self, words: &str) -> usize {
        let calls = self.calls();
        let place = calls.iter().position(|call| call.contains(words));
        place.unwrap_or_else(|| panic!("no call has {words:?}: {calls:#?}"))
    }
}

pub(crate) struct Line {
    pub text: &'static str,
    pub probability: f64,
    /// It goes on until it is broken off.
    pub endless: bool,
}

pub(crate) fn line(text: &'static str) -> Line {
    Line { text, probability: 0.99, endless: false }
}

type Script = dyn Fn(&str) -> Line + Send + Sync;

/// Its script gives the line that follows a text.
#[derive(Clone)]
pub(crate) struct StandIn {
    name: &'static str,
    record: Record,
    script: Arc<Script>,
}

impl StandIn {
    pub(crate) fn new(
        name: &'static str,
        record: &Record,
        script: impl Fn(&str) -> Line + Send + Sync + 'static,
    ) -> Arc<StandIn> {
        Arc::new(StandIn { name, record: record.clone(), script: Arc::new(script) })
    }
}

impl Engine for StandIn {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            model: self.name.into(),
            kernels: "none".into(),
            context_tokens: usize::MAX,
            max_sessions: usize::MAX,
        }
    }

    fn open(&self, _: &[Message]) -> Result<Box<dyn Session>, LlmError> {
        self.record.note(format!("{} opens", self.name));
        Ok(Box::new(StandInSession {
            engine: self.clone(),
            text: String::new(),
            usage: SessionUsage::default(),
        }))
    }
}

struct StandInSession {
    engine: StandIn,
    text: String,
    usage: SessionUsage,
}

impl StandInSession {
    fn note(&self, call: &str) {
        self.engine.record.note(format!("{} {call}", self.engine.name));
    }
}

impl Session for StandInSession {
    fn append(&mut self, text: &str) -> Result<(), LlmError> {
        if !text.trim().is_empty() {
            self.note(&format!("reads {}", text.trim()));
        }
        self.text.push_str(text);
        Ok(())
    }

    fn stream(
        &mut self,
        _: &Until,
        on_piece: &mut dyn FnMut(Piece<'_>) -> ControlFlow<()>,
    ) -> Result<Generated, LlmError> {
        let line = (self.engine.script)(&self.text);
        self.note(&format!("writes {}", line.text));
        let mut tokens = 0;
        // No test takes so long.
        let words = std::iter::repeat_n("more ", if line.endless { 10_000 } else { 0 });
        for word in line.text.split_inclusive(' ').chain(words) {
            if on_piece(Piece { text: word, tokens: &[] }).is_break() {
                self.note("is broken off");
                return Err(LlmError::Cancelled);
            }
            self.text.push_str(word);
            self.usage.generated_tokens += 1;
            tokens += 1;
            if line.endless {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        Ok(Generated {
            text: line.text.to_owned(),
            tokens,
            forced_tokens: 0,
            mean_log_probability: line.probability.ln(),
            finish: FinishReason::Stop,
        })
    }

    fn checkpoint(&self) -> Checkpoint {
        Checkpoint(self.text.len())
    }

    fn rewind(&mut self, to: Checkpoint) -> Result<(), LlmError> {
        assert!(to.0 <= self.text.len());
        self.note(&format!("rewinds {}", self.text[to.0..].trim()));
        self.text.truncate(to.0);
        Ok(())
    }

    fn fork(&mut self) -> Result<Box<dyn Session>, LlmError> {
        unreachable!("no reasoner forks")
    }

    fn likelihoods(&mut self, alternatives: &[Alternative<'_>]) -> Result<Vec<Likelihood>, LlmError> {
        Ok(alternatives.iter().map(|_| Likelihood::default()).collect())
    }

    fn usage(&self) -> SessionUsage {
        self.usage
    }
}
