//! The real program serving, with a small graph of its own and a model that
//! stands in for a remote one.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::sandbox::Sandbox;

/// Longer than anything takes on a busy machine.
const LONG: Duration = Duration::from_secs(60);

pub(crate) const ANY_PORT: &str = "127.0.0.1:0";

/// The address of a stand-in, as `--remote` takes it.
pub(crate) fn remote(model: &Stub) -> String {
    format!("http://{}/v1", model.address)
}

/// A folder with a graph in it.
pub(crate) fn with_graph() -> Sandbox {
    let home = Sandbox::new();
    let facts = home.write(
        "facts.ttl",
        r#"@prefix : <https://example.org/> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
        @prefix owl: <http://www.w3.org/2002/07/owl#> .
        :capital a owl:ObjectProperty, owl:FunctionalProperty ; rdfs:label "capital"@en .
        :lutland rdfs:label "Lutland"@en ; :capital :mossport . :mossport rdfs:label "Mossport"@en .
        :fenhaven rdfs:label "Fenhaven"@en ."#,
    );
    let outcome = home.run(&["kg", "import", "--store", "store", &facts]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    home
}

pub(crate) const TRUE: &str = r#"{"text":"The capital of Lutland is Mossport."}"#;
/// Of the model, whatever the graph could say.
pub(crate) const QUESTION: &str = r#"{"question":"What is the capital of Lutland?","mode":"draft"}"#;

pub(crate) struct Running {
    child: Child,
    pub(crate) url: String,
    key: Option<String>,
    pub(crate) log: Arc<Mutex<Vec<String>>>,
}

pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<u64>,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.body))
    }

    /// The last part of a problem's type.
    pub(crate) fn problem(&self) -> String {
        self.json()["type"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
    }
}

impl Running {
    pub(crate) fn start(home: &Sandbox, arguments: &[&str], environment: &[(&str, &str)]) -> Running {
        let mut child = Command::new(env!("CARGO_BIN_EXE_touchstone"))
            .args(["serve", "--bind", "127.0.0.1:0", "--store", "store", "--index", "index"])
            .args(arguments)
            .env_clear()
            .env("HOME", home.dir.path())
            .envs(environment.iter().copied())
            .current_dir(home.dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        let (lines, kept) = (BufReader::new(child.stderr.take().unwrap()).lines(), Arc::clone(&log));
        std::thread::spawn(move || {
            lines.map_while(Result::ok).for_each(|line| kept.lock().unwrap().push(line))
        });
        let mut running = Running { child, url: String::new(), key: None, log };
        running.url = wait("the address", || {
            let log = running.log.lock().unwrap();
            log.iter().find_map(|line| Some(line.strip_prefix("listening on ")?.to_owned()))
        });
        running
    }

    pub(crate) fn ready(&self) {
        wait("the server", || (self.get("/readyz").status == 200).then_some(()));
    }

    /// Sends this key from here on.
    pub(crate) fn with_key(mut self, key: String) -> Running {
        self.key = Some(key);
        self
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        reply(self.keyed(agent().get(self.at(path))).call().unwrap())
    }

    pub(crate) fn delete(&self, path: &str) -> Reply {
        reply(self.keyed(agent().delete(self.at(path))).call().unwrap())
    }

    pub(crate) fn post(&self, path: &str, body: &str) -> Reply {
        let request = agent().post(self.at(path)).content_type("application/json");
        reply(self.keyed(request).send(body).unwrap())
    }

    pub(crate) fn put(&self, path: &str, kind: &str, body: &str) -> Reply {
        reply(self.keyed(agent().put(self.at(path)).content_type(kind)).send(body).unwrap())
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    fn keyed<B>(&self, request: ureq::RequestBuilder<B>) -> ureq::RequestBuilder<B> {
        match &self.key {
            Some(key) => request.header("authorization", format!("Bearer {key}")),
            None => request,
        }
    }

    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(status.unwrap().success());
    }

    /// Reads everything again, and waits until it is in force.
    pub(crate) fn reload(&self) {
        let told = || self.log.lock().unwrap().iter().filter(|line| line.contains("reloaded")).count();
        let before = told();
        self.signal("HUP");
        wait("the reload", || (told() > before).then_some(()));
    }

    /// Asks it to stop; its exit code.
    pub(crate) fn stop(self) -> Option<i32> {
        self.signal("TERM");
        self.stopped()
    }

    /// Waits for its end.
    pub(crate) fn stopped(mut self) -> Option<i32> {
        wait("the end", || self.child.try_wait().unwrap()).code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Tries until there is something.
pub(crate) fn wait<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(begun.elapsed() < LONG, "{what} was waited for in vain");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(LONG)).build().into()
}

pub(crate) fn reply(mut response: ureq::http::Response<ureq::Body>) -> Reply {
    let header = response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
    Reply {
        status: response.status().as_u16(),
        retry_after: header,
        body: response.body_mut().read_to_string().unwrap(),
    }
}

/// A server that takes requests and gives what `answer` makes of each.
pub(crate) struct Stub {
    pub(crate) address: SocketAddr,
    gone: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Stub {
    pub(crate) fn start(
        address: &str,
        answer: impl Fn(&str, &[u8]) -> String + Clone + Send + 'static,
    ) -> Stub {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let gone = Arc::new(AtomicBool::new(false));
        let leaving = Arc::clone(&gone);
        let thread = std::thread::spawn(move || {
            for client in listener.incoming() {
                if leaving.load(Ordering::Acquire) {
                    break;
                }
                let answer = answer.clone();
                std::thread::spawn(move || serve(client.unwrap(), &answer));
            }
        });
        Stub { address, gone, thread: Some(thread) }
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.gone.store(true, Ordering::Release);
        let _ = TcpStream::connect(self.address);
        let _ = self.thread.take().unwrap().join();
    }
}

/// One request a connection.
fn serve(client: TcpStream, answer: &impl Fn(&str, &[u8]) -> String) {
    let mut reader = BufReader::new(client);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).unwrap_or(0) == 0 {
            return;
        }
    }
    let lower = head.to_ascii_lowercase();
    let length = lower.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    if reader.read_exact(&mut body).is_ok() {
        let reply = answer(&head, &body);
        // Who went away needs no answer.
        let _ = reader.get_mut().write_all(reply.as_bytes());
    }
}

fn http(kind: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

pub(crate) fn accepted() -> String {
    http("application/x-protobuf", "")
}

/// A model behind OpenAI's API that says one thing, after `pause`
/// milliseconds.
pub(crate) fn model(address: &str, pause: &Arc<AtomicU64>) -> Stub {
    let pause = Arc::clone(pause);
    Stub::start(address, move |head, _| {
        if head.starts_with("GET /v1/models") {
            return http(
                "application/json",
                r#"{"object":"list","data":[{"id":"stand-in","object":"model"}]}"#,
            );
        }
        std::thread::sleep(Duration::from_millis(pause.load(Ordering::Acquire)));
        let piece =
            r#"{"choices":[{"index":0,"delta":{"content":"Answer: Mossport"},"finish_reason":null}]}"#;
        let end = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
        http("text/event-stream", &format!("data: {piece}\n\ndata: {end}\n\ndata: [DONE]\n\n"))
    })
}
