//! The service from outside: requests over TCP, statuses, bodies, events.
#![allow(clippy::unwrap_used)]

mod chat;
mod graph;
mod keys;
mod mcp;
mod service;
mod surface;
mod updates;
mod users;

use std::io::Write;
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use touchstone_core::{AskReport, CheckReport};
use touchstone_server::{Server, ServerConfig, ServerError};

use service::{Call, Held, Reply, Service, checker, config, quito, reasoner};

const QUESTION: &str = r#"{"question":"What is the capital of Ecuador?"}"#;

/// Every error has a body of one form that agrees with its status.
fn assert_problem(reply: &Reply, status: u16, slug: &str) {
    assert_eq!(reply.status, status, "{}", reply.body);
    assert_eq!(reply.header("content-type"), "application/problem+json");
    let problem = reply.json();
    assert_eq!(problem["status"], status);
    assert_eq!(problem["type"], format!("https://w3id.org/touchstone/problems/{slug}"));
    for part in ["title", "detail"] {
        assert!(problem[part].as_str().is_some_and(|text| !text.is_empty()), "{problem}");
    }
}

#[test]
fn a_question_is_answered_with_its_derivation() {
    let service = Service::start(quito(), config());
    let reply = service.post("/v1/ask", QUESTION);
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(reply.header("content-type"), "application/json");
    assert!(!reply.header("x-request-id").is_empty());
    let report: AskReport = serde_json::from_str(&reply.body).unwrap();
    assert_eq!(report.question, "What is the capital of Ecuador?");
    assert!(!report.steps.is_empty());
    assert!(report.usage.generated_tokens > 0);
}

#[test]
fn passages_come_with_a_question_and_are_limited() {
    let service = Service::start(quito(), config());
    let ask = |passages: Value| {
        let body = serde_json::json!({
            "question": "What is the capital of Ecuador?", "mode": "draft", "passages": passages,
        });
        service.post("/v1/ask", &body.to_string())
    };
    let reply = ask(serde_json::json!([
        { "title": "Ecuador", "text": "Ecuador is a country. Its capital is Quito, in the Andes." },
        { "text": "Rain falls in spring." },
    ]));
    let report: AskReport = serde_json::from_str(&reply.body).unwrap();
    assert_eq!(report.passages.len(), 1, "{report:?}");
    assert_problem(&ask(serde_json::json!([{ "title": "x" }])), 400, "wrong-shape");
    assert_problem(&ask(serde_json::json!([{ "text": "x".repeat(4_001) }])), 422, "invalid-request");
    assert_problem(
        &ask(serde_json::json!(vec![serde_json::json!({ "text": "x" }); 51])),
        422,
        "invalid-request",
    );
}

#[test]
fn a_stream_tells_each_step_and_ends_with_the_report() {
    let service = Service::start(quito(), config());
    let body = r#"{"question":"What is the capital of Ecuador?","stream":true,"show_rejected":true}"#;
    let reply = service.post("/v1/ask", body);
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), "text/event-stream; charset=utf-8");
    let events: Vec<(String, Value)> = reply
        .body
        .split_terminator("\n\n")
        .filter(|frame| !frame.starts_with(':'))
        .map(|frame| {
            let mut lines = frame.lines();
            assert!(lines.next().unwrap().starts_with("id: "));
            let (event, data) = (lines.next().unwrap(), lines.next().unwrap());
            let data = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
            (event.strip_prefix("event: ").unwrap().to_owned(), data)
        })
        .collect();
    let names: Vec<&str> = events.iter().map(|(name, _)| name.as_str()).collect();
    let place = |name: &str| names.iter().position(|n| *n == name).unwrap_or_else(|| panic!("{names:?}"));
    assert!(place("drafted") < place("checked"));
    assert!(place("checked") < place("accepted"));
    assert!(place("accepted") < place("answer"));
    assert_eq!(names.last(), Some(&"done"));
    let report: AskReport = serde_json::from_value(events.last().unwrap().1.clone()).unwrap();
    assert_eq!(events[place("answer")].1, json!(report.answer));
    assert_eq!(events[place("accepted")].1["text"], json!(report.steps[0].text));
}

