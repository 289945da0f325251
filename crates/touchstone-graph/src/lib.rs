//! The knowledge graph: an RDF store, what its predicates mean (ontology),
//! and what its labels name (lexicon). It knows nothing of sentences, models
//! or verdicts.

mod error;
mod export;
mod graph;
mod guard;
mod import;
mod lexicon;
mod ontology;
mod paths;
mod protocol;
mod query;
mod stats;
mod store;
mod users;
pub mod vocabulary;

pub use error::GraphError;
pub use graph::Graph;
pub use import::{
    ChangeReport, GraphChange, ImportOptions, ImportProgress, ImportReport, ImportSource, Mapping, Watch,
};
pub use lexicon::{
    Composed, Cue, CueRole, Entity, EntityId, Entries, Entry, Folded, Lexicon, Meaning, Mention, ThingKind,
    Wording, fold, is_han, past_tense, plural,
};
pub use ontology::{
    Class, ClassId, Degree, Label, Ontology, Predicate, PredicateId, Statement, Validity, ValueKind,
};
pub use oxigraph::model;
pub use paths::{Hop, Reached, Routes};
pub use protocol::{GraphFormat, ProtocolQuery, Written};
pub use query::{QueryLimits, ResultFormat, Table};
pub use stats::{GraphStats, Stats};
pub use store::Store;
pub use users::UserFacts;
