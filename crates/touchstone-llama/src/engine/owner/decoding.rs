//! What goes into one decode, and what is done when it fails.

use llama_cpp_2::DecodeError;
use llama_cpp_2::llama_batch::LlamaBatch;
use touchstone_llm::LlmError;

use super::super::command::Event;
use super::super::score::{NODES_PER_DECODE, Round};
use super::super::slot::{Job, Slot};
use super::{Of, Owner, PROMPT_BESIDE_OTHERS, Row};

impl Owner<'_> {
    /// Fills the batch. Returns the logits it will yield and how many of each
    /// slot's tokens are in it.
    pub(super) fn fill(&mut self) -> (Vec<Row>, Vec<(usize, usize)>) {
        self.batch.clear();
        let mut rows = Vec::new();
        let mut taken = Vec::new();
        let mut order: Vec<usize> = (0..self.slots.len())
            .filter(|place| self.slots[*place].as_ref().is_some_and(|slot| slot.job.is_some()))
            .collect();
        // Next tokens first, then prompts in the order in which they came.
        order.sort_by_key(|place| {
            self.slots[*place].as_ref().map(|slot| (!generates(slot), slot.turn)).unwrap_or_default()
        });
        let mut room = self.limits.batch_tokens;
        let mut beside = false;
        for place in order {
            self.want_logits(place);
            if self.slots[place].as_ref().is_some_and(|slot| slot.pending() > 1) {
                self.share(place);
                if self.should_wait(place) {
                    continue;
                }
            }
            let Some(Some(slot)) = self.slots.get_mut(place) else {
                continue;
            };
            let generating = generates(slot);
            let (sequence, cached) = (slot.sequence as i32, slot.cached);
            if let Some(Job::Score(score)) = &mut slot.job {
                if let Some(round) = &mut score.round {
                    let added = add_nodes(&mut self.batch, round, slot.tokens.len(), place, &mut rows, room);
                    room -= added;
                    if added > 0 {
                        taken.push((place, 0));
                    }
                    continue;
                }
                if score.based {
                    continue;
                }
            }
            let count = slot.pending().min(room);
            if count == 0 {
                continue;
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
            if !generating && let Some(Job::Generate(generation)) = &mut slot.job {
                generation.breathe();
            }
            taken.push((place, count));
            room -= count;
            if generating && !beside {
                beside = true;
                room = room.min(PROMPT_BESIDE_OTHERS.max(self.limits.max_sessions));
            }
        }
        (rows, taken)
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

    pub(super) fn decode(&mut self) -> Result<(), String> {
        loop {
            match self.context.decode(&mut self.batch) {
                Ok(()) => return Ok(()),
                // Kept prompts lie in the sessions' room.
                Err(DecodeError::NoKvCacheSlot) if self.evict() => {}
                Err(error) => return Err(error.to_string()),
            }
        }
    }

    /// Ends a slot's job with an error. What its cache holds is unknown.
    pub(super) fn fail(&mut self, place: usize, reason: &str) {
        let Some(Some(slot)) = self.slots.get_mut(place) else {
            return;
        };
        slot.cached = 0;
        slot.kept = None;
        let sequence = slot.sequence;
        let error = LlmError::Failed { reason: reason.to_owned() };
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

/// Whether a slot only waits for its next token.
fn generates(slot: &Slot) -> bool {
    slot.pending() <= 1 && matches!(&slot.job, Some(Job::Generate(generation)) if generation.has_begun())
}

fn add_nodes(
    batch: &mut LlamaBatch<'_>,
    round: &mut Round,
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
        let _ = batch.add(node.token, (past + node.depth) as i32, &node.sequences, true);
        rows.push(Row { at, slot: place, of: Of::Node(index) });
    }
    round.done += count;
    count
}
