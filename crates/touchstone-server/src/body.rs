use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::problem::Problem;
use crate::state::State;

/// A request body in JSON, within the limits of size and time.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: DeserializeOwned + 'static> FromRequest for JsonBody<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let state = request.app_data::<web::Data<State>>().cloned();
        let payload = web::Payload::from_request(request, payload);
        let request = request.clone();
        Box::pin(async move {
            let state = state.ok_or_else(|| Problem::internal("the server's state is missing"))?;
            let payload = payload.await.map_err(|error| Problem::unreadable(error.to_string()))?;
            read_json(&request, &state, payload).await
        })
    }
}

/// The whole body as JSON.
pub(crate) async fn read_json<T: DeserializeOwned>(
    request: &HttpRequest,
    state: &State,
    payload: web::Payload,
) -> Result<JsonBody<T>, Problem> {
    check_headers(request)?;
    parse(&read(request, state, payload).await?).map(JsonBody)
}

/// The whole body, within the limits of size and time.
pub(crate) async fn read(
    request: &HttpRequest,
    state: &State,
    payload: web::Payload,
) -> Result<Bytes, Problem> {
    let (limit, time) = (state.config.max_body_bytes, state.config.receive_timeout);
    plain(request)?;
    if length(request).is_some_and(|length| length > limit) {
        return Err(Problem::too_large(limit));
    }
    tokio::time::timeout(time, payload.to_bytes_limited(limit))
        .await
        .map_err(|_| Problem::slow_body(time))?
        .map_err(|_| Problem::too_large(limit))?
        .map_err(|error| Problem::unreadable(format!("the body cannot be read: {error}")))
}

/// What the client says the body's length is.
pub(crate) fn length(request: &HttpRequest) -> Option<usize> {
    request.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Whether the body is of this media type, whatever its parameters.
pub(crate) fn is_media_type(request: &HttpRequest, media: &str) -> bool {
    matches!(request.mime_type(), Ok(Some(mime)) if mime.essence_str() == media)
}

fn check_headers(request: &HttpRequest) -> Result<(), Problem> {
    let wanted = "send the body as application/json";
    let json = match request.mime_type() {
        Ok(Some(mime)) => {
            mime.type_() == "application"
                && (mime.subtype() == "json" || mime.suffix().is_some_and(|s| s == "json"))
        }
        _ => false,
    };
    if !json {
        let given = request.content_type();
        let given = if given.is_empty() { "no content type" } else { given };
        return Err(Problem::unsupported_media(format!("the body has {given}: {wanted}")));
    }
    Ok(())
}

pub(crate) fn plain(request: &HttpRequest) -> Result<(), Problem> {
    match request.headers().get(header::CONTENT_ENCODING) {
        Some(encoding) if encoding != "identity" => {
            Err(Problem::unsupported_media("the body is compressed: send it plain"))
        }
        _ => Ok(()),
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|error| match error.classify() {
        Category::Data => Problem::wrong_shape(format!("the body is not such a request: {error}")),
        Category::Syntax | Category::Eof | Category::Io => {
            Problem::malformed(format!("the body is not valid JSON: {error}"))
        }
    })
}
