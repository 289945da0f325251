//! Graphs and passages changed while the server runs.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tempfile::TempDir;
use touchstone_check::Checker;
use touchstone_graph::{Graph, Store};
use touchstone_reason::{Prompts, Reasoner};
use touchstone_server::{KeyFile, NewKey, Parts, Scope, ServerConfig, align};
use touchstone_text::TextIndex;

use super::assert_problem;
use super::service::{Call, Reply, Service, config, encoded, quito};

pub(crate) const STAFF: &str = r#"
    @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
    @prefix owl: <http://www.w3.org/2002/07/owl#> .
    @prefix : <https://example.org/> .
    :boss a owl:ObjectProperty, owl:FunctionalProperty ; rdfs:label "boss"@en .
    :sales rdfs:label "Sales Unit"@en ; :boss :ada .
    :ada rdfs:label "Ada Muster"@en .
    :bob rdfs:label "Bob Muster"@en .
"#;

struct Open {
    service: Service,
    authorization: String,
    dir: TempDir,
}

fn parts(graph: Arc<Graph>) -> Parts {
    let checker = Arc::new(Checker::new(graph));
    let prompts = Prompts::load(None).unwrap();
    let reasoner = Reasoner::new(quito(), Arc::clone(&checker), prompts, config().reason);
    Parts { checker, reasoner: Some(Arc::new(reasoner)) }
}

fn open(limits: ServerConfig) -> Open {
    let dir = tempfile::tempdir().unwrap();
    start(dir, limits)
}

fn start(dir: TempDir, limits: ServerConfig) -> Open {
    let path = dir.path().join("keys.toml");
    let mut file = KeyFile::default();
    let scopes = Scope::ALL.into_iter().collect();
    let key = file.add(NewKey { name: "all".into(), scopes, requests_per_minute: None, concurrent: None });
    file.save(&path).unwrap();
    let store = Store::create_or_open(&dir.path().join("store")).unwrap();
    let index = TextIndex::create(&dir.path().join("text")).unwrap();
    align(&store, &index).unwrap();
    let service = Service::bare(ServerConfig { keys: Some(path), ..limits });
    let first = parts(Arc::new(Graph::from_store(store).unwrap()));
    service.handle.set_checker(first.checker);
    service.handle.set_reasoner(first.reasoner.unwrap());
    service.handle.set_passages(Arc::new(index));
    service.handle.set_renew(Box::new(|graph| Ok(parts(graph))));
    Open { service, authorization: format!("Bearer {key}"), dir }
}

impl Open {
    fn send(&self, method: &str, path: &str, content_type: &str, body: &str) -> Reply {
        let authorization = Some(self.authorization.as_str());
        self.service.send(&Call {
            method,
            path,
            content_type: Some(content_type),
            authorization,
            body,
            ..Call::default()
        })
    }

    fn verdict(&self, text: &str) -> String {
        let body = json!({ "text": text }).to_string();
        let reply = self.send("POST", "/v1/check", "application/json", &body).json();
        reply["claims"][0]["verdict"].as_str().unwrap().to_owned()
    }

    fn found(&self, words: &str) -> usize {
        let reply = self.send("GET", &format!("/v1/search?q={words}"), "text/plain", "");
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.json()["passages"].as_array().unwrap().len()
    }
}

#[test]
fn what_is_put_counts_in_the_next_request_and_what_is_deleted_no_longer() {
    let open = open(config());
    let claim = "Ada Muster is the boss of Sales Unit.";
    assert_eq!(open.verdict(claim), "unverifiable");
    let put = open.send("PUT", "/v1/graphs/staff", "text/turtle", STAFF);
    assert_eq!(put.status, 201, "{}", put.body);
    assert_eq!(put.json()["count"], 7);
    assert_eq!(open.verdict(claim), "supported");
    assert_eq!(open.verdict("Bob Muster is the boss of Sales Unit."), "refuted");

    let changed = STAFF.replace(":boss :ada", ":boss :bob");
    assert_eq!(open.send("PUT", "/v1/graphs/staff", "text/turtle", &changed).status, 200);
    assert_eq!(open.verdict(claim), "refuted");

    let more = "<https://example.org/sales> <https://example.org/boss> <https://example.org/ada> .";
    assert_eq!(open.send("POST", "/v1/graphs/staff", "application/n-triples", more).status, 200);
    let held = open.send("GET", "/v1/graphs/staff", "text/plain", "");
    assert!(held.body.contains("Ada Muster"), "{}", held.body);

    assert_eq!(open.send("DELETE", "/v1/graphs/staff", "text/plain", "").status, 200);
    assert_eq!(open.verdict(claim), "unverifiable");
    assert_problem(&open.send("DELETE", "/v1/graphs/staff", "text/plain", ""), 404, "not-found");
    assert_problem(&open.send("GET", "/v1/graphs/staff", "text/plain", ""), 404, "not-found");
}

