//! RDF files in every serialisation, whole and broken.
#![allow(clippy::unwrap_used)]

use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use touchstone_graph::model::NamedNode;
use touchstone_graph::{GraphError, ImportOptions, ImportReport, ImportSource, Store};

const TURTLE: &str = r#"@prefix ex: <http://example.com/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
ex:quito rdfs:label "Quito"@en , "基多"@zh ; ex:elevation 2850 ; ex:country ex:ecuador .
"#;
const N_TRIPLES: &str = r#"<http://example.com/quito> <http://www.w3.org/2000/01/rdf-schema#label> "Quito"@en .
<http://example.com/quito> <http://www.w3.org/2000/01/rdf-schema#label> "\u57FA\u591A"@zh .
<http://example.com/quito> <http://example.com/elevation> "2850"^^<http://www.w3.org/2001/XMLSchema#integer> .
<http://example.com/quito> <http://example.com/country> <http://example.com/ecuador> .
"#;
const RDF_XML: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
  xmlns:rdfs="http://www.w3.org/2000/01/rdf-schema#" xmlns:ex="http://example.com/">
  <rdf:Description rdf:about="http://example.com/quito">
    <rdfs:label xml:lang="en">Quito</rdfs:label>
    <rdfs:label xml:lang="zh">基多</rdfs:label>
    <ex:elevation rdf:datatype="http://www.w3.org/2001/XMLSchema#integer">2850</ex:elevation>
    <ex:country rdf:resource="http://example.com/ecuador"/>
  </rdf:Description>
</rdf:RDF>
"#;
const JSON_LD: &str = r#"{
  "@context": { "ex": "http://example.com/", "rdfs": "http://www.w3.org/2000/01/rdf-schema#" },
  "@id": "ex:quito",
  "rdfs:label": [ { "@value": "Quito", "@language": "en" }, { "@value": "基多", "@language": "zh" } ],
  "ex:elevation": 2850,
  "ex:country": { "@id": "ex:ecuador" }
}
"#;

fn n_quads() -> String {
    N_TRIPLES.replace(" .\n", " <http://example.com/graph> .\n")
}

fn trig() -> String {
    let (prefixes, facts) = TURTLE.split_at(TURTLE.find("ex:quito").unwrap());
    format!("{prefixes}<http://example.com/graph> {{ {facts} }}\n")
}

fn write(dir: &Path, name: &str, content: &[u8]) -> PathBuf {
    let path = dir.join(name);
    std::fs::write(&path, content).unwrap();
    path
}

fn import(store: &Store, file: &Path, options: &ImportOptions) -> Result<ImportReport, GraphError> {
    store.import(&ImportSource::Rdf(file.to_owned()), options, &mut |_| ControlFlow::Continue(()))
}

fn into_graph() -> ImportOptions {
    ImportOptions {
        graph: Some(NamedNode::new("http://example.com/graph").unwrap()),
        ..ImportOptions::default()
    }
}

/// All quads in a stable order, without what the store says of itself.
fn dump(store: &Store) -> Vec<String> {
    let quads = store.inner().iter().map(|quad| quad.unwrap().to_string());
    let mut quads: Vec<String> = quads.filter(|q| !q.contains("touchstone/ns#meta")).collect();
    quads.sort();
    quads
}

fn expected() -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::in_memory().unwrap();
    import(&store, &write(dir.path(), "a.nq", n_quads().as_bytes()), &ImportOptions::default()).unwrap();
    let quads = dump(&store);
    assert_eq!(quads.len(), 4);
    assert!(quads.iter().any(|q| q.contains("\"基多\"@zh <http://example.com/graph>")), "{quads:?}");
    quads
}

