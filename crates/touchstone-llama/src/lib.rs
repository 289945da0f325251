//! The local engine: llama.cpp behind the trait of `touchstone-llm`, and the
//! models it runs.
//!
//! One thread owns the model's context. Sessions are sequences in it; each
//! decode carries the next token of every live sequence and a piece of the
//! prompts that wait. See [`LlamaEngine`] for what a session holds after each
//! call, and [`models`] for where weights come from.

mod engine;
mod kernels;
pub mod models;
mod options;

pub use engine::LlamaEngine;
pub use options::{CacheType, LlamaOptions, PromptCache, Split};
