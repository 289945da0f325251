//! "the largest … in …": what beats it refutes; that nothing beats it only
//! supports where the graph holds every member of the class.

use std::collections::{HashMap, HashSet};

use num_rational::BigRational;
use touchstone_core::{ReasonCode, Term};
use touchstone_graph::model::NamedOrBlankNode;
use touchstone_graph::{Degree, EntityId, PredicateId};

use super::fact::{Side, fitting};
use super::prominence::prominent;
use super::{Case, Judged, combine, members, value};
use crate::grammar::{Rank, Reference};
use crate::lookup::{self, Fact, How};

/// How many of those that rank before it are shown.
const MAX_SHOWN: usize = 3;
/// How many things a ranking looks at before it gives up.
const MAX_CHECKED: usize = 5_000;
/// Names with many meanings are ranked by their likeliest ones.
const MAX_READINGS: usize = 5;

/// A thing with the number it is ranked by.
struct Ranked {
    id: EntityId,
    number: BigRational,
    /// The least favourable of its numbers.
    worst: BigRational,
    fact: Fact,
}

pub(super) fn judge(case: &Case<'_>, subject: &Reference, rank: &Rank) -> Judged {
    let mut readings = Vec::new();
    let ground = Ground::of(case, rank);
    for (predicate, degree) in &rank.by {
        let subjects = prominent(case, &fitting(case, &subject.candidates, *predicate, Side::Subject));
        let all = ranked(case, rank, *predicate, *degree);
        for id in subjects.into_iter().take(MAX_READINGS) {
            readings.extend(judge_one(case, subject, rank, (*predicate, id), &all, &ground));
        }
    }
    let none = if subject.candidates.is_empty() { ReasonCode::UnknownEntity } else { ReasonCode::NoEvidence };
    let mut judged = combine(readings).unwrap_or_else(|| Judged::new(none, case.language));
    judged.subject.get_or_insert_with(|| Term::literal(&case.text[subject.range.clone()]));
    if let Some((predicate, _)) = rank.by.first() {
        judged.predicate.get_or_insert_with(|| lookup::predicate_term(case.graph, *predicate, case.language));
    }
    if let Some(class) = rank.classes.first() {
        let class = case.graph.ontology().class(*class);
        judged.object = Some(Term::iri(class.label(case.language), class.iri.as_str()));
    }
    judged
}

/// What stands at the place of the rank, as far as the graph tells: one thing
/// for each number that may be meant.
pub(crate) fn at_place(case: &Case<'_>, rank: &Rank) -> Vec<EntityId> {
    let ground = Ground::of(case, rank);
    let mut found: Vec<EntityId> = Vec::new();
    for (predicate, degree) in &rank.by {
        let all = ranked(case, rank, *predicate, *degree);
        let standing = ground.at(case, &all, rank.place).map(|one| one.id);
        found.extend(standing.filter(|id| !found.contains(id)));
    }
    found
}

/// All things of the class that have the number, best first.
fn ranked(case: &Case<'_>, rank: &Rank, predicate: PredicateId, degree: Degree) -> Vec<Ranked> {
    let (ontology, lexicon) = (case.graph.ontology(), case.graph.lexicon());
    let iri = &ontology.predicate(predicate).iri;
    let quads = case.graph.store().inner().quads_for_pattern(None, Some(iri.as_ref()), None, None);
    let mut all: Vec<Ranked> = quads
        .filter_map(Result::ok)
        .filter_map(|quad| {
            let NamedOrBlankNode::NamedNode(node) = &quad.subject else { return None };
            let id = lexicon.entity_by_iri(node.as_ref())?;
            let types = lexicon.types(id);
            if types.is_empty() || !ontology.fits(types, &rank.classes) {
                return None;
            }
            let number = value::number_of(&quad.object)?;
            Some(Ranked {
                id,
                worst: number.clone(),
                number,
                fact: Fact { value: quad.object.clone(), quad, how: How::Asserted, statement: None },
            })
        })
        .collect();
    all.sort_by(|a, b| match degree {
        Degree::Most | Degree::More => b.number.cmp(&a.number),
        Degree::Least | Degree::Less => a.number.cmp(&b.number),
    });
    // Sources differ: a thing is ranked by its best number, and remembers
    // its worst.
    let mut first: HashMap<EntityId, usize> = HashMap::new();
    let mut merged: Vec<Ranked> = Vec::with_capacity(all.len());
    for one in all {
        match first.get(&one.id).and_then(|at| merged.get_mut(*at)) {
            Some(known) => known.worst = one.number,
            None => {
                first.insert(one.id, merged.len());
                merged.push(one);
            }
        }
    }
    merged
}

