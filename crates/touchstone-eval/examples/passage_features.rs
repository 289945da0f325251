//! Writes what the passage judge sees of claim–passage pairs, from which
//! `eval/fit_passages.py` fits the weights in `touchstone-check/src/deep/probe`:
//! `passage_features MODEL.gguf PAIRS.csv FEATURES.jsonl COUNT`.
//!
//! The pairs are taken in an order that only their number decides. Rows that
//! FEATURES.jsonl has already are left out: the same command goes on.
//! `passage_features --unseen PAIRS.csv COUNT UNSEEN.csv` writes the pairs that
//! weights fitted on the first COUNT have not seen.
#![allow(clippy::print_stderr)]

use std::collections::HashSet;
use std::error::Error;
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;
use serde::Deserialize;
use touchstone_check::deep::{probe_words, state, surface};
use touchstone_llama::{LlamaEngine, LlamaOptions};

#[derive(Deserialize)]
struct Row {
    evidence: String,
    claim: String,
    label: String,
    /// Pairs of one topic are never both fitted and measured.
    topic_ip: String,
}

#[derive(Deserialize)]
struct Done {
    row: usize,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, pairs, count, out] = arguments.as_slice()
        && flag == "--unseen"
    {
        return write_unseen(Path::new(pairs), count.parse()?, Path::new(out));
    }
    let [model, pairs, features, count] = arguments.as_slice() else {
        return Err(
            "give MODEL.gguf PAIRS.csv FEATURES.jsonl COUNT, or --unseen PAIRS.csv COUNT UNSEEN.csv".into()
        );
    };
    let mut out = OpenOptions::new().create(true).read(true).append(true).open(features)?;
    let done: HashSet<usize> = BufReader::new(&out)
        .lines()
        .map(|line| Ok(serde_json::from_str::<Done>(&line?)?.row))
        .collect::<Result<_, Box<dyn Error>>>()?;
    let engine = LlamaEngine::load(Path::new(model), &LlamaOptions::default())?;
    let rows: Vec<Row> = csv::Reader::from_path(pairs)?.deserialize().collect::<Result<_, _>>()?;
    let count: usize = count.parse()?;
    for (at, number) in
        order(rows.len()).into_iter().take(count).enumerate().filter(|(_, n)| !done.contains(n))
    {
        let row = &rows[number];
        let state = state(&engine, &row.claim, &row.evidence, probe_words())?;
        let line = serde_json::json!({
            "row": number, "topic": row.topic_ip, "label": row.label,
            "state": state, "surface": surface(&row.claim, &row.evidence),
        });
        writeln!(out, "{line}")?;
        eprintln!("{} of {count}", at + 1);
    }
    Ok(())
}

/// Rows in the order in which they are taken.
fn order(rows: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..rows).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(4));
    order
}

fn write_unseen(pairs: &Path, count: usize, out: &Path) -> Result<(), Box<dyn Error>> {
    let mut reader = csv::Reader::from_path(pairs)?;
    let head = reader.headers()?.clone();
    let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>()?;
    let mut writer = csv::Writer::from_path(out)?;
    writer.write_record(&head)?;
    for number in order(rows.len()).into_iter().skip(count) {
        writer.write_record(&rows[number])?;
    }
    Ok(writer.flush()?)
}
