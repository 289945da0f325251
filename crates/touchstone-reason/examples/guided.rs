//! How often the paths that are chosen without a model lead to the right
//! answers.
//!
//! `guided KB.tsv QUESTIONS.tsv [--questions N] [--seed S] [--no-brackets] [--show N] [--about WORD]`:
//! `KB.tsv` holds subject, relation, object; `QUESTIONS.tsv` a question, a
//! tab, and the answers joined by `|` (MetaQA), or `answer(all/answers)`
//! (PathQuestion).
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use touchstone_core::Language;
use touchstone_graph::model::Term;
use touchstone_graph::{Graph, ImportOptions, ImportSource, Store};
use touchstone_reason::Guide;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value =
        |name: &str| arguments.iter().position(|a| a == name).and_then(|at| arguments.get(at + 1)).cloned();
    let number = |name: &str, default: usize| value(name).map_or(default, |text| text.parse().unwrap());
    let brackets = !arguments.iter().any(|a| a == "--no-brackets");
    let (questions, seed, show) = (number("--questions", 500), number("--seed", 1), number("--show", 0));

    let store = Store::in_memory().unwrap();
    let source = ImportSource::PlainTriples {
        file: PathBuf::from(&arguments[0]),
        namespace: "https://example.org/".into(),
    };
    store.import(&source, &ImportOptions::default(), &mut |_| ControlFlow::Continue(())).unwrap();
    let guide = Guide::new(Arc::new(Graph::from_store(store).unwrap()));
    let lexicon = guide.graph().lexicon();

    let text = std::fs::read_to_string(&arguments[1]).unwrap();
    let mut lines: Vec<&str> = text.lines().filter(|line| line.contains('\t')).collect();
    lines.shuffle(&mut rand::rngs::StdRng::seed_from_u64(seed as u64));
    lines.truncate(questions);

    let (mut asked, mut held, mut first, mut exact, mut complete, mut complete_wrong) = (0, 0, 0, 0, 0, 0);
    let mut shown = 0;
    let begun = Instant::now();
    let mut slowest = 0.0_f64;
    for line in lines {
        let (question, gold) = gold(line);
        let question = if brackets { question } else { question.replace(['[', ']'], "") };
        asked += 1;
        // A question counts when the graph knows its answers.
        let known = |answer: &String| !lexicon.lookup(answer).is_empty();
        if !gold.iter().any(known) {
            continue;
        }
        let start = Instant::now();
        let found = guide.interpret(&question, Language::English, 4).unwrap();
        let mut answers: Vec<String> = Vec::new();
        let mut chosen = None;
        for one in &found {
            if let Some(steps) = guide.follow(one.entity(), one.hops()).unwrap() {
                answers = steps
                    .last()
                    .unwrap()
                    .reached
                    .iter()
                    .map(|reached| match &reached.term {
                        Term::NamedNode(node) => lexicon.entity_by_iri(node.as_ref()).map_or_else(
                            || node.to_string(),
                            |id| lexicon.entity(id).label(Language::English).to_owned(),
                        ),
                        other => other.to_string(),
                    })
                    .collect();
                chosen = Some(one);
                break;
            }
        }
        slowest = slowest.max(start.elapsed().as_secs_f64());
        held += 1;
        let right = answers.first().is_some_and(|answer| gold.contains(answer));
        let same = answers.iter().cloned().collect::<BTreeSet<_>>() == gold;
        first += usize::from(right);
        exact += usize::from(same);
        if let Some(one) = chosen.filter(|one| one.is_complete()) {
            complete += 1;
            complete_wrong += usize::from(!right);
            let _ = one;
        }
        let about = value("--about").is_none_or(|word| question.contains(&word));
        if !right && shown < show && about {
            shown += 1;
            println!("{question}\n  gold {:?}", gold.iter().take(4).collect::<Vec<_>>());
            for one in &found {
                println!("  {:.2} {}", one.score, guide.describe(one));
            }
        }
    }
    let share = |n: usize| 100.0 * n as f64 / held.max(1) as f64;
    println!(
        "{asked} questions, {held} held; first answer right {:.1}%, sets exact {:.1}%; {:.1}% read completely, of them wrong {:.1}%; {:.1} ms a question, at most {:.0} ms",
        share(first),
        share(exact),
        share(complete),
        100.0 * complete_wrong as f64 / complete.max(1) as f64,
        1000.0 * begun.elapsed().as_secs_f64() / held.max(1) as f64,
        1000.0 * slowest,
    );
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
