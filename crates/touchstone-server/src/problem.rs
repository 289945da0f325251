use std::fmt;
use std::time::Duration;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use schemars::JsonSchema;
use serde::Serialize;
use touchstone_llm::LlmError;
use touchstone_reason::ReasonError;

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
    pub missing: Box<[Missing]>,
    /// The methods that the resource knows; also sent as `Allow`.
    #[serde(skip_serializing_if = "<[&str]>::is_empty")]
    pub allow: &'static [&'static str],
}

/// A part without which the service cannot work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Missing {
    /// `model`, `graph` or `time` (the server is stopping).
    pub part: String,
    pub why: String,
}

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
            allow: &[],
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

    pub(crate) fn method(method: &str, path: &str, allow: &'static [&'static str]) -> Problem {
        let detail = format!("{path} does not take {method}: use {}", allow.join(" or "));
        let status = StatusCode::METHOD_NOT_ALLOWED;
        Problem { allow, ..Problem::new("method-not-allowed", "Method not allowed", status, detail) }
    }

    pub(crate) fn too_large(limit: usize) -> Problem {
        let detail = format!("the body is larger than the limit of {limit} bytes: send less at a time");
        Problem::new("body-too-large", "Body too large", StatusCode::PAYLOAD_TOO_LARGE, detail)
    }

    pub(crate) fn unsupported_media(detail: impl Into<String>) -> Problem {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        Problem::new("unsupported-media-type", "Unsupported media type", status, detail)
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

impl From<ReasonError> for Problem {
    fn from(error: ReasonError) -> Self {
        let detail = error.to_string();
        match error {
            ReasonError::EmptyQuestion | ReasonError::QuestionTooLong { .. } => Problem::invalid(detail),
            ReasonError::Cancelled => Problem::cancelled(),
            ReasonError::Prompt(_) | ReasonError::Graph(_) => Problem::internal(detail),
            ReasonError::Engine(error) => match error {
                LlmError::ContextFull { .. } => Problem::invalid(detail),
                LlmError::Cancelled => Problem::cancelled(),
                LlmError::Constraint { .. } | LlmError::Unsupported { .. } => Problem::invalid(detail),
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
        if !self.allow.is_empty() {
            response.insert_header((header::ALLOW, self.allow.join(", ")));
        }
        response
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .content_type("application/problem+json")
            .body(serde_json::to_vec(self).unwrap_or_default())
    }
}
