//! Relations between things: E 位于 V, E 与 V 接壤, E 由 V 发现.

use super::super::cursor::{Cursor, Verb};
use super::super::words::{ZH_AND, ZH_AT, ZH_NEGATIONS, ZH_OF, ZH_PASSIVE, ZH_POSSESSIVES, is_function_word};
use super::super::{Object, Reference, Value};
use super::noun::{reference, value};
use crate::items::Item;
use touchstone_core::Language;
use touchstone_graph::{PredicateId, ValueKind};

/// Items before the number in 位于元素周期表的第5周期.
const MAX_CONTEXT: usize = 8;

/// 在 V: the relation is the preposition itself, where the graph names it.
pub(super) fn located(
    c: &mut Cursor<'_, '_>,
    mark: usize,
    start: usize,
    subjects: &[Reference],
    negated: bool,
) -> bool {
    c.at = mark;
    c.eat(ZH_NEGATIONS);
    let Some(item) = c.peek().filter(|item| item.is(ZH_AT)) else { return false };
    let predicates = predicates_named(c, &item.folded);
    if predicates.is_empty() {
        return false;
    }
    c.at += 1;
    let verb = Verb { forward: predicates, reversed: Vec::new() };
    facts(c, start, subjects, &verb, negated)
}

/// 位于元素周期表的第5周期, 属于第16族: the noun of a relation behind its number,
/// and before them what it counts in.
pub(super) fn numbered(c: &mut Cursor<'_, '_>, start: usize, subjects: &[Reference], negated: bool) -> bool {
    let mark = c.at;
    let read = (|| {
        (c.eat(ZH_AT) || c.eat(&["位于", "属于", "处于", "位於", "屬於", "處於"])).then_some(())?;
        let from = c.at;
        let number =
            (from..from + MAX_CONTEXT).find(|at| c.items.get(*at).is_some_and(|i| i.quantity.is_some()))?;
        let noun = c.items.get(number + 1)?;
        let kinds = c.kinds(&noun.predicates);
        let counts = noun.predicates.iter().zip(&kinds).filter(|(_, kind)| **kind == ValueKind::Number);
        let predicates: Vec<PredicateId> = counts.map(|(id, _)| *id).collect();
        let context = &c.items[from..number];
        let ordinal = context.last().is_some_and(|item| item.is(&["第"]));
        let context = &context[..context.len() - usize::from(ordinal)];
        let said = |item: &Item| {
            item.is(ZH_OF)
                || !item.classes.is_empty()
                || item.predicates.iter().any(|id| predicates.contains(id))
                || item.is_plain() && item.folded.chars().count() == 1
        };
        let ends = c.items.get(number + 2).is_none_or(Item::is_punctuation);
        if predicates.is_empty() || !ends || !context.iter().all(said) {
            return None;
        }
        let value = c.value_of(&c.items[number]);
        c.at = number + 2;
        for subject in subjects {
            c.fact(start, subject, &predicates, value.clone(), negated, false);
        }
        Some(())
    })();
    if read.is_none() {
        c.at = mark;
    }
    read.is_some()
}

fn predicates_named(c: &Cursor<'_, '_>, phrase: &str) -> Vec<PredicateId> {
    let entries = c.setting.graph.lexicon().lookup(phrase).iter();
    entries
        .filter_map(|entry| match entry.meaning {
            touchstone_graph::Meaning::Predicate(id) => Some(id),
            _ => None,
        })
        .collect()
}

pub(super) fn facts(
    c: &mut Cursor<'_, '_>,
    start: usize,
    subjects: &[Reference],
    verb: &Verb,
    negated: bool,
) -> bool {
    let predicates = verb.predicates();
    let mut any = false;
    loop {
        let back = c.at;
        if any && !c.eat(ZH_AND) {
            break;
        }
        match value(c, &predicates) {
            Some(value) => {
                for subject in subjects {
                    c.relation(start, subject, verb, value.clone(), negated);
                }
                any = true;
            }
            None => {
                c.at = back;
                break;
            }
        }
    }
    if any && c.eat(&["作为", "为"]) {
        c.eat(ZH_POSSESSIVES);
        if c.peek().is_some_and(|item| !item.predicates.is_empty()) {
            c.at += 1;
        }
    }
    any
}

