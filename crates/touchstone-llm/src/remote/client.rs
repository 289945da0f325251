//! Requests to the server: with retries while nothing of a reply has come,
//! and a circuit breaker that leaves a failing server alone for a while.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use backon::{BlockingRetryable, ExponentialBuilder};
use recloser::Recloser;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use ureq::http::{HeaderValue, Uri, header};

use super::RemoteOptions;
use crate::LlmError;

/// The part of an error's body that is shown.
const SHOWN: u64 = 2_000;
/// Calls that the breaker looks back on, and how many of them may fail.
const LOOKED_AT: usize = 6;
const MAX_FAILING: f32 = 0.6;
const LONGEST_PAUSE: Duration = Duration::from_secs(20);
/// What a server gets to say that it is there.
const PROBE_TIME: Duration = Duration::from_secs(3);

pub(super) struct Client {
    agent: ureq::Agent,
    base: String,
    /// The base without what a URL may hold of secrets.
    shown: String,
    key: Option<SecretString>,
    retries: usize,
    rest: Duration,
    breaker: Recloser,
}

/// Why a try failed.
enum Failure {
    /// Worth another try, after so long if the server said so.
    Passing {
        reason: String,
        after: Option<Duration>,
    },
    Refused {
        status: u16,
        reason: String,
    },
}

impl Client {
    pub(super) fn new(options: &RemoteOptions) -> Result<Client, LlmError> {
        let (base, shown) = base(&options.url)?;
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .user_agent(concat!("touchstone/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(options.connect_timeout))
            .timeout_recv_response(Some(options.read_timeout))
            .timeout_per_read(Some(options.read_timeout))
            .build()
            .into();
        let breaker = Recloser::custom()
            .closed_len(LOOKED_AT)
            .half_open_len(1)
            .error_rate(MAX_FAILING)
            .open_wait(options.rest)
            .build();
        let (key, retries, rest) = (options.key.clone(), options.retries, options.rest);
        Ok(Client { agent, base, shown, key, retries, rest, breaker })
    }

    /// The server's address, for people.
    pub(super) fn service(&self) -> &str {
        &self.shown
    }

    pub(super) fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, LlmError> {
        let mut response = self.tried(|| {
            let request = self.agent.get(format!("{}{path}", self.base));
            self.authorized(request)?.call().map_err(|error| passing(&error))
        })?;
        response.body_mut().read_json().map_err(|error| self.garbled(&error.to_string()))
    }

    /// The body of the reply, as it comes.
    pub(super) fn post(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<ureq::BodyReader<'static>, LlmError> {
        let response = self.tried(|| {
            let request = self.agent.post(format!("{}{path}", self.base));
            self.authorized(request)?.send_json(body).map_err(|error| passing(&error))
        })?;
        Ok(response.into_body().into_reader())
    }

    /// Whether the server answers now: one try, soon over. It counts for the
    /// breaker like any other, so that who is told yes is not refused by it.
    pub(super) fn probe(&self, path: &str) -> Result<(), LlmError> {
        let once = || {
            let request = self.agent.get(format!("{}{path}", self.base));
            let request = request.config().timeout_global(Some(PROBE_TIME)).build();
            accepted(self.authorized(request)?.call().map_err(|error| passing(&error))?)
        };
        self.breaker.call_with(counts, once).map(drop).map_err(|error| self.failed(error))
    }

    fn authorized<B>(&self, request: ureq::RequestBuilder<B>) -> Result<ureq::RequestBuilder<B>, Failure> {
        let Some(key) = &self.key else {
            return Ok(request);
        };
        let value = HeaderValue::try_from(format!("Bearer {}", key.expose_secret()));
        let mut value = value.map_err(|_| Failure::Refused {
            status: 401,
            reason: "the key holds characters that no key has".to_owned(),
        })?;
        value.set_sensitive(true);
        Ok(request.header(header::AUTHORIZATION, value))
    }

    /// A reply with a status of success, after as many tries as it needs.
    fn tried(
        &self,
        once: impl Fn() -> Result<ureq::http::Response<ureq::Body>, Failure>,
    ) -> Result<ureq::http::Response<ureq::Body>, LlmError> {
        let after = Rc::new(Cell::new(None));
        let asked_for = Rc::clone(&after);
        let attempt = || self.breaker.call_with(counts, || accepted(once()?));
        let pauses = ExponentialBuilder::default()
            .with_jitter()
            .with_min_delay(Duration::from_millis(250))
            .with_max_delay(LONGEST_PAUSE)
            .with_max_times(self.retries);
        let result = attempt
            .retry(pauses)
            .sleep(move |pause: Duration| std::thread::sleep(pause.max(asked_for.take().unwrap_or_default())))
            .when(|error| match error {
                recloser::Error::Inner(Failure::Passing { after: asked, .. }) => {
                    after.set(*asked);
                    asked.is_none_or(|asked| asked <= LONGEST_PAUSE)
                }
                _ => false,
            })
            .notify(|_, pause| {
                tracing::debug!(service = self.shown, ?pause, "the model service is tried again")
            })
            .call();
        result.map_err(|error| self.failed(error))
    }

    fn failed(&self, error: recloser::Error<Failure>) -> LlmError {
        let service = self.shown.clone();
        match error {
            recloser::Error::Rejected => LlmError::Unavailable {
                service,
                reason: "it failed several times, and is left alone for a while".to_owned(),
                retry_after: Some(self.rest),
            },
            recloser::Error::Inner(Failure::Passing { reason, after }) => {
                LlmError::Unavailable { service, reason, retry_after: after }
            }
            recloser::Error::Inner(Failure::Refused { status, reason }) => {
                LlmError::Refused { service, status, reason }
            }
        }
    }

    /// A reply that is not what the API promises.
    pub(super) fn garbled(&self, reason: &str) -> LlmError {
        let reason = format!("its reply cannot be read: {reason}");
        LlmError::Unavailable { service: self.shown.clone(), reason, retry_after: None }
    }
}

/// A server that refuses is there.
fn counts(failure: &Failure) -> bool {
    matches!(failure, Failure::Passing { .. })
}

fn passing(error: &ureq::Error) -> Failure {
    Failure::Passing { reason: error.to_string(), after: None }
}

fn accepted(
    mut response: ureq::http::Response<ureq::Body>,
) -> Result<ureq::http::Response<ureq::Body>, Failure> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let after = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
    let after = after.and_then(|seconds| seconds.parse().ok()).map(Duration::from_secs);
    let body = response.body_mut().with_config().limit(SHOWN).lossy_utf8(true).read_to_string();
    let reason = reason(&body.unwrap_or_default());
    if status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429) {
        return Err(Failure::Passing { reason: format!("status {}: {reason}", status.as_u16()), after });
    }
    Err(Failure::Refused { status: status.as_u16(), reason })
}

