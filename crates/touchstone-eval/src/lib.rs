//! Measures a system that answers questions: the same questions, model, seed
//! and limits for every system, an independent judge, and metrics with
//! intervals. What each metric means stands in `eval/README.md`.
//!
//! A run goes from a [`Suite`] (which files, which format) over its questions
//! and the systems under test to [`Record`]s, one line each in
//! `results.jsonl`, and from these to a [`Summary`]. Judging and counting
//! look at records only, so both can be done again without a model.

mod bootstrap;
mod error;
pub mod judge;
mod machine;
mod metrics;
mod progress;
mod questions;
mod record;
pub mod report;
pub mod run;
mod suite;
mod summary;
mod system;
mod turn;

pub use error::EvalError;
pub use machine::{GraphState, Machine, Provenance, file_sha256, graph_state};
pub use metrics::{Counts, Metric, Metrics};
pub use questions::Question;
pub use record::Record;
pub use suite::{Format, Suite};
pub use summary::{Baseline, Interval, RunInfo, Summary};
pub use system::{Checked, Plain, System, SystemUnderTest};
