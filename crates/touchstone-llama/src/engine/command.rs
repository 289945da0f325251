use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::Sender;

use llama_cpp_2::token::LlamaToken;
use touchstone_llm::{Generated, LlmError, SessionUsage, Until};

/// What a session asks of the owner thread. A slot is named by its number and
/// belongs to one session until that session closes it.
pub(super) enum Command {
    Open {
        prompt: Vec<LlamaToken>,
        reply: Sender<Result<(usize, State), LlmError>>,
    },
    /// Text and its tokens; the session has checked that they fit.
    Append {
        slot: usize,
        text: Vec<u8>,
        tokens: Vec<LlamaToken>,
    },
    /// Goes back to a byte of the slot's text.
    Rewind {
        slot: usize,
        to: usize,
        reply: Sender<State>,
    },
    Fork {
        slot: usize,
        reply: Sender<Result<(usize, State), LlmError>>,
    },
    Generate {
        slot: usize,
        until: Until,
        events: Sender<Event>,
        cancelled: Arc<AtomicBool>,
    },
    Score {
        slot: usize,
        alternatives: Vec<Vec<LlamaToken>>,
        reply: Sender<(State, Result<Vec<f64>, LlmError>)>,
    },
    Close {
        slot: usize,
    },
}

/// What a generation sends back.
pub(super) enum Event {
    /// The next piece of text; empty while the prompt is computed.
    Text(String),
    Done {
        state: State,
        result: Result<Generated, LlmError>,
    },
}

/// Where a slot stands, so that its session need not ask.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    /// Bytes of text that are in the slot as tokens.
    pub(super) bytes: usize,
    /// Text that belongs to the session but was cut from the last token: it
    /// becomes tokens with whatever follows it.
    pub(super) tail: Vec<u8>,
    pub(super) tokens: usize,
    pub(super) usage: SessionUsage,
}
