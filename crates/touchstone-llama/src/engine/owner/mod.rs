//! The thread that owns the context: it takes commands between decodes and
//! fills each decode with work for as many sessions as have some.

mod decoding;
mod sequences;

use std::sync::mpsc::{Receiver, Sender, TryRecvError};

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::LlamaModel;
use touchstone_llm::LlmError;

use super::command::{Command, Event};
use super::generation::{Generation, Progress};
use super::prefix::{self, Prefixes};
use super::score::{ROUND, Score};
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
