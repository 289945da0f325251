//! The Model Context Protocol over standard input and output, with a real
//! model where the small one is on this machine.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::sandbox::demo_store;

const FILE: &str = "SmolLM2-135M-Instruct.Q4_1.gguf";

fn model() -> Option<PathBuf> {
    let folder = std::env::var_os("TOUCHSTONE_MODELS")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache/touchstone/models")))?;
    let path = folder.join(FILE);
    if path.is_file() {
        return Some(path);
    }
    assert!(std::env::var_os("TOUCHSTONE_REQUIRE_MODEL").is_none(), "{FILE} is not in {}", folder.display());
    eprintln!("skipped: {FILE} is not there; `make small-model` fetches it");
    None
}

#[test]
fn an_assistant_that_starts_the_program_gets_the_tools() {
    let Some(model) = model() else { return };
    let home = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_touchstone"))
        .args(["mcp", "--threads", "1", "--sessions", "1", "--model"])
        .arg(model)
        .arg("--store")
        .arg(demo_store())
        .env("HOME", home.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut call = |message: Value| {
        writeln!(input, "{message}").unwrap();
        let mut line = String::new();
        if message.get("id").is_some() {
            output.read_line(&mut line).unwrap();
        }
        serde_json::from_str::<Value>(&line).unwrap_or_default()
    };
    let hello = json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } });
    let reply = call(json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello }));
    assert_eq!(reply["result"]["serverInfo"]["name"], "touchstone", "{reply}");
    call(json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
    let tools = call(json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/list" }));
    assert_eq!(tools["result"]["tools"].as_array().unwrap().len(), 3, "{tools}");
    // Waits until the graph is loaded.
    let arguments = json!({ "text": "Gold has atomic number 78." });
    let checked = call(
        json!({ "jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": { "name": "check", "arguments": arguments } }),
    );
    assert_eq!(checked["result"]["structuredContent"]["summary"]["refuted"], 1, "{checked}");
    // The model may say anything; what counts is that there is a report.
    let arguments = json!({ "question": "What is the capital of Ecuador?" });
    let asked = call(
        json!({ "jsonrpc": "2.0", "id": 4, "method": "tools/call", "params": { "name": "ask", "arguments": arguments } }),
    );
    assert_eq!(
        asked["result"]["structuredContent"]["question"], "What is the capital of Ecuador?",
        "{asked}"
    );
    drop(input);
    assert!(child.wait().unwrap().success());
}
