use std::process::ExitCode;

use crate::settings::ConfigFile;

#[derive(clap::Subcommand)]
pub(crate) enum Command {
}

pub(crate) fn run(command: Command, _config: &ConfigFile) -> anyhow::Result<ExitCode> {
    match command {}
}
