use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use touchstone_graph::Store;

use crate::settings::{ConfigFile, Layers, StoreFlags};
use crate::{output, parts};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// File to write; its name says the format (.nq, .trig, .nt, .ttl, .rdf, .jsonld; .gz, .zst).
    file: PathBuf,
    /// Only this named graph.
    #[arg(long, value_name = "IRI")]
    graph: Option<String>,
    #[command(flatten)]
    store: StoreFlags,
}

pub(crate) fn run(arguments: &Arguments, config: &ConfigFile) -> anyhow::Result<ExitCode> {
    let settings = Layers::new(config)?.flags(&arguments.store).settings()?;
    let graph = arguments.graph.as_deref().map(super::import::iri).transpose()?;
    let store = Store::open_read_only(&parts::require_store(&settings)?)?;
    let written = store.export(&arguments.file, graph.as_ref())?;
    if written == 0
        && let Some(graph) = graph
    {
        anyhow::bail!(
            "the store has no facts in the graph {}: `touchstone kg stats` lists its graphs",
            graph.as_str()
        );
    }
    writeln!(anstream::stdout().lock(), "{}: {} facts", arguments.file.display(), output::grouped(written))?;
    Ok(ExitCode::SUCCESS)
}
