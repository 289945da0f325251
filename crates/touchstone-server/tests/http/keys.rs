//! Who gets in, and how often.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use tempfile::TempDir;
use touchstone_server::{KeyFile, NewKey, Scope, ServerConfig};

use super::service::{Call, Reply, Service, config, quito};
use super::{QUESTION, assert_problem};

struct Closed {
    service: Service,
    keys: Vec<String>,
    _dir: TempDir,
}

fn closed(keys: &[(&[Scope], Option<u32>)]) -> Closed {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys.toml");
    let mut file = KeyFile::default();
    let keys = keys
        .iter()
        .map(|(scopes, rate)| {
            file.add(NewKey {
                name: "test".into(),
                scopes: scopes.iter().copied().collect::<BTreeSet<_>>(),
                requests_per_minute: *rate,
                concurrent: Some(4),
            })
        })
        .collect();
    file.save(&path).unwrap();
    let service = Service::start(quito(), ServerConfig { keys: Some(path), ..config() });
    Closed { service, keys, _dir: dir }
}

fn with(service: &Service, key: &str, method: &str, path: &str, body: &str) -> Reply {
    let authorization = format!("Bearer {key}");
    let content_type = (method != "GET").then_some("application/json");
    service.send(&Call {
        method,
        path,
        body,
        content_type,
        authorization: Some(&authorization),
        ..Call::default()
    })
}

#[test]
fn without_a_key_only_the_service_itself_is_shown() {
    let closed = closed(&[(&[Scope::Ask], None)]);
    for path in ["/", "/healthz", "/readyz", "/openapi.json", "/docs"] {
        assert_eq!(closed.service.get(path).status, 200, "{path}");
    }
    let reply = closed.service.post("/v1/ask", QUESTION);
    assert_problem(&reply, 401, "no-key");
    assert_eq!(reply.header("www-authenticate"), "Bearer");
    for path in [
        "/v1/models",
        "/metrics",
        "/sparql?query=ASK%7B%7D",
        "/v1/entities?q=a",
        "/v1/graphs/x",
        "/v1/search?q=a",
    ] {
        assert_problem(&closed.service.get(path), 401, "no-key");
    }
    // A body is not read for a stranger.
    assert_problem(&closed.service.post("/v1/check", "{"), 401, "no-key");
}

/// Every operation of the document with an address that it takes: method,
/// path, and the scope that it needs.
fn operations(service: &Service) -> Vec<(String, String, Option<String>)> {
    let document = service.get("/openapi.json").json();
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let address = path.replace("{id}", "me").replace("{iri}", "u:x");
        let address = address.split(['{', '}']).collect::<String>();
        for (method, operation) in methods.as_object().unwrap() {
            let scope = operation["security"].as_array().map(|s| s[1]["key"][0].as_str().unwrap().to_owned());
            all.push((method.to_uppercase(), address.clone(), scope));
        }
    }
    all
}

#[test]
fn no_operation_is_open_but_those_that_say_so() {
    let all = [Scope::Ask, Scope::Check, Scope::Graph, Scope::Admin];
    let closed = closed(&all.each_ref().map(|scope| (std::slice::from_ref(scope), None)));
    let operations = operations(&closed.service);
    let open: BTreeSet<&str> =
        operations.iter().filter(|(_, _, scope)| scope.is_none()).map(|(_, path, _)| path.as_str()).collect();
    assert_eq!(open, BTreeSet::from(["/healthz", "/openapi.json", "/readyz"]));
    let mut refused = 0;
    for (method, path, scope) in &operations {
        let Some(scope) = scope else { continue };
        let call = Call { method, path, content_type: Some("application/json"), ..Call::default() };
        assert_problem(&closed.service.send(&call), 401, "no-key");
        for (key, of) in closed.keys.iter().zip(all) {
            let reply = with(&closed.service, key, method, path, "");
            let is_refused = reply.status == 403 && reply.body.contains("/not-allowed");
            assert_eq!(is_refused, of != Scope::Admin && of.name() != *scope, "{method} {path} {of:?}");
            refused += usize::from(is_refused);
        }
    }
    assert!(refused > 40, "only {refused} requests were refused");
}

