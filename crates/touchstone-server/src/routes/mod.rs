pub(crate) mod ask;
pub(crate) mod check;
mod health;

use actix_web::http::Method;
use actix_web::{HttpRequest, Resource, Route, web};

use crate::problem::Problem;

pub(crate) fn configure(app: &mut web::ServiceConfig) {
    app.service(resource("/v1/ask", &["POST"], web::post().to(ask::ask)))
        .service(resource("/v1/check", &["POST"], web::post().to(check::check)))
        .service(resource("/healthz", &["GET", "HEAD"], read(health::alive)))
        .service(resource("/readyz", &["GET", "HEAD"], read(health::ready)))
        .default_service(web::to(|request: HttpRequest| async move {
            Err::<&str, _>(Problem::not_found(request.path()))
        }));
}

fn read<F, Args>(handler: F) -> Route
where
    F: actix_web::Handler<Args>,
    Args: actix_web::FromRequest + 'static,
    F::Output: actix_web::Responder + 'static,
{
    let either = actix_web::guard::Any(actix_web::guard::Get()).or(actix_web::guard::Head());
    web::route().guard(either).to(handler)
}

/// A resource whose other methods are refused with those it knows.
fn resource(path: &str, methods: &'static [&'static str], route: Route) -> Resource {
    web::resource(path).route(route).default_service(web::to(
        move |method: Method, request: HttpRequest| async move {
            Err::<&str, _>(Problem::method(method.as_str(), request.path(), methods))
        },
    ))
}
