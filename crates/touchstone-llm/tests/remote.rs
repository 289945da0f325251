//! The remote engine against a server that does what a test tells it to.
#![allow(clippy::unwrap_used)]

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use touchstone_llm::remote::{RemoteEngine, RemoteOptions};
use touchstone_llm::{
    Alternative, Constraint, Engine, FinishReason, LlmError, Message, Role, Sampling, Session, StopRule,
    Until,
};

/// A token, its log-probability, and others in its place.
type Scored = (&'static str, f64, Vec<(&'static str, f64)>);

/// What the server does with one request.
#[derive(Clone)]
enum Act {
    /// Writes these pieces, ends with this reason, and says what was used.
    Say(Vec<&'static str>, &'static str),
    /// The same with the tokens' log-probabilities.
    Score(Vec<Scored>),
    /// Writes the only choice of the grammar, each word with -0.5.
    Obey,
    Status(u16, &'static str),
    /// Hangs up in the middle of the text.
    BreakOff,
    /// Says nothing for so long.
    Sleep(Duration),
    Garbage,
}

struct Fake {
    url: String,
    /// Takes requests and says nothing, as a server that hangs.
    mute: Arc<AtomicBool>,
    requests: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Fake {
    fn start(owner: &'static str, acts: impl IntoIterator<Item = Act>) -> Fake {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::<Mutex<Vec<(String, Value)>>>::default();
        let acts = Arc::new(Mutex::new(acts.into_iter().collect::<VecDeque<_>>()));
        let seen = Arc::clone(&requests);
        let mute = Arc::<AtomicBool>::default();
        let hangs = Arc::clone(&mute);
        std::thread::spawn(move || {
            let mut unanswered = Vec::new();
            for stream in listener.incoming() {
                if hangs.load(Ordering::Acquire) {
                    unanswered.push(stream);
                    continue;
                }
                let (acts, seen) = (Arc::clone(&acts), Arc::clone(&seen));
                std::thread::spawn(move || serve(stream.unwrap(), owner, &acts, &seen));
            }
        });
        Fake { url, mute, requests }
    }

    fn engine(&self) -> RemoteEngine {
        RemoteEngine::connect(&self.options()).unwrap()
    }

    fn options(&self) -> RemoteOptions {
        RemoteOptions { rest: Duration::from_millis(300), ..RemoteOptions::new(&self.url) }
    }

    fn bodies(&self) -> Vec<Value> {
        self.requests.lock().unwrap().iter().map(|(_, body)| body.clone()).filter(|b| !b.is_null()).collect()
    }
}

fn serve(
    mut stream: TcpStream,
    owner: &str,
    acts: &Mutex<VecDeque<Act>>,
    seen: &Mutex<Vec<(String, Value)>>,
) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    seen.lock().unwrap().push((head.clone(), body.clone()));
    let json = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n";
    if head.starts_with("GET /v1/models ") {
        let list = json!({"data": [{"id": "fake-1", "owned_by": owner, "max_model_len": 512}]});
        let _ = write!(stream, "{json}{list}");
        return;
    }
    assert!(head.starts_with("POST /v1/chat/completions "), "{head}");
    let act = acts.lock().unwrap().pop_front().unwrap_or(Act::Status(500, "the script is over"));
    let events = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    let end = |reason: &str, tokens: usize| {
        json!({"choices": [{"delta": {}, "finish_reason": reason}],
            "usage": {"prompt_tokens": 7, "completion_tokens": tokens}})
    };
    match act {
        Act::Say(pieces, reason) => {
            let _ = write!(stream, "{events}");
            let count = pieces.len();
            for piece in pieces {
                if !event(&mut stream, &json!({"choices": [{"delta": {"content": piece}}]})) {
                    return;
                }
            }
            event(&mut stream, &end(reason, count));
            let _ = write!(stream, "data: [DONE]\n\n");
        }
        Act::Score(tokens) => {
            let _ = write!(stream, "{events}");
            for (token, logprob, top) in tokens {
                let top: Vec<Value> =
                    top.iter().map(|(token, logprob)| json!({"token": token, "logprob": logprob})).collect();
                let scored = json!({"token": token, "logprob": logprob, "bytes": token.as_bytes(), "top_logprobs": top});
                let chunk =
                    json!({"choices": [{"delta": {"content": token}, "logprobs": {"content": [scored]}}]});
                if write!(stream, "data: {chunk}\n\n").is_err() {
                    return;
                }
            }
            let _ = write!(stream, "data: {}\n\ndata: [DONE]\n\n", end("stop", 1));
        }
        Act::Obey => {
            let _ = write!(stream, "{events}");
            let grammar = body["grammar"].as_str().unwrap();
            let text = grammar.strip_prefix("root ::= \"").unwrap().strip_suffix('"').unwrap();
            for word in text.split_inclusive(' ') {
                let scored = json!({"token": word, "logprob": -0.5});
                let chunk =
                    json!({"choices": [{"delta": {"content": word}, "logprobs": {"content": [scored]}}]});
                let _ = write!(stream, "data: {chunk}\n\n");
            }
            let _ = write!(stream, "data: {}\n\ndata: [DONE]\n\n", end("stop", 1));
        }
        Act::Status(status, message) => {
            let error = json!({"error": {"message": message}}).to_string();
            let length = error.len();
            let _ = write!(
                stream,
                "HTTP/1.1 {status} No\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nretry-after: 0\r\nconnection: close\r\n\r\n{error}"
            );
        }
        Act::BreakOff => {
            let _ = write!(stream, "{events}");
            event(&mut stream, &json!({"choices": [{"delta": {"content": "Quito is"}}]}));
        }
        Act::Sleep(time) => {
            std::thread::sleep(time);
            event(&mut stream, &json!({}));
        }
        Act::Garbage => {
            let _ = write!(stream, "{events}data: {{\"choices\": 7}}\n\n");
        }
    }
}

fn event(stream: &mut TcpStream, data: &Value) -> bool {
    write!(stream, "data: {data}\n\n").is_ok()
}

fn chat() -> Vec<Message> {
    vec![Message::new(Role::System, "Be brief."), Message::new(Role::User, "What is the capital of Ecuador?")]
}

fn line() -> Until {
    Until::line(40, Sampling::default())
}

fn generate(session: &mut dyn Session, until: &Until) -> Result<(String, FinishReason), LlmError> {
    let mut seen = String::new();
    let generated = session.generate(until, &mut |text| {
        seen.push_str(text);
        ControlFlow::Continue(())
    })?;
    assert_eq!(seen, generated.text);
    Ok((generated.text, generated.finish))
}

#[test]
fn a_line_is_streamed_and_the_session_goes_on_from_it() {
    let fake = Fake::start(
        "llamacpp",
        [
            Act::Say(vec!["\n", "Quito is", " the capital", ".\nThen", " more"], "stop"),
            Act::Say(vec!["It lies high."], "stop"),
        ],
    );
    let engine = fake.engine();
    let info = engine.info();
    assert_eq!((info.model.as_str(), info.context_tokens), ("fake-1", 512));
    assert!(info.kernels.contains("llama-server"), "{}", info.kernels);
    let mut session = engine.open(&chat()).unwrap();
    let start = session.checkpoint();
    let (text, finish) = generate(&mut *session, &line()).unwrap();
    assert_eq!((text.as_str(), finish), ("\nQuito is the capital.", FinishReason::Stop));
    session.append("\n").unwrap();
    let mut fork = session.fork().unwrap();
    session.rewind(start).unwrap();
    let (text, finish) = generate(&mut *fork, &line()).unwrap();
    assert_eq!((text.as_str(), finish), ("It lies high.", FinishReason::EndOfText));
    assert!(fork.usage().generated_tokens > 0);
    let bodies = fake.bodies();
    assert_eq!(bodies[0]["messages"].as_array().unwrap().len(), 2);
    assert_eq!(
        bodies[1]["messages"][2],
        json!({"role": "assistant", "content": "\nQuito is the capital.\n"})
    );
    assert_eq!(session.checkpoint(), start);
    assert!(session.rewind(fork.checkpoint()).is_err());
}

#[test]
fn every_server_is_told_to_go_on_in_its_own_way() {
    for (owner, count, last) in [
        ("vllm", 3, "assistant"),
        ("llamacpp", 3, "assistant"),
        ("touchstone", 4, "user"),
        ("acme", 4, "user"),
    ] {
        let fake = Fake::start(owner, [Act::Say(vec!["ok"], "stop")]);
        let mut session = fake.engine().open(&chat()).unwrap();
        session.append("The capital is").unwrap();
        generate(&mut *session, &line()).unwrap();
        let body = fake.bodies().remove(0);
        let messages = body["messages"].as_array().unwrap().clone();
        assert_eq!((messages.len(), messages[count - 1]["role"].as_str()), (count, Some(last)));
        assert_eq!(body.get("continue_final_message").is_some(), owner == "vllm");
        assert_eq!(body["touchstone"]["check"] == json!(false), owner == "touchstone");
    }
}

#[test]
fn what_passes_is_tried_again_and_what_does_not_is_not() {
    let fake = Fake::start(
        "vllm",
        [
            Act::Status(503, "loading"),
            Act::Status(429, "busy"),
            Act::Say(vec!["Quito"], "length"),
            Act::Status(401, "wrong key"),
            Act::Say(vec!["never"], "stop"),
        ],
    );
    let mut session = fake.engine().open(&chat()).unwrap();
    assert_eq!(generate(&mut *session, &line()).unwrap(), ("Quito".to_owned(), FinishReason::Length));
    let error = generate(&mut *session, &line()).unwrap_err();
    assert!(
        matches!(&error, LlmError::Refused { status: 401, reason, .. } if reason == "wrong key"),
        "{error}"
    );
    assert_eq!(fake.bodies().len(), 4);
}

#[test]
fn a_failing_server_is_left_alone_and_then_tried_again() {
    let mut acts = vec![Act::Status(500, "broken"); 6];
    acts.push(Act::Say(vec!["Quito"], "stop"));
    let fake = Fake::start("vllm", acts);
    let engine = RemoteEngine::connect(&RemoteOptions { retries: 0, ..fake.options() }).unwrap();
    let mut session = engine.open(&chat()).unwrap();
    let mut asked = 0;
    let waits = loop {
        asked += 1;
        let error = generate(&mut *session, &line()).unwrap_err();
        assert!(matches!(error, LlmError::Unavailable { .. }), "{error}");
        if error.to_string().contains("left alone") {
            break fake.bodies().len();
        }
        assert!(asked < 20);
    };
    let _ = generate(&mut *session, &line());
    assert_eq!(fake.bodies().len(), waits, "it was not left alone");
    let begun = Instant::now();
    while generate(&mut *session, &line()).is_err() {
        assert!(begun.elapsed() < Duration::from_secs(20));
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn replies_that_break_off_or_make_no_sense_are_errors() {
    let fake = Fake::start("vllm", [Act::BreakOff, Act::Garbage]);
    let mut session = fake.engine().open(&chat()).unwrap();
    for _ in 0..2 {
        let error = session.generate(&line(), &mut |_| ControlFlow::Continue(())).unwrap_err();
        assert!(matches!(error, LlmError::Unavailable { .. }), "{error}");
    }
    let nobody = RemoteOptions { retries: 0, ..RemoteOptions::new("http://127.0.0.1:1") };
    assert!(matches!(RemoteEngine::connect(&nobody), Err(LlmError::Unavailable { .. })));
}

#[test]
fn a_silent_server_is_waited_for_only_so_long() {
    let fake = Fake::start(
        "vllm",
        [
            Act::Sleep(Duration::from_secs(20)),
            Act::Sleep(Duration::from_secs(20)),
            Act::Sleep(Duration::from_secs(20)),
        ],
    );
    let options = RemoteOptions { retries: 0, read_timeout: Duration::from_millis(300), ..fake.options() };
    let mut session = RemoteEngine::connect(&options).unwrap().open(&chat()).unwrap();
    let begun = Instant::now();
    let error = generate(&mut *session, &line()).unwrap_err();
    assert!(matches!(error, LlmError::Unavailable { .. }), "{error}");
    let mut session = fake.engine().open(&chat()).unwrap();
    let broken = session.generate(&line(), &mut |_| ControlFlow::Break(()));
    assert!(matches!(broken, Err(LlmError::Cancelled)));
    let limited = Until { time_limit: Some(Duration::from_millis(200)), ..line() };
    assert_eq!(generate(&mut *session, &limited).unwrap().1, FinishReason::Time);
    assert!(begun.elapsed() < Duration::from_secs(15));
}

#[test]
fn strings_stop_the_text_wherever_pieces_are_cut() {
    let fake = Fake::start("vllm", [Act::Say(vec!["one<", "|en", "d|>two"], "stop")]);
    let mut session = fake.engine().open(&chat()).unwrap();
    let until = Until { stop: StopRule::Strings(vec!["<|end|>".into()]), ..line() };
    assert_eq!(generate(&mut *session, &until).unwrap(), ("one".to_owned(), FinishReason::Stop));
}

#[test]
fn log_probabilities_are_passed_on() {
    let fake = Fake::start(
        "vllm",
        [Act::Score(vec![("Qui", -0.25, vec![("Qui", -0.25), ("Gua", -2.0)]), ("to", -0.5, vec![])])],
    );
    let mut session = fake.engine().open(&chat()).unwrap();
    let mut tokens = Vec::new();
    let until = Until { logprobs: Some(2), ..line() };
    let generated = session
        .stream(&until, &mut |piece| {
            tokens.extend_from_slice(piece.tokens);
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!((generated.tokens, generated.mean_log_probability), (2, -0.375));
    assert_eq!((tokens[0].bytes.as_slice(), tokens[0].top[1].1), (&b"Qui"[..], -2.0));
    let body = fake.bodies().remove(0);
    assert_eq!((&body["logprobs"], &body["top_logprobs"]), (&json!(true), &json!(2)));
}

#[test]
fn forbidden_words_are_replaced_by_what_is_next_likeliest() {
    let fake = Fake::start(
        "vllm",
        [
            Act::Score(vec![
                ("It is", -0.1, vec![]),
                (" Lyon", -0.2, vec![(" Lyon", -0.2), (" Lyon", -0.3), (" Paris", -1.0)]),
                (".", -0.1, vec![]),
            ]),
            Act::Score(vec![(".", -0.1, vec![])]),
            Act::Score(vec![(" Lyon", -0.2, vec![(" Lyon", -0.2)])]),
        ],
    );
    let mut session = fake.engine().open(&chat()).unwrap();
    let until = Until { forbidden: vec!["Lyon".into()], ..line() };
    assert_eq!(generate(&mut *session, &until).unwrap().0, "It is Paris.");
    let bodies = fake.bodies();
    assert_eq!(bodies[1]["messages"][2]["content"], "It is Paris");
    let error = generate(&mut *session, &until).unwrap_err();
    assert!(matches!(error, LlmError::Failed { .. }), "{error}");
}

#[test]
fn constraints_are_asked_for_and_unwrapped() {
    let fake = Fake::start("acme", [Act::Say(vec!["{\"te", "xt\": \"里昂\"}"], "stop")]);
    let mut session = fake.engine().open(&chat()).unwrap();
    let until = Until::constrained(Constraint::choices(["里昂", "巴黎"]), 9, Sampling::default());
    assert_eq!(generate(&mut *session, &until).unwrap(), ("里昂".to_owned(), FinishReason::Stop));
    assert_eq!(session.checkpoint().0, "里昂".len());
    let none = Until { forbidden: vec!["里昂".into(), "巴黎".into()], ..until };
    assert!(matches!(generate(&mut *session, &none), Err(LlmError::Constraint { .. })));
}

#[test]
fn texts_are_scored_where_the_server_can_be_made_to_write_them() {
    let fake = Fake::start("llamacpp", vec![Act::Obey; 20]);
    let mut session = fake.engine().open(&chat()).unwrap();
    let scores = session
        .likelihoods(&[
            Alternative::from("one"),
            Alternative { given: "zero ", text: "one two three" },
            "".into(),
        ])
        .unwrap();
    assert_eq!(
        scores.iter().map(|s| (s.log, s.tokens)).collect::<Vec<_>>(),
        [(-0.5, 1), (-1.5, 3), (0.0, 0)]
    );
    assert_eq!(session.checkpoint().0, 0);
    let fake = Fake::start("touchstone", []);
    let until = Until::constrained(Constraint::choices(["x"]), 9, Sampling::default());
    let error = generate(&mut *fake.engine().open(&chat()).unwrap(), &until).unwrap_err();
    assert!(matches!(error, LlmError::Unsupported { .. }), "{error}");
    let fake = Fake::start("acme", []);
    let error = fake.engine().open(&chat()).unwrap().score(&["x"]).unwrap_err();
    assert!(matches!(error, LlmError::Unsupported { .. }), "{error}");
}

#[test]
fn the_key_is_sent_and_never_shown() {
    let fake = Fake::start("vllm", [Act::Status(403, "no")]);
    let options = RemoteOptions { key: Some("sesame".to_owned().into()), ..fake.options() };
    assert!(!format!("{options:?}").contains("sesame"));
    let engine = RemoteEngine::connect(&options).unwrap();
    let error = generate(&mut *engine.open(&chat()).unwrap(), &line()).unwrap_err();
    assert!(!format!("{error} {error:?} {:?}", engine.info()).contains("sesame"));
    let heads = fake.requests.lock().unwrap();
    assert!(heads.iter().all(|(head, _)| head.contains("Bearer sesame")), "{heads:?}");
}

#[test]
fn a_server_that_hangs_or_keeps_failing_cannot_be_reached_until_it_answers() {
    let fake = Fake::start("vllm", vec![Act::Status(500, "broken"); 8]);
    // Long enough for a busy machine to ask again before it is over.
    let options = RemoteOptions { rest: Duration::from_secs(4), ..fake.options() };
    let engine = RemoteEngine::connect(&options).unwrap();
    assert!(engine.reachable().is_ok());
    fake.mute.store(true, Ordering::Release);
    let begun = Instant::now();
    assert!(matches!(engine.reachable(), Err(LlmError::Unavailable { .. })));
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    fake.mute.store(false, Ordering::Release);
    assert!(engine.reachable().is_ok(), "one failure is no reason to leave it alone");

    // It lists its models, but fails where it is to write.
    let mut session = engine.open(&chat()).unwrap();
    for _ in 0..2 {
        assert!(generate(&mut *session, &line()).is_err());
    }
    let left_alone = engine.reachable().unwrap_err();
    assert!(matches!(&left_alone, LlmError::Unavailable { retry_after: Some(_), .. }), "{left_alone}");
    std::thread::sleep(options.rest * 2);
    assert!(engine.reachable().is_ok());
}
