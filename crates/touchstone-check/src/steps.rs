//! A step against the steps before it: what it says must not contradict them.

use touchstone_core::{Claim, ClaimKind, Evidence, Language, ReasonCode, Term, Verdict};
use touchstone_graph::model::NamedNode;
use touchstone_graph::{Graph, fold};

use crate::reasons;

/// An earlier step with its claims.
pub(crate) struct Earlier<'a> {
    pub(crate) index: usize,
    pub(crate) text: &'a str,
    pub(crate) claims: Vec<Claim>,
}

/// Whether a claim is one that earlier steps could contradict: the graph and
/// arithmetic have decided the others.
pub(crate) fn is_open(claim: &Claim) -> bool {
    claim.verdict == Verdict::Unverifiable
        && matches!(claim.reason_code, ReasonCode::NoEvidence | ReasonCode::UnknownEntity)
        && claim.subject.is_some()
        && claim.predicate.is_some()
        && claim.object.is_some()
}

/// Refutes the open claims that contradict an earlier step.
pub(crate) fn hold_against(graph: &Graph, claims: &mut [Claim], earlier: &[Earlier<'_>], language: Language) {
    for claim in claims.iter_mut().filter(|claim| is_open(claim)) {
        let contradicted = earlier.iter().rev().find(|step| {
            step.claims.iter().any(|other| contradict(graph, claim, other))
                && !step.claims.iter().any(|other| says_the_same(claim, other))
        });
        let Some(step) = contradicted else { continue };
        claim.verdict = Verdict::Refuted;
        claim.reason_code = ReasonCode::ContradictsStep;
        claim.evidence = vec![Evidence::Step { index: step.index, text: step.text.to_owned() }];
        claim.reason = reasons::plain(ReasonCode::ContradictsStep, language);
    }
}

fn contradict(graph: &Graph, claim: &Claim, other: &Claim) -> bool {
    let denies = |claim: &Claim| claim.kind == ClaimKind::Negation;
    let about_the_same = same(&claim.subject, &other.subject) && same(&claim.predicate, &other.predicate);
    if !about_the_same || other.object.is_none() || timed(other) {
        return false;
    }
    match (denies(claim), denies(other)) {
        (true, true) => false,
        (false, false) => {
            is_functional(graph, &claim.predicate)
                && claim.kind == other.kind
                && matches!(claim.kind, ClaimKind::Relation)
                && !same(&claim.object, &other.object)
        }
        // One says it and the other denies it.
        _ => same(&claim.object, &other.object),
    }
}

fn says_the_same(claim: &Claim, other: &Claim) -> bool {
    claim.kind == other.kind
        && same(&claim.subject, &other.subject)
        && same(&claim.predicate, &other.predicate)
        && same(&claim.object, &other.object)
}

/// Of one time and of another both can be right.
fn timed(claim: &Claim) -> bool {
    matches!(claim.reason_code, ReasonCode::TimeUnknown | ReasonCode::OtherTime)
}

fn is_functional(graph: &Graph, predicate: &Option<Term>) -> bool {
    let iri = predicate.as_ref().and_then(|term| term.iri.as_deref());
    let id = iri
        .and_then(|iri| NamedNode::new(iri).ok())
        .and_then(|node| graph.ontology().predicate_by_iri(node.as_ref()));
    id.is_some_and(|id| graph.ontology().predicate(id).functional)
}

/// The same thing, by its IRI where it has one, else by name.
fn same(a: &Option<Term>, b: &Option<Term>) -> bool {
    let (Some(a), Some(b)) = (a, b) else { return false };
    match (&a.iri, &b.iri) {
        (Some(a), Some(b)) => a == b,
        _ => fold(a.label.trim()) == fold(b.label.trim()),
    }
}
