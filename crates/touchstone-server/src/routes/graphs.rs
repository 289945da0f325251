use actix_web::http::{Method, header};
use actix_web::{HttpRequest, HttpResponse, web};
use percent_encoding::percent_decode_str;
use touchstone_graph::GraphFormat;
use touchstone_graph::model::NamedNode;

use super::entities::query;
use crate::auth::Scope;
use crate::openapi::{Description, Operation};
use crate::problem::Problem;
use crate::state::State;
use crate::updates::{self, Change};
use crate::{accept, body};

/// Where graphs with a plain name live.
const NAMESPACE: &str = "https://w3id.org/touchstone/graphs/";

/// What can be sent, and the ending that the importer knows it by.
pub(super) const TAKEN: [(&str, &str); 6] = [
    ("text/turtle", "ttl"),
    ("application/n-triples", "nt"),
    ("application/rdf+xml", "rdf"),
    ("application/ld+json", "jsonld"),
    ("application/n-quads", "nq"),
    ("application/trig", "trig"),
];
const GIVEN: [(&str, GraphFormat); 4] = [
    ("text/turtle", GraphFormat::Turtle),
    ("application/n-triples", GraphFormat::NTriples),
    ("application/rdf+xml", GraphFormat::RdfXml),
    ("application/ld+json", GraphFormat::JsonLd),
];

pub(crate) fn operations() -> Vec<Operation> {
    const PATH: &str = "/v1/graphs/{name:.*}";
    fn named<'a, 'b>(d: &'a mut Description<'b>) -> &'a mut Description<'b> {
        d.path("name", "IRI of the graph, percent-encoded; or a plain name (letters, digits, `-`, `_`, `.`).")
    }
    fn taken(d: &mut Description<'_>) {
        for (media, _) in TAKEN {
            d.takes_text(media, "The statements; those of other graphs are refused.");
        }
    }
    vec![
        Operation {
            method: Method::GET,
            path: PATH,
            scope: Some(Scope::Check),
            describe: |d| {
                named(d.says("getGraph", "graph", "The statements of a named graph."));
                for (media, _) in GIVEN {
                    d.gives_text(200, media, "The statements.");
                }
                d.fails(&[404, 406, 422, 504]);
            },
            route: || web::route().to(get),
        },
        Operation {
            method: Method::PUT,
            path: PATH,
            scope: Some(Scope::Graph),
            describe: |d| {
                named(d.says("putGraph", "graph", "Put statements in the place of all that a graph held."))
                    .details("All or nothing; once answered, it counts in the next request.")
                    .gives::<updates::Changed>(200, "application/json", "The graph was replaced.")
                    .gives::<updates::Changed>(201, "application/json", "The graph is new.")
                    .fails(&[422, 504, 507]);
                taken(d);
            },
            route: || web::route().to(put),
        },
        Operation {
            method: Method::POST,
            path: PATH,
            scope: Some(Scope::Graph),
            describe: |d| {
                named(d.says("addToGraph", "graph", "Add statements to a named graph."))
                    .details("All or nothing; once answered, it counts in the next request.")
                    .gives::<updates::Changed>(200, "application/json", "The statements were added.")
                    .gives::<updates::Changed>(201, "application/json", "The graph is new.")
                    .fails(&[422, 504, 507]);
                taken(d);
            },
            route: || web::route().to(post),
        },
        Operation {
            method: Method::DELETE,
            path: PATH,
            scope: Some(Scope::Graph),
            describe: |d| {
                named(d.says("deleteGraph", "graph", "Take out a named graph."))
                    .gives::<updates::Changed>(200, "application/json", "It was taken out.")
                    .fails(&[404, 422, 504, 507]);
            },
            route: || web::route().to(delete),
        },
    ]
}

async fn get(http: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let graph = name(&http)?;
    let (media, format) = GIVEN[accept::choose(&http, &GIVEN.map(|g| g.0))?];
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
    let Some((_, ending)) = TAKEN.iter().find(|(media, _)| body::is_media_type(http, media)) else {
        let taken = TAKEN.map(|(media, _)| media).join(", ");
        return Err(Problem::unsupported_media(format!("send the statements as one of {taken}")));
    };
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
