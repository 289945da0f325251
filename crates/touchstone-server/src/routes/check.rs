use actix_web::{HttpResponse, web};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use touchstone_core::CheckReport;

use crate::body::JsonBody;
use crate::job::{self, Halt};
use crate::problem::Problem;
use crate::state::State;

/// The body of `POST /v1/check`: one text, answered by its report, or
/// several, answered by [`CheckReports`].
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckRequest {
    pub text: Option<String>,
    pub texts: Option<Vec<String>>,
}

/// The reports of several texts, in their order.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CheckReports {
    pub reports: Vec<CheckReport>,
}

pub(crate) async fn check(
    state: web::Data<State>,
    JsonBody(request): JsonBody<CheckRequest>,
) -> Result<HttpResponse, Problem> {
    let (texts, single) = match request {
        CheckRequest { text: Some(text), texts: None } => (vec![text], true),
        CheckRequest { text: None, texts: Some(texts) } => (texts, false),
        _ => return Err(Problem::invalid("give either \"text\" or \"texts\"")),
    };
    if texts.is_empty() {
        return Err(Problem::invalid("\"texts\" is empty: give at least one text"));
    }
    if texts.len() > state.config.max_texts {
        return Err(Problem::invalid(format!(
            "\"texts\" has {} texts but the limit is {}: send them in several requests",
            texts.len(),
            state.config.max_texts
        )));
    }
    if let Some(empty) = texts.iter().position(|text| text.trim().is_empty()) {
        let which = if single { "\"text\"".into() } else { format!("\"texts\"[{empty}]") };
        return Err(Problem::invalid(format!("{which} is empty: give a text to check")));
    }

    let checker = state.checker()?;
    let ticket = state.checks.enter()?;
    let halt = Halt::new(&state);
    let _gone = halt.token().clone().drop_guard();
    let mut reports = job::run(&state, ticket, &halt, move |halt| {
        let mut reports = Vec::with_capacity(texts.len());
        for text in &texts {
            if halt.flow().is_break() {
                return Err(Problem::cancelled());
            }
            reports.push(checker.check(text));
        }
        Ok(reports)
    })
    .await?;
    tracing::info!(
        texts = reports.len(),
        claims = reports.iter().map(|report| report.claims.len()).sum::<usize>(),
        refuted = reports.iter().map(|report| report.summary.refuted).sum::<usize>(),
        "checked"
    );
    Ok(match reports.pop() {
        Some(report) if single => HttpResponse::Ok().json(report),
        last => {
            reports.extend(last);
            HttpResponse::Ok().json(CheckReports { reports })
        }
    })
}
