//! Verbs and phrases that relate two things, "has", and what hangs on behind.

use super::super::cursor::{Cursor, Verb, counted_by_unit};
use super::super::words::{
    CONJUNCTIONS, COPULAS, DETERMINERS, POSSESSIVES, PREPOSITIONS, RELATIVES, is_function_word,
};
use super::super::{Content, Reference, Value};
use super::super::{degree, privative};
use super::noun::value;
use super::verb::{listed, starts_clause, turns};
use super::{Subject, count, entities, rank};
use crate::items::Item;
use touchstone_core::Language;
use touchstone_graph::{PredicateId, ValueKind, fold};

/// A verb or a phrase with a preposition between two names: "borders",
/// "located in", "discovered by".
pub(super) fn relation(c: &mut Cursor<'_, '_>, start: usize, subjects: &[Subject], negated: bool) -> bool {
    let Some(references) = entities(subjects).filter(|all| !all.is_empty()) else { return false };
    let Some(item) = c.peek() else { return false };
    let Some(verb) = Verb::of(item) else { return false };
    c.at += 1;
    let preposition = item.folded.rsplit(' ').next().is_some_and(|last| PREPOSITIONS.contains(&last));
    if !preposition && !item.folded.contains(' ') && c.next_is(&["of", "for"]) {
        return false;
    }
    relation_values(c, start, &references, &verb, negated)
}

/// "is in group 16", "belongs to period 4 of the periodic table": the noun of
/// a relation with its value right behind it.
pub(super) fn valued(c: &mut Cursor<'_, '_>, start: usize, subjects: &[Reference], negated: bool) -> bool {
    let mark = c.at;
    let joins =
        |item: &Item| item.folded.rsplit(' ').next().is_some_and(|last| ["in", "to", "of"].contains(&last));
    c.eat(&["belongs", "belong", "belonged", "lies", "lie", "lay", "falls", "fall", "fell"]);
    if c.peek().is_some_and(joins) {
        c.at += 1;
        c.eat_all(DETERMINERS);
        if let Some((predicates, value)) = noun_and_value(c) {
            for subject in subjects {
                c.fact(start, subject, &predicates, value.clone(), negated, false);
            }
            return true;
        }
    }
    c.at = mark;
    false
}

/// "group 16", with what the group is one of behind it: "of the periodic
/// table", where the relation has a name with these words.
fn noun_and_value(c: &mut Cursor<'_, '_>) -> Option<(Vec<PredicateId>, Value)> {
    let noun = c.peek().filter(|item| item.entities.is_empty())?;
    let kinds = c.kinds(&noun.predicates);
    let literal = |kind: &ValueKind| matches!(kind, ValueKind::Number | ValueKind::Text);
    let predicates: Vec<PredicateId> =
        noun.predicates.iter().zip(&kinds).filter(|(_, kind)| literal(kind)).map(|(id, _)| *id).collect();
    let item = c.ahead(1)?;
    let word =
        item.is_plain() && !item.is_punctuation() && !is_function_word(&item.folded, Language::English);
    if predicates.is_empty() || !(word || item.quantity.is_some()) {
        return None;
    }
    c.at += 2;
    let value = c.value_of(item);
    let mark = c.at;
    if c.eat(&["in", "of", "on"]) {
        c.eat_all(DETERMINERS);
        let from = c.at;
        let composed = c.setting.graph.composed();
        let names = |item: &Item| {
            let mut words = item.folded.split(' ');
            words.all(|word| predicates.iter().any(|id| composed.has_word(*id, &fold(word))))
        };
        while c.peek().is_some_and(names) {
            c.at += 1;
        }
        let dated = c.peek().is_some_and(|item| item.date.is_some());
        match c.at > from {
            true => {}
            false if dated => c.at = mark,
            // A group of something else.
            false => return None,
        }
    }
    Some((predicates, value))
}

fn relation_values(
    c: &mut Cursor<'_, '_>,
    start: usize,
    subjects: &[Reference],
    verb: &Verb,
    negated: bool,
) -> bool {
    let predicates = verb.predicates();
    if count::of_values(c, start, subjects, verb, negated) {
        return true;
    }
    // "borders neither Brazil nor Chile"
    let neither = c.eat(&["neither"]);
    let mut negated = negated != neither;
    let found = c.found.len();
    let (mut any, mut or) = (false, false);
    loop {
        let back = c.at;
        if any {
            let comma = c.eat(&[","]);
            let joined = c.eat(CONJUNCTIONS);
            let other = c.eat(if neither { &["nor", "or"] } else { &["or"] });
            let turned = turns(c, negated);
            if !(comma || joined || other || turned) {
                break;
            }
            or |= other;
            negated ^= turned;
        }
        c.eat(&["both"]);
        match listed(c, &predicates) {
            Some(value) if !(any && starts_clause(c)) => {
                for subject in subjects {
                    c.relation(start, subject, verb, value.clone(), negated);
                }
                any = true;
            }
            _ => {
                c.at = back;
                break;
            }
        }
    }
    // "borders Peru or Chile" says neither of them.
    if or && !negated {
        if subjects.len() > 1 {
            return false;
        }
        let parts = c.found.drain(found..).map(|proposition| proposition.content).collect();
        let range = c.range_from(start);
        c.push(Content::Any(parts), false, range);
    }
    as_noun(c);
    any
}

