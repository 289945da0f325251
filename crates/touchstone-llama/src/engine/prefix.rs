//! Prompts that stay in the cache when their session has gone.
//!
//! Every question has the same system prompt and worked examples in front of
//! it. When a second session ends whose prompt begins like that of an earlier
//! one, what they share is kept and the rest let go: after two questions only
//! the shared part is left, and each further question computes its own words
//! and nothing else.

use llama_cpp_2::token::LlamaToken;

/// Prompts kept at a time.
pub(super) const KEPT: usize = 8;
/// Shorter prefixes are not worth a sequence.
pub(super) const WORTH_KEEPING: usize = 16;

#[derive(Debug)]
pub(super) struct Prefix {
    pub(super) sequence: u32,
    /// All of them are in the cache.
    pub(super) tokens: Vec<LlamaToken>,
    /// It was asked for: it stays as it is, and goes last.
    prepared: bool,
    last_use: u64,
}

/// What to do with the cache when a session ends.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Retired {
    /// The session's sequence can be cleared and used again; a kept one is
    /// cut to so many tokens.
    Merged { kept: u32, length: usize },
    /// The session's sequence is kept, cut to so many tokens.
    Kept { length: usize },
    /// Nothing is worth keeping.
    Dropped,
}

#[derive(Debug, Default)]
pub(super) struct Prefixes {
    kept: Vec<Prefix>,
    clock: u64,
}

impl Prefixes {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Prefix> {
        self.kept.iter()
    }

    pub(super) fn used(&mut self, sequence: u32) {
        self.clock += 1;
        if let Some(prefix) = self.kept.iter_mut().find(|p| p.sequence == sequence) {
            prefix.last_use = self.clock;
        }
    }

    /// The least recently used prefix, to make room.
    pub(super) fn evict(&mut self) -> Option<u32> {
        let oldest = self.kept.iter().enumerate().min_by_key(|(_, p)| (p.prepared, p.last_use))?.0;
        Some(self.kept.swap_remove(oldest).sequence)
    }

    /// Whether one has to go.
    pub(super) fn is_over(&self) -> bool {
        self.kept.len() > KEPT
    }

    /// Takes in the computed part of an ended session's prompt.
    pub(super) fn retire(&mut self, sequence: u32, prompt: &[LlamaToken]) -> Retired {
        if prompt.len() < WORTH_KEEPING {
            return Retired::Dropped;
        }
        self.clock += 1;
        let learned = self.kept.iter_mut().filter(|p| !p.prepared);
        let closest = learned.max_by_key(|p| common(&p.tokens, prompt));
        if let Some(prefix) = closest {
            let shared = common(&prefix.tokens, prompt);
            if shared >= WORTH_KEEPING && shared * 2 >= prefix.tokens.len().min(prompt.len()) {
                prefix.tokens.truncate(shared);
                prefix.last_use = self.clock;
                return Retired::Merged { kept: prefix.sequence, length: shared };
            }
        }
        self.keep(sequence, prompt.to_vec(), false);
        Retired::Kept { length: prompt.len() }
    }

    /// Keeps a prefix that was asked for.
    pub(super) fn prepare(&mut self, sequence: u32, tokens: Vec<LlamaToken>) {
        self.keep(sequence, tokens, true);
    }

    fn keep(&mut self, sequence: u32, tokens: Vec<LlamaToken>, prepared: bool) {
        self.clock += 1;
        self.kept.push(Prefix { sequence, tokens, prepared, last_use: self.clock });
    }

    /// Whether a prefix that was asked for is still here.
    pub(super) fn has(&self, tokens: &[LlamaToken]) -> bool {
        self.kept.iter().any(|p| p.prepared && p.tokens == tokens)
    }
}

/// How many tokens two sequences have in common at their beginning.
pub(super) fn common(a: &[LlamaToken], b: &[LlamaToken]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn prompt(shared: i32, own: i32) -> Vec<LlamaToken> {
        (0..shared).chain((0..10).map(|i| 1000 * own + i)).map(LlamaToken).collect()
    }

    #[test]
    fn two_prompts_leave_what_they_share() {
        let mut prefixes = Prefixes::default();
        assert_eq!(prefixes.retire(3, &prompt(40, 1)), Retired::Kept { length: 50 });
        assert_eq!(prefixes.retire(4, &prompt(40, 2)), Retired::Merged { kept: 3, length: 40 });
        assert_eq!(prefixes.retire(5, &prompt(40, 3)), Retired::Merged { kept: 3, length: 40 });
        assert_eq!(prefixes.iter().count(), 1);
    }

    #[test]
    fn a_prompt_of_another_kind_does_not_cut_a_kept_one() {
        let mut prefixes = Prefixes::default();
        prefixes.retire(3, &prompt(100, 1));
        let other: Vec<LlamaToken> = (0..20).chain(5000..5100).map(LlamaToken).collect();
        assert_eq!(prefixes.retire(4, &other), Retired::Kept { length: 120 });
        assert_eq!(prefixes.retire(5, &prompt(5, 1)), Retired::Dropped);
    }

    #[test]
    fn what_was_prepared_stays_whole_and_goes_last() {
        let mut prefixes = Prefixes::default();
        let beginning: Vec<LlamaToken> = (0..40).map(LlamaToken).collect();
        prefixes.prepare(1, beginning.clone());
        assert_eq!(prefixes.retire(3, &prompt(30, 1)), Retired::Kept { length: 40 });
        assert_eq!(prefixes.retire(4, &prompt(40, 2)), Retired::Merged { kept: 3, length: 30 });
        assert!(prefixes.has(&beginning) && !prefixes.has(&beginning[..20]));
        assert_eq!((prefixes.evict(), prefixes.evict()), (Some(3), Some(1)));
    }

    #[test]
    fn the_least_recently_used_goes_first() {
        let mut prefixes = Prefixes::default();
        for i in 0..3 {
            let tokens: Vec<LlamaToken> = (i * 1000..i * 1000 + 20).map(LlamaToken).collect();
            prefixes.retire(i as u32, &tokens);
        }
        prefixes.used(0);
        assert_eq!(prefixes.evict(), Some(1));
    }
}
