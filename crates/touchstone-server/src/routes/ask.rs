use std::ops::ControlFlow;
use std::sync::Arc;

use actix_web::http::Method;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use schemars::JsonSchema;
use serde::Deserialize;
use touchstone_core::{AskReport, Language};
use touchstone_llm::LlmError;
use touchstone_reason::{Event, Passage, ReasonError, ReasonOptions, Reasoner};
use tracing::Instrument;

use super::users;
use crate::auth::{Caller, Scope};
use crate::body::JsonBody;
use crate::job::{self, Halt};
use crate::openapi::Operation;
use crate::problem::Problem;
use crate::runs;
use crate::state::State;
use crate::stream::{self, Narrator};
use crate::trace;

pub(crate) fn operations() -> Vec<Operation> {
    vec![
        Operation {
            method: Method::POST,
            path: "/v1/ask",
            scope: Some(Scope::Ask),
            describe: |d| {
                d.says("ask", "answers", "Answer a question in steps that are each checked.")
                    .details(EVENTS)
                    .takes::<AskRequest>("application/json")
                    .gives::<AskReport>(200, "application/json", "The derivation and its answer.")
                    .gives_events(NAMES, "With `stream`: the derivation as it is made.")
                    .fails(&[422, 504]);
            },
            route: || web::route().to(ask),
        },
        Operation {
            method: Method::GET,
            path: "/v1/ask/{run}",
            scope: Some(Scope::Ask),
            describe: |d| {
                d.says("resume", "answers", "Go on reading a streamed answer.")
                    .details("A stream that was broken off goes on for some seconds without a reader, and can be read again for a minute after its end.")
                    .path("run", "The part of an event's id before the colon.")
                    .header("Last-Event-ID", "The id of the last event that was seen; without it, from the start.")
                    .gives_events(NAMES, "The events after that one.")
                    .fails(&[404]);
            },
            route: || web::route().to(resume),
        },
    ]
}

const NAMES: &[&str] = &[
    "premises", "drafting", "drafted", "checked", "rewound", "accepted", "revised", "answer", "done", "error",
];
const EVENTS: &str = "With `stream` the answer is server-sent events, \
`premises` {claims} where the question takes something for granted that does not hold; then for each step: `drafting` (with `show_rejected`: {index, from, text}, more of a draft), `drafted` {index, text}, \
`checked` {index, summary, claims}, `rewound` {index, why, draft} where the draft was refuted, \
`accepted` (the step as it stands), `revised` (an accepted step that fell, or has other verdicts, since a later one or one that it builds on speaks against it); then `answer`, and `done` with the whole report, or `error` with a problem. \
Drafts and their claims are sent with `show_rejected` only. Every event has an id by which reading can go on.";

/// The body of `POST /v1/ask`, answered by an [`AskReport`].
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AskRequest {
    pub question: String,
    /// BCP 47 tag of the language to reason in (`en`, `zh`); without it, the
    /// question's own.
    pub language: Option<String>,
    /// Answer with server-sent events instead of one document.
    #[serde(default)]
    pub stream: bool,
    #[serde(default)]
    pub mode: Mode,
    /// Withhold unverified answers with less confidence (0 to 1); 0 gives all, said to be
    /// unverified. Without it, as the server is configured.
    pub withhold_below: Option<f64>,
    /// Stream the drafts too, and the claims of those that were refuted.
    #[serde(default)]
    pub show_rejected: bool,
    /// At most 50 passages that the model reads before it drafts, where they
    /// speak of the question, and that claims are looked up in; they take the
    /// place of the server's own.
    #[serde(default)]
    #[schemars(length(max = MAX_PASSAGES))]
    pub passages: Vec<GivenPassage>,
}

/// A text that comes with a question.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GivenPassage {
    #[serde(default)]
    pub title: String,
    pub text: String,
}

const MAX_PASSAGES: usize = 50;
/// Unicode characters of one, its title included.
const MAX_PASSAGE_CHARS: usize = 4_000;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// From the graph where the question is read to its last word, else
    /// drafted, checked and repaired; as the server is configured.
    #[default]
    Touchstone,
    /// The model drafts every step; each is checked, and repaired where it
    /// does not hold.
    Draft,
    /// From the graph only; what it does not hold is not answered.
    Graph,
    /// The same model and prompt, nothing checked: for comparison.
    Plain,
}

pub(crate) struct Question {
    pub(crate) reasoner: Arc<Reasoner>,
    pub(crate) text: String,
    pub(crate) options: ReasonOptions,
    pub(crate) mode: Mode,
    pub(crate) caller: Caller,
    pub(crate) state: web::Data<State>,
}

async fn ask(
    http: HttpRequest,
    state: web::Data<State>,
    JsonBody(request): JsonBody<AskRequest>,
) -> Result<HttpResponse, Problem> {
    let question = Question {
        options: options(&state, &request)?,
        reasoner: state.reasoner()?,
        text: request.question,
        mode: request.mode,
        caller: caller(&http),
        state: state.clone(),
    };
    let ticket = state.asks.enter()?;
    let halt = Halt::new(&state);

    if !request.stream {
        let _gone = halt.token().clone().drop_guard();
        let report = job::run(&state, ticket, &halt, move |halt| question.answer(halt, |_| {})).await?;
        return Ok(HttpResponse::Ok().json(report));
    }

    state.runs.make_room();
    let run = state.runs.begin(caller(&http), halt.token().clone());
    let narrator = Narrator::new(Arc::clone(&run), request.show_rejected);
    let body = run.read(0, state.config.heartbeat, state.config.resume_grace);
    let work = async move {
        let answer =
            job::run(&state, ticket, &halt, move |halt| question.answer(halt, |event| narrator.tell(event)));
        match answer.await {
            Ok(report) => stream::send(&run, "done", &report),
            Err(problem) => stream::send(&run, "error", &problem),
        }
        run.end(state.clone());
    };
    actix_web::rt::spawn(work.in_current_span());
    Ok(stream::response(body))
}

