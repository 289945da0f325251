//! English clauses: "The capital of E is V", "E's capital is V", "V is the
//! capital of E", "E borders V and W", "E is a C in V", "E has a population
//! of N", "E is larger than V", each also denied.

use touchstone_graph::{ClassId, PredicateId, ValueKind};

use super::cursor::Cursor;
use super::degree;
use super::words::{
    CONJUNCTIONS, COPULAS, DETERMINERS, DO, HAVE, NEGATED_COPULAS, NEGATED_DO, NEGATED_HAVE, NEGATIONS,
    NEUTRAL_ADVERBS, OF_LIKE, PERFECT, POSSESSIVES, PREPOSITIONS, PRONOUNS, RELATIVES, is_function_word,
};
use super::{Content, Object, Proposition, Reference, Setting, Value};
use crate::items::Item;
use touchstone_core::Language;

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

fn noun_phrase(c: &mut Cursor<'_, '_>) -> Option<Subject> {
    let start = c.at;
    if c.eat(POSSESSIVES) {
        let item = c.peek().filter(|item| !item.predicates.is_empty())?;
        c.at += 1;
        let of = c.discourse(&item.predicates, item.range.clone())?;
        return Some(Subject::Slot { predicates: item.predicates.clone(), of, inverse: false });
    }
    if let Some(slot) = slot_phrase(c) {
        return Some(slot);
    }
    c.at = start;
    if let Some(reference) = reference(c) {
        if c.eat(&["'s", "’s", "'", "’"]) {
            let after = c.at;
            while c.peek().is_some_and(|item| item.predicates.is_empty() && !item.classes.is_empty()) {
                c.at += 1;
            }
            if let Some(item) = c.peek().filter(|item| !item.predicates.is_empty()) {
                c.at += 1;
                return Some(Subject::Slot {
                    predicates: item.predicates.clone(),
                    of: reference,
                    inverse: false,
                });
            }
            c.at = after;
            return None;
        }
        // "Gold atomic number is 79"
        if let (Some(item), Some(then)) = (c.peek(), c.ahead(1))
            && !item.predicates.is_empty()
            && then.is(COPULAS)
        {
            c.at += 1;
            return Some(Subject::Slot {
                predicates: item.predicates.clone(),
                of: reference,
                inverse: false,
            });
        }
        return Some(Subject::Entity(reference));
    }
    c.at = start;
    c.eat_all(DETERMINERS);
    let from = c.at;
    // A value before its slot: "79 is the atomic number of gold".
    if let Some(item) = c.peek().filter(|item| item.quantity.is_some() || item.date.is_some()) {
        c.at += 1;
        return Some(Subject::Unknown(c.value_of(item)));
    }
    while c.peek().is_some_and(|item| {
        item.is_plain() && !item.is_punctuation() && !is_function_word(&item.folded, Language::English)
    }) {
        c.at += 1;
    }
    let short = c.at > from && c.at - from <= 5;
    if !short {
        c.at = start;
        return None;
    }
    let value = c.unknown(c.range_from(from));
    Some(Subject::Unknown(value))
}

/// "[the] [official] P of E", with names and classes before P passed over
/// ("the US state capital of Florida").
fn slot_phrase(c: &mut Cursor<'_, '_>) -> Option<Subject> {
    let indefinite = c.next_is(&["a", "an"]);
    c.eat_all(DETERMINERS);
    for _ in 0..3 {
        match c.peek() {
            Some(item)
                if item.predicates.is_empty() && !(item.entities.is_empty() && item.classes.is_empty()) =>
            {
                c.at += 1
            }
            _ => break,
        }
    }
    let item = c.peek().filter(|item| !item.predicates.is_empty() && !is_verbal(item))?;
    c.at += 1;
    let inverse = item.folded.ends_with(" of");
    // "a country in Africa" says what a thing is, not whose country it is.
    if !item.classes.is_empty() && (indefinite || c.next_is(&["in"])) {
        return None;
    }
    if !inverse && !c.eat(OF_LIKE) {
        return None;
    }
    let of = reference(c)?;
    Some(Subject::Slot { predicates: item.predicates.clone(), of, inverse })
}

/// "is the capital of", "serves as the capital of": a verb phrase, no noun.
fn is_verbal(item: &Item) -> bool {
    let first = item.folded.split(' ').next().unwrap_or_default();
    COPULAS.contains(&first) || item.folded.contains(" the ")
}

