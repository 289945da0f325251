//! Chinese clauses: E 的 P 是 V, V 是 E 的 P, E 与 V 接壤, E 位于 V, E 是 V 的 C,
//! E 的 P 约 N, E 由 V 发现, E 比 V 大, each also denied.

use touchstone_core::Language;
use touchstone_graph::{EntityId, PredicateId, ValueKind};

use super::cursor::Cursor;
use super::degree;
use super::words::{
    ZH_AND, ZH_AT, ZH_COPULAS, ZH_DEMONSTRATIVES, ZH_HAVE, ZH_MEASURES, ZH_NEGATED_COPULAS, ZH_NEGATIONS,
    ZH_OF, ZH_PARTICLES, ZH_PASSIVE, ZH_POSSESSIVES, ZH_PRONOUNS, ZH_THAN, is_function_word,
};
use super::{Content, Object, Proposition, Reference, Setting, Value};
use crate::items::Item;

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

fn subject(c: &mut Cursor<'_, '_>) -> Option<Subject> {
    let start = c.at;
    if c.eat(ZH_POSSESSIVES) || (c.next_is(ZH_PRONOUNS) && c.ahead(1).is_some_and(|item| item.is(ZH_OF))) {
        c.eat(ZH_PRONOUNS);
        c.eat(ZH_OF);
        let item = c.peek().filter(|item| !item.predicates.is_empty())?;
        c.at += 1;
        let of = c.discourse(&item.predicates, item.range.clone())?;
        return Some(Subject::Slot { predicates: item.predicates.clone(), of });
    }
    if let Some(reference) = reference(c) {
        let after = c.at;
        c.eat(ZH_OF);
        // 法国的首都 and 法国首都, also 美国的官方语言
        if let Some(item) = c.peek().filter(|item| !item.predicates.is_empty()) {
            c.at += 1;
            let noun = c.peek().is_none_or(|next| {
                next.is(ZH_COPULAS)
                    || next.is(ZH_NEGATED_COPULAS)
                    || next.is(ZH_HAVE)
                    || next.is(ZH_THAN)
                    || next.quantity.is_some()
                    || next.is_punctuation()
                    || next.is(&["约", "大约", "不", "共", "也", "都", "分别"])
            });
            if noun {
                return Some(Subject::Slot { predicates: item.predicates.clone(), of: reference });
            }
        }
        c.at = after;
        let mut references = vec![reference];
        loop {
            let back = c.at;
            if !c.eat(ZH_AND) {
                break;
            }
            match self::reference(c) {
                // 法国与西班牙接壤: the second name is the object.
                Some(next) if c.peek().is_none_or(|item| item.predicates.is_empty()) => references.push(next),
                _ => {
                    c.at = back;
                    break;
                }
            }
        }
        return Some(Subject::Entities(references));
    }
    c.at = start;
    let item = c.peek()?;
    if item.quantity.is_some() || item.date.is_some() {
        c.at += 1;
        return Some(Subject::Unknown(c.value_of(item)));
    }
    let from = c.at;
    while c.peek().is_some_and(|item| {
        item.is_plain() && !item.is_punctuation() && !is_function_word(&item.folded, Language::Chinese)
    }) {
        c.at += 1;
    }
    if c.at == from || c.at - from > 4 {
        c.at = start;
        return None;
    }
    let value = c.unknown(c.range_from(from));
    Some(Subject::Unknown(value))
}

