//! From propositions to verdicts, by rules that read the ontology: no
//! predicate is known here by name.

mod comparison;
mod count;
mod existence;
mod fact;
mod members;
mod membership;
mod prominence;
mod superlative;
mod value;

pub(crate) use value::subjects_with;

use std::ops::Range;

use touchstone_core::{Evidence, Language, ReasonCode, Term, Verdict};
use touchstone_graph::Graph;

use crate::grammar::{Content, Proposition};
use crate::reasons;

/// A verdict with all that it rests on.
#[derive(Clone, Debug)]
pub(crate) struct Judged {
    pub(crate) verdict: Verdict,
    pub(crate) code: ReasonCode,
    pub(crate) reason: String,
    pub(crate) evidence: Vec<Evidence>,
    pub(crate) confidence: f64,
    pub(crate) subject: Option<Term>,
    pub(crate) predicate: Option<Term>,
    pub(crate) object: Option<Term>,
    /// Bytes of the text to replace, and by what.
    pub(crate) correction: Option<(Range<usize>, String)>,
    /// Another reading of the same words is refuted.
    pub(crate) mixed: bool,
}

impl Judged {
    pub(crate) fn new(code: ReasonCode, language: Language) -> Judged {
        Judged {
            verdict: reasons::verdict_of(code),
            code,
            reason: reasons::plain(code, language),
            evidence: Vec::new(),
            confidence: 1.0,
            subject: None,
            predicate: None,
            object: None,
            correction: None,
            mixed: false,
        }
    }

    pub(crate) fn with_evidence(mut self, evidence: Vec<Evidence>, language: Language) -> Judged {
        self.reason = reasons::with_evidence(self.code, &evidence, language);
        self.evidence = evidence;
        self
    }
}

pub(crate) struct Case<'a> {
    pub(crate) graph: &'a Graph,
    pub(crate) text: &'a str,
    pub(crate) language: Language,
}

/// Judges one proposition.
pub(crate) fn judge(case: &Case<'_>, proposition: &Proposition) -> Judged {
    let judged = match &proposition.content {
        Content::Fact { subject, predicates, reversed, value, flexible } => {
            fact::judge(case, subject, &fact::Relation { predicates, reversed, flexible: *flexible }, value)
        }
        Content::Membership { subject, classes } => membership::judge(case, subject, classes),
        Content::Comparison { left, right, by } => comparison::judge(case, left, right, by),
        Content::Identity { described, description, name } => {
            fact::judge_identity(case, described, description, name)
        }
        Content::Superlative { subject, rank } => superlative::judge(case, subject, rank),
        Content::Count { subject, relation, classes, number, written } => {
            count::judge(case, subject, relation, classes, &count::Stated { number, written })
        }
        Content::Existence { classes, subject, fact } => {
            existence::judge(case, classes, subject.as_ref(), fact.as_ref())
        }
        Content::Unread => Judged::new(ReasonCode::NotUnderstood, case.language),
    };
    if proposition.negated { denied(judged, case.language) } else { judged }
}

fn denied(mut judged: Judged, language: Language) -> Judged {
    let code = match judged.verdict {
        // Of one thing of this name the denial holds.
        Verdict::Supported if judged.mixed => ReasonCode::Ambiguous,
        Verdict::Supported => ReasonCode::DenialFails,
        Verdict::Refuted => ReasonCode::DenialHolds,
        Verdict::Unverifiable => return judged,
    };
    judged.code = code;
    judged.verdict = reasons::verdict_of(code);
    judged.reason = reasons::with_evidence(code, &judged.evidence, language);
    judged.correction = None;
    judged
}

/// The strongest of several readings: one supported reading supports; only
/// when every plausible reading is refuted is the claim refuted.
pub(crate) fn combine(readings: Vec<Judged>) -> Option<Judged> {
    let count = readings.len();
    let supported = readings.iter().position(|r| r.verdict == Verdict::Supported);
    let open = readings.iter().position(|r| r.verdict == Verdict::Unverifiable);
    let chosen = supported.or(open).or((count > 0).then_some(0))?;
    let mixed = supported.is_some() && readings.iter().any(|r| r.verdict == Verdict::Refuted);
    let mut judged = readings.into_iter().nth(chosen)?;
    judged.mixed |= mixed;
    if count > 1 {
        judged.confidence = judged.confidence.min(0.95);
    }
    Some(judged)
}
