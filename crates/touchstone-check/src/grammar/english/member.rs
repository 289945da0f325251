//! What a thing is by its relations: "a physicist", "a NATO member", "married",
//! and the members that a whole counts.

use touchstone_graph::PredicateId;

use super::super::Reference;
use super::super::cursor::Cursor;
use super::super::words::{CONJUNCTIONS, COPULAS, DETERMINERS, POSSESSIVES};
use super::Subject;
use super::noun::{entity_value, reference};
use crate::items::Item;

/// "X is a V", where relations of the graph say what a thing is: an
/// occupation, a wider class.
pub(super) fn classified(
    c: &mut Cursor<'_, '_>,
    start: usize,
    subjects: &[Reference],
    negated: bool,
) -> bool {
    let ontology = c.setting.graph.ontology();
    let predicates: Vec<PredicateId> =
        ontology.predicates().iter().filter(|p| p.classifies).map(|p| p.id).collect();
    if predicates.is_empty() || !c.eat(DETERMINERS) {
        return false;
    }
    let Some(item) = c.peek().filter(|item| !item.entities.is_empty() && item.predicates.is_empty()) else {
        return false;
    };
    c.at += 1;
    // "a French physicist", "a Gothic church": the name only qualifies.
    if c.peek().is_some_and(|next| !(next.is_punctuation() || next.is(CONJUNCTIONS))) {
        return false;
    }
    let value = c.value_of(item);
    for subject in subjects {
        c.fact(start, subject, &predicates, value.clone(), negated, false);
    }
    true
}

/// "X and Y share a border", "X and Y are [not] twin cities": a relation that
/// holds both ways, said of two things without its preposition, with a copula
/// or without.
pub(super) fn mutual(c: &mut Cursor<'_, '_>, start: usize, subjects: &[Reference], negated: bool) -> bool {
    let [first, second] = subjects else { return false };
    let mark = c.at;
    c.eat(COPULAS);
    c.eat_all(DETERMINERS);
    let Some(item) = c.peek() else {
        c.at = mark;
        return false;
    };
    let ontology = c.setting.graph.ontology();
    let predicates: Vec<PredicateId> =
        item.predicates.iter().copied().filter(|p| ontology.predicate(*p).symmetric).collect();
    c.at += 1;
    c.eat(&["with", "to"]);
    c.eat(&["each other", "each", "one"]);
    c.eat(&["other", "another"]);
    if predicates.is_empty() || c.peek().is_some_and(|next| !next.is_punctuation()) {
        c.at = mark;
        return false;
    }
    c.fact(start, first, &predicates, entity_value(second), negated, false);
    true
}

/// "Y counts X among its members", behind Y.
pub(super) fn counted_among(c: &mut Cursor<'_, '_>, start: usize, subjects: &[Subject]) -> bool {
    let [Subject::Entity(whole)] = subjects else { return false };
    let mark = c.at;
    let found = c.found.len();
    let read = (|| {
        c.eat(&["counts", "numbers", "has", "includes", "counted", "had"]).then_some(())?;
        let member = reference(c)?;
        (c.eat(&["among"]) && c.eat(POSSESSIVES)).then_some(())?;
        let noun = c.peek().filter(|item| !item.subject_nouns.is_empty())?;
        c.at += 1;
        c.fact(start, &member, &noun.subject_nouns, entity_value(whole), false, false);
        Some(())
    })();
    if read.is_none() {
        c.found.truncate(found);
        c.at = mark;
    }
    read.is_some()
}

/// "The members of NATO include Spain and Italy", from the article on.
pub(super) fn members_include(c: &mut Cursor<'_, '_>, start: usize) -> bool {
    let mark = c.at;
    let found = c.found.len();
    let read = (|| {
        let among = c.eat(&["among"]);
        c.eat_all(DETERMINERS);
        let noun = c.peek().filter(|item| !item.subject_nouns.is_empty())?;
        c.at += 1;
        c.eat(&["of"]).then_some(())?;
        let whole = reference(c)?;
        (c.eat(&["include", "includes", "included"]) || (among && c.eat(COPULAS))).then_some(())?;
        loop {
            let member = reference(c)?;
            c.fact(start, &member, &noun.subject_nouns, entity_value(&whole), false, false);
            let comma = c.eat(&[","]);
            if !(c.eat(CONJUNCTIONS) || comma) {
                return Some(());
            }
        }
    })();
    if read.is_none() {
        c.found.truncate(found);
        c.at = mark;
    }
    read.is_some()
}

/// What stands before a name and says a fact of it: "Paris-based X",
/// "London-born X", "NATO member X", "Nobel Prize winner X".
pub(super) fn premodified(c: &mut Cursor<'_, '_>, start: usize) -> Option<Subject> {
    let mark = c.at;
    let read = (|| {
        c.eat_all(DETERMINERS);
        let before = c.peek().filter(|item| !item.entities.is_empty())?;
        c.at += 1;
        let hyphen = c.eat(&["-"]);
        let noun = c.peek()?;
        let predicates = if hyphen { &noun.compounds } else { &noun.subject_nouns };
        if predicates.is_empty() {
            return None;
        }
        c.at += 1;
        let name = c.peek().filter(|item| named(item))?;
        let subject = reference(c)?;
        debug_assert_eq!(subject.range, name.range);
        let value = c.value_of(before);
        c.fact(start, &subject, predicates, value, false, false);
        Some(Subject::Entity(subject))
    })();
    if read.is_none() {
        c.at = mark;
    }
    read
}

fn named(item: &Item) -> bool {
    !item.entities.is_empty()
}
