//! The thread that owns the context: it takes commands between decodes and
//! fills each decode with work for as many sessions as have some.

use std::sync::mpsc::{Receiver, Sender, TryRecvError};

use llama_cpp_2::DecodeError;
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::LlamaModel;
use touchstone_llm::LlmError;

use super::command::{Command, Event, State};
use super::generation::{Generation, Progress};
use super::prefix::{self, Prefixes, Retired, common};
use super::score::{NODES_PER_DECODE, ROUND, Score};
use super::slot::{Job, Slot};
use super::vocabulary::Vocabulary;
use crate::{LlamaOptions, kernels};

/// Prompt tokens in a decode that others wait for: they go on generating,
/// slower, while a prompt is computed.
const PROMPT_BESIDE_OTHERS: usize = 128;
/// Waiting for another session to compute a prefix pays from this length on.
const WORTH_WAITING: usize = 16;

/// The options, brought within bounds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) context_tokens: usize,
    pub(super) max_sessions: usize,
    pub(super) threads: u32,
    batch_tokens: usize,
}

impl Limits {
    pub(super) fn new(options: &LlamaOptions, trained: u32) -> Limits {
        let max_sessions = options.max_sessions.clamp(1, 128) as usize;
        let threads = options.threads.unwrap_or_else(|| num_cpus::get_physical().min(num_cpus::get()) as u32);
        Limits {
            context_tokens: options.context_tokens.clamp(64.min(trained), trained) as usize,
            max_sessions,
            threads: threads.clamp(1, 512),
            // Every session's next token has to fit into one decode.
            batch_tokens: (options.batch_tokens.clamp(32, 2048) as usize).max(max_sessions),
        }
    }

    fn sequences(&self) -> u32 {
        // One more for the moment in which a session's prompt is kept.
        (self.max_sessions + prefix::KEPT + 1 + ROUND) as u32
    }
}

/// Serves commands until the last sender is gone.
pub(super) fn run(
    model: &LlamaModel,
    vocabulary: &Vocabulary,
    limits: Limits,
    inbox: &Receiver<Command>,
    ready: &Sender<Result<(), String>>,
) {
    let mut owner = match Owner::new(model, vocabulary, limits) {
        Ok(owner) => owner,
        Err(reason) => {
            // Without a listener there is nobody to tell.
            let _ = ready.send(Err(reason));
            return;
        }
    };
    let _ = ready.send(Ok(()));
    loop {
        if owner.is_idle() {
            match inbox.recv() {
                Ok(command) => owner.handle(command),
                Err(_) => return,
            }
        }
        loop {
            match inbox.try_recv() {
                Ok(command) => owner.handle(command),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => return,
            }
        }
        owner.step();
    }
}

struct Owner<'a> {
    context: LlamaContext<'a>,
    vocabulary: &'a Vocabulary,
    limits: Limits,
    batch: LlamaBatch<'a>,
    slots: Vec<Option<Slot>>,
    prefixes: Prefixes,
    free: Vec<u32>,
    /// Sequences in use by scorings.
    scratch: usize,
    /// Whether part of a sequence can be copied and removed: not with
    /// recurrent models, which keep a state instead of a cache.
    divisible: bool,
    turns: u64,
}

/// Logits that a decode will yield.
struct Row {
    at: i32,
    slot: usize,
    of: Of,
}

#[derive(Clone, Copy)]
enum Of {
    /// The slot's last token.
    Last,
    /// A node of its scoring.
    Node(usize),
}

