//! Noun phrases: names, descriptions, the slots of facts and the values in them.

use super::super::cursor::Cursor;
use super::super::words::{
    COPULAS, DETERMINERS, HAVE, OF_LIKE, POSSESSIVES, PREPOSITIONS, PRONOUNS, RELATIVES, is_function_word,
};
use super::super::{Object, Reference, Value};
use super::Subject;
use crate::items::Item;
use crate::lookup;
use touchstone_core::Language;
use touchstone_graph::{ClassId, PredicateId, ValueKind};

pub(super) fn noun_phrase(c: &mut Cursor<'_, '_>) -> Option<Subject> {
    let start = c.at;
    if c.eat(POSSESSIVES) {
        let item = c.peek().filter(|item| !item.predicates.is_empty())?;
        c.at += 1;
        let of = c.discourse(&item.predicates, item.range.clone())?;
        return Some(Subject::Slot { predicates: item.predicates.clone(), of, inverse: false });
    }
    if let Some(slot) = slot_phrase(c) {
        return Some(slot);
    }
    c.at = start;
    if let Some(reference) = reference(c) {
        if c.eat(&["'s", "’s", "'", "’"]) {
            let after = c.at;
            while c.peek().is_some_and(|item| item.predicates.is_empty() && !item.classes.is_empty()) {
                c.at += 1;
            }
            if let Some(item) = c.peek().filter(|item| !item.predicates.is_empty()) {
                c.at += 1;
                return Some(Subject::Slot {
                    predicates: item.predicates.clone(),
                    of: reference,
                    inverse: false,
                });
            }
            c.at = after;
            return None;
        }
        // "The French language is …"
        if c.items[start].is(DETERMINERS) && c.peek().is_some_and(|item| !item.value_nouns.is_empty()) {
            c.at += 1;
            return Some(Subject::Entity(reference));
        }
        // "Gold atomic number is 79"
        if let (Some(item), Some(then)) = (c.peek(), c.ahead(1))
            && !item.predicates.is_empty()
            && then.is(COPULAS)
        {
            c.at += 1;
            return Some(Subject::Slot {
                predicates: item.predicates.clone(),
                of: reference,
                inverse: false,
            });
        }
        return Some(Subject::Entity(reference));
    }
    c.at = start;
    c.eat_all(DETERMINERS);
    let from = c.at;
    // A value before its slot: "79 is the atomic number of gold".
    if let Some(item) = c.peek().filter(|item| item.quantity.is_some() || item.date.is_some()) {
        c.at += 1;
        return Some(Subject::Unknown(c.value_of(item)));
    }
    while c.peek().is_some_and(|item| {
        item.is_plain() && !item.is_punctuation() && !is_function_word(&item.folded, Language::English)
    }) {
        c.at += 1;
    }
    let short = c.at > from && c.at - from <= 5;
    if !short {
        c.at = start;
        return None;
    }
    let value = c.unknown(c.range_from(from));
    Some(Subject::Unknown(value))
}

/// "[the] [official] P of E", with names and classes before P passed over
/// ("the US state capital of Florida").
pub(super) fn slot_phrase(c: &mut Cursor<'_, '_>) -> Option<Subject> {
    let indefinite = c.next_is(&["a", "an"]);
    let determined = c.next_is(DETERMINERS);
    c.eat_all(DETERMINERS);
    for _ in 0..3 {
        match c.peek() {
            Some(item)
                if item.predicates.is_empty() && !(item.entities.is_empty() && item.classes.is_empty()) =>
            {
                c.at += 1
            }
            _ => break,
        }
    }
    let item = c.peek().filter(|item| !item.predicates.is_empty() && !is_verbal(item))?;
    c.at += 1;
    // "capital of", and behind an article "a treatment for", "a student at"
    let role = determined && is_role(&item.folded);
    let inverse = role || item.folded.ends_with(" of");
    // "a country in Africa" says what a thing is, not whose country it is.
    if !item.classes.is_empty() && (indefinite || c.next_is(&["in"])) {
        return None;
    }
    if !inverse && !c.eat(OF_LIKE) {
        let of = c.scene.clone()?;
        c.scene_used = true;
        return Some(Subject::Slot { predicates: item.predicates.clone(), of, inverse });
    }
    let of = reference(c)?;
    Some(Subject::Slot { predicates: item.predicates.clone(), of, inverse })
}

