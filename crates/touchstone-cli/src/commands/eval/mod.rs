//! `touchstone eval`: one module for each of its commands.

mod arguments;
mod calibrate;
mod claims;
mod compare;
mod data;
mod found;
mod gate;
mod hash;
mod labels;
mod plan;
mod progress;
mod report;
mod run;

use std::process::ExitCode;

use crate::settings::ConfigFile;

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Ask a suite's questions plainly and with checking, judge the answers, and count.
    ///
    /// Stopped with Ctrl-C or otherwise, the same command goes on where it was.
    Run(Box<arguments::Arguments>),
    /// Find the threshold of confidence that keeps false answers rare enough.
    ///
    /// Runs a suite like `run`, on the split "calibration" where nothing is said, and writes
    /// the thresholds with what they come from. `run --calibration FILE` withholds by them.
    Calibrate(Box<calibrate::Arguments>),
    /// Show what changed from one run to another, question by question.
    Compare(compare::Arguments),
    /// Fail (exit code 1) when a result is worse than a stored one by more than its interval.
    Gate(gate::Arguments),
    /// Put runs side by side: a table, Markdown, or one page of HTML with plots.
    Report(report::Arguments),
    /// Say where the data of the suites come from, and verify the files.
    Data(data::Arguments),
    /// Write a sample of judged claims for people to label.
    Sample(labels::SampleArguments),
    /// Count how far people's labels agree with the judge (Cohen's kappa).
    Agree(labels::AgreeArguments),
}

pub(crate) fn run(command: Command, config: &ConfigFile) -> anyhow::Result<ExitCode> {
    match command {
        Command::Run(arguments) => run::run(&arguments, config),
        Command::Calibrate(arguments) => calibrate::run(&arguments, config),
        Command::Compare(arguments) => compare::run(&arguments),
        Command::Gate(arguments) => gate::run(&arguments),
        Command::Report(arguments) => report::run(&arguments),
        Command::Data(arguments) => data::run(&arguments),
        Command::Sample(arguments) => labels::sample(&arguments),
        Command::Agree(arguments) => labels::agree(&arguments),
    }
}
