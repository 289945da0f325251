//! The command line: turns settings into a graph, a checker and an engine,
//! and what they find into text, JSON and exit codes.

mod commands;
mod demo;
mod input;
mod interrupt;
mod output;
mod pack;
mod parts;
mod progress;
mod settings;
mod traces;

use std::error::Error;
use std::io::{self, IsTerminal};
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use commands::Command;
use output::Colour;
use settings::ConfigFile;
use traces::Traces;

/// Bad input or failure, for every command.
const FAILED: u8 = 2;
/// What a shell sees of a program that a closed pipe ended.
const PIPE_CLOSED: u8 = 141;

/// Reasoning whose every step is checked against a knowledge graph.
#[derive(Parser)]
#[command(name = "touchstone", version, arg_required_else_help = true, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    config: ConfigFile,
    /// When to colour the output.
    #[arg(long, value_enum, value_name = "WHEN", default_value_t, global = true)]
    color: Colour,
    /// Log more: once for information, twice for everything.
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    verbose: u8,
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors; what cannot be printed is lost.
            let _ = error.print();
            let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            return ExitCode::from(if asked { 0 } else { FAILED });
        }
    };
    cli.color.apply();
    let _traces = match log(cli.verbose, cli.command.is_service()) {
        Ok(traces) => traces,
        Err(error) => {
            anstream::eprintln!("touchstone: {}", sentence(&error));
            return ExitCode::from(FAILED);
        }
    };
    match cli.command.run(&cli.config) {
        Ok(code) => code,
        Err(error) if pipe_closed(&error) => ExitCode::from(PIPE_CLOSED),
        Err(error) => {
            anstream::eprintln!("touchstone: {}", sentence(&error));
            ExitCode::from(if interrupt::asked() { interrupt::EXIT_CODE } else { FAILED })
        }
    }
}

/// The error and its causes in one line; a cause that its effect already
/// tells is not told again.
fn sentence(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    output::plain(&text)
}

fn pipe_closed(error: &anyhow::Error) -> bool {
    error.chain().any(|cause: &(dyn Error + 'static)| {
        let kind = cause
            .downcast_ref::<io::Error>()
            .map(io::Error::kind)
            .or_else(|| cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind));
        kind == Some(io::ErrorKind::BrokenPipe)
    })
}

fn log(verbose: u8, service: bool) -> anyhow::Result<Option<Traces>> {
    let level = match (verbose, service) {
        (0, false) => "warn",
        (0, true) | (1, _) => "info",
        _ => "debug",
    };
    let default = format!(
        "warn,touchstone={level},touchstone_server={level},touchstone_reason={level},touchstone_check={level},touchstone_graph={level},touchstone_text={level},touchstone_llama={level},touchstone_eval={level}"
    );
    let filter = EnvFilter::try_from_env("TOUCHSTONE_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        // Escape sequences are for people, not for files and journals.
        .with_ansi(io::stderr().is_terminal())
        .with_target(false)
        .with_filter(filter);
    let (spans, traces) = traces::from_environment()?.unzip();
    // What is logged has no say in what is traced.
    tracing_subscriber::registry().with(spans).with(lines).init();
    Ok(traces)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_well_formed() {
        super::Cli::command().debug_assert();
    }
}
