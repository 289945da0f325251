//! One question from the graph: readings are ranked, the model is asked where
//! the words leave it open, and the one that is taken is followed.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use touchstone_core::{Answer, AnswerStatus, AskReport, Language, ReasonCode, StepStatus, Usage, Verdict};
use touchstone_graph::{EntityId, Reached};

use super::beyond::{Beyond, Derived};
use super::choose::{Opinion, Opinions};
use super::operations::{Chosen, Operation, Plan};
use super::polar::{Polar, Way};
use super::words::render;
use super::{Followed, Interpretation, choose, rephrase};
use crate::derivation::{Derivation, Work};
use crate::premise::Posed;
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
/// Values of an answer to a question in which something is left unexplained.
const MAX_HALF_READ: usize = 10;
/// Behind the best by more, the model is not asked about it.
const ASKED_ABOUT: f32 = 2.5;
/// What the model's opinion is worth beside the words' (natural logarithm):
/// with half as much or twice as much, the 1.5B model chose worse in 64
/// questions that the words left open.
const MODEL_WEIGHT: f64 = 0.1;

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
        posed: &Posed,
        options: &ReasonOptions,
        on_event: Listener<'_>,
    ) -> Result<Option<AskReport>, ReasonError> {
        let mut derivation = Derivation::begin();
        let forced = options.mode == Mode::Graph;
        let read = options.language.or_else(|| self.checker().language_of(&posed.text));
        let language = match read {
            Some(language) => language,
            None if forced => Language::English,
            None => return Ok(None),
        };
        let rephrased = rephrase::named_people(self.checker().graph(), &posed.text, language);
        let rephrased = rephrased.map(|text| Posed { text, known: posed.known.clone() });
        let posed = rephrased.as_ref().unwrap_or(posed);
        let question = posed.text.as_str();
        if let Some(polar) = derivation.timed(Work::Checking, || self.polar(question, language)) {
            let asked = Asked { question, read, language };
            return self.ask_polar(&asked, options, &polar, derivation, on_event);
        }
        let guide = self.guide();
        let Found { mut candidates, lacking } =
            derivation.timed(Work::Checking, || self.candidates(posed, language))?;
        let read_whole = candidates.first().is_some_and(|best| best.one.is_complete());
        let writer = guide.writer(self.prompts().graph_words(language), language);
        let beyond = match read_whole {
            true => Beyond::Nothing,
            false => derivation.timed(Work::Checking, || self.beyond_paths(question, language))?,
        };
        match beyond {
            Beyond::Found(found) => {
                let told = Told { question, read, found: *found, usage: Usage::default() };
                return self.tell_derivation(told, language, derivation, on_event).map(Some);
            }
            // A number of one of the two says nothing of which is larger.
            Beyond::Undecided if forced => {
                return self.nothing(question, read, &writer.words.undecided, derivation, on_event).map(Some);
            }
            Beyond::Undecided | Beyond::Nothing => {}
        }
        if candidates.is_empty() {
            return if forced {
                self.nothing(question, read, &writer.words.nothing, derivation, on_event).map(Some)
            } else {
                Ok(None)
            };
        }
        // Another reading than the one that says it all is no answer, only
        // because the graph lacks a fact.
        if let Some(lacking) = lacking {
            let meant = writer.description(&lacking);
            let why = render(&writer.words.lacking, &[("description", &meant)]);
            return if forced {
                self.nothing(question, read, &why, derivation, on_event).map(Some)
            } else {
                Ok(None)
            };
        }
        let mut model_calls = 0;
        let mut prompt_tokens = 0;
        let best = candidates[0].one.score;
        let may_be_meant = forced || candidates.iter().any(|c| c.one.is_likely_meant());
        if !settled(&candidates) && may_be_meant {
            candidates.retain(|c| c.one.score >= best - ASKED_ABOUT);
            candidates.truncate(MAX_CHOICES);
            if candidates.len() > 1 {
                let opinions =
                    derivation.timed(Work::Generating, || self.opinions(question, language, &candidates))?;
                model_calls = opinions.calls;
                prompt_tokens = opinions.tokens;
                let total = |at: usize| total(&candidates[at].one, Some(&opinions.each[at]));
                let first = (0..candidates.len()).max_by(|a, b| total(*a).total_cmp(&total(*b))).unwrap_or(0);
                candidates.swap(0, first);
            }
        }
        let candidate = candidates.swap_remove(0);
        let one = &candidate.one;
        // A long list for a question that was half read is hardly meant.
        let listed = one.is_complete() || one.counts || candidate.things().len() <= MAX_HALF_READ;
        // Nor is the number of something that no word asks for.
        let stray = one.ranked.silent > 0 && guide.leads_to_number(one.hops());
        if !(forced || one.is_likely_meant() && listed && !stray) {
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
        let told = Told { question, read, found: Derived { reading, steps, answer }, usage };
        self.tell_derivation(told, language, derivation, on_event).map(Some)
    }

    /// A question for yes or no is answered by nothing else.
    fn ask_polar(
        &self,
        asked: &Asked<'_>,
        options: &ReasonOptions,
        polar: &Polar,
        mut derivation: Derivation,
        on_event: Listener<'_>,
    ) -> Result<Option<AskReport>, ReasonError> {
        let Asked { question, read, language } = *asked;
        let words = self.prompts().graph_words(language);
        let (ways, inverted) = match polar {
            Polar::Statement { ways, inverted } => (ways.clone(), *inverted),
            Polar::Existence { statement, .. } => {
                (vec![Way { said: statement.clone(), denied: String::new() }], false)
            }
        };
        let decided = derivation.timed(Work::Checking, || self.decide(&ways, inverted, words));
        if let Some((step, answer)) = decided {
            let told = Told { question, read, found: Derived::in_one(step, answer), usage: Usage::default() };
            return self.tell_derivation(told, language, derivation, on_event).map(Some);
        }
        if let Polar::Existence { question: things, .. } = polar {
            let within = ReasonOptions { language: Some(language), ..options.clone() };
            let things = Posed { text: things.clone(), known: Vec::new() };
            let found = self.ask_graph(&things, &within, &mut |_| ControlFlow::Continue(()))?;
            let found = found.filter(|found| found.answer.status == AnswerStatus::Verified);
            if let Some(AskReport { reading, steps, mut answer, usage, .. }) = found
                && !answer.values.is_empty()
            {
                answer.values = vec![words.yes_value.clone()];
                answer.text = words.yes.clone();
                let reading = reading.unwrap_or_default();
                let told = Told { question, read, found: Derived { reading, steps, answer }, usage };
                return self.tell_derivation(told, language, derivation, on_event).map(Some);
            }
        }
        if options.mode == Mode::Graph {
            return self.nothing(question, read, &words.undecided, derivation, on_event).map(Some);
        }
        Ok(None)
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
        let Told { question, read, found: Derived { reading, steps, mut answer }, usage } = told;
        for mut step in steps {
            let ruled =
                self.checker().check(&step.text).claims.into_iter().find(|claim| claim.rule.is_some());
            if let Some(claim) = ruled {
                step.status = StepStatus::Rejected;
                step.why = Some(claim.reason.clone());
                answer =
                    Answer::withheld(format!("{} {}", self.prompts().words(language).withheld, claim.reason));
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
            passages: Vec::new(),
            answer,
            timings: derivation.timings(),
            steps: derivation.steps,
            model: self.engine().info().model,
            usage,
        })
    }

    /// What the model makes of the readings.
    fn opinions(
        &self,
        question: &str,
        language: Language,
        candidates: &[Candidate],
    ) -> Result<Opinions, ReasonError> {
        let writer = self.guide().writer(self.prompts().graph_words(language), language);
        let descriptions: Vec<String> = candidates.iter().map(|c| writer.description(&c.one)).collect();
        let words = &self.prompts().graph_words(language).choose;
        Ok(choose::likelihoods(self.engine().as_ref(), words, question, &descriptions)?)
    }

    /// The readings that a question is answered from, the best first, for
    /// people who look into the choice. `ask`: what the model says of them,
    /// whether or not it would be asked.
    pub fn readings(
        &self,
        question: &str,
        language: Language,
        ask: bool,
    ) -> Result<Vec<ReadingView>, ReasonError> {
        let posed = self
            .granted(question, &ReasonOptions { language: Some(language), ..ReasonOptions::default() })
            .posed;
        let Found { mut candidates, lacking } = self.candidates(&posed, language)?;
        let clear = settled(&candidates) || lacking.is_some();
        if let Some(best) = candidates.first().map(|best| best.one.score) {
            candidates.retain(|c| c.one.score >= best - ASKED_ABOUT);
        }
        candidates.truncate(MAX_CHOICES);
        let opinions = if ask && candidates.len() > 1 {
            self.opinions(question, language, &candidates)?.each.into_iter().map(Some).collect()
        } else {
            vec![None; candidates.len()]
        };
        let writer = self.guide().writer(self.prompts().graph_words(language), language);
        let mut views: Vec<(f64, ReadingView)> = candidates
            .iter()
            .zip(opinions)
            .map(|(candidate, opinion)| {
                let one = &candidate.one;
                let view = ReadingView {
                    description: writer.description(one),
                    path: self.guide().describe(one),
                    score: one.score,
                    clear,
                    complete: one.is_complete(),
                    lacking: lacking.is_some(),
                    unknown: one.unknown.clone(),
                    restricted: one.restricted,
                    silent: one.ranked.silent,
                    unplaced: one.ranked.unplaced.count(),
                    opinion,
                    values: candidate.things().iter().map(|thing| writer.label(&thing.term)).collect(),
                };
                (total(one, opinion.as_ref().filter(|_| !clear)), view)
            })
            .collect();
        views.sort_by(|a, b| b.0.total_cmp(&a.0));
        Ok(views.into_iter().map(|(_, view)| view).collect())
    }

    /// The readings that lead somewhere, the best first.
    pub(super) fn candidates(&self, posed: &Posed, language: Language) -> Result<Found, ReasonError> {
        let plan = self.guide().planner(language).plan(&posed.text);
        let found = self.planned(&plan, &posed.known, language)?;
        let complete = |found: &Found| found.candidates.first().is_some_and(|best| best.one.is_complete());
        if plan.operations.is_empty() || complete(&found) {
            return Ok(found);
        }
        // "The Last Circus" is a name, and asks for no last one.
        let whole = Plan { question: posed.text.clone(), operations: Vec::new() };
        let other = self.planned(&whole, &posed.known, language)?;
        Ok(if complete(&other) { other } else { found })
    }

    fn planned(&self, plan: &Plan, known: &[EntityId], language: Language) -> Result<Found, ReasonError> {
        let guide = self.guide();
        let planner = guide.planner(language);
        let mut candidates: Vec<Candidate> = Vec::new();
        let mut lacking: Option<Interpretation> = None;
        for one in guide.interpret(&plan.question, known, language, MAX_READINGS)? {
            let far = candidates.first().is_some_and(|best| one.score < best.one.score - ASKED_ABOUT);
            if far || candidates.len() >= MAX_KEPT {
                break;
            }
            // A hop that leads nowhere: the next reading is tried.
            let Some(mut followed) = guide.follow(one.entity, one.hops())? else {
                if lacking.is_none() && one.is_complete() {
                    lacking = Some(one);
                }
                continue;
            };
            if !followed.last_mut().is_some_and(|last| guide.keep_classes(&one.classes, &mut last.reached)) {
                continue;
            }
            let mut candidate = Candidate { one, followed, narrowed: Vec::new() };
            // "The capital of the largest neighbour" is not the largest capital.
            let misplaced = |operation: &Operation| match operation {
                Operation::Select(selection) => {
                    selection.asked_of || guide.is_on_the_way(candidate.one.hops(), &selection.head)
                }
                _ => false,
            };
            let mut applies = !plan.operations.iter().any(misplaced);
            for operation in &plan.operations {
                match planner.apply(&candidate.things(), operation)? {
                    // Nothing is said anew that has the unit already.
                    Some(chosen)
                        if matches!(operation, Operation::Convert { .. })
                            && chosen.kept.iter().all(|(there, here)| there.term == here.term) => {}
                    Some(chosen) => candidate.narrowed.push((operation.clone(), chosen)),
                    None => applies = false,
                }
            }
            if applies {
                candidates.push(candidate);
            }
        }
        let best = candidates.first().map(|best| &best.one);
        if !best.is_some_and(Interpretation::is_complete) {
            let score = |one: &Option<Interpretation>| one.as_ref().map_or(f32::MIN, |one| one.score);
            let other = guide.lacking(&plan.question, known, language)?;
            if score(&other) > score(&lacking) {
                lacking = other;
            }
        }
        let lacking = lacking.filter(|lacking| best.is_none_or(|best| lacking.score > best.score + RIVAL));
        Ok(Found { candidates, lacking })
    }

    fn nothing(
        &self,
        question: &str,
        language: Option<Language>,
        why: &str,
        derivation: Derivation,
        on_event: Listener<'_>,
    ) -> Result<AskReport, ReasonError> {
        let answer = Answer::withheld(why);
        tell(on_event, Event::Answered { answer: &answer })?;
        Ok(AskReport {
            question: question.to_owned(),
            language,
            premises: Vec::new(),
            reading: None,
            withholding: None,
            passages: Vec::new(),
            answer,
            timings: derivation.timings(),
            steps: Vec::new(),
            model: self.engine().info().model,
            usage: Usage::default(),
        })
    }
}

