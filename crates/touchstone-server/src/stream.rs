use std::cell::Cell;
use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Bytes;
use futures_util::Stream;
use serde::Serialize;
use serde_json::{Value, json};
use touchstone_core::Summary;
use touchstone_reason::Event;

use crate::runs::Run;

/// A response of server-sent events.
pub(crate) fn response<S>(body: S) -> HttpResponse
where
    S: Stream<Item = Result<Bytes, std::convert::Infallible>> + 'static,
{
    HttpResponse::Ok()
        .content_type("text/event-stream; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // A compressor would hold the events back until it has enough of them.
        .insert_header((header::CONTENT_ENCODING, "identity"))
        // Proxies that buffer would too.
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(body)
}

/// Sends one event with its data as JSON.
pub(crate) fn send(run: &Run, event: &str, data: &impl Serialize) {
    match serde_json::to_string(data) {
        Ok(data) => run.push(event, &data),
        Err(error) => tracing::error!(event, %error, "an event could not be written"),
    }
}

/// Tells a derivation as the events `drafting`, `drafted`, `checked`,
/// `rewound`, `accepted`, `revised` and `answer`. Without `show_rejected` no word of a
/// draft is sent before it stands, and none at all of one that was refuted.
pub(crate) struct Narrator {
    run: Arc<Run>,
    show_rejected: bool,
    /// How much of the draft has been told, in bytes.
    told: Cell<usize>,
}

impl Narrator {
    pub(crate) fn new(run: Arc<Run>, show_rejected: bool) -> Narrator {
        Narrator { run, show_rejected, told: Cell::new(0) }
    }

    pub(crate) fn tell(&self, event: &Event<'_>) {
        let open = self.show_rejected;
        match event {
            Event::Premises { claims } => self.send("premises", &json!({ "claims": claims })),
            Event::Drafting { index, text_so_far } => {
                if open {
                    self.drafting(*index, text_so_far);
                }
            }
            Event::Drafted { index, text } => {
                self.told.set(0);
                self.send("drafted", &shown(json!({ "index": index }), open, "text", json!(text)));
            }
            Event::Checked { index, claims } => {
                self.told.set(0);
                let data = json!({ "index": index, "summary": Summary::of(*claims) });
                self.send("checked", &shown(data, open, "claims", json!(claims)));
            }
            Event::Rewound { index, draft, why } => {
                self.told.set(0);
                let data = json!({ "index": index, "why": why });
                self.send("rewound", &shown(data, open, "draft", json!(draft)));
            }
            Event::Accepted { step } => self.send("accepted", step),
            Event::Revised { step } => self.send("revised", step),
            Event::Answered { answer } => self.send("answer", answer),
        }
    }

    /// Only what is new of the draft: `from` is where it stands in it, in
    /// Unicode characters; 0 begins a new draft.
    fn drafting(&self, index: usize, so_far: &str) {
        let told = self.told.get();
        let (from, new) = match so_far.get(told..) {
            Some(new) if told > 0 => (so_far[..told].chars().count(), new),
            _ => (0, so_far),
        };
        if !new.is_empty() {
            self.send("drafting", &json!({ "index": index, "from": from, "text": new }));
            self.told.set(so_far.len());
        }
    }

    fn send(&self, event: &str, data: &impl Serialize) {
        send(&self.run, event, data);
    }
}

fn shown(mut data: Value, open: bool, field: &str, value: Value) -> Value {
    if open {
        data[field] = value;
    }
    data
}
