//! Spans for collectors of traces, apart from those of the log: their names and
//! fields are OpenTelemetry's conventions, which nobody wants in each line.
//! They hold routes, statuses and counts, never what is asked or answered.
//! Where no one collects them they cost nothing.

use actix_web::dev::ServiceRequest;
use actix_web::http::header::HeaderMap;
use opentelemetry::propagation::Extractor;
use opentelemetry::trace::Status;
use opentelemetry::{Value, global};
use touchstone_core::AskReport;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The target of these spans, by which a subscriber tells them from the log's.
pub const TRACE: &str = "trace";

/// The span of a request, below the one that the client names in `traceparent`.
pub(crate) fn request(request: &ServiceRequest, method: &str, route: &str, id: &str) -> Span {
    let span = tracing::info_span!(
        target: TRACE,
        "request",
        otel.name = format!("{method} {route}"),
        otel.kind = "server",
        http.request.method = method,
        http.route = route,
        touchstone.request_id = id,
    );
    if !span.is_disabled() {
        let parent = global::get_text_map_propagator(|known| known.extract(&Headers(request.headers())));
        // A parent that comes too late or is none leaves a trace of its own.
        let _ = span.set_parent(parent);
    }
    span
}

pub(crate) fn responded(span: &Span, status: u16) {
    span.set_attribute("http.response.status_code", i64::from(status));
    // What a client did wrong is no error of the server.
    if status >= 500 {
        span.set_status(Status::error(""));
    }
}

/// What a question took, in the span that is current.
pub(crate) fn answered(report: &AskReport) {
    let span = Span::current();
    let status = format!("{:?}", report.answer.status).to_lowercase();
    span.set_attribute("touchstone.answer", Value::from(status));
    let counts = [
        ("touchstone.steps", report.steps.len()),
        ("touchstone.tokens.prompt", report.usage.prompt_tokens),
        ("touchstone.tokens.generated", report.usage.generated_tokens),
    ];
    for (name, count) in counts {
        span.set_attribute(name, i64::try_from(count).unwrap_or(i64::MAX));
    }
    span.set_attribute("touchstone.seconds.generating", report.timings.generating_s);
    span.set_attribute("touchstone.seconds.checking", report.timings.checking_s);
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(|name| name.as_str()).collect()
    }
}
