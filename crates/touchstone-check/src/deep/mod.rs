//! What only a language model can decide: whether a passage supports a claim.
//! Everything here costs model time and is asked for with `--deep`.

mod judge;
mod passages;
pub mod phrases;
mod probe;
mod retrieve;

pub use judge::{ModelJudge, Opinion, PassageJudge, state};
pub use passages::{DEFAULT_CONFIDENCE, DeepError, Library, MAX_SHOWN};
pub use probe::{Probe, SURFACE, surface, words as probe_words};
