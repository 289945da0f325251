mod claims;
mod found;
mod progress;
mod system;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use sha2::{Digest, Sha256};
use touchstone_eval::claims::ClaimSuite;
use touchstone_eval::{Mode, Outcome, Run, RunInfo, Suite};

use crate::parts::ModelPlace;
use crate::progress::Spinner;
use crate::settings::{ConfigFile, Layers, ModelFlags, ReasonFlags, Settings, StoreFlags, shown};
use crate::{interrupt, output, parts};
use progress::Bar;
use system::Asker;

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Ask a suite's questions plainly and with checking, judge the answers, and count.
    ///
    /// Stopped with Ctrl-C or otherwise, the same command goes on where it was.
    Run(Box<Arguments>),
}

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The suite, such as eval/suites/trivia.toml.
    suite: PathBuf,
    /// Folder with the suite's data; eval/README.md says where they come from.
    #[arg(long, value_name = "DIR", env = "TOUCHSTONE_DATA", hide_env_values = true)]
    data: Option<PathBuf>,
    /// Part of the data.
    #[arg(long, default_value = "dev")]
    split: String,
    /// Ask so many questions, chosen by the seed.
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    limit: Option<usize>,
    /// touchstone asks both ways and compares, plain only without checking.
    #[arg(long, value_enum, default_value_t)]
    mode: AskMode,
    /// Folder for results.jsonl, summary.json and run.json; by default one in eval-results.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The folder of a plain run to compare with, instead of `plain` in --out.
    #[arg(long, value_name = "DIR")]
    plain: Option<PathBuf>,
    /// Suites of claims: leave out this share of the facts, chosen by the seed.
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = share)]
    kg_drop: f64,
    /// Suites of claims: no predicate is declared closed or functional.
    #[arg(long)]
    open: bool,
    /// Suites of claims: let the model judge passages and resolve unknown phrases.
    #[arg(long)]
    deep: bool,
    /// Suites of claims against passages: find the passages in an index of all of them.
    #[arg(long, requires = "deep")]
    retrieve: bool,
    /// Suites of claims: show so many examples of each kind of mistake.
    #[arg(long, value_name = "N", default_value_t = 0)]
    show: usize,
    /// The summary as JSON instead of the table.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    model: ModelFlags,
    #[command(flatten)]
    reason: ReasonFlags,
    #[command(flatten)]
    store: StoreFlags,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum AskMode {
    #[default]
    Touchstone,
    Plain,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("there would be no question".to_owned()),
        Ok(number) => Ok(number),
        Err(_) => Err("it is a number of questions".to_owned()),
    }
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (0.0..=1.0).contains(&value) => Ok(value),
        _ => Err("it is a share between 0 and 1".to_owned()),
    }
}

pub(crate) fn run(command: Command, config: &ConfigFile) -> anyhow::Result<ExitCode> {
    match command {
        Command::Run(arguments) => measure(&arguments, config),
    }
}

fn measure(arguments: &Arguments, config: &ConfigFile) -> anyhow::Result<ExitCode> {
    if let Some(suite) = ClaimSuite::load(&arguments.suite)? {
        return claims::run(&suite, arguments, config);
    }
    let Some(data) = &arguments.data else {
        anyhow::bail!(
            "the suite needs its data: give the folder by --data; eval/README.md says where it comes from"
        );
    };
    let settings = Layers::new(config)?
        .flags(&arguments.store)
        .flags(&arguments.model)
        .flags(&arguments.reason)
        .settings()?;
    let suite = Suite::load(&arguments.suite)?;
    let mode = match arguments.mode {
        AskMode::Touchstone => Mode::Touchstone,
        AskMode::Plain => Mode::Plain,
    };
    let seed = settings.reason().sampling.seed;
    parts::require_store(&settings)?;
    let place = parts::model_place(&settings)?;
    let model = model_name(&settings);
    let out =
        arguments.out.clone().unwrap_or_else(|| default_folder(arguments, &suite.name, &model, mode, seed));

    let spinner = Spinner::new(!arguments.json);
    spinner.say("loading the graph");
    let checker = parts::checker(&settings)?;
    let triples = checker.graph().store().inner().len()?;
    spinner.say("reading the questions");
    let program = format!("{} {}", env!("CARGO_PKG_VERSION"), sha256(&std::env::current_exe()?)?);
    let mut prepared = Run {
        suite: &suite,
        split: &arguments.split,
        data,
        limit: arguments.limit,
        seed,
        mode,
        model: &model,
        program: &program,
        settings: in_force(&settings, &place, triples)?,
        out: &out,
        plain: arguments.plain.as_deref(),
    }
    .prepare()?;
    interrupt::watch()?;

    let (before, total) = (prepared.progress().done, prepared.progress().total);
    if before > 0 {
        spinner.aside(|| {
            anstream::eprintln!("{before} of {total} answers are in {} already", shown(&out));
        });
    }
    if !prepared.is_complete() {
        spinner.say("loading the model");
        let engine = parts::engine(&settings, &place, 1)?;
        let line = parts::startup_line(&engine.info(), checker.graph())?;
        spinner.aside(|| anstream::eprintln!("{line}"));
        let asker = Asker::new(parts::reasoner(&settings, engine, checker)?, settings.reason());
        drop(spinner);
        let mut bar = Bar::new(&prepared.progress());
        prepared.ask(&asker, &interrupt::asked, &mut |progress| bar.set(&progress))?;
        bar.finish();
    }
    finish(&prepared.finish()?, &out, arguments.json)
}

