//! Noun phrases: names, descriptions, E 的 P, values.

use super::super::cursor::Cursor;
use super::super::words::{
    ZH_AND, ZH_COPULAS, ZH_DEMONSTRATIVES, ZH_HAVE, ZH_MEASURES, ZH_NEGATED_COPULAS, ZH_NEGATIONS, ZH_OF,
    ZH_POSSESSIVES, ZH_PRONOUNS, ZH_THAN, is_function_word,
};
use super::super::{Reference, Value};
use super::Subject;
use crate::items::Item;
use touchstone_core::Language;
use touchstone_graph::{EntityId, PredicateId, ValueKind};

pub(super) fn subject(c: &mut Cursor<'_, '_>) -> Option<Subject> {
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
        let of = c.eat(ZH_OF);
        // 法国的首都 and 法国首都, also 美国的官方语言; what is so or not, as 没有海岸线,
        // is said of the thing itself.
        let has_value = |item: &&Item| {
            !item.predicates.is_empty()
                && (of || c.kinds(&item.predicates).iter().any(|kind| *kind != ValueKind::Boolean))
        };
        if let Some(item) = c.peek().filter(has_value) {
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
        // Where each further name is joined, and whether by "with".
        let mut joints: Vec<(usize, bool)> = Vec::new();
        loop {
            let back = c.at;
            let with = c.next_is(ZH_WITH);
            match c.eat(ZH_AND).then(|| self::reference(c)).flatten() {
                Some(next) => {
                    references.push(next);
                    joints.push((back, with));
                }
                None => {
                    c.at = back;
                    break;
                }
            }
        }
        // 法国与西班牙和德国接壤: what is said of the first is said with the others.
        if !joints.is_empty() && is_mutual(c) {
            let split = joints.iter().rposition(|(_, with)| *with).unwrap_or(0);
            references.truncate(split + 1);
            c.at = joints[split].0;
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

const ZH_WITH: &[&str] = &["与", "與", "跟", "同"];

/// Whether a verb follows that has no object: 接壤, 都不相邻.
fn is_mutual(c: &Cursor<'_, '_>) -> bool {
    let mut at = c.at;
    let skipped = |item: &&Item| item.is(&["都", "均", "相", "也", "互相", "相互"]) || item.is(ZH_NEGATIONS);
    while c.items.get(at).filter(skipped).is_some() {
        at += 1;
    }
    // 都没有海岸线 is said of each.
    let between = |item: &Item| c.kinds(&item.predicates).iter().any(|kind| *kind != ValueKind::Boolean);
    c.items.get(at).is_some_and(between) && c.items.get(at + 1).is_none_or(Item::is_punctuation)
}

/// A name, 元素金, 该国, or 首都是基多的国家 and 以基多为首都的国家.
pub(in crate::grammar) fn reference(c: &mut Cursor<'_, '_>) -> Option<Reference> {
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
    let types = graph.lexicon().types(id);
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
    c.described(&predicates, &value, &[], c.range_from(start))
}

/// E 的 P behind a copula.
pub(super) fn slot_phrase(c: &mut Cursor<'_, '_>) -> Option<(Vec<PredicateId>, Reference)> {
    let of = reference(c)?;
    c.eat(ZH_OF);
    let item = c.peek().filter(|item| !item.predicates.is_empty())?;
    c.at += 1;
    Some((item.predicates.clone(), of))
}

pub(super) fn value(c: &mut Cursor<'_, '_>, predicates: &[PredicateId]) -> Option<Value> {
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
                && next.date.is_none()
        }) {
            c.at += 1;
        }
        if c.at == from + 1 { c.value_of(item) } else { c.unknown(c.range_from(from)) }
    };
    c.eat(&["”", "\"", "」", "》"]);
    Some(result)
}
