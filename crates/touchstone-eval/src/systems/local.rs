//! What the local model does: checked, plain, and the other ways to make it
//! more reliable.

use std::ops::ControlFlow;
use std::sync::Arc;

use touchstone_core::{AskReport, Usage};
use touchstone_graph::Graph;
use touchstone_reason::{Passage, ReasonOptions, Reasoner};

use super::evidence::Evidence;
use super::wording::Wording;
use super::{System, SystemError, why};
use crate::judge::normalise;
use crate::questions::Question;
use crate::record::Mode;

/// Samples of self-consistency, and what makes them differ where the run is
/// greedy.
const SAMPLES: u64 = 5;
const SAMPLE_TEMPERATURE: f32 = 0.7;
/// Characters of a question with its evidence.
const MAX_AUGMENTED_CHARS: usize = 20_000;

/// One model, graph, sampling and set of limits for every way of asking.
pub struct Local {
    pub(super) reasoner: Reasoner,
    pub(super) options: ReasonOptions,
    pub(super) wording: Wording,
    graph: Arc<Graph>,
}

impl Local {
    /// `graph` is what retrieval may use: the same as the checker's.
    pub fn new(reasoner: Reasoner, options: ReasonOptions, graph: Arc<Graph>, wording: Wording) -> Local {
        Local { reasoner, options, wording, graph }
    }

    fn options(&self, question: &Question) -> ReasonOptions {
        let passages = passages_of(question);
        ReasonOptions { language: question.language, passages, ..self.options.clone() }
    }

    pub(super) fn plain(
        &self,
        text: &str,
        options: &ReasonOptions,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<AskReport, SystemError> {
        self.reasoner.ask_plain(text, options, &mut |_| flow(stop)).map_err(|error| why(&error, stop))
    }

    /// Options for a question with more around it, in the question's language.
    pub(super) fn augmented(&self, question: &Question) -> ReasonOptions {
        ReasonOptions {
            language: Some(super::language_of(question)),
            max_question_chars: MAX_AUGMENTED_CHARS.max(self.options.max_question_chars),
            ..self.options.clone()
        }
    }

    fn rag(&self, question: &Question, stop: &(dyn Fn() -> bool + Sync)) -> Result<AskReport, SystemError> {
        let language = super::language_of(question);
        let evidence = Evidence::for_question(&self.graph, question, language)
            .map_err(|error| SystemError::Fatal(error.to_string()))?;
        let text = self.wording.rag(language, &evidence, &question.text)?;
        self.plain(&text, &self.augmented(question), stop)
    }

    fn self_consistency(
        &self,
        question: &Question,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<AskReport, SystemError> {
        let mut options = self.options(question);
        options.sampling.temperature = options.sampling.temperature.max(SAMPLE_TEMPERATURE);
        let seed = options.sampling.seed;
        let mut reports = Vec::new();
        for sample in 0..SAMPLES {
            options.sampling.seed = seed.wrapping_mul(SAMPLES).wrapping_add(sample);
            reports.push(self.plain(&question.text, &options, stop)?);
        }
        Ok(majority(reports))
    }
}

/// What comes with a question, for every system that reads it.
pub(super) fn passages_of(question: &Question) -> Vec<Passage> {
    question.context.iter().map(|of| Passage::given(&of.title, of.sentences.join(" "))).collect()
}

fn flow(stop: &(dyn Fn() -> bool + Sync)) -> ControlFlow<()> {
    if stop() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

impl System for Local {
    fn ask(
        &self,
        mode: Mode,
        question: &Question,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<AskReport, SystemError> {
        let mut report = match mode {
            Mode::Touchstone => self
                .reasoner
                .ask(&question.text, &self.options(question), &mut |_| flow(stop))
                .map_err(|error| why(&error, stop)),
            Mode::Plain => self.plain(&question.text, &self.options(question), stop),
            Mode::Rag => self.rag(question, stop),
            Mode::Cove => self.cove(question, stop),
            Mode::SelfConsistency => self.self_consistency(question, stop),
            Mode::Endpoint | Mode::Answers => {
                Err(SystemError::Fatal(format!("the local model does not answer as \"{}\"", mode.name())))
            }
        }?;
        report.question.clone_from(&question.text);
        Ok(report)
    }
}

/// The report of the answer that most samples give, the first of equals, with
/// the share of the samples for its confidence. There is at least one.
fn majority(mut reports: Vec<AskReport>) -> AskReport {
    let key = |report: &AskReport| {
        let mut values: Vec<String> =
            report.answer.values.iter().map(|value| normalise(value).concat()).collect();
        values.sort();
        values
    };
    let keys: Vec<Vec<String>> = reports.iter().map(key).collect();
    let votes = |at: usize| keys.iter().filter(|other| **other == keys[at]).count();
    let best = (0..keys.len()).rev().max_by_key(|at| votes(*at)).unwrap_or_default();
    let share = votes(best) as f64 / keys.len() as f64;
    let (usage, total) = reports.iter().fold((Usage::default(), [0.0; 3]), |(usage, sum), report| {
        let t = report.timings;
        (added(usage, report.usage), [sum[0] + t.total_s, sum[1] + t.generating_s, sum[2] + t.checking_s])
    });
    let mut chosen = reports.swap_remove(best);
    chosen.answer.confidence = share;
    chosen.usage = usage;
    [chosen.timings.total_s, chosen.timings.generating_s, chosen.timings.checking_s] = total;
    chosen
}

pub(super) fn added(one: Usage, other: Usage) -> Usage {
    Usage {
        prompt_tokens: one.prompt_tokens + other.prompt_tokens,
        generated_tokens: one.generated_tokens + other.generated_tokens,
        model_calls: one.model_calls + other.model_calls,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::report;

    #[test]
    fn the_answer_of_most_samples_wins_with_their_share() {
        let of = |answers: &[&str]| {
            majority(answers.iter().map(|answer| report("Where?", Some(answer))).collect())
        };
        let chosen = of(&["Linz", "Ulm", "Bonn", "ulm.", "Linz"]);
        assert_eq!((chosen.answer.values[0].as_str(), chosen.answer.confidence), ("Linz", 0.4));
        assert_eq!(of(&["Ulm", "The Ulm", "Linz"]).answer.values, ["Ulm"]);
        assert_eq!((chosen.usage.generated_tokens, chosen.usage.model_calls), (50, 5));
        assert_eq!(chosen.timings.total_s, 15.0);
    }
}
