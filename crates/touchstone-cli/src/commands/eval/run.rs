use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::bail;
use touchstone_eval::claims::ClaimSuite;
use touchstone_eval::judge::Judge;
use touchstone_eval::{Outcome, QuestionSet, Run};

use super::arguments::Arguments;
use super::plan::{Plan, in_force};
use super::progress::Bar;
use super::{claims, hash};
use crate::progress::Spinner;
use crate::settings::{ConfigFile, shown};
use crate::{interrupt, output};

pub(super) const DEFAULT_SPLIT: &str = "dev";

pub(super) fn run(arguments: &Arguments, config: &ConfigFile) -> anyhow::Result<ExitCode> {
    if let Some(suite) = ClaimSuite::load(&arguments.suite)? {
        return claims::run(&suite, arguments, config);
    }
    let (outcome, out) = measure(arguments, DEFAULT_SPLIT, config)?;
    finish(&outcome, &out, arguments.json)
}

/// `default_split` is what is asked where no split is named.
pub(super) fn measure(
    arguments: &Arguments,
    default_split: &str,
    config: &ConfigFile,
) -> anyhow::Result<(Outcome, PathBuf)> {
    let split = arguments.split.as_deref().unwrap_or(default_split);
    let plan = Plan::new(arguments, split, config)?;
    let seed = plan.settings.reason().sampling.seed;
    let data = plan.data()?;
    let spinner = Spinner::new(!arguments.json);
    for file in touchstone_eval::data::altered(&plan.suite, data)? {
        let touchstone_eval::data::State::Altered { found_sha256 } = &file.state else { continue };
        spinner.aside(|| {
            anstream::eprintln!(
                "{} is not the published file: SHA-256 {found_sha256}, published {}",
                file.path,
                file.sha256
            );
        });
    }
    spinner.say("loading the graph");
    let (world, checker) = plan.world(seed)?;
    spinner.say("reading the questions");
    let questions = QuestionSet::read(&plan.suite, plan.split, data, &world, seed)?;
    for reason in &questions.skipped {
        spinner.aside(|| anstream::eprintln!("left out: {reason}"));
    }
    let program = hash::this_program()?;
    let settings = in_force(&plan, &world)?;
    if let Some((_, calibration, _)) = &plan.calibration {
        calibration.fits(plan.mode, &plan.model, &settings)?;
    }
    let out = plan.out(seed);
    spinner.say("reading the facts for the judge");
    let judge = Judge::with_facts(&world.full)?;
    let all = questions.questions.clone();
    let mut prepared = Run {
        suite: &plan.suite,
        split: plan.split,
        questions,
        limit: arguments.limit,
        seed,
        mode: plan.mode,
        model: &plan.model,
        program: &program,
        settings,
        out: &out,
        baseline: plan.baseline(),
        concurrency: arguments.concurrency,
        judge: &judge,
        promise: plan.calibration.as_ref().map(|(.., promise)| *promise),
    }
    .prepare()?;
    interrupt::watch()?;

    let (before, total) = (prepared.progress().done, prepared.progress().total);
    spinner.aside(|| {
        if prepared.repaired() > 0 {
            anstream::eprintln!(
                "{} ended in a half-written line: its {} bytes are removed, and the question asked again",
                shown(&out),
                prepared.repaired()
            );
        }
        if before > 0 {
            anstream::eprintln!("{before} of {total} answers are in {} already", shown(&out));
        }
    });
    if !prepared.is_complete() {
        let system = plan.system(&world, checker, &all, &spinner)?;
        drop(spinner);
        let mut bar = Bar::new(&prepared.progress());
        prepared.ask(system.as_ref(), &interrupt::asked, &mut |progress| bar.set(&progress))?;
        bar.finish();
    }
    Ok((prepared.finish()?, out))
}

pub(super) fn finish(outcome: &Outcome, out: &Path, json: bool) -> anyhow::Result<ExitCode> {
    let mut stdout = anstream::stdout().lock();
    if json {
        output::json(&mut stdout, &outcome.summary)?;
    } else {
        writeln!(stdout, "{}", touchstone_eval::table(outcome))?;
        for note in touchstone_eval::notes(&outcome.summary) {
            writeln!(stdout, "{note}")?;
        }
        stdout.flush()?;
    }
    if outcome.complete {
        anstream::eprintln!("results in {}", shown(out));
        return Ok(ExitCode::SUCCESS);
    }
    bail!("stopped after {} of {} answers: the same command goes on from there", outcome.done, outcome.total);
}
