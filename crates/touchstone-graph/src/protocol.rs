//! Queries as the SPARQL 1.1 Protocol brings them: with a dataset, formats,
//! limits and a client that may go away.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use oxigraph::io::{JsonLdProfileSet, RdfFormat, RdfSerializer};
use oxigraph::model::{GraphName, GraphNameRef, NamedNode};
use oxigraph::sparql::results::QueryResultsSerializer;
use oxigraph::sparql::{CancellationToken, QueryResults};
use spargebra::SparqlParser;

use crate::guard::{Guard, Stopped, guarded};
use crate::{GraphError, QueryLimits, ResultFormat, Store};

/// How often a running query asks whether it is still wanted.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// By how much the process may grow while a query runs.
const MAX_MEMORY: u64 = 1 << 30;
/// Where pages are larger, less is counted than there is.
const PAGE: u64 = 4096;

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
        let parsed = SparqlParser::new().parse_query(&query.query)?;
        let guard = Guard::default();
        let mut prepared = guard
            .evaluator()
            .with_cancellation_token(token.clone())
            .for_query(guarded(parsed, &query.query)?);
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
        let (gone, full) = (AtomicBool::new(false), AtomicBool::new(false));
        let most = own_memory().map(|bytes| bytes.saturating_add(MAX_MEMORY));
        let mut out = Limited { out, left: bytes, full: false };
        let result = std::thread::scope(|scope| {
            let (token, guard, gone, full) = (&token, &guard, &gone, &full);
            scope.spawn(move || {
                while finished.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
                    if !wanted() {
                        gone.store(true, Ordering::Release);
                    }
                    if own_memory().zip(most).is_some_and(|(now, most)| now > most) {
                        full.store(true, Ordering::Release);
                    }
                    if gone.load(Ordering::Acquire) || full.load(Ordering::Acquire) || Instant::now() >= ends
                    {
                        token.cancel();
                        guard.end();
                    }
                }
            });
            let result = guard.watch(|| {
                let results = prepared.on_store(self.inner()).execute()?;
                write(results, limits.rows, formats, &mut out)
            });
            drop(done);
            result.unwrap_or_else(|stopped| Err(stopped.into()))
        });
        match result {
            Err(GraphError::Query(_)) if out.full => {
                Err(GraphError::ResultTooLarge { limit: bytes, unit: "bytes" })
            }
            Err(GraphError::Query(_)) if full.load(Ordering::Acquire) => Err(GraphError::QueryMemory),
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

/// Bytes that this process has for itself, where the system says so: not what
/// it maps of files.
fn own_memory() -> Option<u64> {
    let counts = std::fs::read_to_string("/proc/self/statm").ok()?;
    let mut pages = counts.split_whitespace().skip(1).map_while(|count| count.parse::<u64>().ok());
    let (resident, shared) = (pages.next()?, pages.next()?);
    Some(resident.saturating_sub(shared).saturating_mul(PAGE))
}

impl From<Stopped> for GraphError {
    fn from(stopped: Stopped) -> GraphError {
        match stopped {
            Stopped::Told => GraphError::Query("it was ended".to_owned()),
            Stopped::Texts => GraphError::QueryTexts,
        }
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
        for text in [
            "SELECT * { SERVICE _ }",
            "SELECT * { SERVICE SILENT _ }",
            "SELECT * { ?s ?p ?o OPTIONAL { SERVICE SILENT _ } }",
            "SELECT * { { SELECT * { SERVICE SILENT _ } } UNION { ?s ?p 1 } }",
            "SELECT * { ?s ?p ?o FILTER(false && EXISTS { SERVICE SILENT _ }) }",
            "CONSTRUCT { ?s ?p ?o } { GRAPH ?g { ?s ?p ?o } MINUS { SERVICE _ } }",
            "SELECT * { VALUES ?x { <http://example.org/> } SERVICE SILENT ?x { ?s ?p ?o } }",
        ] {
            let error =
                run(query(&text.replace('_', "<http://example.org/> { ?s ?p ?o }")), 10, 1000).unwrap_err();
            assert!(matches!(error, GraphError::ServiceRefused), "{text}: {error}");
        }
    }

    /// Patterns without a common variable, over a store of some size.
    fn products() -> Vec<String> {
        let all = |n: usize| (0..n).map(|i| format!("?s{i} ?p{i} ?o{i} . ")).collect::<String>();
        let optional = (0..8).map(|i| format!("OPTIONAL {{ ?s{i} ?p{i} ?o{i} }} ")).collect::<String>();
        let braces = (0..8).map(|i| format!("{{ ?s{i} ?p{i} ?o{i} }} ")).collect::<String>();
        let values = format!("VALUES ?a {{ {} }}", "1 ".repeat(3000));
        vec![
            format!("SELECT (COUNT(*) AS ?n) {{ {} }}", all(12)),
            format!("SELECT (COUNT(*) AS ?n) {{ {optional} }}"),
            format!("SELECT (COUNT(*) AS ?n) {{ {braces} }}"),
            format!("SELECT (COUNT(*) AS ?n) {{ {values} {} }}", format!("{{ {values} }} ").repeat(4)),
            format!("SELECT ?s0 {{ {} }} ORDER BY ?o0", all(8)),
            format!("SELECT * {{ ?s ?p ?o FILTER EXISTS {{ {} FILTER(?o0 = ?o1 + 17) }} }}", all(8)),
            format!("SELECT * {{ ?s ?p ?o MINUS {{ ?s ?p ?o . {} }} }}", all(8)),
            format!("CONSTRUCT {{ ?s0 ?p0 ?o1 }} {{ {} FILTER(?o2 > 100) }}", all(8)),
            format!("SELECT * {{ {{ SELECT (COUNT(*) AS ?n) {{ {} }} }} }}", all(9)),
        ]
    }

    fn large() -> Store {
        let store = Store::in_memory().unwrap();
        let node = |name: String| NamedNode::new(format!("https://example.org/{name}")).unwrap();
        store
            .change(|t| {
                for n in 0..300 {
                    let quad = Quad::new(
                        node(format!("s{n}")),
                        node(format!("p{n}")),
                        Literal::from(n),
                        node("g".into()),
                    );
                    t.insert(quad.as_ref());
                }
                Ok(())
            })
            .unwrap();
        store
    }

    #[test]
    fn a_product_ends_when_its_client_goes_or_its_time_is_over() {
        let store = large();
        let formats = (ResultFormat::Csv, GraphFormat::NTriples);
        for text in products() {
            let begun = Instant::now();
            let limits = QueryLimits { rows: usize::MAX, ..QueryLimits::default() };
            let result =
                store.answer_query(&query(&text), limits, usize::MAX, formats, &|| false, &mut io::sink());
            assert!(matches!(result, Err(GraphError::QueryCancelled)), "{text}: {result:?}");
            let limits = QueryLimits { time: Duration::from_millis(100), ..limits };
            let result =
                store.answer_query(&query(&text), limits, usize::MAX, formats, &|| true, &mut io::sink());
            assert!(matches!(result, Err(GraphError::QueryTimeout(_))), "{text}: {result:?}");
            assert!(begun.elapsed() < Duration::from_secs(10), "{text}: {:?}", begun.elapsed());
        }
    }

    #[test]
    fn a_text_does_not_grow_without_end() {
        let doubled: String =
            (1..40).map(|n| format!("BIND(CONCAT(?x{}, ?x{}) AS ?x{n}) ", n - 1, n - 1)).collect();
        let replaced: String = (1..9)
            .map(|n| format!("BIND(REPLACE(?x{}, \"a\", \"aaaaaaaaaaaaaaaa\") AS ?x{n}) ", n - 1))
            .collect();
        for growing in [doubled, replaced] {
            let text = format!("SELECT * {{ BIND(\"aaaa\" AS ?x0) {growing} }}");
            let error = run(query(&text), 10, usize::MAX).unwrap_err();
            assert!(matches!(error, GraphError::QueryTexts), "{error}");
        }
        let short = "SELECT (CONCAT(\"a\", REPLACE(\"b\", \"b\", \"c\"), ENCODE_FOR_URI(\" \")) AS ?x) {}";
        assert_eq!(run(query(short), 10, 1000).unwrap().lines().nth(1), Some("ac%20"));
    }

    /// The rewritten query says the same as the query.
    #[test]
    fn guarded_queries_find_what_they_did() {
        let store = large();
        let limits = QueryLimits::default();
        for text in [
            "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f }",
            "SELECT ?c ?f { ?a ?b ?c . ?d ?e ?f FILTER(?f = ?c + 1) } ORDER BY ?c",
            "SELECT (COUNT(*) AS ?n) { ?a ?b ?c OPTIONAL { ?d ?e ?f FILTER(?f < 3) } }",
            "SELECT ?c { { ?a ?b ?c } { VALUES ?c { 1 2 3 } } { VALUES ?c { 2 3 4 } } } ORDER BY ?c",
            "SELECT ?o { [] ?p ?o . _:x ?p ?o2 FILTER(?o2 < 5) } ORDER BY ?o",
            "SELECT ?o { ?s ?p ?o FILTER NOT EXISTS { ?s ?p ?o2 . ?x ?y 7 FILTER(?o2 > 3) } } ORDER BY ?o",
            "SELECT (GROUP_CONCAT(STR(?o); separator=\"-\") AS ?all) { SELECT ?o { ?s ?p ?o FILTER(?o < 9) } ORDER BY ?o }",
            "ASK { ?s <https://example.org/p7>/^<https://example.org/p7> ?s . ?x <https://example.org/p8> 8 }",
        ] {
            let plain = store.query_table(text, limits).unwrap();
            let mut out = Vec::new();
            let formats = (ResultFormat::Csv, GraphFormat::NTriples);
            store.answer_query(&query(text), limits, 1 << 20, formats, &|| true, &mut out).unwrap();
            let out = String::from_utf8(out).unwrap();
            if text.starts_with("ASK") {
                assert_eq!(out.trim(), plain.rows[0][0], "{text}");
                continue;
            }
            let rows: Vec<String> = out.lines().skip(1).map(str::to_owned).collect();
            let expected: Vec<String> = plain.rows.iter().map(|row| row.join(",")).collect();
            assert_eq!(rows, expected, "{text}");
        }
    }
}