/// A name, "the element gold", "the city of Quito", "it", "this country" or
/// "the country whose capital is Quito".
pub(super) fn reference(c: &mut Cursor<'_, '_>) -> Option<Reference> {
    let start = c.at;
    if c.peek().is_some_and(|item| item.is(PRONOUNS)) {
        c.at += 1;
        return c.discourse(&[], c.range_from(start));
    }
    let quoted = c.eat(&["\"", "“", "'", "‘"]);
    c.eat_all(DETERMINERS);
    let item = c.peek()?;
    if !item.entities.is_empty() {
        c.at += 1;
        if quoted {
            c.eat(&["\"", "”", "'", "’"]);
        }
        let candidates = item.entities.clone();
        let reference = Reference { candidates, range: item.range.clone(), indirect: false };
        other_name(c, &reference);
        return Some(reference);
    }
    if item.classes.is_empty() {
        return None;
    }
    let classes = &item.classes;
    c.at += 1;
    if c.eat(&["whose"]) {
        let phrase = c.peek().filter(|item| !item.predicates.is_empty())?;
        c.at += 1;
        if !c.eat(COPULAS) {
            return None;
        }
        let value = value(c, &phrase.predicates)?;
        return c.described(&phrase.predicates, &value, c.range_from(start));
    }
    let after_class = c.at;
    c.eat(&["of", "called", "named"]);
    c.eat(&["\"", "“"]);
    if let Some(name) = c.peek().filter(|item| !item.entities.is_empty()) {
        c.at += 1;
        c.eat(&["\"", "”"]);
        let of_class: Vec<_> =
            name.entities.iter().copied().filter(|id| is_of_class(c, *id, classes)).collect();
        let candidates = if of_class.is_empty() { name.entities.clone() } else { of_class };
        return Some(Reference { candidates, range: name.range.clone(), indirect: false });
    }
    c.at = after_class;
    let next_joins = c.peek().is_some_and(|item| item.is(OF_LIKE) || item.is(RELATIVES));
    if next_joins || c.at - start < 2 {
        return None;
    }
    // "the country": the latest of that class.
    let latest = c.setting.discourse.iter().rev().find(|id| is_of_class(c, **id, classes))?;
    Some(Reference { candidates: vec![*latest], range: c.range_from(start), indirect: true })
}

fn is_of_class(c: &Cursor<'_, '_>, id: touchstone_graph::EntityId, classes: &[ClassId]) -> bool {
    let graph = c.setting.graph;
    let types = &graph.lexicon().entity(id).types;
    !types.is_empty() && graph.ontology().fits(types, classes)
}

fn verb_phrase(c: &mut Cursor<'_, '_>, start: usize, subjects: &[Subject]) -> bool {
    c.eat_all(NEUTRAL_ADVERBS);
    if c.eat(NEGATED_COPULAS) {
        return complement(c, start, subjects, true) && attachments(c, start, subjects);
    }
    if c.next_is(PERFECT) && c.ahead(1).is_some_and(|item| item.is(&["been"])) {
        c.at += 1;
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
    relation(c, start, subjects, negated) && attachments(c, start, subjects)
}

fn is_text_slot(c: &Cursor<'_, '_>, subjects: &[Subject]) -> bool {
    let [Subject::Slot { predicates, .. }] = subjects else { return false };
    c.kinds(predicates).iter().all(|kind| *kind == ValueKind::Text)
}

/// What follows a copula.
fn complement(c: &mut Cursor<'_, '_>, start: usize, subjects: &[Subject], negated: bool) -> bool {
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
            let references: Vec<Reference> = subjects
                .iter()
                .filter_map(
                    |s| if let Subject::Entity(reference) = s { Some(reference.clone()) } else { None },
                )
                .collect();
            if references.len() != subjects.len() {
                return false;
            }
            if let Some(Subject::Slot { predicates, of, inverse }) = slot_phrase(c) {
                for reference in &references {
                    let value = entity_value(reference);
                    state_slot(c, start, &predicates, &of, inverse, value, negated);
                }
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
            if relation(c, start, subjects, negated) {
                return true;
            }
            c.at = mark;
            if let ([subject], Some(other)) = (references.as_slice(), reference(c))
                && c.identity(start, subject, &other, negated)
            {
                return true;
            }
            c.at = mark;
            membership(c, start, &references, negated)
        }
    }
}

fn entity_value(reference: &Reference) -> Value {
    Value { range: reference.range.clone(), readings: vec![Object::Entity(reference.clone()), Object::Text] }
}

fn slot_value(
    c: &mut Cursor<'_, '_>,
    start: usize,
    predicates: &[PredicateId],
    of: &Reference,
    inverse: bool,
    negated: bool,
) -> bool {
    let Some(first) = value(c, predicates) else { return false };
    let mut values = vec![first];
    loop {
        let back = c.at;
        let comma = c.eat(&[","]);
        let and = c.eat(CONJUNCTIONS);
        // A new clause has a verb of its own behind its first phrase.
        match (comma || and).then(|| value(c, predicates)).flatten() {
            Some(next) if !starts_clause(c) => values.push(next),
            _ => {
                c.at = back;
                break;
            }
        }
    }
    for value in values {
        state_slot(c, start, predicates, of, inverse, value, negated);
    }
    true
}

