//! Facts as the verdict rules need them: asserted, by a sub-property, by the
//! inverse, by symmetry, and along a transitive predicate.

use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasher, RandomState};

use touchstone_core::{Evidence, Language, Qualifier, Term};
use touchstone_graph::model::{
    GraphName, NamedNode, NamedNodeRef, NamedOrBlankNode, Quad, Term as RdfTerm, Triple,
};
use touchstone_graph::vocabulary::rdf;
use touchstone_graph::{EntityId, Graph, Predicate, PredicateId, Statement};

/// How many places a walk along a transitive predicate may visit.
const MAX_VISITED: usize = 2_000;

/// One fact seen from its subject.
#[derive(Clone, Debug)]
pub(crate) struct Fact {
    pub(crate) value: RdfTerm,
    pub(crate) quad: Quad,
    pub(crate) how: How,
    /// The node that states it with its qualifiers.
    pub(crate) statement: Option<NamedOrBlankNode>,
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
    let mut found = Facts::default();
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
    found.facts
}

/// Facts, each once, however many rules lead to it.
#[derive(Default)]
struct Facts {
    facts: Vec<Fact>,
    /// Hashes of what tells facts apart: a thing may have thousands.
    seen: HashSet<u64>,
    hashes: RandomState,
}

impl Facts {
    fn push(&mut self, fact: Fact) {
        let hash = self.hashes.hash_one((&fact.value, &fact.quad.graph_name, &fact.statement));
        let same = |other: &Fact| {
            other.value == fact.value
                && other.quad.graph_name == fact.quad.graph_name
                && other.statement == fact.statement
        };
        if self.seen.insert(hash) || !self.facts.iter().any(same) {
            self.facts.push(fact);
        }
    }
}

fn forward(graph: &Graph, subject: NamedNodeRef<'_>, predicate: &Predicate, how: How, found: &mut Facts) {
    let quads = graph.store().inner().quads_for_pattern(
        Some(subject.into()),
        Some(predicate.iri.as_ref()),
        None,
        None,
    );
    for quad in quads.filter_map(Result::ok) {
        found.push(Fact { value: quad.object.clone(), quad, how, statement: None });
    }
    let Some(stated) = &predicate.statement else { return };
    for (node, graph_name) in statement_nodes(graph, subject, stated) {
        for value in graph.store().inner().quads_for_pattern(
            Some(node.as_ref()),
            Some(stated.value.as_ref()),
            None,
            Some(graph_name.as_ref()),
        ) {
            let Ok(value) = value else { continue };
            let quad = Quad::new(subject, predicate.iri.clone(), value.object.clone(), graph_name.clone());
            found.push(Fact { value: value.object, quad, how, statement: Some(node.clone()) });
        }
    }
}

/// The statements of a subject about one predicate, with their graphs.
fn statement_nodes(
    graph: &Graph,
    subject: NamedNodeRef<'_>,
    stated: &Statement,
) -> Vec<(NamedOrBlankNode, GraphName)> {
    let quads =
        graph.store().inner().quads_for_pattern(Some(subject.into()), Some(stated.node.as_ref()), None, None);
    quads
        .filter_map(Result::ok)
        .filter_map(|quad| match quad.object {
            RdfTerm::NamedNode(node) => Some((node.into(), quad.graph_name)),
            RdfTerm::BlankNode(node) => Some((node.into(), quad.graph_name)),
            _ => None,
        })
        .collect()
}

/// The nodes that say something of a fact: its own statement, and the
/// reifiers of its triple (RDF 1.2).
pub(crate) fn statements(graph: &Graph, fact: &Fact) -> Vec<NamedOrBlankNode> {
    let mut found: Vec<NamedOrBlankNode> = fact.statement.iter().cloned().collect();
    if found.is_empty() {
        found.extend(reifiers(graph, &fact.quad));
    }
    found
}

fn reifiers(graph: &Graph, quad: &Quad) -> Vec<NamedOrBlankNode> {
    let triple: RdfTerm = Triple::from(quad.clone()).into();
    let quads =
        graph.store().inner().quads_for_pattern(None, Some(rdf::REIFIES), Some(triple.as_ref()), None);
    quads.filter_map(Result::ok).map(|quad| quad.subject).collect()
}

/// What a statement says of its fact.
pub(crate) fn qualifiers(graph: &Graph, statement: &NamedOrBlankNode) -> Vec<(NamedNode, RdfTerm)> {
    let quads = graph.store().inner().quads_for_pattern(Some(statement.as_ref()), None, None, None);
    let said = quads.filter_map(Result::ok).map(|quad| (quad.predicate, quad.object));
    said.filter(|(predicate, _)| !predicate.as_str().starts_with(rdf::BASE)).collect()
}

