use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use oxigraph::model::{NamedNode, NamedNodeRef};

use crate::{Composed, GraphError, Lexicon, Ontology, Store};

/// A graph has a source or a few; more titles than this are not kept.
const MAX_TITLES: usize = 1_000;

/// A store with what its labels and declarations mean, as of one epoch.
pub struct Graph {
    store: Arc<Store>,
    epoch: u64,
    ontology: Ontology,
    lexicon: Lexicon,
    composed: Composed,
    /// Titles of named graphs that were asked for: evidence names them often.
    titles: RwLock<HashMap<NamedNode, Option<Arc<str>>>>,
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
        let composed = Composed::new(&ontology);
        Ok(Graph { store, epoch, ontology, lexicon, composed, titles: RwLock::default() })
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

    /// Names of predicates that no label has as they stand.
    pub fn composed(&self) -> &Composed {
        &self.composed
    }

    /// `dcterms:title` of a named graph, as of this graph's epoch.
    pub fn title(&self, graph: NamedNodeRef<'_>) -> Result<Option<Arc<str>>, GraphError> {
        let graph = graph.into_owned();
        if let Some(title) = self.titles.read().unwrap_or_else(PoisonError::into_inner).get(&graph) {
            return Ok(title.clone());
        }
        let title: Option<Arc<str>> = self.store.graph_title(graph.as_ref())?.map(Arc::from);
        let mut titles = self.titles.write().unwrap_or_else(PoisonError::into_inner);
        if titles.len() < MAX_TITLES {
            titles.insert(graph, title.clone());
        }
        Ok(title)
    }
}
