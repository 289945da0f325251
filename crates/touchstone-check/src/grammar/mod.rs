//! From items to propositions: what a sentence asserts, before anything is
//! looked up.

mod chinese;
mod cursor;
mod degree;
mod english;
mod frame;
mod paired;
mod privative;
mod question;
mod time;
pub(crate) mod words;

use std::ops::Range;

use num_rational::BigRational;
use touchstone_core::{ClaimKind, Language};
use touchstone_graph::{ClassId, Degree, EntityId, Graph, PredicateId};

use crate::items::Item;
use crate::read::{Comparator, DateInterval, Quantity};

pub(crate) use cursor::Verb;
pub(crate) use question::{OpenSlot, open_slots};

/// A noun phrase that stands for an entity.
#[derive(Clone, Debug)]
pub(crate) struct Reference {
    /// What it may stand for; empty when the graph does not know the name.
    pub(crate) candidates: Vec<EntityId>,
    pub(crate) range: Range<usize>,
    /// Found through the discourse or another fact, not by name.
    pub(crate) indirect: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Object {
    Entity(Reference),
    Quantity(Box<Quantity>),
    Date(DateInterval),
    /// Words as they stand, for predicates with text values.
    Text,
    True,
}

/// A value in the object place, with the words that state it. One stretch
/// of text can be a name, a number and plain words at once; the predicate
/// decides.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub(crate) range: Range<usize>,
    pub(crate) readings: Vec<Object>,
}

#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// `subject predicate value`, the direction as the phrase has it.
    Fact {
        subject: Reference,
        predicates: Vec<PredicateId>,
        /// Relations of which the value is the subject ("Y owns X").
        reversed: Vec<PredicateId>,
        value: Value,
        /// The phrase names the relation but not which side is the subject
        /// ("borders", "located in"): types may turn it round.
        flexible: bool,
    },
    Membership {
        subject: Reference,
        classes: Vec<ClassId>,
    },
    /// `left` compares with `right` by the value of a predicate.
    Comparison {
        left: Reference,
        right: Reference,
        by: Vec<(PredicateId, Degree)>,
        /// "twice as large as": so many times the other.
        times: Option<Times>,
    },
    /// What is described by one of its facts is the thing of this name.
    Identity {
        described: Reference,
        description: Description,
        name: Reference,
    },
    /// "the third-largest country in Africa"
    Superlative {
        subject: Reference,
        rank: Rank,
    },
    /// So many values, or so many things of a class in a place.
    Count {
        subject: Reference,
        relation: Verb,
        classes: Vec<ClassId>,
        number: Box<Quantity>,
        /// Where the number stands.
        written: Range<usize>,
    },
    /// There is something of a class with this fact, or of this name.
    Existence {
        classes: Vec<ClassId>,
        subject: Option<Reference>,
        fact: Option<Description>,
    },
    /// All of these at once: "a city in Chile".
    All(Vec<Content>),
    /// One of these at least: "borders Peru or Chile".
    Any(Vec<Content>),
    /// So many things of a class in all.
    Total {
        classes: Vec<ClassId>,
        number: Box<Quantity>,
        written: Range<usize>,
    },
    /// Something is asserted that could not be read.
    Unread,
}

/// How many times the one is the other: "twice as large", "as large".
#[derive(Clone, Debug)]
pub(crate) struct Times {
    pub(crate) factor: BigRational,
    pub(crate) comparator: Comparator,
}

/// What a superlative ranks, and where.
#[derive(Clone, Debug)]
pub(crate) struct Rank {
    /// 1 for "the largest".
    pub(crate) place: usize,
    pub(crate) by: Vec<(PredicateId, Degree)>,
    pub(crate) classes: Vec<ClassId>,
    /// `None`: among all.
    pub(crate) within: Option<Reference>,
}

/// The fact by which a noun phrase names a thing: "whose capital is Quito".
#[derive(Clone, Debug)]
pub(crate) struct Description {
    pub(crate) predicates: Vec<PredicateId>,
    pub(crate) value: Value,
}

