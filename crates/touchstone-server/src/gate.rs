use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A bounded queue: so many run, so many wait in order, the rest is refused.
pub(crate) struct Gate {
    permits: Arc<Semaphore>,
    max_running: usize,
    max_waiting: usize,
    waiting: AtomicUsize,
    /// Running mean of how long a permit is held, in milliseconds.
    held_ms: AtomicU64,
}

/// The queue has no place.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Full {
    /// When a place is likely to be free.
    pub(crate) retry_after: Duration,
}

/// A place in the queue; given back when dropped.
pub(crate) enum Ticket {
    Running(Permit),
    Waiting(Waiting),
}

pub(crate) struct Waiting {
    gate: Arc<Gate>,
}

/// The right to run; given back when dropped.
pub(crate) struct Permit {
    gate: Arc<Gate>,
    since: Instant,
    _permit: OwnedSemaphorePermit,
}

impl Gate {
    pub(crate) fn new(max_running: usize, max_waiting: usize) -> Arc<Gate> {
        let max_running = max_running.clamp(1, Semaphore::MAX_PERMITS);
        Arc::new(Gate {
            permits: Arc::new(Semaphore::new(max_running)),
            max_running,
            max_waiting,
            waiting: AtomicUsize::new(0),
            held_ms: AtomicU64::new(0),
        })
    }

    pub(crate) fn enter(self: &Arc<Self>) -> Result<Ticket, Full> {
        if let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() {
            return Ok(Ticket::Running(self.permit(permit)));
        }
        self.waiting
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |waiting| {
                (waiting < self.max_waiting).then_some(waiting + 1)
            })
            .map(|_| Ticket::Waiting(Waiting { gate: Arc::clone(self) }))
            .map_err(|waiting| Full { retry_after: self.retry_after(waiting) })
    }

    /// How many run and how many wait.
    pub(crate) fn load(&self) -> (usize, usize) {
        let running = self.max_running.saturating_sub(self.permits.available_permits());
        (running, self.waiting.load(Ordering::Relaxed))
    }

    fn permit(self: &Arc<Self>, permit: OwnedSemaphorePermit) -> Permit {
        Permit { gate: Arc::clone(self), since: Instant::now(), _permit: permit }
    }

    /// The time until those who wait now have begun, between a second and a
    /// minute: a guess that spreads the callers, not a promise.
    fn retry_after(&self, waiting: usize) -> Duration {
        let rounds = waiting / self.max_running + 1;
        let held = Duration::from_millis(self.held_ms.load(Ordering::Relaxed));
        let guess = held.saturating_mul(u32::try_from(rounds).unwrap_or(u32::MAX));
        guess.clamp(Duration::from_secs(1), Duration::from_secs(60))
    }
}

impl Ticket {
    /// Waits for the right to run; `None` when the gate was closed for good.
    pub(crate) async fn admitted(self) -> Option<Permit> {
        match self {
            Ticket::Running(permit) => Some(permit),
            Ticket::Waiting(place) => {
                let permit = Arc::clone(&place.gate.permits).acquire_owned().await.ok()?;
                Some(place.gate.permit(permit))
            }
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.gate.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let held = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        let mean = self.gate.held_ms.load(Ordering::Relaxed);
        let next = if mean == 0 { held } else { mean / 8 * 7 + held / 8 };
        self.gate.held_ms.store(next, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn one_runs_one_waits_and_the_third_is_refused() {
        let gate = Gate::new(1, 1);
        let first = gate.enter().unwrap();
        let second = gate.enter().unwrap();
        assert!(matches!(second, Ticket::Waiting(_)));
        assert_eq!(gate.enter().err(), Some(Full { retry_after: Duration::from_secs(1) }));

        drop(first);
        let permit = second.admitted().await.unwrap();
        let third = gate.enter().unwrap();
        assert!(matches!(third, Ticket::Waiting(_)), "the permit is in use");
        drop(third);
        drop(permit);
        assert!(matches!(gate.enter().unwrap(), Ticket::Running(_)));
    }

    #[test]
    fn the_guess_grows_with_the_queue_and_stays_within_its_bounds() {
        let gate = Gate::new(2, 10);
        gate.held_ms.store(5_000, Ordering::Relaxed);
        assert_eq!(gate.retry_after(0), Duration::from_secs(5));
        assert_eq!(gate.retry_after(4), Duration::from_secs(15));
        assert_eq!(gate.retry_after(1_000), Duration::from_secs(60));
    }
}