/// A name, 元素金, 该国, or 首都是基多的国家 and 以基多为首都的国家.
pub(super) fn reference(c: &mut Cursor<'_, '_>) -> Option<Reference> {
    let start = c.at;
    if c.next_is(ZH_PRONOUNS) {
        c.at += 1;
        return c.discourse(&[], c.range_from(start));
    }
    if c.eat(ZH_DEMONSTRATIVES) {
        c.eat(ZH_MEASURES);
        let item = c.peek().filter(|item| !item.classes.is_empty() || item.is(&["国"]))?;
        c.at += 1;
        let latest =
            c.setting.discourse.iter().rev().find(|id| item.classes.is_empty() || of_class(c, **id, item))?;
        return Some(Reference { candidates: vec![*latest], range: c.range_from(start), indirect: true });
    }
    if let Some(described) = described(c) {
        return Some(described);
    }
    c.at = start;
    let quoted = c.eat(&["“", "\"", "「", "《"]);
    let item = c.peek()?;
    let class_first = item.entities.is_empty() && !item.classes.is_empty();
    if class_first {
        let name = c.ahead(1).filter(|next| !next.entities.is_empty())?;
        c.at += 2;
        let fitting: Vec<EntityId> =
            name.entities.iter().copied().filter(|id| of_class(c, *id, item)).collect();
        let candidates = if fitting.is_empty() { name.entities.clone() } else { fitting };
        return Some(Reference { candidates, range: name.range.clone(), indirect: false });
    }
    if item.entities.is_empty() {
        c.at = start;
        return None;
    }
    c.at += 1;
    if quoted {
        c.eat(&["”", "\"", "」", "》"]);
    }
    let mut candidates = item.entities.clone();
    // 基多市, 金元素: the class behind the name.
    if let Some(class) = c
        .peek()
        .filter(|next| !next.classes.is_empty() && next.entities.is_empty() && next.predicates.is_empty())
    {
        let fitting: Vec<EntityId> =
            candidates.iter().copied().filter(|id| of_class(c, *id, class)).collect();
        if !fitting.is_empty() {
            c.at += 1;
            candidates = fitting;
        }
    }
    Some(Reference { candidates, range: item.range.clone(), indirect: false })
}

fn of_class(c: &Cursor<'_, '_>, id: EntityId, class: &Item) -> bool {
    let graph = c.setting.graph;
    let types = &graph.lexicon().entity(id).types;
    !types.is_empty() && graph.ontology().fits(types, &class.classes)
}

