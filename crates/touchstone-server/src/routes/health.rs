use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use schemars::JsonSchema;
use serde::Serialize;

use crate::openapi::Operation;
use crate::problem::Problem;
use crate::state::State;

#[derive(Serialize, JsonSchema)]
pub(crate) struct Health {
    status: &'static str,
}

pub(crate) fn operations() -> Vec<Operation> {
    vec![
        Operation {
            method: Method::GET,
            path: "/healthz",
            scope: None,
            describe: |d| {
                d.says("alive", "service", "Whether the process answers; nothing about its parts.")
                    .gives::<Health>(200, "application/json", "It does.");
            },
            route: || web::route().to(alive),
        },
        Operation {
            method: Method::GET,
            path: "/readyz",
            scope: None,
            describe: |d| {
                d.says("ready", "service", "Whether questions and texts are answered now.")
                    .gives::<Health>(200, "application/json", "They are.")
                    .fails(&[503]);
            },
            route: || web::route().to(ready),
        },
    ]
}

async fn alive() -> HttpResponse {
    HttpResponse::Ok().json(Health { status: "alive" })
}

async fn ready(state: web::Data<State>) -> Result<HttpResponse, Problem> {
    state.look_for_models().await;
    let missing = state.missing();
    if missing.is_empty() {
        Ok(HttpResponse::Ok().json(Health { status: "ready" }))
    } else {
        Err(Problem::not_ready(missing))
    }
}
