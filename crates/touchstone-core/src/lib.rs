//! The words of Touchstone as types: claims, evidence, verdicts, steps and the
//! two reports that people rely on. No input or output happens here.
//!
//! The JSON forms of [`CheckReport`] and [`AskReport`] are a contract: their
//! JSON Schema is generated from these types.

mod answer;
mod claim;
mod evidence;
mod language;
mod replay;

pub use answer::{Answer, AnswerStatus, AskReport, Step, StepStatus, Timings, Usage, Withholding};
pub use claim::{
    CheckReport, Claim, ClaimKind, Correction, PolicyNote, Reading, ReasonCode, Span, Summary, Term, Verdict,
};
pub use evidence::{Evidence, Qualifier};
pub use language::Language;
pub use replay::{ChangedVerdict, ReplayReport};
