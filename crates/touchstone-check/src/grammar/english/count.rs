//! Counts ("borders two countries", "There are 54 countries in Africa") and
//! existence ("There is an element with …").

use touchstone_graph::ValueKind;

use super::super::cursor::{Cursor, Verb};
use super::super::words::{CONJUNCTIONS, COPULAS, DETERMINERS, NEGATED_COPULAS, NEGATIONS, OF_LIKE};
use super::super::{Content, Description, Reference};
use super::noun::{reference, value};
use super::rank::EVERYWHERE;
use crate::items::Item;
use crate::read::Quantity;

/// A number of things, with the noun behind it.
struct Counted<'i> {
    number: Quantity,
    item: &'i Item,
}

fn counted<'i>(c: &Cursor<'_, 'i>, at: usize) -> Option<Counted<'i>> {
    let item = c.items.get(at)?;
    // "in 1898" counts nothing.
    let number = item.quantity.clone().filter(|_| item.date.is_none())?;
    // "two countries", not "two kilometres" and not "20%".
    let plain = number.unit.is_none_or(|unit| unit.is_count()) && !number.number.percent;
    plain.then_some(Counted { number, item })
}

fn push(
    c: &mut Cursor<'_, '_>,
    start: usize,
    subject: &Reference,
    relation: Verb,
    (counted, class): (&Counted<'_>, Option<&Item>),
    negated: bool,
) {
    let content = Content::Count {
        subject: subject.clone(),
        relation,
        classes: class.map(|item| item.classes.clone()).unwrap_or_default(),
        number: Box::new(counted.number.clone()),
        written: counted.item.range.clone(),
    };
    let range = c.range_from(start);
    c.push(content, negated, range);
}

/// "two [other] countries" behind a verb between things.
pub(super) fn of_values(
    c: &mut Cursor<'_, '_>,
    start: usize,
    subjects: &[Reference],
    verb: &Verb,
    negated: bool,
) -> bool {
    if c.kinds(&verb.predicates()).iter().any(|kind| *kind != ValueKind::Entity) {
        return false;
    }
    let mark = c.at;
    c.eat_all(DETERMINERS);
    let Some(counted) = counted(c, c.at) else {
        c.at = mark;
        return false;
    };
    c.at += 1;
    let others = c.eat(&["other", "different", "others"]);
    let class = c.peek().filter(|item| !item.classes.is_empty());
    let ends = c.peek().is_none_or(Item::is_punctuation);
    // "borders two", but in "has tags 2" the number is the value itself.
    let digits = counted.item.folded.starts_with(|first: char| first.is_ascii_digit());
    let alone = ends && (others || !digits) && counted.item.entities.is_empty();
    if class.is_none() && !alone {
        c.at = mark;
        return false;
    }
    c.at += usize::from(class.is_some());
    for subject in subjects {
        push(c, start, subject, verb.clone(), (&counted, class), negated);
    }
    true
}

/// "five neighbours", "54 countries" behind "has".
pub(super) fn possessed(c: &mut Cursor<'_, '_>, start: usize, subject: &Reference, negated: bool) -> bool {
    let Some(counted) = counted(c, c.at) else { return false };
    let Some(noun) = c.ahead(1) else { return false };
    let relational: Vec<_> =
        noun.predicates.iter().copied().filter(|p| c.kinds(&[*p]) == [ValueKind::Entity]).collect();
    let numeric = noun.predicates.len() > relational.len();
    if numeric || (relational.is_empty() && noun.classes.is_empty()) {
        return false;
    }
    c.at += 2;
    let relation = Verb { forward: relational, reversed: Vec::new() };
    let class = (!noun.classes.is_empty()).then_some(noun);
    push(c, start, subject, relation, (&counted, class), negated);
    // "ten provinces and three territories"
    let mark = c.at;
    c.eat(&[","]);
    if !(c.eat(CONJUNCTIONS) && possessed(c, start, subject, negated)) {
        c.at = mark;
    }
    true
}

/// "The number of official languages of Peru is three": behind "the".
pub(super) fn tally(c: &mut Cursor<'_, '_>, start: usize) -> bool {
    let mark = c.at;
    let read = (|| {
        c.eat(&["the"]);
        (c.eat(&["number"]) && c.eat(&["of"])).then_some(())?;
        let noun = c.peek().filter(|item| !(item.predicates.is_empty() && item.classes.is_empty()))?;
        c.at += 1;
        let place = (c.eat(OF_LIKE) || c.eat(&["that"])).then(|| reference(c)).flatten()?;
        let negated = c.eat(NEGATED_COPULAS);
        if !negated && !c.eat(COPULAS) {
            return None;
        }
        let negated = c.eat(NEGATIONS) || negated;
        let counted = counted(c, c.at)?;
        c.at += 1;
        let relation = Verb { forward: noun.predicates.clone(), reversed: Vec::new() };
        let class = (!noun.classes.is_empty()).then_some(noun);
        push(c, start, &place, relation, (&counted, class), negated);
        Some(())
    })();
    if read.is_none() {
        c.at = mark;
    }
    read.is_some()
}

/// "There are 54 countries in Africa", "There is an element with atomic number 79".
pub(super) fn there_is(c: &mut Cursor<'_, '_>, start: usize) -> bool {
    let mark = c.at;
    let found = c.found.len();
    let read = there(c, start).is_some();
    if !read {
        c.found.truncate(found);
        c.at = mark;
    }
    read
}

fn there(c: &mut Cursor<'_, '_>, start: usize) -> Option<()> {
    c.eat(&["there"]).then_some(())?;
    let mut negated = c.eat(NEGATED_COPULAS);
    if !(negated || c.eat(COPULAS) || c.eat(&["exists", "exist"])) {
        return None;
    }
    negated |= c.eat(NEGATIONS);
    if let Some(counted) = counted(c, c.at) {
        c.at += 1;
        let class = c.peek().filter(|item| !item.classes.is_empty())?;
        c.at += 1;
        let mark = c.at;
        let everywhere = c.eat(&["in"]) && c.eat(&["the"]) && c.eat(EVERYWHERE);
        if !everywhere {
            c.at = mark;
        }
        if c.peek().is_none_or(Item::is_punctuation) {
            let content = Content::Total {
                classes: class.classes.clone(),
                number: Box::new(counted.number.clone()),
                written: counted.item.range.clone(),
            };
            let range = c.range_from(start);
            c.push(content, negated, range);
            return Some(());
        }
        (c.eat(OF_LIKE) || c.eat(&["on"])).then_some(())?;
        let place = reference(c)?;
        push(c, start, &place, Verb::default(), (&counted, Some(class)), negated);
        return Some(());
    }
    c.eat_all(DETERMINERS);
    let class = c.peek().filter(|item| !item.classes.is_empty())?;
    c.at += 1;
    let (subject, fact) = if c.eat(&["called", "named"]) {
        (Some(reference(c)?), None)
    } else if c.eat(&["with", "whose", "that has", "that"]) {
        c.eat(&["has"]);
        c.eat_all(DETERMINERS);
        let phrase = c.peek().filter(|item| !item.predicates.is_empty())?;
        c.at += 1;
        c.eat(&["of"]);
        c.eat(COPULAS);
        let value = value(c, &phrase.predicates)?;
        (None, Some(Description { predicates: phrase.predicates.clone(), value }))
    } else {
        return None;
    };
    let content = Content::Existence { classes: class.classes.clone(), subject, fact };
    let range = c.range_from(start);
    c.push(content, negated, range);
    Some(())
}
