//! One generation: choosing tokens, ending where the rule says, and letting
//! out only text that can no longer change.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;

use llama_cpp_2::token::LlamaToken;
use touchstone_llm::{FinishReason, Generated, LlmError, StopRule, Until};

use super::command::Event;
use super::forbidden::Forbidden;
use super::sampling::{Chooser, log_sum};
use super::slot::Slot;
use super::vocabulary::Vocabulary;

/// How often a generation may go back to where a forbidden text began, after
/// which only the tokens that would complete one are ruled out.
const RETREATS: usize = 8;

pub(super) struct Generation {
    rule: StopRule,
    max_tokens: usize,
    forbidden: Forbidden,
    chooser: Chooser,
    events: Sender<Event>,
    cancelled: Arc<AtomicBool>,
    /// The slot's tokens and bytes when it began.
    start: usize,
    start_byte: usize,
    log_probabilities: Vec<f32>,
    sampled: usize,
    /// The slot's bytes that the caller has seen.
    shown: usize,
    /// Tokens ruled out at a position because a forbidden text began there.
    ruled_out: Vec<(usize, LlamaToken)>,
    retreats: usize,
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

impl Generation {
    pub(super) fn new(
        slot: &Slot,
        until: Until,
        events: Sender<Event>,
        cancelled: Arc<AtomicBool>,
    ) -> Generation {
        Generation {
            rule: until.stop,
            max_tokens: until.max_tokens,
            forbidden: Forbidden::new(&until.forbidden),
            chooser: Chooser::new(&until.sampling),
            events,
            cancelled,
            start: slot.tokens.len(),
            start_byte: slot.text.len(),
            log_probabilities: Vec::new(),
            sampled: 0,
            shown: slot.text.len(),
            ruled_out: Vec::new(),
            retreats: 0,
        }
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    pub(super) fn has_begun(&self) -> bool {
        self.sampled > 0
    }

    pub(super) fn events(&self) -> &Sender<Event> {
        &self.events
    }

    /// Tells the caller that the prompt is being computed: it may break off.
    pub(super) fn breathe(&mut self) {
        self.send(String::new());
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
            return self.end(slot, FinishReason::Length, slot.text.len());
        }
        let Some(token) = self.choose(slot, logits, vocabulary) else {
            return Progress::Continues;
        };
        let Some(token) = token else {
            let reason = "every continuation is forbidden".to_owned();
            return Progress::Ended { tail: Vec::new(), result: Err(LlmError::Failed { reason }) };
        };
        self.sampled += 1;
        slot.usage.generated_tokens += 1;
        if vocabulary.ends_turn(token) {
            return self.end(slot, FinishReason::EndOfText, slot.text.len());
        }
        if let Some(logit) = usize::try_from(token.0).ok().and_then(|id| logits.get(id)) {
            self.log_probabilities.push(logit - log_sum(logits));
        }
        let piece = vocabulary.piece(token);
        slot.push(token, piece);
        if let Some(at) = self.stops_at(slot, piece.len()) {
            return self.end(slot, FinishReason::Stop, at);
        }
        if let Some(end) = vocabulary.turn_end()
            && let Some(at) = find(&slot.text[self.start_byte..], end.as_bytes())
        {
            return self.end(slot, FinishReason::EndOfText, self.start_byte + at);
        }
        if self.sampled >= self.max_tokens || slot.tokens.len() >= context_tokens {
            let whole = whole_characters(&slot.text[self.start_byte..]);
            return self.end(slot, FinishReason::Length, self.start_byte + whole);
        }
        self.show(slot, vocabulary);
        Progress::Continues
    }

    /// The next token; None after a retreat, when the slot is shorter than it
    /// was; `Some(None)` when nothing is left to choose from.
    fn choose(
        &mut self,
        slot: &mut Slot,
        logits: &[f32],
        vocabulary: &Vocabulary,
    ) -> Option<Option<LlamaToken>> {
        let position = slot.tokens.len();
        let banned = self.ruled_out.iter().filter(|(at, _)| *at == position);
        let mut masked: Option<Vec<f32>> = None;
        for (_, token) in banned {
            mask(masked.get_or_insert_with(|| logits.to_vec()), *token);
        }
        loop {
            let Some(token) = self.chooser.choose(masked.as_deref().unwrap_or(logits)) else {
                return Some(None);
            };
            // The end of the turn ends a number as well as a newline does.
            let piece = if vocabulary.ends_turn(token) { b"\n" } else { vocabulary.piece(token) };
            let Some(completed) = self.forbidden.completed_by(&slot.text, piece) else {
                return Some(Some(token));
            };
            let began = slot.token_at(completed.turn);
            if self.retreats < RETREATS && began >= self.start && began < position {
                self.retreats += 1;
                self.ruled_out.retain(|(at, _)| *at <= began);
                self.ruled_out.push((began, slot.tokens[began]));
                self.log_probabilities.truncate(began - self.start);
                slot.cut_tokens(began);
                return None;
            }
            mask(masked.get_or_insert_with(|| logits.to_vec()), token);
        }
    }