async fn resume(
    http: HttpRequest,
    state: web::Data<State>,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let after = match http.headers().get("last-event-id") {
        None => 0,
        Some(id) => id.to_str().ok().and_then(runs::last_event).ok_or_else(|| {
            Problem::wrong_shape("Last-Event-ID is not the id of an event: send it as it came")
        })?,
    };
    let run = state.runs.find(&path, &caller(&http)).ok_or_else(|| {
        Problem::no_such("there is no such stream: it has ended more than a minute ago, or is another key's")
    })?;
    Ok(stream::response(run.read(after, state.config.heartbeat, state.config.resume_grace)))
}

/// Whose request it is, as the gatekeeper found.
pub(crate) fn caller(http: &HttpRequest) -> Caller {
    http.extensions().get::<Caller>().cloned().unwrap_or_default()
}

fn options(state: &State, request: &AskRequest) -> Result<ReasonOptions, Problem> {
    let mut options = options_for(state, &request.question, request.language.as_deref())?;
    match request.mode {
        Mode::Draft => options.mode = touchstone_reason::Mode::Draft,
        Mode::Graph => options.mode = touchstone_reason::Mode::Graph,
        Mode::Touchstone | Mode::Plain => {}
    }
    options.passages = passages(&request.passages)?;
    if let Some(below) = request.withhold_below {
        if !(0.0..=1.0).contains(&below) {
            return Err(Problem::invalid(format!(
                "\"withhold_below\" is {below}: give a number from 0 to 1"
            )));
        }
        options.withhold_below = below;
    }
    Ok(options)
}

fn passages(given: &[GivenPassage]) -> Result<Vec<Passage>, Problem> {
    if given.len() > MAX_PASSAGES {
        return Err(Problem::invalid(format!(
            "\"passages\" has {}: send at most {MAX_PASSAGES}",
            given.len()
        )));
    }
    let characters = |passage: &GivenPassage| passage.title.chars().count() + passage.text.chars().count();
    if let Some(at) = given.iter().position(|passage| characters(passage) > MAX_PASSAGE_CHARS) {
        return Err(Problem::invalid(format!(
            "\"passages[{at}]\" is longer than {MAX_PASSAGE_CHARS} characters: cut it into several"
        )));
    }
    Ok(given.iter().map(|passage| Passage::given(&passage.title, &passage.text)).collect())
}

/// The limits of a question that is within them.
pub(crate) fn options_for(
    state: &State,
    question: &str,
    language: Option<&str>,
) -> Result<ReasonOptions, Problem> {
    let mut options = state.config.reason.clone();
    if question.trim().is_empty() {
        return Err(Problem::invalid("\"question\" is empty: ask something"));
    }
    let characters = question.chars().count();
    if characters > options.max_question_chars {
        let limit = options.max_question_chars;
        return Err(ReasonError::QuestionTooLong { characters, limit }.into());
    }
    if let Some(tag) = language {
        let language = Language::from_tag(tag).ok_or_else(|| {
            let known: Vec<&str> = Language::ALL.iter().map(|language| language.tag()).collect();
            let known = known.join(", ");
            Problem::invalid(format!("\"language\" is \"{tag}\": it can be one of {known}"))
        })?;
        options.language = Some(language);
    }
    Ok(options)
}

impl Question {
    pub(crate) fn answer(self, halt: &Halt, tell: impl Fn(&Event<'_>)) -> Result<AskReport, Problem> {
        let mut on_event = |event: Event<'_>| -> ControlFlow<()> {
            tell(&event);
            halt.flow()
        };
        let Question { reasoner, text, options, mode, caller, state } = self;
        let reasoner = users::reasoner(&state, &caller, reasoner)?;
        let result = match mode {
            Mode::Touchstone | Mode::Draft | Mode::Graph => reasoner.ask(&text, &options, &mut on_event),
            Mode::Plain => reasoner.ask_plain(&text, &options, &mut on_event),
        };
        match &result {
            Ok(report) => {
                state.metrics.answered(report);
                trace::answered(report);
                tracing::info!(
                    status = ?report.answer.status,
                    steps = report.steps.len(),
                    generated_tokens = report.usage.generated_tokens,
                    generating_s = report.timings.generating_s,
                    checking_s = report.timings.checking_s,
                    "answered"
                )
            }
            Err(ReasonError::Cancelled) => tracing::info!("broken off"),
            Err(ReasonError::Engine(LlmError::Stopped { reason })) => {
                tracing::error!(reason, "the engine has stopped");
                state.lose("model", reason);
            }
            Err(error) => tracing::warn!(%error, "not answered"),
        }
        result.map_err(Problem::from)
    }
}
