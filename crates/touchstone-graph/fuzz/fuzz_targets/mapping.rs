//! Any mapping over any table: the two are parted by a NUL byte.
#![no_main]

use std::ops::ControlFlow;

use libfuzzer_sys::fuzz_target;
use touchstone_graph::{ImportOptions, ImportSource, Mapping, Store};

fuzz_target!(|data: &[u8]| {
    let at = data.iter().position(|b| *b == 0).unwrap_or(data.len());
    let (mapping, table) = (&data[..at], data.get(at + 1..).unwrap_or_default());
    let Ok(text) = std::str::from_utf8(mapping) else { return };
    let Ok(parsed) = Mapping::parse(text, "map.toml") else { return };
    let dir = tempfile::tempdir().expect("a folder for the files");
    // Only files in this folder are given or read.
    let names = parsed.rows.iter().map(|rows| &rows.file).chain(parsed.tables.values().map(|t| &t.file));
    for name in names {
        if name.contains(['/', '\\', '\0']) || name.starts_with('.') || name.is_empty() || name.len() > 50 || name == "map.toml" {
            return;
        }
        std::fs::write(dir.path().join(name), table).expect("the table is written");
    }
    let file = dir.path().join("map.toml");
    std::fs::write(&file, text).expect("the mapping is written");
    let source = ImportSource::Mapped { mapping: file, data: dir.path().to_owned() };
    let store = Store::in_memory().expect("an empty store");
    if store.import(&source, &ImportOptions::default(), &mut |_| ControlFlow::Continue(())).is_err() {
        assert_eq!(store.inner().len().expect("the store is readable"), 0);
    }
});
