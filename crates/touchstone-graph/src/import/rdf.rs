//! RDF files: Turtle, N-Triples, N-Quads, TriG, RDF/XML, JSON-LD.

use std::path::Path;
use std::sync::atomic::Ordering;

use oxigraph::io::{JsonLdProfileSet, RdfFormat, RdfParseError, RdfParser};

use super::{Sink, source};
use crate::GraphError;

pub(super) fn read(path: &Path, sink: &mut Sink<'_>) -> Result<(), GraphError> {
    let opened = source::open(path)?;
    let file = path.display().to_string();
    let format = format_of(&opened.name).ok_or_else(|| GraphError::UnknownFormat { file: file.clone() })?;
    let mut parser = RdfParser::from_format(format);
    if let Some(graph) = sink.graph() {
        parser = parser.with_default_graph(graph.clone());
    }
    // Blank nodes of two files are never the same.
    parser = parser.rename_blank_nodes();
    sink.progress.bytes_total = opened.total;
    for quad in parser.for_reader(opened.reader) {
        match quad {
            Ok(quad) => sink.add(quad)?,
            Err(RdfParseError::Syntax(error)) => {
                let line = error.location().map_or(0, |range| range.start.line + 1);
                sink.broken(&file, line, error)?;
            }
            Err(RdfParseError::Io(error)) => return Err(GraphError::unreadable(&file, error)),
        }
        sink.progress.bytes_read = opened.read.load(Ordering::Relaxed);
    }
    Ok(())
}

fn format_of(name: &str) -> Option<RdfFormat> {
    let extension = Path::new(name).extension()?.to_str()?.to_ascii_lowercase();
    Some(match extension.as_str() {
        "ttl" | "turtle" => RdfFormat::Turtle,
        "nt" | "ntriples" => RdfFormat::NTriples,
        "nq" | "nquads" => RdfFormat::NQuads,
        "trig" => RdfFormat::TriG,
        "rdf" | "xml" | "owl" => RdfFormat::RdfXml,
        "jsonld" | "json" => RdfFormat::JsonLd { profile: JsonLdProfileSet::empty() },
        _ => return None,
    })
}
