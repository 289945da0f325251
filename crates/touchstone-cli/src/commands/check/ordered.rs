//! Work that several threads do, taken in the order in which it was handed on.
//! What waits in between is bounded.

use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};

use anyhow::{anyhow, bail};

/// A result on its way.
enum Slot<R> {
    Ready(R),
    Waits(Receiver<R>),
}

/// Where the reader of the input hands on what it read. Each call says
/// whether more is wanted.
pub(super) struct Queue<W, R> {
    jobs: SyncSender<(W, SyncSender<R>)>,
    order: SyncSender<Slot<R>>,
}

impl<W, R> Queue<W, R> {
    /// To be worked on by some thread.
    pub(super) fn work(&self, work: W) -> bool {
        let (reply, answer) = sync_channel(1);
        self.order.send(Slot::Waits(answer)).is_ok() && self.jobs.send((work, reply)).is_ok()
    }

    /// Nothing is left to be done for it.
    pub(super) fn ready(&self, result: R) -> bool {
        self.order.send(Slot::Ready(result)).is_ok()
    }
}

/// `read` runs on a thread of its own, `work` on one for each core, `take` on
/// the caller's: its first error ends all. For each core, `ahead` results may
/// wait. Returns what `read` did.
pub(super) fn run<W: Send, R: Send, P: Send>(
    ahead: usize,
    read: impl FnOnce(&Queue<W, R>) -> P + Send,
    work: &(dyn Fn(W) -> R + Sync),
    take: &mut dyn FnMut(R) -> anyhow::Result<()>,
) -> anyhow::Result<P> {
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let (jobs, inbox) = sync_channel::<(W, SyncSender<R>)>(threads * ahead);
    let (order, results) = sync_channel::<Slot<R>>(threads * ahead);
    let inbox = Mutex::new(inbox);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let job = inbox.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok((job, reply)) = job else { return };
                    // Who wants no more has gone.
                    let _ = reply.send(work(job));
                }
            });
        }
        let reader = scope.spawn(move || read(&Queue { jobs, order }));
        let taken = results.iter().try_for_each(|slot| match slot {
            Slot::Ready(result) => take(result),
            Slot::Waits(answer) => match answer.recv() {
                Ok(result) => take(result),
                Err(_) => bail!("a thread failed while it checked a text"),
            },
        });
        // Ends the reader when no more is wanted.
        drop(results);
        let read = reader.join().map_err(|_| anyhow!("the thread that reads the input failed"));
        taken?;
        read
    })
}
