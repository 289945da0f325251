//! The thread that owns the context: it takes commands between decodes and
//! fills each decode with work for as many sessions as have some.

mod decoding;
mod sequences;

use std::collections::VecDeque;
use std::sync::mpsc::RecvError;
use std::time::Instant;

use llama_cpp_2::DecodeError;
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;
use touchstone_llm::{FinishReason, LlmError};

use super::command::{Command, Event, Opened, Order};
use super::generation::{Generation, Progress};
use super::load::cache_type;
use super::prefix::{self, Prefixes};
use super::score::{ROUND, Score};
use super::slot::{Job, Slot};
use super::vocabulary::Vocabulary;
use crate::options::CacheType;
use crate::{LlamaOptions, kernels};

/// Prompt tokens in a decode that others wait for: they go on generating,
/// slower, while a prompt is computed.
const PROMPT_BESIDE_OTHERS: usize = 128;
/// Waiting for another session to compute a prefix pays from this length on.
const WORTH_WAITING: usize = 16;
/// Forks that may be open beside the sessions. They share their parents'
/// cache, so that only what they add needs room.
const FORKS: usize = 16;

/// The options, brought within bounds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) context_tokens: usize,
    pub(super) max_sessions: usize,
    pub(super) threads: u32,
    batch_tokens: usize,
    /// Sessions that may wait to be opened.
    queue: usize,
    flash_attention: Option<bool>,
    cache_types: (CacheType, CacheType),
}

impl Limits {
    pub(super) fn new(options: &LlamaOptions) -> Limits {
        let max_sessions = options.max_sessions.clamp(1, 128) as usize;
        let threads = options.threads.unwrap_or_else(|| num_cpus::get_physical().min(num_cpus::get()) as u32);
        Limits {
            context_tokens: options.context_tokens.max(64) as usize,
            max_sessions,
            threads: threads.clamp(1, 512),
            // Every session's next token has to fit into one decode.
            batch_tokens: (options.batch_tokens.clamp(32, 2048) as usize).max(max_sessions + FORKS),
            queue: options.queue,
            flash_attention: options.flash_attention,
            cache_types: (options.cache_type_k, options.cache_type_v),
        }
    }

    /// The same for a model that was trained on so many tokens.
    pub(super) fn within(self, trained: u32) -> Limits {
        Limits { context_tokens: self.context_tokens.min(trained.max(1) as usize), ..self }
    }

    /// Room for every session at its full length, and for a scoring.
    pub(super) fn cells(&self) -> Result<u32, String> {
        let cells = self.context_tokens * self.max_sessions + 1024;
        u32::try_from(cells).map_err(|_| "the context is too large".to_owned())
    }

    pub(super) fn context_parameters(&self, cells: u32) -> LlamaContextParams {
        let flash_attention = match self.flash_attention {
            None => llama_cpp_sys_2::LLAMA_FLASH_ATTN_TYPE_AUTO,
            Some(true) => llama_cpp_sys_2::LLAMA_FLASH_ATTN_TYPE_ENABLED,
            Some(false) => llama_cpp_sys_2::LLAMA_FLASH_ATTN_TYPE_DISABLED,
        };
        LlamaContextParams::default()
            .with_n_ctx(std::num::NonZeroU32::new(cells))
            .with_n_batch(self.batch_tokens as u32)
            .with_n_ubatch(self.batch_tokens as u32)
            .with_n_seq_max(self.sequences())
            .with_kv_unified(true)
            .with_swa_full(true)
            .with_flash_attention_policy(flash_attention)
            .with_type_k(cache_type(self.cache_types.0))
            .with_type_v(cache_type(self.cache_types.1))
            .with_n_threads(self.threads as i32)
            .with_n_threads_batch(self.threads as i32)
    }

    fn sequences(&self) -> u32 {
        // One more for the moment in which a session's prompt is kept.
        (self.max_sessions + FORKS + prefix::KEPT + 1 + ROUND) as u32
    }
}

/// The context and what is done in it.
pub(super) struct Owner<'a> {
    context: LlamaContext<'a>,
    vocabulary: &'a Vocabulary,
    limits: Limits,
    batch: LlamaBatch<'a>,
    slots: Vec<Option<Slot>>,
    /// Prompts that wait for a slot, first come first served.
    waiting: VecDeque<(Vec<LlamaToken>, Opened)>,
    prefixes: Prefixes,
    free: Vec<u32>,
    /// Sequences in use by scorings.
    scratch: usize,
    /// Whether part of a sequence can be copied and removed: not with
    /// recurrent models, which keep a state instead of a cache.
    divisible: bool,
    turns: u64,
}

