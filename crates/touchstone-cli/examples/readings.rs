//! How often the paths that are chosen for questions lead to the right
//! answers, with and without the model.
//!
//! `readings KB QUESTIONS.tsv [--questions N] [--skip N] [--seed S] [--no-brackets]
//! [--ontology TTL] [--model GGUF] [--ask-always] [--dump FILE] [--show N] [--about WORD]`, or
//! `readings KB --ask QUESTION`: `KB` is a file of subject, relation, object
//! with tabs between, or the folder of a store; `QUESTIONS.tsv` holds a
//! question, a tab, and the answers joined by `|` (MetaQA), or
//! `answer(all/answers)` (PathQuestion). `--dump` writes what the choice is
//! made of as JSON lines.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::collections::BTreeSet;
use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use touchstone_check::Checker;
use touchstone_core::Language;
use touchstone_graph::{Graph, ImportOptions, ImportSource, Store};
use touchstone_llama::{LlamaEngine, LlamaOptions};
use touchstone_llm::Engine;
use touchstone_llm::recorded::Recorded;
use touchstone_reason::{Prompts, ReasonOptions, Reasoner};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value =
        |name: &str| arguments.iter().position(|a| a == name).and_then(|at| arguments.get(at + 1)).cloned();
    let flag = |name: &str| arguments.iter().any(|a| a == name);
    let number = |name: &str, default: usize| value(name).map_or(default, |text| text.parse().unwrap());
    let graph = Arc::new(graph(Path::new(&arguments[0]), value("--ontology")));
    let model = value("--model");
    let engine: Arc<dyn Engine> = match &model {
        Some(file) => Arc::new(LlamaEngine::load(Path::new(file), &LlamaOptions::default()).unwrap()),
        None => Arc::new(Recorded::new(Vec::<String>::new())),
    };
    let checker = Arc::new(Checker::new(Arc::clone(&graph)));
    let reasoner = Reasoner::new(engine, checker, Prompts::load(None).unwrap(), ReasonOptions::default());
    if let Some(question) = value("--ask") {
        let language = reasoner.checker().language_of(&question).unwrap_or(Language::English);
        for view in reasoner.readings(&question, language, model.is_some()).unwrap() {
            println!(
                "{:.2} {} complete {} clear {} lacking {} {:?}\n    {}\n    {:?}",
                view.score,
                view.path,
                view.complete,
                view.clear,
                view.lacking,
                view.opinion,
                view.description,
                view.values.iter().take(6).collect::<Vec<_>>()
            );
        }
        return;
    }

    let text = std::fs::read_to_string(&arguments[1]).unwrap();
    let mut lines: Vec<&str> = text.lines().filter(|line| line.contains('\t')).collect();
    lines.shuffle(&mut rand::rngs::StdRng::seed_from_u64(number("--seed", 1) as u64));
    lines.drain(..number("--skip", 0).min(lines.len()));
    lines.truncate(number("--questions", 500));
    let mut dump = value("--dump").map(|file| std::fs::File::create(file).unwrap());

    let mut tally = Tally::default();
    let mut shown = 0;
    for line in lines {
        let (question, gold) = gold(line);
        let question = if flag("--no-brackets") { question.replace(['[', ']'], "") } else { question };
        tally.asked += 1;
        // A question counts when the graph knows its answers.
        if !gold.iter().any(|answer| !graph.lexicon().lookup(answer).is_empty()) {
            continue;
        }
        tally.held += 1;
        let start = Instant::now();
        let mut views = reasoner.readings(&question, Language::English, false).unwrap();
        let clear = views.first().is_none_or(|view| view.clear);
        if model.is_some() && (!clear || flag("--ask-always")) {
            views = reasoner.readings(&question, Language::English, true).unwrap();
            tally.model_asked += 1;
        }
        let seconds = start.elapsed().as_secs_f64();
        tally.seconds.push(seconds);
        let right =
            |at: usize| views.get(at).and_then(|v| v.values.first()).is_some_and(|v| gold.contains(v));
        let same = |at: usize| {
            views.get(at).is_some_and(|v| v.values.iter().cloned().collect::<BTreeSet<_>>() == gold)
        };
        if let Some(dump) = &mut dump {
            let each: Vec<serde_json::Value> = views
                .iter()
                .enumerate()
                .map(|(at, view)| {
                    let opinion = view.opinion.map(|one| [one.meant, one.anyway, one.asked]);
                    serde_json::json!({
                        "score": view.score, "opinion": opinion, "right": right(at), "same": same(at),
                        "complete": view.complete, "lacking": view.lacking, "unknown": view.unknown,
                        "restricted": view.restricted, "silent": view.silent, "unplaced": view.unplaced,
                        "path": view.path, "words": view.description, "values": view.values.len(),
                    })
                })
                .collect();
            let row = serde_json::json!({ "question": question, "clear": clear, "seconds": seconds, "readings": each });
            writeln!(dump, "{row}").unwrap();
        }
        tally.first += usize::from(right(0));
        tally.exact += usize::from(same(0));
        tally.any += usize::from((0..views.len()).any(right));
        if views.first().is_some_and(|view| view.lacking) {
            tally.lacking += 1;
            tally.lacking_right += usize::from(right(0));
        } else if clear {
            tally.clear += 1;
            tally.clear_wrong += usize::from(!right(0));
        }
        let about = value("--about").is_none_or(|word| question.contains(&word));
        if !right(0) && shown < number("--show", 0) && about {
            shown += 1;
            println!("{question}\n  gold {:?}", gold.iter().take(4).collect::<Vec<_>>());
            for (at, view) in views.iter().enumerate() {
                println!(
                    "  {:.2} {} {} {:?}",
                    view.score,
                    if right(at) { "+" } else { "-" },
                    view.path,
                    view.opinion
                );
            }
        }
    }
    tally.print();
}