/// What an error's body says: the message of the APIs that have one.
fn reason(body: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
    let message = ["/error/message", "/message", "/detail", "/error"]
        .iter()
        .find_map(|place| value.pointer(place).and_then(serde_json::Value::as_str));
    match message.unwrap_or(body).trim() {
        "" => "it gave no reason".to_owned(),
        text => text.chars().take(300).collect(),
    }
}

/// The API's address, and how it is shown.
fn base(url: &str) -> Result<(String, String), LlmError> {
    let wrong = |reason: &str| LlmError::Load { path: url.to_owned(), reason: reason.to_owned() };
    let uri: Uri = url.parse().map_err(|_| wrong("it is not a URL"))?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err(wrong("give it as http://HOST:PORT"));
    };
    if !matches!(scheme, "http" | "https") {
        return Err(wrong("only http and https are spoken"));
    }
    if authority.as_str().contains('@') {
        // Not repeated: it is a secret.
        let reason = "a key belongs into the environment, not into the address".to_owned();
        let path = format!("{scheme}://{}", authority.host());
        return Err(LlmError::Load { path, reason });
    }
    let path = uri.path().trim_end_matches('/');
    let path = if path.is_empty() { "/v1" } else { path };
    Ok((format!("{scheme}://{authority}{path}"), format!("{scheme}://{authority}")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_address_is_completed_and_holds_no_secret() {
        let api = |url| base(url).map(|(base, _)| base);
        assert_eq!(api("http://localhost:8080").unwrap(), "http://localhost:8080/v1");
        assert_eq!(api("https://host/openai/v1/").unwrap(), "https://host/openai/v1");
        for wrong in ["localhost:8080", "ftp://host", "not a url", ""] {
            assert!(matches!(api(wrong), Err(LlmError::Load { .. })), "{wrong}");
        }
        let error = api("https://user:sesame@host/v1").unwrap_err().to_string();
        assert!(!error.contains("sesame"), "{error}");
    }

    #[test]
    fn an_errors_message_is_found() {
        assert_eq!(reason(r#"{"error": {"message": "no such model"}}"#), "no such model");
        assert_eq!(reason(r#"{"detail": "too long"}"#), "too long");
        assert_eq!(reason("<html>"), "<html>");
        assert_eq!(reason(" "), "it gave no reason");
    }
}
