//! Chinese clauses: E 的 P 是 V, V 是 E 的 P, E 与 V 接壤, E 位于 V, E 是 V 的 C,
//! E 的 P 约 N, E 由 V 发现, E 比 V 大, each also denied.

mod count;
mod noun;
mod rank;
mod relation;

use touchstone_core::Language;
use touchstone_graph::{PredicateId, ValueKind};

use super::cursor::{Cursor, Verb};
use super::degree;
use super::words::{
    ZH_AND, ZH_AT, ZH_COPULAS, ZH_HAVE, ZH_MEASURES, ZH_NEGATED_COPULAS, ZH_NEGATIONS, ZH_OF, ZH_PARTICLES,
    ZH_PASSIVE, is_function_word,
};
use super::{Content, Object, Proposition, Reference, Setting, Value};
use crate::items::Item;
pub(super) use noun::reference;
use noun::{slot_phrase, subject, value};
use relation::{any_relation, facts, located, passive, together};

#[derive(Clone, Debug)]
enum Subject {
    Entities(Vec<Reference>),
    Slot { predicates: Vec<PredicateId>, of: Reference },
    Unknown(Value),
}

pub(super) fn read(setting: &Setting<'_>, items: &[Item]) -> Vec<Proposition> {
    let mut c = Cursor::new(setting, items);
    let mut carried: Option<Subject> = None;
    while c.at < items.len() {
        let before = c.at;
        while c.peek().is_some_and(|item| {
            (item.is_punctuation() || item.is(ZH_PARTICLES) || item.is(ZH_AND)) && !item.is(ZH_PASSIVE)
        }) {
            c.at += 1;
        }
        if c.at >= items.len() {
            break;
        }
        let start = c.at;
        let found = c.found.len();
        if count::there_is(&mut c, start) || ranked(&mut c, start) {
            continue;
        }
        let read = match subject(&mut c) {
            Some(next) if predicate_phrase(&mut c, start, &next) => {
                carried = Some(next);
                true
            }
            _ => {
                c.found.truncate(found);
                c.at = start;
                carried.clone().is_some_and(|subject| predicate_phrase(&mut c, start, &subject))
            }
        };
        if !read {
            c.found.truncate(found);
            c.at = start;
            skip_clause(&mut c);
        }
        if c.at == before {
            c.at += 1;
        }
    }
    let Cursor { mut found, unread, .. } = c;
    if unread && let (Some(first), Some(last)) = (items.first(), items.last()) {
        let range = first.range.start..last.range.end;
        found.push(Proposition { content: Content::Unread, negated: false, range });
    }
    found
}

/// 非洲最大的国家是阿尔及利亚
fn ranked(c: &mut Cursor<'_, '_>, start: usize) -> bool {
    let Some(rank) = rank::superlative(c) else { return false };
    if let (Some(negated), Some(subject)) = (copula(c), reference(c))
        && c.peek().is_none_or(Item::is_punctuation)
    {
        rank::push(c, start, &subject, &rank, negated);
        return true;
    }
    c.at = start;
    false
}

fn skip_clause(c: &mut Cursor<'_, '_>) {
    while let Some(item) = c.peek() {
        if item.is(&["，", ",", "；", ";", "。", "："]) {
            break;
        }
        if !(item.is_punctuation() || is_function_word(&item.folded, Language::Chinese)) {
            c.unread = true;
        }
        c.at += 1;
    }
}

fn predicate_phrase(c: &mut Cursor<'_, '_>, start: usize, subject: &Subject) -> bool {
    c.eat_all(&["也", "都", "均", "还", "则", "就", "已", "分别", "现在", "目前"]);
    match subject {
        Subject::Slot { predicates, of } => slot_value(c, start, predicates, of),
        Subject::Unknown(value) => {
            let Some(negated) = copula(c) else { return false };
            let Some((predicates, of)) = slot_phrase(c) else { return false };
            c.fact(start, &of, &predicates, value.clone(), negated, false);
            true
        }
        Subject::Entities(references) => entity_phrase(c, start, references),
    }
}

/// 是, 不是: whether it denies.
fn copula(c: &mut Cursor<'_, '_>) -> Option<bool> {
    if c.eat(ZH_NEGATED_COPULAS) {
        return Some(true);
    }
    let negated = c.next_is(ZH_NEGATIONS) && c.ahead(1).is_some_and(|item| item.is(ZH_COPULAS));
    if negated {
        c.at += 1;
    }
    c.eat(ZH_COPULAS).then_some(negated)
}

