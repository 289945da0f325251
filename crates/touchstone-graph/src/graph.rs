use std::path::Path;

use crate::{GraphError, Lexicon, Ontology, Store};

/// A store with what its labels and declarations mean.
pub struct Graph {
    store: Store,
    ontology: Ontology,
    lexicon: Lexicon,
}

impl Graph {
    pub fn open(dir: &Path) -> Result<Graph, GraphError> {
        Graph::from_store(Store::open(dir)?)
    }

    /// For commands that change nothing: other processes may read too.
    pub fn open_read_only(dir: &Path) -> Result<Graph, GraphError> {
        Graph::from_store(Store::open_read_only(dir)?)
    }

    pub fn from_store(store: Store) -> Result<Graph, GraphError> {
        let ontology = Ontology::read(&store)?;
        let lexicon = Lexicon::build(&store, &ontology)?;
        Ok(Graph { store, ontology, lexicon })
    }

    pub fn store(&self) -> &Store {
        &self.store
    }

    pub fn ontology(&self) -> &Ontology {
        &self.ontology
    }

    pub fn lexicon(&self) -> &Lexicon {
        &self.lexicon
    }
}
