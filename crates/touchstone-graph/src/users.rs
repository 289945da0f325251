//! Facts of single users: a small graph for each in a file of its own, beside
//! the store and never in it, so that no query of another can meet them. A
//! user's requests are answered over a copy of the store in memory with the
//! user's graph in it.

use std::io::{BufWriter, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use oxigraph::io::{RdfFormat, RdfSerializer};
use oxigraph::model::{GraphNameRef, Literal, NamedNode, QuadRef, Triple};

use crate::vocabulary::dcterms;
use crate::{Graph, GraphChange, GraphError, Store};

/// Where users' graphs have their names.
const NAMESPACE: &str = "https://w3id.org/touchstone/users/";
const TITLE: &str = "your own facts";
/// Characters of a user's name.
const MAX_NAME: usize = 100;

/// The folder of users' facts.
#[derive(Clone, Debug)]
pub struct UserFacts {
    folder: PathBuf,
    /// Statements of one user.
    most: usize,
    /// A larger store is not copied.
    largest: usize,
}

impl UserFacts {
    pub fn new(folder: PathBuf) -> UserFacts {
        UserFacts { folder, most: 10_000, largest: 5_000_000 }
    }

    /// Beside the store, as the phrases that a model has resolved are.
    pub fn of_store(store: &Path) -> UserFacts {
        let mut name = store.as_os_str().to_owned();
        name.push(".users");
        UserFacts::new(name.into())
    }

    /// The graph's name for a user's, who is named by letters, digits, `-`,
    /// `_` and `.`: nothing that leads out of the folder.
    pub fn graph_of(user: &str) -> Result<NamedNode, GraphError> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if user.is_empty() || user.len() > MAX_NAME || user.starts_with('.') || !user.bytes().all(plain) {
            return Err(GraphError::UserName);
        }
        Ok(NamedNode::new_unchecked(format!("{NAMESPACE}{user}")))
    }

    /// Letters are written with a mark where they are capital: there are file
    /// systems that do not tell them apart.
    fn file(&self, user: &str) -> Result<PathBuf, GraphError> {
        UserFacts::graph_of(user)?;
        let mut name = String::new();
        for character in user.chars() {
            if character.is_ascii_uppercase() {
                name.push('+');
            }
            name.push(character.to_ascii_lowercase());
        }
        Ok(self.folder.join(format!("{name}.nt")))
    }

    /// Tells one state of a user's facts from another; `None` where there are
    /// none.
    pub fn version(&self, user: &str) -> Result<Option<String>, GraphError> {
        let file = self.file(user)?;
        match std::fs::metadata(&file) {
            Ok(meta) => Ok(Some(format!("{:?} {}", meta.modified().ok(), meta.len()))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(GraphError::unreadable(file.display(), error)),
        }
    }

    /// The user's statements as N-Triples; `None` where there are none.
    pub fn export(&self, user: &str) -> Result<Option<String>, GraphError> {
        let file = self.file(user)?;
        match std::fs::read_to_string(&file) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(GraphError::unreadable(file.display(), error)),
        }
    }

    /// Puts the file's statements in the place of the user's, or adds them;
    /// how many the user has then.
    pub fn put(&self, user: &str, file: &Path, add: bool) -> Result<usize, GraphError> {
        let graph = UserFacts::graph_of(user)?;
        let store = Store::in_memory()?;
        if add {
            self.load(user, &store)?;
        }
        store.change_graph(&graph, GraphChange::Add(file), &mut |_| ControlFlow::Continue(()))?;
        let count = store.graph_len(&graph, self.most + 1)?;
        if count > self.most {
            return Err(GraphError::ResultTooLarge { limit: self.most, unit: "statements" });
        }
        self.write(user, &store, &graph)?;
        Ok(count)
    }

    fn write(&self, user: &str, store: &Store, graph: &NamedNode) -> Result<(), GraphError> {
        let path = self.file(user)?;
        let failed = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::StorageFull => GraphError::DiskFull,
            _ => GraphError::unreadable(path.display(), error),
        };
        std::fs::create_dir_all(&self.folder).map_err(failed)?;
        let file = tempfile::NamedTempFile::new_in(&self.folder).map_err(failed)?;
        let mut writer =
            RdfSerializer::from_format(RdfFormat::NTriples).for_writer(BufWriter::new(file.as_file()));
        let name = GraphNameRef::NamedNode(graph.as_ref());
        for quad in store.inner().quads_for_pattern(None, None, None, Some(name)) {
            writer.serialize_triple(Triple::from(quad?).as_ref()).map_err(failed)?;
        }
        writer.finish().and_then(|mut out| out.flush()).map_err(failed)?;
        file.as_file().sync_all().map_err(failed)?;
        file.persist(&path).map_err(|error| failed(error.error))?;
        Ok(())
    }

    /// Forgets all of a user's facts; whether there were any.
    pub fn forget(&self, user: &str) -> Result<bool, GraphError> {
        let file = self.file(user)?;
        match std::fs::remove_file(&file) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(GraphError::unreadable(file.display(), error)),
        }
    }

    fn load(&self, user: &str, store: &Store) -> Result<(), GraphError> {
        let file = self.file(user)?;
        if !file.exists() {
            return Ok(());
        }
        let graph = UserFacts::graph_of(user)?;
        store.change_graph(&graph, GraphChange::Add(&file), &mut |_| ControlFlow::Continue(()))?;
        Ok(())
    }

    /// The graph as this user sees it.
    pub fn over(&self, graph: &Graph, user: &str) -> Result<Graph, GraphError> {
        let size = graph.store().inner().len()?;
        if size > self.largest {
            return Err(GraphError::ResultTooLarge {
                limit: self.largest,
                unit: "statements to copy for a user",
            });
        }
        let store = graph.store().copy_in_memory()?;
        self.load(user, &store)?;
        let name = UserFacts::graph_of(user)?;
        store.change(|changes| {
            let title = Literal::new_simple_literal(TITLE);
            changes.insert(QuadRef::new(&name, dcterms::TITLE, &title, &name));
            Ok(())
        })?;
        Graph::from_store(store)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_users_facts_are_seen_by_that_user_only_and_forgotten_when_asked() {
        let dir = tempfile::tempdir().unwrap();
        let users = UserFacts::new(dir.path().join("users"));
        let file = dir.path().join("a.ttl");
        std::fs::write(&file, "<https://example.org/a> <https://example.org/p> 1 .").unwrap();
        assert_eq!(users.put("ada", &file, false).unwrap(), 1);
        std::fs::write(&file, "<https://example.org/a> <https://example.org/p> 2 .").unwrap();
        assert_eq!(users.put("ada", &file, true).unwrap(), 2);
        assert!(users.export("ada").unwrap().unwrap().contains("\"2\""));

        let base = Graph::from_store(Store::in_memory().unwrap()).unwrap();
        let held = |user| {
            let graph = UserFacts::graph_of(user).unwrap();
            users.over(&base, user).unwrap().store().graph_len(&graph, 10).unwrap()
        };
        // The title of the graph is one more.
        assert_eq!((held("ada"), held("bob"), held("Ada")), (3, 1, 1));
        assert_eq!(base.store().inner().len().unwrap(), 0);
        assert!(users.forget("ada").unwrap() && !users.forget("ada").unwrap());
        assert_eq!(users.export("ada").unwrap(), None);
    }

    #[test]
    fn no_name_leads_out_of_the_folder() {
        let users = UserFacts::new("users".into());
        for name in ["", ".", "..", "../a", "a/b", "a b", "é", &"x".repeat(101)] {
            assert!(matches!(users.export(name), Err(GraphError::UserName)), "{name}");
        }
    }
}
