//! Chinese clauses: E 的 P 是 V, V 是 E 的 P, E 与 V 接壤, E 位于 V, E 是 V 的 C,
//! E 的 P 约 N, E 由 V 发现, E 比 V 大, each also denied.

mod count;
mod noun;
pub(super) mod rank;
mod relation;

use touchstone_core::Language;
use touchstone_graph::{PredicateId, ValueKind};

use super::cursor::{Cursor, Verb, counted_by_unit};
use super::time;
use super::words::{
    ZH_AND, ZH_AT, ZH_COPULAS, ZH_HAVE, ZH_MEASURES, ZH_NEGATED_COPULAS, ZH_NEGATIONS, ZH_OF, ZH_PARTICLES,
    ZH_PASSIVE, is_function_word,
};
use super::{Content, Object, Proposition, Reference, Setting, Value};
use super::{degree, privative};
use crate::items::Item;
use crate::read::Comparator;
pub(super) use noun::reference;
use noun::{slot_phrase, subject, value};
use relation::{any_relation, facts, located, numbered, passive, together};

const ZH_BUT: &[&str] = &["但", "但是", "然而", "不过", "同时", "既"];
const ZH_IF: &[&str] = &["如果", "假如", "要是", "倘若", "除非", "若"];
/// What they say held once.
const ZH_ONCE: &[&str] = &["曾", "曾经", "曾于", "曾於"];

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
            (item.is_punctuation() || item.is(ZH_PARTICLES) || item.is(ZH_AND) || item.is(ZH_BUT))
                && !item.is(ZH_PASSIVE)
        }) {
            c.at += 1;
        }
        // What is only supposed is not asserted, nor what would follow.
        if c.peek().is_some_and(|item| ZH_IF.iter().any(|word| item.folded.starts_with(word))) {
            c.unread = true;
            break;
        }
        if c.at >= items.len() {
            break;
        }
        let start = c.at;
        let found = c.found.len();
        c.past = false;
        if time::leading(&mut c, &[ZH_COPULAS, ZH_NEGATED_COPULAS, ZH_OF, ZH_PASSIVE]) {
            continue;
        }
        if count::there_is(&mut c, start) || ranked(&mut c, start) {
            dated(&mut c, start, found);
            continue;
        }
        let read = match subject(&mut c) {
            Some(next) if predicate_at(&mut c, start, &next) => {
                carried = Some(next);
                true
            }
            _ => {
                c.found.truncate(found);
                c.at = start;
                carried.clone().is_some_and(|subject| predicate_at(&mut c, start, &subject))
                    || resumed(&mut c, start, found, carried.as_ref())
            }
        };
        if read {
            dated(&mut c, start, found);
        }
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
        found.push(Proposition::unread(range));
    }
    found
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

/// 铁的符号是Fe，原子序数是26: another of its facts, the name left out.
fn resumed(c: &mut Cursor<'_, '_>, start: usize, found: usize, carried: Option<&Subject>) -> bool {
    let of = match carried {
        Some(Subject::Slot { of, .. }) => of.clone(),
        Some(Subject::Entities(references)) if references.len() == 1 => references[0].clone(),
        _ => return false,
    };
    c.found.truncate(found);
    c.at = start;
    let Some(noun) = c.peek().filter(|item| !item.predicates.is_empty() && item.entities.is_empty()) else {
        return false;
    };
    c.at += 1;
    let follows = c.peek().is_some_and(|item| {
        item.is(ZH_COPULAS) || item.is(ZH_NEGATED_COPULAS) || item.is(ZH_HAVE) || item.quantity.is_some()
    });
    follows && predicate_at(c, start, &Subject::Slot { predicates: noun.predicates.clone(), of })
}

