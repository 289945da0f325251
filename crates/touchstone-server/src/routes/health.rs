use actix_web::{HttpResponse, web};
use serde_json::json;

use crate::problem::Problem;
use crate::state::State;

/// The process answers; it says nothing about its parts.
pub(crate) async fn alive() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "alive" }))
}

pub(crate) async fn ready(state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let missing = state.missing();
    if missing.is_empty() {
        Ok(HttpResponse::Ok().json(json!({ "status": "ready" })))
    } else {
        Err(Problem::not_ready(missing))
    }
}
