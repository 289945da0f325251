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