/// A predicate, also with its time before it: 在1995年是….
fn predicate_at(c: &mut Cursor<'_, '_>, start: usize, subject: &Subject) -> bool {
    let (mark, found) = (c.at, c.found.len());
    if predicate_phrase(c, start, subject) {
        return true;
    }
    c.found.truncate(found);
    c.at = mark;
    c.past |= c.eat(ZH_ONCE);
    let Some(when) = time::adverbial(c) else { return false };
    c.eat(&["，", ","]);
    let read = predicate_phrase(c, start, subject);
    if read && !time::event(c, start, found, &when) {
        c.dated(found, &when, start);
    }
    read
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
    c.past |= c.eat(ZH_ONCE);
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
    let had = c.eat(ZH_HAVE);
    if privative::possessed(c, start, subjects, false, Language::Chinese) {
        return true;
    }
    c.at = mark;
    if !had && c.eat(ZH_NEGATIONS) {
        c.eat(ZH_HAVE);
        if privative::possessed(c, start, subjects, true, Language::Chinese) {
            return true;
        }
        c.at = mark;
    }
    // 秘鲁没有巴西大
    if c.eat(&["没有", "不如", "不及"]) && degree::chinese_less(c, start, subjects) {
        return true;
    }
    c.at = mark;
    if inhabited(c, start, subjects) {
        return true;
    }
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
    if numbered(c, start, subjects, negated) {
        return true;
    }
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

/// 德国和法国的货币: whose, and what of them. 非洲的国家 says what a thing is, not
/// whose country it is.
fn owned(c: &mut Cursor<'_, '_>) -> Option<(Vec<PredicateId>, Vec<Reference>)> {
    let mark = c.at;
    let mut owners = Vec::new();
    loop {
        let back = c.at;
        let Some((predicates, of)) = slot_phrase(c) else {
            c.at = back;
            let next = reference(c).filter(|_| c.eat(ZH_AND));
            match next {
                Some(next) => owners.push(next),
                None => {
                    c.at = mark;
                    return None;
                }
            }
            continue;
        };
        let ontology = c.setting.graph.ontology();
        let lexicon = c.setting.graph.lexicon();
        let has = |p: &&PredicateId| {
            let domain = &ontology.predicate(**p).domain;
            !domain.is_empty()
                && of.candidates.iter().any(|id| {
                    let types = &lexicon.types(*id);
                    !types.is_empty() && ontology.fits(types, domain)
                })
        };
        let class_too = c.items[..c.at].last().is_some_and(|item| !item.classes.is_empty());
        let fitting: Vec<PredicateId> =
            if class_too { predicates.iter().filter(has).copied().collect() } else { predicates };
        if fitting.is_empty() {
            c.at = mark;
            return None;
        }
        owners.push(of);
        return Some((fitting, owners));
    }
}

/// 有37万人, 约有37万居民, 有五千多万人口.
fn inhabited(c: &mut Cursor<'_, '_>, start: usize, subjects: &[Reference]) -> bool {
    let mark = c.at;
    let hedged = c.eat(&["约", "大约", "大概"]);
    let had = c.eat(ZH_HAVE);
    let Some(item) = c.peek().filter(|item| (had || hedged) && item.quantity.is_some()) else {
        c.at = mark;
        return false;
    };
    c.at += 1;
    c.eat(&["个"]);
    let mut predicates = counted_by_unit(c, item);
    if let Some(noun) = c.peek().filter(|noun| c.kinds(&noun.predicates).contains(&ValueKind::Number)) {
        let kinds = c.kinds(&noun.predicates);
        let numeric = noun.predicates.iter().zip(kinds).filter(|(_, kind)| *kind == ValueKind::Number);
        predicates = numeric.map(|(p, _)| *p).collect();
        c.at += 1;
    }
    if predicates.is_empty() {
        c.at = mark;
        return false;
    }
    let mut value = c.value_of(item);
    if hedged {
        for reading in &mut value.readings {
            if let Object::Quantity(quantity) = reading
                && quantity.number.comparator == Comparator::Exact
            {
                quantity.number.comparator = Comparator::About;
            }
        }
    }
    for subject in subjects {
        c.fact(start, subject, &predicates, value.clone(), false, false);
    }
    true
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
    if let Some((predicates, owners)) = owned(c) {
        for subject in subjects {
            let value = Value {
                range: subject.range.clone(),
                readings: vec![Object::Entity(subject.clone()), Object::Text],
            };
            for of in &owners {
                c.fact(start, of, &predicates, value.clone(), negated, false);
            }
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
        c.push(content, negated, range);
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
