use std::process::ExitCode;

use touchstone_core::{AskReport, CheckReport};

use crate::output;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Whose JSON.
    #[arg(value_enum)]
    of: Report,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Report {
    /// What `touchstone check --json` and /v1/check give.
    Check,
    /// What `touchstone ask --json` and /v1/ask give.
    Ask,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let schema = match arguments.of {
        Report::Check => schemars::schema_for!(CheckReport),
        Report::Ask => schemars::schema_for!(AskReport),
    };
    output::json(&mut std::io::stdout().lock(), &schema)?;
    Ok(ExitCode::SUCCESS)
}