#[test]
fn a_key_opens_what_its_scopes_say() {
    let closed = closed(&[
        (&[Scope::Ask], None),
        (&[Scope::Check], None),
        (&[Scope::Graph], None),
        (&[Scope::Admin], None),
    ]);
    let text = r#"{"text":"2 + 2 = 4."}"#;
    let status = |key: usize, method: &str, path: &str, body: &str| {
        with(&closed.service, &closed.keys[key], method, path, body).status
    };
    assert_eq!([0, 1, 2, 3].map(|key| status(key, "POST", "/v1/ask", QUESTION)), [200, 403, 403, 200]);
    assert_eq!([0, 1, 2, 3].map(|key| status(key, "POST", "/v1/check", text)), [403, 200, 403, 200]);
    assert_eq!([0, 1, 2, 3].map(|key| status(key, "GET", "/metrics", "")), [403, 403, 403, 200]);
    // The graph of these tests cannot be changed: that is said after the scope.
    let put = |key: usize| {
        let authorization = format!("Bearer {}", closed.keys[key]);
        let call = Call {
            method: "PUT",
            path: "/v1/graphs/x",
            content_type: Some("text/turtle"),
            ..Call::default()
        };
        closed.service.send(&Call { authorization: Some(&authorization), ..call }).json()["type"]
            .as_str()
            .unwrap()
            .rsplit('/')
            .next()
            .unwrap()
            .to_owned()
    };
    assert_eq!([0, 1, 2, 3].map(put), ["not-allowed", "not-allowed", "not-offered", "not-offered"]);
}

#[test]
fn what_is_not_quite_a_key_is_none() {
    let closed = closed(&[(&[Scope::Admin], None)]);
    let key = &closed.keys[0];
    let cases = [
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        format!("Basic {key}"),
        format!("Bearer {}", &key[..key.len() - 1]),
        format!("Bearer {}", key.to_uppercase()),
        format!("Bearer {key}{key}"),
        "Bearer ts-000000000000-".to_owned(),
        "Bearer null".to_owned(),
    ];
    for authorization in &cases {
        let call = Call { authorization: Some(authorization), ..Call::get("/metrics") };
        assert_eq!(closed.service.send(&call).status, 401, "{authorization}");
    }
    // Nor is one in the address.
    assert_eq!(closed.service.get(&format!("/metrics?key={key}&access_token={key}")).status, 401);
}

#[test]
fn headers_that_proxies_believe_open_nothing() {
    let closed = closed(&[(&[Scope::Check], None)]);
    let key = &closed.keys[0];
    let status = |request: &str, headers: &str| {
        let mut client = TcpStream::connect(closed.service.address).unwrap();
        client.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        write!(
            client,
            "{request} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}content-length: 0\r\n\r\n"
        )
        .unwrap();
        let mut reply = String::new();
        client.read_to_string(&mut reply).unwrap();
        reply.split(' ').nth(1).unwrap().to_owned()
    };
    let own = format!("authorization: Bearer {key}\r\n");
    assert_eq!(status("GET /v1/entities?q=a", &own), "200");
    for trick in [
        "x-original-url: /healthz",
        "x-rewrite-url: /healthz",
        "x-forwarded-for: 127.0.0.1",
        "forwarded: for=127.0.0.1;proto=https",
        "x-http-method-override: OPTIONS",
        "x-forwarded-user: admin",
        "cookie: key=admin",
    ] {
        assert_eq!(status("GET /metrics", &format!("{trick}\r\n")), "401", "{trick}");
        assert_eq!(status("GET /metrics", &format!("{trick}\r\n{own}")), "403", "{trick}");
    }
    // Another spelling of the address is no other address.
    for path in ["/%6detrics", "/metrics/", "//metrics", "/./metrics", "/METRICS", "/healthz/../metrics"] {
        let refused = status(&format!("GET {path}"), "");
        assert!(["401", "404", "400"].contains(&refused.as_str()), "{path}: {refused}");
    }
    assert_eq!(status("HEAD /metrics", ""), "401");
}

#[test]
fn a_key_has_its_own_rate() {
    let closed = closed(&[(&[Scope::Check], Some(2)), (&[Scope::Check], None)]);
    let text = r#"{"text":"2 + 2 = 4."}"#;
    let send = |key: usize| with(&closed.service, &closed.keys[key], "POST", "/v1/check", text);
    assert_eq!((send(0).status, send(0).status), (200, 200));
    let refused = send(0);
    assert_problem(&refused, 429, "key-limit");
    assert!(refused.header("retry-after").parse::<u64>().unwrap() >= 1);
    assert_eq!(send(1).status, 200);
}

#[test]
fn a_key_that_was_taken_back_is_refused_after_a_reload() {
    let closed = closed(&[(&[Scope::Admin], None)]);
    let path = closed._dir.path().join("keys.toml");
    assert_eq!(with(&closed.service, &closed.keys[0], "GET", "/metrics", "").status, 200);
    std::fs::write(&path, "broken").unwrap();
    assert!(closed.service.handle.reload().is_err());
    assert_eq!(with(&closed.service, &closed.keys[0], "GET", "/metrics", "").status, 200);
    KeyFile::default().save(&path).unwrap();
    closed.service.handle.reload().unwrap();
    assert_problem(&with(&closed.service, &closed.keys[0], "GET", "/metrics", ""), 401, "unknown-key");
}

#[test]
fn without_keys_nothing_can_be_changed() {
    let service = Service::start(quito(), config());
    let put =
        Call { method: "PUT", path: "/v1/graphs/x", content_type: Some("text/turtle"), ..Call::default() };
    assert_problem(&service.send(&put), 403, "not-allowed");
}
