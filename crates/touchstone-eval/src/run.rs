use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use serde_json::Value;

use crate::error::EvalError;
use crate::metrics::{Summary, metrics};
use crate::questions::{self, Question};
use crate::record::{Mode, Record};
use crate::results::{Results, RunInfo};
use crate::suite::Suite;
use crate::system::{System, SystemError};

/// What to measure, and with what.
#[derive(Clone, Debug)]
pub struct Run<'a> {
    pub suite: &'a Suite,
    pub split: &'a str,
    /// The folder with the suite's data.
    pub data: &'a Path,
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
    /// Where the plain answers are, or go, that the checked ones are compared
    /// with; by default a folder `plain` in `out`.
    pub plain: Option<&'a Path>,
}

/// How far a run is.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// Answers, of every mode.
    pub done: usize,
    pub total: usize,
    pub plain: &'a [Record],
    /// Empty in a plain run.
    pub touchstone: &'a [Record],
}

/// What a run found.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Whether every question was asked; otherwise the run can be continued.
    pub complete: bool,
    pub done: usize,
    pub total: usize,
    /// Plain first. Of the questions asked so far.
    pub plain: (Summary, Vec<Record>),
    pub touchstone: Option<(Summary, Vec<Record>)>,
}

/// A run whose data are read and whose folders are open.
pub struct Prepared<'a> {
    run: Run<'a>,
    questions: Rc<[Question]>,
    plain: Results,
    touchstone: Option<Results>,
}

impl<'a> Run<'a> {
    /// Reads the questions, and what an earlier run of the same left.
    pub fn prepare(self) -> Result<Prepared<'a>, EvalError> {
        let set = questions::read(self.suite, self.split, self.data)?;
        let questions = questions::sample(set.questions, self.limit, self.seed);
        let info = |mode| RunInfo {
            suite: self.suite.name.clone(),
            split: self.split.to_owned(),
            mode,
            model: self.model.to_owned(),
            seed: self.seed,
            limit: self.limit,
            n: questions.len(),
            data_sha256: set.sha256.clone(),
            program: self.program.to_owned(),
            settings: self.settings.clone(),
            started: jiff::Timestamp::now().to_string(),
        };
        let (plain, touchstone) = match self.mode {
            Mode::Plain => (Results::open(self.out, &info(Mode::Plain), &questions)?, None),
            Mode::Touchstone => {
                let dir = self.plain.map_or_else(|| self.out.join("plain"), PathBuf::from);
                let plain_info = info(Mode::Plain);
                let finished = if self.plain.is_some() {
                    Results::finished(&dir, &plain_info, &questions)?
                } else {
                    None
                };
                let touchstone = Results::open(self.out, &info(Mode::Touchstone), &questions)?;
                let plain = match finished {
                    Some(plain) => plain,
                    None => Results::open(&dir, &plain_info, &questions)?,
                };
                (plain, Some(touchstone))
            }
        };
        Ok(Prepared { run: self, questions: questions.into(), plain, touchstone })
    }
}

impl Prepared<'_> {
    /// Answers that there are, and that there are to be, of every mode.
    pub fn progress(&self) -> Progress<'_> {
        let touchstone = self.touchstone.as_ref().map_or(&[][..], |results| &results.records);
        let modes = 1 + usize::from(self.touchstone.is_some());
        Progress {
            done: self.plain.records.len() + touchstone.len(),
            total: modes * self.questions.len(),
            plain: &self.plain.records,
            touchstone,
        }
    }

    pub fn is_complete(&self) -> bool {
        let progress = self.progress();
        progress.done == progress.total
    }

    /// Asks what was not asked yet, until `stop` says true. `on_progress` is
    /// called after each answer.
    // Question by question in every mode, so that both meet the same machine
    // and a run that ends early has pairs to compare.
    pub fn ask(
        &mut self,
        system: &dyn System,
        stop: &dyn Fn() -> bool,
        on_progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<(), EvalError> {
        let questions = Rc::clone(&self.questions);
        for question in questions.iter() {
            for mode in [Mode::Plain, Mode::Touchstone] {
                let results = match mode {
                    Mode::Plain => Some(&mut self.plain),
                    Mode::Touchstone => self.touchstone.as_mut(),
                };
                let Some(results) = results.filter(|results| !results.has(&question.id)) else {
                    continue;
                };
                if stop() {
                    return Ok(());
                }
                let record = match system.ask(mode, &question.text, self.run.suite.language, stop) {
                    Ok(report) => Record::judged(question, mode, report),
                    Err(SystemError::Stopped) => return Ok(()),
                    Err(SystemError::Question(reason)) => Record::failed(question, mode, reason),
                    Err(SystemError::Fatal(reason)) => {
                        return Err(EvalError::System { id: question.id.clone(), reason });
                    }
                };
                results.add(record)?;
                on_progress(self.progress());
            }
        }
        Ok(())
    }

    /// The metrics of what was asked. Written beside the results where that
    /// is everything.
    pub fn finish(self) -> Result<Outcome, EvalError> {
        let Progress { done, total, .. } = self.progress();
        let complete = done == total;
        let summary = |mode, records: &[Record], plain: &[Record]| Summary {
            suite: self.run.suite.name.clone(),
            split: self.run.split.to_owned(),
            mode,
            model: self.run.model.to_owned(),
            n: records.len(),
            metrics: metrics(records, plain, self.run.seed),
        };
        let plain = summary(Mode::Plain, &self.plain.records, &self.plain.records);
        let touchstone = self
            .touchstone
            .as_ref()
            .map(|results| summary(Mode::Touchstone, &results.records, &self.plain.records));
        if complete {
            self.plain.finish(&plain)?;
            if let (Some(results), Some(summary)) = (&self.touchstone, &touchstone) {
                results.finish(summary)?;
            }
        }
        Ok(Outcome {
            complete,
            done,
            total,
            plain: (plain, self.plain.records),
            touchstone: touchstone.zip(self.touchstone.map(|results| results.records)),
        })
    }
}
