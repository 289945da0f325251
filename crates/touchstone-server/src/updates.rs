//! Changes of what is known, while requests are answered: the graph with its
//! lexicon, and the passages. Each change is whole or not at all, and the
//! request after its answer sees it. Store and index carry the same epoch.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::{HttpRequest, web};
use futures_util::StreamExt;
use schemars::JsonSchema;
use serde::Serialize;
use tempfile::TempPath;
use tokio::io::AsyncWriteExt;
use touchstone_graph::model::NamedNode;
use touchstone_graph::{Graph, GraphChange, GraphError, Store};
use touchstone_text::{Document, TextError, TextIndex};

use crate::body;
use crate::job::{self, Halt};
use crate::problem::Problem;
use crate::routes::passages::{DocumentLine, no_index};
use crate::state::{Parts, State};

const MAX_NAME: usize = 100;
/// Bytes a second that a body must bring to be waited for.
const SLOWEST_BODY: f64 = 4096.0;
/// One line of documents; a longer one is no document.
const MAX_LINE_BYTES: usize = 64 * 1024 * 1024;

/// What happens to a graph; the file is deleted with it.
pub(crate) enum Change {
    Replace(TempPath),
    Add(TempPath),
    Remove,
}

/// What a change did.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Changed {
    /// IRI of the graph, or name of the source of passages.
    pub(crate) name: String,
    /// Statements (or documents) that were sent, or that were taken out.
    pub(crate) count: u64,
    /// Whether there was something of that name before.
    pub(crate) existed: bool,
    /// Counts the changes of all that is known.
    pub(crate) epoch: u64,
}

pub(crate) fn is_plain_name(text: &str) -> bool {
    (1..=MAX_NAME).contains(&text.len())
        && !text.starts_with('.')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

pub(crate) fn source_name(text: &str) -> Result<String, Problem> {
    if is_plain_name(text) {
        return Ok(text.to_owned());
    }
    Err(Problem::invalid(format!("a source is named by 1 to {MAX_NAME} letters, digits, -, _ and .")))
}

/// Refuses early where the server was not started for changes.
pub(crate) fn offered(state: &State) -> Result<(), Problem> {
    let checker = state.checker_to_change()?;
    if checker.graph().store().is_read_only() {
        return Err(GraphError::ReadOnly.into());
    }
    if state.renew.get().is_none() {
        // What is to be made anew may only be on its way.
        state.reasoner()?;
        return Err(GraphError::ReadOnly.into());
    }
    Ok(())
}

/// The body in a file beside the store, so that its size is no matter of
/// memory; it must go on coming, in time.
pub(crate) async fn receive(
    http: &HttpRequest,
    state: &State,
    payload: web::Payload,
    ending: &str,
) -> Result<TempPath, Problem> {
    offered(state)?;
    spool(http, state, payload, ending, state.config.max_update_bytes).await
}

/// The body in a file of that ending, which is deleted when it is dropped.
pub(crate) async fn spool(
    http: &HttpRequest,
    state: &State,
    mut payload: web::Payload,
    ending: &str,
    limit: usize,
) -> Result<TempPath, Problem> {
    let time = state.config.receive_timeout;
    if body::length(http).is_some_and(|length| length > limit) {
        return Err(Problem::too_large(limit));
    }
    body::plain(http)?;
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::StorageFull => Problem::disk_full(),
        _ => {
            tracing::error!(%error, "a body cannot be stored");
            Problem::internal("the body cannot be stored; the server's log says more")
        }
    };
    let mut builder = tempfile::Builder::new();
    let suffix = format!(".{ending}");
    let (file, path) = builder.suffix(&suffix).tempfile().map_err(failed)?.into_parts();
    let mut file = tokio::fs::File::from_std(file);
    let (begun, mut received) = (Instant::now(), 0);
    loop {
        // Silence ends it, and so does a trickle.
        let earned = time + Duration::from_secs_f64(received as f64 / SLOWEST_BODY);
        let left = earned.saturating_sub(begun.elapsed()).min(time);
        let chunk = tokio::time::timeout(left, payload.next()).await.map_err(|_| too_slow(time))?;
        let Some(chunk) = chunk else { break };
        let chunk =
            chunk.map_err(|error| Problem::unreadable(format!("the body cannot be read: {error}")))?;
        received += chunk.len();
        if received > limit {
            return Err(Problem::too_large(limit));
        }
        file.write_all(&chunk).await.map_err(failed)?;
    }
    file.flush().await.map_err(failed)?;
    Ok(path)
}

fn too_slow(pause: Duration) -> Problem {
    let detail = format!(
        "the body came too slowly: it may pause for {} seconds at most, and must bring {} KiB a second",
        pause.as_secs_f64(),
        SLOWEST_BODY / 1024.0
    );
    Problem { detail, ..Problem::slow_body(pause) }
}

pub(crate) async fn change_graph(
    state: &web::Data<State>,
    graph: NamedNode,
    change: Change,
) -> Result<Changed, Problem> {
    offered(state)?;
    let inner = state.clone();
    alone(state, move |halt| {
        let graph_now = Arc::clone(inner.checker_to_change()?.graph());
        let store = graph_now.store();
        let file;
        let change = match change {
            Change::Replace(path) => {
                file = path;
                GraphChange::Replace(&file)
            }
            Change::Add(path) => {
                file = path;
                GraphChange::Add(&file)
            }
            Change::Remove => GraphChange::Remove,
        };
        // Up to the commit the change can be given up; from there on it is done.
        let report = store.change_graph(&graph, change, &mut |_| halt.flow())?;
        renew(&inner, &graph_now)?;
        if let Some(index) = inner.passages() {
            follow("index", index.reach_epoch(report.epoch).err());
        }
        tracing::info!(graph = graph.as_str(), quads = report.quads, epoch = report.epoch, "graph changed");
        Ok(Changed {
            name: graph.into_string(),
            count: report.quads,
            existed: report.existed,
            epoch: report.epoch,
        })
    })
    .await
}

