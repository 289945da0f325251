use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use touchstone_eval::data::{State, SuiteData, verify};

use crate::output;

/// A file is missing or altered.
const NOT_AS_PUBLISHED: u8 = 1;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A suite's file, or a folder of them.
    #[arg(default_value = "eval/suites")]
    suites: PathBuf,
    /// Folder with the data.
    #[arg(long, value_name = "DIR", env = "TOUCHSTONE_DATA", hide_env_values = true)]
    data: PathBuf,
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let suites = verify(&arguments.suites, &arguments.data)?;
    let mut stdout = anstream::stdout().lock();
    if arguments.json {
        output::json(&mut stdout, &suites)?;
    } else {
        for suite in &suites {
            show(suite, &mut stdout)?;
        }
    }
    let published = suites.iter().flat_map(|suite| &suite.files).all(|file| file.state == State::Published);
    Ok(if published { ExitCode::SUCCESS } else { ExitCode::from(NOT_AS_PUBLISHED) })
}

fn show(suite: &SuiteData, out: &mut impl Write) -> std::io::Result<()> {
    let licence = if suite.licence.is_empty() { String::new() } else { format!(" ({})", suite.licence) };
    writeln!(out, "{}: {}{licence}", suite.suite, suite.source)?;
    let published = suite.files.iter().filter(|file| file.state == State::Published).count();
    if published > 0 {
        writeln!(out, "  {published} of {} files are the published ones", suite.files.len())?;
    }
    for file in &suite.files {
        match &file.state {
            State::Published => {}
            State::Missing => writeln!(out, "  {} is missing", file.path)?,
            State::Altered { found_sha256 } => writeln!(
                out,
                "  {} is another file: SHA-256 {found_sha256}, published {}",
                file.path, file.sha256
            )?,
        }
    }
    if published < suite.files.len() && !suite.obtain.is_empty() {
        writeln!(out, "  to get it: {}", suite.obtain)?;
    }
    Ok(())
}
