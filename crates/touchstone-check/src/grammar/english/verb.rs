//! What a clause says of its subject: copulas and their complements.

use super::super::cursor::{Cursor, Verb};
use super::super::words::{
    BECOMING, CONJUNCTIONS, COPULAS, DETERMINERS, DO, GENERIC_NOUNS, HAVE, NEGATED_COPULAS, NEGATED_DO,
    NEGATED_HAVE, NEGATIONS, NEUTRAL_ADVERBS, OF_LIKE, PERFECT, RELATIVES,
};
use super::super::{Content, Object, Reference, Value};
use super::super::{degree, privative};
use super::member::{self, mutual};
use super::noun::{entity_value, possessive_slot, reference, slot_phrase, value};
use super::relation::{attachments, possession, relation, valued};
use super::{Subject, entities, rank};
use crate::items::Item;
use touchstone_core::Language;
use touchstone_graph::{ClassId, PredicateId, ValueKind};

/// Nouns that name where something has its place.
const SEATS: &[&str] =
    &["headquarters", "headquarter", "office", "seat", "base", "workplace", "residence", "home"];
/// Verbs that say that something is missing.
const LACKING: &[&str] = &["lacks", "lack", "lacked"];
/// Verbs that say nothing of today.
const PAST: &[&str] = &["was", "were", "had", "wasn't", "weren't", "wasn’t", "weren’t", "hadn't", "hadn’t"];

pub(super) fn verb_phrase(c: &mut Cursor<'_, '_>, start: usize, subjects: &[Subject]) -> bool {
    c.eat_all(NEUTRAL_ADVERBS);
    c.past = c.next_is(PAST);
    if c.eat(NEGATED_COPULAS) {
        return complement(c, start, subjects, true) && attachments(c, start, subjects);
    }
    if c.next_is(PERFECT) && c.ahead(1).is_some_and(|item| item.is(&["been"])) {
        c.at += 1;
    }
    if became(c, start, subjects) {
        return attachments(c, start, subjects);
    }
    let possible = c.eat(&["can"]);
    if possible && !(c.next_is(&["be"]) && c.ahead(1).is_some_and(|item| item.folded.starts_with("found "))) {
        return false;
    }
    if entities(subjects).is_some_and(|both| mutual(c, start, &both, false)) {
        return true;
    }
    if c.eat(COPULAS) || c.eat(&["=", ":"]) {
        c.eat_all(&["been"]);
        // The symbol of nobelium is No, that of arsenic As.
        let is_value = c.ahead(1).is_none_or(Item::is_punctuation) && is_text_slot(c, subjects);
        let mut negated = false;
        if !is_value {
            c.eat_all(NEUTRAL_ADVERBS);
            negated = c.eat(NEGATIONS);
            c.eat_all(NEUTRAL_ADVERBS);
        }
        return complement(c, start, subjects, negated) && attachments(c, start, subjects);
    }
    // What used to be so is said of another time.
    if c.peek().is_some_and(|item| item.folded.starts_with("used to"))
        || c.next_is(&["used"]) && c.ahead(1).is_some_and(|item| item.is(&["to"]))
    {
        return false;
    }
    let mut negated = c.eat(NEGATED_DO) || c.eat(NEGATED_HAVE);
    if c.next_is(DO) {
        c.at += 1;
        if !c.eat(NEGATIONS) {
            return false;
        }
        negated = true;
    }
    negated |= c.eat(NEGATIONS);
    c.eat_all(NEUTRAL_ADVERBS);
    let had = c.eat(HAVE);
    if had {
        negated |= c.eat(NEGATIONS);
        if possession(c, start, subjects, negated) {
            return attachments(c, start, subjects);
        }
        return false;
    }
    if c.next_is(LACKING)
        && let Some(all) = entities(subjects)
    {
        c.at += 1;
        c.eat_all(DETERMINERS);
        c.eat(&["any"]);
        return privative::possessed(c, start, &all, !negated, Language::English);
    }
    let valued = entities(subjects).is_some_and(|all| valued(c, start, &all, negated));
    (valued || relation(c, start, subjects, negated)) && attachments(c, start, subjects)
}

