use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
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

/// Where work is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// On the thread of the request, which other requests wait for: only what
    /// takes less time than handing it to another thread is worth.
    Here,
    Beside,
}

/// Runs blocking work in its turn.
pub(crate) async fn run<T, F>(state: &State, ticket: Ticket, halt: &Halt, work: F) -> Result<T, Problem>
where
    T: Send + 'static,
    F: FnOnce(&Halt) -> Result<T, Problem> + Send + 'static,
{
    run_at(Place::Beside, state, ticket, halt, work).await
}

/// The permit goes with the work: work that is given up on still counts as
/// running until it has really ended.
pub(crate) async fn run_at<T, F>(
    place: Place,
    state: &State,
    ticket: Ticket,
    halt: &Halt,
    work: F,
) -> Result<T, Problem>
where
    T: Send + 'static,
    F: FnOnce(&Halt) -> Result<T, Problem> + Send + 'static,
{
    let inner = halt.clone();
    let span = Span::current();
    let done = async move {
        let waiting = tracing::info_span!(target: TRACE, "waiting");
        let permit = ticket.admitted().instrument(waiting).await.ok_or_else(Problem::stopping)?;
        let work = move || {
            let _permit = permit;
            let _span = span.entered();
            let _work = tracing::info_span!(target: TRACE, "working").entered();
            work(&inner)
        };
        let failed = || Problem::internal("the request failed inside the server; its log says more");
        match place {
            // The panic itself is in the log.
            Place::Here => catch_unwind(AssertUnwindSafe(work)).map_err(|_| failed())?,
            Place::Beside => tokio::task::spawn_blocking(work).await.map_err(|error| {
                tracing::error!(%error, "a worker thread failed");
                failed()
            })?,
        }
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::ServerConfig;

    #[tokio::test]
    async fn work_that_fails_gives_its_place_back_wherever_it_is_done() {
        let state = State::new(ServerConfig { max_running_checks: 1, ..ServerConfig::default() }, None);
        for place in [Place::Here, Place::Beside] {
            let halt = Halt::new(&state);
            let ticket = state.checks.enter().unwrap();
            let failed: Result<(), Problem> =
                run_at(place, &state, ticket, &halt, |_| panic!("on purpose")).await;
            assert_eq!(failed.unwrap_err().status, 500, "{place:?}");
            let ticket = state.checks.enter().unwrap();
            assert!(matches!(ticket, Ticket::Running(_)), "{place:?}");
            let thread = std::thread::current().id();
            let halt = Halt::new(&state);
            let is_here =
                run_at(place, &state, ticket, &halt, move |_| Ok(std::thread::current().id() == thread))
                    .await;
            assert_eq!(is_here.unwrap(), place == Place::Here);
        }
    }
}
