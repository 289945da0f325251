use std::time::Duration;

use secrecy::SecretString;

/// Where a remote model is and how it is spoken to.
#[derive(Clone, Debug)]
pub struct RemoteOptions {
    /// The server's address, with or without the `/v1` of its API:
    /// `http://127.0.0.1:8080`.
    pub url: String,
    /// The model's name there; by default the first that the server lists.
    pub model: Option<String>,
    /// Sent as a bearer token.
    pub key: Option<SecretString>,
    pub connect_timeout: Duration,
    /// From one piece of a reply to the next, the wait for the first included.
    pub read_timeout: Duration,
    /// Tries after the first, when the server cannot be reached, is busy or fails.
    pub retries: usize,
    /// How long a server that keeps failing is left alone.
    pub rest: Duration,
    /// Tokens that one session may hold; by default what the server says.
    pub context_tokens: Option<usize>,
    /// Sessions at a time; it only advises callers.
    pub max_sessions: usize,
}

impl RemoteOptions {
    pub fn new(url: impl Into<String>) -> RemoteOptions {
        RemoteOptions {
            url: url.into(),
            model: None,
            key: None,
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(120),
            retries: 3,
            rest: Duration::from_secs(10),
            context_tokens: None,
            max_sessions: 16,
        }
    }
}