/// "became the capital of Peru", "serves as a member of NATO": what follows is
/// said as by a copula, where it can be read so.
fn became(c: &mut Cursor<'_, '_>, start: usize, subjects: &[Subject]) -> bool {
    let mark = c.at;
    let found = c.found.len();
    let read = (c.eat(BECOMING)
        || (c.next_is(&["serves", "served", "acts", "acted"])
            && c.ahead(1).is_some_and(|i| i.is(&["as"]))
            && {
                c.at += 2;
                true
            }))
        && matches!(subjects, [Subject::Entity(_)])
        && complement(c, start, subjects, false);
    if !read {
        c.found.truncate(found);
        c.at = mark;
    }
    read
}

fn is_text_slot(c: &Cursor<'_, '_>, subjects: &[Subject]) -> bool {
    let [Subject::Slot { predicates, .. }] = subjects else { return false };
    c.kinds(predicates).iter().all(|kind| *kind == ValueKind::Text)
}

/// What follows a copula.
pub(super) fn complement(c: &mut Cursor<'_, '_>, start: usize, subjects: &[Subject], negated: bool) -> bool {
    let mark = c.at;
    match subjects {
        [Subject::Slot { predicates, of, inverse }] => {
            degree::english_slot(c, start, predicates, of, negated)
                || slot_value(c, start, predicates, of, *inverse, negated)
        }
        [Subject::Unknown(value)] => {
            let (value, start) = (value.clone(), start);
            let Some(Subject::Slot { predicates, of, inverse }) = slot_phrase(c) else { return false };
            state_slot(c, start, &predicates, &of, inverse, value, negated);
            true
        }
        _ => {
            let Some(references) = entities(subjects) else { return false };
            if let Some(rank) = rank::superlative(c) {
                for reference in &references {
                    rank::push(c, start, reference, &rank, negated);
                }
                return true;
            }
            if let Some(Subject::Slot { predicates, of, inverse }) = slot_phrase(c) {
                let mut owners = vec![(of, negated)];
                more_owners(c, &mut owners, negated);
                for reference in &references {
                    for (of, negated) in &owners {
                        state_slot(c, start, &predicates, of, inverse, entity_value(reference), *negated);
                    }
                }
                return true;
            }
            c.at = mark;
            if let Some(Subject::Slot { predicates, of, inverse }) = possessive_slot(c) {
                for reference in &references {
                    state_slot(c, start, &predicates, &of, inverse, entity_value(reference), negated);
                }
                return true;
            }
            c.at = mark;
            if modified(c, start, &references, negated) || mutual(c, start, &references, negated) {
                return true;
            }
            c.at = mark;
            if degree::english(c, start, &references, negated) {
                return true;
            }
            c.at = mark;
            if truth(c, start, &references, negated) {
                return true;
            }
            c.at = mark;
            if valued(c, start, &references, negated) || relation(c, start, subjects, negated) {
                return true;
            }
            c.at = mark;
            if generic(c) && relation(c, start, subjects, negated) {
                return true;
            }
            c.at = mark;
            if let ([subject], Some(other)) = (references.as_slice(), reference(c))
                && c.identity(start, subject, &other, negated)
            {
                return true;
            }
            c.at = mark;
            if membership(c, start, &references, negated) {
                return true;
            }
            c.at = mark;
            member::classified(c, start, &references, negated)
        }
    }
}

/// "the currency of Germany, France and Italy", "the capital of Norway, not of
/// Sweden".
fn more_owners(c: &mut Cursor<'_, '_>, owners: &mut Vec<(Reference, bool)>, negated: bool) {
    loop {
        let back = c.at;
        let comma = c.eat(&[","]);
        let and = c.eat(CONJUNCTIONS);
        let turned = turns(c, negated);
        c.eat(OF_LIKE);
        match (comma || and || turned).then(|| reference(c)).flatten() {
            Some(next) if !starts_clause(c) && !c.next_is(RELATIVES) => {
                owners.push((next, negated != turned))
            }
            _ => {
                c.at = back;
                return;
            }
        }
    }
}