pub(crate) async fn put_passages(
    state: &web::Data<State>,
    source: String,
    documents: Option<TempPath>,
) -> Result<Changed, Problem> {
    offered(state)?;
    let index = state.passages().ok_or_else(no_index)?;
    let store = state.checker_to_change()?.graph().store().clone();
    alone(state, move |halt| {
        let epoch = store.epoch()?.max(index.epoch()?) + 1;
        let report = match &documents {
            Some(path) => index.replace(&source, read_documents(path, halt)?, Some(epoch))?,
            None => index.replace(&source, std::iter::empty(), Some(epoch))?,
        };
        follow("store", store.reach_epoch(epoch).err());
        tracing::info!(source, documents = report.documents, epoch, "passages changed");
        Ok(Changed { name: source, count: report.documents as u64, existed: true, epoch })
    })
    .await
}

/// The change is made, and the side that only counts it may lag behind: the
/// next change or start brings it forward.
fn follow(side: &str, failed: Option<impl std::fmt::Display>) {
    if let Some(error) = failed {
        tracing::warn!(side, %error, "the epoch lags behind");
    }
}

/// One change at a time. A change that has begun is finished even when its
/// client goes away: only what was not committed can be given up.
async fn alone<T: Send + 'static>(
    state: &web::Data<State>,
    work: impl FnOnce(&Halt) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let ticket = state.updates.enter()?;
    let halt = Halt::new(state);
    let _gone = halt.token().clone().drop_guard();
    job::run(state, ticket, &halt, work).await
}

/// Labels and predicates as the store has them now, in all that works on them.
pub(crate) fn renew(state: &State, before: &Graph) -> Result<(), Problem> {
    let failed = |why: String| {
        // The store holds what the lexicon does not: no verdict until it does.
        tracing::error!(why, "the graph was changed but cannot be read again");
        state.lose("graph", &format!("it was changed but cannot be read again: {why}"));
        Problem::internal(
            "the change was stored, but the graph cannot be read again; the server's log says more",
        )
    };
    let Some(graph) = before.refreshed().map_err(|error| failed(error.to_string()))? else { return Ok(()) };
    let Some(renew) = state.renew.get() else { return Err(GraphError::ReadOnly.into()) };
    let Parts { checker, reasoner } = renew(Arc::new(graph)).map_err(failed)?;
    state.set_checker(checker);
    if let Some(reasoner) = reasoner {
        state.set_reasoner(reasoner);
    }
    Ok(())
}

/// Brings a side that lags behind forward: a change of one side is complete
/// once that side has committed, whatever the other one says.
pub fn align(store: &Store, index: &TextIndex) -> Result<(), AlignError> {
    let (of_store, of_index) = (store.epoch()?, index.epoch()?);
    if of_index < of_store {
        index.reach_epoch(of_store)?;
    } else {
        store.reach_epoch(of_index)?;
    }
    Ok(())
}

#[derive(Debug, thiserror::Error)]
pub enum AlignError {
    #[error(transparent)]
    Graph(#[from] GraphError),
    #[error(transparent)]
    Text(#[from] TextError),
}

fn read_documents<'a>(
    path: &'a Path,
    halt: &'a Halt,
) -> Result<impl Iterator<Item = Result<Document, TextError>> + 'a, Problem> {
    let file = std::fs::File::open(path).map_err(|error| Problem::internal(error.to_string()))?;
    let mut reader = BufReader::new(file);
    let mut number = 0;
    let wrong = move |line, reason: String| TextError::Line { path: path.to_owned(), line, reason };
    Ok(std::iter::from_fn(move || {
        loop {
            if halt.flow().is_break() {
                return Some(Err(wrong(number, "the request was broken off".to_owned())));
            }
            let mut line = String::new();
            number += 1;
            let mut limited = std::io::Read::take(&mut reader, MAX_LINE_BYTES as u64);
            match limited.read_line(&mut line) {
                Ok(0) => return None,
                Ok(_) if line.trim().is_empty() => {}
                Ok(_) => {
                    let parsed = serde_json::from_str::<DocumentLine>(&line);
                    return Some(parsed.map_err(|error| wrong(number, error.to_string())).and_then(|line| {
                        if line.id.is_empty() || line.text.trim().is_empty() {
                            return Err(wrong(number, "the id or the text is empty".to_owned()));
                        }
                        Ok(Document {
                            language: line.language,
                            ..Document::new(line.id, line.title, line.text)
                        })
                    }));
                }
                Err(error) => return Some(Err(wrong(number, error.to_string()))),
            }
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::is_plain_name;

    #[test]
    fn names_cannot_climb() {
        for name in ["staff", "a-b_c.2"] {
            assert!(is_plain_name(name), "{name}");
        }
        for name in ["", ".", "..", "../x", "a/b", "a:b", "a b", "é", &"x".repeat(101)] {
            assert!(!is_plain_name(name), "{name}");
        }
    }
}
