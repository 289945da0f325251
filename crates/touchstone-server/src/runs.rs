//! Streamed questions that a reader can come back to: their events are kept
//! with numbers, and a question without a reader goes on for a while.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::web::Bytes;
use futures_util::Stream;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::auth::Caller;

/// How long the events of an ended question can be read again.
const KEPT: Duration = Duration::from_secs(60);
/// Ended questions that are kept at most; the oldest go first.
const MAX_KEPT: usize = 256;

#[derive(Default)]
pub(crate) struct Runs {
    runs: Mutex<HashMap<String, Arc<Run>>>,
}

/// One streamed question.
pub(crate) struct Run {
    pub(crate) id: String,
    owner: Caller,
    token: CancellationToken,
    events: Mutex<Events>,
    /// How many events there are; closed by `ended`.
    count: watch::Sender<usize>,
}

#[derive(Default)]
struct Events {
    frames: Vec<Bytes>,
    readers: usize,
    ended: bool,
}

impl Runs {
    /// Begins a run whose work ends when `token` is cancelled.
    pub(crate) fn begin(&self, owner: Caller, token: CancellationToken) -> Arc<Run> {
        let run = Arc::new(Run {
            id: format!("{:032x}", rand::random::<u128>()),
            owner,
            token,
            events: Mutex::default(),
            count: watch::Sender::new(0),
        });
        self.lock().insert(run.id.clone(), Arc::clone(&run));
        run
    }

    /// The run of this id, if it is the caller's.
    pub(crate) fn find(&self, id: &str, caller: &Caller) -> Option<Arc<Run>> {
        self.lock().get(id).filter(|run| run.owner == *caller).cloned()
    }

    fn forget(&self, id: &str) {
        self.lock().remove(id);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Run>>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there is room for one more that can be come back to.
    pub(crate) fn make_room(&self) {
        let mut runs = self.lock();
        while runs.len() >= MAX_KEPT {
            let Some(id) = runs.values().find(|run| run.is_idle()).map(|run| run.id.clone()) else { break };
            runs.remove(&id);
        }
    }
}

impl Run {
    fn lock(&self) -> std::sync::MutexGuard<'_, Events> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_idle(&self) -> bool {
        let events = self.lock();
        events.ended && events.readers == 0
    }

    /// Adds an event; it gets the next number.
    pub(crate) fn push(&self, event: &str, data: &str) {
        let count = {
            let mut events = self.lock();
            let number = events.frames.len() + 1;
            let id = &self.id;
            events.frames.push(Bytes::from(format!("id: {id}:{number}\nevent: {event}\ndata: {data}\n\n")));
            number
        };
        self.count.send_replace(count);
    }

    /// No more events come.
    pub(crate) fn end(self: &Arc<Self>, runs: actix_web::web::Data<crate::state::State>) {
        self.lock().ended = true;
        self.count.send_modify(|_| {});
        let id = self.id.clone();
        actix_web::rt::spawn(async move {
            tokio::time::sleep(KEPT).await;
            runs.runs.forget(&id);
        });
    }

    /// The events after the given number as they come, with a comment
    /// whenever `heartbeat` passes without one. A reader that goes away has
    /// `grace` to come back; then the work is ended.
    pub(crate) fn read(
        self: &Arc<Self>,
        after: usize,
        heartbeat: Duration,
        grace: Duration,
    ) -> impl Stream<Item = Result<Bytes, Infallible>> + use<> {
        self.lock().readers += 1;
        let reader = Reader { run: Arc::clone(self), count: self.count.subscribe(), next: after, grace };
        futures_util::stream::unfold(reader, move |mut reader| async move {
            loop {
                let ended = {
                    let events = reader.run.lock();
                    if let Some(frame) = events.frames.get(reader.next) {
                        let frame = frame.clone();
                        drop(events);
                        reader.next += 1;
                        return Some((Ok(frame), reader));
                    }
                    events.ended
                };
                if ended {
                    return None;
                }
                if tokio::time::timeout(heartbeat, reader.count.changed()).await.is_err() {
                    return Some((Ok(Bytes::from_static(b": heartbeat\n\n")), reader));
                }
            }
        })
    }
}

