//! A real server on a free port, over the demonstration graph in memory.

use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;
use touchstone_check::Checker;
use touchstone_graph::model::NamedNode;
use touchstone_graph::{Graph, ImportOptions, ImportSource, Store};
use touchstone_llm::recorded::Recorded;
use touchstone_llm::{
    Alternative, Checkpoint, Engine, EngineInfo, Generated, Likelihood, LlmError, Message, Piece, Session,
    SessionUsage, Until,
};
use touchstone_reason::{Mode, Prompts, ReasonOptions, Reasoner};
use touchstone_server::{Server, ServerConfig, ServerError, ServerHandle};

static CHECKER: LazyLock<Arc<Checker>> = LazyLock::new(|| {
    let kg = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../kg");
    let ontology = NamedNode::new("https://w3id.org/touchstone/world/graph/ontology").unwrap();
    let store = Store::in_memory().unwrap();
    load(&store, kg.join("ontology.ttl"), Some(ontology));
    load(&store, kg.join("facts.nq.zst"), None);
    Arc::new(Checker::new(Arc::new(Graph::from_store(store).unwrap())))
});

fn load(store: &Store, file: PathBuf, graph: Option<NamedNode>) {
    let options = ImportOptions { graph, ..ImportOptions::default() };
    store.import(&ImportSource::Rdf(file), &options, &mut |_| ControlFlow::Continue(())).unwrap();
}

pub(crate) fn checker() -> Arc<Checker> {
    Arc::clone(&CHECKER)
}

pub(crate) fn reasoner(engine: Arc<dyn Engine>, config: &ServerConfig) -> Arc<Reasoner> {
    Arc::new(Reasoner::new(engine, checker(), Prompts::load(None).unwrap(), config.reason.clone()))
}

/// A model that says what is right about Ecuador.
pub(crate) fn quito() -> Arc<dyn Engine> {
    Arc::new(Recorded::new(["1. Quito is the capital of Ecuador.", "Answer: Quito"]))
}

pub(crate) struct Service {
    pub(crate) address: SocketAddr,
    pub(crate) handle: ServerHandle,
    thread: Option<JoinHandle<Result<(), ServerError>>>,
}

pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: String,
}

/// A request.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Call<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) content_type: Option<&'a str>,
    pub(crate) accept: Option<&'a str>,
    pub(crate) authorization: Option<&'a str>,
    pub(crate) last_event: Option<&'a str>,
    pub(crate) origin: Option<&'a str>,
    pub(crate) host: Option<&'a str>,
    pub(crate) request_id: Option<&'a str>,
    pub(crate) body: &'a str,
}

impl<'a> Call<'a> {
    pub(crate) fn get(path: &'a str) -> Call<'a> {
        Call { method: "GET", path, ..Call::default() }
    }
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.body))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// For a place in an address.
pub(crate) fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

pub(crate) fn config() -> ServerConfig {
    // From the model's lines, also where the graph could answer by itself.
    let reason = ReasonOptions { mode: Mode::Draft, ..ReasonOptions::default() };
    ServerConfig { listen: "127.0.0.1:0".into(), handle_signals: false, reason, ..ServerConfig::default() }
}

impl Service {
    pub(crate) fn start(engine: Arc<dyn Engine>, config: ServerConfig) -> Service {
        let reasoner = reasoner(engine, &config);
        let service = Service::bare(config);
        service.handle.set_checker(checker());
        service.handle.set_reasoner(reasoner);
        service
    }

    /// Without its parts.
    pub(crate) fn bare(config: ServerConfig) -> Service {
        let server = Server::bind(config).unwrap();
        let (address, handle) = (server.address(), server.handle());
        Service { address, handle, thread: Some(std::thread::spawn(|| server.run())) }
    }

    pub(crate) fn request(&self, method: &str, path: &str, content_type: Option<&str>, body: &str) -> Reply {
        self.send(&Call { method, path, content_type, body, ..Call::default() })
    }