impl<'a> Owner<'a> {
    fn new(model: &'a LlamaModel, vocabulary: &'a Vocabulary, limits: Limits) -> Result<Owner<'a>, String> {
        // Room for every session at its full length, and for a scoring.
        let cells = limits.context_tokens * limits.max_sessions + 1024;
        let cells = u32::try_from(cells).map_err(|_| "the context is too large".to_owned())?;
        let threads = limits.threads as i32;
        let parameters = LlamaContextParams::default()
            .with_n_ctx(std::num::NonZeroU32::new(cells))
            .with_n_batch(limits.batch_tokens as u32)
            .with_n_ubatch(limits.batch_tokens as u32)
            .with_n_seq_max(limits.sequences())
            .with_kv_unified(true)
            .with_swa_full(true)
            .with_n_threads(threads)
            .with_n_threads_batch(threads);
        let backend = kernels::backend()?;
        let (context, reason) = kernels::capture_errors(|| model.new_context(backend, parameters));
        let context = context.map_err(|_| {
            let reason = reason.unwrap_or_else(|| "llama.cpp gave no reason".to_owned());
            format!(
                "no room for a context of {cells} tokens ({reason}); ask for fewer sessions or shorter ones"
            )
        })?;
        Ok(Owner {
            context,
            vocabulary,
            limits,
            batch: LlamaBatch::new(limits.batch_tokens, ROUND as i32),
            slots: (0..limits.max_sessions).map(|_| None).collect(),
            prefixes: Prefixes::default(),
            free: (0..limits.sequences()).rev().collect(),
            scratch: 0,
            divisible: !model.is_recurrent() && !model.is_hybrid(),
            turns: 0,
        })
    }

    fn is_idle(&self) -> bool {
        self.slots.iter().flatten().all(|slot| slot.job.is_none())
    }

    /// Replies are lost when their session has gone: its close follows.
    fn handle(&mut self, command: Command) {
        match command {
            Command::Open { prompt, reply } => {
                let opened = self.open(|sequence| Slot::new(sequence, prompt));
                let _ = reply.send(opened);
            }
            Command::Fork { slot, reply } => {
                let forked = self.fork(slot);
                let _ = reply.send(forked);
            }
            Command::Append { slot, text, tokens } => {
                if let Some(Some(slot)) = self.slots.get_mut(slot) {
                    let pieces = tokens.iter().map(|token| self.vocabulary.piece(*token));
                    slot.append(&text, &tokens, pieces);
                }
            }
            Command::Rewind { slot, to, reply } => {
                if let Some(Some(target)) = self.slots.get_mut(slot) {
                    let tail = target.cut(to);
                    let state = target.state(tail);
                    self.trim(slot);
                    let _ = reply.send(state);
                }
            }
            Command::Generate { slot, until, events, cancelled } => self
                .begin(slot, |slot| Job::Generate(Box::new(Generation::new(slot, until, events, cancelled)))),
            Command::Score { slot, alternatives, reply } => {
                self.begin(slot, |_| Job::Score(Box::new(Score::new(alternatives, reply))));
            }
            Command::Close { slot } => self.close(slot),
        }
    }

    fn begin(&mut self, slot: usize, job: impl FnOnce(&Slot) -> Job) {
        self.turns += 1;
        if let Some(Some(slot)) = self.slots.get_mut(slot) {
            slot.turn = self.turns;
            slot.job = Some(job(slot));
        }
    }

    fn open(&mut self, make: impl FnOnce(u32) -> Slot) -> Result<(usize, State), LlmError> {
        let busy = LlmError::Busy { limit: self.limits.max_sessions };
        let Some(place) = self.slots.iter().position(Option::is_none) else {
            return Err(busy);
        };
        let Some(sequence) = self.free.pop() else {
            return Err(busy);
        };
        self.slots[place] = Some(make(sequence));
        self.share(place);
        let state = self.slots[place].as_ref().map(|slot| slot.state(Vec::new())).unwrap_or_default();
        Ok((place, state))
    }

    fn fork(&mut self, parent: usize) -> Result<(usize, State), LlmError> {
        let Some(Some(slot)) = self.slots.get(parent) else {
            return Err(LlmError::Failed { reason: "the session to fork is closed".to_owned() });
        };
        let mut child = slot.fork(0);
        let (from, cached) = (slot.sequence, slot.cached);
        if !self.divisible {
            child.cached = 0;
            child.kept = None;
        }
        let (place, state) = self.open(|sequence| Slot { sequence, ..child })?;
        if self.divisible
            && cached > 0
            && let Some(Some(child)) = self.slots.get(place)
        {
            let to = child.sequence;
            self.copy(from, to, 0, cached);
        }
        Ok((place, state))
    }

    fn close(&mut self, place: usize) {
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
        while self.prefixes.is_over() {
            self.evict();
        }
    }

    fn evict(&mut self) -> bool {
        match self.prefixes.evict() {
            Some(sequence) => {
                self.release(sequence);
                true
            }
            None => false,
        }
    }

    fn release(&mut self, sequence: u32) {
        self.clear(sequence, 0);
        self.free.push(sequence);
    }

    /// Removes a sequence's cache from a position on. Returns whether that
    /// left the part before it.
    fn clear(&mut self, sequence: u32, from: usize) -> bool {
        let partly = self.context.clear_kv_cache_seq(Some(sequence), Some(from as u32), None);
        if matches!(partly, Ok(true)) {
            return true;
        }
        // Removing all of a sequence always succeeds.
        let _ = self.context.clear_kv_cache_seq(Some(sequence), None, None);
        from == 0
    }

    fn copy(&mut self, from: u32, to: u32, start: usize, end: usize) {
        // Fails only for numbers beyond 31 bits, which no position reaches.
        let _ = self.context.copy_kv_cache_seq(from as i32, to as i32, Some(start as u32), Some(end as u32));
    }

    /// Brings the cache back to the slot's tokens.
    fn trim(&mut self, place: usize) {
        let Some(Some(slot)) = self.slots.get(place) else {
            return;
        };
        self.shorten(place, slot.tokens.len());
    }

    /// Leaves at most so many tokens of a slot in the cache.
    fn shorten(&mut self, place: usize, to: usize) {
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
    fn share(&mut self, place: usize) {
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
    fn should_wait(&self, place: usize) -> bool {
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

    /// One decode and what follows from it.
    fn step(&mut self) {
        self.end_cancelled();
        self.use_kept_logits();
        let (rows, taken) = self.fill();
        if self.batch.n_tokens() == 0 {
            return;
        }
        if let Err(reason) = self.decode() {
            for (place, _) in taken {
                self.fail(place, &reason);
            }
            return;
        }
        for (place, tokens) in taken {
            if let Some(Some(slot)) = self.slots.get_mut(place) {
                slot.cached += tokens;
                slot.computed |= tokens > 0;
            }
        }
        let mut touched = Vec::new();
        for row in rows {
            let Some(Some(slot)) = self.slots.get_mut(row.slot) else {
                continue;
            };
            let logits = self.context.get_logits_ith(row.at);
            take(slot, row.of, logits, self.vocabulary, self.limits.context_tokens);
            if touched.last() != Some(&row.slot) {
                touched.push(row.slot);
            }
        }
        for place in touched {
            self.settle(place);
        }
    }

    /// After a job has moved on: the cache follows, and a scoring begins its
    /// next round or ends.
    fn settle(&mut self, place: usize) {
        self.trim(place);
        let Some(Some(slot)) = self.slots.get_mut(place) else {
            return;
        };
        let Some(Job::Score(mut score)) = slot.job.take_if(|job| matches!(job, Job::Score(_))) else {
            return;
        };
        if score.round.as_ref().is_some_and(|round| round.done >= round.nodes.len()) {
            self.end_round(&mut score);
        }
        if score.based && score.round.is_none() {
            let wanted = score.wants();
            let available = ROUND - self.scratch;
            if wanted == 0 {
                if let Some(Some(slot)) = self.slots.get(place) {
                    let _ = score.reply.send((slot.state(Vec::new()), Ok(score.totals())));
                }
                return;
            }
            // With none available it tries again at the next step.
            if available > 0 {
                self.begin_round(place, &mut score, wanted.min(available));
            }
        }
        if let Some(Some(slot)) = self.slots.get_mut(place) {
            slot.job = Some(Job::Score(score));
        }
    }

    fn begin_round(&mut self, place: usize, score: &mut Score, width: usize) {
        let Some(Some(slot)) = self.slots.get(place) else {
            return;
        };
        let (from, length) = (slot.sequence, slot.tokens.len());
        let keep = self.free.len().saturating_sub(width);
        let sequences = self.free.split_off(keep);
        self.scratch += sequences.len();
        for sequence in &sequences {
            self.copy(from, *sequence, 0, length);
        }
        score.begin(sequences);
        let computed = score.round.as_ref().map_or(0, |round| round.nodes.len());
        if let Some(Some(slot)) = self.slots.get_mut(place) {
            slot.usage.prompt_tokens += computed;
        }
    }

    fn end_round(&mut self, score: &mut Score) {
        if let Some(round) = score.round.take() {
            self.scratch -= round.sequences.len();
            for sequence in round.sequences {
                self.release(sequence);
            }
        }
    }

    fn end_cancelled(&mut self) {
        for slot in self.slots.iter_mut().flatten() {
            let Some(Job::Generate(generation)) =
                slot.job.take_if(|job| matches!(job, Job::Generate(generation) if generation.is_cancelled()))
            else {
                continue;
            };
            let tail = generation.cancel(slot);
            let state = slot.state(tail);
            let _ = generation.events().send(Event::Done { state, result: Err(LlmError::Cancelled) });
        }
        for place in 0..self.slots.len() {
            self.trim(place);
        }
    }

    /// Jobs that begin where logits were kept need no decode.
    fn use_kept_logits(&mut self) {
        for place in 0..self.slots.len() {
            let Some(Some(slot)) = self.slots.get_mut(place) else {
                continue;
            };
            let waits = match &slot.job {
                Some(Job::Generate(_)) => true,
                Some(Job::Score(score)) => !score.based,
                None => false,
            };
            let here = slot.kept.as_ref().is_some_and(|(at, _)| *at == slot.tokens.len());
            if waits && here && slot.pending() == 0 {
                if let Some((at, logits)) = slot.kept.take() {
                    take(slot, Of::Last, &logits, self.vocabulary, self.limits.context_tokens);
                    if slot.tokens.len() >= at {
                        slot.kept = Some((at, logits));
                    }
                }
                self.settle(place);
            } else if matches!(&slot.job, Some(Job::Score(score)) if score.based && score.round.is_none()) {
                self.settle(place);
            }
        }
    }

    /// Fills the batch. Returns the logits it will yield and how many of each
    /// slot's tokens are in it.
    fn fill(&mut self) -> (Vec<Row>, Vec<(usize, usize)>) {
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
    fn want_logits(&mut self, place: usize) {
        if let Some(Some(slot)) = self.slots.get(place) {
            let scoring = matches!(&slot.job, Some(Job::Score(score)) if score.based);
            if slot.pending() == 0 && !scoring {
                self.shorten(place, slot.tokens.len().saturating_sub(1));
            }
        }
    }

    fn decode(&mut self) -> Result<(), String> {
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
    fn fail(&mut self, place: usize, reason: &str) {
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
    round: &mut super::score::Round,
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

/// Gives a slot's job the logits it waits for.
fn take(slot: &mut Slot, of: Of, logits: &[f32], vocabulary: &Vocabulary, context_tokens: usize) {
    let Some(mut job) = slot.job.take() else {
        return;
    };
    match (&mut job, of) {
        (Job::Generate(generation), _) => {
            if !generation.has_begun() {
                slot.kept = Some((slot.tokens.len(), logits.to_vec()));
            }
            if let Progress::Ended { tail, result } =
                generation.advance(slot, logits, vocabulary, context_tokens)
            {
                let state = slot.state(tail);
                let _ = generation.events().send(Event::Done { state, result });
                return;
            }
        }
        (Job::Score(score), Of::Last) => {
            slot.kept = Some((slot.tokens.len(), logits.to_vec()));
            score.base(logits);
        }
        (Job::Score(score), Of::Node(node)) => score.take(node, logits),
    }
    slot.job = Some(job);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_brought_within_bounds() {
        let options = LlamaOptions {
            context_tokens: 1 << 20,
            max_sessions: 1000,
            batch_tokens: 1,
            ..LlamaOptions::default()
        };
        let limits = Limits::new(&options, 2048);
        assert_eq!((limits.context_tokens, limits.max_sessions, limits.batch_tokens), (2048, 128, 128));
        assert!(limits.threads >= 1);
        assert!(limits.sequences() <= 256);
    }
}
