use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use actix_web::http::{Method, header};
use actix_web::{HttpRequest, HttpResponse, web};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use touchstone_check::Checker;
use touchstone_check::deep::Library;
use touchstone_core::CheckReport;
use tracing::Span;

use super::ask::caller;
use super::users;
use crate::auth::{Caller, Scope};
use crate::body::{self, JsonBody};
use crate::job::{self, Halt, Place};
use crate::openapi::Operation;
use crate::problem::Problem;
use crate::state::State;

/// The media type of JSON lines.
pub(crate) const LINES: &str = "application/x-ndjson";

/// Texts of this length are checked where they come in: handing them to
/// another thread costs as much as checking them.
const SHORT_BYTES: usize = 400;
/// One that takes longer (a rank among a hundred thousand things) held up
/// other requests; so many that follow go to another thread.
const QUICK: Duration = Duration::from_millis(20);
const WARY_FOR: usize = 10_000;

pub(crate) fn operations() -> Vec<Operation> {
    vec![Operation {
        method: Method::POST,
        path: "/v1/check",
        scope: Some(Scope::Check),
        describe: |d| {
            d.says("check", "checks", "Find the claims of texts and say which hold.")
                .details(
                    "One text, several, or JSON lines (`application/x-ndjson`: {\"id\", \"text\"} each), which are answered by a line each, in their order.",
                )
                .takes::<CheckRequest>("application/json")
                .takes_text(LINES, "Lines {\"id\", \"text\"}; the id is optional and can be any JSON.")
                .gives::<CheckAnswer>(200, "application/json", "The report of one text, or of several.")
                .gives_text(200, LINES, "A report a line.")
                .fails(&[422, 504]);
        },
        route: || web::route().to(check),
    }]
}

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

#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum CheckAnswer {
    One(CheckReport),
    Several(CheckReports),
}

/// A line of JSON lines.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    #[serde(default)]
    id: Option<serde_json::Value>,
    text: String,
}

async fn check(
    http: HttpRequest,
    state: web::Data<State>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    if body::is_media_type(&http, LINES) {
        let bytes = body::read(&http, &state, payload).await?;
        return check_lines(&state, caller(&http), lines(&bytes)?).await;
    }
    let JsonBody(request) = body::read_json::<CheckRequest>(&http, &state, payload).await?;
    let (texts, single) = match request {
        CheckRequest { text: Some(text), texts: None } => (vec![text], true),
        CheckRequest { text: None, texts: Some(texts) } => (texts, false),
        _ => return Err(Problem::invalid("give either \"text\" or \"texts\"")),
    };
    if texts.is_empty() {
        return Err(Problem::invalid("\"texts\" is empty: give at least one text"));
    }
    limit(&state, texts.len())?;
    if let Some(empty) = texts.iter().position(|text| text.trim().is_empty()) {
        let which = if single { "\"text\"".into() } else { format!("\"texts\"[{empty}]") };
        return Err(Problem::invalid(format!("{which} is empty: give a text to check")));
    }
    let mut reports = run(&state, caller(&http), texts).await?;
    let answer = match reports.pop() {
        Some(report) if single => CheckAnswer::One(report),
        last => {
            reports.extend(last);
            CheckAnswer::Several(CheckReports { reports })
        }
    };
    Ok(HttpResponse::Ok().json(answer))
}

async fn check_lines(
    state: &web::Data<State>,
    caller: Caller,
    lines: Vec<Line>,
) -> Result<HttpResponse, Problem> {
    limit(state, lines.len())?;
    let (ids, texts): (Vec<_>, Vec<_>) = lines.into_iter().map(|line| (line.id, line.text)).unzip();
    let mut out = Vec::new();
    for (id, mut report) in ids.into_iter().zip(run(state, caller, texts).await?) {
        report.id = id;
        serde_json::to_writer(&mut out, &report).map_err(|error| Problem::internal(error.to_string()))?;
        out.push(b'\n');
    }
    Ok(HttpResponse::Ok().insert_header((header::CONTENT_TYPE, LINES)).body(out))
}

fn limit(state: &State, texts: usize) -> Result<(), Problem> {
    let limit = state.config.max_texts;
    if texts > limit {
        return Err(Problem::invalid(format!(
            "the request has {texts} texts but the limit is {limit}: send them in several requests"
        )));
    }
    Ok(())
}

fn lines(bytes: &[u8]) -> Result<Vec<Line>, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|_| Problem::malformed("the body is not UTF-8"))?;
    let mut lines = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let number = index + 1;
        let line: Line = serde_json::from_str(line).map_err(|error| {
            Problem::wrong_shape(format!("line {number} is not {{\"id\", \"text\"}}: {error}"))
        })?;
        lines.push(line);
    }
    if lines.is_empty() {
        return Err(Problem::invalid("the body has no lines: give at least one text"));
    }
    Ok(lines)
}

pub(crate) async fn run(
    state: &web::Data<State>,
    caller: Caller,
    texts: Vec<String>,
) -> Result<Vec<CheckReport>, Problem> {
    let checker = state.checker()?;
    let library = state.library();
    let ticket = state.checks.enter()?;
    let halt = Halt::new(state);
    let _gone = halt.token().clone().drop_guard();
    let inner = state.clone();
    let is_short = texts.iter().map(String::len).sum::<usize>() <= SHORT_BYTES
        && library.is_none()
        && !users::has_facts(state, &caller);
    let here = is_short && state.wary_checks.load(Ordering::Relaxed) == 0;
    let place = if here { Place::Here } else { Place::Beside };
    let reports = job::run_at(place, state, ticket, &halt, move |halt| {
        let begun = Instant::now();
        let checker = users::checker(&inner, &caller, checker)?;
        let reports = check_all(&checker, library.as_deref(), &texts, halt)?;
        if is_short {
            let next =
                |wary: usize| Some(if begun.elapsed() < QUICK { wary.saturating_sub(1) } else { WARY_FOR });
            let _ = inner.wary_checks.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        }
        Ok(reports)
    })
    .await?;
    for report in &reports {
        state.metrics.judged("check", &report.claims);
    }
    // In the line about the request: a second one costs more than the check
    // of a short text may.
    let span = Span::current();
    span.record("texts", reports.len());
    span.record("claims", reports.iter().map(|report| report.claims.len()).sum::<usize>());
    span.record("refuted", reports.iter().map(|report| report.summary.refuted).sum::<usize>());
    Ok(reports)
}

fn check_all(
    checker: &Arc<Checker>,
    library: Option<&Library>,
    texts: &[String],
    halt: &Halt,
) -> Result<Vec<CheckReport>, Problem> {
    let mut reports = Vec::with_capacity(texts.len());
    for text in texts {
        if halt.flow().is_break() {
            return Err(Problem::cancelled());
        }
        let mut report = checker.check(text);
        if let Some(library) = library {
            library.consult(&mut report).map_err(|error| Problem::internal(error.to_string()))?;
        }
        reports.push(report);
    }
    Ok(reports)
}
