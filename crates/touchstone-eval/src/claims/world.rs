//! The graphs of a run: the whole one, and the one that the checker may use.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use touchstone_graph::model::{Quad, Term};
use touchstone_graph::vocabulary::{owl, rdf, ts};
use touchstone_graph::{Graph, Store};

use crate::error::EvalError;

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
    pub(super) fn takes(&self, fact: &str) -> bool {
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

/// What is true, and what the checker knows of it.
pub struct World {
    pub full: Arc<Graph>,
    pub known: Arc<Graph>,
    /// Facts left out.
    pub dropped: usize,
}

impl World {
    pub(super) fn from_store(full: Graph, drop: &Drop) -> Result<World, EvalError> {
        let full = Arc::new(full);
        if drop.is_whole() {
            return Ok(World { known: Arc::clone(&full), full, dropped: 0 });
        }
        let store = Store::in_memory()?;
        let mut dropped = 0;
        let mut kept = Vec::new();
        for quad in full.store().inner().iter() {
            let quad = quad.map_err(touchstone_graph::GraphError::from)?;
            let is_fact = full.ontology().predicate_by_iri(quad.predicate.as_ref()).is_some();
            if is_fact && drop.takes(&format!("{} {} {}", quad.subject, quad.predicate, quad.object)) {
                dropped += 1;
            } else if !drop.hides(&quad) {
                kept.push(quad);
            }
        }
        let mut transaction =
            store.inner().start_transaction().map_err(touchstone_graph::GraphError::from)?;
        for quad in &kept {
            transaction.insert(quad.as_ref());
        }
        transaction.commit().map_err(touchstone_graph::GraphError::from)?;
        Ok(World { known: Arc::new(Graph::from_store(store)?), full, dropped })
    }

    pub(super) fn from_quads(quads: &[Quad], known: &[Quad], dropped: usize) -> Result<World, EvalError> {
        let build = |quads: &[Quad]| -> Result<Graph, EvalError> {
            let store = Store::in_memory()?;
            let mut transaction =
                store.inner().start_transaction().map_err(touchstone_graph::GraphError::from)?;
            for quad in quads {
                transaction.insert(quad.as_ref());
            }
            transaction.commit().map_err(touchstone_graph::GraphError::from)?;
            Ok(Graph::from_store(store)?)
        };
        let full = Arc::new(build(quads)?);
        let known = if dropped == 0 && quads.len() == known.len() {
            Arc::clone(&full)
        } else {
            Arc::new(build(known)?)
        };
        Ok(World { full, known, dropped })
    }
}