    /// The byte of the slot's text at which the rule ends it.
    fn stops_at(&self, slot: &Slot, added: usize) -> Option<usize> {
        let text = &slot.text[self.start_byte..];
        match &self.rule {
            StopRule::Line => line_end(text).map(|at| self.start_byte + at),
            StopRule::Strings(strings) => strings
                .iter()
                .filter(|stop| !stop.is_empty())
                .filter_map(|stop| {
                    let from = text.len().saturating_sub(added + stop.len());
                    find(&text[from..], stop.as_bytes()).map(|at| self.start_byte + from + at)
                })
                .min(),
        }
    }

    /// Shows the caller what can no longer change.
    fn show(&mut self, slot: &Slot, vocabulary: &Vocabulary) {
        let text = &slot.text;
        let mut until = self.start_byte + whole_characters(&text[self.start_byte..]);
        let strings: &[String] = match &self.rule {
            StopRule::Strings(strings) => strings,
            StopRule::Line => &[],
        };
        for stop in strings.iter().map(String::as_str).chain(vocabulary.turn_end()) {
            until = until.min(text.len() - overlap(text, stop.as_bytes()));
        }
        if self.rule == StopRule::Line && text.ends_with(b"\r") {
            until = until.min(text.len() - 1);
        }
        if let Some(open) = self.forbidden.open_from(text) {
            // A retreat would take the whole token back.
            until = until.min(slot.start_of(slot.token_at(open)));
        }
        while until > self.shown && text.get(until).is_some_and(|b| b & 0xC0 == 0x80) {
            until -= 1;
        }
        if until > self.shown {
            self.send(String::from_utf8_lossy(&text[self.shown..until]).into_owned());
            self.shown = until;
        }
    }

    /// Ends with the slot's text up to a byte.
    pub(super) fn end(&mut self, slot: &mut Slot, finish: FinishReason, at: usize) -> Progress {
        let text = slot.text[self.start_byte..at].to_vec();
        let unseen = text.get(self.shown - self.start_byte..).unwrap_or_default();
        if !unseen.is_empty() {
            self.send(String::from_utf8_lossy(unseen).into_owned());
        }
        let tail = slot.cut(at);
        let count = self.log_probabilities.len();
        let sum: f64 = self.log_probabilities.iter().map(|p| f64::from(*p)).sum();
        let generated = Generated {
            text: String::from_utf8_lossy(&text).into_owned(),
            tokens: self.sampled,
            mean_log_probability: if count == 0 { 0.0 } else { sum / count as f64 },
            finish,
        };
        Progress::Ended { tail, result: Ok(generated) }
    }

    /// Ends at once; what was written stays in the slot.
    pub(super) fn cancel(&self, slot: &mut Slot) -> Vec<u8> {
        let whole = self.start_byte + whole_characters(&slot.text[self.start_byte..]);
        slot.cut(whole)
    }

    fn send(&mut self, text: String) {
        if self.events.send(Event::Text(text)).is_err() {
            self.cancelled.store(true, Ordering::Relaxed);
        }
    }
}

fn mask(logits: &mut [f32], token: LlamaToken) {
    if let Some(logit) = usize::try_from(token.0).ok().and_then(|id| logits.get_mut(id)) {
        *logit = f32::NEG_INFINITY;
    }
}

/// The end of the first line that holds more than white space.
fn line_end(text: &[u8]) -> Option<usize> {
    let mut inked = false;
    for chunk in text.split_inclusive(|b| *b == b'\n') {
        inked |= String::from_utf8_lossy(chunk).chars().any(|c| !c.is_whitespace());
        if inked && chunk.ends_with(b"\n") {
            let end = chunk.as_ptr() as usize - text.as_ptr() as usize + chunk.len() - 1;
            let carriage = end > 0 && text[end - 1] == b'\r';
            return Some(end - usize::from(carriage));
        }
    }
    None
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

/// How many bytes at the text's end are the beginning of `wanted`.
fn overlap(text: &[u8], wanted: &[u8]) -> usize {
    (1..wanted.len()).rev().find(|n| text.ends_with(&wanted[..*n])).unwrap_or(0)
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
    fn a_line_ends_after_ink() {
        assert_eq!(line_end(b"\n \nStep 1: x\nmore"), Some(12));
        assert_eq!(line_end(b"abc\r\n"), Some(3));
        assert_eq!(line_end(b"\n\n  "), None);
        assert_eq!(line_end("\u{3000}\n法国\n".as_bytes()), Some(10));
    }

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

    #[test]
    fn the_beginning_of_a_stop_string_is_seen() {
        assert_eq!(overlap(b"text <|", b"<|end"), 2);
        assert_eq!(overlap(b"text", b"<|end"), 0);
    }
}
