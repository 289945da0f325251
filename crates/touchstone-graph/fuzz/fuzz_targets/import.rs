//! Any bytes as a file of any format: a result, and all of it or nothing.
#![no_main]

use std::ops::ControlFlow;

use libfuzzer_sys::fuzz_target;
use touchstone_graph::{ImportOptions, ImportSource, Store};

const FORMATS: [&str; 9] = ["ttl", "nt", "nq", "trig", "rdf", "jsonld", "nq.gz", "ttl.zst", "plain"];

fuzz_target!(|data: &[u8]| {
    let Some((&choice, bytes)) = data.split_first() else { return };
    let format = FORMATS[usize::from(choice >> 1) % FORMATS.len()];
    let dir = tempfile::tempdir().expect("a folder for the file");
    let file = dir.path().join(format!("data.{format}"));
    std::fs::write(&file, bytes).expect("the file is written");
    let source = match format {
        "plain" => ImportSource::PlainTriples { file, namespace: "http://example.com/".to_owned() },
        _ => ImportSource::Rdf(file),
    };
    let store = Store::in_memory().expect("an empty store");
    let options = ImportOptions { skip_errors: choice & 1 == 1, ..ImportOptions::default() };
    if store.import(&source, &options, &mut |_| ControlFlow::Continue(())).is_err() {
        assert_eq!(store.inner().len().expect("the store is readable"), 0);
    }
});
