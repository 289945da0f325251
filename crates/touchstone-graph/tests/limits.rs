//! What a store refuses: updates, calls elsewhere, endless queries, newer
//! stores, full disks.
#![allow(clippy::unwrap_used)]

use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use touchstone_graph::{GraphError, ImportOptions, ImportSource, QueryLimits, ResultFormat, Store};

fn numbers(dir: &Path, count: usize) -> ImportSource {
    let path = dir.join(format!("{count}.nt"));
    let lines =
        (0..count).map(|i| format!("<http://example.com/s{i}> <http://example.com/p> \"{i:0>200}\" .\n"));
    std::fs::write(&path, lines.collect::<String>()).unwrap();
    ImportSource::Rdf(path)
}

fn import(store: &Store, source: &ImportSource) -> Result<u64, GraphError> {
    let report = store.import(source, &ImportOptions::default(), &mut |_| ControlFlow::Continue(()))?;
    Ok(report.quads)
}

fn store_of(count: usize) -> Store {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::in_memory().unwrap();
    import(&store, &numbers(dir.path(), count)).unwrap();
    store
}

#[test]
fn queries_only_read_and_stay_inside() {
    let store = store_of(10);
    let before = store.inner().len().unwrap();
    for update in [
        "INSERT DATA { <http://a> <http://b> <http://c> }",
        "DELETE WHERE { ?s ?p ?o }",
        "DROP ALL",
        "LOAD <http://example.com/>",
    ] {
        let result = store.query_table(update, QueryLimits::default());
        assert!(matches!(result, Err(GraphError::QuerySyntax(_))), "{update}: {result:?}");
    }
    assert_eq!(store.inner().len().unwrap(), before);
    let service = "SELECT * { SERVICE <http://127.0.0.1:9/sparql> { ?s ?p ?o } }";
    let result = store.query_table(service, QueryLimits::default());
    assert!(matches!(result, Err(GraphError::Query(_))), "{result:?}");
    let nonsense = store.query_table("SELECT everything", QueryLimits::default()).unwrap_err().to_string();
    assert!(nonsense.contains("not valid SPARQL"), "{nonsense}");
}

#[test]
fn rows_are_limited_in_every_form() {
    let store = store_of(50);
    let limits = QueryLimits { rows: 7, ..QueryLimits::default() };
    let table = store.query_table("SELECT ?s { ?s <http://example.com/p> ?o }", limits).unwrap();
    assert_eq!((table.rows.len(), table.cut), (7, true));
    let table = store.query_table("CONSTRUCT WHERE { ?s <http://example.com/p> ?o }", limits).unwrap();
    assert_eq!((table.rows.len(), table.cut), (7, true));
    let table = store.query_table("ASK { ?s ?p ?o }", limits).unwrap();
    assert_eq!((table.rows, table.cut), (vec![vec!["true".to_owned()]], false));
    for (format, lines) in [(ResultFormat::Csv, 8), (ResultFormat::Tsv, 8)] {
        let mut out = Vec::new();
        store.query_to("SELECT ?s { ?s <http://example.com/p> ?o }", limits, format, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap().lines().count(), lines, "{format:?}");
    }
    let mut out = Vec::new();
    store
        .query_to("SELECT ?s { ?s <http://example.com/p> ?o }", limits, ResultFormat::Json, &mut out)
        .unwrap();
    let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(json["results"]["bindings"].as_array().unwrap().len(), 7);
}

#[test]
fn an_endless_query_is_ended() {
    let store = store_of(2_000);
    let limits = QueryLimits { time: Duration::from_millis(500), rows: 10 };
    let endless = [
        "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
        "SELECT ?a { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(?a = <http://nowhere>) }",
        "SELECT ?a { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?c ?f ?i",
    ];
    for query in endless {
        // Left alone, each would take years.
        let result = store.query_table(query, limits);
        // A filter that the optimiser empties may also end by itself.
        let ended =
            matches!(result, Err(GraphError::QueryTimeout(_))) || result.is_ok_and(|t| t.rows.is_empty());
        assert!(ended, "{query}");
    }
    assert_eq!(
        store.query_table("SELECT * { ?s ?p ?o }", limits).unwrap().rows.len(),
        10,
        "the store goes on"
    );
}

