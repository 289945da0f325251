use std::ops::Range;

use touchstone_core::Language;
use touchstone_graph::{ClassId, EntityId, Meaning, PredicateId, ValueKind};

use super::{Content, Description, Object, Proposition, Reference, Setting, Time, Value};
use crate::items::Item;
use crate::lookup;
use crate::read::DateInterval;
use crate::verify::{self, Case};

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
    /// The clause is in the past tense.
    pub(super) past: bool,
    /// "In 1995, …": when the sentence holds.
    pub(super) when: Option<DateInterval>,
}

/// Numbers that the graph names by what is counted: "370,000 inhabitants",
/// 37万人.
pub(super) fn counted_by_unit(c: &Cursor<'_, '_>, item: &Item) -> Vec<PredicateId> {
    let Some(quantity) = item.quantity.as_ref().filter(|q| q.unit.is_some_and(|unit| unit.is_count())) else {
        return Vec::new();
    };
    let end = item.range.start + (quantity.number.span.end - quantity.span.start);
    let Some(word) = c.setting.text.get(end..item.range.end).map(str::trim) else { return Vec::new() };
    let forms = [
        word.to_owned(),
        format!("number of {word}"),
        format!("{word}口"),
        format!("{word}人数"),
        format!("{word}数"),
    ];
    let mut found: Vec<PredicateId> = Vec::new();
    for entry in forms.iter().flat_map(|form| c.setting.graph.lexicon().lookup(form).iter()) {
        if let Meaning::Predicate(id) = entry.meaning
            && c.kinds(&[id]) == [ValueKind::Number]
            && !found.contains(&id)
        {
            found.push(id);
        }
    }
    found
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
            past: false,
            when: None,
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
        let fits = |id: &EntityId| {
            let types = lexicon.types(*id);
            predicates.is_empty()
                || predicates.iter().any(|p| {
                    let domain = &ontology.predicate(*p).domain;
                    !types.is_empty() && !domain.is_empty() && ontology.fits(types, domain)
                })
        };
        // "Ecuador's capital is Quito, and its currency …": of the names in the
        // sentence the one that fits; of two that do no one can say which.
        let mut own: Vec<EntityId> =
            self.items[..self.at].iter().filter_map(|item| self.likeliest(item)).collect();
        own.retain(|id| !predicates.is_empty() && fits(id));
        own.sort_unstable();
        own.dedup();
        let latest = match own.as_slice() {
            [one] => *one,
            [] => *self.setting.discourse.iter().rev().find(|id| fits(id))?,
            _ => return None,
        };
        Some(Reference { candidates: vec![latest], range, indirect: true })
    }

    fn likeliest(&self, item: &Item) -> Option<EntityId> {
        let lexicon = self.setting.graph.lexicon();
        let prior = |id: &EntityId| lexicon.prior(*id);
        item.entities.iter().copied().max_by(|a, b| prior(a).total_cmp(&prior(b)))
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

    pub(super) fn push(&mut self, content: Content, negated: bool, range: Range<usize>) {
        let time = Time { past: self.past, when: self.when.clone() };
        self.found.push(Proposition { content, negated, range, time });
    }

    /// Gives a time to all that was read since there were `from` propositions.
    pub(super) fn dated(&mut self, from: usize, when: &DateInterval, start: usize) {
        let range = self.range_from(start);
        for proposition in self.found.iter_mut().skip(from) {
            proposition.time.when = Some(when.clone());
            if proposition.range.start >= range.start {
                proposition.range.end = proposition.range.end.max(range.end);
            }
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
        let content = Content::Fact {
            subject: subject.clone(),
            predicates: predicates.to_vec(),
            reversed: Vec::new(),
            value,
            flexible,
        };
        self.push(content, negated, range);
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
        self.push(content, negated, range);
    }

    /// The one entity of the classes of which a fact with one of these values
    /// holds.
    pub(super) fn described(
        &mut self,
        predicates: &[PredicateId],
        value: &Value,
        classes: &[ClassId],
        range: Range<usize>,
    ) -> Option<Reference> {
        let graph = self.setting.graph;
        let candidates = value.readings.iter().find_map(|reading| match reading {
            Object::Entity(reference) => Some(reference.candidates.as_slice()),
            _ => None,
        });
        let literal = |id: &PredicateId| graph.ontology().predicate(*id).value_kind != ValueKind::Entity;
        let mut found = match candidates {
            Some(candidates) if !predicates.iter().any(literal) => {
                lookup::subjects(graph, predicates, candidates)
            }
            _ => {
                let case = Case::new(graph, self.setting.text, Language::English);
                verify::subjects_with(&case, predicates, value)
            }
        };
        found.retain(|id| graph.ontology().fits(graph.lexicon().types(*id), classes));
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
        self.push(content, negated, self.range_from(start));
        true
    }
}
