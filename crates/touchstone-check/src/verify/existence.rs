//! "There is …": of a name, or of a class with a fact.

use touchstone_core::{ReasonCode, Term};
use touchstone_graph::{ClassId, EntityId};

use super::fact::entity_reading;
use super::prominence::prominent;
use super::{Case, Judged, members, value};
use crate::grammar::{Description, Reference};
use crate::lookup;

pub(super) fn judge(
    case: &Case<'_>,
    classes: &[ClassId],
    subject: Option<&Reference>,
    fact: Option<&Description>,
) -> Judged {
    let (ontology, lexicon) = (case.graph.ontology(), case.graph.lexicon());
    let of_class = |id: &EntityId| {
        let types = lexicon.types(*id);
        classes.is_empty() || (!types.is_empty() && ontology.fits(types, classes))
    };
    let found: Vec<EntityId> = match (subject, fact) {
        (Some(subject), _) => prominent(case, &subject.candidates).into_iter().filter(of_class).collect(),
        (None, Some(fact)) => {
            let named = entity_reading(&fact.value).map(|object| object.candidates.as_slice());
            let all = match named.filter(|candidates| !candidates.is_empty()) {
                Some(candidates) => lookup::subjects(case.graph, &fact.predicates, candidates),
                None => value::subjects_with(case, &fact.predicates, &fact.value),
            };
            all.into_iter().filter(of_class).collect()
        }
        (None, None) => members::of_classes(case, classes),
    };
    let code = match (found.first(), fact) {
        (Some(_), _) => ReasonCode::Exists,
        // The graph holds every member, and what each of them has.
        (None, Some(fact))
            if members::closed(case, classes)
                && fact.predicates.iter().all(|p| {
                    let predicate = ontology.predicate(*p);
                    (predicate.closed || predicate.functional) && predicate.tolerance.is_none()
                }) =>
        {
            ReasonCode::ClosedPredicate
        }
        _ => ReasonCode::NoEvidence,
    };
    let evidence = match (found.first(), fact) {
        (Some(id), Some(fact)) => fact
            .predicates
            .iter()
            .flat_map(|p| lookup::facts(case.graph, lexicon.iri(*id), *p))
            .map(|fact| lookup::evidence(case.graph, &fact.quad, case.language))
            .take(4)
            .collect(),
        (Some(id), None) => super::membership::type_evidence(case, *id),
        (None, _) => Vec::new(),
    };
    let mut judged = Judged::new(code, case.language).with_evidence(evidence, case.language);
    judged.subject = match (found.first(), subject) {
        (Some(id), _) => Some(lookup::entity_term(case.graph, *id, case.language)),
        (None, Some(subject)) => Some(Term::literal(&case.text[subject.range.clone()])),
        (None, None) => None,
    };
    if let Some(class) = classes.first() {
        let class = ontology.class(*class);
        judged.object = Some(Term::iri(class.label(case.language), class.iri.as_str()));
    }
    judged
}
