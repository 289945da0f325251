//! Questions that start from several things: "films directed by A that star
//! B" are in both sets, "by A or B" in either, "by A but not by B" in the
//! first alone.

use std::collections::HashSet;
use std::ops::Range;

use touchstone_core::{Language, Step};
use touchstone_graph::{GraphError, Hop, Reached, fold};

use super::derive::{conclusion, step_of};
use super::driver::Candidate;
use super::index::Sense;
use super::link::{self, Topic};
use super::vocabulary::is_light;
use super::words::{Writer, render};
use super::{Guide, Leaving, reading, vocabulary};

/// Starts of one question.
const MAX_STARTS: usize = 4;
/// Readings of one start that are tried.
const MAX_READINGS: usize = 6;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Joined {
    Both,
    Either,
    Without,
}

/// The starts of a question, each with what is asked of it.
pub(crate) struct Several {
    pub(crate) parts: Vec<Candidate>,
    pub(crate) joined: Vec<Joined>,
    pub(crate) things: Vec<Reached>,
}

impl Guide {
    /// `None` where the question has one start, or one of them is not read to
    /// its last word.
    pub(crate) fn several(&self, question: &str, language: Language) -> Result<Option<Several>, GraphError> {
        let topics = link::apart(self.graph(), question);
        if !(2..=MAX_STARTS).contains(&topics.len()) {
            return Ok(None);
        }
        let Some((views, mut joined)) = self.views(question, &topics, language) else { return Ok(None) };
        let mut parts: Vec<Candidate> = Vec::new();
        for (view, topic) in views.iter().zip(&topics) {
            let mut found = None;
            for one in
                self.interpret_topics(view, vec![topic.clone()], language, MAX_READINGS, Leaving::Held)?
            {
                if !one.is_complete() {
                    continue;
                }
                if let Some(mut followed) = self.follow(one.entity, one.hops())? {
                    if !followed
                        .last_mut()
                        .is_some_and(|last| self.keep_classes(&one.classes, &mut last.reached))
                    {
                        continue;
                    }
                    found = Some(Candidate { one, followed, narrowed: Vec::new() });
                    break;
                }
            }
            let Some(part) = found else { return Ok(None) };
            parts.push(part);
        }
        let Some((first, rest)) = parts.split_first() else { return Ok(None) };
        let mut things = first.things();
        // Each has one of its own: "the capitals of A and B" are not what
        // both have, unless the question says so.
        let each = joined.iter().all(|join| *join == Joined::Both)
            && !says_together(question, language)
            && parts.iter().all(|part| part.things().len() == 1 && self.leads_on(part.one.hops()));
        if each {
            joined.fill(Joined::Either);
        }
        for (part, join) in rest.iter().zip(&joined) {
            let others = part.things();
            let terms: HashSet<String> = others.iter().map(|thing| thing.term.to_string()).collect();
            let known = |thing: &Reached| terms.contains(&thing.term.to_string());
            match join {
                Joined::Both => things.retain(known),
                // Nothing stands beside itself: neighbours of A that do not
                // border B are not B.
                Joined::Without => {
                    let start = self.graph().lexicon().entity(part.one.entity).iri.into_owned();
                    things.retain(|thing| !known(thing) && thing.term != start.clone().into());
                }
                Joined::Either => {
                    let mine: HashSet<String> = things.iter().map(|thing| thing.term.to_string()).collect();
                    things.extend(others.into_iter().filter(|thing| !mine.contains(&thing.term.to_string())));
                }
            }
        }
        Ok(Some(Several { parts, joined, things }))
    }

    /// Whether the path asks what things have, and not what has them.
    fn leads_on(&self, hops: &[Hop]) -> bool {
        let ontology = self.graph().ontology();
        hops.iter().all(|hop| !hop.inverse && !ontology.predicate(hop.predicate).symmetric)
    }

