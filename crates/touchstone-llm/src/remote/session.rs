use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use serde_json::{Map, Value};

use super::dialect::Wrapping;
use super::repeated::Repeated;
use super::wire::{ChatRequest, Logprob, StreamOptions, Usage};
use super::{Remote, reply};
use crate::forbidden::Forbidden;
use crate::{
    Alternative, Checkpoint, Constraint, FinishReason, Generated, Likelihood, LlmError, Message, Piece,
    Sampling, Session, SessionUsage, TokenLogprob, Until,
};

/// How often a generation goes back to where a forbidden text began.
const RETREATS: usize = 8;
/// Other tokens that are looked at there.
const OTHERS: usize = 10;
/// Texts that are scored at a time.
const SCORED_AT_A_TIME: usize = 8;
/// How often a caller is asked whether to go on, while nothing comes.
const BREATH: Duration = Duration::from_millis(100);

#[derive(Clone)]
pub(super) struct RemoteSession {
    remote: Arc<Remote>,
    chat: Arc<[Message]>,
    /// The reply so far.
    text: String,
    usage: SessionUsage,
}

/// A generation's text as it grows.
struct Writing<'a> {
    until: &'a Until,
    forbidden: Forbidden,
    text: String,
    tokens: Vec<TokenLogprob>,
    /// Where each token's text ends.
    ends: Vec<usize>,
    shown: usize,
    shown_tokens: usize,
    /// Tokens that did not stand where they began.
    ruled_out: Vec<(usize, Vec<u8>)>,
    retreats: usize,
}

enum Progress {
    Goes,
    /// It was cut back, and has to be asked for from there.
    Retreated,
    Ended(FinishReason),
}

impl RemoteSession {
    pub(super) fn new(remote: Arc<Remote>, chat: &[Message]) -> RemoteSession {
        RemoteSession { remote, chat: chat.into(), text: String::new(), usage: SessionUsage::default() }
    }

    fn count(&mut self, usage: Usage) {
        self.usage.prompt_tokens += usage.prompt_tokens;
        self.usage.cached_tokens += usage.prompt_tokens_details.unwrap_or_default().cached_tokens;
        self.usage.generated_tokens += usage.completion_tokens;
    }