/// "uses the dollar as its currency": the noun repeats the verb's relation.
fn as_noun(c: &mut Cursor<'_, '_>) {
    let back = c.at;
    if c.eat(&["as"]) {
        c.eat_all(DETERMINERS);
        c.eat(POSSESSIVES);
        if c.peek().is_some_and(|item| !item.predicates.is_empty()) {
            c.at += 1;
            return;
        }
    }
    c.at = back;
}

/// "has a population of N", "has atomic number 79", "has Quito as its capital".
pub(super) fn possession(c: &mut Cursor<'_, '_>, start: usize, subjects: &[Subject], negated: bool) -> bool {
    c.eat_all(DETERMINERS);
    c.eat(&["any"]);
    if entities(subjects).is_some_and(|all| privative::possessed(c, start, &all, negated, Language::English))
    {
        return true;
    }
    let [Subject::Entity(subject)] = subjects else { return false };
    let subject = subject.clone();
    if degree::english_possessed(c, start, &subject, negated) || inhabited(c, start, &subject, negated) {
        return true;
    }
    let own = c.eat(POSSESSIVES);
    if rank::possessed(c, start, &subject, negated) || count::possessed(c, start, &subject, negated) {
        return true;
    }
    if let Some(item) = c.peek().filter(|item| !item.predicates.is_empty() && item.quantity.is_none()) {
        c.at += 1;
        let predicates = item.predicates.clone();
        // "has its head office in Riga"
        let _ = c.eat(&["of", ":"]) || (own && c.eat(&["in", "at"]));
        c.eat_all(COPULAS);
        let Some(first) = value(c, &predicates) else { return false };
        c.fact(start, &subject, &predicates, first, negated, false);
        return true;
    }
    let mark = c.at;
    let Some(item) = c.peek() else { return false };
    if item.quantity.is_some() {
        c.at += 1;
        let value = c.value_of(item);
        c.eat(&["of"]);
        if let Some(noun) = c.peek().filter(|item| !item.predicates.is_empty()) {
            c.at += 1;
            c.fact(start, &subject, &noun.predicates, value, negated, false);
            return true;
        }
        c.at = mark;
        return false;
    }
    if !item.entities.is_empty() {
        c.at += 1;
        let value = c.value_of(item);
        if c.eat(&["as", "for"]) {
            c.eat_all(DETERMINERS);
            c.eat(POSSESSIVES);
            if let Some(noun) = c.peek().filter(|item| !item.predicates.is_empty()) {
                c.at += 1;
                c.fact(start, &subject, &noun.predicates, value, negated, false);
                return true;
            }
        } else if let Some(noun) = c.peek().filter(|item| !item.value_nouns.is_empty()) {
            // "holds French citizenship"
            c.at += 1;
            c.fact(start, &subject, &noun.value_nouns, value, negated, false);
            return true;
        }
    }
    c.at = mark;
    false
}

/// "has 370,000 inhabitants": the unit is what the graph calls the number.
fn inhabited(c: &mut Cursor<'_, '_>, start: usize, subject: &Reference, negated: bool) -> bool {
    let Some(item) = c.peek().filter(|item| item.date.is_none()) else { return false };
    let predicates = counted_by_unit(c, item);
    if predicates.is_empty() {
        return false;
    }
    c.at += 1;
    let value = c.value_of(item);
    c.fact(start, subject, &predicates, value, negated, false);
    true
}

/// What may hang on behind a clause: ", located in South America", "in 1898
/// by Marie Curie" (the verb is taken up again with its preposition).
pub(super) fn attachments(c: &mut Cursor<'_, '_>, start: usize, subjects: &[Subject]) -> bool {
    loop {
        let back = c.at;
        let found = c.found.len();
        c.eat(&[","]);
        if c.eat(RELATIVES) {
            c.at = back;
            break;
        }
        // "in 1995" says when, not where.
        let when = c.ahead(1).is_some_and(|next| next.date.is_some() && next.entities.is_empty());
        let relational = c.peek().is_some_and(|item| {
            !(when && item.is(PREPOSITIONS))
                && Verb::of(item).is_some()
                && item.folded.rsplit(' ').next().is_some_and(|last| PREPOSITIONS.contains(&last))
        });
        let read = (relational && relation(c, start, subjects, false)) || resumed(c, start, back, subjects);
        if !read {
            c.found.truncate(found);
            c.at = back;
            break;
        }
    }
    true
}

/// "discovered by X in 1898": reads "discovered in 1898".
fn resumed(c: &mut Cursor<'_, '_>, start: usize, end: usize, subjects: &[Subject]) -> bool {
    let [Subject::Entity(subject)] = subjects else { return false };
    let subject = subject.clone();
    let Some(preposition) = c.peek().filter(|item| item.is(PREPOSITIONS)) else { return false };
    let lexicon = c.setting.graph.lexicon();
    let verb = c.items[start..end].iter().rev().find_map(|item| {
        let (verb, last) = item.folded.rsplit_once(' ')?;
        (!item.predicates.is_empty() && PREPOSITIONS.contains(&last)).then(|| verb.to_owned())
    });
    let Some(verb) = verb else { return false };
    let predicates: Vec<PredicateId> = lexicon
        .lookup(&format!("{verb} {}", preposition.folded))
        .iter()
        .filter_map(|entry| match entry.meaning {
            touchstone_graph::Meaning::Predicate(id) => Some(id),
            _ => None,
        })
        .collect();
    if predicates.is_empty() {
        return false;
    }
    c.at += 1;
    let verb = Verb { forward: predicates, reversed: Vec::new() };
    relation_values(c, start, &[subject], &verb, false)
}