    /// For every start the question with only its own words left, and how the
    /// starts are joined.
    fn views(
        &self,
        question: &str,
        topics: &[Topic],
        language: Language,
    ) -> Option<(Vec<String>, Vec<Joined>)> {
        let prefix = 0..topics.first()?.range.start;
        let suffix = topics.last()?.range.end..question.len();
        let mut joined: Vec<Option<Joined>> = Vec::new();
        // What stands between two starts, before and behind what joins them.
        let mut between: Vec<(Range<usize>, Range<usize>)> = Vec::new();
        for pair in topics.windows(2) {
            let middle = pair[0].range.end..pair[1].range.start;
            let (join, at) = joint(&question[middle.clone()], language)?;
            joined.push(join);
            between.push((middle.start..middle.start + at.start, middle.start + at.end..middle.end));
        }
        // In a list the last joint says how all of it is joined.
        let mut last = None;
        for join in joined.iter_mut().rev() {
            last = join.or(last);
            *join = last;
        }
        let joined: Vec<Joined> = joined.into_iter().collect::<Option<_>>()?;
        let says = |range: &Range<usize>| match language {
            Language::English => question[range.clone()]
                .split(|c: char| !c.is_alphanumeric())
                .any(|word| !word.is_empty() && !is_light(&fold(word))),
            Language::Chinese => !vocabulary::content_zh(&question[range.clone()]).is_empty(),
        };
        let shared = between.iter().all(|(before, behind)| !says(before) && !says(behind));
        // "share with A and B" is said of something else.
        let says_with = language == Language::English
            && question[prefix.clone()].split_whitespace().any(|word| word == "with");
        let head = prefix.start..self.head_end(question, &prefix, language);
        let last = topics.len() - 1;
        let views = (0..topics.len())
            .map(|at| {
                let mut keep: Vec<Range<usize>> = vec![topics[at].range.clone()];
                if shared {
                    keep.extend([prefix.clone(), suffix.clone()]);
                } else {
                    keep.push(if at == 0 { prefix.clone() } else { head.clone() });
                    keep.extend((at > 0).then(|| between[at - 1].1.clone()));
                    keep.push(if at == last { suffix.clone() } else { between[at].0.clone() });
                }
                let view = only(question, &keep);
                if shared && !says_with { without_sharing(view, language) } else { view }
            })
            .collect();
        Some((views, joined))
    }

    /// Where the part of the prefix ends that asks for the things as such.
    fn head_end(&self, question: &str, prefix: &Range<usize>, language: Language) -> usize {
        let text = &question[prefix.clone()];
        let whole =
            reading::read(&self.index, self.graph().composed(), text, &(text.len()..text.len()), language);
        let relation = whole.before.iter().rev().find(|unit| {
            unit.senses.iter().any(|sense| matches!(sense, Sense::Relation { .. }))
                && !unit.senses.iter().any(|sense| matches!(sense, Sense::Noun(_) | Sense::Class(_)))
        });
        relation
            .and_then(|unit| fold(text).find(&unit.text))
            .filter(|at| text.is_char_boundary(*at))
            .unwrap_or(prefix.end)
    }

    /// Whether what the graph may lack would change what is left: what one set
    /// is without, or how many there are.
    pub(crate) fn lets_more_in(&self, several: &Several) -> bool {
        let counts = several.parts.first().is_some_and(|part| part.one.counts);
        let without =
            std::iter::once(false).chain(several.joined.iter().map(|join| *join == Joined::Without));
        several
            .parts
            .iter()
            .zip(without)
            .any(|(part, without)| (counts || without) && !self.holds_all(part.one.hops()))
    }

