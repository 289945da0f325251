//! The things of a class, and which of them are in a place.

use touchstone_graph::model::{NamedOrBlankNode, Term as RdfTerm};
use touchstone_graph::vocabulary::rdf;
use touchstone_graph::{ClassId, EntityId, PredicateId};

use super::Case;
use crate::lookup;

/// The members of any of the classes, each once.
pub(super) fn of_classes(case: &Case<'_>, classes: &[ClassId]) -> Vec<EntityId> {
    let ontology = case.graph.ontology();
    let below = ontology.classes().iter().filter(|class| classes.iter().any(|c| class.ancestors.contains(c)));
    let mut members: Vec<EntityId> = Vec::new();
    for class in below {
        let quads = case.graph.store().inner().quads_for_pattern(
            None,
            Some(rdf::TYPE),
            Some(class.iri.as_ref().into()),
            None,
        );
        members.extend(quads.filter_map(Result::ok).filter_map(|quad| match &quad.subject {
            NamedOrBlankNode::NamedNode(node) => case.graph.lexicon().entity_by_iri(node.as_ref()),
            _ => None,
        }));
    }
    members.sort_unstable();
    members.dedup();
    members
}

/// Whether the graph says that it holds every member of one of the classes.
pub(super) fn closed(case: &Case<'_>, classes: &[ClassId]) -> bool {
    let ontology = case.graph.ontology();
    !classes.is_empty()
        && classes.iter().all(|id| {
            let class = ontology.class(*id);
            class.closed || class.ancestors.iter().any(|above| ontology.class(*above).closed)
        })
}

/// The relations by which a thing is in a place: the transitive ones.
pub(super) fn placing(case: &Case<'_>) -> Vec<PredicateId> {
    case.graph.ontology().predicates().iter().filter(|p| p.transitive).map(|p| p.id).collect()
}

/// Whether a chain of facts leads from the thing to one of the places.
pub(super) fn is_within(case: &Case<'_>, id: EntityId, places: &[EntityId], by: &[PredicateId]) -> bool {
    let lexicon = case.graph.lexicon();
    let wanted: Vec<RdfTerm> = places.iter().map(|place| lexicon.entity(*place).iri.into()).collect();
    by.iter().any(|predicate| {
        lookup::reach(case.graph, lexicon.entity(id).iri, *predicate, None)
            .iter()
            .any(|reached| wanted.contains(&reached.fact.value))
    })
}

/// Whether the place has its limits: its members are all known to lie in it
/// or not, because the relation holds every value.
pub(super) fn placing_closed(case: &Case<'_>, members: &[EntityId], by: &[PredicateId]) -> bool {
    let ontology = case.graph.ontology();
    let lexicon = case.graph.lexicon();
    members.iter().all(|id| {
        let iri = lexicon.entity(*id).iri;
        by.iter().any(|predicate| {
            ontology.predicate(*predicate).sub_properties.iter().any(|narrow| {
                let narrow = ontology.predicate(*narrow);
                (narrow.closed || narrow.functional) && !lookup::facts(case.graph, iri, narrow.id).is_empty()
            })
        })
    })
}
