//! The table of `eval/results/speed.md`:
//!
//! ```sh
//! cargo bench -p touchstone-check --bench speed -- --data DIR > eval/results/speed.md
//! ```
//!
//! `DIR/metaqa/kb.tsv` are the facts (`TOUCHSTONE_DATA` names DIR too);
//! without it, a graph of the same size is generated.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod claims;
mod facts;
mod lexicon;
mod machine;
mod names;

use std::path::PathBuf;

fn main() {
    let mut data = std::env::var_os("TOUCHSTONE_DATA").map(PathBuf::from);
    let mut only = None;
    let mut arguments = std::env::args_os().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("--data") => data = arguments.next().map(PathBuf::from),
            Some("--only") => only = arguments.next(),
            // What cargo adds of its own.
            Some("--bench") => {}
            _ => {
                eprintln!("unknown: {}; this takes --data DIR and --only claims|lexicon", argument.display());
                std::process::exit(2);
            }
        }
    }
    let wanted = |part: &str| only.as_ref().is_none_or(|only| only == part);
    println!("# Speed\n");
    println!(
        "{}. Made by `cargo bench -p touchstone-check --bench speed -- --data DIR`.",
        machine::describe()
    );
    if wanted("claims") {
        claims::measure(&facts::graph(data.as_deref()));
    }
    if wanted("lexicon") {
        lexicon::measure();
    }
}

/// The median of some seconds.
fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

fn timed(work: impl FnOnce()) -> f64 {
    let start = std::time::Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

/// "12,345"
fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
