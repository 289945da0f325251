//! English clauses: "The capital of E is V", "E's capital is V", "V is the
//! capital of E", "E borders V and W", "E is a C in V", "E has a population
//! of N", "E is larger than V", each also denied.

mod count;
mod member;
mod noun;
pub(super) mod rank;
mod relation;
mod verb;

use touchstone_graph::PredicateId;

use super::cursor::{Cursor, Verb};
use super::time;
use super::words::{
    CONJUNCTIONS, COPULAS, HAVE, NEGATED_COPULAS, NEGATIONS, NEUTRAL_ADVERBS, QUALIFYING, RELATIVES,
    is_function_word,
};
use super::{Content, Object, Proposition, Rank, Reference, Setting, Value};
use crate::items::Item;
use noun::noun_phrase;
pub(super) use noun::reference;
use touchstone_core::Language;
use verb::{complement, verb_phrase};

/// A noun phrase in the subject place.
#[derive(Clone, Debug)]
enum Subject {
    Entity(Reference),
    /// "the capital of Ecuador": a place for a value.
    Slot {
        predicates: Vec<PredicateId>,
        of: Reference,
        inverse: bool,
    },
    /// A phrase that the graph does not know.
    Unknown(Value),
}

/// The things that the subjects are, where all of them are things.
fn entities(subjects: &[Subject]) -> Option<Vec<Reference>> {
    let each = subjects.iter().map(|subject| match subject {
        Subject::Entity(reference) => Some(reference.clone()),
        _ => None,
    });
    each.collect()
}

pub(super) fn read(setting: &Setting<'_>, items: &[Item]) -> Vec<Proposition> {
    let mut cursor = Cursor::new(setting, items);
    sentence(&mut cursor);
    let Cursor { mut found, unread, scene, scene_used, .. } = cursor;
    let unread = unread || (scene.is_some() && !scene_used);
    if unread && let (Some(first), Some(last)) = (items.first(), items.last()) {
        let range = first.range.start..last.range.end;
        found.push(Proposition::unread(range));
    }
    found
}

fn sentence(c: &mut Cursor<'_, '_>) {
    let mut subjects: Vec<Subject> = Vec::new();
    while c.at < c.items.len() {
        let before = c.at;
        separators(c);
        if c.at >= c.items.len() {
            break;
        }
        let start = c.at;
        let found = c.found.len();
        let carried = subjects.clone();
        // What is only supposed is not asserted, nor what would follow.
        if c.next_is(&["if", "unless", "whether", "suppose", "supposing", "assuming", "provided"]) {
            c.unread = true;
            c.at = c.items.len();
            continue;
        }
        if c.next_is(QUALIFYING) && c.ahead(1).is_some_and(|item| item.is(&[","])) {
            c.at += 2;
            c.unread = true;
            skip_to_boundary(c);
            continue;
        }
        if time::leading(c, &[COPULAS, NEGATED_COPULAS]) {
            continue;
        }
        if let Some(fronted) = fronted(c, start) {
            let then = c.at;
            if at_end(c) || verb_phrase(c, then, &fronted) {
                subjects = fronted;
                continue;
            }
            c.at = then;
            skip_to_boundary(c);
            continue;
        }
        let start = c.at;
        if !clause(c, start, &mut subjects) {
            c.found.truncate(found);
            c.at = start;
            // The same subject goes on: "… and borders Peru".
            if carried.is_empty() || !verb_phrase(c, start, &carried) {
                c.found.truncate(found);
                c.at = start;
                skip_to_boundary(c);
            }
            subjects = carried;
        }
        dated(c, start, found);
        if c.at == before {
            c.at += 1;
        }
    }
}

/// The time behind the clause, or that of the whole sentence.
fn dated(c: &mut Cursor<'_, '_>, start: usize, found: usize) {
    time::trailing(c, start, found);
    if let Some(when) = c.when.clone()
        && c.found.len() > found
    {
        time::event(c, start, found, &when);
    }
}

fn separators(c: &mut Cursor<'_, '_>) {
    while let Some(item) = c.peek() {
        let skips = item.is_punctuation()
            || item.is(CONJUNCTIONS)
            || item.is(&["but", "while", "yes"])
            || item.is(NEUTRAL_ADVERBS);
        if !skips {
            break;
        }
        c.at += 1;
    }
}

fn skip_to_boundary(c: &mut Cursor<'_, '_>) {
    while let Some(item) = c.peek() {
        if item.is(&[",", ";", ":", "and", "but", ".", "(", ")"]) && item.is_plain() {
            break;
        }
        if !(item.is_punctuation() || is_function_word(&item.folded, Language::English)) {
            c.unread = true;
        }
        c.at += 1;
    }
}

