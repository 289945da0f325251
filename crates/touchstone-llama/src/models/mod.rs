//! Models by name: where their files come from, and how they are verified.

mod cache;
mod error;
pub(crate) mod hash;
mod hub;
mod list;
mod package;

pub use cache::{ModelCache, PullProgress, default_dir};
pub use error::ModelError;
pub use list::{Model, ModelList, Source};

/// SHA-256 of a file in lower-case hexadecimal digits.
pub fn sha256(path: &std::path::Path) -> std::io::Result<String> {
    hash::of_file(path)
}
