use actix_web::http::{Method, header};
use actix_web::{HttpRequest, HttpResponse, web};
use schemars::JsonSchema;
use touchstone_graph::model::NamedNode;
use touchstone_graph::{GraphFormat, ProtocolQuery, ResultFormat, Written};

use crate::auth::Scope;
use crate::job::{self, Halt};
use crate::openapi::Operation;
use crate::problem::Problem;
use crate::state::State;
use crate::{accept, body};

const QUERY: &str = "application/sparql-query";
const UPDATE: &str = "application/sparql-update";
const FORM: &str = "application/x-www-form-urlencoded";

const RESULTS: [(&str, ResultFormat); 4] = [
    ("application/sparql-results+json", ResultFormat::Json),
    ("application/sparql-results+xml", ResultFormat::Xml),
    ("text/csv", ResultFormat::Csv),
    ("text/tab-separated-values", ResultFormat::Tsv),
];
const STATEMENTS: [(&str, GraphFormat); 4] = [
    ("application/n-triples", GraphFormat::NTriples),
    ("text/turtle", GraphFormat::Turtle),
    ("application/rdf+xml", GraphFormat::RdfXml),
    ("application/ld+json", GraphFormat::JsonLd),
];

/// The parameters of the SPARQL 1.1 Protocol.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "for the document: parameters can come more than once and are read by hand")]
struct Parameters {
    /// A SPARQL 1.1 query: SELECT, ASK, CONSTRUCT or DESCRIBE.
    query: String,
    /// The graph that is queried; can be given several times. Without it, all graphs together.
    #[schemars(rename = "default-graph-uri")]
    default_graph: Option<String>,
    /// A graph that `GRAPH` can name; can be given several times.
    #[schemars(rename = "named-graph-uri")]
    named_graph: Option<String>,
}

pub(crate) fn operations() -> Vec<Operation> {
    fn gives(d: &mut crate::openapi::Description<'_>) {
        for (media, _) in RESULTS {
            d.gives_text(200, media, "The result.");
        }
        for (media, _) in STATEMENTS {
            d.gives_text(200, media, "The result.");
        }
        d.fails(&[406, 422, 504]);
    }
    vec![
        Operation {
            method: Method::GET,
            path: "/sparql",
            scope: Some(Scope::Check),
            describe: |d| {
                d.says("query", "graph", "Query the graph.").details(ABOUT).query::<Parameters>();
                gives(d);
            },
            route: || web::route().to(get),
        },
        Operation {
            method: Method::POST,
            path: "/sparql",
            scope: Some(Scope::Check),
            describe: |d| {
                d.says("queryByPost", "graph", "Query the graph.")
                    .details(ABOUT)
                    .takes_text(QUERY, "The query.")
                    .takes::<Parameters>(FORM);
                gives(d);
            },
            route: || web::route().to(post),
        },
    ]
}

const ABOUT: &str = "SPARQL 1.1 Protocol, for reading only. SERVICE is refused, and a result beyond the limits of time, rows or bytes is an error, never cut.";

async fn get(http: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let query = read_parameters(http.query_string())?;
    answer(&http, &state, query).await
}

async fn post(
    http: HttpRequest,
    state: web::Data<State>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let query = if body::is_media_type(&http, QUERY) {
        let bytes = body::read(&http, &state, payload).await?;
        let mut query = datasets(http.query_string())?;
        query.query = text(&bytes)?;
        query
    } else if body::is_media_type(&http, FORM) {
        let bytes = body::read(&http, &state, payload).await?;
        read_parameters(&text(&bytes)?)?
    } else if body::is_media_type(&http, UPDATE) {
        return Err(Problem::not_offered("updates by SPARQL are not taken: use /v1/graphs/{name}"));
    } else {
        return Err(Problem::unsupported_media(format!("send the query as {QUERY} or as a form ({FORM})")));
    };
    answer(&http, &state, query).await
}

fn text(bytes: &[u8]) -> Result<String, Problem> {
    String::from_utf8(bytes.to_vec()).map_err(|_| Problem::malformed("the body is not UTF-8"))
}

fn read_parameters(encoded: &str) -> Result<ProtocolQuery, Problem> {
    let queries: Vec<String> = values(encoded, "query")?;
    let [query] = queries.as_slice() else {
        return Err(Problem::wrong_shape(format!("give one \"query\": there are {}", queries.len())));
    };
    if !values(encoded, "update")?.is_empty() {
        return Err(Problem::not_offered("updates by SPARQL are not taken: use /v1/graphs/{name}"));
    }
    Ok(ProtocolQuery { query: query.clone(), ..datasets(encoded)? })
}

fn datasets(encoded: &str) -> Result<ProtocolQuery, Problem> {
    let nodes = |name: &str| -> Result<Vec<NamedNode>, Problem> {
        let iris = values(encoded, name)?;
        iris.into_iter()
            .map(|iri| {
                NamedNode::new(&iri)
                    .map_err(|error| Problem::wrong_shape(format!("\"{name}\" is not an IRI: {error}")))
            })
            .collect()
    };
    Ok(ProtocolQuery {
        query: String::new(),
        default_graphs: nodes("default-graph-uri")?,
        named_graphs: nodes("named-graph-uri")?,
    })
}

/// All values of a parameter; the protocol lets it come more than once.
fn values(encoded: &str, name: &str) -> Result<Vec<String>, Problem> {
    let pairs = web::Query::<Vec<(String, String)>>::from_query(encoded)
        .map_err(|error| Problem::wrong_shape(format!("the parameters cannot be read: {error}")))?;
    Ok(pairs.into_inner().into_iter().filter(|(key, _)| key == name).map(|(_, value)| value).collect())
}

async fn answer(
    http: &HttpRequest,
    state: &web::Data<State>,
    query: ProtocolQuery,
) -> Result<HttpResponse, Problem> {
    let wanted: Vec<&str> = RESULTS.iter().map(|r| r.0).chain(STATEMENTS.iter().map(|s| s.0)).collect();
    accept::choose(http, &wanted)?;
    let results = accept::choose(http, &RESULTS.map(|r| r.0)).ok();
    let statements = accept::choose(http, &STATEMENTS.map(|s| s.0)).ok();
    let formats = (RESULTS[results.unwrap_or(0)], STATEMENTS[statements.unwrap_or(0)]);

    let graph = std::sync::Arc::clone(state.checker()?.graph());
    let ticket = state.queries.enter()?;
    let halt = Halt::new(state);
    let _gone = halt.token().clone().drop_guard();
    let (limits, bytes) = (state.config.query, state.config.max_result_bytes);
    let (written, out) = job::run(state, ticket, &halt, move |halt| {
        let mut out = Vec::new();
        let wanted = || halt.flow().is_continue();
        let formats = (formats.0.1, formats.1.1);
        let written = graph.store().answer_query(&query, limits, bytes, formats, &wanted, &mut out)?;
        Ok((written, out))
    })
    .await?;
    let (media, fits) = match written {
        Written::Results => (formats.0.0, results.is_some()),
        Written::Statements => (formats.1.0, statements.is_some()),
    };
    if !fits {
        let offered =
            if written == Written::Results { RESULTS.map(|r| r.0) } else { STATEMENTS.map(|s| s.0) };
        return Err(Problem::not_acceptable(&offered.join(", ")));
    }
    Ok(HttpResponse::Ok().insert_header((header::CONTENT_TYPE, media)).body(out))
}
