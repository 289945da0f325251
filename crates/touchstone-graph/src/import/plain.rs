//! Plain triples: three tab-separated columns of labels.

use std::collections::HashSet;
use std::io::{BufRead, BufReader};
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
    let base = NamedNode::new(namespace)
        .map_err(|e| GraphError::unreadable(namespace, format!("not an IRI ({e}): give --namespace as an absolute IRI")))?;
    let base = base.as_str().to_owned();
    let graph = sink.graph().cloned().unwrap_or_else(|| NamedNode::new_unchecked(format!("{base}graph")));
    let opened = source::open(path)?;
    sink.progress.bytes_total = opened.total;
    let mut labelled: HashSet<String> = HashSet::new();
    let mut reader = BufReader::new(opened.reader);
    let mut line = Vec::new();
    let mut number = 0;
    loop {
        line.clear();
        let count = reader.read_until(b'\n', &mut line).map_err(|e| GraphError::unreadable(&file, e))?;
        if count == 0 {
            return Ok(());
        }
        number += 1;
        sink.progress.bytes_read = opened.read.load(Ordering::Relaxed);
        if line.len() > MAX_LINE_BYTES {
            sink.broken(&file, number, "the line is too long for three labels")?;
            continue;
        }
        let Ok(text) = std::str::from_utf8(&line) else {
            sink.broken(&file, number, "the line is not UTF-8")?;
            continue;
        };
        let text = text.trim_end_matches(['\r', '\n']);
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
            sink.add(quad(predicate.clone(), rdf::TYPE.into_owned(), rdf::PROPERTY.into_owned(), Some(&graph)))?;
            let label = Literal::new_simple_literal(relation.replace('_', " "));
            sink.add(quad(predicate.clone(), rdfs::LABEL.into_owned(), label, Some(&graph)))?;
        }
        sink.add(quad(subject, predicate, object, Some(&graph)))?;
    }
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
