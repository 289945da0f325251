//! OpenAI's chat API: the message is the verified answer, or, when a request
//! asks for it, what the model itself says.

mod citations;
mod reply;
mod request;

use std::convert::Infallible;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::Stream;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_util::sync::DropGuard;
use touchstone_llm::{FinishReason, LlmError, StopRule, Until};
use touchstone_reason::{Event, ReasonError, Reasoner};
use tracing::Instrument;

pub(crate) use self::citations::cited;
use self::reply::{Completion, Head, Logprobs, Own, Tokens};
use self::request::ChatRequest;
use super::ask::{Mode, Question, caller, options_for};
use crate::auth::{Caller, Scope};
use crate::body::JsonBody;
use crate::job::{self, Halt};
use crate::openapi::Operation;
use crate::problem::Problem;
use crate::state::State;
use crate::stream;

/// The name under which checked answers are had, whatever model drafts them.
const CHECKED: &str = "touchstone";
/// Tokens of an unchecked reply without `max_tokens`.
const USUAL_TOKENS: usize = 1024;

pub(crate) fn operations() -> Vec<Operation> {
    vec![
        Operation {
            method: Method::POST,
            path: "/v1/chat/completions",
            scope: Some(Scope::Ask),
            describe: |d| {
                d.says("chat", "openai", "OpenAI's chat completions, checked.")
                    .details("The last message of the user is the question and the reply its verified answer. `touchstone.check: false` gives the model's own reply to the whole conversation.")
                    .takes::<ChatRequest>("application/json")
                    .gives::<Completion>(200, "application/json", "The reply.")
                    .gives_events(&["message"], "With `stream`: chunks, then `[DONE]`.")
                    .fails(&[404, 422, 504]);
            },
            route: || web::route().to(chat),
        },
        Operation {
            method: Method::GET,
            path: "/v1/models",
            scope: Some(Scope::Ask),
            describe: |d| {
                d.says("models", "openai", "The models that can be named.").gives::<Models>(
                    200,
                    "application/json",
                    "The models.",
                );
            },
            route: || web::route().to(models),
        },
        Operation {
            method: Method::GET,
            path: "/v1/models/{model}",
            scope: Some(Scope::Ask),
            describe: |d| {
                d.says("model", "openai", "One model.")
                    .path("model", "Its name.")
                    .gives::<Model>(200, "application/json", "The model.")
                    .fails(&[404]);
            },
            route: || web::route().to(model),
        },
    ]
}

#[derive(Serialize, JsonSchema)]
struct Models {
    object: &'static str,
    data: Vec<Model>,
}

#[derive(Serialize, JsonSchema)]
struct Model {
    id: String,
    object: &'static str,
    created: u64,
    owned_by: &'static str,
}

fn known(reasoner: &Reasoner) -> Vec<Model> {
    let names = [CHECKED.to_owned(), reasoner.engine().info().model];
    let model = |id| Model { id, object: "model", created: 0, owned_by: "touchstone" };
    names.into_iter().map(model).collect()
}

async fn models(state: web::Data<State>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(Models { object: "list", data: known(&*state.reasoner()?) }))
}

async fn model(state: web::Data<State>, name: web::Path<String>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(find(&*state.reasoner()?, &name)?))
}

fn find(reasoner: &Reasoner, name: &str) -> Result<Model, Problem> {
    known(reasoner)
        .into_iter()
        .find(|model| model.id == name)
        .ok_or_else(|| Problem::no_such(format!("there is no model {name}: /v1/models lists them")))
}

/// What makes the reply, on a thread that may block.
type Work = Box<dyn FnOnce(&Halt, &Teller) -> Result<Reply, Problem> + Send>;

async fn chat(
    http: HttpRequest,
    state: web::Data<State>,
    JsonBody(request): JsonBody<ChatRequest>,
) -> Result<HttpResponse, Problem> {
    request.validate()?;
    let reasoner = state.reasoner()?;
    let head = Head::new(&find(&reasoner, &request.model)?.id);
    let reply: Work = if request.touchstone.check {
        let question = checked(&state, caller(&http), reasoner, &request)?;
        let (stops, cite) = (request.stops(), request.touchstone.citations);
        Box::new(move |halt, teller| answer(question, &stops, cite, halt, teller))
    } else {
        let request = Plain::new(&request, state.config.reason.sampling);
        Box::new(move |halt, teller| request.answer(&reasoner, halt, teller))
    };
    let ignored = request.ignored();
    let ticket = state.asks.enter()?;
    let halt = Halt::new(&state);
    let gone = halt.token().clone().drop_guard();

    if !request.streams() {
        let _gone = gone;
        let mut reply = job::run(&state, ticket, &halt, move |halt| reply(halt, &Teller::silent())).await?;
        reply.own.ignored = ignored;
        let Reply { text, finish, logprobs, usage, own } = reply;
        return Ok(HttpResponse::Ok().json(head.completion(text, finish, logprobs, usage, own)));
    }

    let (sender, body) = chunks(state.config.heartbeat, gone);
    let with_usage = request.stream_options.and_then(|options| options.include_usage).unwrap_or(false);
    let work = async move {
        let teller = Teller { head: head.clone(), chunks: Some(sender.clone()) };
        send(&sender, &head.opening());
        match job::run(&state, ticket, &halt, move |halt| reply(halt, &teller)).await {
            Ok(mut reply) => {
                reply.own.ignored = ignored;
                send(&sender, &head.closing(reply.finish, &reply.own));
                if with_usage {
                    send(&sender, &head.usage(reply.usage));
                }
                let _ = sender.send(Bytes::from_static(b"data: [DONE]\n\n"));
            }
            Err(problem) => {
                let error = json!({ "error": { "message": problem.detail, "type": problem.kind, "code": problem.status } });
                send(&sender, &error);
            }
        }
    };
    actix_web::rt::spawn(work.in_current_span());
    Ok(stream::response(body))
}

