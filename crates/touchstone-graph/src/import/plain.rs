//! Plain triples: three tab-separated columns of labels.

use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::Ordering;

use oxigraph::model::{Literal, NamedNode};

use super::{Sink, iri_part, quad, source};
use crate::GraphError;
use crate::vocabulary::{rdf, rdfs};

/// Longer lines are no triples of labels.
const MAX_LINE_BYTES: usize = 64 * 1024;

/// Reads subject label, relation label and object label. A label is one
/// entity wherever it stands; relations become declared properties, of which
/// nothing is assumed to be closed or functional. Underscores in relation
/// names are read as spaces.
pub(super) fn read(path: &Path, namespace: &str, sink: &mut Sink<'_>) -> Result<(), GraphError> {
    let file = path.display().to_string();
    let base = NamedNode::new(namespace).map_err(|e| {
        GraphError::unreadable(namespace, format!("not an IRI ({e}): give --namespace as an absolute IRI"))
    })?;
    let base = base.as_str().to_owned();
    let graph = sink.graph().cloned().unwrap_or_else(|| NamedNode::new_unchecked(format!("{base}graph")));
    let opened = source::open(path)?;
    sink.progress.bytes_total = opened.total;
    let mut labelled: HashSet<String> = HashSet::new();
    let mut lines = source::Lines::new(opened.reader, MAX_LINE_BYTES);
    while let Some((number, line)) = lines.next().map_err(|e| GraphError::unreadable(&file, e))? {
        sink.progress.bytes_read = opened.read.load(Ordering::Relaxed);
        let text = match line {
            source::Line::Text(text) => text,
            source::Line::Broken(reason) => {
                sink.broken(&file, number, reason)?;
                continue;
            }
        };
        if text.is_empty() {
            continue;
        }
        let columns: Vec<&str> = text.split('\t').map(str::trim).collect();
        let [subject, relation, object] = columns.as_slice() else {
            sink.broken(&file, number, format!("{} columns instead of three", columns.len()))?;
            continue;
        };
        if [subject, relation, object].iter().any(|label| label.is_empty()) {
            sink.broken(&file, number, "an empty label")?;
            continue;
        }
        let subject = entity(&base, subject, &graph, &mut labelled, sink)?;
        let object = entity(&base, object, &graph, &mut labelled, sink)?;
        let predicate = NamedNode::new_unchecked(format!("{base}relation/{}", iri_part(relation)));
        if labelled.insert(predicate.as_str().to_owned()) {
            sink.add(quad(
                predicate.clone(),
                rdf::TYPE.into_owned(),
                rdf::PROPERTY.into_owned(),
                Some(&graph),
            ))?;
            let label = Literal::new_simple_literal(relation.replace('_', " "));
            sink.add(quad(predicate.clone(), rdfs::LABEL.into_owned(), label, Some(&graph)))?;
        }
        sink.add(quad(subject, predicate, object, Some(&graph)))?;
    }
    Ok(())
}

fn entity(
    base: &str,
    label: &str,
    graph: &NamedNode,
    labelled: &mut HashSet<String>,
    sink: &mut Sink<'_>,
) -> Result<NamedNode, GraphError> {
    let node = NamedNode::new_unchecked(format!("{base}entity/{}", iri_part(label)));
    if labelled.insert(node.as_str().to_owned()) {
        let text = Literal::new_simple_literal(label.replace('_', " "));
        sink.add(quad(node.clone(), rdfs::LABEL.into_owned(), text, Some(graph)))?;
    }
    Ok(node)
}
