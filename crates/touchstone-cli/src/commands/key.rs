use std::collections::BTreeSet;
use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;
use touchstone_server::{KeyFile, NewKey, Scope};

use crate::output;
use crate::settings::{ConfigFile, KeyFlags, Layers, shown};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Make a key and print it: it is not kept, only its hash.
    Add {
        /// For people: who uses it, and for what.
        name: String,
        /// What it allows; can be given several times.
        #[arg(long = "scope", value_name = "ask|check|graph|admin", required = true, value_parser = scope)]
        scopes: Vec<Scope>,
        /// Requests in a minute.
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
        rate: Option<u32>,
        /// Requests at a time.
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
        concurrent: Option<u32>,
        #[command(flatten)]
        keys: KeyFlags,
    },
    /// List the keys.
    List {
        #[command(flatten)]
        keys: KeyFlags,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Take a key back. A server that runs is told with SIGHUP.
    Remove {
        /// The id, as `touchstone key list` shows it.
        id: String,
        #[command(flatten)]
        keys: KeyFlags,
    },
}

fn scope(name: &str) -> Result<Scope, String> {
    Scope::from_name(name)
        .ok_or_else(|| format!("there is no scope {name}: it is ask, check, graph or admin"))
}

pub(crate) fn run(command: Command, config: &ConfigFile) -> anyhow::Result<ExitCode> {
    let flags = match &command {
        Command::Add { keys, .. } | Command::List { keys, .. } | Command::Remove { keys, .. } => keys.clone(),
    };
    let settings = Layers::new(config)?.flags(&flags).settings()?;
    let path = settings
        .keys()
        .context("no key file is known: give --keys FILE, or set `keys` in touchstone.toml")?;
    let mut out = std::io::stdout().lock();
    match command {
        Command::Add { name, scopes, rate, concurrent, .. } => {
            let mut file = KeyFile::load_or_new(&path)?;
            let scopes = BTreeSet::from_iter(scopes);
            let key = file.add(NewKey { name, scopes, requests_per_minute: rate, concurrent });
            file.save(&path)?;
            anstream::eprintln!("added to {}; keep the key now, it cannot be shown again", shown(&path));
            writeln!(out, "{key}")?;
        }
        Command::List { json, .. } => {
            let file = KeyFile::load(&path)?;
            if json {
                output::json(&mut out, &file.keys)?;
            } else {
                for key in &file.keys {
                    let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.name()).collect();
                    writeln!(out, "{}  {}  {}", key.id, scopes.join(","), output::plain(&key.name))?;
                }
            }
        }
        Command::Remove { id, .. } => {
            let mut file = KeyFile::load(&path)?;
            let key = file.remove(&id)?;
            file.save(&path)?;
            anstream::eprintln!("removed {} ({})", key.id, key.name);
        }
    }
    Ok(ExitCode::SUCCESS)
}
