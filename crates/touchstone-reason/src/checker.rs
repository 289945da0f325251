use touchstone_core::{Claim, Language, Term};

/// What the steps of a derivation are checked with.
pub trait StepChecker: Send + Sync {
    /// The language that a text is read in; `None` where it is not supported.
    fn language_of(&self, text: &str) -> Option<Language>;

    /// The claims of one step. Spans count in Unicode characters of `text`.
    fn check_step(&self, text: &str, context: &StepContext<'_>) -> Vec<Claim>;

    /// The claims of an answer, with the one that the question's slot has the
    /// answered values where the question asks for one slot of one fact.
    fn check_answer(&self, question: &str, answer: &str, context: &StepContext<'_>) -> Vec<Claim>;

    /// The graph's own values for such a question.
    fn answer_values(&self, question: &str) -> Option<Vec<Term>>;
}

pub struct StepContext<'a> {
    pub question: &'a str,
    pub accepted: &'a [&'a str],
    pub language: Language,
}