/// "a French citizen", "a French-language work", "a Paris-based company".
fn modified(c: &mut Cursor<'_, '_>, start: usize, subjects: &[Reference], negated: bool) -> bool {
    let mark = c.at;
    c.eat_all(DETERMINERS);
    let Some(value) = c.peek().filter(|item| !item.entities.is_empty()) else { return false };
    c.at += 1;
    let value = c.value_of(value);
    let hyphen = c.eat(&["-"]);
    let Some(noun) = c.peek() else { return false };
    // "a physicist by profession"
    let adverbial = !hyphen && noun.folded.starts_with("by ");
    let predicates = match (hyphen, adverbial) {
        (true, _) => &noun.compounds,
        (_, true) => &noun.value_nouns,
        _ => &noun.subject_nouns,
    };
    c.at += 1;
    let head = !hyphen || class_or_generic(c, start, subjects, negated);
    if predicates.is_empty() || !head {
        c.at = mark;
        return false;
    }
    for subject in subjects {
        c.fact(start, subject, predicates, value.clone(), negated, false);
    }
    true
}

/// The noun that a modifier stands before: a class that is claimed too, or a
/// word that says nothing.
fn class_or_generic(c: &mut Cursor<'_, '_>, start: usize, subjects: &[Reference], negated: bool) -> bool {
    let Some(item) = c.peek() else { return false };
    if item.is(GENERIC_NOUNS) {
        c.at += 1;
        return true;
    }
    // A denied pair ("not a Paris-based bank") may fail by either half.
    if item.classes.is_empty() || negated {
        return false;
    }
    c.at += 1;
    let classes = item.classes.clone();
    push_memberships(c, start, subjects, &classes, negated);
    true
}

/// "a place", "a product", "the language": read over before "located in" or
/// "spoken by".
fn generic(c: &mut Cursor<'_, '_>) -> bool {
    if !c.eat(DETERMINERS) {
        return false;
    }
    let Some(noun) = c.peek().filter(|item| item.is(GENERIC_NOUNS) || !item.value_nouns.is_empty()) else {
        return false;
    };
    c.at += 1;
    c.eat(RELATIVES);
    c.eat(COPULAS);
    let follows = c.peek().and_then(Verb::of);
    noun.is(GENERIC_NOUNS)
        || follows.is_some_and(|verb| verb.reversed.iter().any(|p| noun.value_nouns.contains(p)))
}

fn slot_value(
    c: &mut Cursor<'_, '_>,
    start: usize,
    predicates: &[PredicateId],
    of: &Reference,
    inverse: bool,
    negated: bool,
) -> bool {
    if !placed(c) {
        c.eat(&["called", "named", "known as"]);
        if c.eat(&["that"]) && !c.eat(&["of"]) {
            return false;
        }
    }
    let Some(first) = value(c, predicates) else { return false };
    let mut values = vec![(first, negated)];
    loop {
        let back = c.at;
        let comma = c.eat(&[","]);
        let and = c.eat(CONJUNCTIONS);
        // "Portuguese, not Spanish", "not Spanish but Portuguese"
        let turned = turns(c, negated);
        let next = if comma || and || turned { listed(c, predicates) } else { None };
        // A new clause has a verb of its own behind its first phrase.
        match next {
            Some(next) if !starts_clause(c) => values.push((next, negated != turned)),
            _ => {
                c.at = back;
                break;
            }
        }
    }
    for (value, negated) in values {
        state_slot(c, start, predicates, of, inverse, value, negated);
    }
    true
}

/// "not" behind what is said, "but" behind what is denied.
pub(super) fn turns(c: &mut Cursor<'_, '_>, negated: bool) -> bool {
    let mark = c.at;
    let but = c.eat(&["but", "rather than", "instead of"]);
    let not = c.eat(&["not"]);
    let turned = if negated { but && !not } else { not };
    if !turned {
        c.at = mark;
    }
    turned
}

/// The next value of a list, which is no verb of another clause.
pub(super) fn listed(c: &mut Cursor<'_, '_>, predicates: &[PredicateId]) -> Option<Value> {
    let verb = c.peek().is_some_and(|item| item.entities.is_empty() && Verb::of(item).is_some());
    if verb { None } else { value(c, predicates) }
}

