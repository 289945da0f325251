//! Queries as the SPARQL 1.1 Protocol brings them: with a dataset, formats,
//! limits and a client that may go away.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use oxigraph::io::{JsonLdProfileSet, RdfFormat, RdfSerializer};
use oxigraph::model::{GraphName, GraphNameRef, NamedNode};
use oxigraph::sparql::results::QueryResultsSerializer;
use oxigraph::sparql::{
    CancellationToken, DefaultServiceHandler, QueryEvaluationError, QueryResults, QuerySolutionIter,
    SparqlEvaluator,
};

use crate::{GraphError, QueryLimits, ResultFormat, Store};

/// How often a running query asks whether it is still wanted.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// How to write statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GraphFormat {
    NTriples,
    Turtle,
    RdfXml,
    JsonLd,
}

impl From<GraphFormat> for RdfFormat {
    fn from(format: GraphFormat) -> RdfFormat {
        match format {
            GraphFormat::NTriples => RdfFormat::NTriples,
            GraphFormat::Turtle => RdfFormat::Turtle,
            GraphFormat::RdfXml => RdfFormat::RdfXml,
            GraphFormat::JsonLd => RdfFormat::JsonLd { profile: JsonLdProfileSet::empty() },
        }
    }
}

/// A query with the graphs that the protocol's parameters name; they stand
/// above FROM and FROM NAMED.
#[derive(Clone, Debug, Default)]
pub struct ProtocolQuery {
    pub query: String,
    pub default_graphs: Vec<NamedNode>,
    pub named_graphs: Vec<NamedNode>,
}

/// Which of the two formats was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    Results,
    Statements,
}

impl Store {
    /// Runs a query and writes what it finds. A result beyond the limits is
    /// an error, never cut; `bytes` limits what is written. `wanted` is asked
    /// now and then; once it says no, the query ends.
    pub fn answer_query(
        &self,
        query: &ProtocolQuery,
        limits: QueryLimits,
        bytes: usize,
        formats: (ResultFormat, GraphFormat),
        wanted: &(dyn Fn() -> bool + Sync),
        out: &mut dyn Write,
    ) -> Result<Written, GraphError> {
        let token = CancellationToken::new();
        let service = Arc::new(AtomicBool::new(false));
        let mut prepared = SparqlEvaluator::new()
            .with_default_service_handler(NoService(Arc::clone(&service)))
            .with_cancellation_token(token.clone())
            .parse_query(&query.query)?;
        let dataset = prepared.dataset_mut();
        if !query.default_graphs.is_empty() || !query.named_graphs.is_empty() {
            dataset
                .set_default_graph(query.default_graphs.iter().cloned().map(GraphName::NamedNode).collect());
            dataset.set_available_named_graphs(query.named_graphs.iter().cloned().map(Into::into).collect());
        } else if dataset.is_default_dataset() {
            dataset.set_default_graph_as_union();
        }
        let ends = Instant::now() + limits.time;
        let (done, finished) = mpsc::channel::<()>();
        let gone = AtomicBool::new(false);
        let mut out = Limited { out, left: bytes, full: false };
        let result = std::thread::scope(|scope| {
            let (token, gone) = (&token, &gone);
            scope.spawn(move || {
                while finished.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
                    if !wanted() {
                        gone.store(true, Ordering::Release);
                    }
                    if gone.load(Ordering::Acquire) || Instant::now() >= ends {
                        token.cancel();
                    }
                }
            });
            let result = prepared
                .on_store(self.inner())
                .execute()
                .map_err(GraphError::from)
                .and_then(|results| write(results, limits.rows, formats, &mut out));
            drop(done);
            result
        });
        if service.load(Ordering::Acquire) {
            return Err(GraphError::ServiceRefused);
        }
        match result {
            Err(GraphError::Query(_)) if out.full => {
                Err(GraphError::ResultTooLarge { limit: bytes, unit: "bytes" })
            }
            Err(GraphError::Query(_)) if gone.load(Ordering::Acquire) => Err(GraphError::QueryCancelled),
            Err(GraphError::Query(_)) if Instant::now() >= ends => {
                Err(GraphError::QueryTimeout(limits.time.as_secs()))
            }
            other => other,
        }
    }

    /// Writes the statements of one named graph; how many there were. More
    /// than `bytes` is an error.
    pub fn write_graph(
        &self,
        graph: &NamedNode,
        format: GraphFormat,
        bytes: usize,
        out: &mut dyn Write,
    ) -> Result<u64, GraphError> {
        // Writing to a buffer fails only at its limit.
        let failed = |_: io::Error| GraphError::ResultTooLarge { limit: bytes, unit: "bytes" };
        let mut out = Limited { out, left: bytes, full: false };
        let name = GraphNameRef::NamedNode(graph.as_ref());
        let mut writer = RdfSerializer::from_format(format.into()).for_writer(&mut out);
        let mut count = 0;
        for quad in self.inner().quads_for_pattern(None, None, None, Some(name)) {
            let quad = quad?;
            writer.serialize_triple(quad.as_ref()).map_err(failed)?;
            count += 1;
        }
        writer.finish().map_err(failed)?;
        Ok(count)
    }
}

