use std::sync::Arc;
use std::time::Duration;

/// How the next token is chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampling {
    /// 0 takes the likeliest token.
    pub temperature: f32,
    pub top_p: f32,
    pub seed: u64,
}

impl Default for Sampling {
    fn default() -> Self {
        Sampling { temperature: 0.0, top_p: 1.0, seed: 0 }
    }
}

/// When a generation ends, besides the model's own end of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StopRule {
    /// After a line that holds more than white space.
    Line,
    /// Before any of these strings would appear; with none, only the model or
    /// a limit ends the text.
    Strings(Vec<String>),
}

/// What the text must be. A generation under a constraint ends when the text
/// is complete and cannot go on, or when the model ends it where it may.
#[derive(Clone, Debug, PartialEq)]
pub enum Constraint {
    /// One of these texts, as the model would write them: a trie of their
    /// token sequences. Where one text continues another, it ends there if
    /// the model prefers anything to the continuation.
    Choices(Arc<[String]>),
    /// A regular expression for the whole text, in the syntax of the `regex` crate.
    Regex(String),
    /// A context-free grammar in llguidance's variant of Lark.
    Lark(String),
    /// A JSON Schema, itself as JSON; the text is a value that it admits.
    JsonSchema(String),
}

impl Constraint {
    pub fn choices<S: Into<String>>(texts: impl IntoIterator<Item = S>) -> Constraint {
        Constraint::Choices(texts.into_iter().map(Into::into).collect())
    }
}

/// What to generate.
#[derive(Clone, Debug, PartialEq)]
pub struct Until {
    pub stop: StopRule,
    pub max_tokens: usize,
    pub sampling: Sampling,
    /// Texts that must not come next: a continuation that would complete one
    /// of them is not sampled. Used to forbid a value that was refuted.
    pub forbidden: Vec<String>,
    pub constraint: Option<Constraint>,
    /// Reports each token's log-probability, and so many of the likeliest
    /// tokens in its place. Without it, tokens that a constraint leaves no
    /// choice about are not scored.
    pub logprobs: Option<usize>,
    /// From the call to the end, waiting included.
    pub time_limit: Option<Duration>,
}

impl Until {
    pub fn new(stop: StopRule, max_tokens: usize, sampling: Sampling) -> Until {
        Until {
            stop,
            max_tokens,
            sampling,
            forbidden: Vec::new(),
            constraint: None,
            logprobs: None,
            time_limit: None,
        }
    }

    /// One line.
    pub fn line(max_tokens: usize, sampling: Sampling) -> Until {
        Until::new(StopRule::Line, max_tokens, sampling)
    }

    /// Until the model ends its turn.
    pub fn turn(max_tokens: usize, sampling: Sampling) -> Until {
        Until::new(StopRule::Strings(Vec::new()), max_tokens, sampling)
    }

    /// One text that the constraint admits.
    pub fn constrained(constraint: Constraint, max_tokens: usize, sampling: Sampling) -> Until {
        Until { constraint: Some(constraint), ..Until::turn(max_tokens, sampling) }
    }
}
