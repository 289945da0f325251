use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use percent_encoding::percent_decode_str;
use touchstone_graph::GraphFormat;
use touchstone_graph::model::NamedNode;

use super::entities::query;
use super::statements::{self, Place};
use crate::accept;
use crate::auth::Scope;
use crate::openapi::Operation;
use crate::problem::Problem;
use crate::state::State;
use crate::updates::{self, Change};

/// Where graphs with a plain name live.
const NAMESPACE: &str = "https://w3id.org/touchstone/graphs/";

/// In the order of [`NamedGraph::GIVEN`].
const FORMATS: [GraphFormat; 4] =
    [GraphFormat::Turtle, GraphFormat::NTriples, GraphFormat::RdfXml, GraphFormat::JsonLd];

pub(crate) fn operations() -> Vec<Operation> {
    statements::operations::<NamedGraph>([
        || web::route().to(get),
        || web::route().to(put),
        || web::route().to(post),
        || web::route().to(delete),
    ])
}

struct NamedGraph;

impl Place for NamedGraph {
    const PATH: &'static str = "/v1/graphs/{name:.*}";
    const NAME: (&'static str, &'static str) =
        ("name", "IRI of the graph, percent-encoded; or a plain name (letters, digits, `-`, `_`, `.`).");
    const TAG: &'static str = "graph";
    const WRITE: Scope = Scope::Graph;
    const SAYS: [(&'static str, &'static str); 4] = [
        ("getGraph", "The statements of a named graph."),
        ("putGraph", "Put statements in the place of all that a graph held."),
        ("addToGraph", "Add statements to a named graph."),
        ("deleteGraph", "Take out a named graph."),
    ];
    const COUNTS: &'static str = "Once answered, it counts in the next request.";
    const GIVEN: &'static [&'static str] =
        &["text/turtle", "application/n-triples", "application/rdf+xml", "application/ld+json"];
    const TELLS_NEW: bool = true;
    type Changed = updates::Changed;
}

async fn get(http: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let graph = name(&http)?;
    let chosen = accept::choose(&http, NamedGraph::GIVEN)?;
    let (media, format) = (NamedGraph::GIVEN[chosen], FORMATS[chosen]);
    let checker = state.checker()?;
    let limit = state.config.max_result_bytes;
    let out = query(&state, move |_| {
        let store = checker.graph().store();
        let mut out = Vec::new();
        if store.write_graph(&graph, format, limit, &mut out)? == 0 {
            return Err(Problem::no_such(format!("there is no graph {graph}")));
        }
        Ok(out)
    })
    .await?;
    Ok(HttpResponse::Ok().insert_header((header::CONTENT_TYPE, media)).body(out))
}

async fn put(
    http: HttpRequest,
    state: web::Data<State>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    send(&http, &state, payload, Change::Replace).await
}

async fn post(
    http: HttpRequest,
    state: web::Data<State>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    send(&http, &state, payload, Change::Add).await
}

async fn send(
    http: &HttpRequest,
    state: &web::Data<State>,
    payload: web::Payload,
    change: fn(tempfile::TempPath) -> Change,
) -> Result<HttpResponse, Problem> {
    let graph = name(http)?;
    let ending = statements::ending(http)?;
    updates::offered(state)?;
    let file = updates::receive(http, state, payload, ending).await?;
    let changed = updates::change_graph(state, graph, change(file)).await?;
    let mut response = if changed.existed { HttpResponse::Ok() } else { HttpResponse::Created() };
    Ok(response.json(changed))
}

async fn delete(http: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let graph = name(&http)?;
    let changed = updates::change_graph(&state, graph.clone(), Change::Remove).await?;
    if !changed.existed {
        return Err(Problem::no_such(format!("there is no graph {graph}")));
    }
    Ok(HttpResponse::Ok().json(changed))
}

/// The graph in the path: an IRI, or a plain name in our namespace.
fn name(http: &HttpRequest) -> Result<NamedNode, Problem> {
    let raw = http.match_info().get("name").unwrap_or_default();
    let text = percent_decode_str(raw)
        .decode_utf8()
        .map_err(|_| Problem::wrong_shape("the name in the path is not UTF-8"))?;
    if updates::is_plain_name(&text) {
        return Ok(NamedNode::new_unchecked(format!("{NAMESPACE}{text}")));
    }
    NamedNode::new(text.as_ref()).map_err(|error| {
        Problem::wrong_shape(format!(
            "the path ends neither in an IRI ({error}) nor in a name of letters, digits, -, _ and ."
        ))
    })
}
