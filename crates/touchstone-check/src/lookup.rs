//! Facts as the verdict rules need them: asserted, by a sub-property, by the
//! inverse, by symmetry, and along a transitive predicate.

use std::collections::{HashSet, VecDeque};

use touchstone_core::{Evidence, Language, Term};
use touchstone_graph::model::{GraphName, NamedNode, NamedNodeRef, NamedOrBlankNode, Quad, Term as RdfTerm};
use touchstone_graph::{EntityId, Graph, Predicate, PredicateId};

/// How many places a walk along a transitive predicate may visit.
const MAX_VISITED: usize = 2_000;

/// One fact seen from its subject.
#[derive(Clone, Debug)]
pub(crate) struct Fact {
    pub(crate) value: RdfTerm,
    pub(crate) quad: Quad,
    pub(crate) how: How,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    Asserted,
    SubProperty,
    Inverse,
}

/// The values of `subject predicate ?`, by every rule but transitivity.
/// A store that cannot be read has no facts: nothing is supported by it.
pub(crate) fn facts(graph: &Graph, subject: NamedNodeRef<'_>, predicate: PredicateId) -> Vec<Fact> {
    let ontology = graph.ontology();
    let mut found: Vec<Fact> = Vec::new();
    for id in &ontology.predicate(predicate).sub_properties {
        let p = ontology.predicate(*id);
        let how = if *id == predicate { How::Asserted } else { How::SubProperty };
        forward(graph, subject, p, how, &mut found);
        for inverse in &p.inverses {
            backward(graph, subject, ontology.predicate(*inverse), &mut found);
        }
        if p.symmetric {
            backward(graph, subject, p, &mut found);
        }
    }
    found
}

fn push(found: &mut Vec<Fact>, fact: Fact) {
    let known = found.iter().any(|f| f.value == fact.value && f.quad.graph_name == fact.quad.graph_name);
    if !known {
        found.push(fact);
    }
}

fn forward(graph: &Graph, subject: NamedNodeRef<'_>, predicate: &Predicate, how: How, found: &mut Vec<Fact>) {
    let quads = graph.store().inner().quads_for_pattern(
        Some(subject.into()),
        Some(predicate.iri.as_ref()),
        None,
        None,
    );
    for quad in quads.filter_map(Result::ok) {
        push(found, Fact { value: quad.object.clone(), quad, how });
    }
}

fn backward(graph: &Graph, object: NamedNodeRef<'_>, predicate: &Predicate, found: &mut Vec<Fact>) {
    let quads = graph.store().inner().quads_for_pattern(
        None,
        Some(predicate.iri.as_ref()),
        Some(object.into()),
        None,
    );
    for quad in quads.filter_map(Result::ok) {
        if let NamedOrBlankNode::NamedNode(node) = &quad.subject {
            push(found, Fact { value: node.clone().into(), quad, how: How::Inverse });
        }
    }
}

