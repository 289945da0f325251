//! Facts of single users: seen by their own requests only.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::json;
use tempfile::TempDir;
use touchstone_check::Checker;
use touchstone_graph::{Graph, Store, UserFacts};
use touchstone_reason::{Prompts, Reasoner};
use touchstone_server::{KeyFile, NewKey, PackInfo, Parts, Scope, ServerConfig};

use super::assert_problem;
use super::service::{Call, Reply, Service, config, quito};
use super::updates::STAFF;

const CLAIM: &str = "Ada Muster is the boss of Sales Unit.";

struct Users {
    service: Service,
    keys: Vec<String>,
    _dir: TempDir,
}

fn start(scopes: &[&[Scope]]) -> Users {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys.toml");
    let mut file = KeyFile::default();
    let add = |scopes: &&[Scope]| {
        let scopes: BTreeSet<Scope> = scopes.iter().copied().collect();
        file.add(NewKey { name: "k".into(), scopes, requests_per_minute: None, concurrent: None })
    };
    let keys = scopes.iter().map(add).collect();
    file.save(&path).unwrap();
    let users = Some(UserFacts::new(dir.path().join("users")));
    let service = Service::bare(ServerConfig { keys: Some(path), users, ..config() });
    let parts = |graph: Arc<Graph>| {
        let checker = Arc::new(Checker::new(graph));
        let prompts = Prompts::load(None).unwrap();
        let reasoner = Arc::new(Reasoner::new(quito(), Arc::clone(&checker), prompts, config().reason));
        Parts { checker, reasoner: Some(reasoner) }
    };
    let first = parts(Arc::new(Graph::from_store(Store::in_memory().unwrap()).unwrap()));
    service.handle.set_checker(first.checker);
    service.handle.set_reasoner(first.reasoner.unwrap());
    service.handle.set_renew(Box::new(move |graph| Ok(parts(graph))));
    Users { service, keys, _dir: dir }
}

impl Users {
    fn send(&self, key: usize, method: &str, path: &str, content_type: &str, body: &str) -> Reply {
        let authorization = format!("Bearer {}", self.keys[key]);
        let (content_type, authorization) = (Some(content_type), Some(authorization.as_str()));
        self.service.send(&Call { method, path, content_type, authorization, body, ..Call::default() })
    }

    fn verdict(&self, key: usize) -> String {
        let body = json!({ "text": CLAIM }).to_string();
        let reply = self.send(key, "POST", "/v1/check", "application/json", &body).json();
        reply["claims"][0]["verdict"].as_str().unwrap().to_owned()
    }
}

#[test]
fn a_key_has_facts_that_no_other_key_sees() {
    let users = start(&[&[Scope::Check], &[Scope::Check], &[Scope::Admin]]);
    let mine = "/v1/users/me/facts";
    assert_problem(&users.send(0, "GET", mine, "text/plain", ""), 404, "not-found");
    let put = users.send(0, "PUT", mine, "text/turtle", STAFF);
    assert_eq!((put.status, put.json()["statements"].as_u64()), (200, Some(7)), "{}", put.body);
    assert_eq!(users.verdict(0), "supported");
    assert_eq!((users.verdict(1), users.verdict(2)), ("unverifiable".into(), "unverifiable".into()));

    // Neither a query nor an entity nor a graph shows them to anyone.
    for key in 0..3 {
        let query = "/sparql?query=SELECT%20(COUNT(*)%20AS%20%3Fn)%20%7B%20%3Fs%20%3Fp%20%3Fo%20%7D";
        assert!(users.send(key, "GET", query, "text/plain", "").body.contains("\"0\""));
        let found = users.send(key, "GET", "/v1/entities?q=Ada%20Muster", "text/plain", "");
        assert_eq!(found.json()["entities"], json!([]), "{}", found.body);
    }
    let user = put.json()["user"].as_str().unwrap().to_owned();
    let path = format!("/v1/users/{user}/facts");
    assert_problem(&users.send(1, "GET", &path, "text/plain", ""), 403, "not-allowed");
    assert_problem(&users.send(1, "DELETE", &path, "text/plain", ""), 403, "not-allowed");
    let graph = format!("/v1/graphs/https%3A%2F%2Fw3id.org%2Ftouchstone%2Fusers%2F{user}");
    assert_problem(&users.send(2, "GET", &graph, "text/plain", ""), 404, "not-found");

    // A change counts in the next request; so does forgetting.
    let more = "<https://example.org/sales> <https://example.org/boss> <https://example.org/bob> .";
    let added = users.send(0, "POST", mine, "application/n-triples", more);
    assert_eq!(added.json()["statements"], 8);
    let changed = STAFF.replace(":boss :ada", ":boss :bob");
    assert_eq!(users.send(0, "PUT", mine, "text/turtle", &changed).status, 200);
    assert_eq!(users.verdict(0), "refuted");
    let held = users.send(2, "GET", &path, "text/plain", "");
    assert!(held.status == 200 && held.body.contains("Bob Muster"), "{}", held.body);
    assert_eq!(users.send(0, "DELETE", mine, "text/plain", "").status, 200);
    assert_eq!(users.verdict(0), "unverifiable");
    assert_problem(&users.send(0, "GET", mine, "text/plain", ""), 404, "not-found");
}

#[test]
fn what_is_no_users_facts_changes_nothing() {
    let users = start(&[&[Scope::Check], &[Scope::Admin]]);
    let mine = "/v1/users/me/facts";
    assert_eq!(users.send(0, "PUT", mine, "text/turtle", STAFF).status, 200);
    assert_problem(&users.send(0, "PUT", mine, "text/turtle", "<a> <b> .\n"), 400, "wrong-shape");
    let other = "<https://example.org/a> <https://example.org/b> \"c\" <https://example.org/other> .";
    assert_problem(&users.send(0, "PUT", mine, "application/n-quads", other), 422, "invalid-request");
    let many: String = (0..10_001).map(|n| format!("<u:s> <u:p> \"{n}\" .\n")).collect();
    assert_problem(&users.send(0, "PUT", mine, "application/n-triples", &many), 422, "invalid-request");
    for name in ["%2e%2e", "..%2f..%2fkeys", "a%20b"] {
        let path = format!("/v1/users/{name}/facts");
        let status = users.send(1, "GET", &path, "text/plain", "").status;
        assert!([404, 422].contains(&status), "{name}: {status}");
    }
    assert_eq!(users.verdict(0), "supported");
    let open = Service::start(quito(), config());
    assert_problem(&open.get(mine), 403, "not-offered");
}

#[test]
fn packs_are_told() {
    let service = Service::start(quito(), config());
    assert_eq!(service.get("/v1/packs").json(), json!({ "packs": [] }));
    let pack = PackInfo { name: "films".into(), title: "Films".into(), licence: "CC0-1.0".into() };
    service.handle.set_packs(vec![pack.clone()]);
    assert_eq!(service.get("/v1/packs").json(), json!({ "packs": [pack] }));
}