#[test]
fn every_serialisation_says_the_same() {
    let expected = expected();
    let dir = tempfile::tempdir().unwrap();
    let (quads, trig) = (n_quads(), trig());
    let files = [
        ("a.ttl", TURTLE),
        ("a.nt", N_TRIPLES),
        ("a.nq", quads.as_str()),
        ("a.trig", trig.as_str()),
        ("a.rdf", RDF_XML),
        ("a.jsonld", JSON_LD),
    ];
    for (name, content) in files {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(content.as_bytes()).unwrap();
        let variants = [
            (name.to_owned(), content.as_bytes().to_vec()),
            (format!("{name}.gz"), gzip.finish().unwrap()),
            (format!("{name}.zst"), zstd::encode_all(content.as_bytes(), 3).unwrap()),
        ];
        for (name, bytes) in variants {
            let store = Store::in_memory().unwrap();
            let report = import(&store, &write(dir.path(), &name, &bytes), &into_graph()).unwrap();
            assert_eq!(dump(&store), expected, "{name}");
            assert_eq!((report.quads, report.skipped), (4, 0), "{name}");
            assert_eq!(report.graphs.iter().collect::<Vec<_>>(), ["http://example.com/graph"], "{name}");
        }
    }
}

#[test]
fn what_is_exported_can_be_imported_again() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::in_memory().unwrap();
    import(&store, &write(dir.path(), "a.nq", n_quads().as_bytes()), &ImportOptions::default()).unwrap();
    let graph = NamedNode::new("http://example.com/graph").unwrap();
    for name in ["b.nq", "b.trig", "b.jsonld", "b.nq.gz", "b.trig.zst", "b.nt", "b.ttl", "b.rdf", "b.ttl.zst"]
    {
        let path = dir.path().join(name);
        let one_graph = ["nt", "ttl", "rdf"].iter().any(|e| name.contains(&format!(".{e}")));
        assert_eq!(store.export(&path, one_graph.then_some(&graph)).unwrap(), 4, "{name}");
        let again = Store::in_memory().unwrap();
        import(&again, &path, &into_graph()).unwrap();
        assert_eq!(dump(&again), dump(&store), "{name}");
    }
    let error = store.export(&dir.path().join("b.ttl"), None).unwrap_err().to_string();
    assert!(error.contains("--graph"), "{error}");
}

#[test]
fn a_broken_line_in_the_middle_is_named_and_nothing_is_loaded() {
    let dir = tempfile::tempdir().unwrap();
    let mut lines: Vec<String> =
        (0..1000).map(|i| format!("<http://example.com/s{i}> <http://example.com/p> \"{i}\" .")).collect();
    lines[499] = "<http://example.com/s499> <http://example.com/p> \"no end .".to_owned();
    let file = write(dir.path(), "broken.nt", lines.join("\n").as_bytes());
    let store = Store::in_memory().unwrap();
    match import(&store, &file, &ImportOptions::default()).unwrap_err() {
        GraphError::Syntax { line, file, .. } => {
            assert_eq!(line, 500);
            assert!(file.ends_with("broken.nt"));
        }
        other => panic!("{other}"),
    }
    assert!(dump(&store).is_empty());
    assert_eq!(store.epoch().unwrap(), 0);

    let skipping = ImportOptions { skip_errors: true, ..ImportOptions::default() };
    let report = import(&store, &file, &skipping).unwrap();
    assert_eq!((report.quads, report.skipped), (999, 1));
    assert!(report.skips[0].contains("broken.nt:500:"), "{:?}", report.skips);
    assert_eq!(dump(&store).len(), 999);
}

#[test]
fn broken_files_of_every_serialisation_load_nothing_and_name_a_line() {
    let dir = tempfile::tempdir().unwrap();
    let quads = n_quads().replacen("<http://example.com/elevation>", "<http://exa mple.com/elevation>", 1);
    let broken = [
        ("a.ttl", TURTLE.replace("ex:elevation", "nope:elevation"), 3),
        ("a.nt", N_TRIPLES.replacen("\"Quito\"", "Quito", 1), 1),
        ("a.nq", quads, 3),
        ("a.trig", trig().replace("ex:elevation", "nope:elevation"), 3),
        ("a.rdf", RDF_XML.replace("</ex:elevation>", "</ex:wrong>"), 7),
        ("a.jsonld", JSON_LD.replace("2850,", "2850"), 6),
    ];
    for (name, content, wanted) in broken {
        let store = Store::in_memory().unwrap();
        match import(&store, &write(dir.path(), name, content.as_bytes()), &into_graph()).unwrap_err() {
            GraphError::Syntax { line, .. } => {
                assert!(line.abs_diff(wanted) <= 1, "{name}: line {line}, not {wanted}")
            }
            other => panic!("{name}: {other}"),
        }
        assert!(dump(&store).is_empty(), "{name}");
    }
}