#[test]
fn a_stream_can_be_gone_on_with_where_it_was() {
    let service = Service::start(quito(), config());
    let reply = service.post("/v1/ask", r#"{"question":"What is the capital of Ecuador?","stream":true}"#);
    let frames: Vec<&str> = reply.body.split_terminator("\n\n").collect();
    let id = frames[1].lines().next().unwrap().strip_prefix("id: ").unwrap();
    let run = id.split(':').next().unwrap();
    let rest = service.send(&Call { last_event: Some(id), ..Call::get(&format!("/v1/ask/{run}")) });
    assert_eq!(rest.status, 200, "{}", rest.body);
    assert_eq!(rest.body.split_terminator("\n\n").collect::<Vec<_>>(), frames[2..]);
    let all = service.get(&format!("/v1/ask/{run}"));
    assert_eq!(all.body, reply.body);
    assert_problem(&service.get("/v1/ask/0123"), 404, "not-found");
    let wrong = service.send(&Call { last_event: Some("x"), ..Call::get(&format!("/v1/ask/{run}")) });
    assert_problem(&wrong, 400, "wrong-shape");
}

#[test]
fn lines_of_json_are_answered_by_lines() {
    let service = Service::start(quito(), config());
    let body = "{\"id\": 7, \"text\": \"2 + 2 = 4.\"}\n\n{\"text\": \"2 + 2 = 5.\"}\n";
    let reply = service.request("POST", "/v1/check", Some("application/x-ndjson"), body);
    assert_eq!(reply.status, 200, "{}", reply.body);
    let lines: Vec<Value> = reply.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!((&lines[0]["id"], &lines[0]["summary"]["supported"]), (&json!(7), &json!(1)));
    assert_eq!(lines[1]["summary"]["refuted"], 1);
    let reply = service.request("POST", "/v1/check", Some("application/x-ndjson"), "{\"text\": \"a\"}\n{");
    assert_problem(&reply, 400, "wrong-shape");
    assert!(reply.json()["detail"].as_str().unwrap().contains("line 2"));
}

#[test]
fn reports_are_checked_again() {
    let service = Service::start(quito(), config());
    for (path, body) in
        [("/v1/ask", QUESTION), ("/v1/check", r#"{"text":"Quito is the capital of Ecuador."}"#)]
    {
        let mut proof = service.post(path, body).json();
        let replay = service.post("/v1/replay", &proof.to_string()).json();
        assert_eq!(replay["changed"], json!([]), "{replay}");
        assert!(replay["verdicts"].as_u64().unwrap() > 0);
        let claims =
            if path == "/v1/check" { &mut proof["claims"] } else { &mut proof["steps"][0]["claims"] };
        claims[0]["verdict"] = json!("refuted");
        let replay = service.post("/v1/replay", &proof.to_string()).json();
        assert_eq!(replay["changed"][0]["now"], "supported", "{replay}");
    }
    assert_problem(&service.post("/v1/replay", r#"{"question":"Who?"}"#), 400, "wrong-shape");
}

#[test]
fn drafts_stay_in_the_house_unless_asked_for() {
    let service = Service::start(quito(), config());
    let reply = service.post("/v1/ask", r#"{"question":"What is the capital of Ecuador?","stream":true}"#);
    for frame in reply.body.split_terminator("\n\n").filter(|f| f.contains("event: draft")) {
        assert!(!frame.contains("Quito"), "{frame}");
    }
    assert!(reply.body.contains("event: accepted"));
}

#[test]
fn texts_are_checked_one_or_several() {
    let service = Service::start(quito(), config());
    let reply = service.post("/v1/check", r#"{"text":"2 + 2 = 5."}"#);
    assert_eq!(reply.status, 200, "{}", reply.body);
    let report: CheckReport = serde_json::from_str(&reply.body).unwrap();
    assert_eq!((report.summary.refuted, report.claims.len()), (1, 1));

    let reply = service.post("/v1/check", r#"{"texts":["2 + 2 = 4.","2 + 2 = 5."]}"#);
    let reports = reply.json();
    assert_eq!(reports["reports"][0]["summary"]["supported"], 1);
    assert_eq!(reports["reports"][1]["summary"]["refuted"], 1);
}

#[test]
fn every_bad_request_gets_its_status_and_a_problem() {
    let service = Service::start(quito(), ServerConfig { max_body_bytes: 2000, ..config() });
    for path in ["/v1/ask", "/v1/check", "/v1/chat/completions"] {
        assert_problem(&service.post(path, "{"), 400, "malformed-json");
        assert_problem(&service.post(path, ""), 400, "malformed-json");
        assert_problem(&service.post(path, "{\"colour\":1}"), 400, "wrong-shape");
        assert_problem(&service.post(path, "[]"), 400, "wrong-shape");
        for kind in [None, Some("text/plain"), Some("application/x-www-form-urlencoded")] {
            assert_problem(&service.request("POST", path, kind, QUESTION), 415, "unsupported-media-type");
        }
        assert_problem(&service.post(path, &"x".repeat(2001)), 413, "body-too-large");
        let reply = service.get(path);
        assert_problem(&reply, 405, "method-not-allowed");
        assert_eq!(reply.header("allow"), "POST");
    }
    assert_problem(&service.get("/v2/ask"), 404, "not-found");
    assert_problem(&service.request("POST", "/healthz", None, ""), 405, "method-not-allowed");
    for body in [r#"{"question":" "}"#, r#"{"question":"Who?","language":"de"}"#] {
        assert_problem(&service.post("/v1/ask", body), 422, "invalid-request");
    }
    for body in ["{}", r#"{"text":""}"#, r#"{"texts":[]}"#, r#"{"text":"a","texts":["b"]}"#] {
        assert_problem(&service.post("/v1/check", body), 422, "invalid-request");
    }
}

#[test]
fn a_body_without_length_is_cut_off_at_the_limit() {
    let service = Service::start(quito(), ServerConfig { max_body_bytes: 1000, ..config() });
    let mut client = TcpStream::connect(service.address).unwrap();
    let chunk = format!("1000\r\n{}\r\n", "x".repeat(0x1000));
    write!(
        client,
        "POST /v1/check HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n{chunk}"
    )
    .unwrap();
    assert_eq!(status_line(&mut client), "HTTP/1.1 413 Payload Too Large");
}

fn status_line(client: &mut TcpStream) -> String {
    use std::io::{BufRead, BufReader};
    client.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut line = String::new();
    BufReader::new(client).read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

#[test]
fn a_full_queue_refuses_and_says_when_to_come_back() {
    let held = Held::default();
    let limits = ServerConfig { max_running_asks: 1, max_waiting_asks: 0, ..config() };
    let service = Service::start(Arc::new(held.clone()), limits);
    std::thread::scope(|scope| {
        let first = scope.spawn(|| service.post("/v1/ask", QUESTION));
        held.wait_for(1);
        let refused = service.post("/v1/ask", QUESTION);
        assert_problem(&refused, 429, "queue-full");
        assert!(refused.header("retry-after").parse::<u64>().unwrap() >= 1);
        // Checking has its own queue.
        assert_eq!(service.post("/v1/check", r#"{"text":"2 + 2 = 4."}"#).status, 200);
        held.release();
        assert_eq!(first.join().unwrap().status, 200);
    });
    assert_eq!(service.post("/v1/ask", QUESTION).status, 200);
}

#[test]
fn a_client_that_goes_away_ends_its_request() {
    for stream in [false, true] {
        let held = Held::default();
        let service = Service::start(Arc::new(held.clone()), config());
        let mut client = TcpStream::connect(service.address).unwrap();
        let body = format!("{{\"question\":\"What is the capital of Ecuador?\",\"stream\":{stream}}}");
        write!(
            client,
            "POST /v1/ask HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        held.wait_for(1);
        drop(client);
        held.wait_for(0);
    }
}

#[test]
fn a_request_that_takes_too_long_is_ended() {
    let held = Held::default();
    let limits = ServerConfig { request_timeout: Duration::from_millis(200), ..config() };
    let service = Service::start(Arc::new(held.clone()), limits);
    assert_problem(&service.post("/v1/ask", QUESTION), 504, "out-of-time");
    held.wait_for(0);
}

#[test]
fn stopping_finishes_what_runs_and_takes_nothing_new() {
    let held = Held::default();
    let service = Service::start(Arc::new(held.clone()), config());
    let address = service.address;
    std::thread::scope(|scope| {
        let running = scope.spawn(|| service.post("/v1/ask", QUESTION));
        held.wait_for(1);
        service.handle.stop();
        let begun = Instant::now();
        while TcpStream::connect(address).is_ok() && begun.elapsed() < Duration::from_secs(10) {
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(TcpStream::connect(address).is_err(), "new connections are still taken");
        held.release();
        assert_eq!(running.join().unwrap().status, 200);
    });
    service.join().unwrap();
}

#[test]
fn the_time_to_finish_is_limited() {
    let held = Held::default();
    let limits = ServerConfig { shutdown_timeout: Duration::from_millis(300), ..config() };
    let service = Service::start(Arc::new(held.clone()), limits);
    std::thread::scope(|scope| {
        let running = scope.spawn(|| service.post("/v1/ask", QUESTION));
        held.wait_for(1);
        service.handle.stop();
        assert_problem(&running.join().unwrap(), 503, "stopping");
    });
    held.wait_for(0);
    service.join().unwrap();
}

#[test]
fn readiness_follows_the_parts() {
    let config = config();
    let service = Service::bare(config.clone());
    assert_eq!(service.get("/healthz").json(), json!({ "status": "alive" }));
    let waiting = service.get("/readyz");
    assert_problem(&waiting, 503, "not-ready");
    let parts: Vec<Value> =
        waiting.json()["missing"].as_array().unwrap().iter().map(|m| m["part"].clone()).collect();
    assert_eq!(parts, ["graph", "model"]);
    assert_problem(&service.post("/v1/ask", QUESTION), 503, "not-ready");

    service.handle.set_checker(checker());
    assert_eq!(service.post("/v1/check", r#"{"text":"2 + 2 = 4."}"#).status, 200);
    assert_problem(&service.get("/readyz"), 503, "not-ready");
    service.handle.set_reasoner(reasoner(quito(), &config));
    assert_eq!(service.get("/readyz").json(), json!({ "status": "ready" }));
    assert_eq!(service.request("HEAD", "/readyz", None, "").status, 200);
}

#[test]
fn a_port_in_use_is_told_in_one_sentence() {
    let service = Service::bare(config());
    let listen = service.address.to_string();
    let error = Server::bind(ServerConfig { listen: listen.clone(), ..config() }).err().unwrap();
    assert!(matches!(error, ServerError::AddressInUse { .. }));
    assert!(error.to_string().contains(&listen));
}