/// "E's official language" behind a copula.
pub(super) fn possessive_slot(c: &mut Cursor<'_, '_>) -> Option<Subject> {
    let of = reference(c)?;
    if !c.eat(&["'s", "’s", "'", "’"]) {
        return None;
    }
    let item = c.peek().filter(|item| !item.predicates.is_empty())?;
    c.at += 1;
    Some(Subject::Slot { predicates: item.predicates.clone(), of, inverse: false })
}

/// A noun with the preposition that joins it to its object.
fn is_role(phrase: &str) -> bool {
    phrase.rsplit_once(' ').is_some_and(|(_, last)| PREPOSITIONS.contains(&last))
}

/// "is the capital of", "serves as the capital of": a verb phrase, no noun.
fn is_verbal(item: &Item) -> bool {
    let first = item.folded.split(' ').next().unwrap_or_default();
    COPULAS.contains(&first) || item.folded.contains(" the ")
}

/// A name, "the element gold", "the city of Quito", "it", "this country" or
/// "the country whose capital is Quito".
pub(in crate::grammar) fn reference(c: &mut Cursor<'_, '_>) -> Option<Reference> {
    let start = c.at;
    if c.peek().is_some_and(|item| item.is(PRONOUNS)) {
        c.at += 1;
        return c.discourse(&[], c.range_from(start));
    }
    let quoted = c.eat(&["\"", "“", "'", "‘"]);
    c.eat_all(DETERMINERS);
    let item = c.peek()?;
    if !item.entities.is_empty() {
        c.at += 1;
        if quoted {
            c.eat(&["\"", "”", "'", "’"]);
        }
        let candidates = item.entities.clone();
        let reference = Reference { candidates, range: item.range.clone(), indirect: false };
        other_name(c, &reference);
        return Some(reference);
    }
    if item.classes.is_empty() {
        return None;
    }
    let classes = &item.classes;
    c.at += 1;
    let whose = c.eat(&["whose"]);
    let having = c.eat(&["with", "having"]) || uses(c);
    if whose || having {
        // "an element with …" may be any that has it.
        let definite = c.items[start].is(&["the"]);
        if !whose {
            c.eat_all(DETERMINERS);
        }
        let phrase = c.peek().filter(|item| !item.predicates.is_empty() && (whose || definite))?;
        c.at += 1;
        if !c.eat(if whose { COPULAS } else { &["of", ":"] }) && whose {
            return None;
        }
        let value = value(c, &phrase.predicates)?;
        return c.described(&phrase.predicates, &value, classes, c.range_from(start));
    }
    let after_class = c.at;
    c.eat(&["of", "called", "named"]);
    c.eat(&["\"", "“"]);
    if let Some(name) = c.peek().filter(|item| !item.entities.is_empty()) {
        c.at += 1;
        c.eat(&["\"", "”"]);
        let of_class: Vec<_> =
            name.entities.iter().copied().filter(|id| is_of_class(c, *id, classes)).collect();
        let candidates = if of_class.is_empty() { name.entities.clone() } else { of_class };
        return Some(Reference { candidates, range: name.range.clone(), indirect: false });
    }
    c.at = after_class;
    let next_joins = c.peek().is_some_and(|item| item.is(OF_LIKE) || item.is(RELATIVES));
    if next_joins || c.at - start < 2 {
        return None;
    }
    // "the country": the latest of that class.
    let latest = c.setting.discourse.iter().rev().find(|id| is_of_class(c, **id, classes))?;
    Some(Reference { candidates: vec![*latest], range: c.range_from(start), indirect: true })
}

/// "that has", "which uses"
fn uses(c: &mut Cursor<'_, '_>) -> bool {
    let mark = c.at;
    let found = c.eat(&["that", "which"]) && (c.eat(HAVE) || c.eat(&["uses", "use", "used"]));
    if !found {
        c.at = mark;
    }
    found
}

fn is_of_class(c: &Cursor<'_, '_>, id: touchstone_graph::EntityId, classes: &[ClassId]) -> bool {
    let graph = c.setting.graph;
    let types = graph.lexicon().types(id);
    !types.is_empty() && graph.ontology().fits(types, classes)
}

pub(super) fn entity_value(reference: &Reference) -> Value {
    Value { range: reference.range.clone(), readings: vec![Object::Entity(reference.clone()), Object::Text] }
}

