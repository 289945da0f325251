//! What a question takes for granted is checked before anything is generated.

use std::ops::ControlFlow;

use touchstone_core::{
    Answer, AnswerStatus, AskReport, Claim, Evidence, Language, Step, StepStatus, Term, Usage, Verdict,
};
use touchstone_graph::EntityId;
use touchstone_graph::model::NamedNode;

use crate::derivation::{Derivation, Work};
use crate::guided::render;
use crate::reasoner::{Listener, Reasoner};
use crate::{Event, Mode, ReasonError, ReasonOptions};

/// What a question takes for granted.
pub(crate) struct Granted {
    /// What does not hold, and what cannot be verified.
    pub(crate) open: Vec<Claim>,
    pub(crate) posed: Posed,
}

/// A question as it is put to the graph.
pub(crate) struct Posed {
    /// Without the clauses that hold: they ask nothing.
    pub(crate) text: String,
    /// What these are about: their names mean nothing else.
    pub(crate) known: Vec<EntityId>,
}

impl Reasoner {
    /// What the question takes for granted, checked.
    pub(crate) fn granted(&self, question: &str, options: &ReasonOptions) -> Granted {
        let mut granted =
            Granted { open: Vec::new(), posed: Posed { text: question.to_owned(), known: Vec::new() } };
        let Some(language) = options.language.or_else(|| self.checker().language_of(question)) else {
            return granted;
        };
        let mut asides = Vec::new();
        for premise in self.checker().premises(question, language) {
            if premise.claims.iter().all(|claim| claim.verdict == Verdict::Supported) {
                let terms = premise.claims.iter().flat_map(|claim| [&claim.subject, &claim.object]);
                granted.posed.known.extend(terms.flatten().filter_map(|term| self.entity(term)));
                asides.extend(premise.aside);
            }
            granted.open.extend(premise.claims);
        }
        granted.open.retain(|claim| claim.verdict != Verdict::Supported);
        asides.sort_by_key(|aside| std::cmp::Reverse(aside.start));
        asides.dedup_by(|earlier, later| earlier.end > later.start);
        for aside in asides {
            granted.posed.text.replace_range(aside, if language == Language::English { " " } else { "" });
        }
        granted
    }

    fn entity(&self, term: &Term) -> Option<EntityId> {
        let node = NamedNode::new(term.iri.as_ref()?).ok()?;
        self.checker().graph().lexicon().entity_by_iri(node.as_ref())
    }

    /// The answer to a question that rests on something false: what is false,
    /// the facts against it, and, where there is one right value, what the
    /// graph answers when it is put in its place.
    pub(crate) fn decline(
        &self,
        question: &str,
        options: &ReasonOptions,
        premises: Vec<Claim>,
        on_event: Listener<'_>,
    ) -> Result<AskReport, ReasonError> {
        let mut derivation = Derivation::begin();
        let read = options.language.or_else(|| self.checker().language_of(question));
        let words = self.prompts().words(read.unwrap_or(Language::English));
        tell(on_event, Event::Premises { claims: &premises })?;
        let refuted: Vec<&Claim> =
            premises.iter().filter(|claim| claim.verdict == Verdict::Refuted).collect();
        let mut parts: Vec<String> = Vec::new();
        for claim in &refuted {
            let facts: Vec<String> = claim.evidence.iter().filter_map(fact).collect();
            let statement = claim.sentence.trim_end_matches(['.', '。']);
            parts.push(render(
                &words.premise_refuted,
                &[("statement", statement), ("reason", &claim.reason), ("facts", &facts.join("; "))],
            ));
            derivation.push(Step {
                index: derivation.next_index(),
                text: claim.sentence.clone(),
                status: StepStatus::Rejected,
                before: None,
                claims: vec![(*claim).clone()],
                why: Some(claim.reason.clone()),
                model: None,
            });
        }
        let mut answer = Answer::withheld("");
        let mut reading = None;
        if let [claim] = refuted.as_slice()
            && let Some((right, corrected)) = corrected(question, claim)
        {
            let options = ReasonOptions { mode: Mode::Auto, ..options.clone() };
            let found = derivation.timed(Work::Checking, || {
                let posed = self.granted(&corrected, &options).posed;
                self.ask_graph(&posed, &options, &mut |_| ControlFlow::Continue(()))
            })?;
            if let Some(report) = found.filter(|report| report.answer.status == AnswerStatus::Verified) {
                for mut step in report.steps {
                    step.index = derivation.next_index();
                    tell(on_event, Event::Accepted { step: &step })?;
                    derivation.push(step);
                }
                parts.push(render(
                    &words.premise_corrected,
                    &[("right", &right), ("answer", &report.answer.text)],
                ));
                reading = report.reading;
                answer.values = report.answer.values;
                answer.confidence = report.answer.confidence;
                // It answers another question than the one that was asked.
                answer.status = AnswerStatus::PartlyVerified;
            }
        }
        answer.text = parts.join(" ");
        tell(on_event, Event::Answered { answer: &answer })?;
        Ok(AskReport {
            question: question.to_owned(),
            language: read,
            premises,
            reading,
            answer,
            withholding: None,
            passages: Vec::new(),
            timings: derivation.timings(),
            steps: derivation.steps,
            model: self.engine().info().model,
            usage: Usage::default(),
        })
    }
}

/// The question with the right value in place of the wrong one.
fn corrected(question: &str, claim: &Claim) -> Option<(String, String)> {
    let correction = claim.correction.as_ref()?;
    let [start, end] = correction.span;
    let wrong: String = claim.sentence.chars().skip(start).take(end.checked_sub(start)?).collect();
    let wrong = wrong.trim();
    if wrong.is_empty() || question.matches(wrong).count() != 1 {
        return None;
    }
    Some((correction.replacement.clone(), question.replacen(wrong, &correction.replacement, 1)))
}

fn fact(evidence: &Evidence) -> Option<String> {
    match evidence {
        Evidence::Triple { subject, predicate, object, .. } => {
            Some(format!("{} – {} – {}", subject.label, predicate.label, object.label))
        }
        _ => None,
    }
}

fn tell(on_event: Listener<'_>, event: Event<'_>) -> Result<(), ReasonError> {
    match on_event(event) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(ReasonError::Cancelled),
    }
}