/// The readings of a question.
pub(super) struct Found {
    /// Those that lead somewhere, the best first.
    pub(super) candidates: Vec<Candidate>,
    /// One that says all the question says, much better than the best of
    /// them, and leads nowhere: the graph lacks what is asked for.
    lacking: Option<Interpretation>,
}

/// A reading as [`Reasoner::readings`] shows it.
#[derive(Clone, Debug)]
pub struct ReadingView {
    pub description: String,
    /// The topic and its hops.
    pub path: String,
    /// How well the question's words lie on it.
    pub score: f32,
    /// The words alone settle which reading is meant; the same for all.
    pub clear: bool,
    pub complete: bool,
    /// The graph lacks what the question asks for: this is another reading.
    pub lacking: bool,
    /// Words that nothing explains.
    pub unknown: Vec<String>,
    /// Words narrow or turn what is asked, and have no place.
    pub restricted: bool,
    /// Hops that no word asks for.
    pub silent: usize,
    /// Stretches of the question that found no place.
    pub unplaced: usize,
    pub opinion: Option<Opinion>,
    pub values: Vec<String>,
}

/// The words' score and the model's opinion together.
fn total(one: &Interpretation, opinion: Option<&Opinion>) -> f64 {
    f64::from(one.score) + opinion.map_or(0.0, |opinion| MODEL_WEIGHT * opinion.score())
}

/// Whether the words alone say which reading is meant: they lie on it to the
/// last one, or far better than on any other.
fn settled(candidates: &[Candidate]) -> bool {
    candidates.first().is_none_or(|best| best.one.is_complete()) || !has_rival(candidates)
}

/// A question with the language that it was found to be in, and the one that
/// it is answered in.
#[derive(Clone, Copy)]
struct Asked<'a> {
    question: &'a str,
    read: Option<Language>,
    language: Language,
}

/// A derivation that is ready to be told.
struct Told<'a> {
    question: &'a str,
    read: Option<Language>,
    found: Derived,
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
