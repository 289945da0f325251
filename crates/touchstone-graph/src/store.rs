//! The RDF store: opening, versions, epochs.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use oxigraph::model::{GraphName, Literal, NamedNode, NamedNodeRef, Quad, Term};
use oxigraph::store::Transaction;

use crate::GraphError;
use crate::vocabulary::{dcterms, meta};

/// The layout that this version writes.
const FORMAT: u64 = 1;

/// An oxigraph store with a format version and an epoch that counts changes.
/// Clones are the same store.
#[derive(Clone)]
pub struct Store {
    inner: oxigraph::store::Store,
    path: Option<PathBuf>,
    read_only: bool,
    /// One change at a time, else two would count as one epoch.
    changing: Arc<Mutex<()>>,
}

/// How often a store that is being written to is tried for reading.
const READ_TRIES: usize = 5;
const READ_PAUSE: std::time::Duration = std::time::Duration::from_millis(50);

impl Store {
    /// Opens an existing store.
    pub fn open(path: &Path) -> Result<Store, GraphError> {
        if !path.join("CURRENT").exists() {
            return Err(GraphError::NoStore(path.to_owned()));
        }
        Store::open_at(path)
    }

    /// Opens an existing store or begins an empty one.
    pub fn create_or_open(path: &Path) -> Result<Store, GraphError> {
        std::fs::create_dir_all(path).map_err(|e| GraphError::unreadable(path.display(), e))?;
        let fresh = !path.join("CURRENT").exists();
        let store = Store::open_at(path)?;
        if fresh {
            let mut transaction = store.inner.start_transaction()?;
            transaction.insert(number_quad(meta::FORMAT, FORMAT).as_ref());
            transaction.commit()?;
        }
        Ok(store)
    }

    /// Opens an existing store without locking it: several processes can
    /// read at a time, none sees later changes.
    pub fn open_read_only(path: &Path) -> Result<Store, GraphError> {
        if !path.join("CURRENT").exists() {
            return Err(GraphError::NoStore(path.to_owned()));
        }
        let mut tries = 0;
        let inner = loop {
            match oxigraph::store::Store::open_read_only(path) {
                Ok(inner) => break inner,
                // A writer may be putting files together just now.
                Err(error) if tries < READ_TRIES && error.to_string().contains("No such file") => {
                    tries += 1;
                    std::thread::sleep(READ_PAUSE);
                }
                Err(error) => return Err(opening(path, error)),
            }
        };
        Store { inner, path: Some(path.to_owned()), read_only: true, changing: Arc::default() }
            .of_known_format()
    }

    pub fn in_memory() -> Result<Store, GraphError> {
        let inner = oxigraph::store::Store::new()?;
        Ok(Store { inner, path: None, read_only: false, changing: Arc::default() })
    }

    /// Everything that this store holds, in memory: what is added there stays
    /// there.
    pub fn copy_in_memory(&self) -> Result<Store, GraphError> {
        let copy = Store::in_memory()?;
        let mut loader = copy.inner.bulk_loader();
        let quads: Result<Vec<Quad>, _> = self.inner.iter().collect();
        loader.load_quads(quads?)?;
        loader.commit()?;
        Ok(copy)
    }

    fn open_at(path: &Path) -> Result<Store, GraphError> {
        // Reading first: a store of a newer version is left untouched.
        if path.join("CURRENT").exists()
            && let Err(newer @ GraphError::NewerStore { .. }) = Store::open_read_only(path)
        {
            return Err(newer);
        }
        let inner = oxigraph::store::Store::open(path).map_err(|e| opening(path, e))?;
        Ok(Store { inner, path: Some(path.to_owned()), read_only: false, changing: Arc::default() })
    }

    fn of_known_format(self) -> Result<Store, GraphError> {
        match self.number(meta::FORMAT)? {
            Some(found) if found > FORMAT => {
                Err(GraphError::NewerStore { path: self.path.unwrap_or_default(), found, known: FORMAT })
            }
            _ => Ok(self),
        }
    }

    /// The store itself, for patterns and SPARQL.
    pub fn inner(&self) -> &oxigraph::store::Store {
        &self.inner
    }

    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Tells this store from others that lay or will lie at its path; empty
    /// for one in memory.
    pub(crate) fn identity(&self) -> String {
        let file = self.path.as_ref().map(|path| path.join("IDENTITY"));
        file.and_then(|file| std::fs::read_to_string(file).ok()).unwrap_or_default()
    }

    pub fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// How many changes the store has seen.
    pub fn epoch(&self) -> Result<u64, GraphError> {
        Ok(self.number(meta::EPOCH)?.unwrap_or(0))
    }