/// Where the ranking happens: everywhere, or in the places of a name.
struct Ground {
    places: Option<Vec<EntityId>>,
    by: Vec<PredicateId>,
}

impl Ground {
    fn of(case: &Case<'_>, rank: &Rank) -> Ground {
        let places = rank.within.as_ref().map(|place| prominent(case, &place.candidates));
        Ground { places, by: members::placing(case) }
    }

    /// What stands at a place, from 1, among those that are on it.
    fn at<'r>(&self, case: &Case<'_>, all: &'r [Ranked], place: usize) -> Option<&'r Ranked> {
        all.iter().take(MAX_CHECKED).filter(|one| self.holds(case, one.id)).nth(place.checked_sub(1)?)
    }

    fn holds(&self, case: &Case<'_>, id: EntityId) -> bool {
        self.places.as_ref().is_none_or(|places| members::is_within(case, id, places, &self.by))
    }
}

fn judge_one(
    case: &Case<'_>,
    subject: &Reference,
    rank: &Rank,
    (predicate, id): (PredicateId, EntityId),
    all: &[Ranked],
    ground: &Ground,
) -> Option<Judged> {
    let ontology = case.graph.ontology();
    let types = case.graph.lexicon().types(id);
    if ontology.clashes(types, &rank.classes) {
        return Some(Judged::new(ReasonCode::TypeClash, case.language));
    }
    let own = all.iter().find(|one| one.id == id)?;
    if !ground.holds(case, id) {
        return None;
    }
    // Whose order depends on the source.
    let near = |other: &Ranked| {
        let range = |one: &Ranked| match one.number < one.worst {
            true => (one.number.clone(), one.worst.clone()),
            false => (one.worst.clone(), one.number.clone()),
        };
        let ((low, high), (other_low, other_high)) = (range(own), range(other));
        low <= other_high && other_low <= high
    };
    let (mut before, mut close) = (Vec::new(), 0);
    let mut passed = false;
    for (checked, one) in all.iter().enumerate() {
        passed |= one.id == id;
        if checked > MAX_CHECKED {
            return Some(Judged::new(ReasonCode::LimitReached, case.language));
        }
        if (passed && one.id != id && !near(one)) || before.len() >= rank.place + MAX_SHOWN {
            break;
        }
        if one.id != id && ground.holds(case, one.id) {
            if near(one) {
                close += 1;
            } else {
                before.push(one);
            }
        }
    }
    let (first, last) = (before.len() + 1, before.len() + 1 + close);
    let complete = is_complete(case, rank, all, ground);
    let code = match (first..=last).contains(&rank.place) {
        // Those before it are known; those behind it only where all are.
        false if rank.place < first || complete => ReasonCode::ComparisonFails,
        true if complete && first == last => ReasonCode::ComparisonHolds,
        true if complete => ReasonCode::SourcesDisagree,
        _ => ReasonCode::NoEvidence,
    };
    let evidence = std::iter::once(own)
        .chain(before.iter().copied().take(MAX_SHOWN))
        .map(|one| lookup::evidence(case.graph, &one.fact.quad, case.language))
        .collect();
    let mut judged = Judged::new(code, case.language).with_evidence(evidence, case.language);
    judged.subject = Some(lookup::entity_term(case.graph, id, case.language));
    judged.predicate = Some(lookup::predicate_term(case.graph, predicate, case.language));
    if code == ReasonCode::ComparisonFails && !subject.indirect && complete {
        judged.correction = ground.at(case, all, rank.place).map(|right| {
            (subject.range.clone(), lookup::entity_term(case.graph, right.id, case.language).label)
        });
    }
    Some(judged)
}

/// Whether no member of the class can be missing from the ranking: one
/// without a number may be the largest.
fn is_complete(case: &Case<'_>, rank: &Rank, all: &[Ranked], ground: &Ground) -> bool {
    if !members::closed(case, &rank.classes) {
        return false;
    }
    let known: HashSet<EntityId> = all.iter().map(|one| one.id).collect();
    let mut missing = members::of_classes(case, &rank.classes);
    missing.retain(|id| !known.contains(id));
    missing.is_empty()
        || (ground.places.is_some()
            && members::placing_closed(case, &missing, &ground.by)
            && !missing.iter().any(|id| ground.holds(case, *id)))
}
