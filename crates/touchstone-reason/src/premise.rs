//! What a question takes for granted is checked before anything is generated.

use std::ops::ControlFlow;

use touchstone_core::{
    Answer, AnswerStatus, AskReport, Claim, Evidence, Language, Step, StepStatus, Usage, Verdict,
};

use crate::derivation::{Derivation, Work};
use crate::guided::render;
use crate::reasoner::{Listener, Reasoner};
use crate::{Event, Mode, ReasonError, ReasonOptions};

impl Reasoner {
    /// The premises that do not hold, and those that cannot be verified.
    pub(crate) fn open_premises(&self, question: &str, options: &ReasonOptions) -> Vec<Claim> {
        let Some(language) = options.language.or_else(|| self.checker().language_of(question)) else {
            return Vec::new();
        };
        let mut premises = self.checker().premises(question, language);
        premises.retain(|claim| claim.verdict != Verdict::Supported);
        premises
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
                self.ask_graph(&corrected, &options, &mut |_| ControlFlow::Continue(()))
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
