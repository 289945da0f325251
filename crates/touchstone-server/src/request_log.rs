//! Gives every request an id and writes one line about it: never what was
//! asked, checked or answered.

use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, web};
use tracing::Instrument;

use crate::problem::Problem;
use crate::state::State;
use crate::trace;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const MAX_ID: usize = 128;

pub(crate) async fn log<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let (text, id) = id(&request);
    let route = request.match_pattern().unwrap_or_else(|| "none".into());
    let method = request.method().clone();
    let trace = trace::request(&request, known(&method), &route, &text);
    let span = tracing::info_span!(
        parent: &trace,
        "request",
        id = %text,
        method = %request.method(),
        // The path of the route, not what the client wrote.
        route = %route,
        key = tracing::field::Empty,
        texts = tracing::field::Empty,
        claims = tracing::field::Empty,
        refuted = tracing::field::Empty,
    );
    let state = request.app_data::<web::Data<State>>().cloned();
    let started = Instant::now();
    async move {
        let mut response = next.call(request).await?;
        let problem = response.response().error().and_then(|error| error.as_error::<Problem>());
        tracing::info!(
            status = response.status().as_u16(),
            problem = problem.map(|problem| problem.kind.as_str()),
            milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            "responded"
        );
        if let Some(state) = &state {
            let status = response.status().as_u16();
            trace::responded(&trace, status);
            state.metrics.responded(&route, known(&method), status, started.elapsed());
        }
        let headers = response.headers_mut();
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if let Some(id) = id {
            headers.insert(REQUEST_ID, id);
        }
        if state.is_some_and(|state| state.is_draining()) {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        Ok(response)
    }
    .instrument(span)
    .await
}

/// A method as a label: a client can invent any number of others.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// The caller's id where it is a plain one, else a new one.
fn id(request: &ServiceRequest) -> (String, Option<HeaderValue>) {
    let given = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok());
    let plain = |id: &&str| {
        (1..=MAX_ID).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte))
    };
    let id = match given.filter(plain) {
        Some(id) => id.to_owned(),
        None => format!("{:032x}", rand::random::<u128>()),
    };
    let header = HeaderValue::from_str(&id).ok();
    (id, header)
}
