use llama_cpp_2::token::LlamaToken;
use touchstone_llm::SessionUsage;

use super::command::State;
use super::generation::Generation;
use super::score::Score;

/// A session as the owner thread sees it: a sequence of tokens of which the
/// first `cached` are in the key-value cache.
pub(super) struct Slot {
    pub(super) sequence: u32,
    pub(super) tokens: Vec<LlamaToken>,
    pub(super) prompt: usize,
    /// The text after the prompt.
    pub(super) text: Vec<u8>,
    /// For each token after the prompt, where its text ends.
    pub(super) ends: Vec<usize>,
    pub(super) cached: usize,
    /// Whether anything was computed for this slot alone, after which no
    /// other sequence can know more of it.
    pub(super) computed: bool,
    /// The logits after so many tokens, kept where a generation or a scoring
    /// began: to begin there again costs nothing.
    pub(super) kept: Option<(usize, Vec<f32>)>,
    pub(super) usage: SessionUsage,
    pub(super) forked: bool,
    pub(super) job: Option<Job>,
    /// Which job came first.
    pub(super) turn: u64,
}

pub(super) enum Job {
    Generate(Box<Generation>),
    Score(Box<Score>),
}

impl Slot {
    pub(super) fn new(sequence: u32, prompt: Vec<LlamaToken>) -> Slot {
        let usage = SessionUsage { prompt_tokens: prompt.len(), ..SessionUsage::default() };
        Slot {
            sequence,
            prompt: prompt.len(),
            tokens: prompt,
            text: Vec::new(),
            ends: Vec::new(),
            cached: 0,
            computed: false,
            kept: None,
            usage,
            forked: false,
            job: None,
            turn: 0,
        }
    }

    /// A slot with the same past, without a sequence of its own yet.
    pub(super) fn fork(&self) -> Slot {
        Slot {
            sequence: 0,
            prompt: self.prompt,
            tokens: self.tokens.clone(),
            text: self.text.clone(),
            ends: self.ends.clone(),
            cached: self.cached,
            computed: self.computed,
            kept: self.kept.clone(),
            usage: self.usage,
            forked: true,
            job: None,
            turn: 0,
        }
    }

    pub(super) fn state(&self, tail: Vec<u8>) -> State {
        State { bytes: self.text.len(), tail, tokens: self.tokens.len(), usage: self.usage }
    }

    pub(super) fn push(&mut self, token: LlamaToken, piece: &[u8]) {
        self.tokens.push(token);
        self.text.extend_from_slice(piece);
        self.ends.push(self.text.len());
    }

    /// Tokens of a text; `pieces` are the texts of the single tokens, which
    /// some tokenisers normalise: what counts is the text itself.
    pub(super) fn append<'a>(
        &mut self,
        text: &[u8],
        tokens: &[LlamaToken],
        pieces: impl Iterator<Item = &'a [u8]>,
    ) {
        let end = self.text.len() + text.len();
        let mut at = self.text.len();
        self.text.extend_from_slice(text);
        self.tokens.extend_from_slice(tokens);
        for piece in pieces {
            at = (at + piece.len()).min(end);
            self.ends.push(at);
        }
        if let Some(last) = self.ends.last_mut() {
            *last = end;
        }
        self.usage.prompt_tokens += tokens.len();
    }

    /// Cuts the text to `bytes`. Returns what of it lies inside a token that
    /// had to go as a whole; the cache is the caller's business.
    pub(super) fn cut(&mut self, bytes: usize) -> Vec<u8> {
        let bytes = bytes.min(self.text.len());
        let mut keep = self.ends.partition_point(|&end| end <= bytes);
        // A character can be split over tokens: a tail must begin with a whole one.
        while keep > 0 && bytes > self.ends[keep - 1] && is_continuation(self.text[self.ends[keep - 1]]) {
            keep -= 1;
        }
        let start = if keep == 0 { 0 } else { self.ends[keep - 1] };
        let tail = self.text[start..bytes].to_vec();
        self.cut_tokens(self.prompt + keep);
        tail
    }

    /// Cuts to so many tokens, never into the prompt.
    pub(super) fn cut_tokens(&mut self, tokens: usize) {
        let keep = tokens.max(self.prompt);
        self.tokens.truncate(keep);
        self.ends.truncate(keep - self.prompt);
        self.text.truncate(self.ends.last().copied().unwrap_or(0));
        if self.kept.as_ref().is_some_and(|(at, _)| *at > keep) {
            self.kept = None;
        }
    }

    /// The token that holds a byte of the text.
    pub(super) fn token_at(&self, byte: usize) -> usize {
        self.prompt + self.ends.partition_point(|&end| end <= byte)
    }

    /// Where a token's text begins.
    pub(super) fn start_of(&self, token: usize) -> usize {
        match token.checked_sub(self.prompt + 1) {
            Some(before) => self.ends.get(before).copied().unwrap_or(self.text.len()),
            None => 0,
        }
    }

    /// Tokens that are not in the cache yet.
    pub(super) fn pending(&self) -> usize {
        self.tokens.len() - self.cached
    }
}

fn is_continuation(byte: u8) -> bool {
    byte & 0b1100_0000 == 0b1000_0000
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn slot(pieces: &[&[u8]]) -> Slot {
        let mut slot = Slot::new(0, vec![LlamaToken(1), LlamaToken(2)]);
        for (i, piece) in pieces.iter().enumerate() {
            slot.push(LlamaToken(10 + i as i32), piece);
        }
        slot
    }

    #[test]
    fn cutting_inside_a_token_leaves_its_beginning_as_a_tail() {
        let mut slot = slot(&[b"Quito", b" is", b".\n\n"]);
        assert_eq!(slot.cut(9), b".");
        assert_eq!(slot.text, b"Quito is");
        assert_eq!(slot.tokens.len(), 4);
        assert_eq!(slot.cut(8), b"");
        assert_eq!(slot.tokens.len(), 4);
        assert_eq!(slot.cut(0), b"");
        assert_eq!(slot.tokens.len(), 2);
    }

    #[test]
    fn a_tail_never_begins_inside_a_character() {
        let bytes = "法国".as_bytes();
        let mut slot = slot(&[&bytes[..2], &bytes[2..5], &bytes[5..]]);
        assert_eq!(slot.cut(3), "法".as_bytes());
        assert_eq!(slot.tokens.len(), 2);
    }

    #[test]
    fn a_token_is_found_by_a_byte_of_its_text() {
        let slot = slot(&[b"ab", b"", b"cd"]);
        assert_eq!(slot.token_at(1), 2);
        assert_eq!(slot.token_at(2), 4);
        assert_eq!(slot.start_of(4), 2);
        assert_eq!(slot.start_of(2), 0);
    }

    #[test]
    fn pieces_that_differ_from_the_text_do_not_move_its_end() {
        let mut slot = slot(&[]);
        let pieces: [&[u8]; 2] = [b" Quito", b"!"];
        slot.append(b"Quito!", &[LlamaToken(7), LlamaToken(8)], pieces.into_iter());
        assert_eq!(slot.state(Vec::new()).bytes, 6);
        assert_eq!(slot.cut(6), b"");
        assert_eq!(slot.tokens.len(), 4);
    }
}
