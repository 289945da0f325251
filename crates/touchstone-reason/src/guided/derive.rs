//! A path that was followed, as steps with their claims and an answer.

use touchstone_check::{evidence, reason_words};
use touchstone_core::{
    Answer, AnswerStatus, Claim, ClaimKind, Evidence, Language, ReasonCode, Step, StepStatus, Term, Verdict,
};
use touchstone_graph::model::Quad;
use touchstone_graph::{Graph, Hop, Reached, ValueKind};

use super::driver::Candidate;
use super::operations::Operation;
use super::words::{Writer, render};
use super::{Followed, Guide, vocabulary};

/// Facts that one step shows as its claims.
const MAX_CLAIMS: usize = 200;
/// Values of one answer.
const MAX_VALUES: usize = 1_000;

/// Confidence in an answer whose question was read to its last word, and in
/// one that leaves words unexplained.
pub(super) const COMPLETE: f64 = 0.97;
const INCOMPLETE: f64 = 0.6;
/// In one that more facts than the graph has would change.
const OPEN: f64 = 0.3;

impl Guide {
    /// The steps of a reading that was followed.
    pub(crate) fn steps(&self, writer: &Writer<'_>, candidate: &Candidate) -> Vec<Step> {
        let Candidate { one, followed, narrowed } = candidate;
        let mut steps = Vec::new();
        let start = writer.label(&self.graph().lexicon().entity(one.entity).iri.into());
        let mut subject: Option<String> = Some(start);
        for (at, step) in followed.iter().enumerate() {
            let returns = at > 0 && followed[at - 1].hop == self.graph().canonical(step.hop.back());
            let mut text = writer.sentence(subject.as_deref(), step, returns);
            if step.cut {
                text.push(' ');
                text.push_str(&render(&writer.words.cut, &[("count", &step.reached.len().to_string())]));
            }
            let claims = claims(self.graph(), step, &text, writer);
            steps.push(step_of(at + 1, text, claims));
            subject = match step.reached.as_slice() {
                [only] => Some(writer.label(&only.term)),
                _ => None,
            };
        }
        for (operation, chosen) in narrowed {
            let text = writer.narrowed(operation, chosen);
            let facts: Vec<Reached> = chosen.kept.iter().map(|(_, fact)| fact.clone()).collect();
            let hop = Hop { predicate: chosen.predicate, inverse: false };
            let claims = claims(self.graph(), &Followed { hop, reached: facts, cut: false }, &text, writer);
            steps.push(step_of(steps.len() + 1, text, claims));
        }
        steps
    }

    /// The answer that the last step gives.
    pub(crate) fn answer(&self, writer: &Writer<'_>, candidate: &Candidate, steps: &[Step]) -> Answer {
        let Candidate { one, followed, narrowed } = candidate;
        let cut =
            followed.iter().any(|step| step.cut) || narrowed.iter().any(|(_, chosen)| chosen.without > 0);
        // The largest of those that the graph has may not be the largest.
        let selects = narrowed.iter().any(|(operation, _)| matches!(operation, Operation::Select(_)));
        let open = (one.counts || selects) && !self.holds_all(one.hops());
        // Nor is one number an answer where it is to be held against others.
        let open = open || one.unknown.iter().any(|word| vocabulary::compares(word));
        let extent = Extent { whole: one.is_complete(), cut, open };
        self.answer_of(writer, candidate.things(), one.counts, extent, steps)
    }

    /// Whether the graph is said to hold everything that the path leads to.
    pub(crate) fn holds_all(&self, hops: &[Hop]) -> bool {
        let ontology = self.graph().ontology();
        hops.iter().all(|hop| {
            let predicate = ontology.predicate(hop.predicate);
            let inverses = predicate.inverses.iter().map(|inverse| ontology.predicate(*inverse));
            predicate.functional && !hop.inverse
                || std::iter::once(predicate).chain(inverses).any(|predicate| predicate.closed)
        })
    }

