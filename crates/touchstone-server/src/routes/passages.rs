use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use touchstone_core::{Language, Span};

use super::check::LINES;
use super::entities::{limit, query};
use crate::auth::Scope;
use crate::openapi::Operation;
use crate::problem::Problem;
use crate::query::Query;
use crate::state::State;
use crate::updates;

const DEFAULT_FOUND: usize = 10;
const MAX_FOUND: usize = 100;

pub(crate) fn operations() -> Vec<Operation> {
    vec![
        Operation {
            method: Method::GET,
            path: "/v1/search",
            scope: Some(Scope::Check),
            describe: |d| {
                d.says("search", "passages", "Find passages by words, the best first.")
                    .query::<Search>()
                    .gives::<Passages>(200, "application/json", "The passages.")
                    .fails(&[403, 422, 504]);
            },
            route: || web::route().to(search),
        },
        Operation {
            method: Method::PUT,
            path: "/v1/passages/{source}",
            scope: Some(Scope::Graph),
            describe: |d| {
                d.says("putPassages", "passages", "Put documents in the place of all that a source held.")
                    .details("All or nothing; once answered, the next request finds them.")
                    .path("source", "Name of the source: letters, digits, `-`, `_` and `.`.")
                    .takes_text(
                        LINES,
                        "Lines {\"id\", \"title\", \"text\", \"language\"}; title and language are optional.",
                    )
                    .gives::<updates::Changed>(200, "application/json", "What was changed.")
                    .fails(&[422, 504, 507]);
            },
            route: || web::route().to(put),
        },
        Operation {
            method: Method::DELETE,
            path: "/v1/passages/{source}",
            scope: Some(Scope::Graph),
            describe: |d| {
                d.says("deletePassages", "passages", "Take out all that a source held.")
                    .path("source", "Name of the source.")
                    .gives::<updates::Changed>(200, "application/json", "What was changed.")
                    .fails(&[422, 504, 507]);
            },
            route: || web::route().to(delete),
        },
    ]
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Search {
    /// The words: no operator in them has a meaning.
    #[schemars(length(min = 1))]
    q: String,
    /// BCP 47 tag of the language of the passages: `en`, `zh`, or both without it.
    language: Option<String>,
    /// How many passages at most, 10 without it.
    #[schemars(range(min = 1, max = 100))]
    limit: Option<usize>,
}

#[derive(Serialize, JsonSchema)]
struct Passages {
    passages: Vec<Passage>,
}

#[derive(Serialize, JsonSchema)]
struct Passage {
    document: String,
    title: String,
    text: String,
    /// Where the passage lies in its document, in Unicode characters.
    span: Span,
    /// BM25.
    score: f64,
    source: String,
}

async fn search(state: web::Data<State>, Query(search): Query<Search>) -> Result<HttpResponse, Problem> {
    let language = match search.language.as_deref() {
        None => None,
        tag => Some(super::entities::language(tag)?),
    };
    let limit = limit(search.limit, DEFAULT_FOUND, MAX_FOUND)?;
    if search.q.trim().is_empty() {
        return Err(Problem::invalid("\"q\" is empty: give some words"));
    }
    let index = state.passages().ok_or_else(no_index)?;
    let found = query(&state, move |_| Ok(index.search(&search.q, language, limit)?)).await?;
    let passages = found
        .into_iter()
        .map(|p| Passage {
            document: p.document,
            title: p.title,
            text: p.text,
            span: p.span,
            score: p.score,
            source: p.source,
        })
        .collect();
    Ok(HttpResponse::Ok().json(Passages { passages }))
}

pub(crate) fn no_index() -> Problem {
    Problem::not_offered(
        "the server has no text index: fill one with `touchstone text index` and start it again",
    )
}

async fn put(
    http: HttpRequest,
    state: web::Data<State>,
    source: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let source = updates::source_name(&source)?;
    if !crate::body::is_media_type(&http, LINES) {
        return Err(Problem::unsupported_media(format!("send the documents as {LINES}")));
    }
    let file = updates::receive(&http, &state, payload, "ndjson").await?;
    let changed = updates::put_passages(&state, source, Some(file)).await?;
    Ok(HttpResponse::Ok().json(changed))
}

async fn delete(state: web::Data<State>, source: web::Path<String>) -> Result<HttpResponse, Problem> {
    let source = updates::source_name(&source)?;
    let changed = updates::put_passages(&state, source, None).await?;
    Ok(HttpResponse::Ok().json(changed))
}

/// A line of documents that are put.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DocumentLine {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) title: String,
    pub(crate) text: String,
    #[serde(default)]
    pub(crate) language: Option<Language>,
}
