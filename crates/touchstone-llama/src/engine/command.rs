use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::Sender;
use std::time::Instant;

use llama_cpp_2::token::LlamaToken;
use touchstone_llm::{Generated, Likelihood, LlmError, SessionUsage, TokenLogprob, Until};

use super::constraint::Constrained;

/// Where the slot of a new session is told.
pub(super) type Opened = Sender<Result<(usize, State), LlmError>>;

/// What a session asks of the owner thread. A slot is named by its number and
/// belongs to one session until that session closes it.
pub(super) enum Command {
    Open {
        prompt: Vec<LlamaToken>,
        reply: Opened,
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
        reply: Opened,
    },
    Generate {
        slot: usize,
        order: Box<Order>,
    },
    Score {
        slot: usize,
        alternatives: Vec<Scored>,
        reply: Sender<(State, Result<Vec<Likelihood>, LlmError>)>,
    },
    Close {
        slot: usize,
    },
    /// Whether a prefix is kept.
    IsPrepared {
        tokens: Vec<LlamaToken>,
        reply: Sender<bool>,
    },
    /// Keeps a prefix whose state was computed before. Replies whether it could.
    Restore {
        tokens: Vec<LlamaToken>,
        state: Vec<u8>,
        reply: Sender<bool>,
    },
    /// Keeps a slot's prompt, which has been computed. Replies with its state.
    Keep {
        slot: usize,
        reply: Sender<Option<Vec<u8>>>,
    },
    #[cfg(test)]
    Panic,
}

/// A generation that is asked for.
pub(super) struct Order {
    pub(super) until: Until,
    pub(super) constraint: Option<Constrained>,
    pub(super) deadline: Option<Instant>,
    pub(super) events: Sender<Event>,
    pub(super) cancelled: Arc<AtomicBool>,
}

/// The tokens of a text to score; the first `given` of them are not counted.
#[derive(Debug)]
pub(super) struct Scored {
    pub(super) tokens: Vec<LlamaToken>,
    pub(super) given: usize,
}

/// What a generation sends back.
pub(super) enum Event {
    /// The next piece of text; empty while the prompt is computed.
    Piece {
        text: String,
        tokens: Vec<TokenLogprob>,
    },
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
