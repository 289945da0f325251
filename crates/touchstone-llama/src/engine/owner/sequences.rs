//! Sequences of the context: which slot has which, what their cache holds, and
//! prompts that are kept for the next session.

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::session::LlamaStateSeqFlags;
use llama_cpp_2::token::LlamaToken;
use touchstone_llm::LlmError;

use super::super::command::{Opened, State};
use super::super::prefix::{Retired, common};
use super::super::slot::{Job, Slot};
use super::{Owner, WORTH_WAITING};

impl Owner<'_> {
    /// Opens a session, now or when one closes.
    pub(super) fn admit(&mut self, prompt: Vec<LlamaToken>, reply: Opened) {
        if self.has_room() {
            let opened = self.open(Slot::new(0, prompt));
            self.hand_over(opened, &reply);
        } else if self.waiting.len() < self.limits.queue {
            self.waiting.push_back((prompt, reply));
        } else {
            let _ = reply.send(Err(LlmError::Busy { limit: self.limits.max_sessions }));
        }
    }

    /// Tells a caller of its slot; one that has stopped waiting leaves it.
    fn hand_over(&mut self, opened: Result<(usize, State), LlmError>, reply: &Opened) {
        let place = opened.as_ref().ok().map(|(place, _)| *place);
        if reply.send(opened).is_err()
            && let Some(place) = place
        {
            self.close(place);
        }
    }

    fn has_room(&self) -> bool {
        let sessions = self.slots.iter().flatten().filter(|slot| !slot.forked).count();
        sessions < self.limits.max_sessions
    }

    fn open(&mut self, slot: Slot) -> Result<(usize, State), LlmError> {
        let busy = LlmError::Busy { limit: self.limits.max_sessions };
        let Some(place) = self.slots.iter().position(Option::is_none) else {
            return Err(busy);
        };
        let Some(sequence) = self.free.pop() else {
            return Err(busy);
        };
        let slot = self.slots[place].insert(Slot { sequence, ..slot });
        let state = slot.state(Vec::new());
        self.share(place);
        Ok((place, self.slots[place].as_ref().map_or(state, |slot| slot.state(Vec::new()))))
    }

    pub(super) fn fork(&mut self, parent: usize) -> Result<(usize, State), LlmError> {
        let Some(Some(slot)) = self.slots.get(parent) else {
            return Err(LlmError::Failed { reason: "the session to fork is closed".to_owned() });
        };
        let mut child = slot.fork();
        let (from, cached) = (slot.sequence, slot.cached);
        if !self.divisible {
            child.cached = 0;
            child.kept = None;
        }
        let (place, state) = self.open(child)?;
        if self.divisible
            && cached > 0
            && let Some(Some(child)) = self.slots.get(place)
        {
            let to = child.sequence;
            self.copy(from, to, 0, cached);
        }
        Ok((place, state))
    }

    pub(super) fn close(&mut self, place: usize) {
        let Some(mut slot) = self.slots.get_mut(place).and_then(Option::take) else {
            return;
        };
        if let Some(Job::Score(mut score)) = slot.job.take() {
            self.end_round(&mut score);
        }
        let computed = slot.prompt.min(slot.cached);
        let retired = if self.divisible {
            self.prefixes.retire(slot.sequence, &slot.tokens[..computed])
        } else {
            Retired::Dropped
        };
        match retired {
            Retired::Kept { length } => {
                self.clear(slot.sequence, length);
            }
            Retired::Merged { kept, length } => {
                self.clear(kept, length);
                self.release(slot.sequence);
            }
            Retired::Dropped => self.release(slot.sequence),
        }
        self.make_room();
        while self.has_room()
            && let Some((prompt, reply)) = self.waiting.pop_front()
        {
            let opened = self.open(Slot::new(0, prompt));
            self.hand_over(opened, &reply);
        }
    }

    /// Keeps a prefix in a sequence of its own, from its saved state.
    pub(super) fn restore(&mut self, tokens: Vec<LlamaToken>, state: &[u8]) -> bool {
        if !self.divisible {
            return false;
        }
        let Some(sequence) = self.free.pop() else {
            return false;
        };
        if !set_state(&mut self.context, state, sequence) {
            self.release(sequence);
            return false;
        }
        self.prefixes.prepare(sequence, tokens);
        self.make_room();
        true
    }

    /// Keeps a slot's prompt and returns its state.
    pub(super) fn keep(&mut self, place: usize) -> Option<Vec<u8>> {
        let slot = self.slots.get(place)?.as_ref()?;
        if !self.divisible || slot.cached < slot.prompt {
            return None;
        }
        let (from, tokens) = (slot.sequence, slot.tokens[..slot.prompt].to_vec());
        let sequence = self.free.pop()?;
        self.copy(from, sequence, 0, tokens.len());
        let state = state_of(&self.context, sequence);
        self.prefixes.prepare(sequence, tokens);
        self.make_room();
        state
    }

    fn make_room(&mut self) {
        while self.prefixes.is_over() {
            self.evict();
        }
    }

    pub(super) fn evict(&mut self) -> bool {
        match self.prefixes.evict() {
            Some(sequence) => {
                self.release(sequence);
                true
            }
            None => false,
        }
    }

    pub(super) fn release(&mut self, sequence: u32) {
        self.clear(sequence, 0);
        self.free.push(sequence);
    }

    /// Removes a sequence's cache from a position on. Returns whether that
    /// left the part before it.
    pub(super) fn clear(&mut self, sequence: u32, from: usize) -> bool {
        let partly = self.context.clear_kv_cache_seq(Some(sequence), Some(from as u32), None);
        if matches!(partly, Ok(true)) {
            return true;
        }
        // Removing all of a sequence always succeeds.
        let _ = self.context.clear_kv_cache_seq(Some(sequence), None, None);
        from == 0
    }

    pub(super) fn copy(&mut self, from: u32, to: u32, start: usize, end: usize) {
        // Fails only for numbers beyond 31 bits, which no position reaches.
        let _ = self.context.copy_kv_cache_seq(from as i32, to as i32, Some(start as u32), Some(end as u32));
    }

    /// Brings the cache back to the slot's tokens.
    pub(super) fn trim(&mut self, place: usize) {
        let Some(Some(slot)) = self.slots.get(place) else {
            return;
        };
        self.shorten(place, slot.tokens.len());
    }

    /// Leaves at most so many tokens of a slot in the cache.
    pub(super) fn shorten(&mut self, place: usize, to: usize) {
        let Some(Some(slot)) = self.slots.get_mut(place) else {
            return;
        };
        if slot.cached <= to {
            return;
        }
        let sequence = slot.sequence;
        slot.cached = to;
        if !self.clear(sequence, to)
            && let Some(Some(slot)) = self.slots.get_mut(place)
        {
            slot.cached = 0;
        }
    }

    /// Copies what another sequence has already computed of a slot's tokens.
    /// The last token is left, as its logits are wanted.
    pub(super) fn share(&mut self, place: usize) {
        let Some(Some(slot)) = self.slots.get(place) else {
            return;
        };
        if slot.computed || !self.divisible {
            return;
        }
        let wanted = &slot.tokens[..slot.tokens.len().saturating_sub(1)];
        let live = self.slots.iter().enumerate().filter(|(i, _)| *i != place).filter_map(|(_, other)| {
            let other = other.as_ref()?;
            Some((common(&other.tokens[..other.cached], wanted), other.sequence))
        });
        let kept = self.prefixes.iter().map(|prefix| (common(&prefix.tokens, wanted), prefix.sequence));
        let Some((length, source)) = live.chain(kept).max() else {
            return;
        };
        if length <= slot.cached {
            return;
        }
        let (start, to) = (slot.cached, slot.sequence);
        self.copy(source, to, start, length);
        self.prefixes.used(source);
        if let Some(Some(slot)) = self.slots.get_mut(place) {
            slot.cached = length;
            slot.usage.cached_tokens += length - start;
        }
    }

    /// Whether another session, whose turn is before, is about to compute
    /// what this slot would compute too.
    pub(super) fn should_wait(&self, place: usize) -> bool {
        let Some(Some(slot)) = self.slots.get(place) else {
            return false;
        };
        if slot.computed || !self.divisible {
            return false;
        }
        self.slots.iter().flatten().any(|other| {
            let ahead = other.job.is_some() && other.turn < slot.turn;
            ahead && {
                let shared = common(&other.tokens, &slot.tokens).min(slot.tokens.len() - 1);
                shared > other.cached && shared >= slot.cached + WORTH_WAITING
            }
        })
    }
}

#[allow(unsafe_code)]
fn state_of(context: &LlamaContext<'_>, sequence: u32) -> Option<Vec<u8>> {
    let flags = LlamaStateSeqFlags::empty();
    let mut state = vec![0; context.state_seq_get_size_ext(sequence as i32, flags)];
    // SAFETY: the buffer is as long as llama.cpp says the state is.
    let written = unsafe { context.state_seq_get_data_ext(state.as_mut_ptr(), sequence as i32, flags) };
    (written == state.len() && written > 0).then_some(state)
}

#[allow(unsafe_code)]
fn set_state(context: &mut LlamaContext<'_>, state: &[u8], sequence: u32) -> bool {
    // SAFETY: the bytes are what `state_of` gave for a context of the same
    // model and kind of cache: their file has its hash and is named by both.
    // llama.cpp checks the length of every part.
    unsafe { context.state_seq_set_data_ext(state, sequence as i32, LlamaStateSeqFlags::empty()) }
}
