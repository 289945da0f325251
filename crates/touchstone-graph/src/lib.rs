//! The knowledge graph: an RDF store, what its predicates mean (ontology),
//! and what its labels name (lexicon). It knows nothing of sentences, models
//! or verdicts.

mod error;
mod export;
mod graph;
mod import;
mod lexicon;
mod ontology;
mod query;
mod stats;
mod store;
pub mod vocabulary;

pub use error::GraphError;
pub use graph::Graph;
pub use import::{ImportOptions, ImportProgress, ImportReport, ImportSource, Mapping, Watch};
pub use lexicon::{Entity, EntityId, Entry, Folded, Lexicon, Meaning, Mention, fold, is_han};
pub use ontology::{Class, ClassId, Degree, Label, Ontology, Predicate, PredicateId, ValueKind};
pub use oxigraph::model;
pub use query::{QueryLimits, ResultFormat, Table};
pub use stats::{GraphStats, Stats};
pub use store::Store;
