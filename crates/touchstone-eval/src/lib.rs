//! Measures a system that answers questions: the same questions, model, seed
//! and limits with and without checking, an independent judge, and metrics
//! with intervals. What each metric means stands in `eval/README.md`.
//!
//! A run goes from a [`Suite`] (which files, which format) over its questions
//! and a [`System`] to [`Record`]s, one line each in `results.jsonl`, and from
//! these to a [`Summary`]. Counting looks at records only.

mod bootstrap;
pub mod claims;
mod error;
pub mod judge;
mod metrics;
mod questions;
mod record;
mod report;
mod results;
mod run;
mod suite;
mod system;

pub use error::EvalError;
pub use metrics::{Metric, Metrics, Summary};
pub use questions::Question;
pub use record::{Mode, Record};
pub use report::{brief, table};
pub use results::RunInfo;
pub use run::{Outcome, Prepared, Progress, Run};
pub use suite::{Format, Suite};
pub use system::{System, SystemError};
