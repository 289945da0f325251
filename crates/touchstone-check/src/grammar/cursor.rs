use std::ops::Range;

use touchstone_graph::{EntityId, PredicateId, ValueKind};

use super::{Content, Description, Object, Proposition, Reference, Setting, Value};
use crate::items::Item;
use crate::lookup;

/// A place in a row of items, and the propositions read so far.
pub(super) struct Cursor<'s, 'i> {
    pub(super) setting: &'s Setting<'s>,
    pub(super) items: &'i [Item],
    pub(super) at: usize,
    pub(super) found: Vec<Proposition>,
    /// Content was passed over.
    pub(super) unread: bool,
    /// By what the references behind these ranges were found.
    pub(super) descriptions: Vec<(Range<usize>, Description)>,
    /// "In Peru, …": what a noun without "of" is said of.
    pub(super) scene: Option<Reference>,
    pub(super) scene_used: bool,
}

/// What a verb, or a phrase with a preposition, may say between two names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Verb {
    pub(crate) forward: Vec<PredicateId>,
    pub(crate) reversed: Vec<PredicateId>,
}

impl Verb {
    pub(super) fn of(item: &Item) -> Option<Verb> {
        let verb = Verb { forward: item.predicates.clone(), reversed: item.reversed.clone() };
        (!(verb.forward.is_empty() && verb.reversed.is_empty())).then_some(verb)
    }

    /// The predicates that say what kind of value may follow.
    pub(super) fn predicates(&self) -> Vec<PredicateId> {
        self.forward.iter().chain(&self.reversed).copied().collect()
    }
}

impl<'s, 'i> Cursor<'s, 'i> {
    pub(super) fn new(setting: &'s Setting<'s>, items: &'i [Item]) -> Cursor<'s, 'i> {
        Cursor {
            setting,
            items,
            at: 0,
            found: Vec::new(),
            unread: false,
            descriptions: Vec::new(),
            scene: None,
            scene_used: false,
        }
    }

    pub(super) fn peek(&self) -> Option<&'i Item> {
        self.items.get(self.at)
    }

    pub(super) fn ahead(&self, n: usize) -> Option<&'i Item> {
        self.items.get(self.at + n)
    }

    pub(super) fn next_is(&self, words: &[&str]) -> bool {
        self.peek().is_some_and(|item| item.is(words))
    }

    pub(super) fn eat(&mut self, words: &[&str]) -> bool {
        let found = self.next_is(words);
        if found {
            self.at += 1;
        }
        found
    }

    pub(super) fn eat_all(&mut self, words: &[&str]) {
        while self.eat(words) {}
    }

    /// The stretch of text from item `from` up to the cursor.
    pub(super) fn range_from(&self, from: usize) -> Range<usize> {
        let start = self.items.get(from).map_or(0, |item| item.range.start);
        let end = self.items[..self.at].last().map_or(start, |item| item.range.end);
        start..end.max(start)
    }

    pub(super) fn kinds(&self, predicates: &[PredicateId]) -> Vec<ValueKind> {
        let ontology = self.setting.graph.ontology();
        predicates.iter().map(|p| ontology.predicate(*p).value_kind).collect()
    }

    /// The latest mentioned entity that can have one of these predicates.
    pub(super) fn discourse(&self, predicates: &[PredicateId], range: Range<usize>) -> Option<Reference> {
        let ontology = self.setting.graph.ontology();
        let lexicon = self.setting.graph.lexicon();
        let latest = self.setting.discourse.iter().rev().find(|id| {
            let types = lexicon.entity(**id).types;
            predicates.is_empty()
                || predicates.iter().any(|p| {
                    let domain = &ontology.predicate(*p).domain;
                    !types.is_empty() && !domain.is_empty() && ontology.fits(types, domain)
                })
        })?;
        Some(Reference { candidates: vec![*latest], range, indirect: true })
    }

    pub(super) fn value_of(&self, item: &Item) -> Value {
        let mut readings = Vec::new();
        if let Some(quantity) = &item.quantity {
            readings.push(Object::Quantity(Box::new(quantity.clone())));
        }
        if let Some(date) = &item.date {
            readings.push(Object::Date(date.clone()));
        }
        if !item.entities.is_empty() || readings.is_empty() {
            readings.push(Object::Entity(Reference {
                candidates: item.entities.clone(),
                range: item.range.clone(),
                indirect: false,
            }));
        }
        readings.push(Object::Text);
        Value { range: item.range.clone(), readings }
    }

    /// A name that the graph does not know, over several items.
    pub(super) fn unknown(&self, range: Range<usize>) -> Value {
        Value {
            readings: vec![
                Object::Entity(Reference { candidates: Vec::new(), range: range.clone(), indirect: false }),
                Object::Text,
            ],
            range,
        }
    }

    pub(super) fn fact(
        &mut self,
        from: usize,
        subject: &Reference,
        predicates: &[PredicateId],
        value: Value,
        negated: bool,
        flexible: bool,
    ) {
        let range = self.range_from(from);
        self.found.push(Proposition {
            content: Content::Fact {
                subject: subject.clone(),
                predicates: predicates.to_vec(),
                reversed: Vec::new(),
                value,
                flexible,
            },
            negated,
            range,
        });
    }

    /// A verb between two names, from whichever side it is said.
    pub(super) fn relation(
        &mut self,
        from: usize,
        subject: &Reference,
        verb: &Verb,
        value: Value,
        negated: bool,
    ) {
        let range = self.range_from(from);
        let content = Content::Fact {
            subject: subject.clone(),
            predicates: verb.forward.clone(),
            reversed: verb.reversed.clone(),
            value,
            flexible: true,
        };
        self.found.push(Proposition { content, negated, range });
    }

    /// The one entity of which a fact with one of these values holds.
    pub(super) fn described(
        &mut self,
        predicates: &[PredicateId],
        value: &Value,
        range: Range<usize>,
    ) -> Option<Reference> {
        let candidates: &[EntityId] = value.readings.iter().find_map(|reading| match reading {
            Object::Entity(reference) => Some(reference.candidates.as_slice()),
            _ => None,
        })?;
        let mut found = lookup::subjects(self.setting.graph, predicates, candidates);
        found.dedup();
        if found.len() != 1 {
            return None;
        }
        let description = Description { predicates: predicates.to_vec(), value: value.clone() };
        self.descriptions.push((range.clone(), description));
        Some(Reference { candidates: found, range, indirect: true })
    }

    /// "The country whose capital is Quito is Ecuador", either way round.
    pub(super) fn identity(&mut self, start: usize, a: &Reference, b: &Reference, negated: bool) -> bool {
        let description = |reference: &Reference| {
            let known = self.descriptions.iter().rev().find(|(range, _)| *range == reference.range);
            known.map(|(_, description)| description.clone())
        };
        let (described, description, name) = match (description(a), description(b)) {
            (Some(description), None) => (a, description, b),
            (None, Some(description)) => (b, description, a),
            _ => return false,
        };
        let content = Content::Identity { described: described.clone(), description, name: name.clone() };
        self.found.push(Proposition { content, negated, range: self.range_from(start) });
        true
    }
}
