//! The readers of touchstone-check, without the rest of that crate.
#[path = "../../src/read/mod.rs"]
pub mod read;
