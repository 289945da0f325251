//! The lexicon beside its store, and what it finds.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::Path;

use proptest::prelude::*;
use touchstone_core::Language;
use touchstone_graph::model::{GraphName, Literal, NamedNode, Quad};
use touchstone_graph::vocabulary::rdfs;
use touchstone_graph::{Graph, Lexicon, Meaning, Ontology, Store, fold, is_han};

fn label(id: &str, text: &str, language: &str) -> Quad {
    let node = NamedNode::new_unchecked(format!("https://example.org/{id}"));
    let label = Literal::new_language_tagged_literal_unchecked(text, language);
    Quad::new(node, rdfs::LABEL.into_owned(), label, GraphName::DefaultGraph)
}

fn add(store: &Store, quads: &[Quad]) {
    store
        .change(|transaction| {
            quads.iter().for_each(|quad| transaction.insert(quad.as_ref()));
            Ok(())
        })
        .unwrap();
}

fn written(folder: &Path) -> Store {
    let store = Store::create_or_open(folder).unwrap();
    add(&store, &[label("1", "Ecuador", "en"), label("1", "厄瓜多尔", "zh"), label("2", "São Tomé", "en")]);
    store
}

/// The names that a text mentions, as IRIs with what was written.
fn names(graph: &Graph, text: &str) -> Vec<(String, String)> {
    let lexicon = graph.lexicon();
    let mentions = lexicon.find(text).into_iter();
    mentions
        .flat_map(|mention| {
            let written = text[mention.range].to_owned();
            let ids = mention.entries.iter().filter_map(|entry| match entry.meaning {
                Meaning::Entity(id) => Some(lexicon.entity(id).iri.as_str().to_owned()),
                _ => None,
            });
            ids.map(move |iri| (iri, written.clone())).collect::<Vec<_>>()
        })
        .collect()
}

const TEXT: &str = "ECUADOR’s coast, Sao Tomé; 厄瓜多爾的首都";

fn expected() -> Vec<(String, String)> {
    [("1", "ECUADOR"), ("2", "Sao Tomé"), ("1", "厄瓜多爾")]
        .map(|(id, text)| (format!("https://example.org/{id}"), text.to_owned()))
        .to_vec()
}

#[test]
fn it_is_written_once_and_mapped_by_all() {
    let dir = tempfile::tempdir().unwrap();
    let first = Graph::from_store(written(dir.path())).unwrap();
    assert!(first.lexicon().size().1, "mapped");
    let file = Lexicon::file(first.store()).unwrap();
    let changed = file.metadata().unwrap().modified().unwrap();
    let second = Graph::open_read_only(dir.path()).unwrap();
    for graph in [&first, &second] {
        assert_eq!(names(graph, TEXT), expected());
        let id = graph
            .lexicon()
            .entity_by_iri(NamedNode::new_unchecked("https://example.org/1").as_ref())
            .unwrap();
        assert_eq!(graph.lexicon().entity(id).label(Language::Chinese), "厄瓜多尔");
        assert!(graph.lexicon().entity_by_iri(rdfs::LABEL).is_none());
    }
    assert_eq!(file.metadata().unwrap().modified().unwrap(), changed);
    let memory = Lexicon::build(second.store(), &Ontology::read(second.store()).unwrap()).unwrap();
    assert_eq!(memory.phrase_count(), second.lexicon().phrase_count());
    assert_eq!(memory.size(), (second.lexicon().size().0, false));
}

#[test]
fn a_change_of_the_store_is_seen_and_what_is_in_use_stays() {
    let dir = tempfile::tempdir().unwrap();
    let old = Graph::from_store(written(dir.path())).unwrap();
    assert!(old.refreshed().unwrap().is_none());
    add(old.store(), &[label("3", "Quito", "en")]);
    let new = old.refreshed().unwrap().unwrap();
    assert_eq!(new.epoch(), old.epoch() + 1);
    assert!(names(&old, "Quito").is_empty());
    assert_eq!(names(&new, "Quito").len(), 1);
    assert_eq!(names(&old, TEXT), expected());
    assert_eq!(names(&Graph::open_read_only(dir.path()).unwrap(), "Quito").len(), 1);
}

#[test]
fn a_damaged_or_foreign_file_is_built_anew() {
    let dir = tempfile::tempdir().unwrap();
    let graph = Graph::from_store(written(dir.path())).unwrap();
    let file = Lexicon::file(graph.store()).unwrap();
    drop(graph);
    let whole = std::fs::read(&file).unwrap();
    let damaged = |bytes: Vec<u8>| {
        // Beside and renamed, as the program does: others may have it mapped.
        let other = dir.path().join("other");
        std::fs::write(&other, bytes).unwrap();
        std::fs::rename(&other, &file).unwrap();
        assert_eq!(names(&Graph::open_read_only(dir.path()).unwrap(), TEXT), expected());
        assert_eq!(std::fs::read(&file).unwrap(), whole);
    };
    for length in [0, 7, 40, whole.len() / 2, whole.len() - 1] {
        damaged(whole[..length].to_vec());
    }
    for at in (0..whole.len()).step_by(whole.len() / 23) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        damaged(bytes);
    }
    // Another store at the same place, at the same epoch.
    let elsewhere = tempfile::tempdir().unwrap();
    let other = Store::create_or_open(elsewhere.path()).unwrap();
    add(&other, &[label("9", "Peru", "en")]);
    let other = Graph::from_store(other).unwrap();
    damaged(std::fs::read(Lexicon::file(other.store()).unwrap()).unwrap());
}

#[test]
fn where_it_cannot_be_written_it_stays_in_memory() {
    let dir = tempfile::tempdir().unwrap();
    let store = written(dir.path());
    // Nothing can take the name of a folder that is not empty.
    let file = Lexicon::file(&store).unwrap();
    std::fs::create_dir_all(file.join("taken")).unwrap();
    let graph = Graph::from_store(store).unwrap();
    assert!(!graph.lexicon().size().1);
    assert_eq!(names(&graph, TEXT), expected());
    let left: Vec<_> = std::fs::read_dir(dir.path())
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().ends_with(".new"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Against trying every stretch of the text.
    #[test]
    fn every_mention_is_found_and_nothing_else(
        labels in prop::collection::vec("[a-cA-C' 漢汉é]{1,4}", 1..8),
        text in "[a-cA-C'. 漢汉ée]{0,24}",
    ) {
        let store = Store::in_memory().unwrap();
        let quads: Vec<Quad> =
            labels.iter().enumerate().map(|(at, text)| label(&at.to_string(), text, "en")).collect();
        add(&store, &quads);
        let graph = Graph::from_store(store).unwrap();
        let known: BTreeSet<String> = labels
            .iter()
            .map(|label| fold(label.trim()))
            .filter(|label| label.chars().any(char::is_alphanumeric))
            .collect();
        let cuts: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let joins = |c: char| c.is_alphanumeric() && !is_han(c);
        let free = |at: usize| !(text[..at].ends_with(joins) && text[at..].starts_with(joins));
        let mut wanted = Vec::new();
        for start in &cuts {
            for end in cuts.iter().rev().filter(|end| *end > start) {
                if free(*start) && free(*end) && known.contains(&fold(&text[*start..*end])) {
                    wanted.push(*start..*end);
                }
            }
        }
        let found: Vec<_> = graph.lexicon().find(&text).into_iter().map(|mention| mention.range).collect();
        prop_assert_eq!(found, wanted);
    }
}
