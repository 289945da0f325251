//! What only a language model can decide: whether a passage supports a claim.
//! Everything here costs model time and is asked for with `--deep`.

mod judge;
mod passages;

pub use judge::{Calibration, FEATURES, ModelJudge, Opinion, PassageJudge, features};
pub use passages::{DEFAULT_CONFIDENCE, DeepError, Library};
