//! The graph that claims are checked against.

use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use touchstone_graph::{Graph, ImportOptions, ImportSource, Store};

/// As many films as give the facts of MetaQA.
const FILMS: usize = 17_000;

pub(crate) fn graph(data: Option<&Path>) -> Arc<Graph> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let file = match data {
        Some(data) => data.join("metaqa/kb.tsv"),
        None => {
            let file = folder.join("films.tsv");
            std::fs::write(&file, films()).unwrap();
            file
        }
    };
    let name = if data.is_some() { "metaqa" } else { "films" };
    let store = folder.join(name);
    if !store.join("CURRENT").exists() {
        let source = ImportSource::PlainTriples { file, namespace: "https://example.org/".to_owned() };
        Store::create_or_open(&store)
            .unwrap()
            .import(&source, &ImportOptions::default(), &mut |_| ControlFlow::Continue(()))
            .unwrap();
    }
    let graph = Graph::open_read_only(&store).unwrap();
    println!(
        "\n## Claims\n\n{} quads, {} names ({}).\n",
        super::grouped(graph.store().inner().len().unwrap() as f64),
        super::grouped(graph.lexicon().entity_count() as f64),
        if data.is_some() { "MetaQA" } else { "generated films" }
    );
    Arc::new(graph)
}

fn films() -> String {
    let labels = super::names::labels(FILMS * 4);
    let name = |at: usize| &labels[at % labels.len()].0;
    let mut table = String::new();
    for film in 0..FILMS {
        let title = format!("{} of {}", name(film), name(film * 7 + 1));
        for (relation, object) in [
            ("directed by", name(FILMS + film / 3).clone()),
            ("written by", name(FILMS + film / 2).clone()),
            ("starred actors", name(FILMS + film * 2).clone()),
            ("starred actors", name(FILMS + film * 2 + 1).clone()),
            ("starred actors", name(FILMS + film / 4).clone()),
            ("release year", (1930 + film % 90).to_string()),
            ("has genre", ["Drama", "Comedy", "Western", "Horror"][film % 4].to_owned()),
            ("in language", ["French", "German", "Japanese"][film % 3].to_owned()),
        ] {
            let _ = writeln!(table, "{title}\t{relation}\t{object}");
        }
    }
    table
}
