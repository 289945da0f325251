//! Counts and existence: 与两个国家接壤, 有三种官方语言, 非洲有54个国家,
//! 存在一种原子序数是79的元素.

use touchstone_graph::ValueKind;

use super::super::cursor::{Cursor, Verb};
use super::super::words::{ZH_AND, ZH_COPULAS, ZH_HAVE, ZH_MEASURES, ZH_NEGATIONS, ZH_OF};
use super::super::{Content, Description, Reference};
use super::noun::{reference, value};
use crate::items::Item;

const MEASURES: &[&str] = &["个", "座", "种", "名", "位", "条", "门", "款", "国"];

fn is_count(item: &Item) -> bool {
    item.quantity.as_ref().is_some_and(|q| q.unit.is_none_or(|unit| unit.is_count()) && !q.number.percent)
}

fn push(
    c: &mut Cursor<'_, '_>,
    start: usize,
    subjects: &[Reference],
    relation: &Verb,
    (number, class): (&Item, Option<&Item>),
    negated: bool,
) -> bool {
    let Some(quantity) = number.quantity.clone() else { return false };
    let range = c.range_from(start);
    for subject in subjects {
        let content = Content::Count {
            subject: subject.clone(),
            relation: relation.clone(),
            classes: class.map(|item| item.classes.clone()).unwrap_or_default(),
            number: Box::new(quantity.clone()),
            written: number.range.clone(),
        };
        c.push(content, negated, range.clone());
    }
    true
}

/// 与两个国家接壤, 和五国相邻: behind the subject.
pub(super) fn together(c: &mut Cursor<'_, '_>, start: usize, subjects: &[Reference], negated: bool) -> bool {
    let mark = c.at;
    let read = (|| {
        c.eat(ZH_AND).then_some(())?;
        let number = c.peek().filter(|item| is_count(item))?;
        c.at += 1;
        c.eat(MEASURES);
        let class = c.peek().filter(|item| !item.classes.is_empty());
        c.at += usize::from(class.is_some());
        let negated = c.eat(ZH_NEGATIONS) || negated;
        c.eat_all(&["都", "均", "相"]);
        let verb = Verb::of(c.peek()?)?;
        c.at += 1;
        Some(push(c, start, subjects, &verb, (number, class), negated))
    })();
    if read.is_none() {
        c.at = mark;
    }
    read.is_some()
}

/// 有三种官方语言, 有54个国家: behind 有.
pub(super) fn possessed(c: &mut Cursor<'_, '_>, start: usize, subjects: &[Reference], negated: bool) -> bool {
    let mark = c.at;
    let read = (|| {
        c.eat(ZH_HAVE).then_some(())?;
        let number = c.peek().filter(|item| is_count(item))?;
        c.at += 1;
        c.eat(MEASURES);
        let noun = c.peek()?;
        let relational: Vec<_> =
            noun.predicates.iter().copied().filter(|p| c.kinds(&[*p]) == [ValueKind::Entity]).collect();
        if relational.len() < noun.predicates.len() || (relational.is_empty() && noun.classes.is_empty()) {
            return None;
        }
        c.at += 1;
        let verb = Verb { forward: relational, reversed: Vec::new() };
        let class = (!noun.classes.is_empty()).then_some(noun);
        Some(push(c, start, subjects, &verb, (number, class), negated))
    })();
    if read.is_none() {
        c.at = mark;
    }
    read.is_some()
}

/// 存在一种原子序数是79的元素, 有一个叫乍得的国家.
pub(super) fn there_is(c: &mut Cursor<'_, '_>, start: usize) -> bool {
    let mark = c.at;
    let read = there(c, start);
    if read.is_none() {
        c.at = mark;
    }
    read.is_some()
}

fn there(c: &mut Cursor<'_, '_>, start: usize) -> Option<()> {
    let negated = c.eat(&["不存在"]) || c.eat(&["没有"]) || (c.eat(ZH_NEGATIONS) && c.next_is(&["存在"]));
    if !c.eat(&["存在", "有"]) && !negated {
        return None;
    }
    if !c.eat(ZH_MEASURES) && c.peek().is_some_and(is_count) {
        c.at += 1;
        c.eat(MEASURES);
    }
    let (subject, fact) = if c.eat(&["叫", "名叫", "名为", "叫做"]) {
        let subject = reference(c)?;
        (Some(subject), None)
    } else {
        let phrase = c.peek().filter(|item| !item.predicates.is_empty())?;
        c.at += 1;
        c.eat(ZH_COPULAS).then_some(())?;
        let value = value(c, &phrase.predicates)?;
        (None, Some(Description { predicates: phrase.predicates.clone(), value }))
    };
    c.eat(ZH_OF).then_some(())?;
    let class = c.peek().filter(|item| !item.classes.is_empty())?;
    c.at += 1;
    let content = Content::Existence { classes: class.classes.clone(), subject, fact };
    let range = c.range_from(start);
    c.push(content, negated, range);
    Some(())
}
