//! "Which is larger, A or B?": both ways are put as statements, and the one
//! that holds is the answer.

use touchstone_core::{Answer, Claim, ClaimKind, Language, Step, Verdict};
use touchstone_graph::{Degree, Meaning};

use super::derive::{shown_by, step_of};
use super::link::{self, Topic};
use super::words::render;
use crate::reasoner::Reasoner;

/// `None` where neither statement holds: a value is missing, or sources
/// disagree.
pub(super) type Compared = Option<(Step, Answer)>;

impl Reasoner {
    /// `None` where the question compares no two things.
    pub(super) fn compared(&self, question: &str, language: Language) -> Option<Compared> {
        let graph = self.checker().graph();
        let topics = link::in_order(graph, question);
        let joints: &[&str] = match language {
            Language::English => &["or", "or the"],
            Language::Chinese => &["还是", "和", "与", "跟", "同"],
        };
        let (first, second) = topics.windows(2).find_map(|pair| {
            let middle = question.get(pair[0].range.end..pair[1].range.start)?.trim();
            joints.contains(&middle).then_some((&pair[0], &pair[1]))
        })?;
        if let Some(told) = self.compared_by_number(question, language, (first, second)) {
            return Some(told);
        }
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
        if !outside(&first.range) || !outside(&second.range) {
            return None;
        }
        let word = &question[adjective.range.clone()];
        for (winner, other) in [(first, second), (second, first)] {
            let statement = match language {
                Language::English => format!("{} is {word} than {}.", winner.name, other.name),
                Language::Chinese => format!("{}比{}{word}。", winner.name, other.name),
            };
            if let Some(told) = self.holds(&statement, winner) {
                return Some(Some(told));
            }
        }
        Some(None)
    }

    /// "Does A or B have the larger area?": by the relation that is named.
    fn compared_by_number(
        &self,
        question: &str,
        language: Language,
        topics: (&Topic, &Topic),
    ) -> Option<Compared> {
        let words = self.prompts().graph_words(language);
        let (first, second) = topics;
        let mut rest = question.to_owned();
        for topic in [first, second] {
            rest.replace_range(topic.range.clone(), &" ".repeat(topic.range.len()));
        }
        let (predicate, more) = self.guide().planner(language).comparison(&rest)?;
        let relation = self.checker().graph().ontology().predicate(predicate).label(language).to_owned();
        let template = if more { &words.compare_more } else { &words.compare_less };
        for (winner, other) in [(first, second), (second, first)] {
            let names = [("relation", relation.as_str()), ("one", &winner.name), ("other", &other.name)];
            if let Some(told) = self.holds(&render(template, &names), winner) {
                return Some(Some(told));
            }
        }
        Some(None)
    }

    /// The statement as a step and what it says of the winner as the answer,
    /// where the comparison holds.
    fn holds(&self, statement: &str, winner: &Topic) -> Option<(Step, Answer)> {
        let claims = self.checker().check(statement).claims;
        let holds = !claims.is_empty()
            && claims.iter().all(|claim: &Claim| {
                claim.verdict == Verdict::Supported && claim.kind == ClaimKind::Comparison
            });
        if !holds {
            return None;
        }
        let answer = shown_by(&winner.name, &winner.name, claims.clone());
        let step = step_of(1, statement.to_owned(), claims);
        Some((step, answer))
    }
}