#[test]
fn a_store_of_a_newer_version_is_refused_and_left_as_it_is() {
    use touchstone_graph::model::{GraphName, Literal, Quad};
    use touchstone_graph::vocabulary::meta;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store");
    let store = Store::create_or_open(&path).unwrap();
    let format = |n: u64| {
        let graph = GraphName::NamedNode(meta::GRAPH.into_owned());
        Quad::new(meta::STORE.into_owned(), meta::FORMAT.into_owned(), Literal::from(n), graph)
    };
    store
        .change(|t| {
            t.remove(format(1).as_ref());
            t.insert(format(99).as_ref());
            Ok(())
        })
        .unwrap();
    drop(store);
    for result in [Store::open(&path), Store::create_or_open(&path), Store::open_read_only(&path)] {
        let error = result.err().unwrap().to_string();
        assert!(error.contains("newer version") && error.contains("99") && !error.contains('\n'), "{error}");
        assert!(error.contains(&path.display().to_string()), "{error}");
    }
}

#[cfg(target_os = "linux")]
mod full_disk {
    use super::*;
    use std::process::Command;

    /// A file system of a few megabytes, unmounted at the end.
    struct Small(tempfile::TempDir);

    impl Small {
        /// `None` where mounting is not allowed.
        fn new(megabytes: u32) -> Option<Small> {
            let dir = tempfile::tempdir().unwrap();
            let size = format!("size={megabytes}m");
            let done =
                Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(dir.path()).output();
            done.is_ok_and(|output| output.status.success()).then_some(Small(dir))
        }

        fn grow(&self, megabytes: u32) {
            let size = format!("remount,size={megabytes}m");
            assert!(Command::new("mount").args(["-o", &size]).arg(self.0.path()).status().unwrap().success());
        }
    }

    impl Drop for Small {
        fn drop(&mut self) {
            let _ = Command::new("umount").arg(self.0.path()).status();
        }
    }

    #[test]
    fn an_import_onto_a_full_disk_changes_nothing() {
        let Some(disk) = Small::new(24) else {
            eprintln!("mounting is not allowed here: the export onto /dev/full stands for it");
            return;
        };
        let data = tempfile::tempdir().unwrap();
        let path = disk.0.path().join("store");
        let few = numbers(data.path(), 10);
        let store = Store::create_or_open(&path).unwrap();
        import(&store, &few).unwrap();
        let before = store.inner().len().unwrap();
        let error = import(&store, &numbers(data.path(), 200_000)).unwrap_err();
        assert!(matches!(error, GraphError::DiskFull), "{error}");
        drop(store);
        disk.grow(400);
        let store = Store::open(&path).unwrap();
        assert_eq!(store.inner().len().unwrap(), before, "all of the source or nothing");
        assert_eq!(
            import(&store, &numbers(data.path(), 20_000)).unwrap(),
            20_000,
            "it works again with space"
        );
    }

    #[test]
    fn an_export_onto_a_full_disk_leaves_the_old_file() {
        let dir = tempfile::tempdir().unwrap();
        let store = store_of(5_000);
        for name in ["old.nq", "old.nq.gz", "old.nq.zst"] {
            let path = dir.path().join(name);
            std::fs::write(&path, b"old").unwrap();
            // What is begun beside the file goes to a device that is always full.
            std::os::unix::fs::symlink("/dev/full", path.with_extension("part")).unwrap();
            let error = store.export(&path, None).unwrap_err().to_string();
            assert!(error.contains("No space left") && error.contains(name), "{error}");
            assert_eq!(std::fs::read(&path).unwrap(), b"old");
            assert!(!path.with_extension("part").exists(), "{name}");
        }
    }
}