fn write(
    results: QueryResults<'_>,
    rows: usize,
    (results_format, graph_format): (ResultFormat, GraphFormat),
    out: &mut dyn Write,
) -> Result<Written, GraphError> {
    let failed = |e: io::Error| GraphError::Query(e.to_string());
    let too_many = |unit| GraphError::ResultTooLarge { limit: rows, unit };
    let serializer = QueryResultsSerializer::from_format(results_format.into());
    match results {
        QueryResults::Boolean(answer) => {
            serializer.serialize_boolean_to_writer(out, answer).map_err(failed)?;
            Ok(Written::Results)
        }
        QueryResults::Solutions(solutions) => {
            let variables = solutions.variables().to_vec();
            let mut writer = serializer.serialize_solutions_to_writer(out, variables).map_err(failed)?;
            for (row, solution) in solutions.enumerate() {
                if row >= rows {
                    return Err(too_many("rows"));
                }
                writer.serialize(&solution?).map_err(failed)?;
            }
            writer.finish().map_err(failed)?;
            Ok(Written::Results)
        }
        QueryResults::Graph(triples) => {
            let mut writer = RdfSerializer::from_format(graph_format.into()).for_writer(out);
            for (row, triple) in triples.enumerate() {
                if row >= rows {
                    return Err(too_many("statements"));
                }
                writer.serialize_triple(&triple?).map_err(failed)?;
            }
            writer.finish().map_err(failed)?;
            Ok(Written::Statements)
        }
    }
}

/// Remembers that another server was asked for, since SILENT would hide it.
struct NoService(Arc<AtomicBool>);

impl DefaultServiceHandler for NoService {
    type Error = QueryEvaluationError;

    fn handle(
        &self,
        service: &NamedNode,
        _pattern: &spargebra::algebra::GraphPattern,
        _base: Option<&oxiri::Iri<String>>,
    ) -> Result<QuerySolutionIter<'static>, QueryEvaluationError> {
        self.0.store(true, Ordering::Release);
        Err(QueryEvaluationError::UnsupportedService(service.clone()))
    }
}

/// Takes so many bytes and no more.
struct Limited<'a> {
    out: &'a mut dyn Write,
    left: usize,
    full: bool,
}

impl Write for Limited<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() > self.left {
            self.full = true;
            return Err(io::Error::other("the result is too large"));
        }
        let count = self.out.write(bytes)?;
        self.left -= count;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use oxigraph::model::{Literal, Quad};

    use super::*;

    fn store() -> Store {
        let store = Store::in_memory().unwrap();
        store
            .change(|t| {
                for (graph, value) in [("g", 1), ("g", 2), ("h", 3)] {
                    let node = |name: &str| NamedNode::new(format!("https://example.org/{name}")).unwrap();
                    let value = Literal::from(value);
                    t.insert(Quad::new(node("s"), node("p"), value, node(graph)).as_ref());
                }
                Ok(())
            })
            .unwrap();
        store
    }

    fn run(query: ProtocolQuery, rows: usize, bytes: usize) -> Result<String, GraphError> {
        let mut out = Vec::new();
        let limits = QueryLimits { rows, ..QueryLimits::default() };
        let formats = (ResultFormat::Csv, GraphFormat::NTriples);
        store().answer_query(&query, limits, bytes, formats, &|| true, &mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    fn query(text: &str) -> ProtocolQuery {
        ProtocolQuery { query: text.to_owned(), ..ProtocolQuery::default() }
    }

    #[test]
    fn the_dataset_of_the_protocol_stands_above_that_of_the_query() {
        let all = "SELECT (COUNT(*) AS ?n) { <https://example.org/s> ?p ?o }";
        assert!(run(query(all), 10, 1000).unwrap().contains('3'));
        let of_h = ProtocolQuery {
            default_graphs: vec![NamedNode::new("https://example.org/h").unwrap()],
            ..query("SELECT ?o FROM <https://example.org/g> { ?s ?p ?o }")
        };
        assert_eq!(run(of_h, 10, 1000).unwrap().lines().nth(1), Some("3"));
    }

    #[test]
    fn what_is_too_large_is_refused_and_not_cut() {
        let rows = run(query("SELECT * { ?s ?p ?o }"), 2, 1000).unwrap_err();
        assert!(matches!(rows, GraphError::ResultTooLarge { unit: "rows", .. }), "{rows}");
        let bytes = run(query("SELECT * { ?s ?p ?o }"), 10, 20).unwrap_err();
        assert!(matches!(bytes, GraphError::ResultTooLarge { unit: "bytes", .. }), "{bytes}");
    }

    #[test]
    fn other_servers_are_not_asked_even_silently() {
        for silent in ["", "SILENT"] {
            let text = format!("SELECT * {{ SERVICE {silent} <http://example.org/sparql> {{ ?s ?p ?o }} }}");
            let error = run(query(&text), 10, 1000).unwrap_err();
            assert!(matches!(error, GraphError::ServiceRefused), "{error}");
        }
    }

    #[test]
    fn a_client_that_is_gone_ends_its_query() {
        let slow = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n2 ?o . ?p ?q ?r . ?s ?t ?u . ?v ?w ?x . ?aa ?bb ?cc . ?dd ?ee ?ff . ?gg ?hh ?ii . ?jj ?kk ?ll }";
        let formats = (ResultFormat::Csv, GraphFormat::NTriples);
        let limits = QueryLimits::default();
        let result = store().answer_query(&query(slow), limits, 1000, formats, &|| false, &mut Vec::new());
        assert!(matches!(result, Err(GraphError::QueryCancelled)), "{result:?}");
    }
}
