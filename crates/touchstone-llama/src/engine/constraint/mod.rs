//! What a generation may write: made ready in the caller's thread, followed
//! token by token in the engine's.

mod grammar;
mod trie;

use std::sync::Arc;

use llama_cpp_2::token::LlamaToken;
use touchstone_llm::forbidden::Forbidden;
use touchstone_llm::{Constraint, LlmError};

pub(super) use grammar::Grammars;
use trie::{Trie, Walk};

use super::vocabulary::Vocabulary;

/// Texts of one [`Constraint::Choices`].
const MAX_CHOICES: usize = 100_000;

pub(super) enum Constrained {
    Choices(Walk),
    Grammar(Box<llguidance::Matcher>),
}

impl Constrained {
    pub(super) fn new(
        constraint: &Constraint,
        forbidden: &[String],
        vocabulary: &Vocabulary,
        limit: usize,
    ) -> Result<Constrained, LlmError> {
        let unusable = |reason: String| LlmError::Constraint { reason };
        let Constraint::Choices(choices) = constraint else {
            let matcher = vocabulary.grammars().and_then(|grammars| grammars.matcher(constraint));
            return Ok(Constrained::Grammar(Box::new(matcher.map_err(unusable)?)));
        };
        if choices.len() > MAX_CHOICES {
            return Err(unusable(format!("it has {} choices, more than {MAX_CHOICES}", choices.len())));
        }
        let forbidden = Forbidden::new(forbidden);
        let mut trie = Trie::default();
        for choice in choices.iter().filter(|choice| !choice.is_empty()) {
            if forbidden.admits(choice) {
                trie.insert(&vocabulary.tokens(choice.as_bytes(), limit)?);
            }
        }
        if trie.is_empty() {
            let reason = if choices.is_empty() { "it has no choices" } else { "every choice is forbidden" };
            return Err(unusable(reason.to_owned()));
        }
        Ok(Constrained::Choices(Walk::new(Arc::new(trie))))
    }

    /// The tokens that must come next, as far as there is no choice.
    pub(super) fn forced(&mut self) -> Vec<LlamaToken> {
        match self {
            Constrained::Choices(walk) => walk.forced(),
            Constrained::Grammar(matcher) => {
                matcher.compute_ff_tokens().into_iter().map(|token| LlamaToken(token as i32)).collect()
            }
        }
    }

    /// Whether the text is complete and cannot go on.
    pub(super) fn is_complete(&self) -> bool {
        match self {
            Constrained::Choices(walk) => walk.is_complete(),
            Constrained::Grammar(matcher) => matcher.is_stopped() && !matcher.is_error(),
        }
    }

    /// Whether the text is complete and `token` does not continue it. Only
    /// choices end so: a grammar says itself where the end of text may stand.
    pub(super) fn ends_before(&self, token: LlamaToken) -> bool {
        match self {
            Constrained::Choices(walk) => walk.may_end() && !walk.allows(token),
            Constrained::Grammar(_) => false,
        }
    }

    /// Whether [`ends_before`](Self::ends_before) can be true here.
    pub(super) fn may_end(&self) -> bool {
        matches!(self, Constrained::Choices(walk) if walk.may_end())
    }

    /// The logits of the tokens that may come next; the others are ruled out.
    pub(super) fn masked(&mut self, logits: &[f32]) -> Result<Vec<f32>, String> {
        let mut masked = vec![f32::NEG_INFINITY; logits.len()];
        let mut keep = |token: usize| {
            if let (Some(to), Some(logit)) = (masked.get_mut(token), logits.get(token)) {
                *to = *logit;
            }
        };
        match self {
            Constrained::Choices(walk) => {
                walk.next().filter_map(|token| usize::try_from(token.0).ok()).for_each(keep);
            }
            Constrained::Grammar(matcher) => {
                let mask = matcher.compute_mask_or_eos().map_err(|error| error.to_string())?;
                mask.iter_set_entries(&mut keep);
            }
        }
        Ok(masked)
    }

    /// Takes a token of the text; false when it is not allowed.
    pub(super) fn accept(&mut self, token: LlamaToken) -> bool {
        match self {
            Constrained::Choices(walk) => walk.accept(token),
            Constrained::Grammar(matcher) => {
                u32::try_from(token.0).is_ok_and(|token| matcher.consume_token(token).is_ok())
            }
        }
    }

    /// Takes the last tokens back.
    pub(super) fn rollback(&mut self, tokens: usize) {
        match self {
            Constrained::Choices(walk) => walk.rollback(tokens),
            // An error remains in the matcher and shows at its next use.
            Constrained::Grammar(matcher) => drop(matcher.rollback(tokens)),
        }
    }
}
