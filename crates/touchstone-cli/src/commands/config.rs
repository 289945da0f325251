use std::io::Write;
use std::process::ExitCode;

use comfy_table::ContentArrangement;
use serde_json::Value;

use crate::output;
use crate::settings::{
    ConfigFile, IndexFlags, Layers, ModeFlags, ModelFlags, ReasonFlags, ServeFlags, StoreFlags,
};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    store: StoreFlags,
    #[command(flatten)]
    index: IndexFlags,
    #[command(flatten)]
    model: ModelFlags,
    #[command(flatten)]
    mode: ModeFlags,
    #[command(flatten)]
    reason: ReasonFlags,
    #[command(flatten)]
    serve: ServeFlags,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments, config: &ConfigFile) -> anyhow::Result<ExitCode> {
    let layers = Layers::new(config)?
        .flags(&arguments.store)
        .flags(&arguments.index)
        .flags(&arguments.model)
        .flags(&arguments.mode)
        .flags(&arguments.reason)
        .flags(&arguments.serve);
    let in_force = layers.in_force()?;
    let mut out = anstream::stdout().lock();
    if arguments.json {
        output::json(&mut out, &in_force)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = output::table();
    table.set_content_arrangement(ContentArrangement::Disabled).set_header(["setting", "value", "from"]);
    for setting in in_force {
        let value = match setting.value {
            Value::Null => "(automatic)".to_owned(),
            Value::String(text) => text,
            other => other.to_string(),
        };
        table.add_row([setting.name, value, setting.from]);
    }
    writeln!(out, "{}", table.trim_fmt())?;
    Ok(ExitCode::SUCCESS)
}
