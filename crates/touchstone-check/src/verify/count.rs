//! How many values a fact has, or how many things of a class are in a place.

use std::ops::Range;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::Zero;
use touchstone_core::{Evidence, ReasonCode, Term};
use touchstone_graph::{ClassId, EntityId, PredicateId};

use super::fact::{Side, fitting};
use super::prominence::prominent;
use super::{Case, Judged, combine, members};
use crate::grammar::{Reference, Verb};
use crate::lookup;
use crate::read::{self, Comparator, Quantity};

/// Facts shown as evidence.
const MAX_SHOWN: usize = 20;
/// Classes with more members are not counted in a place.
const MAX_MEMBERS: usize = 5_000;

pub(super) struct Stated<'a> {
    pub(super) number: &'a Quantity,
    pub(super) written: &'a Range<usize>,
}

/// What the graph knows of the number.
struct Known {
    count: usize,
    /// There are no more.
    complete: bool,
    evidence: Vec<Evidence>,
    predicate: Option<PredicateId>,
}

pub(super) fn judge(
    case: &Case<'_>,
    subject: &Reference,
    relation: &Verb,
    classes: &[ClassId],
    stated: &Stated<'_>,
) -> Judged {
    let mut readings = Vec::new();
    for id in prominent(case, &subject.candidates) {
        let mut known: Vec<Known> = Vec::new();
        for predicate in &relation.forward {
            if fitting(case, &[id], *predicate, Side::Subject).is_empty() {
                continue;
            }
            known.extend(values(case, id, *predicate, classes));
            // "China has 14 neighbours" may mean countries, as China is one,
            // and not Hong Kong.
            let kinds = if classes.is_empty() { members::kinds(case, id) } else { Vec::new() };
            for kind in kinds {
                let alike = values(case, id, *predicate, &[kind]);
                let other = |one: &Known| known.iter().all(|known| known.count != one.count);
                let alike = alike.filter(|alike| alike.count > 0).filter(other);
                known.extend(alike);
            }
        }
        if known.is_empty() && !classes.is_empty() {
            known.extend(residents(case, id, classes));
        }
        readings.extend(known.into_iter().map(|known| {
            let mut judged = hold_against(case, stated, &known);
            judged.subject = Some(lookup::entity_term(case.graph, id, case.language));
            judged.predicate = known.predicate.map(|p| lookup::predicate_term(case.graph, p, case.language));
            judged
        }));
    }
    let none = if subject.candidates.is_empty() { ReasonCode::UnknownEntity } else { ReasonCode::NoEvidence };
    let mut judged = combine(readings).unwrap_or_else(|| Judged::new(none, case.language));
    judged.subject.get_or_insert_with(|| Term::literal(&case.text[subject.range.clone()]));
    judged.object = Some(Term::literal(case.text[stated.written.clone()].trim()));
    judged
}

/// Of a whole class: "There are 118 elements".
pub(super) fn judge_total(case: &Case<'_>, classes: &[ClassId], stated: &Stated<'_>) -> Judged {
    let all = members::of_classes(case, classes);
    let known = Known {
        count: all.len(),
        complete: members::closed(case, classes),
        evidence: Vec::new(),
        predicate: None,
    };
    let mut judged = if all.is_empty() {
        Judged::new(ReasonCode::NoEvidence, case.language)
    } else {
        hold_against(case, stated, &known)
    };
    if let Some(class) = classes.first() {
        let class = case.graph.ontology().class(*class);
        judged.subject = Some(Term::iri(class.label(case.language), class.iri.as_str()));
    }
    judged.object = Some(Term::literal(case.text[stated.written.clone()].trim()));
    judged
}

/// The different values of one predicate, of these classes.
fn values(case: &Case<'_>, id: EntityId, predicate: PredicateId, classes: &[ClassId]) -> Option<Known> {
    let (ontology, lexicon) = (case.graph.ontology(), case.graph.lexicon());
    let facts = lookup::facts(case.graph, lexicon.iri(id), predicate);
    let mut found: Vec<EntityId> = Vec::new();
    let mut quads = Vec::new();
    for fact in &facts {
        let Some(value) = lookup::entity_of(case.graph, &fact.value) else { continue };
        let types = lexicon.types(value);
        // A value of unknown class may or may not count.
        let counts = classes.is_empty() || (!types.is_empty() && ontology.fits(types, classes));
        if counts && !found.contains(&value) {
            found.push(value);
            quads.push(&fact.quad);
        }
    }
    let complete = ontology.predicate(predicate).closed;
    if found.is_empty() && !complete {
        return None;
    }
    let evidence =
        quads.iter().take(MAX_SHOWN).map(|quad| lookup::evidence(case.graph, quad, case.language)).collect();
    Some(Known { count: found.len(), complete, evidence, predicate: Some(predicate) })
}

/// The things of the classes in a place.
fn residents(case: &Case<'_>, place: EntityId, classes: &[ClassId]) -> Option<Known> {
    let all = members::of_classes(case, classes);
    if all.is_empty() || all.len() > MAX_MEMBERS {
        return None;
    }
    let placing = members::placing(case);
    let inside: Vec<EntityId> =
        all.iter().copied().filter(|id| members::is_within(case, *id, &[place], &placing)).collect();
    if inside.is_empty() {
        return None;
    }
    let complete = members::closed(case, classes) && members::placing_closed(case, &all, &placing);
    let lexicon = case.graph.lexicon();
    let target = lexicon.iri(place);
    let evidence = inside
        .iter()
        .take(MAX_SHOWN)
        .filter_map(|id| {
            let path = placing.iter().find_map(|p| lookup::path(case.graph, lexicon.iri(*id), *p, target))?;
            path.first().map(|fact| lookup::evidence(case.graph, &fact.quad, case.language))
        })
        .collect();
    Some(Known { count: inside.len(), complete, evidence, predicate: placing.first().copied() })
}

fn hold_against(case: &Case<'_>, stated: &Stated<'_>, known: &Known) -> Judged {
    let number = &stated.number.number;
    let actual = BigRational::from_integer(BigInt::from(known.count));
    let admits = stated.number.stated().admits(&actual, &BigRational::zero());
    // More are known than the text allows, however many there may be.
    let exceeded = match number.comparator {
        Comparator::MoreThan | Comparator::AtLeast => false,
        _ => !admits && actual > *number.upper.as_ref().unwrap_or(&number.value),
    };
    let at_least = matches!(number.comparator, Comparator::MoreThan | Comparator::AtLeast) && admits;
    let code = match (admits, known.complete) {
        (true, true) => ReasonCode::CountHolds,
        (false, true) => ReasonCode::CountDiffers,
        (true, false) if at_least => ReasonCode::CountHolds,
        (false, false) if exceeded => ReasonCode::CountDiffers,
        _ => ReasonCode::NoEvidence,
    };
    let mut judged = Judged::new(code, case.language).with_evidence(known.evidence.clone(), case.language);
    if code == ReasonCode::CountDiffers && known.complete && number.upper.is_none() {
        let quantity = stated.number;
        let shift = stated.written.start;
        let start = shift + (number.span.start - quantity.span.start);
        let end = shift + (number.span.end - quantity.span.start);
        judged.correction = Some((start..end, read::format_plain(&actual)));
    }
    judged
}