/// Entities of which a fact with one of the values holds.
pub(crate) fn subjects(graph: &Graph, predicates: &[PredicateId], values: &[EntityId]) -> Vec<EntityId> {
    let ontology = graph.ontology();
    let lexicon = graph.lexicon();
    let mut found = Vec::new();
    for predicate in predicates {
        for value in values {
            let object = lexicon.entity(*value).iri;
            let mut facts = Vec::new();
            for id in &ontology.predicate(*predicate).sub_properties {
                let p = ontology.predicate(*id);
                backward(graph, object, p, &mut facts);
                for inverse in &p.inverses {
                    forward(graph, object, ontology.predicate(*inverse), How::Inverse, &mut facts);
                }
            }
            found.extend(facts.iter().filter_map(|fact| entity_of(graph, &fact.value)));
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

pub(crate) fn entity_of(graph: &Graph, term: &RdfTerm) -> Option<EntityId> {
    match term {
        RdfTerm::NamedNode(node) => graph.lexicon().entity_by_iri(node.as_ref()),
        _ => None,
    }
}

/// Whether any fact of the predicate has this value.
pub(crate) fn is_ever_value(graph: &Graph, predicate: &Predicate, id: EntityId) -> bool {
    !subjects(graph, &[predicate.id], &[id]).is_empty()
}

/// A shortest chain of facts from `from` to `to` along a transitive predicate.
pub(crate) fn path(
    graph: &Graph,
    from: NamedNodeRef<'_>,
    predicate: PredicateId,
    to: NamedNodeRef<'_>,
) -> Option<Vec<Fact>> {
    let reached = reach(graph, from, predicate, Some(to));
    let target: RdfTerm = to.into();
    let mut chain = Vec::new();
    let mut at = reached.iter().position(|r| r.fact.value == target)?;
    loop {
        let step = &reached[at];
        chain.push(step.fact.clone());
        match step.from {
            Some(previous) => at = previous,
            None => break,
        }
    }
    chain.reverse();
    Some(chain)
}

/// Everything that a transitive predicate leads to, nearest first.
pub(crate) struct Reached {
    pub(crate) fact: Fact,
    from: Option<usize>,
}

pub(crate) fn reach(
    graph: &Graph,
    from: NamedNodeRef<'_>,
    predicate: PredicateId,
    until: Option<NamedNodeRef<'_>>,
) -> Vec<Reached> {
    let mut reached: Vec<Reached> = Vec::new();
    let mut seen: HashSet<NamedNode> = HashSet::from([from.into_owned()]);
    let mut queue: VecDeque<(NamedNode, Option<usize>)> = VecDeque::from([(from.into_owned(), None)]);
    while let Some((node, via)) = queue.pop_front() {
        for fact in facts(graph, node.as_ref(), predicate) {
            let RdfTerm::NamedNode(next) = &fact.value else { continue };
            if reached.len() >= MAX_VISITED || !seen.insert(next.clone()) {
                continue;
            }
            let next = next.clone();
            let done = until == Some(next.as_ref());
            reached.push(Reached { fact, from: via });
            if done {
                return reached;
            }
            queue.push_back((next, Some(reached.len() - 1)));
        }
    }
    reached
}

pub(crate) fn entity_term(graph: &Graph, id: EntityId, language: Language) -> Term {
    let entity = graph.lexicon().entity(id);
    Term::iri(entity.label(language), entity.iri.as_str())
}

pub(crate) fn predicate_term(graph: &Graph, id: PredicateId, language: Language) -> Term {
    let predicate = graph.ontology().predicate(id);
    Term::iri(predicate.label(language), predicate.iri.as_str())
}

/// An RDF term with the label that people know it by.
pub(crate) fn term(graph: &Graph, rdf: &RdfTerm, language: Language) -> Term {
    match rdf {
        RdfTerm::NamedNode(node) => match graph.lexicon().entity_by_iri(node.as_ref()) {
            Some(id) => entity_term(graph, id, language),
            None => Term::iri(node.as_str(), node.as_str()),
        },
        RdfTerm::Literal(literal) => Term::literal(literal.value()),
        other => Term::literal(other.to_string()),
    }
}

/// A quad as evidence, exactly as the graph holds it.
pub fn evidence(graph: &Graph, quad: &Quad, language: Language) -> Evidence {
    let predicate = match graph.ontology().predicate_by_iri(quad.predicate.as_ref()) {
        Some(id) => predicate_term(graph, id, language),
        None => Term::iri(quad.predicate.as_str(), quad.predicate.as_str()),
    };
    let source = match &quad.graph_name {
        GraphName::NamedNode(node) => {
            graph.title(node.as_ref()).ok().flatten().map(|title| title.to_string())
        }
        _ => None,
    };
    let graph_name = match &quad.graph_name {
        GraphName::NamedNode(node) => node.as_str().to_owned(),
        GraphName::BlankNode(node) => node.to_string(),
        GraphName::DefaultGraph => "default".to_owned(),
    };
    Evidence::Triple {
        subject: term(graph, &quad.subject.clone().into(), language),
        predicate,
        object: term(graph, &quad.object, language),
        graph: graph_name,
        source,
    }
}

/// Whether the graph still holds a fact that was evidence; evidence of other
/// kinds is not the graph's to hold.
pub fn fact_holds(graph: &Graph, evidence: &Evidence) -> bool {
    let Evidence::Triple { subject, predicate, object, graph: graph_name, .. } = evidence else {
        return true;
    };
    let (Some(subject), Some(predicate)) = (&subject.iri, &predicate.iri) else { return false };
    let (Ok(subject), Ok(predicate)) = (NamedNode::new(subject.as_str()), NamedNode::new(predicate.as_str()))
    else {
        return false;
    };
    let quads = graph.store().inner().quads_for_pattern(
        Some(subject.as_ref().into()),
        Some(predicate.as_ref()),
        None,
        None,
    );
    quads.filter_map(Result::ok).any(|quad| {
        let source = match &quad.graph_name {
            GraphName::NamedNode(node) => node.as_str() == graph_name,
            GraphName::BlankNode(node) => node.to_string() == *graph_name,
            GraphName::DefaultGraph => graph_name == "default",
        };
        let same = match (&quad.object, &object.iri) {
            (RdfTerm::NamedNode(node), Some(iri)) => node.as_str() == iri,
            (RdfTerm::Literal(literal), None) => literal.value() == object.label,
            _ => false,
        };
        source && same
    })
}

/// Whether the thing really goes by the label that the term gives it.
pub fn names(graph: &Graph, term: &Term) -> bool {
    let Some(iri) = &term.iri else { return true };
    let Ok(node) = NamedNode::new(iri.as_str()) else { return false };
    match graph.lexicon().entity_by_iri(node.as_ref()) {
        Some(id) => {
            let entity = graph.lexicon().entity(id);
            let shown = Language::ALL.iter().any(|language| entity.label(*language) == term.label);
            shown
                || graph
                    .lexicon()
                    .lookup(&term.label)
                    .iter()
                    .any(|entry| entry.meaning == touchstone_graph::Meaning::Entity(id))
        }
        None => term.label == *iri,
    }
}
