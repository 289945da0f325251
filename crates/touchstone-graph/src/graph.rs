use std::path::Path;
use std::sync::Arc;

use crate::{GraphError, Lexicon, Ontology, Store};

/// A store with what its labels and declarations mean, as of one epoch.
pub struct Graph {
    store: Arc<Store>,
    epoch: u64,
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
        Graph::read(Arc::new(store))
    }

    fn read(store: Arc<Store>) -> Result<Graph, GraphError> {
        let epoch = store.epoch()?;
        let ontology = Ontology::read(&store)?;
        let lexicon = Lexicon::open(&store, &ontology)?;
        Ok(Graph { store, epoch, ontology, lexicon })
    }

    /// The graph as its store is now, or `None` where nothing has changed
    /// since this one was read. Who answers requests puts the new one in the
    /// place of the old; what is being answered keeps the old.
    pub fn refreshed(&self) -> Result<Option<Graph>, GraphError> {
        if self.store.epoch()? == self.epoch {
            return Ok(None);
        }
        Graph::read(Arc::clone(&self.store)).map(Some)
    }

    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The epoch of the store that ontology and lexicon were read at.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    pub fn ontology(&self) -> &Ontology {
        &self.ontology
    }

    pub fn lexicon(&self) -> &Lexicon {
        &self.lexicon
    }
}
