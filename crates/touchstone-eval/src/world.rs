//! The graphs of a run: the whole one, and the one that the checker may use.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use touchstone_graph::model::{Quad, Term};
use touchstone_graph::vocabulary::{meta, owl, rdf, ts};
use touchstone_graph::{Graph, GraphError, ImportOptions, ImportSource, Store};

use crate::error::EvalError;
use crate::questions::{files, hex};
use crate::suite::Suite;

/// Which facts the checker does not have.
#[derive(Clone, Debug, Default)]
pub struct Drop {
    /// Share of the facts left out, 0 to 1.
    pub share: f64,
    pub seed: u64,
    /// No predicate is declared closed or functional.
    pub open: bool,
}

impl Drop {
    /// Whether a fact goes: by its words and the seed, so that it is the same
    /// on every machine.
    pub(crate) fn takes(&self, fact: &str) -> bool {
        if self.share <= 0.0 {
            return false;
        }
        let mut hash = Sha256::new();
        hash.update(self.seed.to_le_bytes());
        hash.update(fact.as_bytes());
        let digest = hash.finalize();
        let head: [u8; 4] = [digest[0], digest[1], digest[2], digest[3]];
        f64::from(u32::from_le_bytes(head)) / (f64::from(u32::MAX) + 1.0) < self.share
    }

    fn is_whole(&self) -> bool {
        self.share <= 0.0 && !self.open
    }

    /// Declarations that let the graph contradict what it does not hold.
    fn hides(&self, quad: &Quad) -> bool {
        let closing = quad.predicate.as_ref() == ts::CLOSED;
        let functional = quad.predicate.as_ref() == rdf::TYPE
            && matches!(&quad.object, Term::NamedNode(class)
                if class.as_ref() == owl::FUNCTIONAL || class.as_ref() == owl::INVERSE_FUNCTIONAL);
        self.open && (closing || functional)
    }
}

/// What is true, and what the system under test may know of it.
pub struct World {
    /// For the judge, and for writing questions.
    pub full: Arc<Graph>,
    pub known: Arc<Graph>,
    /// Facts left out.
    pub dropped: usize,
    pub full_sha256: String,
    pub known_sha256: String,
}

impl World {
    /// No facts: for answers that are judged by gold answers alone.
    pub fn empty() -> Result<World, EvalError> {
        World::from_store(Graph::from_store(Store::in_memory()?)?, &Drop::default())
    }

    /// The graph that the suite names, read from the data folder.
    pub fn of_suite(suite: &Suite, data: &Path, drop: &Drop) -> Result<Option<World>, EvalError> {
        let Some(graph) = &suite.graph else { return Ok(None) };
        let store = Store::in_memory()?;
        let import = |source: ImportSource| -> Result<(), EvalError> {
            store.import(&source, &ImportOptions::default(), &mut |_| ControlFlow::Continue(()))?;
            Ok(())
        };
        for file in &graph.ontology {
            import(ImportSource::Rdf(suite.folder.join(file)))?;
        }
        for file in files(&graph.triples, data)? {
            import(ImportSource::PlainTriples { file, namespace: graph.namespace.clone() })?;
        }
        World::from_store(Graph::from_store(store)?, drop).map(Some)
    }

    pub fn from_store(full: Graph, drop: &Drop) -> Result<World, EvalError> {
        World::from_graph(Arc::new(full), drop)
    }

    pub fn from_graph(full: Arc<Graph>, drop: &Drop) -> Result<World, EvalError> {
        if drop.is_whole() {
            return World::new(Arc::clone(&full), full, 0);
        }
        let store = Store::in_memory()?;
        let mut dropped = 0;
        let mut kept = Vec::new();
        for quad in full.store().inner().iter() {
            let quad = quad.map_err(GraphError::from)?;
            let is_fact = full.ontology().predicate_by_iri(quad.predicate.as_ref()).is_some();
            if is_fact && drop.takes(&format!("{} {} {}", quad.subject, quad.predicate, quad.object)) {
                dropped += 1;
            } else if !drop.hides(&quad) {
                kept.push(quad);
            }
        }
        let mut transaction = store.inner().start_transaction().map_err(GraphError::from)?;
        for quad in &kept {
            transaction.insert(quad.as_ref());
        }
        transaction.commit().map_err(GraphError::from)?;
        World::new(full, Arc::new(Graph::from_store(store)?), dropped)
    }

