use std::process::ExitCode;

use touchstone_core::{AskReport, CheckReport, ReplayReport};

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
    /// What `touchstone replay --json` gives.
    Replay,
    /// What `touchstone eval run` writes as summary.json.
    EvalSummary,
    /// A line of what `touchstone eval run` writes as results.jsonl.
    EvalRecord,
    /// What `touchstone eval calibrate` writes.
    EvalCalibration,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let schema = match arguments.of {
        Report::Check => schemars::schema_for!(CheckReport),
        Report::Ask => schemars::schema_for!(AskReport),
        Report::Replay => schemars::schema_for!(ReplayReport),
        Report::EvalSummary => schemars::schema_for!(touchstone_eval::Summary),
        Report::EvalRecord => schemars::schema_for!(touchstone_eval::Record),
        Report::EvalCalibration => schemars::schema_for!(touchstone_eval::Calibration),
    };
    output::json(&mut std::io::stdout().lock(), &schema)?;
    Ok(ExitCode::SUCCESS)
}