/// A value for these predicates: a name, a number, a date or plain words.
pub(super) fn value(c: &mut Cursor<'_, '_>, predicates: &[PredicateId]) -> Option<Value> {
    let kinds = c.kinds(predicates);
    c.eat(&["\"", "“", "‘", "'"]);
    let mut definite = false;
    if !kinds.iter().all(|k| *k == ValueKind::Text) {
        definite = c.next_is(&["the"]);
        c.eat_all(DETERMINERS);
        apposed(c);
    }
    let item = c.peek().filter(|item| !item.is_punctuation())?;
    let from = c.at;
    c.at += 1;
    let known = !item.entities.is_empty() || item.quantity.is_some() || item.date.is_some();
    // "the Central Asia time zone" is no Central Asia; "the English language"
    // is English.
    let compound = definite
        && c.peek().is_some_and(|next| {
            let other = !next.predicates.is_empty()
                && next.value_nouns.is_empty()
                && !next.predicates.iter().any(|id| predicates.contains(id));
            next.is_plain() || other && ends(c.ahead(1))
        });
    let continues = c.peek().is_some_and(|next| {
        let name = next.is_plain() && starts_upper(c, next);
        (compound || name)
            && next.folded.chars().all(|c| c.is_alphanumeric() || c == ' ')
            && next.folded.split(' ').all(|word| !is_function_word(word, Language::English))
    });
    let result = if (known && !continues) || kinds.iter().all(|k| *k == ValueKind::Text) {
        c.value_of(item)
    } else {
        if !known && is_function_word(&item.folded, Language::English) {
            c.at = from;
            return None;
        }
        while c.peek().is_some_and(|next| {
            !next.is_punctuation()
                && !is_function_word(&next.folded, Language::English)
                && next.quantity.is_none()
                && next.date.is_none()
        }) {
            c.at += 1;
        }
        if c.at == from + 1 { c.value_of(item) } else { c.unknown(c.range_from(from)) }
    };
    c.eat(&["\"", "”", "’", "'"]);
    if c.peek().is_some_and(|next| next.value_nouns.iter().any(|p| predicates.contains(p))) {
        c.at += 1;
    }
    parenthesis(c, &result);
    Some(result)
}

/// "the continent of Europe", "the field of chemistry": the noun says what the
/// name behind it is, where the graph has the name as such a value and not as
/// something that has one.
fn apposed(c: &mut Cursor<'_, '_>) {
    let (Some(noun), Some(name)) = (c.peek(), c.ahead(2)) else { return };
    if noun.predicates.is_empty() || !c.ahead(1).is_some_and(|item| item.is(&["of"])) {
        return;
    }
    let graph = c.setting.graph;
    let is_value = noun.predicates.iter().any(|id| {
        let predicate = graph.ontology().predicate(*id);
        name.entities.iter().any(|entity| {
            lookup::is_ever_value(graph, predicate, *entity)
                && lookup::facts(graph, graph.lexicon().iri(*entity), *id).is_empty()
        })
    });
    if is_value {
        c.at += 2;
    }
}

/// "Myanmar (Burma)": another name of the same in brackets is read over.
fn other_name(c: &mut Cursor<'_, '_>, of: &Reference) {
    let bracketed = c.next_is(&["("]) && c.ahead(2).is_some_and(|item| item.is(&[")"]));
    if bracketed && c.ahead(1).is_some_and(|inner| inner.entities.iter().any(|id| of.candidates.contains(id)))
    {
        c.at += 3;
    }
}

/// "(USD)" behind a name is read over when it is another name of the same.
fn parenthesis(c: &mut Cursor<'_, '_>, of: &Value) {
    if !c.next_is(&["("]) || !c.ahead(2).is_some_and(|item| item.is(&[")"])) {
        return;
    }
    let same = c.ahead(1).is_some_and(|inner| {
        of.readings.iter().any(|reading| match reading {
            Object::Entity(e) => inner.entities.iter().any(|id| e.candidates.contains(id)),
            _ => false,
        })
    });
    if !same {
        c.unread = true;
    }
    c.at += 3;
}

fn ends(item: Option<&Item>) -> bool {
    item.is_none_or(Item::is_punctuation)
}

fn starts_upper(c: &Cursor<'_, '_>, item: &Item) -> bool {
    c.setting.text[item.range.clone()].starts_with(char::is_uppercase)
}
