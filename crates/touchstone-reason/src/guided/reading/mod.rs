//! A question cut into the topic, the stretches before and after it that may
//! mean something, and the words that nothing explains.

mod chinese;
mod english;

use std::ops::Range;

use touchstone_core::Language;
use touchstone_graph::{ClassId, Composed, CueRole, PredicateId, ThingKind};

use super::index::{CueIndex, Sense};

/// On which side of the topic a stretch stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Before,
    After,
}

/// Words that ask for the end of a path, wherever they stand.
const QUESTION_WORDS: &[&str] = &[
    "who",
    "whom",
    "when",
    "where",
    "谁",
    "哪些人",
    "什么人",
    "哪个人",
    "何时",
    "哪年",
    "哪一年",
    "什么时候",
    "什么时间",
    "何处",
    "哪里",
    "哪儿",
    "什么地方",
];

/// A stretch of the question that the index knows.
#[derive(Clone, Debug)]
pub(crate) struct Unit {
    pub(crate) text: String,
    /// Byte of the question.
    start: usize,
    pub(crate) side: Side,
    pub(crate) senses: Vec<Sense>,
    /// Followed by "by".
    pub(crate) by: bool,
    /// Followed by "of" or the like: its noun has a complement.
    pub(crate) of: bool,
    /// Next to the topic.
    pub(crate) adjacent: bool,
    /// The topic is its value: "whose capital is X", "has X as its capital".
    pub(crate) equals: bool,
    /// The noun is the topic's: "capital of X", "X's capital", X的首都.
    pub(crate) owned: bool,
    /// A question word or a word of number stands right before it: 哪些国家.
    pub(crate) asked: bool,
    /// Says more of the noun right behind it: "film" in "film genre".
    pub(crate) modifier: bool,
    /// Names what is asked for: "which directors".
    pub(crate) head: bool,
    /// Says that something belongs there, which other words may say better:
    /// "in", "belongs to".
    pub(crate) optional: bool,
}

impl Unit {
    pub(crate) fn relation_weight(&self) -> f32 {
        self.senses
            .iter()
            .map(|sense| match sense {
                Sense::Relation { weight, .. } => *weight,
                _ => 0.0,
            })
            .fold(0.0, f32::max)
    }

    pub(crate) fn is_question_word(&self) -> bool {
        QUESTION_WORDS.contains(&self.text.as_str())
    }

    pub(crate) fn is_mutual(&self) -> bool {
        self.senses.iter().any(|sense| matches!(sense, Sense::Relation { mutual: true, .. }))
    }

    /// What it says of two things holds both ways: "border".
    fn holds_both_ways(&self, index: &CueIndex) -> bool {
        self.senses
            .iter()
            .any(|sense| matches!(sense, Sense::Relation { predicate, .. } if index.is_symmetric(*predicate)))
    }

    fn classes(&self) -> Vec<ClassId> {
        let class = |sense: &Sense| match sense {
            Sense::Class(class) => Some(*class),
            _ => None,
        };
        if self.modifier { Vec::new() } else { self.senses.iter().filter_map(class).collect() }
    }

    /// "in" right beside the topic, as a place: it may stay unsaid.
    fn within(side: Side, senses: Vec<Sense>) -> Unit {
        Unit {
            text: "in".to_owned(),
            start: 0,
            side,
            senses,
            by: false,
            of: false,
            adjacent: true,
            equals: false,
            owned: false,
            asked: false,
            modifier: false,
            head: false,
            optional: true,
        }
    }

    /// The words are a noun for the relation.
    pub(crate) fn names_relation(&self, wanted: PredicateId) -> bool {
        self.senses.iter().any(|sense| {
            matches!(sense, Sense::Relation { predicate, role: CueRole::Noun, .. } if *predicate == wanted)
        })
    }

    pub(crate) fn asks_for(&self, wanted: PredicateId) -> bool {
        self.senses
            .iter()
            .any(|sense| matches!(sense, Sense::Relation { predicate, .. } if *predicate == wanted))
    }
}

/// What a question says around one topic.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reading {
    /// In order away from the topic.
    pub(crate) before: Vec<Unit>,
    pub(crate) after: Vec<Unit>,
    /// Words with content that nothing explains.
    pub(crate) unknown: Vec<String>,
    /// "also", "same": the answer stands beside the topic.
    pub(crate) sharing: bool,
    /// "how many"
    pub(crate) counts: bool,
    /// "what is X called"
    pub(crate) asks_name: bool,
    /// Something narrows or turns what is asked, and has no place.
    pub(crate) restricted: bool,
}

impl Reading {
    pub(crate) fn units(&self) -> impl Iterator<Item = &Unit> {
        self.before.iter().chain(&self.after)
    }

