use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;
use comfy_table::CellAlignment;
use serde::Serialize;
use touchstone_llama::models::ModelCache;

use crate::settings::{ConfigFile, Layers, shown};
use crate::{output, parts, progress};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// The known models, and which are on this machine.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Fetch a model, verify it and put it into the cache.
    Pull { name: String },
}

#[derive(Serialize)]
struct Row {
    name: String,
    file: String,
    bytes: u64,
    licence: String,
    sha256: String,
    here: bool,
    default: bool,
}

pub(crate) fn run(command: Command, config: &ConfigFile) -> anyhow::Result<ExitCode> {
    match command {
        Command::List { json } => list(json, config),
        Command::Pull { name } => pull(&name, config),
    }
}

fn list(json: bool, config: &ConfigFile) -> anyhow::Result<ExitCode> {
    let settings = Layers::new(config)?.settings()?;
    let list = parts::model_list(&settings)?;
    let folder = settings.models();
    let rows: Vec<Row> = list
        .models()
        .iter()
        .map(|model| Row {
            name: model.name.clone(),
            file: model.file.clone(),
            bytes: model.bytes,
            licence: model.licence.clone(),
            sha256: model.sha256.clone(),
            // Its hash is verified before it is used, not for a list.
            here: folder.join(&model.file).is_file(),
            default: model.name == settings.model,
        })
        .collect();
    let mut out = anstream::stdout().lock();
    if json {
        output::json(&mut out, &rows)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = output::table();
    table.set_header(["model", "MB", "licence", "on this machine", ""]);
    for row in rows {
        let here = if row.here { "yes" } else { "no" };
        let default = if row.default { "in use by default" } else { "" };
        table.add_row([&row.name, &output::grouped(row.bytes / 1_000_000), &row.licence, here, default]);
    }
    if let Some(column) = table.column_mut(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    writeln!(out, "{}", table.trim_fmt())?;
    writeln!(out, "Models are kept in {} (TOUCHSTONE_MODELS moves them).", shown(&folder))?;
    Ok(ExitCode::SUCCESS)
}

fn pull(name: &str, config: &ConfigFile) -> anyhow::Result<ExitCode> {
    let settings = Layers::new(config)?.settings()?;
    let list = parts::model_list(&settings)?;
    let model = list.find(name).with_context(|| {
        format!("there is no model named {name}: `touchstone model list` shows the known ones")
    })?;
    let cache = ModelCache::new(settings.models());
    let mut out = anstream::stdout().lock();
    if let Some(path) = cache.path(model) {
        writeln!(out, "{name} is in {} already.", shown(&path))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut bar = progress::Bytes::new(name);
    let path = cache.pull(model, &mut |progress| bar.set(progress.bytes_done, progress.bytes_total));
    bar.finish();
    writeln!(out, "{name} is in {}.", shown(&path?))?;
    Ok(ExitCode::SUCCESS)
}
