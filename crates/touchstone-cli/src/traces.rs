//! Spans for an OpenTelemetry collector, sent by OTLP over HTTP. Off unless
//! the environment names one, by the standard's own variables:
//! `OTEL_EXPORTER_OTLP_ENDPOINT` (such as `http://localhost:4318`) or
//! `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`. `OTEL_SDK_DISABLED`,
//! `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_TRACES_SAMPLER`,
//! `OTEL_BSP_*` and `OTEL_EXPORTER_OTLP_HEADERS` and `_TIMEOUT` count too.

use std::env;
use std::fmt;
use std::time::Duration;

use anyhow::Context;
use async_trait::async_trait;
use bytes::Bytes;
use opentelemetry::global;
use opentelemetry::trace::TracerProvider;
use opentelemetry_http::{HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use touchstone_server::TRACE;
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];
const TIMEOUTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"];
/// The standard's own.
const TIMEOUT: Duration = Duration::from_secs(10);
const SERVICE: &str = "touchstone";
/// A collector's answer is short.
const MAX_ANSWER: u64 = 64 * 1024;

/// Sends what is left when it is dropped.
pub(crate) struct Traces(SdkTracerProvider);

impl Drop for Traces {
    fn drop(&mut self) {
        // A collector that cannot be reached is no reason to fail.
        let _ = self.0.shutdown();
    }
}

type Spans<S> = Box<dyn Layer<S> + Send + Sync>;

/// Where the environment names a collector.
pub(crate) fn from_environment<S>() -> anyhow::Result<Option<(Spans<S>, Traces)>>
where
    S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
{
    let disabled = set("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let none = set("OTEL_TRACES_EXPORTER").is_some_and(|value| value.eq_ignore_ascii_case("none"));
    let named = ENDPOINTS.iter().any(|name| set(name).is_some());
    if disabled || none || !named { Ok(None) } else { to(None).map(Some) }
}

fn set(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn to<S>(endpoint: Option<&str>) -> anyhow::Result<(Spans<S>, Traces)>
where
    S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
{
    let exporter = SpanExporter::builder().with_http().with_http_client(Client::new());
    let exporter = match endpoint {
        Some(endpoint) => exporter.with_endpoint(endpoint),
        None => exporter,
    };
    let exporter = exporter.build().context(
        "spans cannot be sent to the OpenTelemetry collector that OTEL_EXPORTER_OTLP_ENDPOINT names",
    )?;
    let resource = Resource::builder();
    let resource = match set("OTEL_SERVICE_NAME") {
        Some(_) => resource,
        None => resource.with_service_name(SERVICE),
    };
    let provider =
        SdkTracerProvider::builder().with_resource(resource.build()).with_batch_exporter(exporter).build();
    global::set_text_map_propagator(TraceContextPropagator::new());
    // Events are the log's lines: a span holds none, as it leaves the machine.
    let spans = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer(SERVICE))
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_filter(filter_fn(|meta| meta.is_span() && meta.target() == TRACE));
    Ok((Box::new(spans), Traces(provider)))
}

/// Sends on the exporter's own thread, which may block.
struct Client(ureq::Agent);

impl Client {
    fn new() -> Client {
        let given = TIMEOUTS.iter().find_map(|name| set(name)?.parse().ok()).map(Duration::from_millis);
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(given.unwrap_or(TIMEOUT)));
        Client(config.build().into())
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client")
    }
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (parts, body) = request.into_parts();
        let response = self.0.run(Request::from_parts(parts, body.to_vec()))?;
        let (parts, mut body) = response.into_parts();
        let body = body.with_config().limit(MAX_ANSWER).read_to_vec()?;
        Ok(Response::from_parts(parts, body.into()))
    }
}