    /// The answer stands beside the topic: it is reached by going there and
    /// back.
    pub(crate) fn is_mutual(&self) -> bool {
        self.sharing || self.units().any(Unit::is_mutual)
    }

    /// Some noun says what kind of things the question is about.
    pub(crate) fn names_things(&self) -> bool {
        self.units().any(|unit| {
            let names = |sense: &Sense| {
                matches!(sense, Sense::Noun(_) | Sense::Class(_) | Sense::Kind(ThingKind::Place))
            };
            unit.senses.iter().any(names)
        })
    }

    /// A word names a relation, question words aside.
    pub(crate) fn says_relation(&self) -> bool {
        let says = |unit: &Unit| {
            let named =
                |sense: &Sense| matches!(sense, Sense::Relation { role, .. } if *role != CueRole::Hint);
            unit.senses.iter().any(named)
        };
        self.units().any(|unit| !unit.is_question_word() && !unit.optional && says(unit))
    }

    /// All that it says is the name of one kind.
    pub(crate) fn names_one_kind(&self) -> bool {
        let names = |unit: &Unit| unit.senses.iter().any(|sense| matches!(sense, Sense::Class(_)));
        self.units().filter(|unit| !unit.is_question_word() && !unit.optional).count() == 1
            && self.units().all(|unit| names(unit) || unit.is_question_word() || unit.optional)
    }

    /// The classes that the outermost noun may name: in English before the
    /// topic, in Chinese behind it, and else on the other side. Where the noun
    /// is the own one of the path's last predicate, it asks for no class:
    /// Hubei is the state of Wuhan and no state of India.
    pub(crate) fn classes(&self, last: Option<PredicateId>, language: Language) -> Vec<ClassId> {
        let (first, other) = match language {
            Language::English => (&self.before, &self.after),
            Language::Chinese => (&self.after, &self.before),
        };
        let asked = self.units().find(|unit| unit.asked && !unit.classes().is_empty());
        [first, other]
            .into_iter()
            .filter_map(|units| units.last())
            .chain(asked)
            .find(|unit| !unit.classes().is_empty())
            .filter(|unit| !last.is_some_and(|predicate| unit.asks_for(predicate)))
            .map(Unit::classes)
            .unwrap_or_default()
    }

    /// "when", "which year"
    pub(crate) fn asks_when(&self) -> bool {
        let time = |sense: &Sense| matches!(sense, Sense::Kind(ThingKind::Time));
        self.units().any(|unit| (unit.is_question_word() || unit.head) && unit.senses.iter().any(time))
    }

    /// The kind that the question word asks for.
    pub(crate) fn asked_kind(&self) -> Option<ThingKind> {
        let kinds = |unit: &Unit| {
            unit.senses.iter().find_map(|sense| match sense {
                Sense::Kind(kind) if unit.is_question_word() || unit.head => Some(*kind),
                _ => None,
            })
        };
        self.units().find_map(kinds)
    }
}

/// Reads what stands around the topic, which is at `topic` (bytes).
pub(crate) fn read(
    index: &CueIndex,
    composed: &Composed,
    question: &str,
    topic: &Range<usize>,
    language: Language,
) -> Reading {
    match language {
        Language::English => english::read(index, composed, question, topic),
        Language::Chinese => chinese::read(index, composed, question, topic),
    }
}

/// How surely a name that is put together from several labels is meant.
const COMPOSED: f32 = 0.9;

/// Names of relations that no label has as they stand, in bytes of the text.
fn composed_names(composed: &Composed, text: &str, language: Language) -> Vec<(Range<usize>, Sense)> {
    let sense =
        |predicate| Sense::Relation { predicate, role: CueRole::Noun, weight: COMPOSED, mutual: false };
    composed
        .find(text, language)
        .into_iter()
        .flat_map(|(range, ids)| ids.into_iter().map(move |id| (range.clone(), sense(id))))
        .collect()
}

/// How a relation of this role is expected to lead, seen from the topic:
/// `None` where the phrase does not say.
pub(crate) fn expected_inverse(unit: &Unit, role: CueRole) -> Option<bool> {
    let before = unit.side == Side::Before;
    match role {
        // "films featuring X"; "X featured whom".
        CueRole::Verb => Some(before),
        // "who directed X", "films directed by X"; "films X directed",
        // "X was directed by whom".
        CueRole::Reverse => Some(before == unit.by),
        // "director of X", "films of director X", "whose director is X"; "X's
        // director", "X is the director of what", "has X as its director".
        CueRole::Noun if before => Some(unit.adjacent || unit.equals),
        CueRole::Noun => Some(unit.of || unit.equals),
        // "natives of X"; "X is a native of what", "X's natives".
        CueRole::Role => Some(before || !unit.of),
        CueRole::Hint => None,
    }
}
