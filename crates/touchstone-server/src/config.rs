use std::path::PathBuf;
use std::time::Duration;

use touchstone_graph::{QueryLimits, UserFacts};
use touchstone_reason::ReasonOptions;

/// Limits of the service. Sizes are bytes, times are wall-clock.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// Host and port, such as `127.0.0.1:8080`; port 0 takes any free one.
    pub listen: String,
    /// Larger bodies are refused (413).
    pub max_body_bytes: usize,
    /// Texts in one `/v1/check` request.
    pub max_texts: usize,
    /// Questions worked on at a time: at most the engine's sequences.
    pub max_running_asks: usize,
    /// Questions that wait for their turn; more are refused (429).
    pub max_waiting_asks: usize,
    /// Texts checked at a time; each takes one thread.
    pub max_running_checks: usize,
    pub max_waiting_checks: usize,
    /// SPARQL queries and searches at a time.
    pub max_running_queries: usize,
    pub max_waiting_queries: usize,
    /// Time and rows of a SPARQL query.
    pub query: QueryLimits,
    /// Bytes of a SPARQL query's result.
    pub max_result_bytes: usize,
    /// Bytes of a graph or of documents that are put.
    pub max_update_bytes: usize,
    /// From the end of the request's body to its answer, waiting included.
    pub request_timeout: Duration,
    /// For the request's headers, and again for its body.
    pub receive_timeout: Duration,
    /// What running requests get to finish once the server is told to stop.
    pub shutdown_timeout: Duration,
    /// How long a streamed question goes on without a reader, so that one can
    /// come back to it.
    pub resume_grace: Duration,
    /// Between comments that keep a silent event stream open.
    pub heartbeat: Duration,
    /// Whether SIGTERM and SIGINT stop the server.
    pub handle_signals: bool,
    /// Who may do what; without it, everyone may ask, check and query, and no
    /// one may change a graph.
    pub keys: Option<PathBuf>,
    /// Where facts of single users are kept; needs `keys`.
    pub users: Option<UserFacts>,
    /// HTTPS with this certificate instead of HTTP.
    pub tls: Option<TlsFiles>,
    /// Pages of these origins may call the service; `*` for all.
    pub cors_origins: Vec<String>,
    /// Limits and sampling of a question; a request can choose its language.
    pub reason: ReasonOptions,
}

/// A certificate chain and its private key, both PEM.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl Default for ServerConfig {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        ServerConfig {
            listen: "127.0.0.1:8080".into(),
            max_body_bytes: 1024 * 1024,
            max_texts: 1000,
            max_running_asks: 4,
            max_waiting_asks: 64,
            max_running_checks: cores,
            max_waiting_checks: 256,
            max_running_queries: cores,
            max_waiting_queries: 64,
            query: QueryLimits::default(),
            max_result_bytes: 64 * 1024 * 1024,
            max_update_bytes: 1024 * 1024 * 1024,
            request_timeout: Duration::from_secs(300),
            receive_timeout: Duration::from_secs(10),
            shutdown_timeout: Duration::from_secs(30),
            resume_grace: Duration::from_secs(10),
            heartbeat: Duration::from_secs(10),
            handle_signals: true,
            keys: None,
            users: None,
            tls: None,
            cors_origins: Vec::new(),
            reason: ReasonOptions::default(),
        }
    }
}
