//! One question from the graph: readings are ranked, the model is asked where
//! the words leave it open, and the one that is taken is followed.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use touchstone_core::{Answer, AskReport, Language, ReasonCode, Step, StepStatus, Usage, Verdict};
use touchstone_graph::Reached;

use super::derive::{Extent, withheld};
use super::operations::{Chosen, Operation};
use super::words::render;
use super::{Followed, Interpretation, choose};
use crate::derivation::{Derivation, Work};
use crate::reasoner::{Listener, Reasoner};
use crate::{Event, Mode, ReasonError, ReasonOptions};

/// Readings that are looked at.
const MAX_READINGS: usize = 100;
/// Of these, the ones that lead somewhere and are kept.
const MAX_KEPT: usize = 12;
/// Readings that the model chooses between.
const MAX_CHOICES: usize = 4;
/// A reading whose score is nearer to the best is a rival of it.
const RIVAL: f32 = 0.9;
/// Behind the best by more, the model is not asked about it.
const ASKED_ABOUT: f32 = 2.5;
/// What the model's opinion is worth beside the words' (natural logarithm).
const MODEL_WEIGHT: f64 = 0.25;

/// A reading with what it leads to.
pub(crate) struct Candidate {
    pub(crate) one: Interpretation,
    pub(crate) followed: Vec<Followed>,
    /// The operations on what the path leads to.
    pub(crate) narrowed: Vec<(Operation, Chosen)>,
}

impl Candidate {
    /// What the reading answers.
    pub(crate) fn things(&self) -> Vec<Reached> {
        match self.narrowed.last() {
            Some((_, chosen)) => chosen.kept.iter().map(|(thing, _)| thing.clone()).collect(),
            None => self.followed.last().map(|step| step.reached.clone()).unwrap_or_default(),
        }
    }

    fn ends(&self) -> BTreeSet<String> {
        self.things().iter().map(|reached| reached.term.to_string()).collect()
    }
}

impl Reasoner {
    /// `None` where the question is better drafted.
    pub(crate) fn ask_graph(
        &self,
        question: &str,
        options: &ReasonOptions,
        on_event: Listener<'_>,
    ) -> Result<Option<AskReport>, ReasonError> {
        let mut derivation = Derivation::begin();
        let forced = options.mode == Mode::Graph;
        let read = options.language.or_else(|| self.checker().language_of(question));
        let language = match read {
            Some(language) => language,
            None if forced => Language::English,
            None => return Ok(None),
        };
        let guide = self.guide();
        let mut candidates = derivation.timed(Work::Checking, || self.candidates(question, language))?;
        let writer = guide.writer(self.prompts().graph_words(language), language);
        if !candidates.first().is_some_and(|best| best.one.is_complete())
            && let Some(several) = derivation.timed(Work::Checking, || guide.several(question, language))?
        {
            let mut steps = Vec::new();
            for part in &several.parts {
                for mut step in guide.steps(&writer, part) {
                    step.index = steps.len() + 1;
                    steps.push(step);
                }
            }
            steps.push(guide.joined_step(&writer, &several, &steps));
            let cut = several.parts.iter().any(|part| part.followed.iter().any(|step| step.cut));
            let answer = guide.answer_of(
                &writer,
                several.things.clone(),
                several.parts[0].one.counts,
                Extent { whole: true, cut },
                &steps,
            );
            let descriptions: Vec<String> =
                several.parts.iter().map(|part| writer.description(&part.one)).collect();
            let reading = descriptions.join("; ");
            let told = Told { question, read, reading, steps, answer, usage: Usage::default() };
            return self.tell_derivation(told, language, derivation, on_event).map(Some);
        }
        if !candidates.first().is_some_and(|best| best.one.is_complete())
            && let Some(compared) = derivation.timed(Work::Checking, || self.compared(question, language))
        {
            let (step, answer) = compared;
            let reading = step.text.clone();
            let told = Told { question, read, reading, steps: vec![step], answer, usage: Usage::default() };
            return self.tell_derivation(told, language, derivation, on_event).map(Some);
        }
        if candidates.is_empty() {
            return if forced {
                self.nothing(question, read, derivation, on_event).map(Some)
            } else {
                Ok(None)
            };
        }
        let mut model_calls = 0;
        let mut prompt_tokens = 0;
        let best = candidates[0].one.score;
        let settled = !has_rival(&candidates) && candidates[0].one.is_complete();
        if !settled && (forced || candidates.iter().any(|c| c.one.may_be_meant())) {
            candidates.retain(|c| c.one.score >= best - ASKED_ABOUT);
            candidates.truncate(MAX_CHOICES);
            if candidates.len() > 1 {
                let descriptions: Vec<String> =
                    candidates.iter().map(|c| writer.description(&c.one)).collect();
                let engine = self.engine().as_ref();
                let opinions = derivation.timed(Work::Generating, || {
                    choose::likelihoods(engine, &writer.words.choose, question, &descriptions)
                })?;
                model_calls = opinions.calls;
                prompt_tokens = opinions.tokens;
                let total =
                    |at: usize| f64::from(candidates[at].one.score) + MODEL_WEIGHT * opinions.scores[at];
                let first = (0..candidates.len()).max_by(|a, b| total(*a).total_cmp(&total(*b))).unwrap_or(0);
                candidates.swap(0, first);
            }
        }
        let candidate = candidates.swap_remove(0);
        let one = &candidate.one;
        if !forced && !one.may_be_meant() {
            return Ok(None);
        }
        let reading = writer.description(one);
        let steps = guide.steps(&writer, &candidate);
        let mut answer = guide.answer(&writer, &candidate, &steps);
        if !one.unknown.is_empty()
            && let Some(claim) = answer.claims.first_mut()
        {
            claim.verdict = Verdict::Unverifiable;
            claim.reason_code = ReasonCode::NotUnderstood;
            claim.reason = render(&writer.words.incomplete, &[("words", &one.unknown.join(", "))]);
        }
        let usage = Usage { prompt_tokens, generated_tokens: 0, model_calls };
        let told = Told { question, read, reading, steps, answer, usage };
        self.tell_derivation(told, language, derivation, on_event).map(Some)
    }

