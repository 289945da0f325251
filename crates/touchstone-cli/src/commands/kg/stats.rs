use std::collections::BTreeMap;
use std::io::Write;
use std::process::ExitCode;

use comfy_table::{CellAlignment, Table};
use touchstone_graph::{Stats, Store};

use crate::settings::{ConfigFile, Layers, StoreFlags};
use crate::{output, parts};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// As JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    store: StoreFlags,
}

pub(crate) fn run(arguments: &Arguments, config: &ConfigFile) -> anyhow::Result<ExitCode> {
    let settings = Layers::new(config)?.flags(&arguments.store).settings()?;
    let stats = Store::open_read_only(&parts::require_store(&settings)?)?.stats()?;
    let mut out = anstream::stdout().lock();
    if arguments.json {
        output::json(&mut out, &stats)?;
    } else {
        render(&stats, &mut out)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn render(stats: &Stats, out: &mut dyn Write) -> std::io::Result<()> {
    let grouped = output::grouped;
    writeln!(out, "{} facts about {} subjects", grouped(stats.triples), grouped(stats.entities))?;
    let mut graphs = table("graph");
    for (iri, graph) in &stats.graphs {
        let title = graph.title.as_deref().unwrap_or_default();
        let licence = graph.licence.as_deref().unwrap_or_default();
        graphs.add_row([iri.as_str(), &grouped(graph.triples), title, licence]);
    }
    writeln!(out, "\n{}", graphs.trim_fmt())?;
    for (name, counts) in
        [("class", &stats.classes), ("predicate", &stats.predicates), ("labels", &stats.labels)]
    {
        writeln!(out, "\n{}", counted(name, counts).trim_fmt())?;
    }
    Ok(())
}

/// The most frequent first.
fn counted(name: &str, counts: &BTreeMap<String, u64>) -> Table {
    let mut rows: Vec<_> = counts.iter().collect();
    rows.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    let mut table = table(name);
    for (name, count) in rows {
        table.add_row([name.as_str(), &output::grouped(*count)]);
    }
    table
}

fn table(name: &str) -> Table {
    let mut table = output::table();
    let columns: &[&str] =
        if name == "graph" { &[name, "facts", "title", "licence"] } else { &[name, "count"] };
    table.set_header(columns);
    if let Some(column) = table.column_mut(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}
