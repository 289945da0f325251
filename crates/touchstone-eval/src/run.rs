use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use serde_json::Value;

use crate::asking::{self, Asked};
use crate::conformal::{Conformal, Promise};
use crate::error::EvalError;
use crate::judge::Judge;
use crate::questions::{self, Question, QuestionSet};
use crate::record::{Mode, Record};
use crate::results::{InCommon, Results, RunInfo};
use crate::suite::Suite;
use crate::summary::Summary;
use crate::systems::{System, SystemError};

/// Questions of one system before the other's turn, for each asked at a time.
const BLOCK: usize = 8;

/// What to measure, and with what.
pub struct Run<'a> {
    pub suite: &'a Suite,
    pub split: &'a str,
    pub questions: QuestionSet,
    /// A seeded sample of so many questions; without it, all.
    pub limit: Option<usize>,
    pub seed: u64,
    pub mode: Mode,
    pub model: &'a str,
    /// Version and hash of the program.
    pub program: &'a str,
    /// Everything else that the answers depend on, by name.
    pub settings: BTreeMap<String, Value>,
    pub out: &'a Path,
    pub baseline: Baseline<'a>,
    /// Questions asked at a time.
    pub concurrency: usize,
    pub judge: &'a Judge,
    /// Withhold what is not sure enough for this promise.
    pub promise: Option<Promise>,
}

/// The plain answers that others are compared with.
#[derive(Clone, Copy, Debug)]
pub enum Baseline<'a> {
    /// None: nothing is compared.
    None,
    /// Asked along the way, into a folder `plain` in the run's.
    Ask,
    /// In this folder: taken where they are finished, else asked.
    Folder(&'a Path),
}

/// How far a run is.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    pub mode: Mode,
    /// Answers, of every mode.
    pub done: usize,
    pub total: usize,
    pub records: &'a [Record],
    /// The baseline's; empty in a plain run.
    pub plain: &'a [Record],
}

/// What a run found.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Whether every question was asked; otherwise the run can be continued.
    pub complete: bool,
    pub done: usize,
    pub total: usize,
    /// Of the questions asked so far.
    pub summary: Summary,
    pub records: Vec<Record>,
    pub plain: Option<(Summary, Vec<Record>)>,
    /// Bytes of half-written lines that were removed before going on.
    pub repaired: usize,
}

/// A run whose data are read and whose folders are open.
pub struct Prepared<'a> {
    run: Run<'a>,
    questions: Rc<[Question]>,
    results: Results,
    plain: Option<Results>,
    /// The model that answers plainly.
    plain_model: String,
}

impl<'a> Run<'a> {
    /// Opens the folders, with what an earlier run of the same left.
    pub fn prepare(mut self) -> Result<Prepared<'a>, EvalError> {
        let questions = std::mem::take(&mut self.questions.questions);
        let questions = questions::sample(questions, self.limit, self.seed);
        let info = |mode| RunInfo {
            format: RunInfo::FORMAT,
            suite: self.suite.name.clone(),
            split: self.split.to_owned(),
            mode,
            model: self.model.to_owned(),
            seed: self.seed,
            limit: self.limit,
            n: questions.len(),
            data_sha256: self.questions.sha256.clone(),
            program: self.program.to_owned(),
            settings: self.settings.clone(),
            started: jiff::Timestamp::now().to_string(),
        };
        let (dir, given) = match self.baseline {
            _ if self.mode == Mode::Plain => (None, false),
            Baseline::None => (None, false),
            Baseline::Ask => (Some(self.out.join("plain")), false),
            Baseline::Folder(dir) => (Some(PathBuf::from(dir)), true),
        };
        let elsewhere = self.mode.is_from_elsewhere();
        let common = if elsewhere { InCommon::Questions } else { InCommon::Generation };
        let finished = match &dir {
            Some(dir) if given => Results::finished(dir, &info(Mode::Plain), &questions, common)?,
            _ => None,
        };
        if let (None, Some(folder), true) = (&finished, &dir, elsewhere) {
            return Err(EvalError::NoBaseline { folder: folder.clone() });
        }
        let results = Results::open(self.out, &info(self.mode), &questions)?;
        let (plain, plain_model) = match (finished, dir) {
            (Some((plain, model)), _) => (Some(plain), model),
            (None, Some(dir)) => {
                (Some(Results::open(&dir, &info(Mode::Plain), &questions)?), self.model.to_owned())
            }
            (None, None) => (None, String::new()),
        };
        Ok(Prepared { run: self, questions: questions.into(), results, plain, plain_model })
    }
}

