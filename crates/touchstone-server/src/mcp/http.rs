use std::io;
use std::str::FromStr;
use std::sync::Arc;

use ::http::{HeaderMap, HeaderName, HeaderValue, Request, Uri};
use actix_web::http::{Method, StatusCode};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::StreamExt;
use http_body_util::{BodyExt, Full};
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::tools::Tools;
use crate::auth::Scope;
use crate::body;
use crate::openapi::Operation;
use crate::problem::Problem;
use crate::routes::ask::caller;
use crate::state::State;

/// Of the request, what the protocol reads.
const HEADERS: [&str; 8] = [
    "accept",
    "content-type",
    "host",
    "origin",
    "mcp-protocol-version",
    "mcp-session-id",
    "mcp-method",
    "mcp-name",
];

pub(crate) fn operations() -> Vec<Operation> {
    vec![Operation {
        method: Method::POST,
        path: "/mcp",
        scope: Some(Scope::Check),
        describe: |d| {
            d.says("mcp", "mcp", "The Model Context Protocol (streamable HTTP, without sessions).")
                .details("Tools: `ask`, `check`, `query_graph`. The tool `ask` needs the scope `ask`. Messages are JSON-RPC 2.0, as https://modelcontextprotocol.io describes them.")
                .takes::<serde_json::Value>("application/json")
                .gives::<serde_json::Value>(200, "application/json", "The reply.")
                .gives_events(&["message"], "The reply, where messages come before it.")
                .gives_text(202, "text/plain", "The notification was taken.")
                .gives_others(&[400, 403, 404, 406, 413, 415, 422]);
        },
        route: || web::route().to(post),
    }]
}

async fn post(
    http: HttpRequest,
    state: web::Data<State>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let body = body::read(&http, &state, payload).await?;
    let gone = CancellationToken::new();
    let guard = gone.clone().drop_guard();
    let tools = Tools { state: state.clone(), caller: Some(caller(&http)), patient: false, gone };
    let service = StreamableHttpService::new(
        move || Ok::<_, io::Error>(tools.clone()),
        Arc::new(NeverSessionManager::default()),
        config(&state),
    );
    let (parts, body) = service.handle(request(&http, body)?).await.into_parts();

    let status = StatusCode::from_u16(parts.status.as_u16()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    if !parts.headers.contains_key("content-type") {
        response.content_type("text/plain");
    }
    for name in ["content-type", "allow", "cache-control", "mcp-protocol-version"] {
        if let Some(value) = parts.headers.get(name).and_then(|value| value.to_str().ok()) {
            response.insert_header((name, value));
        }
    }
    // The guard goes with the body: it ends the call when the client has gone.
    let body = body.into_data_stream().map(move |chunk| {
        let _held: &DropGuard = &guard;
        chunk
    });
    Ok(response.streaming(body))
}

/// Without keys anyone who reaches the server may call: a page in a browser
/// must not be led here by a name that changes its address, nor call from
/// its own origin unless it was let in.
fn config(state: &State) -> StreamableHttpServerConfig {
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(state.config.max_body_bytes)
        .with_cancellation_token(state.abort.child_token());
    if state.keys().is_some() || state.config.cors_origins.iter().any(|origin| origin == "*") {
        return config.disable_allowed_hosts();
    }
    let own = state.config.listen.rsplit_once(':').map_or("", |(host, _)| host).trim_matches(['[', ']']);
    let hosts = ["localhost", "127.0.0.1", "::1", own].into_iter().filter(|host| !host.is_empty());
    config
        .with_allowed_hosts(hosts)
        .with_allowed_origins(state.config.cors_origins.iter().cloned())
        .enforce_origin_validation()
}

fn request(http: &HttpRequest, body: Bytes) -> Result<Request<Full<Bytes>>, Problem> {
    let mut headers = HeaderMap::new();
    for name in HEADERS {
        for value in http.headers().get_all(name) {
            let wrong = |_| Problem::wrong_shape(format!("the header {name} cannot be read"));
            headers.append(
                HeaderName::from_static(name),
                HeaderValue::from_bytes(value.as_bytes()).map_err(wrong)?,
            );
        }
    }
    let uri = Uri::from_str(http.path()).map_err(|_| Problem::not_found(http.path()))?;
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = ::http::Method::POST;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    Ok(request)
}
