//! Getting facts into the store: RDF in any serialisation, tables through a
//! declarative mapping, plain triples. Every source is loaded as one: all of
//! it or nothing.

mod change;
mod mapping;
mod plain;
mod rdf;
mod source;
mod table;

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::PathBuf;

use oxigraph::model::{GraphName, NamedNode, NamedOrBlankNode, Quad};

use crate::{GraphError, Store};

pub use change::{ChangeReport, GraphChange};
pub use mapping::Mapping;

/// How many quads are gathered between two looks at the caller.
const PROGRESS_EVERY: u64 = 10_000;
/// How many skipped places are told in full.
const TOLD_SKIPS: usize = 10;

/// What to import.
#[derive(Clone, Debug)]
pub enum ImportSource {
    /// An RDF file; the format is known from its name.
    Rdf(PathBuf),
    /// Tables below `data`, as the mapping file says.
    Mapped { mapping: PathBuf, data: PathBuf },
    /// Three columns: subject label, relation label, object label.
    PlainTriples { file: PathBuf, namespace: String },
}

#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    /// Leave broken lines out and count them, instead of refusing the source.
    pub skip_errors: bool,
    /// The named graph for triples that name none.
    pub graph: Option<NamedNode>,
    /// Replace what the named graphs of the source held before.
    pub replace: bool,
}

/// How far an import is.
#[derive(Clone, Copy, Debug, Default)]
pub struct ImportProgress {
    pub bytes_read: u64,
    pub bytes_total: u64,
    pub quads: u64,
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Quads read; those that the store already held count too.
    pub quads: u64,
    pub graphs: BTreeSet<String>,
    pub skipped: u64,
    /// The first skipped places, as "file:line: reason".
    pub skips: Vec<String>,
}

/// Watches an import: break to stop it, which leaves nothing behind.
pub type Watch<'a> = &'a mut dyn FnMut(ImportProgress) -> ControlFlow<()>;

impl Store {
    /// Imports a source as one change.
    pub fn import(
        &self,
        source: &ImportSource,
        options: &ImportOptions,
        watch: Watch<'_>,
    ) -> Result<ImportReport, GraphError> {
        let mut sink = Sink {
            quads: Vec::new(),
            descriptions: Vec::new(),
            report: ImportReport::default(),
            progress: ImportProgress::default(),
            options,
            watch,
        };
        match source {
            ImportSource::Rdf(file) => rdf::read(file, &mut sink)?,
            ImportSource::Mapped { mapping, data } => table::read(mapping, data, &mut sink)?,
            ImportSource::PlainTriples { file, namespace } => plain::read(file, namespace, &mut sink)?,
        }
        sink.look()?;
        let Sink { quads, descriptions, report, .. } = sink;
        // What is described elsewhere is replaced too, but not the
        // descriptions of other graphs beside it.
        let mut outdated = Vec::new();
        if options.replace {
            for quad in &descriptions {
                let (subject, graph) = (quad.subject.as_ref(), quad.graph_name.as_ref());
                for old in self.inner().quads_for_pattern(Some(subject), None, None, Some(graph)) {
                    outdated.push(old?);
                }
            }
        }
        self.change(|transaction| {
            if options.replace {
                for graph in &report.graphs {
                    transaction.clear_graph(NamedNode::new_unchecked(graph).as_ref())?;
                }
            }
            for quad in &outdated {
                transaction.remove(quad.as_ref());
            }
            transaction.extend(quads.iter().chain(&descriptions).map(Quad::as_ref));
            Ok(())
        })?;
        // Else every later opening reads the log of the import again.
        self.inner().flush()?;
        Ok(report)
    }
}

/// Where readers put what they read; nothing reaches the store before the
/// whole source has been read.
pub(crate) struct Sink<'a> {
    quads: Vec<Quad>,
    /// Statements about a graph that stand in a graph shared with others.
    descriptions: Vec<Quad>,
    report: ImportReport,
    progress: ImportProgress,
    options: &'a ImportOptions,
    watch: Watch<'a>,
}

impl Sink<'_> {
    fn graph(&self) -> Option<&NamedNode> {
        self.options.graph.as_ref()
    }

    fn add(&mut self, quad: Quad) -> Result<(), GraphError> {
        if let GraphName::NamedNode(graph) = &quad.graph_name
            && !self.report.graphs.contains(graph.as_str())
        {
            self.report.graphs.insert(graph.as_str().to_owned());
        }
        self.quads.push(quad);
        self.report.quads += 1;
        self.progress.quads += 1;
        if self.progress.quads.is_multiple_of(PROGRESS_EVERY) { self.look() } else { Ok(()) }
    }

    fn describe(&mut self, quad: Quad) -> Result<(), GraphError> {
        self.descriptions.push(quad);
        self.report.quads += 1;
        self.progress.quads += 1;
        self.look()
    }

    fn look(&mut self) -> Result<(), GraphError> {
        match (self.watch)(self.progress) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(GraphError::Interrupted),
        }
    }

    /// A broken place: counted where the caller asked for that, an error else.
    fn broken(&mut self, file: &str, line: u64, reason: impl std::fmt::Display) -> Result<(), GraphError> {
        if !self.options.skip_errors {
            return Err(GraphError::Syntax { file: file.to_owned(), line, reason: reason.to_string() });
        }
        self.report.skipped += 1;
        if self.report.skips.len() < TOLD_SKIPS {
            self.report.skips.push(format!("{file}:{line}: {reason}"));
        }
        Ok(())
    }
}

/// An IRI reference for text that may hold any character.
pub(crate) fn iri_part(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.trim().chars() {
        match c {
            ' ' => out.push('_'),
            'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' | '.' | '~' => out.push(c),
            c if c.is_alphanumeric() && !c.is_ascii() => out.push(c),
            c => {
                let mut bytes = [0; 4];
                for byte in c.encode_utf8(&mut bytes).bytes() {
                    out.push_str(&format!("%{byte:02X}"));
                }
            }
        }
    }
    out
}

pub(crate) fn quad(
    subject: impl Into<NamedOrBlankNode>,
    predicate: NamedNode,
    object: impl Into<oxigraph::model::Term>,
    graph: Option<&NamedNode>,
) -> Quad {
    let graph_name = graph.map_or(GraphName::DefaultGraph, |g| GraphName::NamedNode(g.clone()));
    Quad { subject: subject.into(), predicate, object: object.into(), graph_name }
}
