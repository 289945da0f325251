//! SPARQL, entities and passages over HTTP.

use std::time::Duration;

use touchstone_graph::QueryLimits;
use touchstone_server::ServerConfig;

use super::assert_problem;
use super::service::{Call, Reply, Service, config, encoded, quito};

const CAPITAL: &str = "SELECT ?label { ?c <http://www.w3.org/2000/01/rdf-schema#label>|<http://www.w3.org/2004/02/skos/core#prefLabel> ?label } LIMIT 3";

fn get(service: &Service, query: &str, accept: Option<&str>) -> Reply {
    service.send(&Call { accept, ..Call::get(&format!("/sparql?query={}", encoded(query))) })
}

#[test]
fn queries_are_taken_in_the_three_ways_of_the_protocol() {
    let service = Service::start(quito(), config());
    let by_get = get(&service, CAPITAL, Some("text/csv"));
    assert_eq!(by_get.status, 200, "{}", by_get.body);
    assert_eq!(by_get.body.lines().count(), 4);
    for (kind, body) in [
        ("application/sparql-query", CAPITAL.to_owned()),
        ("application/x-www-form-urlencoded", format!("query={}", encoded(CAPITAL))),
    ] {
        let call = Call {
            method: "POST",
            path: "/sparql",
            content_type: Some(kind),
            body: &body,
            ..Call::default()
        };
        let by_post = service.send(&Call { accept: Some("text/csv"), ..call });
        assert_eq!(by_post.status, 200, "{}", by_post.body);
        assert_eq!(by_post.body, by_get.body);
    }
}

#[test]
fn results_come_in_the_format_that_is_accepted() {
    let service = Service::start(quito(), config());
    for (accept, kind, begins) in [
        (None, "application/sparql-results+json", "{"),
        (Some("*/*"), "application/sparql-results+json", "{"),
        (Some("application/sparql-results+xml"), "application/sparql-results+xml", "<?xml"),
        (Some("text/csv;q=0.9, text/html"), "text/csv", "label"),
        (Some("text/tab-separated-values"), "text/tab-separated-values", "?label"),
    ] {
        let reply = get(&service, CAPITAL, accept);
        assert_eq!(reply.header("content-type"), kind);
        assert!(reply.body.starts_with(begins), "{}", reply.body);
    }
    let statements = "CONSTRUCT { ?s ?p ?o } { ?s ?p ?o } LIMIT 2";
    for kind in ["application/n-triples", "text/turtle", "application/rdf+xml", "application/ld+json"] {
        assert_eq!(get(&service, statements, Some(kind)).header("content-type"), kind);
    }
    assert_problem(&get(&service, CAPITAL, Some("image/png")), 406, "not-acceptable");
    assert_problem(&get(&service, statements, Some("text/csv")), 406, "not-acceptable");
}

#[test]
fn nothing_but_reading_this_store_is_done() {
    let service = Service::start(quito(), config());
    assert_problem(&get(&service, "SELECT", None), 400, "wrong-shape");
    assert_problem(&service.get("/sparql"), 400, "wrong-shape");
    assert_problem(&service.get("/sparql?query=ASK%7B%7D&query=ASK%7B%7D"), 400, "wrong-shape");
    for update in ["DROP ALL", "LOAD <file:///etc/passwd>", "INSERT DATA { <a:b> <a:b> <a:b> }"] {
        assert_problem(&get(&service, update, None), 400, "wrong-shape");
        let kind = Some("application/sparql-update");
        assert_problem(&service.request("POST", "/sparql", kind, update), 403, "not-offered");
        let form = format!("query=ASK%7B%7D&update={}", encoded(update));
        let kind = Some("application/x-www-form-urlencoded");
        assert_problem(&service.request("POST", "/sparql", kind, &form), 403, "not-offered");
    }
    for service_of in [
        "SELECT * { SERVICE _ }",
        "SELECT * { SERVICE SILENT _ }",
        "SELECT * { ?s ?p ?o FILTER(false && EXISTS { SERVICE SILENT _ }) }",
        "SELECT * { VALUES ?where { <http://127.0.0.1:1/> } SERVICE SILENT ?where { ?s ?p ?o } }",
    ] {
        let query = service_of.replace('_', "<http://127.0.0.1:1/> { ?s ?p ?o }");
        assert_problem(&get(&service, &query, None), 403, "not-offered");
    }
    // What stands behind a query is no second one.
    for behind in ["; DROP ALL", "; LOAD <file:///etc/passwd>", "} INSERT DATA { <a:b> <a:b> <a:b>"] {
        assert_problem(&get(&service, &format!("ASK {{ ?s ?p ?o }} {behind}"), None), 400, "wrong-shape");
    }
    // FROM a file or an address is only the name of a graph.
    let from = get(&service, "ASK FROM <file:///etc/passwd> { ?s ?p ?o }", None);
    assert_eq!(from.json()["boolean"], false);
}

#[test]
fn queries_have_limits() {
    let limits = QueryLimits { time: Duration::from_millis(300), rows: 100 };
    let service =
        Service::start(quito(), ServerConfig { query: limits, max_result_bytes: 5_000, ..config() });
    assert_problem(&get(&service, "SELECT * { ?s ?p ?o } LIMIT 101", None), 422, "invalid-request");
    assert_problem(&get(&service, "SELECT * { ?s ?p ?o } LIMIT 99", None), 422, "invalid-request");
    assert_eq!(get(&service, "SELECT * { ?s ?p ?o } LIMIT 3", None).status, 200);
    let slow = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(?a < ?g && ?d < ?i) }";
    assert_problem(&get(&service, slow, None), 504, "out-of-time");
}

#[test]
fn entities_are_found_by_name_and_shown_with_their_facts() {
    let service = Service::start(quito(), config());
    let found = service.get("/v1/entities?q=quito").json();
    assert_eq!(found["exact"], true);
    assert_eq!(found["entities"][0]["label"], "Quito");
    let iri = found["entities"][0]["iri"].as_str().unwrap();
    let quito = service.get(&format!("/v1/entities/{}", encoded(iri)));
    assert_eq!(quito.status, 200, "{}", quito.body);
    let quito = quito.json();
    assert!(
        quito["referred_to_by"].as_array().unwrap().iter().any(|fact| fact["subject"]["label"] == "Ecuador")
    );
    let chinese = service.get(&format!("/v1/entities/{}?language=zh", encoded(iri))).json();
    assert_eq!(chinese["label"], "基多");
    let misspelt = service.get("/v1/entities?q=Equador").json();
    assert_eq!(misspelt["exact"], false);
    assert!(misspelt["entities"].as_array().unwrap().iter().any(|entity| entity["label"] == "Ecuador"));

    assert_problem(&service.get("/v1/entities/https%3A%2F%2Fexample.org%2Fnothing"), 404, "not-found");
    assert_problem(&service.get("/v1/entities/nothing"), 400, "wrong-shape");
    // What would be SPARQL elsewhere is no IRI here.
    let injection = encoded("https://example.org/> } ; DROP ALL ; SELECT * { <x:x");
    assert_problem(&service.get(&format!("/v1/entities/{injection}")), 400, "wrong-shape");
    for query in ["", "?q=", "?q=a&limit=0", "?q=a&limit=1000", "?q=a&language=de", "?q=a&colour=1"] {
        assert!([400, 422].contains(&service.get(&format!("/v1/entities{query}")).status), "{query}");
    }
}
