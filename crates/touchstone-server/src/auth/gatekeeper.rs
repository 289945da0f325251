use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{Error, HttpMessage, HttpResponse, web};
use tokio::sync::OwnedSemaphorePermit;

use super::Scope;
use super::keys::Key;
use crate::problem::Problem;
use crate::routes;
use crate::state::State;

/// Whose request it is: a key, or nobody where none is needed.
#[derive(Clone, Default)]
pub(crate) struct Caller(Option<Arc<Key>>);

impl Caller {
    /// Whether the caller may do what another operation needs; where there
    /// are no keys, the gate has decided.
    pub(crate) fn allows(&self, scope: Scope) -> bool {
        self.0.as_ref().map_or(scope.is_open(), |key| key.allows(scope))
    }

    /// The key's public part.
    pub(crate) fn id(&self) -> Option<String> {
        self.0.as_ref().map(|key| key.id.clone())
    }

    #[cfg(test)]
    pub(crate) fn with(key: Arc<Key>) -> Caller {
        Caller(Some(key))
    }
}

/// The same key, whatever was read of it since.
impl PartialEq for Caller {
    fn eq(&self, other: &Caller) -> bool {
        self.0.as_ref().map(|key| &key.id) == other.0.as_ref().map(|key| &key.id)
    }
}

/// Whether a character of the path is written as a percent code that needs
/// none (RFC 3986, 2.3), as no client does by itself.
fn is_disguised(path: &str) -> bool {
    path.split('%').skip(1).any(|rest| {
        let code = rest.get(..2).and_then(|code| u8::from_str_radix(code, 16).ok());
        code.is_none_or(|code| code.is_ascii_alphanumeric() || b"-._~".contains(&code))
    })
}

/// Lets a request through to its operation, or not.
pub(crate) async fn guard<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    // The pattern is found by the path as it was sent, the operation by the
    // decoded one: where they could differ, nobody gets in.
    let Some(pattern) = request.match_pattern().filter(|_| !is_disguised(request.path())) else {
        let unknown = Problem::not_found(request.path());
        return Ok(request.into_response(HttpResponse::from_error(unknown)));
    };
    let scope = routes::scope_of(&pattern, request.method());
    let (caller, place) = match scope {
        Some(scope) => match admit(&request, scope) {
            Ok(admitted) => admitted,
            Err(problem) => return Ok(request.into_response(HttpResponse::from_error(problem))),
        },
        None => (Caller::default(), None),
    };
    request.extensions_mut().insert(caller);
    let response = next.call(request).await?.map_into_boxed_body();
    // A stream's place is taken until its end.
    Ok(response.map_body(|_, body| match place {
        None => body,
        Some(place) => BoxBody::new(Held { body, _place: place }),
    }))
}

fn admit(request: &ServiceRequest, scope: Scope) -> Result<(Caller, Option<OwnedSemaphorePermit>), Problem> {
    let Some(state) = request.app_data::<web::Data<State>>() else {
        return Err(Problem::internal("the server's state is missing"));
    };
    let Some(keys) = state.keys() else {
        return if scope.is_open() { Ok((Caller::default(), None)) } else { Err(Problem::no_keys(scope)) };
    };
    let sent = sent(request).ok_or_else(Problem::no_key)?;
    let key: Arc<Key> = keys.find(sent).ok_or_else(Problem::unknown_key)?;
    if !key.allows(scope) {
        return Err(Problem::not_allowed(scope));
    }
    let place = key.enter().map_err(Problem::key_limit)?;
    tracing::Span::current().record("key", key.id.as_str());
    Ok((Caller(Some(key)), place))
}

/// The key in the request: never in its address, which is logged everywhere.
fn sent(request: &ServiceRequest) -> Option<&str> {
    let headers = request.headers();
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let (scheme, key) = value.to_str().ok()?.split_once(' ')?;
        return scheme.eq_ignore_ascii_case("bearer").then(|| key.trim());
    }
    headers.get("x-api-key")?.to_str().ok().map(str::trim)
}

struct Held {
    body: BoxBody,
    _place: OwnedSemaphorePermit,
}

impl MessageBody for Held {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(context)
    }
}
