use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::claim::{Span, Term};

/// What a verdict rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Evidence {
    /// A fact of the knowledge graph.
    Triple {
        subject: Term,
        predicate: Term,
        object: Term,
        /// IRI of the named graph that holds the fact.
        graph: String,
        /// Human-readable name of the source, where the graph declares one.
        #[serde(skip_serializing_if = "Option::is_none")]
        source: Option<String>,
        /// What the graph says of the fact itself, such as when it held.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        qualifiers: Vec<Qualifier>,
    },
    /// A passage of the full-text index.
    Passage {
        document: String,
        title: String,
        text: String,
        /// Where the passage lies in its document, in Unicode characters.
        span: Span,
        /// BM25 score.
        score: f64,
    },
    /// An exact calculation.
    Calculation {
        /// The expression as read, in plain notation.
        expression: String,
        /// The exact result (a decimal, or a fraction where it has none).
        result: String,
        /// The result as the text states it.
        stated: String,
    },
    /// An accepted step of the same derivation.
    Step { index: usize, text: String },
}

/// A statement about a fact: "start time: 1991".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Qualifier {
    pub predicate: Term,
    pub value: Term,
}
