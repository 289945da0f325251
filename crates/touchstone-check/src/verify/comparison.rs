//! Greater and smaller, between two facts of the graph.

use num_rational::BigRational;
use num_traits::{One, Signed, Zero};
use touchstone_core::{ReasonCode, Term};
use touchstone_graph::{Degree, EntityId, PredicateId};

use super::fact::{Side, fitting};
use super::prominence::prominent;
use super::{Case, Judged, combine, value};
use crate::grammar::{Reference, Times};
use crate::lookup::{self, Fact};
use crate::read::Comparator;

/// Names with many meanings are compared by their likeliest ones.
const MAX_READINGS: usize = 5;

pub(super) fn judge(
    case: &Case<'_>,
    left: &Reference,
    right: &Reference,
    by: &[(PredicateId, Degree)],
    times: Option<&Times>,
) -> Judged {
    let mut readings = Vec::new();
    for (predicate, degree) in by {
        let lefts = prominent(case, &fitting(case, &left.candidates, *predicate, Side::Subject));
        let rights = prominent(case, &fitting(case, &right.candidates, *predicate, Side::Subject));
        for l in lefts.iter().take(MAX_READINGS) {
            for r in rights.iter().take(MAX_READINGS) {
                readings.extend(compare(case, (*l, *r), (*predicate, *degree), times));
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
    let iri = case.graph.lexicon().iri(id);
    let facts = lookup::facts(case.graph, iri, predicate).into_iter();
    facts.filter_map(|fact| Some((value::number_of(&fact.value)?, fact))).collect()
}

fn compare(
    case: &Case<'_>,
    (l, r): (EntityId, EntityId),
    (predicate, degree): (PredicateId, Degree),
    times: Option<&Times>,
) -> Option<Judged> {
    let (lefts, rights) = (numbers(case, l, predicate), numbers(case, r, predicate));
    let ordered = |left: &BigRational, right: &BigRational| match (times, degree) {
        (Some(times), _) => is_so_many(times, left, right, degree),
        (None, Degree::More | Degree::Most) => Some(left > right),
        (None, Degree::Less | Degree::Least) => Some(left < right),
    };
    let pairs = lefts.iter().flat_map(|(left, _)| rights.iter().map(move |(right, _)| ordered(left, right)));
    let (mut holds, mut fails, mut open) = (false, false, false);
    for pair in pairs {
        holds |= pair == Some(true);
        fails |= pair == Some(false);
        open |= pair.is_none();
    }
    // Sources may differ, as long as they compare alike.
    let code = match (holds, fails) {
        _ if open => ReasonCode::NoEvidence,
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

/// Whether the one is so many times the other; `None` where it nearly is, and
/// where "as large as" is said of what is larger.
fn is_so_many(times: &Times, left: &BigRational, right: &BigRational, degree: Degree) -> Option<bool> {
    let wanted = &times.factor * right;
    match times.comparator {
        Comparator::MoreThan | Comparator::AtLeast => return Some(*left > wanted),
        Comparator::LessThan | Comparator::AtMost => return Some(*left < wanted),
        Comparator::Exact | Comparator::About => {}
    }
    if wanted.is_zero() || wanted.is_negative() || left.is_negative() {
        return None;
    }
    let share = |percent: i64| BigRational::new(percent.into(), 100.into());
    let off = (left - &wanted).abs() / &wanted;
    let equal = times.factor.is_one();
    let (near, far) = match (equal, times.comparator) {
        (_, Comparator::About) => (share(10), share(25)),
        (true, _) => (share(2), share(10)),
        (false, _) => (share(5), share(25)),
    };
    if off <= near {
        return Some(true);
    }
    let at_least = equal && (*left > wanted) == matches!(degree, Degree::More | Degree::Most);
    (off > far && !at_least).then_some(false)
}