    /// Asks for the text after `written` and follows it until it ends or has
    /// to be asked for anew.
    fn follow(
        &mut self,
        writing: &mut Writing<'_>,
        constraint: Option<&Constraint>,
        deadline: Option<Instant>,
        on_piece: &mut dyn FnMut(Piece<'_>) -> ControlFlow<()>,
    ) -> Result<Progress, LlmError> {
        let until = writing.until;
        let written = format!("{}{}", self.text, writing.text);
        let mut extra = Map::new();
        let wrapping = match constraint {
            Some(constraint) => self.remote.dialect.constrain(constraint, &mut extra)?,
            None => Wrapping::None,
        };
        let wanted = until.logprobs.or((!until.forbidden.is_empty()).then_some(OTHERS));
        let messages = self.remote.dialect.messages(&self.chat, &written, &mut extra);
        let request = ChatRequest {
            model: &self.remote.model,
            messages,
            stream: true,
            stream_options: StreamOptions { include_usage: true },
            max_tokens: until.max_tokens.saturating_sub(writing.tokens.len()).max(1),
            temperature: until.sampling.temperature,
            top_p: until.sampling.top_p,
            seed: until.sampling.seed,
            logprobs: wanted.map(|_| true),
            top_logprobs: wanted.map(|count| count.max(usize::from(!until.forbidden.is_empty()) * OTHERS)),
            extra,
        };
        let chunks = reply::start(&self.remote, &request)?;
        let mut finish = None;
        let mut wrapped = String::new();
        let mut repeated = Repeated::new(if self.remote.dialect.may_repeat() { &written } else { "" });
        loop {
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return Ok(Progress::Ended(FinishReason::Time));
            }
            let chunk = match chunks.recv_timeout(BREATH) {
                Ok(chunk) => chunk?,
                Err(RecvTimeoutError::Timeout) => {
                    if on_piece(Piece { text: "", tokens: &[] }).is_break() {
                        return Err(LlmError::Cancelled);
                    }
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => break,
            };
            if let Some(usage) = chunk.usage {
                self.count(usage);
            }
            let Some(choice) = chunk.choices.into_iter().next() else {
                continue;
            };
            finish = choice.finish_reason.or(finish);
            let mut text = repeated.without(choice.delta.content.unwrap_or_default());
            if finish.is_some() {
                text.push_str(&repeated.rest());
            }
            let tokens = choice.logprobs.and_then(|logprobs| logprobs.content).unwrap_or_default();
            if wrapping == Wrapping::Json {
                wrapped.push_str(&text);
                continue;
            }
            match writing.take(&text, tokens) {
                Progress::Goes => writing.show(on_piece, false)?,
                Progress::Retreated if writing.step_aside() => return Ok(Progress::Retreated),
                Progress::Retreated => {
                    return Err(LlmError::Failed { reason: "every continuation is forbidden".to_owned() });
                }
                ended @ Progress::Ended(_) => return Ok(ended),
            }
        }
        let Some(finish) = finish else {
            return Err(self.remote.client.garbled("it broke off"));
        };
        if wrapping == Wrapping::Json {
            let value: Value = serde_json::from_str(&wrapped)
                .map_err(|error| self.remote.client.garbled(&error.to_string()))?;
            let text = value.get("text").and_then(Value::as_str);
            let text = text.ok_or_else(|| self.remote.client.garbled("its text is missing"))?;
            if let Progress::Retreated = writing.take(text, Vec::new()) {
                return Err(LlmError::Failed { reason: "the reply holds forbidden words".to_owned() });
            }
        }
        Ok(Progress::Ended(match finish.as_str() {
            "length" => FinishReason::Length,
            _ if constraint.is_some() => FinishReason::Stop,
            _ => FinishReason::EndOfText,
        }))
    }

    /// How likely a text is: the server is made to write it, and says how
    /// likely each of its tokens was.
    fn likelihood(mut self, alternative: Alternative<'_>) -> Result<Likelihood, LlmError> {
        if alternative.text.is_empty() {
            return Ok(Likelihood::default());
        }
        self.text.push_str(alternative.given);
        let until =
            Until { logprobs: Some(1), ..Until::turn(alternative.text.len().max(16), Sampling::default()) };
        let mut writing = Writing::new(&until);
        let constraint = Constraint::choices([alternative.text]);
        self.follow(&mut writing, Some(&constraint), None, &mut |_| ControlFlow::Continue(()))?;
        if writing.text != alternative.text || writing.tokens.is_empty() {
            return Err(self.remote.client.garbled("it did not write the text to be scored"));
        }
        let log = writing.tokens.iter().map(|token| token.logprob).sum();
        Ok(Likelihood { log, tokens: writing.tokens.len() })
    }
}

impl<'a> Writing<'a> {
    fn new(until: &'a Until) -> Writing<'a> {
        Writing {
            until,
            forbidden: Forbidden::new(&until.forbidden),
            text: String::new(),
            tokens: Vec::new(),
            ends: Vec::new(),
            shown: 0,
            shown_tokens: 0,
            ruled_out: Vec::new(),
            retreats: 0,
        }
    }

    /// Takes a piece of the reply.
    fn take(&mut self, text: &str, tokens: Vec<Logprob>) -> Progress {
        let completed = self.forbidden.completed_by(self.text.as_bytes(), text.as_bytes());
        self.text.push_str(text);
        let mut end = self.ends.last().copied().unwrap_or(0);
        for token in tokens {
            end += token.bytes().len();
            self.ends.push(end);
            self.tokens.push(TokenLogprob {
                bytes: token.bytes(),
                logprob: token.logprob,
                top: token.top_logprobs.iter().map(|top| (top.bytes(), top.logprob)).collect(),
            });
        }
        if let Some(completed) = completed {
            self.ruled_out.push((completed.turn, Vec::new()));
            return Progress::Retreated;
        }
        match self.until.stop.ends(self.text.as_bytes(), text.len()) {
            Some(at) => {
                self.text.truncate(at);
                let within = self.ends.partition_point(|end| *end < at) + 1;
                self.tokens.truncate(within);
                self.ends.truncate(within);
                Progress::Ended(FinishReason::Stop)
            }
            None => Progress::Goes,
        }
    }

    /// Puts another token in the place where a forbidden text began. False
    /// when there is none.
    fn step_aside(&mut self) -> bool {
        let Some((turn, _)) = self.ruled_out.pop() else {
            return false;
        };
        let at = self.ends.partition_point(|end| *end <= turn);
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.retreats += 1;
        let (Some(token), true) = (self.tokens.get(at).cloned(), self.retreats <= RETREATS) else {
            return false;
        };
        self.ruled_out.retain(|(place, _)| *place <= start);
        self.ruled_out.push((start, token.bytes));
        let before = self.text.get(..start).unwrap_or_default().to_owned();
        let other = token.top.iter().find_map(|(bytes, logprob)| {
            let ruled_out = self.ruled_out.iter().any(|(place, out)| *place == start && out == bytes);
            let text = std::str::from_utf8(bytes).ok().filter(|text| !text.is_empty() && !ruled_out)?;
            self.forbidden
                .completed_by(before.as_bytes(), bytes)
                .is_none()
                .then(|| (text.to_owned(), *logprob))
        });
        let Some((text, logprob)) = other else {
            return false;
        };
        self.tokens.truncate(at);
        self.ends.truncate(at);
        self.text = before + &text;
        self.ends.push(self.text.len());
        self.tokens.push(TokenLogprob { bytes: text.into_bytes(), logprob, top: token.top });
        true
    }

    /// Shows the caller what can no longer change; all of it at the end.
    fn show(
        &mut self,
        on_piece: &mut dyn FnMut(Piece<'_>) -> ControlFlow<()>,
        all: bool,
    ) -> Result<(), LlmError> {
        let text = self.text.as_bytes();
        let mut until = text.len();
        if !all {
            until -= self.until.stop.may_begin_in(text);
            if let Some(open) = self.forbidden.open_from(text) {
                let token = self.ends.partition_point(|end| *end <= open);
                let start = token.checked_sub(1).map_or(0, |before| self.ends[before]);
                until = until.min(if self.ends.is_empty() { open } else { start });
            }
            while !self.text.is_char_boundary(until) {
                until -= 1;
            }
        }
        if until < self.shown || (until == self.shown && !all) {
            return Ok(());
        }
        let ended = if all { self.tokens.len() } else { self.ends.partition_point(|end| *end <= until) };
        let reported = self.until.logprobs.is_some();
        let tokens =
            if reported { self.tokens.get(self.shown_tokens..ended).unwrap_or_default() } else { &[] };
        let piece = Piece { text: self.text.get(self.shown..until).unwrap_or_default(), tokens };
        self.shown = until;
        self.shown_tokens = ended.max(self.shown_tokens);
        if (!piece.text.is_empty() || !piece.tokens.is_empty()) && on_piece(piece).is_break() {
            return Err(LlmError::Cancelled);
        }
        Ok(())
    }
}

impl Session for RemoteSession {
    fn append(&mut self, text: &str) -> Result<(), LlmError> {
        self.text.push_str(text);
        Ok(())
    }

    fn stream(
        &mut self,
        until: &Until,
        on_piece: &mut dyn FnMut(Piece<'_>) -> ControlFlow<()>,
    ) -> Result<Generated, LlmError> {
        let deadline = until.time_limit.and_then(|limit| Instant::now().checked_add(limit));
        let mut writing = Writing::new(until);
        let constraint = match &until.constraint {
            Some(Constraint::Choices(choices)) => {
                let admitted: Vec<String> =
                    choices.iter().filter(|choice| writing.forbidden.admits(choice)).cloned().collect();
                if admitted.iter().all(String::is_empty) {
                    let reason =
                        if choices.is_empty() { "it has no choices" } else { "every choice is forbidden" };
                    return Err(LlmError::Constraint { reason: reason.to_owned() });
                }
                Some(Constraint::choices(admitted))
            }
            other => other.clone(),
        };
        let before = self.usage.generated_tokens;
        let result = loop {
            match self.follow(&mut writing, constraint.as_ref(), deadline, on_piece) {
                Ok(Progress::Ended(finish)) => break Ok(finish),
                Ok(Progress::Goes | Progress::Retreated) => {}
                Err(error) => break Err(error),
            }
        };
        let result = result.and_then(|finish| writing.show(on_piece, true).map(|()| finish));
        self.text.push_str(&writing.text);
        let finish = result?;
        let counted = self.usage.generated_tokens - before;
        let tokens = if writing.tokens.is_empty() { counted } else { writing.tokens.len() };
        let sum: f64 = writing.tokens.iter().map(|token| token.logprob).sum();
        Ok(Generated {
            text: writing.text,
            tokens,
            forced_tokens: 0,
            mean_log_probability: if writing.tokens.is_empty() {
                0.0
            } else {
                sum / writing.tokens.len() as f64
            },
            finish,
        })
    }

    fn checkpoint(&self) -> Checkpoint {
        Checkpoint(self.text.len())
    }

    fn rewind(&mut self, to: Checkpoint) -> Result<(), LlmError> {
        if !self.text.is_char_boundary(to.0) {
            let reason =
                format!("the checkpoint {} is none of this session ({} bytes)", to.0, self.text.len());
            return Err(LlmError::Failed { reason });
        }
        self.text.truncate(to.0);
        Ok(())
    }

    fn fork(&mut self) -> Result<Box<dyn Session>, LlmError> {
        Ok(Box::new(self.clone()))
    }

    fn likelihoods(&mut self, alternatives: &[Alternative<'_>]) -> Result<Vec<Likelihood>, LlmError> {
        if !self.remote.dialect.scores() {
            let engine = format!("a model behind the {}", self.remote.dialect.name());
            return Err(LlmError::Unsupported { engine, what: "score texts" });
        }
        let mut likelihoods = Vec::with_capacity(alternatives.len());
        for group in alternatives.chunks(SCORED_AT_A_TIME) {
            let scored: Vec<Result<Likelihood, LlmError>> = std::thread::scope(|scope| {
                let threads: Vec<_> = group
                    .iter()
                    .map(|alternative| {
                        let session = self.clone();
                        scope.spawn(move || session.likelihood(*alternative))
                    })
                    .collect();
                let lost = || LlmError::Failed { reason: "a thread that scored a text failed".to_owned() };
                threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Err(lost()))).collect()
            });
            for likelihood in scored {
                likelihoods.push(likelihood?);
            }
        }
        Ok(likelihoods)
    }

    fn usage(&self) -> SessionUsage {
        self.usage
    }
}
