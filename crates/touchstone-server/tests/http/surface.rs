//! What the service shows of itself, and what it keeps to itself.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::Value;
use touchstone_server::ServerConfig;

use super::service::{Call, Service, config, quito};
use super::{QUESTION, assert_problem};

#[test]
fn the_document_names_every_operation_and_only_known_schemas() {
    let service = Service::start(quito(), config());
    let document = service.get("/openapi.json").json();
    assert_eq!(document["openapi"], "3.1.0");
    let paths: Vec<&String> = document["paths"].as_object().unwrap().keys().collect();
    for path in
        ["/v1/ask", "/v1/check", "/sparql", "/v1/graphs/{name}", "/v1/entities/{iri}", "/v1/chat/completions"]
    {
        assert!(paths.iter().any(|known| *known == path), "{path} of {paths:?}");
    }
    let schemas = document["components"]["schemas"].as_object().unwrap();
    references(&document, &mut |name| assert!(schemas.contains_key(name), "{name}"));
    let mut ids = Vec::new();
    for operation in
        document["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap().values())
    {
        ids.push(operation["operationId"].as_str().unwrap().to_owned());
        assert!(operation["responses"].as_object().unwrap().contains_key("500"));
    }
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count);
}

fn references(value: &Value, tell: &mut dyn FnMut(&str)) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(reference)) = fields.get("$ref") {
                tell(reference.strip_prefix("#/components/schemas/").unwrap());
            }
            fields.values().for_each(|value| references(value, tell));
        }
        Value::Array(values) => values.iter().for_each(|value| references(value, tell)),
        _ => {}
    }
}

#[test]
fn the_page_is_closed_to_strangers_and_cached_by_its_content() {
    let service = Service::start(quito(), config());
    let page = service.get("/");
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(page.header("content-security-policy").starts_with("default-src 'none'"));
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    for part in
        page.body.split(['"', '\'']).filter(|part| part.starts_with("/js/") || part.starts_with("/css/"))
    {
        assert_eq!(service.get(part).status, 200, "{part}");
    }
    assert!(!page.body.contains("https://") && !page.body.contains("http://"));
}

#[test]
fn no_path_leads_out_of_the_page() {
    let service = Service::start(quito(), config());
    for path in [
        "/../Cargo.toml",
        "/js/../../Cargo.toml",
        "/js/..%2f..%2fCargo.toml",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/js/main.js%00",
        "/docs/../../../etc/passwd",
        "/docs/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "//etc/passwd",
    ] {
        let mut client = TcpStream::connect(service.address).unwrap();
        client.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        write!(client, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
        let mut reply = String::new();
        client.read_to_string(&mut reply).unwrap();
        assert!(reply.starts_with("HTTP/1.1 404") || reply.starts_with("HTTP/1.1 400"), "{path}: {reply}");
    }
}

#[test]
fn metrics_count_what_was_done() {
    let service = Service::start(quito(), config());
    service.post("/v1/ask", QUESTION);
    service.post("/v1/check", r#"{"text":"2 + 2 = 5."}"#);
    let reply = service.get("/metrics");
    assert!(reply.header("content-type").starts_with("application/openmetrics-text"));
    for line in [
        r#"touchstone_requests_total{route="/v1/check",method="POST",status="200"} 1"#,
        r#"touchstone_claims_total{of="check",verdict="refuted"} 1"#,
        r#"touchstone_answers_total{kind="verified"} 1"#,
        r#"touchstone_queue_running{kind="ask"} 0"#,
        "\ntouchstone_ready 1\n",
    ] {
        assert!(reply.body.contains(line), "{line} in {}", reply.body);
    }
    assert!(reply.body.ends_with("# EOF\n"));
}

#[test]
fn other_origins_are_let_in_only_by_name() {
    let service = Service::start(quito(), config());
    let from = |service: &Service, origin| {
        let call = Call { origin: Some(origin), ..Call::get("/healthz") };
        service.send(&call).header("access-control-allow-origin").to_owned()
    };
    assert_eq!(from(&service, "https://example.org"), "");
    let origins = vec!["https://example.org".to_owned()];
    let service = Service::start(quito(), ServerConfig { cors_origins: origins, ..config() });
    assert_eq!(from(&service, "https://example.org"), "https://example.org");
    assert_eq!(from(&service, "https://example.net"), "");
}

#[test]
fn tricks_with_headers_change_nothing() {
    let service = Service::start(quito(), config());
    let call = Call { request_id: Some("mine-1"), ..Call::get("/healthz") };
    assert_eq!(service.send(&call).header("x-request-id"), "mine-1");
    let call = Call { request_id: Some("<script>"), ..Call::get("/healthz") };
    let id = service.send(&call).header("x-request-id").to_owned();
    assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");

    // Two lengths, or a length beside chunks, are how one request hides another.
    for headers in
        ["content-length: 5\r\ncontent-length: 6\r\n", "content-length: 5\r\ntransfer-encoding: chunked\r\n"]
    {
        let mut client = TcpStream::connect(service.address).unwrap();
        client.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        write!(client, "POST /v1/check HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n{headers}\r\n0\r\n\r\n").unwrap();
        let mut reply = String::new();
        client.read_to_string(&mut reply).unwrap();
        assert!(reply.starts_with("HTTP/1.1 400"), "{headers}: {reply}");
    }
}

#[test]
fn a_body_that_does_not_come_is_not_waited_for() {
    let service =
        Service::start(quito(), ServerConfig { receive_timeout: Duration::from_millis(300), ..config() });
    let mut client = TcpStream::connect(service.address).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    write!(
        client,
        "POST /v1/check HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{{"
    )
    .unwrap();
    let mut reply = [0; 12];
    client.read_exact(&mut reply).unwrap();
    assert_eq!(&reply, b"HTTP/1.1 408");
}

#[test]
fn a_head_that_trickles_in_is_not_waited_for() {
    let service =
        Service::start(quito(), ServerConfig { receive_timeout: Duration::from_millis(500), ..config() });
    let mut client = TcpStream::connect(service.address).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    client.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n").unwrap();
    let begun = Instant::now();
    let mut trickle = client.try_clone().unwrap();
    std::thread::spawn(move || {
        while trickle.write_all(b"x-more: 1\r\n").is_ok() && begun.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(100));
        }
    });
    let mut reply = Vec::new();
    // Closed, with or without a word, while the client still writes.
    let _ = client.read_to_end(&mut reply);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    assert!(!reply.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&reply));
}

#[test]
fn a_head_without_end_is_refused() {
    let service = Service::start(quito(), config());
    let mut client = TcpStream::connect(service.address).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    client.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n").unwrap();
    let line = format!("x-long: {}\r\n", "x".repeat(8_000));
    // The server may close before all of it was written.
    while client.write_all(line.as_bytes()).is_ok() {}
    let mut reply = Vec::new();
    let _ = client.read_to_end(&mut reply);
    assert!(!reply.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&reply));
    assert_eq!(service.get("/healthz").status, 200);
}

#[test]
fn a_compressed_body_is_not_unpacked() {
    let service = Service::start(quito(), config());
    let mut client = TcpStream::connect(service.address).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    write!(client, "POST /v1/check HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\n{{}}").unwrap();
    let mut reply = [0; 12];
    client.read_exact(&mut reply).unwrap();
    assert_eq!(&reply, b"HTTP/1.1 415");
    assert_problem(&service.get("/nothing"), 404, "not-found");
}