    /// Tells the steps and the answer, as far as an organisation's rules let
    /// them pass: they hold for what the graph says too.
    fn tell_derivation(
        &self,
        told: Told<'_>,
        language: Language,
        mut derivation: Derivation,
        on_event: Listener<'_>,
    ) -> Result<AskReport, ReasonError> {
        let Told { question, read, reading, steps, mut answer, usage } = told;
        for mut step in steps {
            let ruled =
                self.checker().check(&step.text).claims.into_iter().find(|claim| claim.rule.is_some());
            if let Some(claim) = ruled {
                step.status = StepStatus::Rejected;
                step.why = Some(claim.reason.clone());
                answer = withheld(&format!("{} {}", self.prompts().words(language).withheld, claim.reason));
                step.claims = vec![claim];
                derivation.push(step);
                break;
            }
            tell(on_event, Event::Accepted { step: &step })?;
            derivation.push(step);
        }
        tell(on_event, Event::Answered { answer: &answer })?;
        Ok(AskReport {
            question: question.to_owned(),
            language: read,
            premises: Vec::new(),
            reading: Some(reading),
            withholding: None,
            answer,
            timings: derivation.timings(),
            steps: derivation.steps,
            model: self.engine().info().model,
            usage,
        })
    }

    /// The readings that lead somewhere, the best first.
    fn candidates(&self, question: &str, language: Language) -> Result<Vec<Candidate>, ReasonError> {
        let guide = self.guide();
        let planner = guide.planner(language);
        let plan = planner.plan(question);
        let mut found: Vec<Candidate> = Vec::new();
        for one in guide.interpret(&plan.question, language, MAX_READINGS)? {
            let far = found.first().is_some_and(|best| one.score < best.one.score - ASKED_ABOUT);
            if far || found.len() >= MAX_KEPT {
                break;
            }
            // A hop that leads nowhere: the next reading is tried.
            let Some(mut followed) = guide.follow(one.entity, one.hops())? else { continue };
            if !followed.last_mut().is_some_and(|last| guide.keep_class(one.class, &mut last.reached)) {
                continue;
            }
            let mut candidate = Candidate { one, followed, narrowed: Vec::new() };
            let mut applies = true;
            for operation in &plan.operations {
                match planner.apply(&candidate.things(), operation)? {
                    Some(chosen) => candidate.narrowed.push((operation.clone(), chosen)),
                    None => applies = false,
                }
            }
            if applies {
                found.push(candidate);
            }
        }
        Ok(found)
    }

    fn nothing(
        &self,
        question: &str,
        language: Option<Language>,
        derivation: Derivation,
        on_event: Listener<'_>,
    ) -> Result<AskReport, ReasonError> {
        let words = self.prompts().graph_words(super::derive::language_of(language));
        let answer = withheld(&words.nothing);
        tell(on_event, Event::Answered { answer: &answer })?;
        Ok(AskReport {
            question: question.to_owned(),
            language,
            premises: Vec::new(),
            reading: None,
            withholding: None,
            answer,
            timings: derivation.timings(),
            steps: Vec::new(),
            model: self.engine().info().model,
            usage: Usage::default(),
        })
    }
}

/// A derivation that is ready to be told.
struct Told<'a> {
    question: &'a str,
    read: Option<Language>,
    reading: String,
    steps: Vec<Step>,
    answer: Answer,
    usage: Usage,
}

/// Whether another reading is near the first and leads elsewhere.
fn has_rival(candidates: &[Candidate]) -> bool {
    let Some((best, others)) = candidates.split_first() else { return false };
    let ends = best.ends();
    others.iter().any(|other| {
        let near = other.one.score >= best.one.score - RIVAL;
        // To go on from where a whole reading ends says nothing more.
        near && !other.one.hops().starts_with(best.one.hops()) && other.ends() != ends
    })
}

fn tell(on_event: Listener<'_>, event: Event<'_>) -> Result<(), ReasonError> {
    match on_event(event) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(ReasonError::Cancelled),
    }
}
