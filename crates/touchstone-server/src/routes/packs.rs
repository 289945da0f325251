use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::auth::Scope;
use crate::openapi::Operation;
use crate::state::State;

/// A domain pack that is loaded beside the graph.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PackInfo {
    pub name: String,
    pub title: String,
    pub licence: String,
}

#[derive(Serialize, JsonSchema)]
struct Packs {
    packs: Vec<PackInfo>,
}

pub(crate) fn operations() -> Vec<Operation> {
    vec![Operation {
        method: Method::GET,
        path: "/v1/packs",
        scope: Some(Scope::Check),
        describe: |d| {
            d.says("packs", "service", "The domain packs that are loaded.").gives::<Packs>(
                200,
                "application/json",
                "The packs, in the order in which they were given.",
            );
        },
        route: || web::route().to(packs),
    }]
}

async fn packs(state: web::Data<State>) -> HttpResponse {
    HttpResponse::Ok().json(Packs { packs: state.packs.load().to_vec() })
}
