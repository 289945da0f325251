use actix_web::dev::Payload;
use actix_web::http::header;
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
        let limits = request
            .app_data::<web::Data<State>>()
            .map(|state| (state.config.max_body_bytes, state.config.receive_timeout));
        let headers = check_headers(request);
        let length = request
            .headers()
            .get(header::CONTENT_LENGTH)
            .and_then(|length| length.to_str().ok())
            .and_then(|length| length.parse::<usize>().ok());
        let payload = web::Payload::from_request(request, payload);
        Box::pin(async move {
            headers?;
            let Some((limit, time)) = limits else {
                return Err(Problem::internal("the server's state is missing"));
            };
            if length.is_some_and(|length| length > limit) {
                return Err(Problem::too_large(limit));
            }
            let payload = payload.await.map_err(|error| Problem::unreadable(error.to_string()))?;
            let bytes = tokio::time::timeout(time, payload.to_bytes_limited(limit))
                .await
                .map_err(|_| Problem::slow_body(time))?
                .map_err(|_| Problem::too_large(limit))?
                .map_err(|error| Problem::unreadable(format!("the body cannot be read: {error}")))?;
            parse(&bytes).map(JsonBody)
        })
    }
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
