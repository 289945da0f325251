//! What phrases mean: in the lexicon, which is made from the graph's labels,
//! and as a model has resolved them.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use touchstone_check::deep::phrases::{Memory, Remembered};
use touchstone_core::Language;
use touchstone_graph::{Degree, Entry, Graph, Meaning};

use crate::settings::{ConfigFile, Layers, StoreFlags, shown};
use crate::{output, parts};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// What a phrase means in the lexicon: names, relations, classes, comparisons.
    Show(Show),
    /// The phrases that a model has resolved, with what it took them for and how surely.
    List(List),
    /// Write the resolved phrases with their provenance to a file, as JSON lines.
    Export(Export),
    /// Forget resolved phrases: the model is asked again when they are met with --deep.
    Remove(Remove),
}

#[derive(clap::Args)]
pub(crate) struct Show {
    /// For example "capital of".
    phrase: String,
    /// As JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    store: StoreFlags,
}

#[derive(clap::Args)]
pub(crate) struct List {
    /// As JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    store: StoreFlags,
}

#[derive(clap::Args)]
pub(crate) struct Export {
    /// Standard output, where none is given.
    file: Option<PathBuf>,
    #[command(flatten)]
    store: StoreFlags,
}

#[derive(clap::Args)]
pub(crate) struct Remove {
    /// As `list` shows it, for example "X was stationed in Y".
    #[arg(required_unless_present = "all")]
    phrases: Vec<String>,
    /// Forget every phrase.
    #[arg(long, conflicts_with = "phrases")]
    all: bool,
    #[command(flatten)]
    store: StoreFlags,
}

pub(crate) fn run(command: &Command, config: &ConfigFile) -> anyhow::Result<ExitCode> {
    match command {
        Command::Show(arguments) => show(arguments, config),
        Command::List(arguments) => list(arguments, config),
        Command::Export(arguments) => export(arguments, config),
        Command::Remove(arguments) => remove(arguments, config),
    }
}

fn memory(store: &StoreFlags, config: &ConfigFile) -> anyhow::Result<Memory> {
    let settings = Layers::new(config)?.flags(store).settings()?;
    Ok(Memory::open(&Memory::file_of(&parts::require_store(&settings)?))?)
}

/// One meaning of a phrase.
#[derive(serde::Serialize)]
struct Row {
    meaning: &'static str,
    label: String,
    iri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<Language>,
}

fn show(arguments: &Show, config: &ConfigFile) -> anyhow::Result<ExitCode> {
    let settings = Layers::new(config)?.flags(&arguments.store).settings()?;
    let graph = Graph::open_read_only(&parts::require_store(&settings)?)?;
    let rows: Vec<Row> =
        graph.lexicon().lookup(&arguments.phrase).iter().map(|entry| row(&graph, &entry)).collect();
    let mut out = anstream::stdout().lock();
    if arguments.json {
        output::json(&mut out, &rows)?;
        return Ok(ExitCode::SUCCESS);
    }
    if rows.is_empty() {
        writeln!(out, "the lexicon does not have \"{}\"", output::plain(&arguments.phrase))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = output::table();
    table.set_header(["meaning", "label", "language", "IRI"]);
    for row in &rows {
        let language = row.language.map_or("any", |language| match language {
            Language::English => "en",
            Language::Chinese => "zh",
        });
        table.add_row([row.meaning, &output::plain(&row.label), language, &row.iri]);
    }
    writeln!(out, "{}", table.trim_fmt())?;
    Ok(ExitCode::SUCCESS)
}

fn row(graph: &Graph, entry: &Entry) -> Row {
    let language = entry.language.unwrap_or(Language::English);
    let predicate = |id| {
        let predicate = graph.ontology().predicate(id);
        (predicate.label(language).to_owned(), predicate.iri.as_str().to_owned())
    };
    let (meaning, (label, iri)) = match entry.meaning {
        Meaning::Entity(id) => {
            let entity = graph.lexicon().entity(id);
            ("name", (entity.label(language).to_owned(), entity.iri.as_str().to_owned()))
        }
        Meaning::Predicate(id) => ("relation", predicate(id)),
        Meaning::Reversed(id) => ("relation, its value first", predicate(id)),
        Meaning::ValueNoun(id) => ("noun behind the value of", predicate(id)),
        Meaning::SubjectNoun(id) => ("noun for the subject of", predicate(id)),
        Meaning::Compound(id) => ("joined to the value of", predicate(id)),
        Meaning::Class(id) => {
            let class = graph.ontology().class(id);
            ("class", (class.label(language).to_owned(), class.iri.as_str().to_owned()))
        }
        Meaning::Adjective(id, degree) => {
            let meaning = match degree {
                Degree::More => "more, by",
                Degree::Less => "less, by",
                Degree::Most => "most, by",
                Degree::Least => "least, by",
            };
            (meaning, predicate(id))
        }
    };
    Row { meaning, label, iri, language: entry.language }
}

fn list(arguments: &List, config: &ConfigFile) -> anyhow::Result<ExitCode> {
    let memory = memory(&arguments.store, config)?;
    let mut out = anstream::stdout().lock();
    if arguments.json {
        output::json(&mut out, &memory.iter().collect::<Vec<_>>())?;
        return Ok(ExitCode::SUCCESS);
    }
    if memory.is_empty() {
        writeln!(out, "no phrases were resolved by a model yet: `touchstone check --deep` does that")?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = output::table();
    table.set_header(["phrase", "relation", "probability", "model", "time"]);
    for one in memory.iter() {
        let (relation, probability) = reading(one);
        table.add_row([
            output::plain(&one.phrase),
            relation,
            probability,
            one.model.clone(),
            one.time.clone(),
        ]);
    }
    writeln!(out, "{}", table.trim_fmt())?;
    Ok(ExitCode::SUCCESS)
}

/// The likeliest of all that a phrase was held against.
fn reading(one: &Remembered) -> (String, String) {
    match one.alternatives.first() {
        Some(best) if best.weight >= one.none => (output::plain(&best.label), format!("{:.2}", best.weight)),
        _ => ("none".to_owned(), format!("{:.2}", one.none)),
    }
}

fn export(arguments: &Export, config: &ConfigFile) -> anyhow::Result<ExitCode> {
    let memory = memory(&arguments.store, config)?;
    let write = |out: &mut dyn Write| -> anyhow::Result<()> {
        for one in memory.iter() {
            serde_json::to_writer(&mut *out, one)?;
            out.write_all(b"\n")?;
        }
        Ok(())
    };
    let Some(path) = &arguments.file else {
        write(&mut anstream::stdout().lock())?;
        return Ok(ExitCode::SUCCESS);
    };
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(std::path::Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)
        .with_context(|| format!("cannot write in {}", shown(folder)))?;
    write(&mut file)?;
    file.persist(path).with_context(|| format!("cannot write {}", shown(path)))?;
    Ok(ExitCode::SUCCESS)
}

fn remove(arguments: &Remove, config: &ConfigFile) -> anyhow::Result<ExitCode> {
    let mut memory = memory(&arguments.store, config)?;
    if arguments.all {
        let removed = memory.forget_all()?;
        anstream::eprintln!("{removed} phrases forgotten");
        return Ok(ExitCode::SUCCESS);
    }
    for phrase in &arguments.phrases {
        if memory.forget(phrase)? == 0 {
            bail!(
                "no phrase \"{phrase}\" is remembered: `touchstone kg lexicon list` shows the ones that are"
            );
        }
    }
    Ok(ExitCode::SUCCESS)
}
