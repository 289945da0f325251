//! A million labels: start-up, memory, mentions.

use std::path::PathBuf;

use touchstone_graph::{Folded, Graph, Lexicon, Ontology};

use super::{grouped, machine, median, names, timed};

const LABELS: usize = 1_000_000;
const TEXT: usize = 8 << 20;
const RUNS: usize = 3;

pub(crate) fn measure() {
    let labels = names::labels(LABELS);
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("million");
    let store = names::store(&folder, &labels).unwrap();
    let ontology = Ontology::read(&store).unwrap();
    let built = timed(|| drop(Lexicon::build(&store, &ontology).unwrap()));
    drop(Lexicon::open(&store, &ontology).unwrap());
    drop(store);
    eprintln!("built");
    let before = machine::memory();
    let mut opened = Vec::new();
    let mut graph = None;
    for _ in 0..RUNS {
        drop(graph.take());
        opened.push(timed(|| graph = Some(Graph::open_read_only(&folder).unwrap())));
    }
    let graph = graph.unwrap();
    let after = machine::memory();
    let (bytes, mapped) = graph.lexicon().size();
    println!("\n## Lexicon of a million labels\n");
    println!(
        "{} phrases of {} things, half of them Chinese, generated; medians of {RUNS} runs; start-up by the clock, the rest in the processor's time where nothing else is said.\n",
        grouped(graph.lexicon().phrase_count() as f64),
        grouped(graph.lexicon().entity_count() as f64)
    );
    println!("| | |\n| --- | --- |");
    println!("| start-up: store, ontology and lexicon | {:.3} s |", median(opened));
    println!(
        "| the file, {} | {:.0} MiB |",
        if mapped { "mapped" } else { "in memory" },
        bytes as f64 / 1024.0 / 1024.0
    );
    println!("| memory of its own that start-up takes | {:.0} MiB |", after.0 - before.0);
    println!("| building it, once for each change of the store | {built:.1} s |");
    for (language, text) in
        [("English", names::english(&labels, TEXT)), ("Chinese", names::chinese(&labels, TEXT))]
    {
        let megabytes = text.len() as f64 / 1e6;
        let mut mentions = 0;
        let runs =
            |work: &mut dyn FnMut()| median((0..RUNS).map(|_| machine::processor_time(&mut *work)).collect());
        let found = runs(&mut || mentions = graph.lexicon().find(&text).len());
        let folded = runs(&mut || drop(std::hint::black_box(Folded::new(&text))));
        let parts = parts(&text, machine::threads());
        let together = || {
            std::thread::scope(|scope| {
                for part in &parts {
                    scope.spawn(|| std::hint::black_box(graph.lexicon().find(part).len()));
                }
            });
        };
        let clock = median((0..RUNS).map(|_| timed(together)).collect());
        println!(
            "| mentions in {language} text, one core's time | {:.0} MB/s ({} a MB) |",
            megabytes / found,
            grouped(mentions as f64 / megabytes)
        );
        println!(
            "| mentions in {language} text, by the clock, {} threads | {:.0} MB/s |",
            machine::threads(),
            megabytes / clock
        );
        println!("| folding of {language} text | {:.0} MB/s |", megabytes / folded);
    }
}

/// The text in so many parts, each of whole characters.
fn parts(text: &str, count: usize) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    for left in (1..=count).rev() {
        let wanted = rest.len() / left;
        let end = (0..=wanted).rev().find(|at| rest.is_char_boundary(*at)).unwrap_or(0);
        let (part, behind) = rest.split_at(end);
        parts.push(part);
        rest = behind;
    }
    parts
}
