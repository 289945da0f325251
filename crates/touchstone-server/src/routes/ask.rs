use std::ops::ControlFlow;
use std::sync::Arc;

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use schemars::JsonSchema;
use serde::Deserialize;
use touchstone_core::{AskReport, Language};
use touchstone_llm::LlmError;
use touchstone_reason::{Event, ReasonError, ReasonOptions, Reasoner};
use tracing::Instrument;

use crate::body::JsonBody;
use crate::job::{self, Halt};
use crate::problem::Problem;
use crate::state::State;
use crate::stream::{self, Narrator};

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
    /// Stream the drafts too, and the claims of those that were refuted.
    #[serde(default)]
    pub show_rejected: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Every step is checked, and repaired where it does not hold.
    #[default]
    Touchstone,
    /// The same model and prompt, nothing checked: for comparison.
    Plain,
}

struct Question {
    reasoner: Arc<Reasoner>,
    text: String,
    options: ReasonOptions,
    mode: Mode,
    state: web::Data<State>,
}

pub(crate) async fn ask(
    state: web::Data<State>,
    JsonBody(request): JsonBody<AskRequest>,
) -> Result<HttpResponse, Problem> {
    let question = Question {
        options: options(&state, &request)?,
        reasoner: state.reasoner()?,
        text: request.question,
        mode: request.mode,
        state: state.clone(),
    };
    let ticket = state.asks.enter()?;
    let halt = Halt::new(&state);
    let gone = halt.token().clone().drop_guard();

    if !request.stream {
        let _gone = gone;
        let report = job::run(&state, ticket, &halt, move |halt| question.answer(halt, |_| {})).await?;
        return Ok(HttpResponse::Ok().json(report));
    }

    let (sink, body) = stream::channel(state.config.heartbeat, gone);
    let narrator = Narrator::new(sink.clone(), request.show_rejected);
    let work = async move {
        let answer =
            job::run(&state, ticket, &halt, move |halt| question.answer(halt, |event| narrator.tell(event)));
        match answer.await {
            Ok(report) => sink.send("done", &report),
            Err(problem) => sink.send("error", &problem),
        }
    };
    actix_web::rt::spawn(work.in_current_span());
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // Proxies that buffer would hold the steps back until the end.
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(body))
}

fn options(state: &State, request: &AskRequest) -> Result<ReasonOptions, Problem> {
    let mut options = state.config.reason.clone();
    if request.question.trim().is_empty() {
        return Err(Problem::invalid("\"question\" is empty: ask something"));
    }
    let characters = request.question.chars().count();
    if characters > options.max_question_chars {
        let limit = options.max_question_chars;
        return Err(ReasonError::QuestionTooLong { characters, limit }.into());
    }
    if let Some(tag) = &request.language {
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
    fn answer(self, halt: &Halt, tell: impl Fn(&Event<'_>)) -> Result<AskReport, Problem> {
        let mut on_event = |event: Event<'_>| -> ControlFlow<()> {
            tell(&event);
            halt.flow()
        };
        let Question { reasoner, text, options, mode, state } = self;
        let result = match mode {
            Mode::Touchstone => reasoner.ask(&text, &options, &mut on_event),
            Mode::Plain => reasoner.ask_plain(&text, &options, &mut on_event),
        };
        match &result {
            Ok(report) => tracing::info!(
                status = ?report.answer.status,
                steps = report.steps.len(),
                generated_tokens = report.usage.generated_tokens,
                generating_s = report.timings.generating_s,
                checking_s = report.timings.checking_s,
                "answered"
            ),
            Err(ReasonError::Cancelled) => tracing::info!("broken off"),
            Err(ReasonError::Engine(LlmError::Stopped { reason })) => {
                tracing::error!(reason, "the engine has stopped");
                state.lose_engine(reason);
            }
            Err(error) => tracing::warn!(%error, "not answered"),
        }
        result.map_err(Problem::from)
    }
}
