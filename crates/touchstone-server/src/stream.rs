use std::convert::Infallible;
use std::time::Duration;

use actix_web::web::Bytes;
use futures_util::Stream;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_util::sync::DropGuard;
use touchstone_core::Summary;
use touchstone_reason::Event;

/// Writes server-sent events. The channel has no bound of its own: a question
/// has few steps, so what a slow reader can pile up is bounded by the limits
/// of the question, and the engine never waits for a reader.
#[derive(Clone)]
pub(crate) struct EventSink {
    frames: UnboundedSender<Bytes>,
}

/// The stream's body: the frames, with a comment whenever `heartbeat` passes
/// without one. Dropping it, as the server does when the client is gone,
/// drops the guard.
pub(crate) fn channel(
    heartbeat: Duration,
    guard: DropGuard,
) -> (EventSink, impl Stream<Item = Result<Bytes, Infallible>>) {
    let (frames, receiver) = unbounded_channel();
    let state: (UnboundedReceiver<Bytes>, DropGuard) = (receiver, guard);
    let body = futures_util::stream::unfold(state, move |(mut receiver, guard)| async move {
        let frame = match tokio::time::timeout(heartbeat, receiver.recv()).await {
            Ok(frame) => frame?,
            Err(_) => Bytes::from_static(b": heartbeat\n\n"),
        };
        Some((Ok(frame), (receiver, guard)))
    });
    (EventSink { frames }, body)
}

impl EventSink {
    /// A send that finds no reader is not an error: the guard has cancelled
    /// the work by then.
    pub(crate) fn send(&self, event: &str, data: &impl Serialize) {
        match serde_json::to_string(data) {
            Ok(data) => {
                let _ = self.frames.send(Bytes::from(format!("event: {event}\ndata: {data}\n\n")));
            }
            Err(error) => tracing::error!(event, %error, "an event could not be written"),
        }
    }
}

/// Tells a derivation as the events `drafted`, `checked`, `rewound`,
/// `accepted` and `answer`. Without `show_rejected` no word of a draft is sent
/// before it stands, and none at all of one that was refuted.
pub(crate) struct Narrator {
    sink: EventSink,
    show_rejected: bool,
}

impl Narrator {
    pub(crate) fn new(sink: EventSink, show_rejected: bool) -> Narrator {
        Narrator { sink, show_rejected }
    }

    pub(crate) fn tell(&self, event: &Event<'_>) {
        let open = self.show_rejected;
        match event {
            Event::Drafting { .. } => {}
            Event::Premises { claims } => self.sink.send("premises", &json!({ "claims": claims })),
            Event::Drafted { index, text } => {
                self.sink.send("drafted", &shown(json!({ "index": index }), open, "text", json!(text)));
            }
            Event::Checked { index, claims } => {
                let data = json!({ "index": index, "summary": Summary::of(*claims) });
                self.sink.send("checked", &shown(data, open, "claims", json!(claims)));
            }
            Event::Rewound { index, draft, why } => {
                let data = json!({ "index": index, "why": why });
                self.sink.send("rewound", &shown(data, open, "draft", json!(draft)));
            }
            Event::Accepted { step } => self.sink.send("accepted", step),
            Event::Answered { answer } => self.sink.send("answer", answer),
        }
    }
}

fn shown(mut data: Value, open: bool, field: &str, value: Value) -> Value {
    if open {
        data[field] = value;
    }
    data
}
