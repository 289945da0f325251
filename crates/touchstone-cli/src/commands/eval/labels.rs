//! Labels of people, against the judge.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use touchstone_eval::StoredRun;
use touchstone_eval::judge::Truth;
use touchstone_eval::labels::{agreement, export};

use super::arguments::at_least_one;
use crate::output;
use crate::settings::shown;

#[derive(clap::Args)]
pub(crate) struct SampleArguments {
    /// Folder of a run.
    run: PathBuf,
    /// Claims in the sample.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = at_least_one)]
    n: usize,
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The CSV file to write: people fill in its column "label" with true, false or undecided.
    #[arg(long, value_name = "FILE", default_value = "labels.csv")]
    to: PathBuf,
}

#[derive(clap::Args)]
pub(crate) struct AgreeArguments {
    /// Folder of the run that the sample is from.
    run: PathBuf,
    /// The CSV file with labels.
    labels: PathBuf,
    #[arg(long)]
    json: bool,
}

pub(super) fn sample(arguments: &SampleArguments) -> anyhow::Result<ExitCode> {
    if arguments.to.exists() {
        anyhow::bail!("{} is there already, perhaps with labels: choose another --to", shown(&arguments.to));
    }
    let run = StoredRun::load(&arguments.run)?;
    let written = export(&run, arguments.n, arguments.seed, &arguments.to)?;
    anstream::eprintln!("{written} claims in {}", shown(&arguments.to));
    Ok(ExitCode::SUCCESS)
}

pub(super) fn agree(arguments: &AgreeArguments) -> anyhow::Result<ExitCode> {
    let run = StoredRun::load(&arguments.run)?;
    let agreement = agreement(&run, &arguments.labels)?;
    let mut stdout = anstream::stdout().lock();
    if arguments.json {
        output::json(&mut stdout, &agreement)?;
        return Ok(ExitCode::SUCCESS);
    }
    let value = |metric: touchstone_eval::Metric| match (metric.value, metric.low, metric.high) {
        (Some(value), Some(low), Some(high)) => format!("{value:.3} [{low:.3}–{high:.3}]"),
        (Some(value), ..) => format!("{value:.3}"),
        (None, ..) => "–".to_owned(),
    };
    writeln!(stdout, "{} claims with a label, {} without", agreement.n, agreement.unlabelled)?;
    writeln!(stdout, "Cohen's kappa {}", value(agreement.kappa))?;
    writeln!(stdout, "agreed        {}", value(agreement.agreed))?;
    let word = |truth: Truth| match truth {
        Truth::True => "true",
        Truth::False => "false",
        Truth::Undecided => "undecided",
    };
    for (judge, person, n) in &agreement.table {
        writeln!(stdout, "judge {}, people {}: {n}", word(*judge), word(*person))?;
    }
    Ok(ExitCode::SUCCESS)
}
