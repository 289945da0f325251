use std::time::{SystemTime, UNIX_EPOCH};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use touchstone_core::{AskReport, Step, Usage};
use touchstone_llm::{SessionUsage, TokenLogprob};

use super::citations::Citation;

/// A whole reply.
#[derive(Serialize, JsonSchema)]
pub(super) struct Completion {
    id: String,
    object: &'static str,
    /// Seconds since 1970.
    created: u64,
    model: String,
    choices: [Choice; 1],
    usage: Tokens,
    touchstone: Own,
}

#[derive(Serialize, JsonSchema)]
struct Choice {
    index: u32,
    message: Said,
    /// `stop` or `length`.
    finish_reason: &'static str,
    logprobs: Option<Logprobs>,
}

/// The tokens of a text with their log-probabilities.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub(super) struct Logprobs {
    pub(super) content: Vec<Token>,
    refusal: Option<Vec<Token>>,
}

/// A token in its place.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(super) struct Token {
    #[serde(flatten)]
    taken: Candidate,
    /// The likeliest tokens in this place, best first.
    top_logprobs: Vec<Candidate>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
struct Candidate {
    /// With U+FFFD where the token is a part of a character.
    token: String,
    /// Natural logarithm, before temperature and constraints.
    logprob: f64,
    bytes: Vec<u8>,
}

/// JSON has no minus infinity: what OpenAI gives for it.
const LEAST: f64 = -9999.0;

impl Candidate {
    fn new(bytes: &[u8], logprob: f64) -> Candidate {
        let token = String::from_utf8_lossy(bytes).into_owned();
        Candidate { token, logprob: logprob.max(LEAST), bytes: bytes.to_vec() }
    }
}

impl From<&TokenLogprob> for Token {
    fn from(token: &TokenLogprob) -> Token {
        let top = token.top.iter().map(|(bytes, logprob)| Candidate::new(bytes, *logprob));
        Token { taken: Candidate::new(&token.bytes, token.logprob), top_logprobs: top.collect() }
    }
}

impl Logprobs {
    pub(super) fn of(tokens: &[TokenLogprob]) -> Logprobs {
        Logprobs { content: tokens.iter().map(Token::from).collect(), refusal: None }
    }
}

#[derive(Serialize, JsonSchema)]
struct Said {
    role: &'static str,
    content: String,
    refusal: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, Serialize, JsonSchema)]
pub(super) struct Tokens {
    prompt_tokens: usize,
    completion_tokens: usize,
    total_tokens: usize,
}

/// What OpenAI's API has no place for.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub(super) struct Own {
    /// The derivation with its verdicts and evidence; absent where nothing
    /// was checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) report: Option<AskReport>,
    /// What the numbers in the text stand for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub(super) citations: Vec<Citation>,
    /// Fields and messages of the request that the reply does not follow.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub(super) ignored: Vec<String>,
}

impl From<Usage> for Tokens {
    fn from(usage: Usage) -> Tokens {
        Tokens::new(usage.prompt_tokens, usage.generated_tokens)
    }
}

impl From<SessionUsage> for Tokens {
    fn from(usage: SessionUsage) -> Tokens {
        Tokens::new(usage.prompt_tokens, usage.generated_tokens)
    }
}

impl Tokens {
    fn new(prompt_tokens: usize, completion_tokens: usize) -> Tokens {
        Tokens { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens }
    }
}

/// What is the same in a reply and in all its chunks.
#[derive(Clone, Debug)]
pub(super) struct Head {
    id: String,
    created: u64,
    model: String,
}

impl Head {
    pub(super) fn new(model: &str) -> Head {
        let created = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
        Head { id: format!("chatcmpl-{:032x}", rand::random::<u128>()), created, model: model.to_owned() }
    }

    pub(super) fn completion(
        self,
        content: String,
        finish: &'static str,
        logprobs: Option<Logprobs>,
        usage: Tokens,
        own: Own,
    ) -> Completion {
        let message = Said { role: "assistant", content, refusal: None };
        Completion {
            id: self.id,
            object: "chat.completion",
            created: self.created,
            model: self.model,
            choices: [Choice { index: 0, message, finish_reason: finish, logprobs }],
            usage,
            touchstone: own,
        }
    }

    fn chunk(&self, choices: Value) -> Value {
        json!({
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": self.created,
            "model": self.model,
            "choices": choices,
        })
    }

    fn delta(&self, delta: Value, finish: Option<&str>) -> Value {
        self.chunk(json!([{ "index": 0, "delta": delta, "finish_reason": finish, "logprobs": null }]))
    }

    pub(super) fn opening(&self) -> Value {
        self.delta(json!({ "role": "assistant", "content": "" }), None)
    }

    pub(super) fn text(&self, text: &str) -> Value {
        self.delta(json!({ "content": text }), None)
    }

    /// Text with the tokens that ended in it.
    pub(super) fn tokens(&self, text: &str, logprobs: &Logprobs) -> Value {
        let mut chunk = self.text(text);
        chunk["choices"][0]["logprobs"] = json!(logprobs);
        chunk
    }

    /// A step that stands, for clients that know of it.
    pub(super) fn step(&self, step: &Step) -> Value {
        let mut chunk = self.delta(json!({}), None);
        chunk["touchstone"] = json!({ "step": step });
        chunk
    }

    pub(super) fn closing(&self, finish: &str, own: &Own) -> Value {
        let mut chunk = self.delta(json!({}), Some(finish));
        chunk["touchstone"] = json!(own);
        chunk
    }

    pub(super) fn usage(&self, usage: Tokens) -> Value {
        let mut chunk = self.chunk(json!([]));
        chunk["usage"] = json!(usage);
        chunk
    }
}