fn clause(c: &mut Cursor<'_, '_>, start: usize, subjects: &mut Vec<Subject>) -> bool {
    if count::there_is(c, start) || count::tally(c, start) || member::members_include(c, start) {
        return true;
    }
    if let Some(named) = member::premodified(c, start) {
        *subjects = vec![named];
        let then = c.at;
        if at_end(c) || verb_phrase(c, then, subjects) {
            return true;
        }
        return false;
    }
    if let Some(rank) = rank::superlative(c) {
        return ranked(c, start, &rank, subjects);
    }
    if c.eat(&["neither"]) {
        return neither(c, start, subjects);
    }
    let Some(first) = noun_phrase(c) else { return false };
    let found = c.found.len();
    if clause_of(c, start, first.clone(), subjects) {
        return true;
    }
    // "Ana holds citizenship of Peru": the phrase is the verb.
    if matches!(first, Subject::Slot { .. }) {
        c.found.truncate(found);
        c.at = start;
        if let Some(first) = reference(c) {
            return clause_of(c, start, Subject::Entity(first), subjects);
        }
    }
    false
}

/// "Neither Brazil nor Chile borders Ecuador."
fn neither(c: &mut Cursor<'_, '_>, start: usize, subjects: &mut Vec<Subject>) -> bool {
    let mut list = Vec::new();
    while let Some(reference) = reference(c) {
        list.push(Subject::Entity(reference));
        c.eat(&[","]);
        if !c.eat(&["nor", "or"]) {
            break;
        }
    }
    let found = c.found.len();
    if list.len() < 2 || !verb_phrase(c, start, &list) {
        return false;
    }
    for proposition in c.found.iter_mut().skip(found) {
        proposition.negated = !proposition.negated;
    }
    *subjects = list;
    true
}

/// "The largest country in Africa is Algeria."
fn ranked(c: &mut Cursor<'_, '_>, start: usize, rank: &Rank, subjects: &mut Vec<Subject>) -> bool {
    let negated = c.eat(NEGATED_COPULAS);
    if !negated && !c.eat(COPULAS) {
        return false;
    }
    let negated = c.eat(NEGATIONS) || negated;
    let Some(subject) = reference(c).or_else(|| {
        let item = c.peek().filter(|item| item.is_plain() && !item.is_punctuation())?;
        c.at += 1;
        Some(Reference { candidates: Vec::new(), range: item.range.clone(), indirect: false })
    }) else {
        return false;
    };
    rank::push(c, start, &subject, rank, negated);
    *subjects = vec![Subject::Entity(subject)];
    true
}

fn clause_of(c: &mut Cursor<'_, '_>, start: usize, first: Subject, subjects: &mut Vec<Subject>) -> bool {
    let mut list = vec![first];
    let behind_first = c.at;
    let mut joined = false;
    loop {
        let back = c.at;
        let comma = c.eat(&[","]);
        let and = c.eat(CONJUNCTIONS);
        if !(comma || and) {
            break;
        }
        joined |= and;
        match noun_phrase(c) {
            Some(next) if same_kind(&list[0], &next) => list.push(next),
            _ => {
                c.at = back;
                break;
            }
        }
    }
    // "Lyon, a French city": no list without its "and".
    if list.len() > 1 && !joined {
        list.truncate(1);
        c.at = behind_first;
    }
    bracketed(c, start, &list);
    let (asked, told) = (matches!(list.as_slice(), [Subject::Slot { .. }]), c.found.len());
    if aside(c, start, &list) && at_end(c) {
        *subjects = list;
        return true;
    }
    // "The capital of Peru, Lima, …" goes on about Lima.
    if asked && let Some(named) = c.found.get(told).and_then(named_value) {
        list = vec![Subject::Entity(named)];
    }
    // "The population of Kenya in 2020 was …"
    let (mark, found) = (c.at, c.found.len());
    let when = time::adverbial(c).filter(|_| c.peek().is_some_and(|item| item.is(COPULAS) || item.is(HAVE)));
    if when.is_none() {
        c.at = mark;
    }
    let read = member::counted_among(c, start, &list) || verb_phrase(c, start, &list);
    if let Some(when) = when {
        c.dated(found, &when, start);
    }
    if read {
        *subjects = list;
    }
    read
}

/// The thing that a fact has as its value.
fn named_value(proposition: &Proposition) -> Option<Reference> {
    let Content::Fact { value, .. } = &proposition.content else { return None };
    value.readings.iter().find_map(|reading| match reading {
        Object::Entity(reference) => Some(reference.clone()),
        _ => None,
    })
}

