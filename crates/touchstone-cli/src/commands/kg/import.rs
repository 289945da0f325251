use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use touchstone_graph::model::NamedNode;
use touchstone_graph::{ImportOptions, ImportReport, ImportSource, Store};

use crate::settings::{ConfigFile, Layers, StoreFlags};
use crate::{interrupt, output, progress};

/// Formats by extension: .ttl .nt .nq .trig .rdf .jsonld, each also with .gz
/// or .zst; .csv .tsv .json .jsonl through --mapping. Each source is loaded
/// as one: all of it, or nothing.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// RDF files; with --mapping, the one folder (or file) of tables.
    #[arg(required_unless_present = "triples_tsv")]
    files: Vec<PathBuf>,
    /// How the tables become facts (kg/mappings shows the form).
    #[arg(long, value_name = "FILE", conflicts_with = "triples_tsv")]
    mapping: Option<PathBuf>,
    /// Three columns: subject label, relation label, object label.
    #[arg(long, value_name = "FILE", requires = "namespace", conflicts_with = "files")]
    triples_tsv: Option<PathBuf>,
    /// IRI that the entities and relations of --triples-tsv begin with.
    #[arg(long, value_name = "IRI", requires = "triples_tsv")]
    namespace: Option<String>,
    /// The named graph for triples that name none.
    #[arg(long, value_name = "IRI")]
    graph: Option<String>,
    /// Replace what the named graphs of the source held before.
    #[arg(long)]
    replace: bool,
    /// Leave broken lines out, and count them, instead of refusing the source.
    #[arg(long)]
    skip_errors: bool,
    #[command(flatten)]
    store: StoreFlags,
}

pub(crate) fn run(arguments: &Arguments, config: &ConfigFile) -> anyhow::Result<ExitCode> {
    let settings = Layers::new(config)?.flags(&arguments.store).settings()?;
    let graph = arguments.graph.as_deref().map(iri).transpose()?;
    let sources = sources(arguments)?;
    let options = ImportOptions { skip_errors: arguments.skip_errors, graph, replace: arguments.replace };
    interrupt::watch()?;
    let dir = settings.store();
    // A folder that held nothing shall hold nothing when nothing was loaded:
    // an empty store would be taken for a graph that knows nothing.
    let was_empty = std::fs::read_dir(&dir).map_or(true, |mut entries| entries.next().is_none());
    let store = Store::create_or_open(&dir)?;
    let result = import(&store, sources, &options);
    let nothing = store.epoch()? == 0;
    if !nothing {
        // Else every reader would replay the whole log when it opens the store.
        store.inner().flush()?;
    }
    drop(store);
    if result.is_err() && was_empty && nothing {
        std::fs::remove_dir_all(&dir)?;
    }
    result?;
    Ok(ExitCode::SUCCESS)
}

fn import(
    store: &Store,
    sources: Vec<(String, ImportSource)>,
    options: &ImportOptions,
) -> anyhow::Result<()> {
    for (name, source) in sources {
        let mut bar = progress::Bytes::new(name.clone());
        let report = store.import(&source, options, &mut |progress| {
            bar.set(progress.bytes_read, progress.bytes_total);
            interrupt::flow()
        });
        bar.finish();
        tell(&name, &report?)?;
    }
    Ok(())
}

fn sources(arguments: &Arguments) -> anyhow::Result<Vec<(String, ImportSource)>> {
    if let (Some(file), Some(namespace)) = (&arguments.triples_tsv, &arguments.namespace) {
        iri(namespace)?;
        let source = ImportSource::PlainTriples { file: file.clone(), namespace: namespace.clone() };
        return Ok(vec![(file.display().to_string(), source)]);
    }
    let Some(mapping) = &arguments.mapping else {
        let rdf = |file: &PathBuf| (file.display().to_string(), ImportSource::Rdf(file.clone()));
        return Ok(arguments.files.iter().map(rdf).collect());
    };
    let [data] = arguments.files.as_slice() else {
        bail!("--mapping takes one folder of tables: import several in several runs");
    };
    // The mapping names its files itself, below this folder.
    let data = match data.parent() {
        _ if data.is_dir() => data.clone(),
        Some(folder) if data.is_file() && !folder.as_os_str().is_empty() => folder.to_owned(),
        _ if data.is_file() => PathBuf::from("."),
        _ => bail!("there is no file or folder {}", data.display()),
    };
    let source = ImportSource::Mapped { mapping: mapping.clone(), data };
    Ok(vec![(mapping.display().to_string(), source)])
}

fn tell(name: &str, report: &ImportReport) -> anyhow::Result<()> {
    let mut out = anstream::stdout().lock();
    writeln!(out, "{name}: {} facts", output::grouped(report.quads))?;
    for graph in &report.graphs {
        writeln!(out, "  into {graph}")?;
    }
    if report.skipped > 0 {
        writeln!(out, "  {} skipped:", output::grouped(report.skipped))?;
        for skip in &report.skips {
            writeln!(out, "    {}", output::plain(skip))?;
        }
        if report.skipped > report.skips.len() as u64 {
            writeln!(out, "    …")?;
        }
    }
    Ok(())
}

pub(super) fn iri(text: &str) -> anyhow::Result<NamedNode> {
    NamedNode::new(text)
        .with_context(|| format!("{text} is not an absolute IRI, such as https://example.org/graph"))
}
