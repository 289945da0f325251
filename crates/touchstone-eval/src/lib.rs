//! Measures a system that answers questions: the same questions, model, seed
//! and limits with and without checking, an independent judge, and metrics
//! with intervals. What each metric means stands in `eval/README.md`.
//!
//! A run goes from a [`Suite`] (which files, which format) over its questions
//! and a [`System`] to [`Record`]s, one line each in `results.jsonl`, and from
//! these to a [`Summary`]. Counting looks at records only.

mod asking;
mod bootstrap;
pub mod claims;
mod confidence;
mod conformal;
pub mod data;
mod energy;
mod error;
mod gate;
pub mod judge;
pub mod labels;
mod metrics;
mod paired;
mod questions;
mod record;
mod report;
mod results;
mod run;
mod suite;
mod summary;
pub mod systems;
mod world;

pub use conformal::{Calibration, Conformal, Promise, promises};
pub use error::EvalError;
pub use gate::{Beaten, gate};
pub use metrics::{Metric, Metrics};
pub use paired::{Comparison, Difference, McNemar};
pub use questions::{Correction, Passage, Premise, Question, QuestionSet};
pub use record::{Mode, Record};
pub use report::{Change, Column, ComparedRuns, brief, columns_table, html, markdown, notes, table, tested};
pub use results::{RunInfo, StoredRun};
pub use run::{Baseline, Outcome, Prepared, Progress, Run};
pub use suite::{Answers, Format, Split, Suite};
pub use summary::Summary;
pub use systems::{System, SystemError};
pub use world::{Drop, World};
