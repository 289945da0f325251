//! Faults of what the service stands on: the right status while they last,
//! and work goes on afterwards without a restart.

use std::process::Command;
use std::sync::Arc;

use super::sandbox::Sandbox;
use super::service::{ANY_PORT, QUESTION, Running, Stub, TRUE, accepted, model, remote, wait, with_graph};

/// A key for everything.
fn key(home: &Sandbox) -> String {
    let all = ["ask", "check", "graph", "admin"].map(|scope| ["--scope", scope]).concat();
    let outcome = home.run(&[&["key", "add", "test", "--keys", "keys.toml"], all.as_slice()].concat());
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    outcome.stdout.split_whitespace().find(|word| word.starts_with("ts-")).unwrap().to_owned()
}

#[test]
fn a_store_in_use_is_waited_for() {
    let (home, pause) = (with_graph(), Arc::default());
    let model = model(ANY_PORT, &pause);
    let address = remote(&model);
    let arguments = ["--updates", "--remote", address.as_str()];
    let first = Running::start(&home, &arguments, &[]);
    first.ready();
    let second = Running::start(&home, &arguments, &[]);
    let waiting = wait("the reason", || {
        let reply = second.get("/readyz");
        assert_eq!(reply.status, 503);
        reply.body.contains("in use").then_some(reply)
    });
    assert_eq!(waiting.json()["missing"][0]["part"], "graph");
    assert_eq!(second.post("/v1/check", TRUE).problem(), "not-ready");
    assert_eq!(second.get("/healthz").status, 200);
    assert_eq!(first.stop(), Some(0));
    second.ready();
    assert_eq!(second.post("/v1/check", TRUE).json()["summary"]["supported"], 1);
}

#[test]
fn an_index_that_comes_later_is_found_by_a_reload() {
    let (home, pause) = (with_graph(), Arc::default());
    let model = model(ANY_PORT, &pause);
    let server = Running::start(&home, &["--remote", &remote(&model)], &[]);
    server.ready();
    let missing = server.get("/v1/search?q=harbour");
    assert_eq!((missing.status, missing.problem().as_str()), (403, "not-offered"));
    assert_eq!(server.post("/v1/check", TRUE).status, 200);
    let text = home.write("mossport.txt", "Mossport has a deep harbour. Its people live from trade.");
    assert_eq!(home.run(&["text", "index", "--index", "index", &text]).code, 0);
    server.reload();
    let found = server.get("/v1/search?q=harbour");
    assert_eq!(found.json()["passages"].as_array().unwrap().len(), 1, "{}", found.body);
}

#[test]
fn a_model_elsewhere_may_come_late_and_go_for_a_while() {
    let (home, pause) = (with_graph(), Arc::default());
    // A port on which nothing listens, until the model does.
    let place = Stub::start(ANY_PORT, |_, _| accepted()).address.to_string();
    let server = Running::start(&home, &["--remote", &format!("http://{place}/v1")], &[]);
    let missing = || {
        wait("the reason", || {
            let reply = server.get("/readyz");
            (reply.status == 503 && reply.body.contains(&place)).then_some(reply)
        })
    };
    let waiting = missing().json();
    assert_eq!(waiting["missing"].as_array().unwrap().len(), 1, "{waiting}");
    assert_eq!(waiting["missing"][0]["part"], "model");
    assert_eq!(server.post("/v1/ask", QUESTION).problem(), "not-ready");
    assert_eq!(server.post("/v1/check", TRUE).status, 200, "checking needs no model");

    let ready = || server.get("/metrics").body.contains("\ntouchstone_ready 1\n");
    for _ in 0..2 {
        let come = model(&place, &pause);
        server.ready();
        assert!(ready());
        assert_eq!(server.post("/v1/ask", QUESTION).status, 200);
        drop(come);
        let gone = missing();
        assert_eq!((gone.problem().as_str(), gone.retry_after.is_some()), ("not-ready", true));
        assert_eq!(gone.json()["missing"][0]["part"], "model");
        assert!(!ready());
        let down = server.post("/v1/ask", QUESTION);
        assert_eq!((down.status, down.problem().as_str()), (503, "engine-unavailable"));
        assert!(down.retry_after.is_some());
        assert_eq!(server.post("/v1/check", TRUE).status, 200);
        assert_eq!(server.get("/healthz").status, 200);
    }
}

#[test]
fn a_larger_model_elsewhere_is_waited_for_too() {
    let (home, pause) = (with_graph(), Arc::default());
    let first = model(ANY_PORT, &pause);
    let place = Stub::start(ANY_PORT, |_, _| accepted()).address.to_string();
    let cascade = format!("http://{place}/v1");
    let server = Running::start(&home, &["--remote", &remote(&first), "--cascade", &cascade], &[]);
    let waiting = wait("the reason", || {
        let reply = server.get("/readyz");
        reply.body.contains(&place).then_some(reply)
    });
    assert_eq!(waiting.json()["missing"][0]["part"], "model");
    let larger = model(&place, &pause);
    server.ready();
    drop(larger);
    wait("the loss", || (server.get("/readyz").status == 503).then_some(()));
}