fn slot_value(c: &mut Cursor<'_, '_>, start: usize, predicates: &[PredicateId], of: &Reference) -> bool {
    if degree::chinese_slot(c, start, predicates, of) {
        return true;
    }
    let negated = match copula(c) {
        Some(negated) => negated,
        None => {
            let stated = c.eat(ZH_HAVE) || c.eat(&["：", ":", "达", "达到", "共"]);
            let number = c.peek().is_some_and(|item| item.quantity.is_some());
            if !(stated || number) {
                return false;
            }
            false
        }
    };
    let mut any = false;
    loop {
        let back = c.at;
        if any && !(c.eat(ZH_AND) || c.eat(&["、"])) {
            break;
        }
        match value(c, predicates) {
            Some(value) => {
                c.fact(start, of, predicates, value, negated, false);
                any = true;
            }
            None => {
                c.at = back;
                break;
            }
        }
    }
    any
}

fn entity_phrase(c: &mut Cursor<'_, '_>, start: usize, subjects: &[Reference]) -> bool {
    if let Some(negated) = copula(c) {
        return complement(c, start, subjects, negated);
    }
    let mark = c.at;
    let negated = c.eat(ZH_NEGATIONS);
    if count::together(c, start, subjects, negated)
        || count::possessed(c, start, subjects, negated)
        || degree::chinese(c, start, subjects, negated)
    {
        return true;
    }
    c.at = mark;
    c.eat(ZH_NEGATIONS);
    if together(c, start, subjects, negated) || passive(c, start, subjects, negated) {
        return true;
    }
    c.at = mark;
    let negated = c.eat(ZH_NEGATIONS);
    c.eat(ZH_AT);
    let Some((item, verb)) = c.peek().and_then(|item| Some((item, Verb::of(item)?))) else {
        return located(c, mark, start, subjects, negated);
    };
    c.at += 1;
    let predicates = &verb.forward;
    if c.kinds(predicates).contains(&ValueKind::Boolean) && c.peek().is_none_or(Item::is_punctuation) {
        for subject in subjects {
            let value = Value { range: item.range.clone(), readings: vec![Object::True] };
            c.fact(start, subject, predicates, value, negated, false);
        }
        return true;
    }
    c.eat(&["了", "着", "过", "于", "在"]);
    facts(c, start, subjects, &verb, negated)
}

/// What follows 是.
fn complement(c: &mut Cursor<'_, '_>, start: usize, subjects: &[Reference], negated: bool) -> bool {
    let mark = c.at;
    if let Some(rank) = rank::superlative(c) {
        for subject in subjects {
            rank::push(c, start, subject, &rank, negated);
        }
        return true;
    }
    // 非洲的国家 says what a thing is, not whose country it is.
    let is_slot = |c: &Cursor<'_, '_>| c.items[..c.at].last().is_some_and(|item| item.classes.is_empty());
    if let Some((predicates, of)) = slot_phrase(c)
        && is_slot(c)
    {
        for subject in subjects {
            let value = Value {
                range: subject.range.clone(),
                readings: vec![Object::Entity(subject.clone()), Object::Text],
            };
            c.fact(start, &of, &predicates, value, negated, false);
        }
        return true;
    }
    c.at = mark;
    if passive(c, start, subjects, negated) {
        c.eat(ZH_OF);
        return true;
    }
    c.at = mark;
    // [一个] [V 的] C
    c.eat(ZH_MEASURES);
    let place = reference(c);
    if let (Some(other), [subject]) = (&place, subjects)
        && c.peek().is_none_or(Item::is_punctuation)
        && c.identity(start, subject, other, negated)
    {
        return true;
    }
    if place.is_some() {
        c.eat(ZH_OF);
        c.eat(ZH_MEASURES);
    }
    let Some(item) = c.peek() else { return false };
    let truth: Vec<_> =
        item.predicates.iter().copied().filter(|p| c.kinds(&[*p]) == [ValueKind::Boolean]).collect();
    if place.is_none() && !truth.is_empty() {
        c.at += 1;
        for subject in subjects {
            let value = Value { range: item.range.clone(), readings: vec![Object::True] };
            c.fact(start, subject, &truth, value, negated, false);
        }
        return true;
    }
    if item.classes.is_empty() {
        return false;
    }
    c.at += 1;
    for subject in subjects {
        let range = c.range_from(start);
        let content = Content::Membership { subject: subject.clone(), classes: item.classes.clone() };
        c.found.push(Proposition { content, negated, range });
    }
    if let Some(place) = place {
        // Which relation 的 stands for is not said: any that the graph has.
        let predicates = any_relation(c);
        for subject in subjects {
            let value = Value { range: place.range.clone(), readings: vec![Object::Entity(place.clone())] };
            c.fact(start, subject, &predicates, value, negated, false);
        }
    }
    true
}
