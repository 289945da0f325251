//! Whatever bytes a file holds, reading it ends in a result.
#![allow(clippy::unwrap_used)]

use std::ops::ControlFlow;
use std::path::Path;

use proptest::prelude::*;
use touchstone_graph::{ImportOptions, ImportSource, Mapping, QueryLimits, Store};

const FORMATS: [&str; 14] = [
    "ttl", "nt", "nq", "trig", "rdf", "jsonld", "nt.gz", "ttl.zst", "csv", "tsv", "json", "jsonl",
    "json.zst", "plain",
];

/// Pieces that real files are made of, so that parsers get past the first byte.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        "<http://a/b>",
        " ",
        ".",
        "\n",
        "\"x\"@en",
        "\"1\"^^<http://www.w3.org/2001/XMLSchema#integer>",
        "_:b",
        "[",
        "]",
        "{",
        "}",
        "(",
        ")",
        "@prefix a: <http://a/> .\n",
        "a:b",
        "<<",
        ">>",
        "{|",
        "|}",
        "\"\"\"",
        "\\u12",
        "\\uD800",
        "#",
        ",",
        ";",
        "<?xml version=\"1.0\"?>",
        "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">",
        "</rdf:RDF>",
        "<rdf:Description rdf:about=\"http://a\">",
        "</rdf:Description>",
        "<!DOCTYPE a [<!ENTITY b \"c\">]>",
        "&b;",
        "\"@context\":",
        "\"@id\":",
        "\"@graph\":",
        "\"@list\":",
        "\"@reverse\":",
        "\"id\":",
        "\"1\"",
        "null",
        "1e999",
        "-0",
        "id,x\n",
        "id\tx\n",
        "1\t2\t3\n",
        "\t",
        "\"",
        "'",
        "金",
        "\u{feff}",
        "\0",
        "\r",
    ]);
    let piece = prop_oneof![
        4 => known.prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..8),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn read(dir: &Path, format: &str, bytes: &[u8]) {
    for skip_errors in [false, true] {
        let store = Store::in_memory().unwrap();
        let path = dir.join(format!("data.{format}"));
        std::fs::write(&path, bytes).unwrap();
        let source = match format {
            "plain" => ImportSource::PlainTriples { file: path, namespace: "http://example.com/".into() },
            f if ["csv", "tsv", "json"].iter().any(|table| f.starts_with(table)) && f != "jsonld" => {
                let mapping = format!(
                    "graph = 'http://example.com/g'\n[[rows]]\nfile = 'data.{format}'\nsubject = 'http://example.com/{{id}}'\n\
                     facts = [ {{ predicate = 'rdfs:label', field = 'id', language = 'en' }} ]\n"
                );
                let file = dir.join("map.toml");
                std::fs::write(&file, mapping).unwrap();
                ImportSource::Mapped { mapping: file, data: dir.to_owned() }
            }
            _ => ImportSource::Rdf(path),
        };
        let options = ImportOptions { skip_errors, ..ImportOptions::default() };
        match store.import(&source, &options, &mut |_| ControlFlow::Continue(())) {
            Ok(report) => assert!(skip_errors || report.skipped == 0),
            Err(error) => {
                assert_eq!(store.inner().len().unwrap(), 0, "{error}");
                assert_eq!(store.epoch().unwrap(), 0);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_end_in_a_result(bytes in prop::collection::vec(any::<u8>(), 0..300), format in 0..FORMATS.len()) {
        let dir = tempfile::tempdir().unwrap();
        read(dir.path(), FORMATS[format], &bytes);
    }

    #[test]
    fn any_pieces_end_in_a_result(bytes in pieces(), format in 0..FORMATS.len()) {
        let dir = tempfile::tempdir().unwrap();
        let format = FORMATS[format];
        let bytes = match format {
            f if f.ends_with(".zst") => zstd::encode_all(bytes.as_slice(), 1).unwrap(),
            _ => bytes,
        };
        read(dir.path(), format, &bytes);
    }

    #[test]
    fn any_mapping_ends_in_a_result(text in ".{0,200}", key in "[a-z]{1,10}") {
        let _ = Mapping::parse(&text, "map.toml");
        let _ = Mapping::parse(&format!("graph = 'http://a/b'\n{key} = {text:?}\n[[rows]]\nfile = 'a'\nsubject = {text:?}\n"), "map.toml");
    }

    #[test]
    fn any_query_ends_in_a_result(query in ".{0,120}") {
        let store = Store::in_memory().unwrap();
        let _ = store.query_table(&query, QueryLimits::default());
        let _ = store.query_table(&format!("SELECT * {{ {query} }}"), QueryLimits::default());
    }
}