const GRAPH: &str = "/v1/graphs/more";
const MORE: &str =
    "<https://example.org/fenhaven> <https://example.org/capital> <https://example.org/mossport> .";
const PASSAGES: &str = "/v1/passages/more";
const DOCUMENT: &str = r#"{"id": "a", "text": "Mossport has a deep harbour."}"#;

/// What the change of Fenhaven's capital makes true.
const CLAIM: &str = r#"{"text":"The capital of Fenhaven is Mossport."}"#;

fn with_updates(home: &Sandbox, model: &Stub, environment: &[(&str, &str)]) -> Running {
    let key = key(home);
    let arguments = ["--updates", "--keys", "keys.toml", "--remote", &remote(model)];
    let server = Running::start(home, &arguments, environment).with_key(key);
    server.ready();
    server
}

#[test]
fn a_text_index_that_another_process_writes_to_is_busy_and_holds_no_graph_up() {
    let (home, pause) = (with_graph(), Arc::default());
    let model = model(ANY_PORT, &pause);
    let server = with_updates(&home, &model, &[]);
    let lock = std::fs::File::create(home.path("index/.tantivy-writer.lock")).unwrap();
    lock.try_lock().unwrap();
    let busy = server.put(PASSAGES, "application/x-ndjson", DOCUMENT);
    assert_eq!((busy.status, busy.problem().as_str()), (503, "busy"), "{}", busy.body);
    assert!(busy.retry_after.is_some());
    // The graph's change is whole: what was committed is also known by name.
    let graph = server.put(GRAPH, "application/n-triples", MORE);
    assert_eq!(graph.status, 201, "{}", graph.body);
    assert_eq!(server.post("/v1/check", CLAIM).json()["summary"]["supported"], 1);
    drop(lock);
    let put = server.put(PASSAGES, "application/x-ndjson", DOCUMENT);
    assert_eq!(put.status, 200, "{}", put.body);
    assert!(put.json()["epoch"].as_u64() > graph.json()["epoch"].as_u64());
    let found = server.get("/v1/search?q=harbour");
    assert_eq!(found.json()["passages"].as_array().unwrap().len(), 1, "{}", found.body);
}

/// A library that lets no file below a folder grow: the one that the file in
/// `FULL_DISK` names, while there is such a file. No root is needed for it.
#[cfg(target_os = "linux")]
fn full_disk(home: &Sandbox) -> String {
    let source = home.write("full_disk.c", include_str!("full_disk.c"));
    let library = home.path("full_disk.so").display().to_string();
    let built = Command::new("cc").args(["-shared", "-fPIC", "-o", &library, &source, "-ldl"]).status();
    assert!(built.unwrap().success());
    library
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_refuses_changes_and_takes_them_when_there_is_room() {
    let (home, pause) = (with_graph(), Arc::default());
    let model = model(ANY_PORT, &pause);
    let (library, full) = (full_disk(&home), home.path("full").display().to_string());
    let server = with_updates(&home, &model, &[("LD_PRELOAD", &library), ("FULL_DISK", &full)]);
    let refused = |path: &str, kind: &str, body: &str| {
        let reply = server.put(path, kind, body);
        assert_eq!((reply.status, reply.problem().as_str()), (507, "disk-full"), "{}", reply.body);
    };
    for place in ["store", "index", ""] {
        home.write("full", home.path(place).display().to_string().trim_end_matches('/'));
        if place != "index" {
            refused(GRAPH, "application/n-triples", MORE);
            assert_eq!(server.get(GRAPH).status, 404, "nothing of it is there");
            assert_eq!(server.post("/v1/check", CLAIM).json()["summary"]["supported"], 0);
        }
        if place != "store" {
            refused(PASSAGES, "application/x-ndjson", DOCUMENT);
            assert_eq!(server.get("/v1/search?q=harbour").json()["passages"].as_array().unwrap().len(), 0);
        }
        assert_eq!(server.get("/readyz").status, 200);
        assert_eq!(server.post("/v1/check", TRUE).json()["summary"]["supported"], 1);

        std::fs::remove_file(&full).unwrap();
        // The store looks for room every few seconds.
        wait("room", || (server.put(GRAPH, "application/n-triples", MORE).status == 201).then_some(()));
        assert_eq!(server.post("/v1/check", CLAIM).json()["summary"]["supported"], 1);
        let passages = server.put(PASSAGES, "application/x-ndjson", DOCUMENT);
        assert_eq!(passages.status, 200, "{place}: {}", passages.body);
        assert_eq!(server.get("/v1/search?q=harbour").json()["passages"].as_array().unwrap().len(), 1);
        assert_eq!(server.delete(GRAPH).status, 200);
        assert_eq!(server.delete(PASSAGES).status, 200);
    }
}
