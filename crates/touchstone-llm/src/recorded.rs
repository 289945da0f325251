//! An engine that replays fixed lines: for tests of everything above the
//! engine, where a model's own words would make them depend on its quality.

use std::collections::{BTreeMap, VecDeque};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

use crate::{
    Alternative, Checkpoint, Constraint, Engine, EngineInfo, FinishReason, Generated, Likelihood, LlmError,
    Message, Piece, Session, SessionUsage, TokenLogprob, Until,
};

/// The log-probability of every recorded token.
const LOGPROB: f64 = -0.1;

/// Every session replays the same lines, one per call of `generate`, and ends
/// its turn when they run out. A line that is not among the choices of a
/// [`Constraint::Choices`] is an error; the first choice is taken when there
/// is no line left. Other constraints are not looked at.
///
/// A line that is broken off is still to come, and so are those written after
/// a line that is rewound: nothing of them was used.
#[derive(Clone, Debug)]
pub struct Recorded {
    lines: Vec<String>,
    scores: Arc<BTreeMap<String, f64>>,
    transcript: Arc<Mutex<String>>,
}

impl Recorded {
    pub fn new<S: Into<String>>(lines: impl IntoIterator<Item = S>) -> Recorded {
        Recorded {
            lines: lines.into_iter().map(Into::into).collect(),
            scores: Arc::default(),
            transcript: Arc::default(),
        }
    }

    /// Log-likelihoods of texts; others have -1 for each of their words.
    pub fn with_scores<S: Into<String>>(mut self, scores: impl IntoIterator<Item = (S, f64)>) -> Recorded {
        self.scores = Arc::new(scores.into_iter().map(|(text, score)| (text.into(), score)).collect());
        self
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
            scores: Arc::clone(&self.scores),
            text: String::new(),
            written: Vec::new(),
            usage: SessionUsage { prompt_tokens, ..SessionUsage::default() },
            transcript: Arc::clone(&self.transcript),
        }))
    }
}

struct RecordedSession {
    lines: VecDeque<String>,
    scores: Arc<BTreeMap<String, f64>>,
    text: String,
    /// The lines written, each with where it begins.
    written: Vec<(usize, String)>,
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

    fn stream(
        &mut self,
        until: &Until,
        on_piece: &mut dyn FnMut(Piece<'_>) -> ControlFlow<()>,
    ) -> Result<Generated, LlmError> {
        let choices = match &until.constraint {
            Some(Constraint::Choices(choices)) => Some(choices),
            _ => None,
        };
        let first_choice = || choices.and_then(|choices| choices.first().cloned());
        let Some(line) = self.lines.pop_front().or_else(first_choice) else {
            return Ok(Generated {
                text: String::new(),
                tokens: 0,
                forced_tokens: 0,
                mean_log_probability: 0.0,
                finish: FinishReason::EndOfText,
            });
        };
        if choices.is_some_and(|choices| !choices.contains(&line)) {
            return Err(LlmError::Failed { reason: format!("the recorded line {line:?} is no choice") });
        }
        let tokens: Vec<TokenLogprob> = match until.logprobs {
            Some(_) => line
                .split_inclusive(' ')
                .map(|word| TokenLogprob { bytes: word.into(), logprob: LOGPROB, top: Vec::new() })
                .collect(),
            None => Vec::new(),
        };
        if on_piece(Piece { text: &line, tokens: &tokens }).is_break() {
            self.lines.push_front(line);
            return Err(LlmError::Cancelled);
        }
        self.written.push((self.text.len(), line.clone()));
        self.text.push_str(&line);
        let tokens = words(&line);
        self.usage.generated_tokens += tokens;
        self.publish();
        Ok(Generated {
            text: line,
            tokens,
            forced_tokens: 0,
            mean_log_probability: LOGPROB,
            finish: FinishReason::Stop,
        })
    }

    fn checkpoint(&self) -> Checkpoint {
        Checkpoint(self.text.len())
    }

    fn rewind(&mut self, to: Checkpoint) -> Result<(), LlmError> {
        self.text.truncate(to.0);
        let kept = self.written.partition_point(|(begin, _)| *begin < to.0);
        let unused: Vec<String> = self.written.drain(kept..).skip(1).map(|(_, line)| line).collect();
        for line in unused.into_iter().rev() {
            self.lines.push_front(line);
        }
        self.publish();
        Ok(())
    }

    fn fork(&mut self) -> Result<Box<dyn Session>, LlmError> {
        Ok(Box::new(RecordedSession {
            lines: self.lines.clone(),
            scores: Arc::clone(&self.scores),
            text: self.text.clone(),
            written: self.written.clone(),
            usage: self.usage,
            transcript: Arc::clone(&self.transcript),
        }))
    }

    fn likelihoods(&mut self, alternatives: &[Alternative<'_>]) -> Result<Vec<Likelihood>, LlmError> {
        let likelihood = |text: &str| {
            let tokens = words(text);
            Likelihood { log: self.scores.get(text).copied().unwrap_or(-(tokens as f64)), tokens }
        };
        Ok(alternatives.iter().map(|alternative| likelihood(alternative.text)).collect())
    }

    fn usage(&self) -> SessionUsage {
        self.usage
    }
}
