//! Builds the facts of the demonstration graph from tables that
//! `kg/fetch.py` laid out: `build_kg KG_FOLDER TABLES_FOLDER OUTPUT.nq.zst`.

#![allow(clippy::print_stdout, reason = "a command that reports")]

use std::ops::ControlFlow;
use std::path::PathBuf;

use touchstone_graph::{ImportOptions, ImportSource, Store};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [kg, tables, output] = arguments.as_slice() else {
        return Err("usage: build_kg KG_FOLDER TABLES_FOLDER OUTPUT.nq.zst".into());
    };
    let store = Store::in_memory()?;
    let mut mappings: Vec<PathBuf> = std::fs::read_dir(kg.join("mappings"))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .collect();
    mappings.sort();
    for mapping in mappings {
        let source = ImportSource::Mapped { mapping: mapping.clone(), data: tables.clone() };
        let options = ImportOptions { replace: true, ..ImportOptions::default() };
        let report = store.import(&source, &options, &mut |_| ControlFlow::Continue(()))?;
        println!("{}: {} quads", mapping.display(), report.quads);
    }
    let written = store.export(output, None)?;
    println!("{}: {written} quads", output.display());
    Ok(())
}