/// Where a reader is; dropped when its client has gone.
struct Reader {
    run: Arc<Run>,
    count: watch::Receiver<usize>,
    next: usize,
    grace: Duration,
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut events = self.run.lock();
        events.readers -= 1;
        if events.readers > 0 || events.ended {
            return;
        }
        drop(events);
        let (run, grace) = (Arc::clone(&self.run), self.grace);
        if grace.is_zero() {
            run.token.cancel();
            return;
        }
        let wait = async move {
            tokio::time::sleep(grace).await;
            if run.lock().readers == 0 {
                run.token.cancel();
            }
        };
        // Outside a runtime the server is gone, and with it the work.
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(wait)),
            Err(_) => self.run.token.cancel(),
        }
    }
}

/// The number after which to go on, from `Last-Event-ID`: the whole id, or
/// the number alone.
pub(crate) fn last_event(id: &str) -> Option<usize> {
    id.rsplit_once(':').map_or(id, |(_, number)| number).trim().parse().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeSet;

    use futures_util::StreamExt;

    use super::*;
    use crate::auth::{KeyFile, Keys, NewKey, Scope};

    const LONG: Duration = Duration::from_secs(60);

    fn run() -> Arc<Run> {
        Runs::default().begin(Caller::default(), CancellationToken::new())
    }

    #[tokio::test]
    async fn a_reader_goes_on_after_the_last_event_it_saw() {
        let run = run();
        run.push("drafted", "1");
        run.push("checked", "2");
        let mut first = Box::pin(run.read(0, LONG, LONG));
        let frame = first.next().await.unwrap().unwrap();
        let text = String::from_utf8(frame.to_vec()).unwrap();
        assert!(text.starts_with(&format!("id: {}:1\nevent: drafted\n", run.id)), "{text}");
        drop(first);
        run.push("accepted", "3");
        run.lock().ended = true;
        run.count.send_modify(|_| {});
        let rest: Vec<_> =
            run.read(last_event(&format!("{}:1", run.id)).unwrap(), LONG, LONG).collect().await;
        assert_eq!(rest.len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_does_not_come_back_ends_the_work() {
        let run = run();
        drop(run.read(0, LONG, Duration::from_secs(5)));
        tokio::time::sleep(Duration::from_secs(4)).await;
        let again = run.read(0, LONG, Duration::from_secs(5));
        tokio::time::sleep(Duration::from_secs(10)).await;
        assert!(!run.token.is_cancelled());
        drop(again);
        tokio::time::sleep(Duration::from_secs(6)).await;
        assert!(run.token.is_cancelled());
    }

    #[tokio::test(start_paused = true)]
    async fn silence_is_filled_with_heartbeats() {
        let run = run();
        let mut frames = Box::pin(run.read(0, Duration::from_secs(1), LONG));
        assert_eq!(frames.next().await.unwrap().unwrap(), Bytes::from_static(b": heartbeat\n\n"));
    }

    #[test]
    fn others_do_not_find_a_run() {
        let mut file = KeyFile::default();
        let new = |name: &str| NewKey {
            name: name.into(),
            scopes: BTreeSet::from([Scope::Ask]),
            requests_per_minute: None,
            concurrent: None,
        };
        let sent = [file.add(new("a")), file.add(new("b"))];
        let callers = sent.map(|key| Caller::with(Keys::new(&file).find(&key).unwrap()));
        let runs = Runs::default();
        let run = runs.begin(callers[0].clone(), CancellationToken::new());
        assert!(runs.find(&run.id, &callers[0]).is_some());
        assert!(runs.find(&run.id, &callers[1]).is_none());
        assert!(runs.find(&run.id, &Caller::default()).is_none());
    }
}