impl Prepared<'_> {
    /// Answers that there are, and that there are to be, of every mode.
    pub fn progress(&self) -> Progress<'_> {
        let plain = self.plain.as_ref().map_or(&[][..], |results| &results.records);
        let systems = 1 + usize::from(self.plain.is_some());
        Progress {
            mode: self.run.mode,
            done: self.results.records.len() + plain.len(),
            total: systems * self.questions.len(),
            records: &self.results.records,
            plain,
        }
    }

    pub fn is_complete(&self) -> bool {
        let progress = self.progress();
        progress.done == progress.total
    }

    /// Asks what was not asked yet, until `stop` says true. `on_progress` is
    /// called after each answer.
    // In blocks, plain first: both meet the same machine, a run that ends
    // early has pairs to compare, and no block mixes the times of two systems.
    pub fn ask(
        &mut self,
        system: &dyn System,
        stop: &(dyn Fn() -> bool + Sync),
        on_progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<(), EvalError> {
        let questions = Rc::clone(&self.questions);
        // One at a time, pairs stay together.
        let block = if self.run.concurrency > 1 { BLOCK * self.run.concurrency } else { 1 };
        for block in questions.chunks(block) {
            for baseline in [true, false] {
                let (mode, results) = match baseline {
                    true => (Mode::Plain, self.plain.as_ref()),
                    false => (self.run.mode, Some(&self.results)),
                };
                let Some(results) = results else { continue };
                let pending: Vec<&Question> = block.iter().filter(|q| !results.has(&q.id)).collect();
                let mut failed = None;
                let ended = asking::all(
                    &pending,
                    self.run.concurrency,
                    &|question| system.ask(mode, question, stop),
                    stop,
                    &mut |question, Asked { result, elapsed_s, energy_j }| {
                        let record = match result {
                            Ok(report) => Record::answered(question, mode, report, self.run.judge),
                            Err(SystemError::Question(reason)) => {
                                Record::failed(question, mode, reason, self.run.judge)
                            }
                            Err(SystemError::Stopped) => return false,
                            Err(SystemError::Fatal(reason)) => {
                                failed = Some(EvalError::System { id: question.id.clone(), reason });
                                return false;
                            }
                        };
                        let mut record = Record { elapsed_s, energy_j, ..record };
                        if let Some(promise) = self.run.promise.as_ref().filter(|_| !baseline) {
                            record.withhold_up_to(promise.threshold);
                        }
                        let results = match (baseline, &mut self.plain) {
                            (true, Some(plain)) => plain,
                            _ => &mut self.results,
                        };
                        if let Err(error) = results.add(record) {
                            failed = Some(error);
                            return false;
                        }
                        on_progress(self.progress());
                        true
                    },
                );
                if let Some(error) = failed {
                    return Err(error);
                }
                if !ended {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// The metrics of what was asked. Written beside the results where that
    /// is everything.
    pub fn finish(mut self) -> Result<Outcome, EvalError> {
        let Progress { done, total, .. } = self.progress();
        let complete = done == total;
        // Answers come as they are ready; intervals are drawn in one order.
        let order = |results: &mut Results| {
            let place: BTreeMap<&str, usize> =
                self.questions.iter().zip(0..).map(|(question, at)| (question.id.as_str(), at)).collect();
            results.records.sort_by_key(|record| place.get(record.id.as_str()).copied());
        };
        order(&mut self.results);
        if let Some(plain) = &mut self.plain {
            order(plain);
        }
        let corrected = self.questions.iter().filter(|question| question.corrected).count();
        let summary = |mode, model: &str, records: &[Record], plain: Option<&[Record]>| {
            let Run { suite, split, seed, .. } = self.run;
            let summary = Summary::of(suite, split, mode, model, records, plain, seed);
            Summary { corrected: (corrected > 0).then_some(corrected), ..summary }
        };
        let plain = self.plain.as_ref().map(|plain| plain.records.as_slice());
        let own = if self.run.mode == Mode::Plain { Some(self.results.records.as_slice()) } else { plain };
        let mut of_run = summary(self.run.mode, self.run.model, &self.results.records, own);
        of_run.conformal =
            self.run.promise.as_ref().map(|p| Conformal::measured(p, &self.results.records, self.run.seed));
        of_run.kg_drop = self.run.settings.get(RunInfo::KG_DROP).and_then(Value::as_f64);
        let of_plain = plain.map(|records| summary(Mode::Plain, &self.plain_model, records, Some(records)));
        if complete {
            if let (Some(results), Some(summary)) = (&self.plain, &of_plain) {
                results.finish(summary)?;
            }
            self.results.finish(&of_run)?;
        }
        let repaired = self.results.repaired + self.plain.as_ref().map_or(0, |plain| plain.repaired);
        Ok(Outcome {
            complete,
            done,
            total,
            summary: of_run,
            records: self.results.records,
            plain: of_plain.zip(self.plain.map(|plain| plain.records)),
            repaired,
        })
    }

    /// Bytes of half-written lines that were removed.
    pub fn repaired(&self) -> usize {
        self.results.repaired + self.plain.as_ref().map_or(0, |plain| plain.repaired)
    }
}
