#![allow(clippy::unwrap_used)]
//! The index as its users see it: on disk, in two languages, while it changes.

use std::path::PathBuf;

use touchstone_core::Language;
use touchstone_text::{Document, MAX_QUERY_CHARS, TextError, TextIndex};

fn documents() -> Vec<Result<Document, TextError>> {
    vec![
        Ok(Document::new("ec", "Ecuador", "Quito is the capital. The currency is the US dollar.")),
        Ok(Document::new("pe", "Peru", "Lima is the capital of the country. The capital has a port.")),
        Ok(Document::new("zh", "厄瓜多尔", "基多是厄瓜多尔的首都。货币是美元。")),
    ]
}

fn ids(index: &TextIndex, words: &str) -> Vec<String> {
    index.search(words, None, 10).unwrap().into_iter().map(|p| p.document).collect()
}

fn filled() -> (tempfile::TempDir, TextIndex) {
    let dir = tempfile::tempdir().unwrap();
    let index = TextIndex::create(dir.path()).unwrap();
    index.add("demo", documents()).unwrap();
    (dir, index)
}

#[test]
fn both_languages_are_found_and_the_best_is_first() {
    let (_dir, index) = filled();
    assert_eq!(ids(&index, "Ecuadorian currencies, Ecuador"), ["ec"]);
    assert_eq!(ids(&index, "currencies of Ecuador"), ["ec", "pe"], "a rare word counts more than \"of\"");
    assert_eq!(ids(&index, "capitals"), ["pe", "ec"], "twice counts more than once");
    assert_eq!(ids(&index, "厄瓜多尔首都"), ["zh"]);
    assert_eq!(ids(&index, "Lima 首都").len(), 2);
    let chinese = index.search("Lima 首都", Some(Language::Chinese), 10).unwrap();
    assert_eq!(chinese.len(), 1);
    assert_eq!(chinese[0].text, "基多是厄瓜多尔的首都。货币是美元。");
    assert_eq!(chinese[0].span, [0, 17]);
    assert!(chinese[0].score > 0.0);
    assert_eq!(index.search("capital", None, 1).unwrap().len(), 1);
    assert!(index.search("capital", None, 0).unwrap().is_empty());
}

#[test]
fn the_words_have_no_syntax() {
    let (_dir, index) = filled();
    for words in
        ["capital:*", "source:demo", "\"", "a AND (", "+[* TO *]", "~", "\\", "document:ec^", "", "🙂"]
    {
        index.search(words, None, 10).unwrap();
    }
    assert!(ids(&index, "source:demo").is_empty());
    assert!(ids(&index, "*").is_empty());
    let long = "word ".repeat(MAX_QUERY_CHARS);
    assert!(matches!(index.search(&long, None, 1), Err(TextError::QueryTooLong { .. })));
}

#[test]
fn a_document_is_replaced_by_its_id_and_a_source_as_a_whole() {
    let (dir, index) = filled();
    index.add("demo", [Ok(Document::new("pe", "Peru", "Lima has a harbour."))]).unwrap();
    assert_eq!(ids(&index, "capital"), ["ec"]);
    index.add("other", [Ok(Document::new("x", "", "Quito elsewhere."))]).unwrap();
    let report = index.replace("demo", [Ok(Document::new("new", "", "Quito again."))], Some(41)).unwrap();
    assert_eq!((report.documents, report.passages, report.epoch), (1, 1, 41));
    let mut found = ids(&index, "Quito");
    found.sort();
    assert_eq!(found, ["new", "x"]);
    drop(index);
    let again = TextIndex::open(dir.path()).unwrap();
    assert_eq!((again.epoch().unwrap(), again.len()), (41, 2));
    again.add("other", [Ok(Document::new("y", "", "z"))]).unwrap();
    assert_eq!(again.epoch().unwrap(), 42);
}

#[test]
fn an_error_in_the_middle_changes_nothing() {
    let (_dir, index) = filled();
    let error = TextError::Line { path: PathBuf::from("f"), line: 2, reason: "bad".into() };
    let documents = [Ok(Document::new("n", "", "Novelty")), Err(error)];
    assert!(index.replace("demo", documents, None).is_err());
    assert!(ids(&index, "Novelty").is_empty());
    assert_eq!(ids(&index, "Lima"), ["pe"]);
    index.add("demo", [Ok(Document::new("m", "", "Later"))]).unwrap();
    assert!(ids(&index, "Novelty").is_empty(), "the rolled back document must not come back");
    assert_eq!(ids(&index, "Later"), ["m"]);
}

#[test]
fn a_missing_or_foreign_index_is_named() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(TextIndex::open(dir.path()), Err(TextError::Missing(_))));
    std::fs::write(dir.path().join("meta.json"), "{}").unwrap();
    let error = TextIndex::open(dir.path()).err().unwrap().to_string();
    assert!(error.contains("another version"), "{error}");
}
