//! Greater and smaller, between two facts of the graph.

use num_rational::BigRational;
use touchstone_core::{ReasonCode, Term};
use touchstone_graph::{Degree, EntityId, PredicateId};

use super::fact::{Side, fitting};
use super::prominence::prominent;
use super::{Case, Judged, combine, value};
use crate::grammar::Reference;
use crate::lookup::{self, Fact};

/// Names with many meanings are compared by their likeliest ones.
const MAX_READINGS: usize = 5;

pub(super) fn judge(
    case: &Case<'_>,
    left: &Reference,
    right: &Reference,
    by: &[(PredicateId, Degree)],
) -> Judged {
    let mut readings = Vec::new();
    for (predicate, degree) in by {
        let lefts = prominent(case, &fitting(case, &left.candidates, *predicate, Side::Subject));
        let rights = prominent(case, &fitting(case, &right.candidates, *predicate, Side::Subject));
        for l in lefts.iter().take(MAX_READINGS) {
            for r in rights.iter().take(MAX_READINGS) {
                readings.extend(compare(case, *l, *r, *predicate, *degree));
            }
        }
    }
    let unknown = left.candidates.is_empty() || right.candidates.is_empty();
    let none = if unknown { ReasonCode::UnknownEntity } else { ReasonCode::NoEvidence };
    let mut judged = combine(readings).unwrap_or_else(|| Judged::new(none, case.language));
    judged.subject.get_or_insert_with(|| Term::literal(&case.text[left.range.clone()]));
    judged.object.get_or_insert_with(|| Term::literal(&case.text[right.range.clone()]));
    if let Some((predicate, _)) = by.first() {
        judged.predicate.get_or_insert_with(|| lookup::predicate_term(case.graph, *predicate, case.language));
    }
    judged
}

/// What the sources say, one fact for each number.
fn numbers(case: &Case<'_>, id: EntityId, predicate: PredicateId) -> Vec<(BigRational, Fact)> {
    let iri = case.graph.lexicon().entity(id).iri;
    let facts = lookup::facts(case.graph, iri, predicate).into_iter();
    facts.filter_map(|fact| Some((value::number_of(&fact.value)?, fact))).collect()
}

fn compare(
    case: &Case<'_>,
    l: EntityId,
    r: EntityId,
    predicate: PredicateId,
    degree: Degree,
) -> Option<Judged> {
    let (lefts, rights) = (numbers(case, l, predicate), numbers(case, r, predicate));
    let ordered = |left: &BigRational, right: &BigRational| match degree {
        Degree::More | Degree::Most => left > right,
        Degree::Less | Degree::Least => left < right,
    };
    let pairs = lefts.iter().flat_map(|(left, _)| rights.iter().map(move |(right, _)| ordered(left, right)));
    let (mut holds, mut fails) = (false, false);
    for pair in pairs {
        holds |= pair;
        fails |= !pair;
    }
    // Sources may differ, as long as they compare alike.
    let code = match (holds, fails) {
        (true, false) => ReasonCode::ComparisonHolds,
        (false, true) => ReasonCode::ComparisonFails,
        (true, true) => ReasonCode::SourcesDisagree,
        (false, false) => return None,
    };
    let evidence = lefts
        .iter()
        .chain(&rights)
        .map(|(_, fact)| lookup::evidence(case.graph, &fact.quad, case.language))
        .collect();
    let mut judged = Judged::new(code, case.language).with_evidence(evidence, case.language);
    judged.subject = Some(lookup::entity_term(case.graph, l, case.language));
    judged.predicate = Some(lookup::predicate_term(case.graph, predicate, case.language));
    judged.object = Some(lookup::entity_term(case.graph, r, case.language));
    Some(judged)
}