    pub(crate) fn send(&self, call: &Call<'_>) -> Reply {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_secs(60)))
            .build()
            .into();
        let mut request =
            http::Request::builder().method(call.method).uri(format!("http://{}{}", self.address, call.path));
        let headers = [
            ("content-type", call.content_type),
            ("accept", call.accept),
            ("authorization", call.authorization),
            ("last-event-id", call.last_event),
            ("origin", call.origin),
            ("host", call.host),
            ("x-request-id", call.request_id),
        ];
        for (name, value) in headers {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        let mut response = match call.method {
            "GET" | "HEAD" | "DELETE" | "OPTIONS" => agent.run(request.body(()).unwrap()).unwrap(),
            _ => agent.run(request.body(call.body).unwrap()).unwrap(),
        };
        Reply {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.body_mut().read_to_string().unwrap(),
        }
    }

    pub(crate) fn post(&self, path: &str, body: &str) -> Reply {
        self.request("POST", path, Some("application/json"), body)
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        self.request("GET", path, None, "")
    }

    pub(crate) fn join(mut self) -> Result<(), ServerError> {
        self.thread.take().unwrap().join().unwrap()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.handle.stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A model that thinks until it is released or broken off.
#[derive(Clone, Default)]
pub(crate) struct Held {
    released: Arc<AtomicBool>,
    generating: Arc<AtomicUsize>,
}

impl Held {
    pub(crate) fn release(&self) {
        self.released.store(true, Ordering::Release);
    }

    pub(crate) fn generating(&self) -> usize {
        self.generating.load(Ordering::Acquire)
    }

    /// Waits until so many sessions generate.
    pub(crate) fn wait_for(&self, sessions: usize) {
        let begun = Instant::now();
        while self.generating() != sessions {
            assert!(begun.elapsed() < Duration::from_secs(120), "{} sessions generate", self.generating());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Engine for Held {
    fn info(&self) -> EngineInfo {
        quito().info()
    }

    fn open(&self, chat: &[Message]) -> Result<Box<dyn Session>, LlmError> {
        Ok(Box::new(HeldSession { held: self.clone(), inner: quito().open(chat)? }))
    }
}

struct HeldSession {
    held: Held,
    inner: Box<dyn Session>,
}

impl Session for HeldSession {
    fn append(&mut self, text: &str) -> Result<(), LlmError> {
        self.inner.append(text)
    }

    fn stream(
        &mut self,
        until: &Until,
        on_piece: &mut dyn FnMut(Piece<'_>) -> ControlFlow<()>,
    ) -> Result<Generated, LlmError> {
        self.held.generating.fetch_add(1, Ordering::AcqRel);
        let mut flow = ControlFlow::Continue(());
        while flow.is_continue() && !self.held.released.load(Ordering::Acquire) {
            std::thread::sleep(Duration::from_millis(5));
            flow = on_piece(Piece { text: "", tokens: &[] });
        }
        self.held.generating.fetch_sub(1, Ordering::AcqRel);
        if flow.is_break() {
            return Err(LlmError::Cancelled);
        }
        self.inner.stream(until, on_piece)
    }

    fn checkpoint(&self) -> Checkpoint {
        self.inner.checkpoint()
    }

    fn rewind(&mut self, to: Checkpoint) -> Result<(), LlmError> {
        self.inner.rewind(to)
    }

    fn fork(&mut self) -> Result<Box<dyn Session>, LlmError> {
        Ok(Box::new(HeldSession { held: self.held.clone(), inner: self.inner.fork()? }))
    }

    fn likelihoods(&mut self, alternatives: &[Alternative<'_>]) -> Result<Vec<Likelihood>, LlmError> {
        self.inner.likelihoods(alternatives)
    }

    fn usage(&self) -> SessionUsage {
        self.inner.usage()
    }
}
