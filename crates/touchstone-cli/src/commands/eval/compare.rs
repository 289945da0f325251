use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use touchstone_eval::{ComparedRuns, StoredRun};

use crate::output;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Folder of the first run.
    first: PathBuf,
    /// Folder of the second run.
    second: PathBuf,
    /// Show so many questions of each kind of change.
    #[arg(long, value_name = "N", default_value_t = 10)]
    show: usize,
    /// As JSON, with every change.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let first = StoredRun::load(&arguments.first)?;
    let second = StoredRun::load(&arguments.second)?;
    let compared = ComparedRuns::of(&first, &second)?;
    let mut stdout = anstream::stdout().lock();
    if arguments.json {
        output::json(&mut stdout, &compared)?;
    } else {
        for line in compared.text(&first, &second, arguments.show).lines() {
            writeln!(stdout, "{}", output::plain(line))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
