use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use touchstone_core::Language;
use touchstone_text::{TextIndex, find_source, read_files, sources};

use crate::output::{self, BOLD, DIM};
use crate::settings::{self, ConfigFile, IndexFlags, Layers, shown};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Put files into the text index: .txt, .md, .jsonl, or folders of them.
    Index {
        /// Files and folders; indexing one again replaces what it held.
        #[arg(required = true)]
        paths: Vec<PathBuf>,
        #[command(flatten)]
        index: IndexFlags,
    },
    /// Find passages.
    Search {
        #[arg(required = true)]
        words: Vec<String>,
        /// Only passages in this language.
        #[arg(long, value_name = "en|zh", value_parser = language)]
        lang: Option<Language>,
        /// How many passages.
        #[arg(long, value_name = "N", default_value_t = 5)]
        limit: usize,
        /// As JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        index: IndexFlags,
    },
    /// Fetch a known package of texts and index it.
    Pull {
        /// Such as factbook; without a name, the known ones are listed.
        name: Option<String>,
        #[command(flatten)]
        index: IndexFlags,
    },
}

/// Reads a language from a flag.
pub(crate) fn language(tag: &str) -> Result<Language, String> {
    Language::from_tag(tag).ok_or_else(|| {
        let known: Vec<&str> = Language::ALL.iter().map(|language| language.tag()).collect();
        format!("it can be {}", known.join(" or "))
    })
}

pub(crate) fn run(command: Command, config: &ConfigFile) -> anyhow::Result<ExitCode> {
    match command {
        Command::Index { paths, index } => fill(&paths, &index, config),
        Command::Search { words, lang, limit, json, index } => {
            search(&words.join(" "), lang, limit, json, &index, config)
        }
        Command::Pull { name: Some(name), index } => pull(&name, &index, config),
        Command::Pull { name: None, .. } => {
            let mut out = anstream::stdout().lock();
            for source in sources()? {
                writeln!(out, "{BOLD}{}{BOLD:#}  {} ({})", source.name, source.about, source.licence)?;
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn fill(paths: &[PathBuf], flags: &IndexFlags, config: &ConfigFile) -> anyhow::Result<ExitCode> {
    let dir = Layers::new(config)?.flags(flags).settings()?.text_index();
    let index = TextIndex::create(&dir)?;
    for path in paths {
        let mut files = read_files(path);
        let report = index.add(&path.display().to_string(), files.by_ref())?;
        let read = files.report();
        let mut out = anstream::stdout().lock();
        write!(
            out,
            "{}: {} documents, {} passages from {} files",
            path.display(),
            output::grouped(report.documents as u64),
            output::grouped(report.passages as u64),
            output::grouped(read.files as u64)
        )?;
        match read.skipped {
            0 => writeln!(out)?,
            skipped => writeln!(out, "; {skipped} files of another kind were left out")?,
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn search(
    words: &str,
    language: Option<Language>,
    limit: usize,
    json: bool,
    flags: &IndexFlags,
    config: &ConfigFile,
) -> anyhow::Result<ExitCode> {
    let dir = Layers::new(config)?.flags(flags).settings()?.text_index();
    let passages = TextIndex::open(&dir)?.search(words, language, limit)?;
    let mut out = anstream::stdout().lock();
    if json {
        output::json(&mut out, &passages)?;
        return Ok(ExitCode::SUCCESS);
    }
    if passages.is_empty() {
        writeln!(out, "No passage has these words.")?;
    }
    for passage in passages {
        writeln!(
            out,
            "{BOLD}{}{BOLD:#}  {DIM}{} [{}–{}]  {:.2}{DIM:#}",
            output::plain(&passage.title),
            passage.document,
            passage.span[0],
            passage.span[1],
            passage.score
        )?;
        for line in passage.text.lines().filter(|line| !line.trim().is_empty()) {
            writeln!(out, "  {}", output::plain(line))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn pull(name: &str, flags: &IndexFlags, config: &ConfigFile) -> anyhow::Result<ExitCode> {
    let source = find_source(name)?;
    let dir = Layers::new(config)?.flags(flags).settings()?.text_index();
    let package = source.fetch(&settings::package_cache()?)?;
    let documents = source.documents(&package)?;
    let index = TextIndex::create(&dir)?;
    let report = index.replace(name, documents.into_iter().map(Ok), None)?;
    writeln!(
        anstream::stdout().lock(),
        "{name}: {} documents, {} passages in {}",
        output::grouped(report.documents as u64),
        output::grouped(report.passages as u64),
        shown(&dir)
    )?;
    Ok(ExitCode::SUCCESS)
}
