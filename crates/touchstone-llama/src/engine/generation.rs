//! One generation: choosing tokens, ending where the rule says, and letting
//! out only text that can no longer change.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::time::Instant;

use llama_cpp_2::token::LlamaToken;
use touchstone_llm::forbidden::Forbidden;
use touchstone_llm::{FinishReason, Generated, LlmError, StopRule, TokenLogprob};

use super::command::{Event, Order};
use super::constraint::Constrained;
use super::sampling::{Chooser, log_sum, top};
use super::slot::Slot;
use super::vocabulary::Vocabulary;

/// How often a generation may go back to where a forbidden text began, after
/// which only the tokens that would complete one are ruled out.
const RETREATS: usize = 8;

pub(super) struct Generation {
    rule: StopRule,
    /// What ends the turn in the plain layout.
    turn_end: StopRule,
    max_tokens: usize,
    forbidden: Forbidden,
    constraint: Option<Constrained>,
    /// How many of the likeliest tokens to report with each token.
    logprobs: Option<usize>,
    chooser: Chooser,
    events: Sender<Event>,
    cancelled: Arc<AtomicBool>,
    deadline: Option<Instant>,
    /// The slot's tokens and bytes when it began.
    start: usize,
    start_byte: usize,
    /// One for each of the slot's tokens since the start.
    written: Vec<Written>,
    sampled: usize,
    /// The slot's bytes that the caller has seen, and the tokens.
    shown: usize,
    shown_tokens: usize,
    /// Tokens ruled out at a position because a forbidden text began there.
    ruled_out: Vec<(usize, LlamaToken)>,
    retreats: usize,
}

/// A token that was written.
struct Written {
    /// None when it was forced.
    logprob: Option<f32>,
    /// The likeliest ones in its place, when they were asked for.
    top: Vec<(LlamaToken, f32)>,
}

/// What became of a generation after a token.
pub(super) enum Progress {
    Continues,
    /// The slot holds the text up to its last whole token; the rest is the tail.
    Ended {
        tail: Vec<u8>,
        result: Result<Generated, LlmError>,
    },
}

enum Choice {
    Token(LlamaToken),
    /// The slot was cut back to where a forbidden text began.
    Retreated,
    /// The constraint is met, and the model would go on to something else.
    Complete,
    /// Nothing is left to choose from.
    Nothing,
}

