//! OpenAI's chat API.

use serde_json::{Value, json};

use super::assert_problem;
use super::service::{Reply, Service, config, quito};

fn body(more: Value) -> String {
    let mut body = json!({
        "model": "touchstone",
        "messages": [{ "role": "user", "content": "What is the capital of Ecuador?" }],
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body.to_string()
}

fn chat(service: &Service, more: Value) -> Reply {
    service.post("/v1/chat/completions", &body(more))
}

#[test]
fn the_message_is_the_verified_answer_with_citations() {
    let service = Service::start(quito(), config());
    let reply = chat(&service, json!({})).json();
    assert_eq!(reply["object"], "chat.completion");
    let text = reply["choices"][0]["message"]["content"].as_str().unwrap();
    assert!(text.starts_with("Quito [1]\n\n[1] Ecuador – capital – Quito"), "{text}");
    assert_eq!(reply["touchstone"]["report"]["answer"]["status"], "verified");
    let plain = chat(&service, json!({ "touchstone": { "citations": false } })).json();
    assert_eq!(plain["choices"][0]["message"]["content"], "Quito");
}

#[test]
fn the_model_itself_speaks_when_nothing_is_to_be_checked() {
    let service = Service::start(quito(), config());
    let reply = chat(&service, json!({ "touchstone": { "check": false } })).json();
    assert_eq!(reply["choices"][0]["message"]["content"], "1. Quito is the capital of Ecuador.");
    assert!(reply["touchstone"].get("report").is_none());
}

#[test]
fn a_stream_ends_with_done_and_says_the_same() {
    let service = Service::start(quito(), config());
    for more in [json!({}), json!({ "touchstone": { "check": false } })] {
        let mut streamed = more.clone();
        streamed["stream"] = json!(true);
        streamed["stream_options"] = json!({ "include_usage": true });
        let reply = chat(&service, streamed);
        assert_eq!(reply.header("content-type"), "text/event-stream; charset=utf-8");
        let frames: Vec<&str> =
            reply.body.split_terminator("\n\n").map(|frame| frame.strip_prefix("data: ").unwrap()).collect();
        assert_eq!(frames.last(), Some(&"[DONE]"));
        let chunks: Vec<Value> =
            frames[..frames.len() - 1].iter().map(|frame| serde_json::from_str(frame).unwrap()).collect();
        let text: String =
            chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str()).collect();
        let whole = chat(&service, more).json();
        assert_eq!(whole["choices"][0]["message"]["content"], text);
        assert!(chunks.iter().any(|chunk| chunk["choices"][0]["finish_reason"] == "stop"));
        assert_eq!(chunks.last().unwrap()["usage"], whole["usage"]);
    }
}

#[test]
fn what_cannot_be_done_is_refused_and_what_is_ignored_is_told() {
    let service = Service::start(quito(), config());
    assert_problem(&chat(&service, json!({ "model": "none" })), 404, "not-found");
    for more in [
        json!({ "n": 3 }),
        json!({ "messages": [] }),
        json!({ "response_format": { "type": "json_object" } }),
    ] {
        assert_problem(&chat(&service, more), 422, "invalid-request");
    }
    let image =
        json!({ "messages": [{ "role": "user", "content": [{ "type": "image_url", "image_url": {} }] }] });
    assert_problem(&chat(&service, image), 400, "wrong-shape");
    let reply = chat(&service, json!({ "frequency_penalty": 0.5, "user": "me" })).json();
    assert_eq!(reply["touchstone"]["ignored"], json!(["frequency_penalty", "user"]));
    let models = service.get("/v1/models").json();
    let ids: Vec<&str> =
        models["data"].as_array().unwrap().iter().map(|m| m["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["touchstone", "recorded"]);
    assert_eq!(service.get("/v1/models/recorded").status, 200);
}

#[test]
fn tokens_come_with_their_log_probabilities() {
    let service = Service::start(quito(), config());
    let more = json!({ "touchstone": { "check": false }, "logprobs": true, "top_logprobs": 2 });
    let reply = chat(&service, more.clone()).json();
    let choice = &reply["choices"][0];
    let tokens = choice["logprobs"]["content"].as_array().unwrap();
    let text: String = tokens.iter().map(|token| token["token"].as_str().unwrap()).collect();
    assert_eq!(choice["message"]["content"], text);
    assert_eq!(tokens[0]["logprob"], -0.1);
    assert_eq!(tokens[0]["bytes"], json!(tokens[0]["token"].as_str().unwrap().as_bytes()));

    let mut streamed = more;
    streamed["stream"] = json!(true);
    let body = chat(&service, streamed).body;
    let frames = body.split_terminator("\n\n").filter_map(|frame| frame.strip_prefix("data: {"));
    let chunks = frames.map(|frame| serde_json::from_str::<Value>(&format!("{{{frame}")).unwrap());
    let streamed: Vec<Value> = chunks
        .filter_map(|chunk| chunk["choices"][0]["logprobs"]["content"].as_array().cloned())
        .flatten()
        .collect();
    assert_eq!(&streamed, tokens);

    // A checked answer is put together from steps: it has none, and says so.
    let checked = chat(&service, json!({ "logprobs": true })).json();
    assert_eq!(checked["choices"][0]["logprobs"], Value::Null);
    assert_eq!(checked["touchstone"]["ignored"], json!(["logprobs"]));
}

#[test]
fn json_is_for_replies_that_are_not_checked() {
    let service = Service::start(quito(), config());
    let schema =
        json!({ "type": "json_schema", "json_schema": { "name": "a", "schema": { "type": "object" } } });
    assert_problem(&chat(&service, json!({ "response_format": schema })), 422, "invalid-request");
    let plain = json!({ "response_format": schema, "touchstone": { "check": false } });
    assert_eq!(chat(&service, plain).status, 200);
    let unknown = json!({ "response_format": { "type": "grammar" } });
    assert_problem(&chat(&service, unknown), 400, "wrong-shape");
    let text = json!({ "response_format": { "type": "text" } });
    assert_eq!(chat(&service, text).status, 200);
}
