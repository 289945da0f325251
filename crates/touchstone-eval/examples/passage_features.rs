//! Writes the features of claim–passage pairs, from which the weights in
//! `touchstone-check/src/deep/calibration.toml` are fitted:
//! `passage_features MODEL.gguf PAIRS.csv SKIP COUNT > features.jsonl`.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::path::Path;

use serde::Deserialize;
use touchstone_check::deep::features;
use touchstone_llama::{LlamaEngine, LlamaOptions};

#[derive(Deserialize)]
struct Row {
    evidence: String,
    claim: String,
    label: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, pairs, skip, count] = arguments.as_slice() else {
        return Err("give MODEL.gguf PAIRS.csv SKIP COUNT".into());
    };
    let engine = LlamaEngine::load(Path::new(model), &LlamaOptions::default())?;
    let mut reader = csv::Reader::from_path(pairs)?;
    let rows: Vec<Row> = reader.deserialize().collect::<Result<_, _>>()?;
    for (number, row) in rows.iter().enumerate().skip(skip.parse()?).step_by(5).take(count.parse()?) {
        let features = features(&engine, &row.claim, &row.evidence)?;
        println!("{}", serde_json::json!({ "row": number, "label": row.label, "features": features }));
    }
    Ok(())
}
