use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use schemars::JsonSchema;
use serde::Deserialize;
use touchstone_core::{AskReport, CheckReport, ReplayReport};
use touchstone_reason::{replay_answer, replay_check};

use crate::auth::Scope;
use crate::body::JsonBody;
use crate::job::{self, Halt};
use crate::openapi::Operation;
use crate::problem::Problem;
use crate::state::State;

pub(crate) fn operations() -> Vec<Operation> {
    vec![Operation {
        method: Method::POST,
        path: "/v1/replay",
        scope: Some(Scope::Check),
        describe: |d| {
            d.says(
                "replay",
                "checks",
                "Check a report again, without a model, against the graph as it is now.",
            )
            .takes::<Proof>("application/json")
            .gives::<ReplayReport>(200, "application/json", "Which verdicts and facts still stand.")
            .fails(&[422, 504]);
        },
        route: || web::route().to(replay),
    }]
}

/// What `/v1/ask` or `/v1/check` answered.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum Proof {
    Answer(Box<AskReport>),
    Check(CheckReport),
}

async fn replay(state: web::Data<State>, JsonBody(proof): JsonBody<Proof>) -> Result<HttpResponse, Problem> {
    let checker = state.checker()?;
    let ticket = state.checks.enter()?;
    let halt = Halt::new(&state);
    let _gone = halt.token().clone().drop_guard();
    let report = job::run(&state, ticket, &halt, move |_| {
        Ok(match &proof {
            Proof::Answer(report) => replay_answer(&checker, report),
            Proof::Check(report) => replay_check(&checker, report),
        })
    })
    .await?;
    Ok(HttpResponse::Ok().json(report))
}
