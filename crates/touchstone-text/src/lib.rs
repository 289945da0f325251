//! Passages: a full-text index on disk (tantivy, BM25) over English and
//! Chinese text, and the readers that fill it from files and from packages.
//!
//! It knows nothing of claims, verdicts or the graph: a question is words, an
//! answer is passages with the place in their document where they stand.

mod analyzer;
mod document;
mod error;
mod files;
mod index;
mod package;
mod record;
mod split;

pub use document::{Document, Passage, Section};
pub use error::TextError;
pub use files::{Files, FilesReport, read_files};
pub use index::{AddReport, MAX_QUERY_CHARS, TextIndex};
pub use package::{TextSource, find_source, sources};