/// What a reply is made of, streamed or not.
struct Reply {
    text: String,
    finish: &'static str,
    logprobs: Option<Logprobs>,
    usage: Tokens,
    own: Own,
}

/// Tells a stream what there is of a reply.
struct Teller {
    head: Head,
    chunks: Option<UnboundedSender<Bytes>>,
}

impl Teller {
    fn silent() -> Teller {
        Teller { head: Head::new(""), chunks: None }
    }

    fn tell(&self, chunk: impl FnOnce(&Head) -> Value) {
        if let Some(chunks) = &self.chunks {
            send(chunks, &chunk(&self.head));
        }
    }
}

/// A send that finds no reader is not an error: the guard has cancelled the
/// work by then.
fn send(chunks: &UnboundedSender<Bytes>, chunk: &Value) {
    let _ = chunks.send(Bytes::from(format!("data: {chunk}\n\n")));
}

/// The stream's body, with a comment whenever `heartbeat` passes without a
/// chunk. Dropping it drops the guard. What a slow reader can pile up is
/// bounded by the tokens of the request.
fn chunks(
    heartbeat: Duration,
    guard: DropGuard,
) -> (UnboundedSender<Bytes>, impl Stream<Item = Result<Bytes, Infallible>>) {
    let (sender, receiver) = unbounded_channel();
    let state: (UnboundedReceiver<Bytes>, DropGuard) = (receiver, guard);
    let body = futures_util::stream::unfold(state, move |(mut receiver, guard)| async move {
        let frame = match tokio::time::timeout(heartbeat, receiver.recv()).await {
            Ok(frame) => frame?,
            Err(_) => Bytes::from_static(b": heartbeat\n\n"),
        };
        Some((Ok(frame), (receiver, guard)))
    });
    (sender, body)
}

fn checked(
    state: &web::Data<State>,
    caller: Caller,
    reasoner: std::sync::Arc<Reasoner>,
    request: &ChatRequest,
) -> Result<Question, Problem> {
    let text = request.question()?;
    let mut options = options_for(state, &text, None)?;
    options.sampling = request.sampling(options.sampling);
    if let Some(tokens) = request.max_tokens() {
        options.max_step_tokens = options.max_step_tokens.min(tokens);
    }
    Ok(Question { reasoner, text, options, mode: Mode::Touchstone, caller, state: state.clone() })
}

fn answer(
    question: Question,
    stops: &[String],
    cite: bool,
    halt: &Halt,
    teller: &Teller,
) -> Result<Reply, Problem> {
    let report = question.answer(halt, |event| {
        if let Event::Accepted { step } = event {
            teller.tell(|head| head.step(step));
        }
    })?;
    let (mut text, citations) = if cite { cited(&report) } else { (report.answer.text.clone(), Vec::new()) };
    if let Some(end) = stops.iter().filter_map(|stop| text.find(stop.as_str())).min() {
        text.truncate(end);
    }
    teller.tell(|head| head.text(&text));
    let usage = report.usage.into();
    let own = Own { report: Some(report), citations, ignored: Vec::new() };
    Ok(Reply { text, finish: "stop", logprobs: None, usage, own })
}

/// A reply of the model itself.
struct Plain {
    chat: Vec<touchstone_llm::Message>,
    until: Until,
}

impl Plain {
    fn new(request: &ChatRequest, usual: touchstone_llm::Sampling) -> Plain {
        let tokens = request.max_tokens().unwrap_or(USUAL_TOKENS);
        let stop = StopRule::Strings(request.stops());
        let until = Until {
            logprobs: request.logprobs(),
            constraint: request.constraint(),
            ..Until::new(stop, tokens, request.sampling(usual))
        };
        Plain { chat: request.chat(), until }
    }

    fn answer(self, reasoner: &Reasoner, halt: &Halt, teller: &Teller) -> Result<Reply, Problem> {
        let failed = |error: LlmError| Problem::from(ReasonError::from(error));
        let mut session = reasoner.engine().open(&self.chat).map_err(failed)?;
        let mut all = self.until.logprobs.map(|_| Logprobs::default());
        let generated = session
            .stream(&self.until, &mut |piece| {
                if let Some(all) = &mut all
                    && !piece.tokens.is_empty()
                {
                    let new = Logprobs::of(piece.tokens);
                    teller.tell(|head| head.tokens(piece.text, &new));
                    all.content.extend(new.content);
                } else if !piece.text.is_empty() {
                    teller.tell(|head| head.text(piece.text));
                }
                halt.flow()
            })
            .map_err(failed)?;
        let finish = if generated.finish == FinishReason::Length { "length" } else { "stop" };
        let usage = session.usage().into();
        Ok(Reply { text: generated.text, finish, logprobs: all, usage, own: Own::default() })
    }
}