fn described(c: &mut Cursor<'_, '_>) -> Option<Reference> {
    let start = c.at;
    let (predicates, value) = if c.eat(&["以"]) {
        let item = c.peek()?;
        let value = c.value_of(item);
        c.at += 1;
        if !c.eat(ZH_COPULAS) && !c.eat(&["作为"]) {
            return None;
        }
        let phrase = c.peek().filter(|item| !item.predicates.is_empty())?;
        c.at += 1;
        (phrase.predicates.clone(), value)
    } else {
        let phrase = c.peek().filter(|item| !item.predicates.is_empty())?;
        c.at += 1;
        if !c.eat(ZH_COPULAS) {
            return None;
        }
        let item = c.peek()?;
        c.at += 1;
        (phrase.predicates.clone(), c.value_of(item))
    };
    if !c.eat(ZH_OF) {
        return None;
    }
    c.eat(ZH_DEMONSTRATIVES);
    c.eat(ZH_MEASURES);
    c.peek().filter(|item| !item.classes.is_empty())?;
    c.at += 1;
    c.described(&predicates, &value, c.range_from(start))
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

/// E 的 P behind a copula.
fn slot_phrase(c: &mut Cursor<'_, '_>) -> Option<(Vec<PredicateId>, Reference)> {
    let of = reference(c)?;
    c.eat(ZH_OF);
    let item = c.peek().filter(|item| !item.predicates.is_empty())?;
    c.at += 1;
    Some((item.predicates.clone(), of))
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

fn value(c: &mut Cursor<'_, '_>, predicates: &[PredicateId]) -> Option<Value> {
    let text_only = c.kinds(predicates).iter().all(|k| *k == ValueKind::Text);
    c.eat(&["“", "\"", "「", "《"]);
    let item = c.peek().filter(|item| !item.is_punctuation())?;
    let from = c.at;
    c.at += 1;
    let known = !item.entities.is_empty() || item.quantity.is_some() || item.date.is_some();
    let result = if known || text_only {
        c.value_of(item)
    } else {
        if is_function_word(&item.folded, Language::Chinese) {
            c.at = from;
            return None;
        }
        while c.peek().is_some_and(|next| {
            !next.is_punctuation()
                && !is_function_word(&next.folded, Language::Chinese)
                && next.quantity.is_none()
        }) {
            c.at += 1;
        }
        if c.at == from + 1 { c.value_of(item) } else { c.unknown(c.range_from(from)) }
    };
    c.eat(&["”", "\"", "」", "》"]);
    Some(result)
}

fn entity_phrase(c: &mut Cursor<'_, '_>, start: usize, subjects: &[Reference]) -> bool {
    if let Some(negated) = copula(c) {
        return complement(c, start, subjects, negated);
    }
    let mark = c.at;
    let negated = c.eat(ZH_NEGATIONS);
    if degree::chinese(c, start, subjects, negated) {
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
    let Some(item) = c.peek().filter(|item| !item.predicates.is_empty()) else {
        return located(c, mark, start, subjects, negated);
    };
    c.at += 1;
    let predicates = item.predicates.clone();
    if c.kinds(&predicates).contains(&ValueKind::Boolean) && c.peek().is_none_or(Item::is_punctuation) {
        for subject in subjects {
            let value = Value { range: item.range.clone(), readings: vec![Object::True] };
            c.fact(start, subject, &predicates, value, negated, false);
        }
        return true;
    }
    c.eat(&["了", "着", "过", "于", "在"]);
    facts(c, start, subjects, &predicates, negated)
}

/// 在 V: the relation is the preposition itself, where the graph names it.
fn located(c: &mut Cursor<'_, '_>, mark: usize, start: usize, subjects: &[Reference], negated: bool) -> bool {
    c.at = mark;
    c.eat(ZH_NEGATIONS);
    let Some(item) = c.peek().filter(|item| item.is(ZH_AT)) else { return false };
    let predicates = predicates_named(c, &item.folded);
    if predicates.is_empty() {
        return false;
    }
    c.at += 1;
    facts(c, start, subjects, &predicates, negated)
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

fn facts(
    c: &mut Cursor<'_, '_>,
    start: usize,
    subjects: &[Reference],
    predicates: &[PredicateId],
    negated: bool,
) -> bool {
    let mut any = false;
    loop {
        let back = c.at;
        if any && !c.eat(ZH_AND) {
            break;
        }
        match value(c, predicates) {
            Some(value) => {
                for subject in subjects {
                    c.fact(start, subject, predicates, value.clone(), negated, true);
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

/// What follows 是.
fn complement(c: &mut Cursor<'_, '_>, start: usize, subjects: &[Reference], negated: bool) -> bool {
    let mark = c.at;
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

/// The transitive predicates: "of" between a thing and a place.
fn any_relation(c: &Cursor<'_, '_>) -> Vec<PredicateId> {
    let ontology = c.setting.graph.ontology();
    ontology.predicates().iter().filter(|p| p.transitive).map(|p| p.id).collect()
}

/// 与 V 接壤
fn together(c: &mut Cursor<'_, '_>, start: usize, subjects: &[Reference], mut negated: bool) -> bool {
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
fn passive(c: &mut Cursor<'_, '_>, start: usize, subjects: &[Reference], negated: bool) -> bool {
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
    let Some(item) = c.peek().filter(|item| !item.predicates.is_empty()) else {
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
    let (by, mut when) = (of_kind(true), of_kind(false));
    if when.is_empty() && date.is_some() {
        // 于1867年发现 says what 发现于1867年 says.
        for form in [format!("{}于", item.folded), format!("被{}于", item.folded)] {
            when.extend(
                predicates_named(c, &form).into_iter().filter(|p| c.kinds(&[*p]) == [ValueKind::Date]),
            );
        }
        when.dedup();
    }
    for subject in subjects {
        for agent in &agents {
            c.fact(start, subject, &by, agent.clone(), negated, true);
        }
        if let Some(date) = date.filter(|_| !when.is_empty()) {
            let value = c.value_of(date);
            c.fact(start, subject, &when, value, negated, false);
        } else if date.is_some() {
            c.unread = true;
        }
    }
    true
}
