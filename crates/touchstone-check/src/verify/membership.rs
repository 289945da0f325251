//! "is a …"

use touchstone_core::{Evidence, ReasonCode, Term};
use touchstone_graph::model::Term as RdfTerm;
use touchstone_graph::vocabulary::rdf;
use touchstone_graph::{ClassId, EntityId};

use super::prominence::{Namesakes, weigh};
use super::{Case, Judged, combine};
use crate::grammar::Reference;
use crate::lookup;

pub(super) fn judge(case: &Case<'_>, subject: &Reference, classes: &[ClassId]) -> Judged {
    let namesakes = Namesakes::new(case, subject.candidates.iter().copied());
    let readings =
        subject.candidates.iter().map(|id| (namesakes.shows(case, *id), judge_entity(case, *id, classes)));
    let readings = weigh(readings.collect(), case.language);
    let mut judged =
        combine(readings).unwrap_or_else(|| Judged::new(ReasonCode::UnknownEntity, case.language));
    judged.subject.get_or_insert_with(|| Term::literal(&case.text[subject.range.clone()]));
    judged.predicate = Some(Term::iri("is a", rdf::TYPE.as_str()));
    if let Some(class) = classes.first() {
        let class = case.graph.ontology().class(*class);
        judged.object = Some(Term::iri(class.label(case.language), class.iri.as_str()));
    }
    judged
}

fn judge_entity(case: &Case<'_>, id: EntityId, classes: &[ClassId]) -> Judged {
    let ontology = case.graph.ontology();
    let types = case.graph.lexicon().types(id);
    let code = if types.is_empty() {
        ReasonCode::NoEvidence
    } else if ontology.fits(types, classes) {
        ReasonCode::Asserted
    } else if ontology.clashes(types, classes) {
        ReasonCode::TypeClash
    } else {
        ReasonCode::NoEvidence
    };
    let mut judged = Judged::new(code, case.language);
    if code != ReasonCode::NoEvidence {
        judged = judged.with_evidence(type_evidence(case, id), case.language);
    }
    judged.subject = Some(lookup::entity_term(case.graph, id, case.language));
    judged
}

pub(super) fn type_evidence(case: &Case<'_>, id: EntityId) -> Vec<Evidence> {
    let graph = case.graph;
    let iri = graph.lexicon().iri(id);
    let quads = graph.store().inner().quads_for_pattern(Some(iri.into()), Some(rdf::TYPE), None, None);
    quads
        .filter_map(Result::ok)
        .filter_map(|quad| {
            let RdfTerm::NamedNode(class) = &quad.object else { return None };
            let class = graph.ontology().class_by_iri(class.as_ref())?;
            let mut evidence = lookup::evidence(graph, &quad, case.language);
            if let Evidence::Triple { predicate, object, .. } = &mut evidence {
                *predicate = Term::iri("is a", rdf::TYPE.as_str());
                object.label = graph.ontology().class(class).label(case.language).to_owned();
            }
            Some(evidence)
        })
        .collect()
}
