//! From a text to its claims and their verdicts, without a model: sentences
//! are cut into items ([`items`]), read by the patterns of their language
//! ([`grammar`]), and judged by rules that only know the ontology ([`verify`]).

mod answer;
mod arithmetic;
mod checker;
pub mod deep;
mod grammar;
mod items;
mod lookup;
pub mod policy;
mod premise;
pub mod read;
mod reasons;
mod steps;
mod verify;

pub use answer::Asked;
pub use checker::{Checker, StepContext};
pub use lookup::{evidence, fact_holds, names};
pub use premise::Premise;
pub use reasons::plain as reason_words;
