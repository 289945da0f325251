//! Walking through the graph: which hops leave a thing, where a hop leads,
//! and which hops can follow it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use oxigraph::model::{NamedNode, NamedNodeRef, NamedOrBlankNode, Quad, Term};

use crate::ontology::{ClassId, Predicate, PredicateId, ValueKind};
use crate::{Graph, GraphError};

/// One step along a predicate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hop {
    pub predicate: PredicateId,
    /// From the value to what has it.
    pub inverse: bool,
}

impl Hop {
    #[must_use]
    pub fn back(self) -> Hop {
        Hop { inverse: !self.inverse, ..self }
    }
}

/// What a hop leads to, and the fact that says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    pub term: Term,
    pub fact: Quad,
}

/// Facts and ends that are looked at to learn what can follow a hop.
const SAMPLED_FACTS: usize = 20_000;
const SAMPLED_ENDS: usize = 300;
/// Of each kind of ends at least so many, so that a kind that is rare among
/// them is not missed: the countries among all that has a capital.
const SAMPLED_OF_A_KIND: usize = 30;
const FACTS_OF_AN_END: usize = 100;
/// Ends with more facts whose hops are looked up one by one.
const LARGE_ENDS: usize = 20;

/// The hops that can follow each other, learnt from the graph as they are
/// asked for.
#[derive(Debug, Default)]
pub struct Routes {
    after: Mutex<HashMap<Hop, Arc<BTreeMap<Hop, f32>>>>,
}

impl Routes {
    pub fn new() -> Routes {
        Routes::default()
    }

    /// The hops that leave some of the ends of this one, each with the share
    /// of a sample that it leaves.
    pub fn after(&self, graph: &Graph, hop: Hop) -> Result<Arc<BTreeMap<Hop, f32>>, GraphError> {
        let mut after = self.after.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = after.get(&hop) {
            return Ok(Arc::clone(known));
        }
        let mut shares: BTreeMap<Hop, f32> = BTreeMap::new();
        let mut large = LARGE_ENDS;
        for (end, weight) in ends(graph, hop)? {
            for next in about(graph, &end, &mut large)? {
                *shares.entry(next).or_default() += weight;
            }
        }
        let hops = Arc::new(shares);
        after.insert(hop, Arc::clone(&hops));
        Ok(hops)
    }
}

/// A sample of what the hop leads to, kind by kind, each with the share of
/// all ends that it stands for.
fn ends(graph: &Graph, hop: Hop) -> Result<Vec<(NamedNode, f32)>, GraphError> {
    let predicate = graph.ontology().predicate(hop.predicate);
    let lexicon = graph.lexicon();
    let mut seen = HashSet::new();
    let mut kinds: BTreeMap<Vec<ClassId>, (Vec<NamedNode>, usize)> = BTreeMap::new();
    for (iri, inverse) in directions(graph, predicate, hop.inverse) {
        let quads = graph.store().inner().quads_for_pattern(None, Some(iri.as_ref()), None, None);
        for quad in quads.take(SAMPLED_FACTS) {
            let Some(node) = end(&quad?, inverse).filter(|node| seen.insert(node.clone())) else { continue };
            let types = lexicon.entity_by_iri(node.as_ref()).map(|id| lexicon.entity(id).types.to_vec());
            let (sample, count) = kinds.entry(types.unwrap_or_default()).or_default();
            *count += 1;
            if sample.len() < SAMPLED_ENDS {
                sample.push(node);
            }
        }
    }
    let all = seen.len().max(1);
    let mut found = Vec::new();
    for (mut sample, count) in kinds.into_values() {
        sample.truncate((SAMPLED_ENDS * count / all).max(SAMPLED_OF_A_KIND));
        let weight = count as f32 / all as f32 / sample.len() as f32;
        found.extend(sample.into_iter().map(|node| (node, weight)));
    }
    Ok(found)
}

/// The hops that leave a thing. Where it has too many facts to list, each
/// predicate is asked for, as often as `large` allows.
fn about(graph: &Graph, node: &NamedNode, large: &mut usize) -> Result<BTreeSet<Hop>, GraphError> {
    let store = graph.store().inner();
    let ontology = graph.ontology();
    let mut hops = BTreeSet::new();
    let mut listed = 0;
    for inverse in [false, true] {
        let (subject, object) =
            if inverse { (None, Some(node.as_ref().into())) } else { (Some(node.as_ref().into()), None) };
        for quad in store.quads_for_pattern(subject, None, object, None).take(FACTS_OF_AN_END) {
            let quad = quad?;
            listed += 1;
            if let Some(predicate) = ontology.predicate_by_iri(quad.predicate.as_ref()) {
                hops.insert(graph.canonical(Hop { predicate, inverse }));
            }
        }
    }
    if listed >= FACTS_OF_AN_END && *large > 0 {
        *large -= 1;
        hops.extend(graph.hops_from(node.as_ref())?);
    }
    Ok(hops)
}

fn end(quad: &Quad, inverse: bool) -> Option<NamedNode> {
    if inverse {
        match &quad.subject {
            NamedOrBlankNode::NamedNode(node) => Some(node.clone()),
            NamedOrBlankNode::BlankNode(_) => None,
        }
    } else {
        match &quad.object {
            Term::NamedNode(node) => Some(node.clone()),
            _ => None,
        }
    }
}

