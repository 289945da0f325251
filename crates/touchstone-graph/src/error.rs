use std::path::PathBuf;

use oxigraph::sparql::{QueryEvaluationError, SparqlSyntaxError};
use oxigraph::store::StorageError;

/// What can go wrong with a graph; each variant is something a caller can act on.
#[derive(Debug, thiserror::Error)]
pub enum GraphError {
    #[error("there is no graph store in {0}: load one with `touchstone kg import`, or give --store DIR")]
    NoStore(PathBuf),
    #[error(
        "the graph store {path} was written by a newer version (format {found}, this one reads up to {known}): update Touchstone; nothing was changed"
    )]
    NewerStore { path: PathBuf, found: u64, known: u64 },
    #[error("the graph store {0} is in use by another process: stop it, or give another --store DIR")]
    Locked(PathBuf),
    #[error("the graph store was opened for reading only: nothing was changed")]
    ReadOnly,
    #[error("the disk is full: nothing of this source was loaded; free some space and import again")]
    DiskFull,
    #[error("the graph store failed: {0}")]
    Storage(String),
    #[error(
        "{file}:{line}: {reason}; nothing of this source was loaded (use --skip-errors to leave such lines out)"
    )]
    Syntax { file: String, line: u64, reason: String },
    #[error("{file}: {reason}")]
    Unreadable { file: String, reason: String },
    #[error(
        "{file}: the format is not known from its name: use .ttl, .nt, .nq, .trig, .rdf, .jsonld (with .gz or .zst), a table with --mapping FILE, or --triples-tsv"
    )]
    UnknownFormat { file: String },
    #[error("mapping {file}: {reason}")]
    Mapping { file: String, reason: String },
    #[error("the query is not valid SPARQL: {0}")]
    QuerySyntax(String),
    #[error("the query failed: {0}")]
    Query(String),
    #[error("the query took longer than {0} s: narrow it, or raise the limit")]
    QueryTimeout(u64),
    #[error("the query was broken off")]
    QueryCancelled,
    #[error("the query needs more memory than it may have: narrow it")]
    QueryMemory,
    #[error("the query makes texts that are too long: join fewer or shorter ones")]
    QueryTexts,
    #[error("the result has more than {limit} {unit}: add a LIMIT, or narrow the query")]
    ResultTooLarge { limit: usize, unit: &'static str },
    #[error("the query asks another server (SERVICE): only this store is queried")]
    ServiceRefused,
    #[error("{file}: it has statements of the graph {found}, but only those of {wanted} can be changed here")]
    OtherGraph { file: String, wanted: String, found: String },
    #[error("a user is named by 1 to 100 letters, digits, -, _ and .")]
    UserName,
    #[error("the labels could not be indexed: {0}")]
    Lexicon(String),
    #[error("the import was interrupted: nothing of this source was loaded")]
    Interrupted,
}

impl GraphError {
    pub(crate) fn lexicon(error: fst::Error) -> GraphError {
        GraphError::Lexicon(error.to_string())
    }

    pub(crate) fn unreadable(file: impl std::fmt::Display, reason: impl std::fmt::Display) -> GraphError {
        GraphError::Unreadable { file: file.to_string(), reason: reason.to_string() }
    }
}

impl From<StorageError> for GraphError {
    fn from(error: StorageError) -> GraphError {
        if let StorageError::Io(io) = &error
            && io.kind() == std::io::ErrorKind::StorageFull
        {
            return GraphError::DiskFull;
        }
        let text = error.to_string();
        // RocksDB reports a full disk in words only.
        if text.contains("No space left") { GraphError::DiskFull } else { GraphError::Storage(text) }
    }
}

impl From<SparqlSyntaxError> for GraphError {
    fn from(error: SparqlSyntaxError) -> GraphError {
        GraphError::QuerySyntax(error.to_string())
    }
}

impl From<QueryEvaluationError> for GraphError {
    fn from(error: QueryEvaluationError) -> GraphError {
        GraphError::Query(error.to_string())
    }
}
