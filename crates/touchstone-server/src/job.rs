use std::ops::ControlFlow;
use std::time::Instant;

use tokio_util::sync::CancellationToken;
use tracing::{Instrument, Span};

use crate::gate::Ticket;
use crate::problem::Problem;
use crate::state::State;
use crate::trace::TRACE;

/// When a piece of work must end before it is done: the client went away, the
/// time is over, or the server stops.
#[derive(Clone)]
pub(crate) struct Halt {
    token: CancellationToken,
    deadline: Instant,
}

impl Halt {
    pub(crate) fn new(state: &State) -> Halt {
        Halt { token: state.abort.child_token(), deadline: Instant::now() + state.config.request_timeout }
    }

    /// Cancelled by whoever sees the client go.
    pub(crate) fn token(&self) -> &CancellationToken {
        &self.token
    }

    pub(crate) fn flow(&self) -> ControlFlow<()> {
        if self.token.is_cancelled() || Instant::now() >= self.deadline {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn problem(&self, state: &State) -> Problem {
        if state.abort.is_cancelled() {
            Problem::stopping()
        } else if Instant::now() >= self.deadline {
            Problem::out_of_time(state.config.request_timeout)
        } else {
            Problem::cancelled()
        }
    }
}

/// Runs blocking work in its turn. The permit goes with the work: work that
/// is given up on still counts as running until it has really ended.
pub(crate) async fn run<T, F>(state: &State, ticket: Ticket, halt: &Halt, work: F) -> Result<T, Problem>
where
    T: Send + 'static,
    F: FnOnce(&Halt) -> Result<T, Problem> + Send + 'static,
{
    let inner = halt.clone();
    let span = Span::current();
    let done = async move {
        let waiting = tracing::info_span!(target: TRACE, "waiting");
        let permit = ticket.admitted().instrument(waiting).await.ok_or_else(Problem::stopping)?;
        let worker = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let _span = span.entered();
            let _work = tracing::info_span!(target: TRACE, "working").entered();
            work(&inner)
        });
        worker.await.map_err(|error| {
            tracing::error!(%error, "a worker thread failed");
            Problem::internal("the request failed inside the server; its log says more")
        })?
    };
    let result = tokio::select! {
        // Work that is done counts, even when the time is over as well.
        biased;
        result = done => result,
        () = halt.token.cancelled() => Err(halt.problem(state)),
        () = tokio::time::sleep_until(halt.deadline.into()) => Err(halt.problem(state)),
    };
    if result.is_err() {
        halt.token.cancel();
    }
    // Work that noticed the end by itself says only that it was broken off.
    result.map_err(
        |problem| {
            if problem.kind == Problem::cancelled().kind { halt.problem(state) } else { problem }
        },
    )
}
