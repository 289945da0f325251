use std::fmt;
use std::time::Duration;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use schemars::JsonSchema;
use serde::Serialize;
use touchstone_graph::GraphError;
use touchstone_llm::LlmError;
use touchstone_reason::ReasonError;
use touchstone_text::TextError;

use crate::auth::Scope;
use crate::gate::Full;

/// What went wrong, as an RFC 9457 problem: the body of every error, and the
/// data of a stream's `error` event.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Problem {
    /// An IRI that names the kind of problem, the same for all time.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// One sentence about this occurrence and what to do about it.
    pub detail: String,
    /// Seconds after which a new try makes sense; also sent as `Retry-After`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// What the service still waits for, where that is the problem.
    #[serde(skip_serializing_if = "<[Missing]>::is_empty")]
    #[schemars(default)]
    pub missing: Box<[Missing]>,
    /// The methods that the resource knows; also sent as `Allow`.
    #[serde(skip_serializing_if = "<[&str]>::is_empty")]
    #[schemars(default)]
    pub allow: Box<[&'static str]>,
}

/// A part without which the service cannot work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Missing {
    /// `model`, `graph` or `time` (the server is stopping).
    pub part: String,
    pub why: String,
}

/// What another server asks for is passed on up to here.
const MAX_WAIT_S: u64 = 3600;
const TYPES: &str = "https://w3id.org/touchstone/problems/";

impl Problem {
    fn new(slug: &str, title: &'static str, status: StatusCode, detail: impl Into<String>) -> Problem {
        Problem {
            kind: format!("{TYPES}{slug}"),
            title,
            status: status.as_u16(),
            detail: detail.into(),
            retry_after: None,
            missing: Box::default(),
            allow: Box::default(),
        }
    }

    pub(crate) fn malformed(detail: impl Into<String>) -> Problem {
        Problem::new("malformed-json", "Malformed JSON", StatusCode::BAD_REQUEST, detail)
    }

    /// JSON, but not of the form that the resource takes.
    pub(crate) fn wrong_shape(detail: impl Into<String>) -> Problem {
        Problem::new("wrong-shape", "Not such a request", StatusCode::BAD_REQUEST, detail)
    }

    /// The right form with values that cannot be worked on.
    pub(crate) fn invalid(detail: impl Into<String>) -> Problem {
        Problem::new("invalid-request", "Invalid request", StatusCode::UNPROCESSABLE_ENTITY, detail)
    }

    pub(crate) fn unreadable(detail: impl Into<String>) -> Problem {
        Problem::new("unreadable-body", "Unreadable body", StatusCode::BAD_REQUEST, detail)
    }

    pub(crate) fn not_found(path: &str) -> Problem {
        let detail = format!("there is nothing at {path}");
        Problem::new("not-found", "Not found", StatusCode::NOT_FOUND, detail)
    }

    pub(crate) fn no_such(detail: impl Into<String>) -> Problem {
        Problem::new("not-found", "Not found", StatusCode::NOT_FOUND, detail)
    }

