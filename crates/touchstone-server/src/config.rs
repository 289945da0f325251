use std::time::Duration;

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
    /// From the end of the request's body to its answer, waiting included.
    pub request_timeout: Duration,
    /// For the request's headers, and again for its body.
    pub receive_timeout: Duration,
    /// What running requests get to finish once the server is told to stop.
    pub shutdown_timeout: Duration,
    /// Between comments that keep a silent event stream open.
    pub heartbeat: Duration,
    /// Whether SIGTERM and SIGINT stop the server.
    pub handle_signals: bool,
    /// Limits and sampling of a question; a request can choose its language.
    pub reason: ReasonOptions,
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
            request_timeout: Duration::from_secs(300),
            receive_timeout: Duration::from_secs(10),
            shutdown_timeout: Duration::from_secs(30),
            heartbeat: Duration::from_secs(10),
            handle_signals: true,
            reason: ReasonOptions::default(),
        }
    }
}