fn starts_clause(c: &Cursor<'_, '_>) -> bool {
    c.peek().is_some_and(|item| {
        item.is(COPULAS)
            || item.is(HAVE)
            || item.is(DO)
            || item.is(OF_LIKE)
            || item.is(NEGATED_COPULAS)
            || item.is(&["'s", "’s"])
            || !item.predicates.is_empty()
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

/// A value for these predicates: a name, a number, a date or plain words.
fn value(c: &mut Cursor<'_, '_>, predicates: &[PredicateId]) -> Option<Value> {
    let kinds = c.kinds(predicates);
    c.eat(&["\"", "“", "‘", "'"]);
    if !kinds.iter().all(|k| *k == ValueKind::Text) {
        c.eat_all(DETERMINERS);
    }
    let item = c.peek().filter(|item| !item.is_punctuation())?;
    let from = c.at;
    c.at += 1;
    let known = !item.entities.is_empty() || item.quantity.is_some() || item.date.is_some();
    let continues = c.peek().is_some_and(|next| {
        next.is_plain()
            && next.folded.chars().all(char::is_alphanumeric)
            && starts_upper(c, next)
            && !is_function_word(&next.folded, Language::English)
    });
    let result = if (known && !continues) || kinds.iter().all(|k| *k == ValueKind::Text) {
        c.value_of(item)
    } else {
        if !known && is_function_word(&item.folded, Language::English) {
            c.at = from;
            return None;
        }
        while c.peek().is_some_and(|next| {
            !next.is_punctuation()
                && !is_function_word(&next.folded, Language::English)
                && next.quantity.is_none()
        }) {
            c.at += 1;
        }
        if c.at == from + 1 { c.value_of(item) } else { c.unknown(c.range_from(from)) }
    };
    c.eat(&["\"", "”", "’", "'"]);
    parenthesis(c, &result);
    Some(result)
}

/// "Myanmar (Burma)": another name of the same in brackets is read over.
fn other_name(c: &mut Cursor<'_, '_>, of: &Reference) {
    let bracketed = c.next_is(&["("]) && c.ahead(2).is_some_and(|item| item.is(&[")"]));
    if bracketed && c.ahead(1).is_some_and(|inner| inner.entities.iter().any(|id| of.candidates.contains(id)))
    {
        c.at += 3;
    }
}

/// "(USD)" behind a name is read over when it is another name of the same.
fn parenthesis(c: &mut Cursor<'_, '_>, of: &Value) {
    if !c.next_is(&["("]) || !c.ahead(2).is_some_and(|item| item.is(&[")"])) {
        return;
    }
    let same = c.ahead(1).is_some_and(|inner| {
        of.readings.iter().any(|reading| match reading {
            Object::Entity(e) => inner.entities.iter().any(|id| e.candidates.contains(id)),
            _ => false,
        })
    });
    if !same {
        c.unread = true;
    }
    c.at += 3;
}

fn starts_upper(c: &Cursor<'_, '_>, item: &Item) -> bool {
    c.setting.text[item.range.clone()].starts_with(char::is_uppercase)
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
        c.found.push(Proposition { content, negated, range });
    }
}

/// "a city in Ecuador"
fn membership(c: &mut Cursor<'_, '_>, start: usize, subjects: &[Reference], negated: bool) -> bool {
    let determined = c.next_is(DETERMINERS);
    c.eat_all(DETERMINERS);
    c.eat(&["one"]);
    let Some(item) = c.peek().filter(|item| !item.classes.is_empty()) else { return false };
    if !determined && subjects.len() < 2 {
        return false;
    }
    c.at += 1;
    push_memberships(c, start, subjects, &item.classes, negated);
    true
}

/// A verb or a phrase with a preposition between two names: "borders",
/// "located in", "discovered by".
fn relation(c: &mut Cursor<'_, '_>, start: usize, subjects: &[Subject], negated: bool) -> bool {
    let references: Vec<Reference> = subjects
        .iter()
        .filter_map(|s| match s {
            Subject::Entity(reference) => Some(reference.clone()),
            _ => None,
        })
        .collect();
    if references.is_empty() || references.len() != subjects.len() {
        return false;
    }
    let Some(item) = c.peek().filter(|item| !item.predicates.is_empty()) else { return false };
    c.at += 1;
    let predicates = item.predicates.clone();
    let preposition = item.folded.rsplit(' ').next().is_some_and(|last| PREPOSITIONS.contains(&last));
    if !preposition && !item.folded.contains(' ') && c.next_is(&["of", "for"]) {
        return false;
    }
    relation_values(c, start, &references, &predicates, negated)
}

fn relation_values(
    c: &mut Cursor<'_, '_>,
    start: usize,
    subjects: &[Reference],
    predicates: &[PredicateId],
    negated: bool,
) -> bool {
    let mut any = false;
    loop {
        let back = c.at;
        if any {
            let comma = c.eat(&[","]);
            let and = c.eat(CONJUNCTIONS);
            if !(comma || and) {
                break;
            }
        }
        c.eat(&["both"]);
        match value(c, predicates) {
            Some(value) if !(any && starts_clause(c)) => {
                for subject in subjects {
                    c.fact(start, subject, predicates, value.clone(), negated, true);
                }
                any = true;
            }
            _ => {
                c.at = back;
                break;
            }
        }
    }
    as_noun(c);
    any
}

/// "uses the dollar as its currency": the noun repeats the verb's relation.
fn as_noun(c: &mut Cursor<'_, '_>) {
    let back = c.at;
    if c.eat(&["as"]) {
        c.eat_all(DETERMINERS);
        c.eat(POSSESSIVES);
        if c.peek().is_some_and(|item| !item.predicates.is_empty()) {
            c.at += 1;
            return;
        }
    }
    c.at = back;
}

/// "has a population of N", "has atomic number 79", "has Quito as its capital".
fn possession(c: &mut Cursor<'_, '_>, start: usize, subjects: &[Subject], negated: bool) -> bool {
    let [Subject::Entity(subject)] = subjects else { return false };
    let subject = subject.clone();
    c.eat_all(DETERMINERS);
    if let Some(item) = c.peek().filter(|item| !item.predicates.is_empty() && item.quantity.is_none()) {
        c.at += 1;
        let predicates = item.predicates.clone();
        c.eat(&["of", ":"]);
        c.eat_all(COPULAS);
        let Some(first) = value(c, &predicates) else { return false };
        c.fact(start, &subject, &predicates, first, negated, false);
        return true;
    }
    let mark = c.at;
    let Some(item) = c.peek() else { return false };
    if item.quantity.is_some() {
        c.at += 1;
        let value = c.value_of(item);
        c.eat(&["of"]);
        if let Some(noun) = c.peek().filter(|item| !item.predicates.is_empty()) {
            c.at += 1;
            c.fact(start, &subject, &noun.predicates, value, negated, false);
            return true;
        }
        c.at = mark;
        return false;
    }
    if !item.entities.is_empty() {
        c.at += 1;
        let value = c.value_of(item);
        if c.eat(&["as", "for"]) {
            c.eat_all(DETERMINERS);
            c.eat(POSSESSIVES);
            if let Some(noun) = c.peek().filter(|item| !item.predicates.is_empty()) {
                c.at += 1;
                c.fact(start, &subject, &noun.predicates, value, negated, false);
                return true;
            }
        }
    }
    c.at = mark;
    false
}

/// What may hang on behind a clause: ", located in South America", "in 1898
/// by Marie Curie" (the verb is taken up again with its preposition).
fn attachments(c: &mut Cursor<'_, '_>, start: usize, subjects: &[Subject]) -> bool {
    loop {
        let back = c.at;
        let found = c.found.len();
        c.eat(&[","]);
        if c.eat(RELATIVES) {
            c.at = back;
            break;
        }
        let relational = c.peek().is_some_and(|item| {
            !item.predicates.is_empty()
                && item.folded.rsplit(' ').next().is_some_and(|last| PREPOSITIONS.contains(&last))
        });
        let read = (relational && relation(c, start, subjects, false)) || resumed(c, start, back, subjects);
        if !read {
            c.found.truncate(found);
            c.at = back;
            break;
        }
    }
    true
}

/// "discovered by X in 1898": reads "discovered in 1898".
fn resumed(c: &mut Cursor<'_, '_>, start: usize, end: usize, subjects: &[Subject]) -> bool {
    let [Subject::Entity(subject)] = subjects else { return false };
    let subject = subject.clone();
    let Some(preposition) = c.peek().filter(|item| item.is(PREPOSITIONS)) else { return false };
    let lexicon = c.setting.graph.lexicon();
    let verb = c.items[start..end].iter().rev().find_map(|item| {
        let (verb, last) = item.folded.rsplit_once(' ')?;
        (!item.predicates.is_empty() && PREPOSITIONS.contains(&last)).then(|| verb.to_owned())
    });
    let Some(verb) = verb else { return false };
    let predicates: Vec<PredicateId> = lexicon
        .lookup(&format!("{verb} {}", preposition.folded))
        .iter()
        .filter_map(|entry| match entry.meaning {
            touchstone_graph::Meaning::Predicate(id) => Some(id),
            _ => None,
        })
        .collect();
    if predicates.is_empty() {
        return false;
    }
    c.at += 1;
    relation_values(c, start, &[subject], &predicates, false)
}