    /// Makes changes as one: all of them and the next epoch, or none.
    pub fn change<T>(
        &self,
        changes: impl FnOnce(&mut Transaction<'_>) -> Result<T, GraphError>,
    ) -> Result<T, GraphError> {
        self.advance(0, changes)
    }

    /// Raises the epoch to that of what changes together with the store, if
    /// it is behind.
    pub fn reach_epoch(&self, epoch: u64) -> Result<(), GraphError> {
        if self.epoch()? < epoch { self.advance(epoch, |_| Ok(())) } else { Ok(()) }
    }

    fn advance<T>(
        &self,
        at_least: u64,
        changes: impl FnOnce(&mut Transaction<'_>) -> Result<T, GraphError>,
    ) -> Result<T, GraphError> {
        if self.read_only {
            return Err(GraphError::ReadOnly);
        }
        let _one = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let epoch = self.epoch()?;
        let mut transaction = self.inner.start_transaction()?;
        let result = changes(&mut transaction)?;
        transaction.remove(number_quad(meta::EPOCH, epoch).as_ref());
        transaction.insert(number_quad(meta::EPOCH, at_least.max(epoch + 1)).as_ref());
        transaction.commit()?;
        Ok(result)
    }

    /// `dcterms:title` of a named graph.
    pub fn graph_title(&self, graph: NamedNodeRef<'_>) -> Result<Option<String>, GraphError> {
        self.description(graph, dcterms::TITLE)
    }

    pub(crate) fn description(
        &self,
        graph: NamedNodeRef<'_>,
        property: NamedNodeRef<'_>,
    ) -> Result<Option<String>, GraphError> {
        let quad = self.inner.quads_for_pattern(Some(graph.into()), Some(property), None, None).next();
        Ok(match quad.transpose()?.map(|quad| quad.object) {
            Some(Term::Literal(literal)) => Some(literal.value().to_owned()),
            Some(Term::NamedNode(node)) => Some(node.into_string()),
            _ => None,
        })
    }

    fn number(&self, property: NamedNodeRef<'_>) -> Result<Option<u64>, GraphError> {
        let quad = self
            .inner
            .quads_for_pattern(Some(meta::STORE.into()), Some(property), None, Some(meta::GRAPH.into()))
            .next();
        Ok(match quad.transpose()?.map(|quad| quad.object) {
            Some(Term::Literal(literal)) => literal.value().parse().ok(),
            _ => None,
        })
    }
}

fn number_quad(property: NamedNodeRef<'_>, number: u64) -> Quad {
    Quad::new(
        meta::STORE.into_owned(),
        property.into_owned(),
        Literal::from(number),
        GraphName::from(NamedNode::from(meta::GRAPH)),
    )
}

fn opening(path: &Path, error: oxigraph::store::StorageError) -> GraphError {
    let text = error.to_string();
    if text.contains("lock") || text.contains("LOCK") {
        GraphError::Locked(path.to_owned())
    } else {
        GraphError::from(error)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn epochs_count_changes_and_a_failed_change_leaves_none() {
        let store = Store::in_memory().unwrap();
        assert_eq!(store.epoch().unwrap(), 0);
        let quad = Quad::new(
            meta::STORE.into_owned(),
            meta::EPOCH.into_owned(),
            Literal::from("x"),
            GraphName::DefaultGraph,
        );
        store
            .change(|t| {
                t.insert(quad.as_ref());
                Ok(())
            })
            .unwrap();
        assert_eq!(store.epoch().unwrap(), 1);
        let failed: Result<(), GraphError> = store.change(|t| {
            t.remove(quad.as_ref());
            Err(GraphError::Interrupted)
        });
        assert!(failed.is_err());
        assert_eq!(store.epoch().unwrap(), 1);
        assert!(store.inner().contains(quad.as_ref()).unwrap());
    }

    #[test]
    fn a_newer_store_is_refused_and_a_locked_one_too() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::create_or_open(dir.path()).unwrap();
        let second = Store::open(dir.path()).err();
        assert!(matches!(second, Some(GraphError::Locked(_))), "{second:?}");
        store
            .change(|t| {
                t.remove(number_quad(meta::FORMAT, FORMAT).as_ref());
                t.insert(number_quad(meta::FORMAT, FORMAT + 1).as_ref());
                Ok(())
            })
            .unwrap();
        drop(store);
        let error = Store::create_or_open(dir.path()).err().unwrap();
        assert!(matches!(error, GraphError::NewerStore { found: 2, .. }), "{error}");
    }

    #[test]
    fn a_folder_without_a_store_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let error = Store::open(dir.path()).err().unwrap().to_string();
        assert!(error.contains("kg import"), "{error}");
    }
}
