//! "Which is larger, A or B?": both ways are put as statements, and the one
//! that holds is the answer.

use touchstone_core::{Answer, AnswerStatus, Claim, ClaimKind, Language, Step, Verdict};
use touchstone_graph::{Degree, Meaning};

use super::derive::step_of;
use super::link;
use crate::reasoner::Reasoner;

/// A name of much lower form is none of the two.
const TOPIC_MARGIN: f32 = 1.5;

impl Reasoner {
    /// `None` where the question compares no two things, or neither statement
    /// holds.
    pub(crate) fn compared(&self, question: &str, language: Language) -> Option<(Step, Answer)> {
        let graph = self.checker().graph();
        let mut topics = link::topics(graph, question);
        let best = topics.iter().map(|topic| topic.score).fold(f32::MIN, f32::max);
        topics.retain(|topic| topic.score >= best - TOPIC_MARGIN);
        topics.sort_by_key(|topic| topic.range.start);
        let [first, second] = topics.as_slice() else { return None };
        let joined = match language {
            Language::English => question[first.range.end..].trim_start().starts_with("or "),
            Language::Chinese => ["还是", "和", "与"].iter().any(|word| {
                question.get(first.range.end..second.range.start).is_some_and(|middle| middle.trim() == *word)
            }),
        };
        let mentions = graph.lexicon().find(question);
        let adjective = mentions.iter().find(|mention| {
            mention.entries.iter().any(|entry| {
                let compares = matches!(entry.meaning, Meaning::Adjective(_, Degree::More | Degree::Less));
                compares && entry.language.is_none_or(|known| known == language)
            })
        })?;
        let outside = |range: &std::ops::Range<usize>| {
            range.end <= adjective.range.start || adjective.range.end <= range.start
        };
        if !joined || !outside(&first.range) || !outside(&second.range) {
            return None;
        }
        let word = &question[adjective.range.clone()];
        for (winner, other) in [(first, second), (second, first)] {
            let statement = match language {
                Language::English => format!("{} is {word} than {}.", winner.name, other.name),
                Language::Chinese => format!("{}比{}{word}。", winner.name, other.name),
            };
            let claims = self.checker().check(&statement).claims;
            let holds = !claims.is_empty()
                && claims.iter().all(|claim: &Claim| {
                    claim.verdict == Verdict::Supported && claim.kind == ClaimKind::Comparison
                });
            if holds {
                let answer = Answer {
                    text: winner.name.clone(),
                    values: vec![winner.name.clone()],
                    status: AnswerStatus::Verified,
                    confidence: claims.iter().map(|claim| claim.confidence).fold(1.0, f64::min),
                    claims: claims.clone(),
                    model: None,
                };
                return Some((step_of(1, statement, claims), answer));
            }
        }
        None
    }
}