#[derive(Default)]
struct Tally {
    asked: usize,
    held: usize,
    first: usize,
    exact: usize,
    /// The right reading is among those that are looked at.
    any: usize,
    clear: usize,
    clear_wrong: usize,
    model_asked: usize,
    /// The graph lacks what is asked for, as the reader sees it.
    lacking: usize,
    lacking_right: usize,
    seconds: Vec<f64>,
}

impl Tally {
    fn print(mut self) {
        let share = |n: usize| 100.0 * n as f64 / self.held.max(1) as f64;
        println!(
            "{} questions, {} held; first answer right {:.1}% (in some reading {:.1}%), sets exact {:.1}%; {:.1}% settled by the words, of them wrong {:.1}%; the model asked about {:.1}%; the graph seen to lack the answer to {:.1}%, of them right {:.1}%",
            self.asked,
            self.held,
            share(self.first),
            share(self.any),
            share(self.exact),
            share(self.clear),
            100.0 * self.clear_wrong as f64 / self.clear.max(1) as f64,
            share(self.model_asked),
            share(self.lacking),
            100.0 * self.lacking_right as f64 / self.lacking.max(1) as f64,
        );
        self.seconds.sort_by(f64::total_cmp);
        let at = |share: f64| self.seconds.get((share * (self.seconds.len() - 1) as f64) as usize);
        println!(
            "seconds a question: mean {:.4}, median {:.4}, 95% {:.3}, 99% {:.3}, most {:.3}",
            self.seconds.iter().sum::<f64>() / self.seconds.len().max(1) as f64,
            at(0.5).unwrap_or(&0.0),
            at(0.95).unwrap_or(&0.0),
            at(0.99).unwrap_or(&0.0),
            self.seconds.last().unwrap_or(&0.0),
        );
    }
}

/// That of `eval/suites/metaqa.ttl`.
const NAMESPACE: &str = "https://w3id.org/touchstone/eval/metaqa/";

fn graph(path: &Path, ontology: Option<String>) -> Graph {
    if path.is_dir() {
        return Graph::open_read_only(path).unwrap();
    }
    let store = Store::in_memory().unwrap();
    let source = ImportSource::PlainTriples { file: PathBuf::from(path), namespace: NAMESPACE.into() };
    let import = |source: &ImportSource| {
        store.import(source, &ImportOptions::default(), &mut |_| ControlFlow::Continue(())).unwrap();
    };
    import(&source);
    if let Some(file) = ontology {
        import(&ImportSource::Rdf(file.into()));
    }
    Graph::from_store(store).unwrap()
}

fn gold(line: &str) -> (String, BTreeSet<String>) {
    let columns: Vec<&str> = line.split('\t').collect();
    let (question, answers) = (columns[0], columns[1]);
    if let Some((_, all)) = answers.split_once('(').filter(|_| answers.ends_with("/)")) {
        let names = all.trim_end_matches(')').split('/').filter(|name| !name.is_empty());
        return (question.replace('_', " "), names.map(|name| name.replace('_', " ")).collect());
    }
    (question.to_owned(), answers.split('|').map(str::to_owned).collect())
}