fn same_kind(a: &Subject, b: &Subject) -> bool {
    matches!((a, b), (Subject::Entity(_), Subject::Entity(_)))
}

/// ", the capital of Ecuador," and ", which borders Peru," behind a name, also
/// without a comma ("a town that was founded in …") or at the end.
fn aside(c: &mut Cursor<'_, '_>, start: usize, subjects: &[Subject]) -> bool {
    let back = c.at;
    let comma = c.eat(&[","]);
    let found = c.found.len();
    if comma && whose(c, start, subjects) && (c.eat(&[","]) || at_end(c)) {
        return true;
    }
    c.found.truncate(found);
    c.at = back + usize::from(comma);
    let relative = c.eat(RELATIVES);
    if !(comma || relative) {
        return false;
    }
    let read = if relative { verb_phrase(c, start, subjects) } else { complement(c, start, subjects, false) };
    let closed = c.eat(&[","]) || at_end(c) || (relative && !comma);
    if !(read && closed) {
        c.found.truncate(found);
        c.at = back;
        return false;
    }
    true
}

/// "(symbol Fe, atomic number 26)" and "(the capital of Peru)" behind a name;
/// other names and remarks are left to be read over.
fn bracketed(c: &mut Cursor<'_, '_>, start: usize, subjects: &[Subject]) {
    let (mark, found) = (c.at, c.found.len());
    let mut read = || {
        let [Subject::Entity(subject)] = subjects else { return None };
        c.eat(&["("]).then_some(())?;
        let inside = c.at;
        while let Some(phrase) = c.peek().filter(|item| !item.predicates.is_empty()) {
            c.at += 1;
            c.eat(&[":", "=", "is"]);
            let Some(value) = noun::value(c, &phrase.predicates) else { break };
            c.fact(start, subject, &phrase.predicates, value, false, false);
            if c.eat(&[")"]) {
                return Some(());
            }
            if !c.eat(&[",", ";"]) {
                break;
            }
        }
        c.found.truncate(found);
        c.at = inside;
        (complement(c, start, subjects, false) && c.eat(&[")"])).then_some(())
    };
    if read().is_none() {
        c.found.truncate(found);
        c.at = mark;
        return;
    }
    let range = c.range_from(start);
    c.found[found..].iter_mut().for_each(|proposition| proposition.range = range.clone());
}

/// ", whose symbol is Fe,"
fn whose(c: &mut Cursor<'_, '_>, start: usize, subjects: &[Subject]) -> bool {
    let [Subject::Entity(subject)] = subjects else { return false };
    if !c.eat(&["whose"]) {
        return false;
    }
    let Some(phrase) = c.peek().filter(|item| !item.predicates.is_empty()) else { return false };
    c.at += 1;
    let slot = Subject::Slot { predicates: phrase.predicates.clone(), of: subject.clone(), inverse: false };
    verb_phrase(c, start, &[slot])
}

fn at_end(c: &Cursor<'_, '_>) -> bool {
    c.items[c.at..].iter().all(Item::is_punctuation)
}

/// What stands before the subject: "Founded in Riga, E …", "As a citizen of
/// Peru, E …", and the place that a following "the capital" belongs to: "In
/// Peru, …".
fn fronted(c: &mut Cursor<'_, '_>, start: usize) -> Option<Vec<Subject>> {
    let mark = c.at;
    let comma = c.items[c.at..].iter().position(|item| item.is(&[","]))? + c.at;
    if c.eat(&["in"]) {
        if let Some(place) = reference(c).filter(|place| !place.indirect && c.at == comma) {
            c.at = comma + 1;
            c.scene = Some(place);
            c.scene_used = false;
            return None;
        }
        c.at = mark;
        return None;
    }
    let as_role = c.eat(&["as"]);
    let participle = c.peek().is_some_and(|item| item.folded.contains(' ') && Verb::of(item).is_some());
    if !(as_role || participle) {
        c.at = mark;
        return None;
    }
    let front = c.at;
    c.at = comma + 1;
    let subjects = noun_phrase(c).filter(|subject| matches!(subject, Subject::Entity(_)));
    let Some(subject) = subjects else {
        c.at = mark;
        return None;
    };
    let after = c.at;
    c.at = front;
    let found = c.found.len();
    let subjects = vec![subject];
    if complement(c, start, &subjects, false) && c.at == comma {
        c.at = after;
        let range = c.range_from(start);
        for proposition in &mut c.found[found..] {
            proposition.range = range.clone();
        }
        return Some(subjects);
    }
    c.found.truncate(found);
    c.at = mark;
    None
}
