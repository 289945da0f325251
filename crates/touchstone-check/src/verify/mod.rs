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
mod time;
mod value;

pub(crate) use superlative::at_place;
pub(crate) use time::today;
pub(crate) use value::subjects_with;

use std::ops::Range;

use touchstone_core::{Evidence, Language, Reading, ReasonCode, Term, Verdict};
use touchstone_graph::Graph;

use crate::grammar::{Content, Proposition, Time};
use crate::read::{Day, Extent};
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
    /// What the names can mean, where that is more than one thing.
    pub(crate) readings: Vec<Reading>,
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
            readings: Vec::new(),
        }
    }

    pub(crate) fn with_evidence(mut self, evidence: Vec<Evidence>, language: Language) -> Judged {
        self.reason = reasons::with_evidence(self.code, &evidence, language);
        self.evidence = evidence;
        self
    }

    fn as_readings(&self) -> Vec<Reading> {
        if !self.readings.is_empty() {
            return self.readings.clone();
        }
        vec![Reading {
            subject: self.subject.clone(),
            predicate: self.predicate.clone(),
            object: self.object.clone(),
            verdict: self.verdict,
            reason_code: self.code,
        }]
    }
}

/// More readings are not listed.
const MAX_READINGS: usize = 20;

pub(crate) struct Case<'a> {
    pub(crate) graph: &'a Graph,
    pub(crate) text: &'a str,
    pub(crate) language: Language,
    /// What "is" means.
    pub(crate) today: Day,
}

impl<'a> Case<'a> {
    pub(crate) fn new(graph: &'a Graph, text: &'a str, language: Language) -> Case<'a> {
        Case { graph, text, language, today: today() }
    }
}

/// Judges one proposition.
pub(crate) fn judge(case: &Case<'_>, proposition: &Proposition) -> Judged {
    let time = &proposition.time;
    if let Some(when) = &time.when {
        let impossible = when.extent == Extent::Impossible;
        let timed = matches!(
            proposition.content,
            Content::Fact { .. } | Content::Unread | Content::All(_) | Content::Any(_)
        );
        if impossible || !timed {
            let code = if impossible { ReasonCode::ImpossibleDate } else { ReasonCode::TimeUnknown };
            return Judged::new(code, case.language);
        }
    }
    let judged = judge_content(case, &proposition.content, time);
    if proposition.negated { denied(judged, case.language) } else { judged }
}

fn judge_content(case: &Case<'_>, content: &Content, time: &Time) -> Judged {
    match content {
        Content::Fact { subject, predicates, reversed, value, flexible } => fact::judge(
            case,
            subject,
            &fact::Relation { predicates, reversed, flexible: *flexible, time },
            value,
        ),
        Content::Membership { subject, classes } => membership::judge(case, subject, classes),
        Content::Comparison { left, right, by, times } => {
            comparison::judge(case, left, right, by, times.as_ref())
        }
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
        Content::Total { classes, number, written } => {
            count::judge_total(case, classes, &count::Stated { number, written })
        }
        Content::All(parts) => together(case, parts, time, Verdict::Refuted),
        Content::Any(parts) => together(case, parts, time, Verdict::Supported),
        Content::Unread => Judged::new(ReasonCode::NotUnderstood, case.language),
    }
}

/// One part with the deciding verdict decides; else all must agree.
fn together(case: &Case<'_>, parts: &[Content], time: &Time, deciding: Verdict) -> Judged {
    let judged: Vec<Judged> = parts.iter().map(|part| judge_content(case, part, time)).collect();
    let evidence: Vec<Evidence> = judged.iter().flat_map(|one| one.evidence.iter().cloned()).collect();
    let position = |wanted: Verdict| judged.iter().position(|one| one.verdict == wanted);
    let decided = position(deciding);
    let at = decided.or_else(|| position(Verdict::Unverifiable)).unwrap_or(0);
    let Some(mut chosen) = judged.into_iter().nth(at) else {
        return Judged::new(ReasonCode::NotUnderstood, case.language);
    };
    if decided.is_none() {
        chosen = chosen.with_evidence(evidence, case.language);
    }
    chosen.correction = None;
    chosen
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
    let mut listed: Vec<Reading> = Vec::new();
    let several = readings.len() > 1;
    for reading in readings.iter().filter(|_| several).flat_map(Judged::as_readings) {
        if listed.len() < MAX_READINGS && !listed.contains(&reading) {
            listed.push(reading);
        }
    }
    let mut judged = readings.into_iter().nth(chosen)?;
    if several {
        judged.readings = if listed.len() > 1 { listed } else { Vec::new() };
    }
    judged.mixed |= mixed;
    if count > 1 {
        judged.confidence = judged.confidence.min(0.95);
    }
    Some(judged)
}
