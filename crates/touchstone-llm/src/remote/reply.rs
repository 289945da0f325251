//! One streamed reply, read in a thread of its own, so that its caller can
//! break off while nothing comes.

use std::io::Read;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};

use eventsource_stream::Eventsource;
use futures_util::{FutureExt, StreamExt, stream};

use super::Remote;
use super::wire::{ChatRequest, Chunk};
use crate::LlmError;

/// Bytes of one reply, however little of it is text.
const MAX_BYTES: u64 = 64 << 20;

/// Sends a request; the reply's events arrive one by one. The channel closes
/// after the last one.
pub(super) fn start(
    remote: &Arc<Remote>,
    request: &ChatRequest<'_>,
) -> Result<Receiver<Result<Chunk, LlmError>>, LlmError> {
    let body =
        serde_json::to_value(request).map_err(|error| LlmError::Failed { reason: error.to_string() })?;
    let (events, received) = mpsc::channel();
    let remote = Arc::clone(remote);
    std::thread::Builder::new()
        .name("remote model".to_owned())
        .spawn(move || {
            if let Err(error) = read(&remote, &body, &events) {
                // Nobody may listen any more.
                let _ = events.send(Err(error));
            }
        })
        .map_err(|error| LlmError::Failed { reason: format!("cannot start a thread: {error}") })?;
    Ok(received)
}

fn read(
    remote: &Remote,
    body: &serde_json::Value,
    sink: &Sender<Result<Chunk, LlmError>>,
) -> Result<(), LlmError> {
    let mut reader = remote.client.post("/chat/completions", body)?.take(MAX_BYTES);
    let blocks = std::iter::from_fn(move || {
        let mut block = vec![0; 8192];
        match reader.read(&mut block) {
            Ok(0) => None,
            Ok(length) => {
                block.truncate(length);
                Some(Ok(block))
            }
            Err(error) => Some(Err(error)),
        }
    });
    // The blocks come from a blocking reader, so that the next event is always ready.
    let mut events = Box::pin(stream::iter(blocks).eventsource());
    while let Some(event) = events.next().now_or_never().flatten() {
        let data = event.map_err(|error| remote.client.garbled(&error.to_string()))?.data;
        if data.trim() == "[DONE]" {
            return Ok(());
        }
        let chunk: Chunk =
            serde_json::from_str(&data).map_err(|error| remote.client.garbled(&error.to_string()))?;
        if let Some(error) = &chunk.error {
            let message = error.get("message").and_then(serde_json::Value::as_str);
            return Err(remote.client.garbled(message.unwrap_or("it reports an error")));
        }
        // A caller that has gone wants no more; the connection closes here.
        if sink.send(Ok(chunk)).is_err() {
            return Ok(());
        }
    }
    Ok(())
}