/// What of a slot is in a decode.
struct Taken {
    place: usize,
    tokens: usize,
    /// Nodes of its scoring.
    nodes: usize,
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
    pub(super) fn new(
        model: &'a LlamaModel,
        vocabulary: &'a Vocabulary,
        limits: Limits,
    ) -> Result<Owner<'a>, String> {
        let cells = limits.cells()?;
        let parameters = limits.context_parameters(cells);
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
            slots: (0..limits.max_sessions + FORKS).map(|_| None).collect(),
            waiting: VecDeque::new(),
            prefixes: Prefixes::default(),
            free: (0..limits.sequences()).rev().collect(),
            scratch: 0,
            divisible: !model.is_recurrent() && !model.is_hybrid(),
            turns: 0,
        })
    }

    /// Serves commands until the last sender is gone. `next` waits for a
    /// command, `waiting` gives one that is there.
    pub(super) fn serve(
        &mut self,
        next: &dyn Fn() -> Result<Command, RecvError>,
        waiting: &dyn Fn() -> Result<Option<Command>, RecvError>,
    ) {
        loop {
            if self.is_idle() {
                match next() {
                    Ok(command) => self.handle(command),
                    Err(RecvError) => return,
                }
            }
            loop {
                match waiting() {
                    Ok(Some(command)) => self.handle(command),
                    Ok(None) => break,
                    Err(RecvError) => return,
                }
            }
            self.step();
        }
    }

    fn is_idle(&self) -> bool {
        self.slots.iter().flatten().all(|slot| slot.job.is_none())
    }

    /// Replies are lost when their session has gone: its close follows.
    fn handle(&mut self, command: Command) {
        match command {
            Command::Open { prompt, reply } => self.admit(prompt, reply),
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
            Command::Generate { slot, order } => self.generate(slot, *order),
            Command::Score { slot, alternatives, reply } => {
                self.begin(slot, |_| Job::Score(Box::new(Score::new(alternatives, reply))));
            }
            Command::Close { slot } => self.close(slot),
            Command::IsPrepared { tokens, reply } => {
                let _ = reply.send(self.prefixes.has(&tokens));
            }
            Command::Restore { tokens, state, reply } => {
                let restored = self.restore(tokens, &state);
                let _ = reply.send(restored);
            }
            Command::Keep { slot, reply } => {
                let state = self.keep(slot);
                let _ = reply.send(state);
            }
            #[cfg(test)]
            Command::Panic => panic!("a test asked for it"),
        }
    }

    fn generate(&mut self, place: usize, order: Order) {
        let Some(Some(slot)) = self.slots.get_mut(place) else {
            return;
        };
        let mut generation = Generation::new(slot, order, self.vocabulary);
        match generation.begin(slot, self.vocabulary, self.limits.context_tokens) {
            Progress::Continues => self.begin(place, |_| Job::Generate(Box::new(generation))),
            ended @ Progress::Ended { .. } => finish(slot, &generation, ended),
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
        self.end_stopped();
        self.use_kept_logits();
        let (rows, taken) = self.fill();
        if self.batch.n_tokens() == 0 {
            return;
        }
        match self.decode() {
            Ok(()) => {}
            // Whoever came last makes room for the others.
            Err(DecodeError::NoKvCacheSlot) => {
                let last = taken.iter().max_by_key(|taken| self.turn(taken.place)).map(|taken| taken.place);
                if let Some(place) = last {
                    self.fail(place, LlmError::Busy { limit: self.limits.max_sessions });
                }
                return;
            }
            Err(error) => {
                for taken in taken {
                    self.fail(taken.place, LlmError::Failed { reason: error.to_string() });
                }
                return;
            }
        }
        for taken in &taken {
            let Some(Some(slot)) = self.slots.get_mut(taken.place) else {
                continue;
            };
            slot.cached += taken.tokens;
            slot.computed |= taken.tokens > 0;
            if let Some(Job::Score(score)) = &mut slot.job
                && let Some(round) = &mut score.round
            {
                round.done += taken.nodes;
            }
        }
        for row in rows {
            let Some(Some(slot)) = self.slots.get_mut(row.slot) else {
                continue;
            };
            let logits = self.context.get_logits_ith(row.at);
            take(slot, row.of, logits, self.vocabulary, self.limits.context_tokens);
        }
        for taken in taken {
            self.settle(taken.place);
        }
    }

    fn turn(&self, place: usize) -> u64 {
        self.slots.get(place).and_then(Option::as_ref).map_or(0, |slot| slot.turn)
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
                    let _ = score.reply.send((slot.state(Vec::new()), Ok(score.likelihoods())));
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

    /// Ends what was broken off or took too long.
    fn end_stopped(&mut self) {
        let now = Instant::now();
        for slot in self.slots.iter_mut().flatten() {
            let stopped = |job: &mut Job| match job {
                Job::Generate(generation) => generation.is_cancelled() || generation.is_late(now),
                Job::Score(_) => false,
            };
            let Some(Job::Generate(mut generation)) = slot.job.take_if(stopped) else {
                continue;
            };
            let progress = if generation.is_cancelled() {
                Progress::Ended { tail: generation.cancel(slot), result: Err(LlmError::Cancelled) }
            } else {
                generation.end_early(slot, FinishReason::Time, self.vocabulary)
            };
            finish(slot, &generation, progress);
        }
        for place in 0..self.slots.len() {
            self.trim(place);
        }
        for slot in self.slots.iter_mut().flatten() {
            if let Some(Job::Generate(generation)) = &mut slot.job
                && !generation.has_begun()
            {
                generation.breathe();
            }
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
            let progress = generation.advance(slot, logits, vocabulary, context_tokens);
            if matches!(progress, Progress::Ended { .. }) {
                finish(slot, generation, progress);
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

/// Tells a generation's caller how it ended.
fn finish(slot: &Slot, generation: &Generation, progress: Progress) {
    if let Progress::Ended { tail, result } = progress {
        let _ = generation.events().send(Event::Done { state: slot.state(tail), result });
    }
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
        let limits = Limits::new(&options).within(2048);
        assert_eq!((limits.context_tokens, limits.max_sessions, limits.batch_tokens), (2048, 128, 144));
        assert!(limits.threads >= 1);
        assert!(limits.sequences() <= 256);
    }
}