fn backward(graph: &Graph, object: NamedNodeRef<'_>, predicate: &Predicate, found: &mut Facts) {
    let quads = graph.store().inner().quads_for_pattern(
        None,
        Some(predicate.iri.as_ref()),
        Some(object.into()),
        None,
    );
    for quad in quads.filter_map(Result::ok) {
        if let NamedOrBlankNode::NamedNode(node) = &quad.subject {
            found.push(Fact { value: node.clone().into(), quad, how: How::Inverse, statement: None });
        }
    }
    let Some(stated) = &predicate.statement else { return };
    let values =
        graph.store().inner().quads_for_pattern(None, Some(stated.value.as_ref()), Some(object.into()), None);
    for value in values.filter_map(Result::ok) {
        let node: RdfTerm = value.subject.clone().into();
        let subjects = graph.store().inner().quads_for_pattern(
            None,
            Some(stated.node.as_ref()),
            Some(node.as_ref()),
            None,
        );
        for quad in subjects.filter_map(Result::ok) {
            let NamedOrBlankNode::NamedNode(subject) = quad.subject else { continue };
            let quad = Quad::new(subject.clone(), predicate.iri.clone(), object, quad.graph_name.clone());
            let statement = Some(value.subject.clone());
            found.push(Fact { value: subject.into(), quad, how: How::Inverse, statement });
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
            let object = lexicon.iri(*value);
            let mut facts = Facts::default();
            for id in &ontology.predicate(*predicate).sub_properties {
                let p = ontology.predicate(*id);
                backward(graph, object, p, &mut facts);
                for inverse in &p.inverses {
                    forward(graph, object, ontology.predicate(*inverse), How::Inverse, &mut facts);
                }
            }
            found.extend(facts.facts.iter().filter_map(|fact| entity_of(graph, &fact.value)));
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

/// Whether any fact of the predicate has this value. A genre or a country is
/// the value of thousands: the first is enough.
pub(crate) fn is_ever_value(graph: &Graph, predicate: &Predicate, id: EntityId) -> bool {
    let ontology = graph.ontology();
    let object = graph.lexicon().iri(id);
    let store = graph.store().inner();
    let asserted = |p: &Predicate| {
        let quads = store.quads_for_pattern(None, Some(p.iri.as_ref()), Some(object.into()), None);
        quads.filter_map(Result::ok).any(|quad| entity_of(graph, &quad.subject.into()).is_some())
    };
    let inverse = |p: &Predicate| {
        let quads = store.quads_for_pattern(Some(object.into()), Some(p.iri.as_ref()), None, None);
        quads.filter_map(Result::ok).any(|quad| entity_of(graph, &quad.object).is_some())
    };
    let plain = predicate.sub_properties.iter().any(|id| {
        let p = ontology.predicate(*id);
        asserted(p) || p.inverses.iter().any(|id| inverse(ontology.predicate(*id)))
    });
    plain || (states(graph, predicate) && !subjects(graph, &[predicate.id], &[id]).is_empty())
}

/// Whether facts of the predicate may be stated by nodes of their own.
fn states(graph: &Graph, predicate: &Predicate) -> bool {
    let ontology = graph.ontology();
    predicate.sub_properties.iter().map(|id| ontology.predicate(*id)).any(|p| {
        p.statement.is_some() || p.inverses.iter().any(|id| ontology.predicate(*id).statement.is_some())
    })
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
        qualifiers: said_of(graph, quad, language),
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
    let mut quads: Vec<Quad> = quads.filter_map(Result::ok).collect();
    if let Some(id) = graph.ontology().predicate_by_iri(predicate.as_ref()) {
        let stated = graph.ontology().predicate(id);
        let mut found = Facts::default();
        if stated.statement.is_some() {
            forward(graph, subject.as_ref(), stated, How::Asserted, &mut found);
        }
        quads.extend(found.facts.into_iter().map(|fact| fact.quad));
    }
    quads.iter().any(|quad| {
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

/// What the graph says of the fact itself.
fn said_of(graph: &Graph, quad: &Quad, language: Language) -> Vec<Qualifier> {
    let ontology = graph.ontology();
    if ontology.validity().is_empty() {
        return Vec::new();
    }
    let predicate = ontology.predicate_by_iri(quad.predicate.as_ref()).map(|id| ontology.predicate(id));
    let mut statements = reifiers(graph, quad);
    if let (Some(stated), NamedOrBlankNode::NamedNode(subject)) =
        (predicate.and_then(|p| p.statement.as_ref()), &quad.subject)
    {
        statements.extend(
            statement_nodes(graph, subject.as_ref(), stated).into_iter().map(|(node, _)| node).filter(
                |node| {
                    let said = qualifiers(graph, node);
                    said.iter().any(|(iri, value)| *iri == stated.value && *value == quad.object)
                },
            ),
        );
    }
    statements
        .iter()
        .flat_map(|statement| qualifiers(graph, statement))
        .filter_map(|(iri, value)| {
            // What has no name or no readable value is no use to people.
            let id = ontology.predicate_by_iri(iri.as_ref())?;
            Some(Qualifier {
                predicate: predicate_term(graph, id, language),
                value: term(graph, &value, language),
            })
        })
        .collect()
}