#[test]
fn passages_are_put_and_taken_out_and_share_the_epoch() {
    let open = open(config());
    let lines = "{\"id\": \"a\", \"title\": \"Hive\", \"text\": \"Bees live in a hive.\"}\n";
    let put = open.send("PUT", "/v1/passages/bees", "application/x-ndjson", lines);
    assert_eq!(put.status, 200, "{}", put.body);
    assert_eq!(put.json()["epoch"], 1);
    assert_eq!(open.found("hive"), 1);
    let quoted = |open: &Open| {
        let body = r#"{"text": "Bees live in a hive."}"#;
        open.send("POST", "/v1/check", "application/json", body).body.contains("\"title\":\"Hive\"")
    };
    assert!(quoted(&open), "a passage that was acknowledged is evidence in the next request");
    let graph = open.send("PUT", "/v1/graphs/staff", "text/turtle", STAFF);
    assert_eq!(graph.json()["epoch"], 2);
    let broken =
        open.send("PUT", "/v1/passages/bees", "application/x-ndjson", "{\"id\": \"b\", \"text\": \"x\"}\n{");
    assert_problem(&broken, 400, "wrong-shape");
    assert!(broken.json()["detail"].as_str().unwrap().contains("line 2"), "{}", broken.body);
    assert_eq!(open.found("hive"), 1);
    assert_eq!(open.send("DELETE", "/v1/passages/bees", "text/plain", "").status, 200);
    assert_eq!(open.found("hive"), 0);
    assert!(!quoted(&open));

    let Open { service, dir, .. } = open;
    drop(service);
    let store = Store::open(&dir.path().join("store")).unwrap();
    let index = TextIndex::open(&dir.path().join("text")).unwrap();
    assert_eq!((store.epoch().unwrap(), index.epoch().unwrap()), (3, 3));
}

#[test]
fn a_side_that_lags_is_brought_forward_at_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::create_or_open(&dir.path().join("store")).unwrap();
    let index = TextIndex::create(&dir.path().join("text")).unwrap();
    store.reach_epoch(5).unwrap();
    align(&store, &index).unwrap();
    assert_eq!(index.epoch().unwrap(), 5);
    index.reach_epoch(9).unwrap();
    align(&store, &index).unwrap();
    assert_eq!(store.epoch().unwrap(), 9);
}

#[test]
fn bad_changes_change_nothing() {
    let open = open(ServerConfig { max_update_bytes: 4_000, ..config() });
    assert_eq!(open.send("PUT", "/v1/graphs/staff", "text/turtle", STAFF).status, 201);
    let claim = "Ada Muster is the boss of Sales Unit.";
    let broken = open.send("PUT", "/v1/graphs/staff", "text/turtle", "<a> <b> .\n");
    assert_problem(&broken, 400, "wrong-shape");
    assert!(!broken.body.contains("/tmp"), "{}", broken.body);
    let other = "<https://example.org/a> <https://example.org/b> \"c\" <https://example.org/other> .";
    assert_problem(
        &open.send("PUT", "/v1/graphs/staff", "application/n-quads", other),
        422,
        "invalid-request",
    );
    assert_problem(
        &open.send("PUT", "/v1/graphs/staff", "text/turtle", &"#".repeat(5_000)),
        413,
        "body-too-large",
    );
    assert_problem(
        &open.send("PUT", "/v1/graphs/staff", "application/pdf", ""),
        415,
        "unsupported-media-type",
    );
    for name in ["..", "%2e%2e%2fstore", "a%2fb", ".hidden", "a b"] {
        let reply =
            open.send("PUT", &format!("/v1/graphs/{}", name.replace(' ', "%20")), "text/turtle", STAFF);
        assert!([400, 404].contains(&reply.status), "{name}: {}", reply.body);
    }
    let meta = "https%3A%2F%2Fw3id.org%2Ftouchstone%2Fns%23meta";
    assert_problem(
        &open.send("DELETE", &format!("/v1/graphs/{meta}"), "text/plain", ""),
        422,
        "invalid-request",
    );
    assert_eq!(open.verdict(claim), "supported");
}

