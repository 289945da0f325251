//! What goes into one decode, and what is done when it fails.

use llama_cpp_2::DecodeError;
use llama_cpp_2::llama_batch::LlamaBatch;
use touchstone_llm::LlmError;

use super::super::command::Event;
use super::super::score::{NODES_PER_DECODE, Round};
use super::super::slot::{Job, Slot};
use super::{Of, Owner, PROMPT_BESIDE_OTHERS, Row, Taken};

/// Forced tokens that count as a next token.
const FORCED: usize = 32;

impl Owner<'_> {
    /// Fills the batch. Returns the logits it will yield and what of each slot
    /// is in it.
    ///
    /// Next tokens come first. Of the room that is left, the prompt or scoring
    /// that came first gets at least half; the shortest ones share the rest, so
    /// that neither waits long for the other.
    pub(super) fn fill(&mut self) -> (Vec<Row>, Vec<Taken>) {
        self.batch.clear();
        let mut rows = Vec::new();
        let mut taken = Vec::new();
        let mut room = self.limits.batch_tokens;
        let busy: Vec<usize> = (0..self.slots.len())
            .filter(|place| self.slots[*place].as_ref().is_some_and(|slot| slot.job.is_some()))
            .collect();
        let mut prompts: Vec<(usize, u64, usize)> = Vec::new();
        for place in busy {
            self.want_logits(place);
            let Some(Some(slot)) = self.slots.get(place) else {
                continue;
            };
            if generates(slot) {
                room -= self.add(place, room, &mut rows, &mut taken);
            } else {
                prompts.push((work(slot), slot.turn, place));
            }
        }
        if !taken.is_empty() {
            room = room.min(PROMPT_BESIDE_OTHERS.max(self.slots.len()));
        }
        prompts.sort_unstable();
        if let Some(first) = (0..prompts.len()).min_by_key(|at| prompts[*at].1) {
            let (_, _, place) = prompts.remove(first);
            let others: usize = prompts.iter().map(|(work, _, _)| work).sum();
            let share = (room - room / 2).max(room.saturating_sub(others));
            room -= self.add(place, share, &mut rows, &mut taken);
        }
        for (_, _, place) in prompts {
            room -= self.add(place, room, &mut rows, &mut taken);
        }
        (rows, taken)
    }

    /// Adds at most `room` tokens of a slot. Returns how many.
    fn add(&mut self, place: usize, room: usize, rows: &mut Vec<Row>, taken: &mut Vec<Taken>) -> usize {
        if self.slots[place].as_ref().is_some_and(|slot| slot.pending() > 1) {
            self.share(place);
            if self.should_wait(place) {
                return 0;
            }
        }
        let Some(Some(slot)) = self.slots.get(place) else {
            return 0;
        };
        let (sequence, cached) = (slot.sequence as i32, slot.cached);
        if let Some(Job::Score(score)) = &slot.job {
            if let Some(round) = &score.round {
                let nodes = add_nodes(&mut self.batch, round, slot.tokens.len(), place, rows, room);
                if nodes > 0 {
                    taken.push(Taken { place, tokens: 0, nodes });
                }
                return nodes;
            }
            if score.based {
                return 0;
            }
        }
        let count = slot.pending().min(room);
        if count == 0 {
            return 0;
        }
        let last = count == slot.pending();
        for (i, token) in slot.tokens[cached..cached + count].iter().enumerate() {
            let wanted = last && i + 1 == count;
            let at = self.batch.n_tokens();
            // There is room: it was counted.
            let _ = self.batch.add(*token, (cached + i) as i32, &[sequence], wanted);
            if wanted {
                rows.push(Row { at, slot: place, of: Of::Last });
            }
        }
        taken.push(Taken { place, tokens: count, nodes: 0 });
        count
    }

    /// When all of a slot is computed but nobody kept the last logits, its
    /// last token is computed once more.
    pub(super) fn want_logits(&mut self, place: usize) {
        if let Some(Some(slot)) = self.slots.get(place) {
            let scoring = matches!(&slot.job, Some(Job::Score(score)) if score.based);
            if slot.pending() == 0 && !scoring {
                self.shorten(place, slot.tokens.len().saturating_sub(1));
            }
        }
    }

    pub(super) fn decode(&mut self) -> Result<(), DecodeError> {
        loop {
            match self.context.decode(&mut self.batch) {
                // Kept prompts lie in the sessions' room.
                Err(DecodeError::NoKvCacheSlot) if self.evict() => {}
                result => return result,
            }
        }
    }

    /// Ends a slot's job with an error. What its cache holds is unknown.
    pub(super) fn fail(&mut self, place: usize, error: LlmError) {
        let Some(Some(slot)) = self.slots.get_mut(place) else {
            return;
        };
        slot.cached = 0;
        slot.kept = None;
        let sequence = slot.sequence;
        match slot.job.take() {
            Some(Job::Generate(generation)) => {
                let tail = generation.cancel(slot);
                let state = slot.state(tail);
                let _ = generation.events().send(Event::Done { state, result: Err(error) });
            }
            Some(Job::Score(mut score)) => {
                let state = slot.state(Vec::new());
                self.end_round(&mut score);
                let _ = score.reply.send((state, Err(error)));
            }
            None => {}
        }
        self.clear(sequence, 0);
    }
}

/// Whether a slot only waits for its next token, perhaps behind forced ones.
fn generates(slot: &Slot) -> bool {
    slot.pending() <= FORCED && matches!(&slot.job, Some(Job::Generate(generation)) if generation.has_begun())
}

/// Tokens that a slot's job has to compute before it moves on.
fn work(slot: &Slot) -> usize {
    match &slot.job {
        Some(Job::Score(score)) => {
            score.round.as_ref().map_or(slot.pending(), |round| round.nodes.len() - round.done)
        }
        _ => slot.pending(),
    }
}

fn add_nodes(
    batch: &mut LlamaBatch<'_>,
    round: &Round,
    past: usize,
    place: usize,
    rows: &mut Vec<Row>,
    room: usize,
) -> usize {
    let count = (round.nodes.len() - round.done).min(NODES_PER_DECODE).min(room);
    for index in round.done..round.done + count {
        let node = &round.nodes[index];
        let at = batch.n_tokens();
        // There is room: it was counted.
        let _ = batch.add(node.token, (past + node.depth) as i32, &node.sequences, node.counts());
        if node.counts() {
            rows.push(Row { at, slot: place, of: Of::Node(index) });
        }
    }
    count
}