    pub(crate) fn from_quads(quads: &[Quad], known: &[Quad], dropped: usize) -> Result<World, EvalError> {
        let build = |quads: &[Quad]| -> Result<Graph, EvalError> {
            let store = Store::in_memory()?;
            let mut transaction = store.inner().start_transaction().map_err(GraphError::from)?;
            for quad in quads {
                transaction.insert(quad.as_ref());
            }
            transaction.commit().map_err(GraphError::from)?;
            Ok(Graph::from_store(store)?)
        };
        let full = Arc::new(build(quads)?);
        let known = if dropped == 0 && quads.len() == known.len() {
            Arc::clone(&full)
        } else {
            Arc::new(build(known)?)
        };
        World::new(full, known, dropped)
    }

    fn new(full: Arc<Graph>, known: Arc<Graph>, dropped: usize) -> Result<World, EvalError> {
        let full_sha256 = sha256(&full)?;
        let known_sha256 = if Arc::ptr_eq(&full, &known) { full_sha256.clone() } else { sha256(&known)? };
        Ok(World { full, known, dropped, full_sha256, known_sha256 })
    }
}

/// A hash of all statements, in whatever order the store has them: the sum of
/// the hashes of each. What a store says of itself is left out.
fn sha256(graph: &Graph) -> Result<String, EvalError> {
    let mut sum = [0_u64; 4];
    for quad in graph.store().inner().iter() {
        let quad = quad.map_err(GraphError::from)?;
        if quad.graph_name == meta::GRAPH.into_owned().into() {
            continue;
        }
        let digest = Sha256::digest(quad.to_string().as_bytes());
        for (word, bytes) in sum.iter_mut().zip(digest.chunks_exact(8)) {
            let mut eight = [0; 8];
            eight.copy_from_slice(bytes);
            *word = word.wrapping_add(u64::from_be_bytes(eight));
        }
    }
    Ok(hex(&sum.map(u64::to_be_bytes).concat()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const SUITE: &str = "name = \"s\"\nformat = \"question-answers\"\n[graph]\ntriples = [\"kb.tsv\"]\nnamespace = \"https://example.org/\"\n[splits]\ndev = [\"q\"]\n";

    fn world(triples: &str, drop: &Drop) -> Result<World, EvalError> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("kb.tsv"), triples).unwrap();
        let suite = Suite::parse(SUITE, Path::new("s.toml")).unwrap();
        World::of_suite(&suite, folder.path(), drop).map(Option::unwrap)
    }

    #[test]
    fn dropped_facts_are_those_of_the_seed_and_never_the_judges() {
        let triples: String = (0..200).map(|n| format!("s{n}\tmade of\to{n}\n")).collect();
        let whole = world(&triples, &Drop::default()).unwrap();
        assert_eq!((whole.dropped, &whole.full_sha256), (0, &whole.known_sha256));
        let half = Drop { share: 0.5, seed: 1, open: false };
        let one = world(&triples, &half).unwrap();
        assert!((70..130).contains(&one.dropped), "{}", one.dropped);
        assert_eq!(one.full_sha256, whole.full_sha256);
        assert_eq!(one.known_sha256, world(&triples, &half).unwrap().known_sha256);
        let other = world(&triples, &Drop { seed: 2, ..half }).unwrap();
        assert_ne!(one.known_sha256, other.known_sha256);
        let facts = |graph: &Graph| graph.store().inner().len().unwrap();
        assert_eq!(facts(&one.full) - facts(&one.known), one.dropped);
    }

    #[test]
    fn a_broken_graph_is_refused_with_its_line() {
        let error = world("a\tb\tc\na\tb\n", &Drop::default()).err().unwrap().to_string();
        assert!(error.contains("kb.tsv") && error.contains('2'), "{error}");
    }
}