impl Generation {
    pub(super) fn new(slot: &Slot, order: Order, vocabulary: &Vocabulary) -> Generation {
        let Order { until, constraint, deadline, events, cancelled } = order;
        Generation {
            rule: until.stop,
            turn_end: StopRule::Strings(vocabulary.turn_end().map(str::to_owned).into_iter().collect()),
            max_tokens: until.max_tokens,
            forbidden: Forbidden::new(&until.forbidden),
            constraint,
            logprobs: until.logprobs,
            chooser: Chooser::new(&until.sampling),
            events,
            cancelled,
            deadline,
            start: slot.tokens.len(),
            start_byte: slot.text.len(),
            written: Vec::new(),
            sampled: 0,
            shown: slot.text.len(),
            shown_tokens: 0,
            ruled_out: Vec::new(),
            retreats: 0,
        }
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    pub(super) fn is_late(&self, now: Instant) -> bool {
        self.deadline.is_some_and(|deadline| now >= deadline)
    }

    pub(super) fn has_begun(&self) -> bool {
        self.sampled > 0
    }

    pub(super) fn events(&self) -> &Sender<Event> {
        &self.events
    }

    /// Tells the caller that the prompt is being computed: it may break off.
    pub(super) fn breathe(&mut self) {
        self.send(String::new(), Vec::new());
    }

    /// Writes what the constraint leaves no choice about; it may be all.
    pub(super) fn begin(
        &mut self,
        slot: &mut Slot,
        vocabulary: &Vocabulary,
        context_tokens: usize,
    ) -> Progress {
        let before = slot.text.len();
        self.force(slot, vocabulary, context_tokens);
        if self.written.is_empty() {
            Progress::Continues
        } else {
            self.look(slot, before, vocabulary, context_tokens)
        }
    }

    /// Takes the next token from the logits that follow the slot's last one.
    pub(super) fn advance(
        &mut self,
        slot: &mut Slot,
        logits: &[f32],
        vocabulary: &Vocabulary,
        context_tokens: usize,
    ) -> Progress {
        if self.max_tokens == 0 {
            return self.end(slot, FinishReason::Length, slot.text.len(), vocabulary);
        }
        let token = match self.choose(slot, logits, vocabulary) {
            Ok(Choice::Token(token)) => token,
            Ok(Choice::Retreated) => return Progress::Continues,
            Ok(Choice::Complete) => return self.end(slot, FinishReason::Stop, slot.text.len(), vocabulary),
            Ok(Choice::Nothing) => {
                let reason = "every continuation is forbidden".to_owned();
                return Progress::Ended { tail: Vec::new(), result: Err(LlmError::Failed { reason }) };
            }
            Err(reason) => {
                return Progress::Ended { tail: Vec::new(), result: Err(LlmError::Constraint { reason }) };
            }
        };
        self.sampled += 1;
        slot.usage.generated_tokens += 1;
        if vocabulary.ends_turn(token) {
            let met = self.constraint.is_some();
            let finish = if met { FinishReason::Stop } else { FinishReason::EndOfText };
            return self.end(slot, finish, slot.text.len(), vocabulary);
        }
        let sum = log_sum(logits);
        let logprob = usize::try_from(token.0).ok().and_then(|id| logits.get(id)).map(|logit| logit - sum);
        let top = self.logprobs.map_or_else(Vec::new, |count| top(logits, count, sum));
        let before = slot.text.len();
        slot.push(token, vocabulary.piece(token));
        self.written.push(Written { logprob, top });
        if let Some(constraint) = &mut self.constraint {
            constraint.accept(token);
        }
        self.force(slot, vocabulary, context_tokens);
        self.look(slot, before, vocabulary, context_tokens)
    }

    /// Writes the tokens that the constraint forces, all at once: they are
    /// computed in one decode. With log-probabilities they are sampled instead.
    fn force(&mut self, slot: &mut Slot, vocabulary: &Vocabulary, context_tokens: usize) {
        let Some(constraint) = &mut self.constraint else {
            return;
        };
        if self.logprobs.is_some() {
            return;
        }
        for token in constraint.forced() {
            let piece = vocabulary.piece(token);
            let full = self.written.len() >= self.max_tokens || slot.tokens.len() + 1 >= context_tokens;
            let stops =
                vocabulary.ends_turn(token) || self.forbidden.completed_by(&slot.text, piece).is_some();
            if full || stops || !constraint.accept(token) {
                return;
            }
            slot.push(token, piece);
            slot.usage.prompt_tokens += 1;
            self.written.push(Written { logprob: None, top: Vec::new() });
        }
    }

    /// Looks at what was written since the byte `before`: whether it ends
    /// here, and else shows it.
    fn look(
        &mut self,
        slot: &mut Slot,
        before: usize,
        vocabulary: &Vocabulary,
        context_tokens: usize,
    ) -> Progress {
        let (text, added) = (&slot.text[self.start_byte..], slot.text.len() - before);
        if let Some(at) = self.rule.ends(text, added) {
            return self.end(slot, FinishReason::Stop, self.start_byte + at, vocabulary);
        }
        if let Some(at) = self.turn_end.ends(text, added) {
            return self.end(slot, FinishReason::EndOfText, self.start_byte + at, vocabulary);
        }
        if self.constraint.as_ref().is_some_and(Constrained::is_complete) {
            return self.end(slot, FinishReason::Stop, slot.text.len(), vocabulary);
        }
        if self.written.len() >= self.max_tokens || slot.tokens.len() >= context_tokens {
            return self.end_early(slot, FinishReason::Length, vocabulary);
        }
        self.show(slot, vocabulary);
        Progress::Continues
    }

    fn choose(&mut self, slot: &mut Slot, logits: &[f32], vocabulary: &Vocabulary) -> Result<Choice, String> {
        let position = slot.tokens.len();
        if let Some(constraint) = self.constraint.as_ref().filter(|constraint| constraint.may_end())
            && self.chooser.choose(logits).is_some_and(|token| constraint.ends_before(token))
        {
            return Ok(Choice::Complete);
        }
        let mut masked: Option<Vec<f32>> = match &mut self.constraint {
            Some(constraint) => Some(constraint.masked(logits)?),
            None => None,
        };
        for (_, token) in self.ruled_out.iter().filter(|(at, _)| *at == position) {
            mask(masked.get_or_insert_with(|| logits.to_vec()), *token);
        }
        loop {
            let Some(token) = self.chooser.choose(masked.as_deref().unwrap_or(logits)) else {
                return Ok(Choice::Nothing);
            };
            // The end of the turn ends a number as well as a newline does.
            let piece = if vocabulary.ends_turn(token) { b"\n" } else { vocabulary.piece(token) };
            let Some(completed) = self.forbidden.completed_by(&slot.text, piece) else {
                return Ok(Choice::Token(token));
            };
            let began = slot.token_at(completed.turn);
            if self.retreats < RETREATS && began >= self.start && began < position {
                self.retreats += 1;
                self.ruled_out.retain(|(at, _)| *at <= began);
                self.ruled_out.push((began, slot.tokens[began]));
                self.written.truncate(began - self.start);
                if let Some(constraint) = &mut self.constraint {
                    constraint.rollback(position - began);
                }
                slot.cut_tokens(began);
                return Ok(Choice::Retreated);
            }
            mask(masked.get_or_insert_with(|| logits.to_vec()), token);
        }
    }

    /// Shows the caller what can no longer change.
    fn show(&mut self, slot: &Slot, vocabulary: &Vocabulary) {
        let text = &slot.text;
        let mut until = self.start_byte + whole_characters(&text[self.start_byte..]);
        for rule in [&self.rule, &self.turn_end] {
            until = until.min(text.len() - rule.may_begin_in(text));
        }
        if let Some(open) = self.forbidden.open_from(text) {
            // A retreat would take the whole token back.
            until = until.min(slot.start_of(slot.token_at(open)));
        }
        while until > self.shown && text.get(until).is_some_and(|b| b & 0xC0 == 0x80) {
            until -= 1;
        }
        if until > self.shown {
            let text = String::from_utf8_lossy(&text[self.shown..until]).into_owned();
            let tokens = self.unseen_tokens(slot, vocabulary, |_, end| end <= until);
            self.send(text, tokens);
            self.shown = until;
        }
    }

    /// The next tokens that the caller has not seen, as long as `belongs` says
    /// so of the bytes where a token's text starts and ends.
    fn unseen_tokens(
        &mut self,
        slot: &Slot,
        vocabulary: &Vocabulary,
        belongs: impl Fn(usize, usize) -> bool,
    ) -> Vec<TokenLogprob> {
        if self.logprobs.is_none() {
            return Vec::new();
        }
        let bytes = |token| vocabulary.piece(token).to_vec();
        let mut tokens = Vec::new();
        for written in &self.written[self.shown_tokens.min(self.written.len())..] {
            let at = self.start + self.shown_tokens;
            if !belongs(slot.start_of(at), slot.start_of(at + 1)) {
                break;
            }
            self.shown_tokens += 1;
            tokens.push(TokenLogprob {
                bytes: bytes(slot.tokens[at]),
                logprob: written.logprob.map_or(0.0, f64::from),
                top: written.top.iter().map(|(token, p)| (bytes(*token), f64::from(*p))).collect(),
            });
        }
        tokens
    }

    /// Ends with the slot's text up to a byte.
    fn end(&mut self, slot: &mut Slot, finish: FinishReason, at: usize, vocabulary: &Vocabulary) -> Progress {
        let text = slot.text[self.start_byte..at].to_vec();
        let unseen = text.get(self.shown - self.start_byte..).unwrap_or_default();
        let unseen = String::from_utf8_lossy(unseen).into_owned();
        let tokens = self.unseen_tokens(slot, vocabulary, |start, _| start < at);
        if !unseen.is_empty() || !tokens.is_empty() {
            self.send(unseen, tokens);
        }
        let tail = slot.cut(at);
        let sampled: Vec<f64> = self.written.iter().filter_map(|w| w.logprob).map(f64::from).collect();
        let sum: f64 = sampled.iter().sum();
        let generated = Generated {
            text: String::from_utf8_lossy(&text).into_owned(),
            tokens: self.written.len(),
            forced_tokens: self.written.len() - sampled.len(),
            mean_log_probability: if sampled.is_empty() { 0.0 } else { sum / sampled.len() as f64 },
            finish,
        };
        Progress::Ended { tail, result: Ok(generated) }
    }

    /// Ends before the rule is met, with whole characters.
    pub(super) fn end_early(
        &mut self,
        slot: &mut Slot,
        finish: FinishReason,
        vocabulary: &Vocabulary,
    ) -> Progress {
        let whole = whole_characters(&slot.text[self.start_byte..]);
        self.end(slot, finish, self.start_byte + whole, vocabulary)
    }

    /// Ends at once; what was written stays in the slot.
    pub(super) fn cancel(&self, slot: &mut Slot) -> Vec<u8> {
        let whole = self.start_byte + whole_characters(&slot.text[self.start_byte..]);
        slot.cut(whole)
    }

    fn send(&mut self, text: String, tokens: Vec<TokenLogprob>) {
        if self.events.send(Event::Piece { text, tokens }).is_err() {
            self.cancelled.store(true, Ordering::Relaxed);
        }
    }
}

fn mask(logits: &mut [f32], token: LlamaToken) {
    if let Some(logit) = usize::try_from(token.0).ok().and_then(|id| logits.get_mut(id)) {
        *logit = f32::NEG_INFINITY;
    }
}

/// The length without a character that is cut off at the end.
fn whole_characters(text: &[u8]) -> usize {
    match std::str::from_utf8(&text[text.len().saturating_sub(4)..]) {
        Ok(_) => text.len(),
        Err(_) => {
            // The last four bytes may begin inside a character; what counts is
            // whether the last character that begins in them is whole.
            let tail = &text[text.len().saturating_sub(4)..];
            let Some(lead) = tail.iter().rposition(|b| b & 0xC0 != 0x80) else {
                return text.len();
            };
            let wanted = match tail[lead] {
                0xC2..=0xDF => 2,
                0xE0..=0xEF => 3,
                0xF0..=0xF4 => 4,
                _ => 1,
            };
            if tail.len() - lead < wanted { text.len() - (tail.len() - lead) } else { text.len() }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_character_is_held_back() {
        let text = "a法".as_bytes();
        assert_eq!(whole_characters(text), 4);
        assert_eq!(whole_characters(&text[..3]), 1);
        assert_eq!(whole_characters(&text[..2]), 1);
        assert_eq!(whole_characters(&"法国法国".as_bytes()[..10]), 9);
        assert_eq!(whole_characters(b""), 0);
        assert_eq!(whole_characters(&[0xFF]), 1);
    }
}
