//! The log-likelihood of alternatives after one past.
//!
//! The alternatives form a tree, so that what they share is computed once:
//! each of its tokens is decoded for all the sequences that pass through it.

use std::collections::BTreeMap;
use std::sync::mpsc::Sender;

use llama_cpp_2::token::LlamaToken;
use touchstone_llm::{Likelihood, LlmError};

use super::command::{Scored, State};
use super::sampling::log_sum;

/// Alternatives computed at a time, each in a sequence of its own.
pub(super) const ROUND: usize = 64;
/// Tokens of the tree in one decode, as each of them yields the logits of the
/// whole vocabulary.
pub(super) const NODES_PER_DECODE: usize = 64;

pub(super) struct Score {
    alternatives: Vec<Scored>,
    totals: Vec<f64>,
    pub(super) reply: Sender<(State, Result<Vec<Likelihood>, LlmError>)>,
    /// Whether the first tokens have their probabilities.
    pub(super) based: bool,
    /// The first alternative that no round has taken yet.
    next: usize,
    pub(super) round: Option<Round>,
}

/// Some alternatives with their sequences.
pub(super) struct Round {
    pub(super) sequences: Vec<u32>,
    pub(super) nodes: Vec<Node>,
    /// Nodes that have been decoded.
    pub(super) done: usize,
}

/// A token that is followed by another one in at least one alternative.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) token: LlamaToken,
    /// Its place after the past, from 0.
    pub(super) depth: usize,
    pub(super) sequences: Vec<i32>,
    /// The alternatives through it and their next tokens, where they count.
    followers: Vec<(usize, LlamaToken)>,
}

impl Node {
    /// Whether its logits are wanted.
    pub(super) fn counts(&self) -> bool {
        !self.followers.is_empty()
    }
}

impl Score {
    pub(super) fn new(
        alternatives: Vec<Scored>,
        reply: Sender<(State, Result<Vec<Likelihood>, LlmError>)>,
    ) -> Score {
        let totals = vec![0.0; alternatives.len()];
        Score { alternatives, totals, reply, based: false, next: 0, round: None }
    }

    /// Takes the logits that follow the past.
    pub(super) fn base(&mut self, logits: &[f32]) {
        let sum = log_sum(logits);
        for (total, alternative) in self.totals.iter_mut().zip(&self.alternatives) {
            if let (Some(first), 0) = (alternative.tokens.first(), alternative.given) {
                *total += log_probability(logits, *first, sum);
            }
        }
        self.based = true;
    }

    /// How many sequences the next round can use; 0 when all is computed.
    pub(super) fn wants(&mut self) -> usize {
        while self
            .alternatives
            .get(self.next)
            .is_some_and(|a| a.tokens.len() < 2 || a.given >= a.tokens.len())
        {
            self.next += 1;
        }
        (self.alternatives.len() - self.next).min(ROUND)
    }

    /// Begins a round with so many alternatives as there are sequences.
    pub(super) fn begin(&mut self, sequences: Vec<u32>) {
        let group: Vec<usize> = (self.next..self.alternatives.len()).take(sequences.len()).collect();
        let first = self.next;
        self.next += group.len();
        let mut nodes = Vec::new();
        let sequence = |alternative: usize| sequences[alternative - first] as i32;
        grow(&self.alternatives, &group, 0, &sequence, &mut nodes);
        self.round = Some(Round { sequences, nodes, done: 0 });
    }

    /// Takes the logits that follow a node.
    pub(super) fn take(&mut self, node: usize, logits: &[f32]) {
        let Some(node) = self.round.as_ref().and_then(|round| round.nodes.get(node)) else {
            return;
        };
        let sum = log_sum(logits);
        for (alternative, next) in &node.followers {
            self.totals[*alternative] += log_probability(logits, *next, sum);
        }
    }

    pub(super) fn likelihoods(&self) -> Vec<Likelihood> {
        let counted = |scored: &Scored| scored.tokens.len() - scored.given;
        let alternatives = self.alternatives.iter().zip(&self.totals);
        alternatives.map(|(scored, log)| Likelihood { log: *log, tokens: counted(scored) }).collect()
    }
}

fn log_probability(logits: &[f32], token: LlamaToken, log_sum: f32) -> f64 {
    let logit = usize::try_from(token.0).ok().and_then(|id| logits.get(id)).copied();
    f64::from(logit.unwrap_or(f32::NEG_INFINITY) - log_sum)
}

/// Adds the nodes below a group that shares its first `depth` tokens, each
/// before the ones that follow it.
fn grow(
    alternatives: &[Scored],
    group: &[usize],
    depth: usize,
    sequence: &impl Fn(usize) -> i32,
    nodes: &mut Vec<Node>,
) {
    let mut branches: BTreeMap<LlamaToken, Vec<usize>> = BTreeMap::new();
    for &alternative in group {
        if let [token, _, ..] = alternatives[alternative].tokens[depth..] {
            branches.entry(token).or_default().push(alternative);
        }
    }
    for (token, members) in branches {
        let sequences = members.iter().map(|m| sequence(*m)).collect();
        let counting = members.iter().filter(|m| depth + 1 >= alternatives[**m].given);
        let followers = counting.map(|m| (*m, alternatives[*m].tokens[depth + 1])).collect();
        nodes.push(Node { token, depth, sequences, followers });
        grow(alternatives, &members, depth + 1, sequence, nodes);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn scored(texts: &[(&[i32], usize)]) -> Vec<Scored> {
        let tokens = |ids: &[i32]| ids.iter().copied().map(LlamaToken).collect();
        texts.iter().map(|(ids, given)| Scored { tokens: tokens(ids), given: *given }).collect()
    }

    #[test]
    fn given_tokens_are_not_counted() {
        let (reply, _replies) = std::sync::mpsc::channel();
        let mut score = Score::new(scored(&[(&[1, 2, 3], 2), (&[1, 2], 0), (&[], 0)]), reply);
        let even = [0.0; 8];
        score.base(&even);
        score.begin(vec![10, 11]);
        let counts: Vec<bool> = score.round.as_ref().unwrap().nodes.iter().map(Node::counts).collect();
        assert_eq!(counts, [true, true]);
        score.take(0, &even);
        score.take(1, &even);
        let likelihoods = score.likelihoods();
        assert_eq!(likelihoods.iter().map(|l| l.tokens).collect::<Vec<_>>(), [1, 2, 0]);
        let token = -(8f64.ln());
        for (likelihood, expected) in likelihoods.iter().zip([token, 2.0 * token, 0.0]) {
            assert!((likelihood.log - expected).abs() < 1e-5, "{likelihood:?}");
        }
    }

    #[test]
    fn what_alternatives_share_is_one_node() {
        let (reply, _replies) = std::sync::mpsc::channel();
        let alternatives = scored(&[(&[1, 2, 3], 0), (&[1, 2, 4], 0), (&[1, 5], 0), (&[6], 0)]);
        let mut score = Score::new(alternatives, reply);
        assert_eq!(score.wants(), 4);
        score.begin(vec![10, 11, 12, 13]);
        let nodes = &score.round.as_ref().unwrap().nodes;
        let shape: Vec<(i32, usize, Vec<i32>)> =
            nodes.iter().map(|n| (n.token.0, n.depth, n.sequences.clone())).collect();
        assert_eq!(shape, [(1, 0, vec![10, 11, 12]), (2, 1, vec![10, 11])]);
        assert_eq!(score.wants(), 0);
    }
}
