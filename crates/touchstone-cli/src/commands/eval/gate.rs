use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use touchstone_eval::Summary;

use crate::output;
use crate::settings::shown;

/// Something is worse.
const WORSE: u8 = 1;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The stored result: a summary.json, or the folder of a run.
    stored: PathBuf,
    /// The new one.
    new: PathBuf,
    /// Hold times and energy against each other too: for one machine only.
    #[arg(long)]
    timed: bool,
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let (stored, new) = (load(&arguments.stored)?, load(&arguments.new)?);
    let beaten = touchstone_eval::gate(&stored, &new, arguments.timed)?;
    let mut stdout = anstream::stdout().lock();
    if arguments.json {
        output::json(&mut stdout, &beaten)?;
    } else if beaten.is_empty() {
        writeln!(stdout, "nothing is worse than stored by more than its interval")?;
    } else {
        let shown = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.4}"));
        for beaten in &beaten {
            writeln!(
                stdout,
                "{} is worse: stored {} [{}–{}], now {}",
                beaten.metric,
                shown(beaten.stored.value),
                shown(beaten.stored.low),
                shown(beaten.stored.high),
                shown(beaten.new.value)
            )?;
        }
    }
    Ok(if beaten.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(WORSE) })
}

fn load(path: &Path) -> anyhow::Result<Summary> {
    let file = if path.is_dir() { path.join("summary.json") } else { path.to_owned() };
    let bytes = std::fs::read(&file)
        .with_context(|| format!("cannot read {}: a finished run has one", shown(&file)))?;
    serde_json::from_slice(&bytes).with_context(|| format!("{} is no summary of this version", shown(&file)))
}
