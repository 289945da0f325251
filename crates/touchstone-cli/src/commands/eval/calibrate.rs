use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use touchstone_eval::claims::ClaimSuite;
use touchstone_eval::{Calibration, StoredRun};

use super::run as asking;
use crate::settings::{ConfigFile, shown};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Where the thresholds go; by default calibration.json in the run's folder.
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    #[command(flatten)]
    run: super::arguments::Arguments,
}

/// What is promised where nothing is asked for.
const RATES: [f64; 3] = [0.10, 0.05, 0.02];

pub(super) fn run(arguments: &Arguments, config: &ConfigFile) -> anyhow::Result<ExitCode> {
    if ClaimSuite::load(&arguments.run.suite)?.is_some() {
        bail!("a suite of claims has no answers to withhold: calibrate on a suite of questions");
    }
    let (outcome, out) = asking::measure(&arguments.run, "calibration", config)?;
    if !outcome.complete {
        return asking::finish(&outcome, &out, arguments.run.json);
    }
    let stored = StoredRun::load(&out)?;
    let rates = match arguments.run.max_false_rate.as_slice() {
        [] => &RATES[..],
        given => given,
    };
    let calibration = Calibration::of(&stored.info, &outcome.records, rates);
    let to = arguments.to.clone().unwrap_or_else(|| out.join("calibration.json"));
    calibration.write(&to)?;
    let mut stdout = anstream::stdout().lock();
    if arguments.run.json {
        crate::output::json(&mut stdout, &calibration)?;
    } else {
        writeln!(stdout, "{} questions of {}, {}", calibration.n, calibration.suite, calibration.split)?;
        for promise in &calibration.promises {
            writeln!(
                stdout,
                "at most {:.1}% of questions answered falsely: withhold up to confidence {:.3}, {:.1}% are answered",
                100.0 * promise.max_false_rate,
                promise.threshold,
                100.0 * promise.coverage
            )?;
        }
    }
    anstream::eprintln!("thresholds in {}", shown(&to));
    Ok(ExitCode::SUCCESS)
}