    pub(crate) fn method(method: &str, path: &str, allow: &[&'static str]) -> Problem {
        let detail = format!("{path} does not take {method}: use {}", allow.join(" or "));
        let status = StatusCode::METHOD_NOT_ALLOWED;
        Problem {
            allow: allow.into(),
            ..Problem::new("method-not-allowed", "Method not allowed", status, detail)
        }
    }

    pub(crate) fn too_large(limit: usize) -> Problem {
        let detail = format!("the body is larger than the limit of {limit} bytes: send less at a time");
        Problem::new("body-too-large", "Body too large", StatusCode::PAYLOAD_TOO_LARGE, detail)
    }

    pub(crate) fn unsupported_media(detail: impl Into<String>) -> Problem {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        Problem::new("unsupported-media-type", "Unsupported media type", status, detail)
    }

    pub(crate) fn not_acceptable(offered: &str) -> Problem {
        let detail = format!("none of the accepted media types can be given: accept one of {offered}");
        Problem::new("not-acceptable", "Not acceptable", StatusCode::NOT_ACCEPTABLE, detail)
    }

    pub(crate) fn no_key() -> Problem {
        let detail = "this needs a key: send it as `Authorization: Bearer KEY`";
        Problem::new("no-key", "No key", StatusCode::UNAUTHORIZED, detail)
    }

    pub(crate) fn unknown_key() -> Problem {
        let detail = "the key is not known: it may have been taken back";
        Problem::new("unknown-key", "Unknown key", StatusCode::UNAUTHORIZED, detail)
    }

    pub(crate) fn not_allowed(scope: Scope) -> Problem {
        let detail = format!("this needs a key with the scope {}", scope.name());
        Problem::new("not-allowed", "Not allowed", StatusCode::FORBIDDEN, detail)
    }

    pub(crate) fn no_keys(scope: Scope) -> Problem {
        let detail = format!(
            "this needs a key with the scope {}, and the server has no key file: make a key with `touchstone key add` and start the server with it",
            scope.name()
        );
        Problem::new("not-allowed", "Not allowed", StatusCode::FORBIDDEN, detail)
    }

    pub(crate) fn key_limit(wait: Duration) -> Problem {
        let seconds = wait.as_secs_f64().ceil().max(1.0) as u64;
        let detail = format!("the key's limit is reached: try again in {seconds} seconds");
        Problem {
            retry_after: Some(seconds),
            ..Problem::new("key-limit", "Key limit", StatusCode::TOO_MANY_REQUESTS, detail)
        }
    }

    /// The service was started in a way that does not offer this.
    pub(crate) fn not_offered(detail: impl Into<String>) -> Problem {
        Problem::new("not-offered", "Not offered", StatusCode::FORBIDDEN, detail)
    }

    pub(crate) fn disk_full() -> Problem {
        let detail = "the disk is full: free some space and send it again; nothing was changed";
        Problem {
            // The store looks for room every few seconds.
            retry_after: Some(10),
            ..Problem::new("disk-full", "Disk full", StatusCode::INSUFFICIENT_STORAGE, detail)
        }
    }

    /// Another process or a part of the service is in the way for now.
    pub(crate) fn busy(detail: impl Into<String>) -> Problem {
        Problem {
            retry_after: Some(5),
            ..Problem::new("busy", "Busy", StatusCode::SERVICE_UNAVAILABLE, detail)
        }
    }

    pub(crate) fn slow_body(limit: Duration) -> Problem {
        let detail = format!("the body did not arrive within {} seconds", limit.as_secs_f64());
        Problem::new("body-timeout", "Body too slow", StatusCode::REQUEST_TIMEOUT, detail)
    }

    pub(crate) fn out_of_time(limit: Duration) -> Problem {
        let detail = format!(
            "the request was not finished within {} seconds: ask for less, or try when the server is less busy",
            limit.as_secs_f64()
        );
        Problem::new("out-of-time", "Out of time", StatusCode::GATEWAY_TIMEOUT, detail)
    }

    pub(crate) fn cancelled() -> Problem {
        Problem::new(
            "cancelled",
            "Cancelled",
            StatusCode::SERVICE_UNAVAILABLE,
            "the request was cancelled before it was finished: send it again",
        )
    }

    pub(crate) fn not_ready(missing: Vec<Missing>) -> Problem {
        let parts: Vec<String> =
            missing.iter().map(|missing| format!("{}: {}", missing.part, missing.why)).collect();
        let detail = format!("the service is not ready ({}): try again later", parts.join("; "));
        Problem {
            missing: missing.into(),
            retry_after: Some(5),
            ..Problem::new("not-ready", "Not ready", StatusCode::SERVICE_UNAVAILABLE, detail)
        }
    }

    pub(crate) fn stopping() -> Problem {
        Problem {
            retry_after: Some(5),
            ..Problem::new(
                "stopping",
                "Stopping",
                StatusCode::SERVICE_UNAVAILABLE,
                "the server is stopping: send the request again when it is back, or to another one",
            )
        }
    }

    pub(crate) fn internal(detail: impl Into<String>) -> Problem {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Problem::new("internal", "Internal error", status, detail)
    }

    fn unavailable(detail: impl Into<String>) -> Problem {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Problem {
            retry_after: Some(5),
            ..Problem::new("engine-unavailable", "Engine unavailable", status, detail)
        }
    }
}

impl From<Full> for Problem {
    fn from(full: Full) -> Self {
        let seconds = full.retry_after.as_secs().max(1);
        let detail = format!("the queue is full: try again in {seconds} seconds");
        Problem {
            retry_after: Some(seconds),
            ..Problem::new("queue-full", "Queue full", StatusCode::TOO_MANY_REQUESTS, detail)
        }
    }
}

impl From<GraphError> for Problem {
    fn from(error: GraphError) -> Self {
        let detail = error.to_string();
        match error {
            GraphError::QuerySyntax(_) => Problem::wrong_shape(detail),
            GraphError::QueryTimeout(seconds) => Problem::out_of_time(Duration::from_secs(seconds)),
            GraphError::QueryCancelled | GraphError::Interrupted => Problem::cancelled(),
            GraphError::ResultTooLarge { .. }
            | GraphError::UserName
            | GraphError::QueryMemory
            | GraphError::QueryTexts
            | GraphError::Query(_) => Problem::invalid(detail),
            GraphError::ServiceRefused => Problem::not_offered(detail),
            // The file is a temporary one of the server's: its name says nothing.
            GraphError::Syntax { line, reason, .. } => {
                Problem::wrong_shape(format!("line {line} of the body: {reason}; nothing was changed"))
            }
            GraphError::OtherGraph { wanted, found, .. } => Problem::invalid(format!(
                "the body has statements of the graph {found}, but the request is about {wanted}; nothing was changed"
            )),
            GraphError::ReadOnly => Problem::not_offered(
                "the server reads the graph only: start it with --updates to change graphs over HTTP",
            ),
            GraphError::DiskFull => Problem::disk_full(),
            GraphError::Locked(_) => Problem::busy("the graph store is in use by another process"),
            other => {
                tracing::error!(error = %other, "the graph failed");
                Problem::internal("the graph failed inside the server; its log says more")
            }
        }
    }
}

impl From<TextError> for Problem {
    fn from(error: TextError) -> Self {
        match error {
            TextError::QueryTooLong { .. } => Problem::invalid(error.to_string()),
            TextError::Locked(_) => Problem::busy("another process is writing to the text index"),
            TextError::Line { line, reason, .. } => {
                Problem::wrong_shape(format!("line {line} of the body: {reason}; nothing was changed"))
            }
            other if other.to_string().contains("No space left") => Problem::disk_full(),
            other => {
                tracing::error!(error = %other, "the text index failed");
                Problem::internal("the text index failed inside the server; its log says more")
            }
        }
    }
}

impl From<ReasonError> for Problem {
    fn from(error: ReasonError) -> Self {
        let detail = error.to_string();
        match error {
            ReasonError::EmptyQuestion | ReasonError::QuestionTooLong { .. } => Problem::invalid(detail),
            ReasonError::Cancelled => Problem::cancelled(),
            ReasonError::Prompt(_) | ReasonError::Graph(_) | ReasonError::Passages(_) => {
                Problem::internal(detail)
            }
            ReasonError::Engine(error) => match error {
                LlmError::ContextFull { .. } => Problem::invalid(detail),
                LlmError::Cancelled => Problem::cancelled(),
                LlmError::Constraint { .. } | LlmError::Unsupported { .. } => Problem::invalid(detail),
                LlmError::Unavailable { retry_after: Some(wait), .. } => Problem {
                    retry_after: Some(wait.as_secs().clamp(1, MAX_WAIT_S)),
                    ..Problem::unavailable(detail)
                },
                LlmError::Busy { .. }
                | LlmError::Stopped { .. }
                | LlmError::Restarted { .. }
                | LlmError::Load { .. }
                | LlmError::Unavailable { .. }
                | LlmError::Refused { .. } => Problem::unavailable(detail),
                LlmError::Failed { .. } => Problem::internal(detail),
            },
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        if let Some(seconds) = self.retry_after {
            response.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        if !self.allow.is_empty() {
            response.insert_header((header::ALLOW, self.allow.join(", ")));
        }
        response
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .content_type("application/problem+json")
            .body(serde_json::to_vec(self).unwrap_or_default())
    }
}
