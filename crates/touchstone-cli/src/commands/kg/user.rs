use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use touchstone_graph::UserFacts;

use crate::settings::{ConfigFile, Layers, StoreFlags};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Put the file's statements in the place of the user's facts.
    Put {
        user: String,
        /// RDF; its name says the format.
        file: PathBuf,
        /// Add them to the facts that the user has.
        #[arg(long)]
        add: bool,
        #[command(flatten)]
        store: StoreFlags,
    },
    /// Write the user's facts as N-Triples.
    Export {
        user: String,
        #[command(flatten)]
        store: StoreFlags,
    },
    /// Forget all facts of the user.
    Forget {
        user: String,
        #[command(flatten)]
        store: StoreFlags,
    },
}

pub(crate) fn run(command: &Command, config: &ConfigFile) -> anyhow::Result<ExitCode> {
    let (Command::Put { store, .. } | Command::Export { store, .. } | Command::Forget { store, .. }) =
        command;
    let settings = Layers::new(config)?.flags(store).settings()?;
    let facts = UserFacts::of_store(&settings.store());
    let mut out = anstream::stdout().lock();
    match command {
        Command::Put { user, file, add, .. } => {
            let count = facts.put(user, file, *add)?;
            writeln!(out, "{user}: {count} facts")?;
        }
        Command::Export { user, .. } => {
            let text = facts.export(user)?.with_context(|| format!("the user {user} has no facts"))?;
            out.write_all(text.as_bytes())?;
        }
        Command::Forget { user, .. } => {
            anyhow::ensure!(facts.forget(user)?, "the user {user} has no facts");
            writeln!(out, "{user}: forgotten")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