fn finish(outcome: &Outcome, out: &Path, json: bool) -> anyhow::Result<ExitCode> {
    let mut stdout = anstream::stdout().lock();
    if json {
        let (summary, _) = outcome.touchstone.as_ref().unwrap_or(&outcome.plain);
        output::json(&mut stdout, summary)?;
    } else {
        writeln!(stdout, "{}", touchstone_eval::table(outcome))?;
        stdout.flush()?;
    }
    if outcome.complete {
        anstream::eprintln!("results in {}", shown(out));
        return Ok(ExitCode::SUCCESS);
    }
    anyhow::bail!(
        "stopped after {} of {} answers: the same command goes on from there",
        outcome.done,
        outcome.total
    );
}

/// A listed name, or the name of a file without its folder.
fn model_name(settings: &Settings) -> String {
    if let Some(options) = settings.remote(1) {
        let name = options.model.as_deref().and_then(|model| model.rsplit('/').next());
        return name.unwrap_or("remote").to_owned();
    }
    let path = Path::new(&settings.model);
    path.file_name().map_or_else(|| settings.model.clone(), |name| name.to_string_lossy().into_owned())
}

fn default_folder(arguments: &Arguments, suite: &str, model: &str, mode: Mode, seed: u64) -> PathBuf {
    let limit = arguments.limit.map_or_else(String::new, |limit| format!("-limit{limit}"));
    Path::new("eval-results").join(format!(
        "{suite}-{}-{model}-{}{limit}-seed{seed}",
        arguments.split,
        mode.name()
    ))
}

/// What the answers depend on.
fn in_force(
    settings: &Settings,
    place: &ModelPlace,
    triples: usize,
) -> anyhow::Result<BTreeMap<String, serde_json::Value>> {
    const NAMES: [&str; 11] = [
        "context_tokens",
        "threads",
        "gpu_layers",
        "flash_attention",
        "cache_type_k",
        "cache_type_v",
        "max_steps",
        "max_step_tokens",
        "max_repairs",
        "temperature",
        "top_p",
    ];
    let values = serde_json::to_value(settings)?;
    let mut named: BTreeMap<String, serde_json::Value> =
        NAMES.iter().map(|name| ((*name).to_owned(), values[*name].clone())).collect();
    match place {
        ModelPlace::File(file) => {
            let listed = parts::model_list(settings)?.find(&settings.model).map(|model| model.sha256.clone());
            let model = listed.map_or_else(|| sha256(file), Ok)?;
            named.insert("model_sha256".to_owned(), model.into());
        }
        ModelPlace::Remote => {
            named.insert("remote".to_owned(), values["remote"].clone());
        }
    }
    named.insert(RunInfo::GRAPH.to_owned(), format!("{triples} triples").into());
    if let Some(folder) = settings.prompts() {
        named.insert("prompts_sha256".to_owned(), folder_sha256(&folder)?.into());
    }
    Ok(named)
}

fn sha256(path: &Path) -> anyhow::Result<String> {
    let unreadable = || format!("cannot read {}", path.display());
    let mut hash = Hasher(Sha256::new());
    io::copy(&mut File::open(path).with_context(unreadable)?, &mut hash).with_context(unreadable)?;
    Ok(hex(&hash.0.finalize()))
}

/// Of the names and contents of all files in a folder and the folders in it.
fn folder_sha256(folder: &Path) -> anyhow::Result<String> {
    let mut hash = Sha256::new();
    let mut entries = std::fs::read_dir(folder)
        .and_then(Iterator::collect::<io::Result<Vec<_>>>)
        .with_context(|| format!("cannot read {}", folder.display()))?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let content = if path.is_dir() { folder_sha256(&path)? } else { sha256(&path)? };
        hash.update(format!("{}\0{content}\n", entry.file_name().to_string_lossy()));
    }
    Ok(hex(&hash.finalize()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

struct Hasher(Sha256);

impl Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_folder_is_another_when_a_file_in_it_is() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("en")).unwrap();
        let file = dir.path().join("en/step.txt");
        std::fs::write(&file, "abc").unwrap();
        assert_eq!(sha256(&file).unwrap()[..8], *"ba7816bf");
        let before = folder_sha256(dir.path()).unwrap();
        assert_eq!(folder_sha256(dir.path()).unwrap(), before);
        std::fs::write(&file, "abd").unwrap();
        assert_ne!(folder_sha256(dir.path()).unwrap(), before);
    }
}
