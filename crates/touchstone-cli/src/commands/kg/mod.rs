mod demo;
mod export;
mod import;
mod lexicon;
mod query;
mod stats;
mod user;

use std::process::ExitCode;

use crate::settings::ConfigFile;

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Load files into the store: RDF, tables through a mapping, plain triples.
    Import(import::Arguments),
    /// Load the demonstration graph that is part of the program.
    #[command(alias = "load-demo")]
    Demo(demo::Arguments),
    /// Count what the store holds.
    Stats(stats::Arguments),
    /// Ask the store in SPARQL; nothing is changed.
    Query(query::Arguments),
    /// Write the store, or one named graph of it, to a file.
    Export(export::Arguments),
    /// What phrases mean, and the ones that a model has resolved.
    #[command(subcommand)]
    Lexicon(lexicon::Command),
    /// Facts of single users, which only their own requests see (`ask --user`).
    #[command(subcommand)]
    User(user::Command),
}

pub(crate) fn run(command: Command, config: &ConfigFile) -> anyhow::Result<ExitCode> {
    match command {
        Command::Import(arguments) => import::run(&arguments, config),
        Command::Demo(arguments) => demo::run(&arguments, config),
        Command::Stats(arguments) => stats::run(&arguments, config),
        Command::Query(arguments) => query::run(arguments, config),
        Command::Export(arguments) => export::run(&arguments, config),
        Command::Lexicon(command) => lexicon::run(&command, config),
        Command::User(command) => user::run(&command, config),
    }
}
