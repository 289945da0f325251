//! The Model Context Protocol over HTTP.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use touchstone_server::{KeyFile, NewKey, Scope, ServerConfig};

use super::assert_problem;
use super::service::{Call, Reply, Service, config, quito};

const ACCEPT: &str = "application/json, text/event-stream";

fn call<'a>(body: &'a str) -> Call<'a> {
    Call {
        method: "POST",
        path: "/mcp",
        content_type: Some("application/json"),
        accept: Some(ACCEPT),
        body,
        ..Call::default()
    }
}

fn message(method: &str, params: Value) -> String {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string()
}

fn tool(service: &Service, name: &str, arguments: Value) -> Value {
    let body = message("tools/call", json!({ "name": name, "arguments": arguments }));
    let reply = service.send(&call(&body));
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.json()["result"].clone()
}

fn text(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{result}"))
}

#[test]
fn the_tools_are_listed_with_their_schemas() {
    let service = Service::start(quito(), config());
    let reply = service.send(&call(&message("tools/list", json!({})))).json();
    let tools = reply["result"]["tools"].as_array().unwrap();
    let names: Vec<&str> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["ask", "check", "query_graph"]);
    for tool in tools {
        assert_eq!(tool["inputSchema"]["type"], "object", "{tool}");
        assert_eq!(tool["inputSchema"]["additionalProperties"], false, "{tool}");
        assert_eq!(tool["annotations"]["readOnlyHint"], true, "{tool}");
    }
    assert!(tools[0]["outputSchema"]["properties"]["answer"].is_object());
}

#[test]
fn each_tool_does_its_work() {
    let service = Service::start(quito(), config());
    let asked = tool(&service, "ask", json!({ "question": "What is the capital of Ecuador?" }));
    assert!(text(&asked).starts_with("Status: verified\nQuito [1]"), "{asked}");
    assert_eq!(asked["structuredContent"]["answer"]["status"], "verified");

    let checked = tool(&service, "check", json!({ "text": "Gold has atomic number 78." }));
    assert!(text(&checked).contains("right would be: 79"), "{checked}");
    assert_eq!(checked["structuredContent"]["summary"]["refuted"], 1);

    let query = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }";
    let found = tool(&service, "query_graph", json!({ "query": query }));
    let found: Value = serde_json::from_str(text(&found)).unwrap();
    assert!(found["results"]["bindings"][0]["n"]["value"].as_str().unwrap().parse::<u64>().unwrap() > 1_000);
}

#[test]
fn what_cannot_be_done_is_told_to_the_assistant() {
    let service = Service::start(quito(), config());
    for (name, arguments) in [
        ("ask", json!({ "question": "" })),
        ("ask", json!({ "question": "Who?", "language": "de" })),
        ("ask", json!({})),
        ("check", json!({ "text": " " })),
        ("check", json!({ "text": "a", "more": 1 })),
        ("query_graph", json!({ "query": "DROP ALL" })),
        ("query_graph", json!({ "query": "SELECT * { SERVICE <http://example.org/> { ?s ?p ?o } }" })),
        ("query_graph", json!({ "query": "SELECT * { ?s ?p ?o }" })),
        ("none", json!({})),
    ] {
        let result = tool(&service, name, arguments.clone());
        assert_eq!(result["isError"], true, "{name} {arguments}: {result}");
        assert!(!text(&result).is_empty());
    }
}

#[test]
fn pages_of_others_and_strange_names_of_the_host_are_refused() {
    let service = Service::start(quito(), config());
    let list = message("tools/list", json!({}));
    let reply = service.send(&Call { origin: Some("https://evil.example"), ..call(&list) });
    assert_eq!(reply.status, 403, "{}", reply.body);
    let reply: Reply = service.send(&Call { host: Some("evil.example"), ..call(&list) });
    assert_eq!(reply.status, 403, "{}", reply.body);
    assert_problem(&service.get("/mcp"), 405, "method-not-allowed");
}

#[test]
fn a_key_calls_what_its_scopes_allow() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys.toml");
    let mut file = KeyFile::default();
    let scopes = BTreeSet::from([Scope::Check]);
    let key = file.add(NewKey { name: "c".into(), scopes, requests_per_minute: None, concurrent: None });
    file.save(&path).unwrap();
    let service = Service::start(quito(), ServerConfig { keys: Some(path), ..config() });
    let list = message("tools/list", json!({}));
    assert_problem(&service.send(&call(&list)), 401, "no-key");
    let bearer = format!("Bearer {key}");
    let with = |body: &str| service.send(&Call { authorization: Some(&bearer), ..call(body) }).json();
    let checked =
        with(&message("tools/call", json!({ "name": "check", "arguments": { "text": "2 + 2 = 4." } })));
    assert_eq!(checked["result"]["structuredContent"]["summary"]["supported"], 1);
    let asked = with(&message("tools/call", json!({ "name": "ask", "arguments": { "question": "Who?" } })));
    assert!(text(&asked["result"]).contains("scope ask"), "{asked}");
}
