//! What only a language model can decide: whether a passage supports a claim.
//! Everything here costs model time and is asked for with `--deep`.

mod judge;

pub use judge::{Calibration, FEATURES, ModelJudge, Opinion, PassageJudge, features};