#[test]
fn truncated_archives_and_unknown_formats_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let whole = zstd::encode_all(N_TRIPLES.repeat(500).as_bytes(), 3).unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(N_TRIPLES.repeat(500).as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let store = Store::in_memory().unwrap();
    for (name, bytes) in [("a.nt.zst", &whole[..whole.len() / 2]), ("a.nt.gz", &gzip[..gzip.len() / 2])] {
        for skip_errors in [false, true] {
            let options = ImportOptions { skip_errors, ..ImportOptions::default() };
            let result = import(&store, &write(dir.path(), name, bytes), &options);
            assert!(matches!(result, Err(GraphError::Unreadable { .. })), "{name}: {result:?}");
            assert!(dump(&store).is_empty(), "{name}");
        }
    }
    let result = import(&store, &write(dir.path(), "a.docx", b"x"), &ImportOptions::default());
    assert!(matches!(result, Err(GraphError::UnknownFormat { .. })));
    let missing = import(&store, &dir.path().join("missing.nt"), &ImportOptions::default());
    assert!(missing.unwrap_err().to_string().contains("missing.nt"));
}

#[test]
fn importing_again_replaces_and_leaves_other_graphs() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::in_memory().unwrap();
    let replacing = ImportOptions { replace: true, ..into_graph() };
    let other = ImportOptions {
        graph: Some(NamedNode::new("http://example.com/other").unwrap()),
        ..replacing.clone()
    };
    import(&store, &write(dir.path(), "o.nt", N_TRIPLES.as_bytes()), &other).unwrap();
    import(&store, &write(dir.path(), "a.nt", N_TRIPLES.as_bytes()), &replacing).unwrap();
    assert_eq!(dump(&store).len(), 8);
    let changed = N_TRIPLES.replace("2850", "2851");
    import(&store, &write(dir.path(), "a.nt", changed.as_bytes()), &replacing).unwrap();
    let quads = dump(&store);
    assert_eq!(quads.len(), 8);
    let has = |value: &str, graph: &str| quads.iter().any(|q| q.contains(value) && q.contains(graph));
    assert!(has("2851", "graph>") && !has("\"2850\"", "graph>") && has("\"2850\"", "other>"), "{quads:?}");
    assert_eq!(store.epoch().unwrap(), 3);
}

#[test]
fn an_import_that_is_stopped_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let lines: String = (0..50_000)
        .map(|i| format!("<http://example.com/s{i}> <http://example.com/p> \"{i}\" .\n"))
        .collect();
    let file = write(dir.path(), "many.nt", lines.as_bytes());
    let store = Store::create_or_open(&dir.path().join("store")).unwrap();
    import(&store, &write(dir.path(), "a.nt", N_TRIPLES.as_bytes()), &into_graph()).unwrap();
    let before = dump(&store);
    let mut seen = 0;
    let result = store.import(
        &ImportSource::Rdf(file.clone()),
        &ImportOptions { replace: true, ..into_graph() },
        &mut |progress| {
            seen = progress.quads;
            assert!(progress.bytes_read > 0 && progress.bytes_read <= progress.bytes_total);
            if progress.quads >= 20_000 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        },
    );
    assert!(matches!(result, Err(GraphError::Interrupted)));
    assert!((20_000..40_000).contains(&seen), "{seen}");
    assert_eq!(dump(&store), before);
    assert_eq!(store.epoch().unwrap(), 1);
}

#[test]
fn annotations_of_rdf_1_2_are_read_and_written() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.ttl");
    std::fs::write(&file, "@prefix : <http://e.x/> . :a :p :b {| :from 1990 |} . << :a :q :c >> :said :d .")
        .unwrap();
    let store = Store::in_memory().unwrap();
    let options =
        ImportOptions { graph: Some(NamedNode::new("http://e.x/g").unwrap()), ..ImportOptions::default() };
    let import = |store: &Store, file: PathBuf| {
        store.import(&ImportSource::Rdf(file), &options, &mut |_| ControlFlow::Continue(())).unwrap().quads
    };
    // The fact, its reifier and what is said; what is only said of is no fact.
    assert_eq!(import(&store, file), 5);
}