    /// The things as an answer.
    pub(crate) fn answer_of(
        &self,
        writer: &Writer<'_>,
        things: Vec<Reached>,
        counts: bool,
        extent: Extent,
        steps: &[Step],
    ) -> Answer {
        let whole = extent.whole && !extent.cut && !extent.open;
        let Some(step) = steps.last() else { return Answer::withheld(&writer.words.nothing) };
        // Nothing is known to satisfy what is asked: that is no answer.
        if things.is_empty() && !counts {
            return Answer::withheld(&step.text);
        }
        let mut values: Vec<String> = Vec::new();
        for reached in &things {
            let label = writer.label(&reached.term);
            if values.len() < MAX_VALUES && !values.contains(&label) {
                values.push(label);
            }
        }
        let text = if counts {
            let count = things.len().to_string();
            let template = match (extent.cut || extent.open, things.len()) {
                (true, _) => &writer.words.count_at_least,
                (false, 1) => &writer.words.count_one,
                (false, _) => &writer.words.count,
            };
            let text = render(template, &[("count", &count)]);
            values = vec![count];
            text
        } else {
            writer.list(&values, things.len())
        };
        let confidence = match (whole, extent.open) {
            (true, _) => COMPLETE,
            (false, false) => INCOMPLETE,
            (false, true) => OPEN,
        };
        let claim = Claim { confidence, ..conclusion(&text, &[step], writer.language) };
        Answer {
            text,
            values,
            status: if whole { AnswerStatus::Verified } else { AnswerStatus::PartlyVerified },
            confidence,
            claims: vec![claim],
            model: None,
        }
    }
}

/// A step that says what the graph says.
pub(super) fn step_of(index: usize, text: String, claims: Vec<Claim>) -> Step {
    Step { index, text, status: StepStatus::Accepted, before: None, claims, why: None, model: None }
}

/// An answer that these claims, all of them decided, show to be right: as sure
/// as the least sure of them.
pub(super) fn shown_by(text: &str, value: &str, claims: Vec<Claim>) -> Answer {
    Answer {
        text: text.to_owned(),
        values: vec![value.to_owned()],
        status: AnswerStatus::Verified,
        confidence: claims.iter().map(|claim| claim.confidence).fold(1.0, f64::min),
        claims,
        model: None,
    }
}

/// The claim that a text follows from these steps.
pub(super) fn conclusion(text: &str, steps: &[&Step], language: Language) -> Claim {
    let evidence = |step: &&Step| Evidence::Step { index: step.index, text: step.text.clone() };
    Claim {
        text: text.to_owned(),
        kind: ClaimKind::Conclusion,
        negated_kind: None,
        sentence: text.to_owned(),
        span: [0, text.chars().count()],
        subject: None,
        predicate: None,
        object: None,
        verdict: Verdict::Supported,
        reason_code: ReasonCode::FollowsFromStep,
        reason: reason_words(ReasonCode::FollowsFromStep, language),
        evidence: steps.iter().map(evidence).collect(),
        confidence: 1.0,
        correction: None,
        rule: None,
        readings: Vec::new(),
    }
}

/// How much of a question an answer covers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    /// It was read to its last word.
    pub(crate) whole: bool,
    /// More was there than was followed.
    pub(crate) cut: bool,
    /// There may be more than the graph holds, and the answer depends on it.
    pub(crate) open: bool,
}

/// What a followed hop says, fact by fact.
pub(super) fn claims(graph: &Graph, step: &Followed, text: &str, writer: &Writer<'_>) -> Vec<Claim> {
    step.reached
        .iter()
        .take(MAX_CLAIMS)
        .map(|reached| {
            let fact = evidence(graph, &reached.fact, writer.language);
            let (subject, predicate, object) = sides(&fact);
            let code = reason(graph, step.hop, &reached.fact);
            Claim {
                text: format!("{} | {} | {}", subject.label, predicate.label, object.label),
                kind: kind(graph, step.hop),
                negated_kind: None,
                sentence: text.to_owned(),
                span: [0, text.chars().count()],
                subject: Some(subject),
                predicate: Some(predicate),
                object: Some(object),
                verdict: Verdict::Supported,
                reason_code: code,
                reason: reason_words(code, writer.language),
                evidence: vec![fact],
                confidence: 1.0,
                correction: None,
                rule: None,
                readings: Vec::new(),
            }
        })
        .collect()
}

fn sides(fact: &Evidence) -> (Term, Term, Term) {
    match fact {
        Evidence::Triple { subject, predicate, object, .. } => {
            (subject.clone(), predicate.clone(), object.clone())
        }
        _ => (Term::literal(""), Term::literal(""), Term::literal("")),
    }
}

/// How the fact stands for the hop: as asserted, by another predicate, or seen
/// from its other side.
fn reason(graph: &Graph, hop: Hop, fact: &Quad) -> ReasonCode {
    let predicate = graph.ontology().predicate(hop.predicate);
    if fact.predicate == predicate.iri {
        ReasonCode::Asserted
    } else if predicate.inverses.iter().any(|id| graph.ontology().predicate(*id).iri == fact.predicate) {
        ReasonCode::Inverse
    } else {
        ReasonCode::SubProperty
    }
}

fn kind(graph: &Graph, hop: Hop) -> ClaimKind {
    match graph.ontology().predicate(hop.predicate).value_kind {
        ValueKind::Number => ClaimKind::Quantity,
        ValueKind::Date => ClaimKind::Date,
        _ => ClaimKind::Relation,
    }
}