#[test]
fn a_body_that_trickles_in_changes_nothing_and_is_not_waited_for() {
    let open = open(ServerConfig { receive_timeout: Duration::from_millis(500), ..config() });
    let mut client = TcpStream::connect(open.service.address).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    write!(
        client,
        "PUT /v1/graphs/slow HTTP/1.1\r\nhost: x\r\nauthorization: {}\r\ncontent-type: application/n-triples\r\ntransfer-encoding: chunked\r\n\r\n",
        open.authorization
    )
    .unwrap();
    let begun = Instant::now();
    let mut trickle = client.try_clone().unwrap();
    std::thread::spawn(move || {
        while trickle.write_all(b"1\r\n#\r\n").is_ok() && begun.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(100));
        }
    });
    let mut reply = [0; 12];
    client.read_exact(&mut reply).unwrap();
    assert_eq!(&reply, b"HTTP/1.1 408");
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    assert_problem(&open.send("GET", "/v1/graphs/slow", "text/plain", ""), 404, "not-found");
}

#[test]
fn names_that_would_be_queries_or_patterns_are_only_names() {
    let open = open(config());
    let names = [
        r#"Sales" } ; DROP ALL ; SELECT * { ?s ?p ?o #"#,
        "Ada' || true || '",
        "{{ 7 * 7 }} {% include \"/etc/passwd\" %}",
        "(a+)+$ [[ .* ) root: rule",
        "<script>alert(1)</script>",
    ];
    let graph: String = names
        .iter()
        .enumerate()
        .map(|(n, name)| {
            let name = serde_json::to_string(name).unwrap();
            format!("<https://example.org/odd{n}> <http://www.w3.org/2000/01/rdf-schema#label> {name}@en .\n")
        })
        .collect();
    assert_eq!(open.send("PUT", "/v1/graphs/staff", "text/turtle", STAFF).status, 201);
    assert_eq!(open.send("PUT", "/v1/graphs/odd", "text/turtle", &graph).status, 201);
    for (n, name) in names.iter().enumerate() {
        let found = open.send("GET", &format!("/v1/entities?q={}", encoded(name)), "text/plain", "");
        assert_eq!(found.json()["entities"][0]["label"], **name, "{}", found.body);
        let iri = encoded(&format!("https://example.org/odd{n}"));
        let shown = open.send("GET", &format!("/v1/entities/{iri}"), "text/plain", "");
        assert_eq!((shown.status, &shown.json()["label"]), (200, &json!(name)));
        let text = format!("Ada Muster is the boss of {name}.");
        assert_ne!(open.verdict(&text), "supported", "{name}");
        for (path, body) in [
            ("/v1/ask", json!({ "question": format!("Who is the boss of {name}?") })),
            ("/v1/check", json!({ "texts": [text, name] })),
        ] {
            let reply = open.send("POST", path, "application/json", &body.to_string());
            assert_eq!(reply.status, 200, "{}", reply.body);
            assert!(!reply.body.contains("root:x"), "{}", reply.body);
        }
        let searched = open.send("GET", &format!("/v1/search?q={}", encoded(name)), "text/plain", "");
        assert_eq!(searched.status, 200, "{}", searched.body);
    }
    assert_eq!(open.verdict("Ada Muster is the boss of Sales Unit."), "supported", "nothing was dropped");
}
