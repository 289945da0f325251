//! Changes of one named graph, as the SPARQL 1.1 Graph Store Protocol has
//! them: put, post, delete.

use std::path::Path;

use oxigraph::model::{GraphName, GraphNameRef, NamedNode, Quad};

use super::{ImportOptions, ImportProgress, ImportReport, Sink, Watch, rdf};
use crate::vocabulary::meta;
use crate::{GraphError, Store};

/// What happens to a named graph. Files are RDF; their names say the format.
#[derive(Clone, Copy, Debug)]
pub enum GraphChange<'a> {
    /// The file's statements take the place of all there were.
    Replace(&'a Path),
    /// The file's statements come to those there are.
    Add(&'a Path),
    Remove,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangeReport {
    /// Statements read from the file; for a removal, those taken out.
    pub quads: u64,
    /// Whether the graph held anything before.
    pub existed: bool,
    /// The epoch from which the change counts.
    pub epoch: u64,
}

impl Store {
    /// Changes a named graph as one: all of it or nothing.
    pub fn change_graph(
        &self,
        graph: &NamedNode,
        change: GraphChange<'_>,
        watch: Watch<'_>,
    ) -> Result<ChangeReport, GraphError> {
        if self.is_read_only() {
            return Err(GraphError::ReadOnly);
        }
        // What the store says of itself is no one's to change.
        if graph.as_ref() == meta::GRAPH {
            let wanted = "other graphs".to_owned();
            return Err(GraphError::OtherGraph {
                file: "request".to_owned(),
                wanted,
                found: graph.to_string(),
            });
        }
        let (quads, replace) = match change {
            GraphChange::Replace(file) => (read(file, graph, watch)?, true),
            GraphChange::Add(file) => (read(file, graph, watch)?, false),
            GraphChange::Remove => (Vec::new(), true),
        };
        let removal = matches!(change, GraphChange::Remove);
        self.change(|transaction| {
            let held = self.graph_len(graph, if removal { usize::MAX } else { 1 })?;
            if replace {
                transaction.clear_graph(graph.as_ref())?;
            }
            transaction.extend(quads.iter().map(Quad::as_ref));
            let quads = if removal { held } else { quads.len() };
            Ok(ChangeReport { quads: quads as u64, existed: held > 0, epoch: self.epoch()? + 1 })
        })
    }

    /// How many statements a named graph holds, counted up to a limit.
    pub fn graph_len(&self, graph: &NamedNode, limit: usize) -> Result<usize, GraphError> {
        let name = GraphNameRef::NamedNode(graph.as_ref());
        let mut count = 0;
        for quad in self.inner().quads_for_pattern(None, None, None, Some(name)).take(limit) {
            quad?;
            count += 1;
        }
        Ok(count)
    }
}

fn read(file: &Path, graph: &NamedNode, watch: Watch<'_>) -> Result<Vec<Quad>, GraphError> {
    let options = ImportOptions { graph: Some(graph.clone()), ..ImportOptions::default() };
    let mut sink = Sink {
        quads: Vec::new(),
        descriptions: Vec::new(),
        report: ImportReport::default(),
        progress: ImportProgress::default(),
        options: &options,
        watch,
    };
    rdf::read(file, &mut sink)?;
    sink.look()?;
    let other = sink.quads.iter().find(|quad| quad.graph_name != GraphName::NamedNode(graph.clone()));
    match other {
        None => Ok(sink.quads),
        Some(quad) => Err(GraphError::OtherGraph {
            file: file.display().to_string(),
            wanted: graph.to_string(),
            found: quad.graph_name.to_string(),
        }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::ops::ControlFlow;

    use super::*;

    fn on(_: ImportProgress) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    #[test]
    fn a_graph_is_put_added_to_and_removed_and_each_is_one_epoch() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a.ttl");
        let graph = NamedNode::new("https://example.org/g").unwrap();
        let store = Store::in_memory().unwrap();
        std::fs::write(&file, "<https://example.org/a> <https://example.org/p> 1, 2 .").unwrap();
        let put = store.change_graph(&graph, GraphChange::Replace(&file), &mut on).unwrap();
        assert_eq!(put, ChangeReport { quads: 2, existed: false, epoch: 1 });
        std::fs::write(&file, "<https://example.org/a> <https://example.org/p> 3 .").unwrap();
        let post = store.change_graph(&graph, GraphChange::Add(&file), &mut on).unwrap();
        assert_eq!(post, ChangeReport { quads: 1, existed: true, epoch: 2 });
        assert_eq!(store.graph_len(&graph, 100).unwrap(), 3);
        let put = store.change_graph(&graph, GraphChange::Replace(&file), &mut on).unwrap();
        assert_eq!((put.quads, store.graph_len(&graph, 100).unwrap()), (1, 1));
        let removed = store.change_graph(&graph, GraphChange::Remove, &mut on).unwrap();
        assert_eq!(removed, ChangeReport { quads: 1, existed: true, epoch: 4 });
        assert_eq!(store.epoch().unwrap(), 4);
    }

    #[test]
    fn statements_of_another_graph_are_refused_and_nothing_changes() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a.nq");
        let graph = NamedNode::new("https://example.org/g").unwrap();
        let store = Store::in_memory().unwrap();
        std::fs::write(
            &file,
            "<https://example.org/a> <https://example.org/p> \"1\" <https://example.org/h> .\n",
        )
        .unwrap();
        let error = store.change_graph(&graph, GraphChange::Replace(&file), &mut on).unwrap_err();
        assert!(matches!(error, GraphError::OtherGraph { .. }), "{error}");
        let own = NamedNode::from(meta::GRAPH);
        assert!(store.change_graph(&own, GraphChange::Remove, &mut on).is_err());
        assert_eq!(store.epoch().unwrap(), 0);
    }
}
