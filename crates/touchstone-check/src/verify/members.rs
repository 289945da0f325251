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

/// What a thing counts its like as: the widest of its classes of which the
/// graph holds every member.
pub(super) fn kinds(case: &Case<'_>, id: EntityId) -> Vec<ClassId> {
    let ontology = case.graph.ontology();
    let types = case.graph.lexicon().types(id);
    let above = types.iter().flat_map(|class| ontology.class(*class).ancestors.iter().copied());
    let mut closed: Vec<ClassId> = above.filter(|class| ontology.class(*class).closed).collect();
    closed.sort_unstable();
    closed.dedup();
    let narrower = |class: &ClassId| {
        closed.iter().any(|wide| wide != class && ontology.class(*class).ancestors.contains(wide))
    };
    closed.iter().copied().filter(|class| !narrower(class)).collect()
}

/// The relations by which a thing is in a place: the transitive ones.
pub(super) fn placing(case: &Case<'_>) -> Vec<PredicateId> {
    case.graph.ontology().predicates().iter().filter(|p| p.transitive).map(|p| p.id).collect()
}

/// Whether a chain of facts leads from the thing to one of the places.
pub(super) fn is_within(case: &Case<'_>, id: EntityId, places: &[EntityId], by: &[PredicateId]) -> bool {
    let lexicon = case.graph.lexicon();
    let wanted: Vec<RdfTerm> = places.iter().map(|place| lexicon.iri(*place).into()).collect();
    by.iter().any(|predicate| {
        lookup::reach(case.graph, lexicon.iri(id), *predicate, None)
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
        let iri = lexicon.iri(*id);
        by.iter().any(|predicate| {
            ontology.predicate(*predicate).sub_properties.iter().any(|narrow| {
                let narrow = ontology.predicate(*narrow);
                (narrow.closed || narrow.functional) && !lookup::facts(case.graph, iri, narrow.id).is_empty()
            })
        })
    })
}