/// One thing that a sentence asserts.
#[derive(Clone, Debug)]
pub(crate) struct Proposition {
    pub(crate) content: Content,
    pub(crate) negated: bool,
    pub(crate) range: Range<usize>,
    pub(crate) time: Time,
}

/// When a sentence says that something holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Time {
    /// "was": now, or once.
    pub(crate) past: bool,
    pub(crate) when: Option<DateInterval>,
}

impl Proposition {
    /// Nothing of it was understood.
    pub(crate) fn unread(range: Range<usize>) -> Proposition {
        Proposition { content: Content::Unread, negated: false, range, time: Time::default() }
    }

    pub(crate) fn kind(&self, graph: &Graph) -> ClaimKind {
        self.content.kind(graph)
    }
}

impl Content {
    fn kind(&self, graph: &Graph) -> ClaimKind {
        match self {
            Content::Fact { predicates, reversed, .. } => {
                use touchstone_graph::ValueKind;
                match predicates
                    .first()
                    .or(reversed.first())
                    .map(|p| graph.ontology().predicate(*p).value_kind)
                {
                    Some(ValueKind::Number) => ClaimKind::Quantity,
                    Some(ValueKind::Date) => ClaimKind::Date,
                    _ => ClaimKind::Relation,
                }
            }
            Content::Membership { .. } => ClaimKind::Membership,
            Content::Comparison { .. } => ClaimKind::Comparison,
            Content::Identity { .. } => ClaimKind::Relation,
            Content::Superlative { .. } => ClaimKind::Superlative,
            Content::Count { .. } | Content::Total { .. } => ClaimKind::Count,
            Content::All(parts) | Content::Any(parts) => {
                parts.first().map_or(ClaimKind::Statement, |part| part.kind(graph))
            }
            Content::Existence { .. } => ClaimKind::Existence,
            Content::Unread => ClaimKind::Statement,
        }
    }
}

/// What the readers need to know besides the sentence.
pub(crate) struct Setting<'a> {
    pub(crate) graph: &'a Graph,
    pub(crate) text: &'a str,
    /// Entities mentioned so far, the latest last: what "it" may mean.
    pub(crate) discourse: &'a [EntityId],
}

/// Reads one sentence. Where content is left that no pattern covers, the
/// last proposition is [`Content::Unread`].
pub(crate) fn read(setting: &Setting<'_>, items: &[Item], language: Language) -> Vec<Proposition> {
    let whole = items.first().zip(items.last()).map(|(first, last)| first.range.start..last.range.end);
    if let Some(range) = whole.clone()
        && frame::leaves_open(setting.text, items, language)
    {
        return vec![Proposition::unread(range)];
    }
    if let Some(frame) = frame::of(setting.text, items, language)
        && let Some(whole) = whole
    {
        let inner = read_plain(setting, &items[frame.inner.clone()], language);
        if let Some(found) = frame.of_all(inner, whole) {
            return found;
        }
    }
    read_plain(setting, items, language)
}

fn read_plain(setting: &Setting<'_>, items: &[Item], language: Language) -> Vec<Proposition> {
    let found = match language {
        Language::English => english::read(setting, items),
        Language::Chinese => chinese::read(setting, items),
    };
    paired::in_order(items, found)
}

/// A superlative that is the whole of a text: "the third-largest country in
/// Africa".
pub(crate) fn superlative(setting: &Setting<'_>, items: &[Item], language: Language) -> Option<Rank> {
    let mut cursor = cursor::Cursor::new(setting, items);
    let rank = match language {
        Language::English => english::rank::superlative(&mut cursor),
        Language::Chinese => chinese::rank::superlative(&mut cursor),
    }?;
    // Where it rests on something else that is said, that would go unchecked.
    let alone = cursor.at == items.len() && cursor.found.is_empty() && cursor.descriptions.is_empty();
    alone.then_some(rank)
}