    pub(crate) fn joined_step(&self, writer: &Writer<'_>, several: &Several, steps: &[Step]) -> Step {
        let labels: Vec<String> = several.things.iter().map(|thing| writer.label(&thing.term)).collect();
        let values = writer.list(&labels, several.things.len());
        let words = writer.words;
        let template = match several.joined.as_slice() {
            _ if several.things.is_empty() => &words.joined_none,
            joined if joined.iter().all(|join| *join == Joined::Either) => &words.joined_either,
            joined if joined.contains(&Joined::Without) => &words.joined_without,
            _ => &words.joined_both,
        };
        let text = render(template, &[("values", &values)]);
        let mut ends = Vec::new();
        let mut at = 0;
        for part in &several.parts {
            at += part.followed.len();
            ends.extend(steps.get(at - 1));
        }
        let claim = conclusion(&text, &ends, writer.language);
        step_of(steps.len() + 1, text, vec![claim])
    }
}

/// What joins two starts, if it says how, and where it stands.
///
/// `None` where nothing stands between them: 加拿大魁北克 is one place.
fn joint(middle: &str, language: Language) -> Option<(Option<Joined>, Range<usize>)> {
    if !middle.contains(|c: char| c.is_alphanumeric()) {
        return matches!(middle.trim(), "," | "、" | "，").then(|| (None, 0..middle.len()));
    }
    let english: &[(&str, Joined)] = &[
        ("but not", Joined::Without),
        ("and not", Joined::Without),
        ("except", Joined::Without),
        ("without", Joined::Without),
        ("not", Joined::Without),
        ("or", Joined::Either),
        ("and", Joined::Both),
        ("but", Joined::Both),
    ];
    let chinese: &[(&str, Joined)] = &[
        ("但不是", Joined::Without),
        ("但不", Joined::Without),
        ("而不是", Joined::Without),
        ("不与", Joined::Without),
        ("不和", Joined::Without),
        ("或者", Joined::Either),
        ("或", Joined::Either),
        ("并且", Joined::Both),
        ("而且", Joined::Both),
        ("以及", Joined::Both),
        ("和", Joined::Both),
        ("与", Joined::Both),
        ("且", Joined::Both),
        ("并", Joined::Both),
    ];
    let lower = middle.to_ascii_lowercase();
    let words = if language == Language::English { english } else { chinese };
    for (word, join) in words {
        for (at, _) in lower.match_indices(word) {
            let inside =
                |c: Option<char>| language == Language::English && c.is_some_and(char::is_alphanumeric);
            if !inside(lower[..at].chars().next_back()) && !inside(lower[at + word.len()..].chars().next()) {
                return Some((Some(*join), at..at + word.len()));
            }
        }
    }
    Some((Some(Joined::Both), 0..0))
}

/// Whether the question asks for what its starts have in common.
fn says_together(question: &str, language: Language) -> bool {
    match language {
        Language::English => question
            .split(|c: char| !c.is_alphanumeric())
            .any(|word| vocabulary::says_sharing(&fold(word)) || word.eq_ignore_ascii_case("both")),
        Language::Chinese => {
            ["共同", "共有", "同时", "都", "相同", "一样"].iter().any(|word| question.contains(word))
        }
    }
}

/// What several starts share is what their sets have in common: the words for
/// it ask for nothing more.
fn without_sharing(mut view: String, language: Language) -> String {
    let words: &[&str] = match language {
        Language::English => &["share", "shared", "common", "both"],
        Language::Chinese => &["共同", "同时", "共有", "都"],
    };
    for word in words {
        let mut from = 0;
        while let Some(at) = view[from..].find(word).map(|at| from + at) {
            from = at + word.len();
            let whole = language == Language::Chinese
                || !view[..at].ends_with(char::is_alphanumeric)
                    && !view[from..].starts_with(char::is_alphanumeric);
            if whole {
                view.replace_range(at..from, &" ".repeat(word.len()));
            }
        }
    }
    view
}

/// The question with everything but these stretches blanked out.
fn only(question: &str, keep: &[Range<usize>]) -> String {
    let mut bytes = vec![b' '; question.len()];
    for range in keep {
        bytes[range.clone()].copy_from_slice(&question.as_bytes()[range.clone()]);
    }
    String::from_utf8(bytes).unwrap_or_default()
}
