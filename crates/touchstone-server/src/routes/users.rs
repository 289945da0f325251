//! Facts that only the requests of one user see. A key is a user; a key for
//! everything may look after others.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use schemars::JsonSchema;
use serde::Serialize;
use touchstone_check::Checker;
use touchstone_graph::{Graph, UserFacts};
use touchstone_reason::Reasoner;

use super::ask::caller;
use super::statements::{self, Place};
use crate::auth::{Caller, Scope};
use crate::job::{self, Halt};
use crate::openapi::Operation;
use crate::problem::Problem;
use crate::state::{Parts, State};
use crate::updates;

/// Graphs of users that are kept ready: each is a copy of the whole graph.
const MAX_READY: usize = 4;
const TRIPLES: &str = "application/n-triples";

pub(crate) fn operations() -> Vec<Operation> {
    statements::operations::<UsersFacts>([
        || web::route().to(get),
        || web::route().to(put),
        || web::route().to(post),
        || web::route().to(delete),
    ])
}

struct UsersFacts;

impl Place for UsersFacts {
    const PATH: &'static str = "/v1/users/{id}/facts";
    const NAME: (&'static str, &'static str) = (
        "id",
        "`me` for the key that is sent; the id of another key, or any name, with a key for everything.",
    );
    const TAG: &'static str = "users";
    const WRITE: Scope = Scope::Check;
    const SAYS: [(&'static str, &'static str); 4] = [
        ("getFacts", "All facts of a user."),
        ("putFacts", "Put facts in the place of all that a user had."),
        ("addFacts", "Add to the facts of a user."),
        ("forgetFacts", "Forget all facts of a user."),
    ];
    const COUNTS: &'static str =
        "Only the user's own requests (ask, check, chat, MCP) see them, from the next one on.";
    const GIVEN: &'static [&'static str] = &[TRIPLES];
    const TELLS_NEW: bool = false;
    type Changed = Held;
}

/// What a user has after a change.
#[derive(Serialize, JsonSchema)]
struct Held {
    user: String,
    statements: usize,
}

async fn get(http: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let (facts, user) = whose(&http, &state)?;
    let text = work(&state, move |_| Ok(facts.export(&user)?)).await?.ok_or_else(none)?;
    Ok(HttpResponse::Ok().insert_header((header::CONTENT_TYPE, TRIPLES)).body(text))
}

async fn put(
    http: HttpRequest,
    state: web::Data<State>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    store(&http, &state, payload, false).await
}

async fn post(
    http: HttpRequest,
    state: web::Data<State>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    store(&http, &state, payload, true).await
}

async fn store(
    http: &HttpRequest,
    state: &web::Data<State>,
    payload: web::Payload,
    add: bool,
) -> Result<HttpResponse, Problem> {
    let (facts, user) = whose(http, state)?;
    let ending = statements::ending(http)?;
    let file = updates::spool(http, state, payload, ending, state.config.max_body_bytes).await?;
    let held = work(state, move |_| {
        let statements = facts.put(&user, &file, add)?;
        Ok(Held { user, statements })
    })
    .await?;
    Ok(HttpResponse::Ok().json(held))
}

async fn delete(http: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let (facts, user) = whose(&http, &state)?;
    let inner = state.clone();
    let held = work(&state, move |_| {
        if !facts.forget(&user)? {
            return Err(none());
        }
        inner.ready.forget(&user);
        Ok(Held { user, statements: 0 })
    })
    .await?;
    Ok(HttpResponse::Ok().json(held))
}

fn none() -> Problem {
    Problem::no_such("the user has no facts")
}

/// One change at a time, as for graphs.
async fn work<T: Send + 'static>(
    state: &web::Data<State>,
    work: impl FnOnce(&Halt) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let ticket = state.updates.enter()?;
    job::run(state, ticket, &Halt::new(state), work).await
}

/// Where the facts of the user in the path are, if the caller may see them.
fn whose(http: &HttpRequest, state: &State) -> Result<(UserFacts, String), Problem> {
    let (Some(facts), Some(own)) = (&state.config.users, caller(http).id()) else {
        return Err(Problem::not_offered(
            "the server has no keys, so that no user can be told from another: make one with `touchstone key add`",
        ));
    };
    let named = http.match_info().get("id").unwrap_or_default();
    let user = if named == "me" { own } else { named.to_owned() };
    if user != caller(http).id().unwrap_or_default() && !caller(http).allows(Scope::Admin) {
        return Err(Problem::not_allowed(Scope::Admin));
    }
    UserFacts::graph_of(&user)?;
    Ok((facts.clone(), user))
}

/// What answers the requests of users with facts, ready for the next one.
#[derive(Default)]
pub(crate) struct Ready {
    parts: Mutex<VecDeque<Own>>,
}

struct Own {
    user: String,
    version: String,
    base: Arc<Graph>,
    parts: Arc<Parts>,
}

impl Ready {
    fn forget(&self, user: &str) {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner).retain(|own| own.user != user);
    }
}

/// The parts over the graph with the caller's own facts; `None` where there
/// are no such facts. Blocks while they are made, one user after another.
fn own(state: &State, caller: &Caller, base: &Arc<Graph>) -> Result<Option<Arc<Parts>>, Problem> {
    let (Some(facts), Some(user)) = (&state.config.users, caller.id()) else { return Ok(None) };
    if facts.version(&user)?.is_none() {
        return Ok(None);
    }
    let mut ready = state.ready.parts.lock().unwrap_or_else(PoisonError::into_inner);
    // Once more: it may have been changed while others were served.
    let Some(version) = facts.version(&user)? else { return Ok(None) };
    ready.retain(|own| Arc::ptr_eq(&own.base, base) && (own.user != user || own.version == version));
    if let Some(at) = ready.iter().position(|own| own.user == user)
        && let Some(own) = ready.remove(at)
    {
        let parts = Arc::clone(&own.parts);
        ready.push_back(own);
        return Ok(Some(parts));
    }
    let graph = facts.over(base, &user)?;
    let renew = state.renew.get().ok_or_else(|| Problem::not_offered("the server keeps no users' facts"))?;
    let parts = Arc::new(renew(Arc::new(graph)).map_err(|why| {
        tracing::error!(why, "the graph with a user's facts cannot be used");
        Problem::internal("the graph with the user's facts cannot be used; the server's log says more")
    })?);
    if ready.len() >= MAX_READY {
        ready.pop_front();
    }
    ready.push_back(Own { user, version, base: Arc::clone(base), parts: Arc::clone(&parts) });
    Ok(Some(parts))
}

/// Whether the caller's requests need parts of their own, which take time to
/// make.
pub(crate) fn has_facts(state: &State, caller: &Caller) -> bool {
    let version = |(facts, user): (&UserFacts, String)| facts.version(&user);
    state.config.users.as_ref().zip(caller.id()).is_some_and(|own| !matches!(version(own), Ok(None)))
}

/// The checker for the caller's requests.
pub(crate) fn checker(
    state: &State,
    caller: &Caller,
    checker: Arc<Checker>,
) -> Result<Arc<Checker>, Problem> {
    Ok(own(state, caller, checker.graph())?.map_or(checker, |parts| Arc::clone(&parts.checker)))
}

/// The reasoner for the caller's requests.
pub(crate) fn reasoner(
    state: &State,
    caller: &Caller,
    reasoner: Arc<Reasoner>,
) -> Result<Arc<Reasoner>, Problem> {
    let parts = own(state, caller, reasoner.checker().graph())?;
    Ok(parts.and_then(|parts| parts.reasoner.clone()).unwrap_or(reasoner))
}
