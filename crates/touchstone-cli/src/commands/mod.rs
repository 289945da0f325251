//! One module per command.

mod ask;
mod check;
mod completions;
mod config;
mod eval;
mod key;
mod kg;
mod mcp;
mod model;
mod replay;
mod schema;
mod serve;
mod text;

use std::process::ExitCode;

use crate::settings::ConfigFile;

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Answer a question in steps that are each checked against the graph.
    Ask(ask::Arguments),
    /// Find the claims of a text and say which hold.
    ///
    /// Exit code: 0 nothing refuted, 1 something refuted, 2 bad input or failure.
    Check(check::Arguments),
    /// Answer over HTTP: the page at /, the API under /v1 (described at /docs).
    Serve(serve::Arguments),
    /// Offer `ask`, `check` and `query_graph` to assistants and editors (Model Context Protocol).
    Mcp(mcp::Arguments),
    /// Check a derivation again, without a model, against the graph as it is now.
    ///
    /// Exit code: 0 every verdict and fact stands, 1 some do not, 2 bad input or failure.
    Replay(replay::Arguments),
    /// Keys of the service: make, list, take back.
    #[command(subcommand)]
    Key(key::Command),
    /// The knowledge graph: load, count, query, write out.
    #[command(subcommand)]
    Kg(kg::Command),
    /// The text index: fill it, search it.
    #[command(subcommand)]
    Text(text::Command),
    /// Models: which there are, fetch one.
    #[command(subcommand)]
    Model(model::Command),
    /// Measure: ask a suite's questions with and without checking, and count.
    #[command(subcommand)]
    Eval(eval::Command),
    /// Show the settings in force and where each comes from.
    Config(config::Arguments),
    /// Print the JSON Schema of a report.
    Schema(schema::Arguments),
    /// Print a completion script for a shell.
    Completions(completions::Arguments),
}

impl Command {
    /// Whether the command is there to run for long, with a log.
    pub(crate) fn is_service(&self) -> bool {
        matches!(self, Command::Serve(_) | Command::Mcp(_))
    }

    pub(crate) fn run(self, config: &ConfigFile) -> anyhow::Result<ExitCode> {
        match self {
            Command::Ask(arguments) => ask::run(arguments, config),
            Command::Check(arguments) => check::run(arguments, config),
            Command::Replay(arguments) => replay::run(&arguments, config),
            Command::Serve(arguments) => serve::run(arguments, config),
            Command::Mcp(arguments) => mcp::run(arguments, config),
            Command::Key(command) => key::run(command, config),
            Command::Kg(command) => kg::run(command, config),
            Command::Text(command) => text::run(command, config),
            Command::Model(command) => model::run(command, config),
            Command::Eval(command) => eval::run(command, config),
            Command::Config(arguments) => config::run(&arguments, config),
            Command::Schema(arguments) => schema::run(&arguments),
            Command::Completions(arguments) => completions::run(&arguments),
        }
    }
}