/// The transitive predicates: "of" between a thing and a place.
pub(super) fn any_relation(c: &Cursor<'_, '_>) -> Vec<PredicateId> {
    let ontology = c.setting.graph.ontology();
    ontology.predicates().iter().filter(|p| p.transitive).map(|p| p.id).collect()
}

/// 与 V 接壤
pub(super) fn together(
    c: &mut Cursor<'_, '_>,
    start: usize,
    subjects: &[Reference],
    mut negated: bool,
) -> bool {
    let mark = c.at;
    if !c.eat(ZH_AND) {
        return false;
    }
    let mut others = Vec::new();
    while let Some(other) = reference(c) {
        others.push(other);
        if !(c.eat(ZH_AND) || c.eat(&["、"])) {
            break;
        }
    }
    negated |= c.eat(ZH_NEGATIONS);
    c.eat_all(&["都", "均", "相"]);
    let Some(item) = c.peek().filter(|item| !item.predicates.is_empty() && !others.is_empty()) else {
        c.at = mark;
        return false;
    };
    c.at += 1;
    for subject in subjects {
        for other in &others {
            let value = Value { range: other.range.clone(), readings: vec![Object::Entity(other.clone())] };
            c.fact(start, subject, &item.predicates, value, negated, true);
        }
    }
    true
}

/// [于 D] 由/被 V P
pub(super) fn passive(c: &mut Cursor<'_, '_>, start: usize, subjects: &[Reference], negated: bool) -> bool {
    let mark = c.at;
    c.eat(ZH_AT);
    let date = c.peek().filter(|item| item.date.is_some());
    if date.is_some() {
        c.at += 1;
        c.eat(&["年"]);
    }
    let mut agents = Vec::new();
    if c.eat(ZH_PASSIVE) {
        while let Some(item) = c.peek().filter(|item| !item.entities.is_empty() || item.is_plain()) {
            if item.is_punctuation() || is_function_word(&item.folded, Language::Chinese) {
                break;
            }
            agents.push(c.value_of(item));
            c.at += 1;
            if !(c.eat(ZH_AND) || c.eat(&["、"])) {
                break;
            }
        }
    }
    c.eat_all(&["所", "首先", "首次"]);
    if date.is_none() && agents.is_empty() {
        c.at = mark;
        return false;
    }
    let Some((item, verb)) = c.peek().and_then(|item| Some((item, Verb::of(item)?))) else {
        c.at = mark;
        return false;
    };
    c.at += 1;
    let kinds = c.kinds(&item.predicates);
    let of_kind = |entity: bool| -> Vec<PredicateId> {
        item.predicates
            .iter()
            .zip(&kinds)
            .filter(|(_, kind)| (**kind == ValueKind::Entity) == entity)
            .map(|(p, _)| *p)
            .collect()
    };
    let (mut by, mut when) = (of_kind(true), of_kind(false));
    // 由 V 创作 says that V does it.
    by.extend(verb.reversed);
    if when.is_empty() && date.is_some() {
        // 于1867年发现 says what 发现于1867年 says.
        for form in [format!("{}于", item.folded), format!("被{}于", item.folded)] {
            when.extend(
                predicates_named(c, &form).into_iter().filter(|p| c.kinds(&[*p]) == [ValueKind::Date]),
            );
        }
        when.dedup();
    }
    let found = c.found.len();
    for subject in subjects {
        for agent in &agents {
            c.fact(start, subject, &by, agent.clone(), negated, true);
        }
        if let Some(date) = date.filter(|_| !when.is_empty()) {
            let value = c.value_of(date);
            c.fact(start, subject, &when, value, negated, false);
        } else if let Some(when) = date.and_then(|item| item.date.clone()) {
            c.dated(found, &when, start);
        }
    }
    true
}