/// The asserted predicates that a hop follows, each with its direction:
/// itself, those below it, their inverses, and both ways where it is
/// symmetric.
fn directions(graph: &Graph, predicate: &Predicate, inverse: bool) -> Vec<(NamedNode, bool)> {
    let ontology = graph.ontology();
    let mut found = Vec::new();
    let mut add = |iri: &NamedNode, inverse: bool| {
        if !found.iter().any(|(known, way)| known == iri && *way == inverse) {
            found.push((iri.clone(), inverse));
        }
    };
    for id in &predicate.sub_properties {
        let p = ontology.predicate(*id);
        add(&p.iri, inverse);
        if p.symmetric {
            add(&p.iri, !inverse);
        }
        for other in &p.inverses {
            add(&ontology.predicate(*other).iri, !inverse);
        }
    }
    found
}

impl Graph {
    /// Where a hop leads from a thing: at most `limit` ends, each once, and
    /// whether there are more.
    pub fn follow(
        &self,
        from: NamedNodeRef<'_>,
        hop: Hop,
        limit: usize,
    ) -> Result<(Vec<Reached>, bool), GraphError> {
        let predicate = self.ontology().predicate(hop.predicate);
        let mut seen: HashSet<Term> = HashSet::new();
        let mut found = Vec::new();
        for (iri, inverse) in directions(self, predicate, hop.inverse) {
            for quad in self.quads(from, &iri, inverse) {
                let fact = quad?;
                let term: Term = if inverse { fact.subject.clone().into() } else { fact.object.clone() };
                if seen.contains(&term) {
                    continue;
                }
                if found.len() >= limit {
                    return Ok((found, true));
                }
                seen.insert(term.clone());
                found.push(Reached { term, fact });
            }
        }
        Ok((found, false))
    }

    /// Whether the hop leads anywhere from here.
    pub fn leads(&self, from: NamedNodeRef<'_>, hop: Hop) -> Result<bool, GraphError> {
        let predicate = self.ontology().predicate(hop.predicate);
        for (iri, inverse) in directions(self, predicate, hop.inverse) {
            if let Some(quad) = self.quads(from, &iri, inverse).next() {
                quad?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Every hop that leaves a thing.
    pub fn hops_from(&self, from: NamedNodeRef<'_>) -> Result<Vec<Hop>, GraphError> {
        let mut found = Vec::new();
        for predicate in self.ontology().predicates() {
            for inverse in [false, true] {
                let hop = Hop { predicate: predicate.id, inverse };
                let values = inverse && predicate.value_kind != ValueKind::Entity;
                if !values && self.canonical(hop) == hop && self.leads(from, hop)? {
                    found.push(hop);
                }
            }
        }
        Ok(found)
    }

    /// Of the hops that lead to the same things, one: a symmetric predicate
    /// is followed forwards, and of two inverse ones the forward hop stands
    /// for the backward hop of the other.
    pub fn canonical(&self, hop: Hop) -> Hop {
        let predicate = self.ontology().predicate(hop.predicate);
        match (hop.inverse, predicate.inverses.first()) {
            (true, _) if predicate.symmetric => hop.back(),
            (true, Some(other)) => Hop { predicate: *other, inverse: false },
            _ => hop,
        }
    }

    fn quads<'a>(
        &'a self,
        from: NamedNodeRef<'_>,
        predicate: &NamedNode,
        inverse: bool,
    ) -> impl Iterator<Item = Result<Quad, GraphError>> + use<'a> {
        let (subject, object) = if inverse { (None, Some(from.into())) } else { (Some(from.into()), None) };
        self.store()
            .inner()
            .quads_for_pattern(subject, Some(predicate.as_ref()), object, None)
            .map(|quad| quad.map_err(GraphError::from))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{ImportOptions, ImportSource, Store};
    use std::io::Write as _;
    use std::ops::ControlFlow;

    fn graph(turtle: &str) -> Graph {
        let mut file = tempfile::Builder::new().suffix(".ttl").tempfile().unwrap();
        file.write_all(turtle.as_bytes()).unwrap();
        let store = Store::in_memory().unwrap();
        let source = ImportSource::Rdf(file.path().to_owned());
        store.import(&source, &ImportOptions::default(), &mut |_| ControlFlow::Continue(())).unwrap();
        Graph::from_store(store).unwrap()
    }

    #[test]
    fn hops_follow_facts_both_ways_and_declared_inverses_are_one() {
        let graph = graph(
            "@prefix : <http://example.org/> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
             @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
             :wrote a owl:ObjectProperty ; owl:inverseOf :author . :author a owl:ObjectProperty .
             :ann :wrote :one . :two :author :ann . :one rdfs:label \"One\" .",
        );
        let ann = NamedNodeRef::new("http://example.org/ann").unwrap();
        let hops = graph.hops_from(ann).unwrap();
        assert_eq!(hops.len(), 1, "{hops:?}");
        let (books, more) = graph.follow(ann, hops[0], 10).unwrap();
        assert_eq!((books.len(), more), (2, false));
        let (one, more) = graph.follow(ann, hops[0], 1).unwrap();
        assert_eq!((one.len(), more), (1, true));
        let routes = Routes::new();
        let after = routes.after(&graph, hops[0]).unwrap();
        assert_eq!(after.len(), 1, "back to the author: {after:?}");
    }
}
