//! Read-only SPARQL with limits.

use std::io::Write;
use std::time::{Duration, Instant};

use oxigraph::io::{RdfFormat, RdfSerializer};
use oxigraph::sparql::results::{QueryResultsFormat, QueryResultsSerializer};
use oxigraph::sparql::{CancellationToken, QueryResults, SparqlEvaluator};

use crate::{GraphError, Store};

#[derive(Clone, Copy, Debug)]
pub struct QueryLimits {
    pub time: Duration,
    pub rows: usize,
}

impl Default for QueryLimits {
    fn default() -> Self {
        QueryLimits { time: Duration::from_secs(30), rows: 100_000 }
    }
}

/// A result small enough to be held in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<String>>,
    /// Rows were left out because of the limit.
    pub cut: bool,
}

/// How to write results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultFormat {
    Json,
    Xml,
    Csv,
    Tsv,
}

impl From<ResultFormat> for QueryResultsFormat {
    fn from(format: ResultFormat) -> QueryResultsFormat {
        match format {
            ResultFormat::Json => QueryResultsFormat::Json,
            ResultFormat::Xml => QueryResultsFormat::Xml,
            ResultFormat::Csv => QueryResultsFormat::Csv,
            ResultFormat::Tsv => QueryResultsFormat::Tsv,
        }
    }
}

impl Store {
    /// Runs a query over all named graphs together. Nothing outside the
    /// store is asked: oxigraph is built without an HTTP client, so SERVICE fails.
    fn evaluate<T>(
        &self,
        query: &str,
        limits: QueryLimits,
        consume: impl FnOnce(QueryResults<'_>) -> Result<T, GraphError>,
    ) -> Result<T, GraphError> {
        let token = CancellationToken::new();
        let mut prepared =
            SparqlEvaluator::new().with_cancellation_token(token.clone()).parse_query(query)?;
        if prepared.dataset().is_default_dataset() {
            prepared.dataset_mut().set_default_graph_as_union();
        }
        let begin = Instant::now();
        let (done, finished) = std::sync::mpsc::channel::<()>();
        let result = std::thread::scope(|scope| {
            scope.spawn(move || {
                if finished.recv_timeout(limits.time) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                    token.cancel();
                }
            });
            let result =
                prepared.on_store(self.inner()).execute().map_err(GraphError::from).and_then(consume);
            drop(done);
            result
        });
        match result {
            Err(GraphError::Query(_)) if begin.elapsed() >= limits.time => {
                Err(GraphError::QueryTimeout(limits.time.as_secs()))
            }
            other => other,
        }
    }

    /// The result as a table: SELECT rows, or the one row of an ASK.
    pub fn query_table(&self, query: &str, limits: QueryLimits) -> Result<Table, GraphError> {
        self.evaluate(query, limits, |results| match results {
            QueryResults::Boolean(answer) => {
                Ok(Table { columns: vec!["answer".into()], rows: vec![vec![answer.to_string()]], cut: false })
            }
            QueryResults::Solutions(solutions) => {
                let columns: Vec<String> =
                    solutions.variables().iter().map(|v| v.as_str().to_owned()).collect();
                let mut table = Table { columns: columns.clone(), rows: Vec::new(), cut: false };
                for solution in solutions {
                    if table.rows.len() >= limits.rows {
                        table.cut = true;
                        break;
                    }
                    let solution = solution?;
                    let cell = |name: &String| match solution.get(name.as_str()) {
                        Some(oxigraph::model::Term::Literal(literal)) => literal.value().to_owned(),
                        Some(oxigraph::model::Term::NamedNode(node)) => node.as_str().to_owned(),
                        Some(other) => other.to_string(),
                        None => String::new(),
                    };
                    table.rows.push(columns.iter().map(cell).collect());
                }
                Ok(table)
            }
            QueryResults::Graph(triples) => {
                let columns = ["subject", "predicate", "object"].map(str::to_owned).to_vec();
                let mut table = Table { columns, rows: Vec::new(), cut: false };
                for triple in triples {
                    if table.rows.len() >= limits.rows {
                        table.cut = true;
                        break;
                    }
                    let triple = triple?;
                    table.rows.push(vec![
                        triple.subject.to_string(),
                        triple.predicate.to_string(),
                        triple.object.to_string(),
                    ]);
                }
                Ok(table)
            }
        })
    }

    /// Writes the result in a standard format; graphs as N-Triples.
    pub fn query_to(
        &self,
        query: &str,
        limits: QueryLimits,
        format: ResultFormat,
        out: &mut dyn Write,
    ) -> Result<(), GraphError> {
        let failed = |e: std::io::Error| GraphError::Query(e.to_string());
        self.evaluate(query, limits, |results| {
            match results {
                QueryResults::Boolean(answer) => {
                    QueryResultsSerializer::from_format(format.into())
                        .serialize_boolean_to_writer(&mut *out, answer)
                        .map_err(failed)?;
                }
                QueryResults::Solutions(solutions) => {
                    let mut writer = QueryResultsSerializer::from_format(format.into())
                        .serialize_solutions_to_writer(&mut *out, solutions.variables().to_vec())
                        .map_err(failed)?;
                    for solution in solutions.take(limits.rows) {
                        writer.serialize(&solution?).map_err(failed)?;
                    }
                    writer.finish().map_err(failed)?;
                }
                QueryResults::Graph(triples) => {
                    let mut writer = RdfSerializer::from_format(RdfFormat::NTriples).for_writer(&mut *out);
                    for triple in triples.take(limits.rows) {
                        writer.serialize_triple(&triple?).map_err(failed)?;
                    }
                    writer.finish().map_err(failed)?;
                }
            }
            Ok(())
        })
    }
}
