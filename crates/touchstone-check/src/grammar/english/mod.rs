//! English clauses: "The capital of E is V", "E's capital is V", "V is the
//! capital of E", "E borders V and W", "E is a C in V", "E has a population
//! of N", "E is larger than V", each also denied.

mod noun;
mod relation;
mod verb;

use touchstone_graph::PredicateId;

use super::cursor::Cursor;
use super::words::{CONJUNCTIONS, NEUTRAL_ADVERBS, RELATIVES, is_function_word};
use super::{Content, Proposition, Reference, Setting, Value};
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

pub(super) fn read(setting: &Setting<'_>, items: &[Item]) -> Vec<Proposition> {
    let mut cursor = Cursor::new(setting, items);
    sentence(&mut cursor);
    let Cursor { mut found, unread, .. } = cursor;
    if unread && let (Some(first), Some(last)) = (items.first(), items.last()) {
        let range = first.range.start..last.range.end;
        found.push(Proposition { content: Content::Unread, negated: false, range });
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
        if c.at == before {
            c.at += 1;
        }
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
    let Some(first) = noun_phrase(c) else { return false };
    let mut list = vec![first];
    loop {
        let back = c.at;
        let comma = c.eat(&[","]);
        let and = c.eat(CONJUNCTIONS);
        if !(comma || and) {
            break;
        }
        match noun_phrase(c) {
            Some(next) if same_kind(&list[0], &next) => list.push(next),
            _ => {
                c.at = back;
                break;
            }
        }
    }
    apposition(c, start, &list);
    let read = verb_phrase(c, start, &list);
    if read {
        *subjects = list;
    }
    read
}

fn same_kind(a: &Subject, b: &Subject) -> bool {
    matches!((a, b), (Subject::Entity(_), Subject::Entity(_)))
}

/// ", the capital of Ecuador," and ", which borders Peru," behind a name.
fn apposition(c: &mut Cursor<'_, '_>, start: usize, subjects: &[Subject]) {
    let back = c.at;
    if !c.eat(&[","]) {
        return;
    }
    let found = c.found.len();
    let relative = c.eat(RELATIVES);
    let read = if relative { verb_phrase(c, start, subjects) } else { complement(c, start, subjects, false) };
    if !(read && c.eat(&[","])) {
        c.found.truncate(found);
        c.at = back;
    }
}
