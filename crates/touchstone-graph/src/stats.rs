//! What a graph holds, counted.

use std::collections::{BTreeMap, BTreeSet};

use oxigraph::model::{GraphName, Term};
use serde::Serialize;

use crate::vocabulary::{dcterms, meta, rdf, rdfs, skos};
use crate::{GraphError, Store};

#[derive(Clone, Debug, Default, Serialize)]
pub struct Stats {
    pub triples: u64,
    pub entities: u64,
    pub epoch: u64,
    pub predicates: BTreeMap<String, u64>,
    pub classes: BTreeMap<String, u64>,
    /// Labels (preferred and alternative) by language tag.
    pub labels: BTreeMap<String, u64>,
    pub graphs: BTreeMap<String, GraphStats>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct GraphStats {
    pub triples: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
}

impl Store {
    /// Counts everything once through.
    pub fn stats(&self) -> Result<Stats, GraphError> {
        let mut stats = Stats { epoch: self.epoch()?, ..Stats::default() };
        let mut subjects = BTreeSet::new();
        for quad in self.inner().iter() {
            let quad = quad?;
            let graph = match &quad.graph_name {
                GraphName::NamedNode(node) if node.as_ref() == meta::GRAPH => continue,
                GraphName::NamedNode(node) => node.as_str().to_owned(),
                GraphName::BlankNode(node) => node.to_string(),
                GraphName::DefaultGraph => "default".to_owned(),
            };
            stats.triples += 1;
            stats.graphs.entry(graph).or_default().triples += 1;
            *stats.predicates.entry(quad.predicate.as_str().to_owned()).or_default() += 1;
            if quad.predicate.as_ref() == rdf::TYPE
                && let Term::NamedNode(class) = &quad.object
            {
                *stats.classes.entry(class.as_str().to_owned()).or_default() += 1;
            }
            let label = [rdfs::LABEL, skos::PREF_LABEL, skos::ALT_LABEL].contains(&quad.predicate.as_ref());
            if label && let Term::Literal(literal) = &quad.object {
                *stats.labels.entry(literal.language().unwrap_or("none").to_owned()).or_default() += 1;
            }
            subjects.insert(quad.subject.to_string());
        }
        stats.entities = subjects.len() as u64;
        for (iri, graph) in &mut stats.graphs {
            if let Ok(node) = oxigraph::model::NamedNode::new(iri) {
                graph.title = self.graph_title(node.as_ref())?;
                graph.licence = self.description(node.as_ref(), dcterms::LICENSE)?;
            }
        }
        Ok(stats)
    }
}
