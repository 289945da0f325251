//! What is served about the service itself.

use std::sync::LazyLock;

use actix_web::http::Method;
use actix_web::{HttpResponse, web};

use crate::auth::Scope;
use crate::openapi::{self, Operation};
use crate::state::State;

static DOCUMENT: LazyLock<String> = LazyLock::new(|| openapi::document(&super::OPERATIONS).to_string());

pub(crate) fn operations() -> Vec<Operation> {
    vec![
        Operation {
            method: Method::GET,
            path: "/openapi.json",
            scope: None,
            describe: |d| {
                d.says("document", "service", "This document.").gives::<serde_json::Value>(
                    200,
                    "application/json",
                    "OpenAPI 3.1.",
                );
            },
            route: || web::route().to(document),
        },
        Operation {
            method: Method::GET,
            path: "/metrics",
            scope: Some(Scope::Admin),
            describe: |d| {
                d.says("metrics", "service", "What the service counts, for Prometheus.").gives_text(
                    200,
                    "application/openmetrics-text",
                    "OpenMetrics.",
                );
            },
            route: || web::route().to(metrics),
        },
    ]
}

async fn document() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(DOCUMENT.as_str())
}

async fn metrics(state: web::Data<State>) -> HttpResponse {
    state.look_for_models().await;
    HttpResponse::Ok()
        .content_type("application/openmetrics-text; version=1.0.0; charset=utf-8")
        .body(state.metrics.text(&state))
}
