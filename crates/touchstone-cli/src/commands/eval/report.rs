use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use touchstone_eval::{Column, StoredRun};

use crate::settings::shown;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Folders of finished runs; the plain answers beneath them come with them.
    #[arg(required = true)]
    runs: Vec<PathBuf>,
    /// Write one page of HTML with plots.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write tables in Markdown; `-` prints them.
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Title of the page.
    #[arg(long, default_value = "Touchstone evaluation")]
    title: String,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let mut runs: Vec<StoredRun> = Vec::new();
    for folder in &arguments.runs {
        let run = StoredRun::load(folder)?;
        if run.summary.is_none() {
            bail!("the run in {} is not finished: the command that began it goes on", shown(folder));
        }
        let plain = folder.join("plain");
        if plain.join("summary.json").is_file() {
            let plain = StoredRun::load(&plain)?;
            // Several runs may have been compared with the same plain answers.
            let known = runs.iter().any(|run| run.info == plain.info || same_answers(run, &plain));
            if !known {
                runs.push(plain);
            }
        }
        runs.push(run);
    }
    if let Some(path) = &arguments.html {
        write(path, &touchstone_eval::html(&runs, &arguments.title)?)?;
    }
    match &arguments.markdown {
        Some(path) if path == Path::new("-") => {
            write!(anstream::stdout().lock(), "{}", touchstone_eval::markdown(&runs))?;
        }
        Some(path) => write(path, &touchstone_eval::markdown(&runs))?,
        None => {}
    }
    if arguments.html.is_none() && arguments.markdown.is_none() {
        print(&runs)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn same_answers(one: &StoredRun, other: &StoredRun) -> bool {
    one.info.mode == other.info.mode
        && one.info.model == other.info.model
        && one.info.suite == other.info.suite
        && one.info.split == other.info.split
        && one.info.seed == other.info.seed
        && one.info.n == other.info.n
}

fn print(runs: &[StoredRun]) -> anyhow::Result<()> {
    let mut stdout = anstream::stdout().lock();
    let mut done: Vec<(&str, &str)> = Vec::new();
    for run in runs {
        let key = (run.info.suite.as_str(), run.info.split.as_str());
        if done.contains(&key) {
            continue;
        }
        done.push(key);
        let same: Vec<StoredRun> = runs
            .iter()
            .filter(|other| (other.info.suite.as_str(), other.info.split.as_str()) == key)
            .cloned()
            .collect();
        let columns = Column::of_runs(&same);
        writeln!(stdout, "{}, {}\n{}", key.0, key.1, touchstone_eval::columns_table(&columns))?;
        for column in &columns {
            for note in touchstone_eval::notes(column.summary) {
                writeln!(stdout, "{}: {note}", column.name)?;
            }
        }
        writeln!(stdout)?;
    }
    Ok(())
}

/// Written beside, then renamed.
fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file =
        tempfile::NamedTempFile::new_in(dir).with_context(|| format!("cannot write {}", shown(path)))?;
    file.write_all(text.as_bytes())?;
    file.persist(path).with_context(|| format!("cannot write {}", shown(path)))?;
    anstream::eprintln!("report in {}", shown(path));
    Ok(())
}
