use std::time::{SystemTime, UNIX_EPOCH};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use touchstone_core::{AskReport, Step, Usage};
use touchstone_llm::SessionUsage;

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
    logprobs: Option<Value>,
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
    pub(super) citations: Vec<Citation>,
    /// Fields and messages of the request that the reply does not follow.
    #[serde(skip_serializing_if = "Vec::is_empty")]
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
        usage: Tokens,
        own: Own,
    ) -> Completion {
        let message = Said { role: "assistant", content, refusal: None };
        Completion {
            id: self.id,
            object: "chat.completion",
            created: self.created,
            model: self.model,
            choices: [Choice { index: 0, message, finish_reason: finish, logprobs: None }],
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