/// "The headquarters of E are [located] in V": nouns for a place take "in".
fn placed(c: &mut Cursor<'_, '_>) -> bool {
    let noun = c.items[..c.at].iter().rev().find(|item| !item.predicates.is_empty());
    let of_place = noun.is_some_and(|item| SEATS.iter().any(|seat| item.folded.ends_with(seat)));
    of_place
        && (c.eat(&["in", "at"])
            || c.peek().is_some_and(|item| {
                ["located in", "situated in", "based in", "found in", "located at", "situated at"]
                    .contains(&item.folded.as_str())
            }) && {
                c.at += 1;
                true
            })
}

pub(super) fn starts_clause(c: &Cursor<'_, '_>) -> bool {
    c.peek().is_some_and(|item| {
        item.is(COPULAS)
            || item.is(HAVE)
            || item.is(DO)
            || item.is(OF_LIKE)
            || item.is(NEGATED_COPULAS)
            || item.is(&["'s", "’s"])
            || !item.predicates.is_empty()
            || !item.reversed.is_empty()
    })
}

fn state_slot(
    c: &mut Cursor<'_, '_>,
    start: usize,
    predicates: &[PredicateId],
    of: &Reference,
    inverse: bool,
    value: Value,
    negated: bool,
) {
    if !inverse {
        c.fact(start, of, predicates, value, negated, false);
        return;
    }
    // "capital of" is said of the value: V capital-of E.
    let subject =
        value.readings.iter().find_map(|r| if let Object::Entity(e) = r { Some(e.clone()) } else { None });
    let subject =
        subject.unwrap_or(Reference { candidates: Vec::new(), range: value.range, indirect: false });
    let object = entity_value(of);
    c.fact(start, &subject, predicates, object, negated, true);
}

/// "is landlocked": a predicate with a truth value.
fn truth(c: &mut Cursor<'_, '_>, start: usize, subjects: &[Reference], negated: bool) -> bool {
    c.eat_all(DETERMINERS);
    let Some(item) = c.peek() else { return false };
    let predicates: Vec<_> =
        item.predicates.iter().copied().filter(|p| c.kinds(&[*p]) == [ValueKind::Boolean]).collect();
    if predicates.is_empty() {
        return false;
    }
    c.at += 1;
    if let Some(class) = c.peek().filter(|item| !item.classes.is_empty()) {
        c.at += 1;
        let classes = class.classes.clone();
        push_memberships(c, start, subjects, &classes, negated);
    }
    for subject in subjects {
        let value = Value { range: item.range.clone(), readings: vec![Object::True] };
        c.fact(start, subject, &predicates, value, negated, false);
    }
    true
}

fn push_memberships(
    c: &mut Cursor<'_, '_>,
    start: usize,
    subjects: &[Reference],
    classes: &[ClassId],
    negated: bool,
) {
    for subject in subjects {
        let range = c.range_from(start);
        let content = Content::Membership { subject: subject.clone(), classes: classes.to_vec() };
        c.push(content, negated, range);
    }
}

/// "a city in Ecuador"
fn membership(c: &mut Cursor<'_, '_>, start: usize, subjects: &[Reference], negated: bool) -> bool {
    // "is no city"
    let determined = c.next_is(DETERMINERS) || c.items[..c.at].last().is_some_and(|item| item.is(&["no"]));
    c.eat_all(DETERMINERS);
    c.eat(&["one"]);
    let Some(item) = c.peek().filter(|item| !item.classes.is_empty()) else { return false };
    if !determined && subjects.len() < 2 {
        return false;
    }
    c.at += 1;
    if negated && !c.peek().is_none_or(Item::is_punctuation) {
        return denied_whole(c, start, subjects, &item.classes);
    }
    push_memberships(c, start, subjects, &item.classes, negated);
    true
}

/// "not a city in Chile" denies both together.
fn denied_whole(c: &mut Cursor<'_, '_>, start: usize, subjects: &[Reference], classes: &[ClassId]) -> bool {
    let found = c.found.len();
    for subject in subjects {
        let from = c.found.len();
        if !relation(c, start, &[Subject::Entity(subject.clone())], false) {
            c.found.truncate(found);
            return false;
        }
        let mut parts = vec![Content::Membership { subject: subject.clone(), classes: classes.to_vec() }];
        parts.extend(c.found.drain(from..).map(|proposition| proposition.content));
        let range = c.range_from(start);
        c.push(Content::All(parts), true, range);
        if subjects.len() > 1 {
            return false;
        }
    }
    true
}
