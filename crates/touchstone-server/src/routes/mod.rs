pub(crate) mod ask;
pub(crate) mod chat;
pub(crate) mod check;
pub(crate) mod entities;
pub(crate) mod graphs;
mod health;
pub(crate) mod packs;
pub(crate) mod passages;
mod replay;
pub(crate) mod service;
pub(crate) mod sparql;
mod statements;
pub(crate) mod users;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use actix_web::http::Method;
use actix_web::{HttpRequest, web};

use crate::auth::Scope;
use crate::openapi::Operation;
use crate::problem::Problem;

/// Everything that the service does.
pub(crate) static OPERATIONS: LazyLock<Vec<Operation>> = LazyLock::new(|| {
    [
        ask::operations(),
        check::operations(),
        chat::operations(),
        crate::mcp::operations(),
        replay::operations(),
        sparql::operations(),
        entities::operations(),
        passages::operations(),
        graphs::operations(),
        users::operations(),
        packs::operations(),
        health::operations(),
        service::operations(),
    ]
    .into_iter()
    .flatten()
    .collect()
});

pub(crate) fn configure(app: &mut web::ServiceConfig) {
    let mut paths: BTreeMap<&'static str, Vec<&'static Operation>> = BTreeMap::new();
    for operation in OPERATIONS.iter() {
        paths.entry(operation.path).or_default().push(operation);
    }
    // Paths with parameters last: `{name:.*}` would take what stands below.
    let (open, fixed): (Vec<_>, Vec<_>) = paths.into_iter().partition(|(path, _)| path.contains('{'));
    for (path, operations) in fixed.into_iter().chain(open) {
        let mut resource = web::resource(path);
        for operation in &operations {
            let guard = actix_web::guard::Any(actix_web::guard::Method(operation.method.clone()));
            let guard =
                if operation.method == Method::GET { guard.or(actix_web::guard::Head()) } else { guard };
            resource = resource.route((operation.route)().guard(guard));
        }
        let mut allow: Vec<&'static str> =
            operations.iter().map(|operation| method(&operation.method)).collect();
        if allow.contains(&"GET") {
            allow.push("HEAD");
        }
        app.service(resource.default_service(web::to(move |method: Method, request: HttpRequest| {
            let problem = Problem::method(method.as_str(), request.path(), &allow);
            async move { Err::<&str, _>(problem) }
        })));
    }
    crate::page::configure(app);
    app.default_service(web::to(|request: HttpRequest| async move {
        Err::<&str, _>(Problem::not_found(request.path()))
    }));
}

fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        _ => "POST",
    }
}

/// What a key must allow for a request; `None` where everyone may.
pub(crate) fn scope_of(pattern: &str, method: &Method) -> Option<Scope> {
    let method = if method == Method::HEAD { &Method::GET } else { method };
    OPERATIONS.iter().find(|o| o.path == pattern && o.method == *method).and_then(|o| o.scope)
}
