use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use touchstone_llm::{Constraint, Message, Role, Sampling};

use crate::problem::Problem;

/// Stop strings of one request, as OpenAI limits them.
const MAX_STOPS: usize = 4;
/// Likeliest tokens in each place, as OpenAI limits them.
const MAX_TOP_LOGPROBS: usize = 20;

/// The body of `POST /v1/chat/completions`. Fields of OpenAI's that are not
/// named here are taken and ignored, and `touchstone.ignored` says so.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct ChatRequest {
    /// One of `/v1/models`.
    pub(super) model: String,
    #[schemars(length(min = 1))]
    pub(super) messages: Vec<ChatMessage>,
    #[serde(default)]
    pub(super) stream: Option<bool>,
    #[serde(default)]
    pub(super) stream_options: Option<StreamOptions>,
    /// Tokens of the reply; when steps are checked, of each step.
    #[serde(default)]
    #[schemars(range(min = 1))]
    max_tokens: Option<u32>,
    #[serde(default)]
    #[schemars(range(min = 1))]
    max_completion_tokens: Option<u32>,
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 5.0))]
    temperature: Option<f32>,
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    top_p: Option<f32>,
    #[serde(default)]
    seed: Option<i64>,
    #[serde(default)]
    stop: Option<Stop>,
    /// Replies; only one is given.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1))]
    n: Option<u32>,
    /// What the text must be; needs `touchstone.check: false`, as a checked
    /// answer is text.
    #[serde(default)]
    response_format: Option<ResponseFormat>,
    /// Each token with its log-probability; with `touchstone.check: false`.
    #[serde(default)]
    logprobs: Option<bool>,
    /// So many of the likeliest tokens in each place; needs `logprobs`.
    #[serde(default)]
    #[schemars(range(min = 0, max = 20))]
    top_logprobs: Option<usize>,
    /// What is this server's own.
    #[serde(default)]
    pub(super) touchstone: Options,
    #[serde(flatten)]
    other: Map<String, Value>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(super) struct ChatMessage {
    role: ChatRole,
    content: Option<Content>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum ChatRole {
    System,
    Developer,
    User,
    Assistant,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Part {
    Text { text: String },
}

#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
pub(super) struct StreamOptions {
    /// End with a chunk that holds the usage.
    #[serde(default)]
    pub(super) include_usage: Option<bool>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Stop {
    One(String),
    Several(Vec<String>),
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ResponseFormat {
    Text,
    /// Any JSON object.
    JsonObject,
    /// JSON that the schema admits.
    JsonSchema {
        json_schema: NamedSchema,
    },
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
struct NamedSchema {
    /// A JSON Schema; it is always followed to the letter, `strict` or not.
    schema: Map<String, Value>,
}

/// What a request can ask for that OpenAI's API does not know.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Options {
    /// `false`: the model's own words, nothing checked.
    pub(super) check: bool,
    /// Numbers in the text, and below it what they refer to.
    pub(super) citations: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options { check: true, citations: true }
    }
}

impl ChatRequest {
    /// Refuses what cannot be done, rather than doing something else.
    pub(super) fn validate(&self) -> Result<(), Problem> {
        if self.messages.is_empty() {
            return Err(Problem::invalid("\"messages\" is empty: give at least one message of the user"));
        }
        if self.n.is_some_and(|n| n != 1) {
            return Err(Problem::invalid("\"n\" can only be 1"));
        }
        if self.max_tokens() == Some(0) {
            return Err(Problem::invalid("\"max_tokens\" is 0: give at least 1"));
        }
        for (name, value, high) in [("temperature", self.temperature, 5.0), ("top_p", self.top_p, 1.0)] {
            if value.is_some_and(|value| !(0.0..=high).contains(&value)) {
                return Err(Problem::invalid(format!("\"{name}\" can be 0 to {high}")));
            }
        }
        if self.stops().len() > MAX_STOPS || self.stops().iter().any(String::is_empty) {
            return Err(Problem::invalid(format!(
                "\"stop\" can be 1 to {MAX_STOPS} strings that are not empty"
            )));
        }
        if self.touchstone.check && self.constraint().is_some() {
            return Err(Problem::invalid(
                "\"response_format\" of JSON needs \"touchstone\": {\"check\": false}: a checked answer is text",
            ));
        }
        if self.top_logprobs.is_some_and(|count| count > MAX_TOP_LOGPROBS) {
            return Err(Problem::invalid(format!("\"top_logprobs\" can be 0 to {MAX_TOP_LOGPROBS}")));
        }
        if self.top_logprobs.is_some_and(|count| count > 0) && self.logprobs != Some(true) {
            return Err(Problem::invalid("\"top_logprobs\" needs \"logprobs\": true"));
        }
        for field in ["tools", "functions"] {
            if self.other.get(field).and_then(Value::as_array).is_some_and(|tools| !tools.is_empty()) {
                return Err(Problem::invalid(format!(
                    "\"{field}\" is not offered: the model calls no tools"
                )));
            }
        }
        Ok(())
    }

    pub(super) fn max_tokens(&self) -> Option<usize> {
        self.max_completion_tokens.or(self.max_tokens).map(|tokens| tokens as usize)
    }

    pub(super) fn sampling(&self, usual: Sampling) -> Sampling {
        Sampling {
            temperature: self.temperature.unwrap_or(usual.temperature),
            top_p: self.top_p.unwrap_or(usual.top_p),
            seed: self.seed.map_or(usual.seed, |seed| seed as u64),
        }
    }

    pub(super) fn stops(&self) -> Vec<String> {
        match &self.stop {
            None => Vec::new(),
            Some(Stop::One(stop)) => vec![stop.clone()],
            Some(Stop::Several(stops)) => stops.clone(),
        }
    }

    /// How many of the likeliest tokens to tell in each place, where
    /// log-probabilities are asked for.
    pub(super) fn logprobs(&self) -> Option<usize> {
        (self.logprobs == Some(true)).then(|| self.top_logprobs.unwrap_or(0))
    }

    /// What the text must be.
    pub(super) fn constraint(&self) -> Option<Constraint> {
        match self.response_format.as_ref()? {
            ResponseFormat::Text => None,
            ResponseFormat::JsonObject => Some(Constraint::JsonSchema(r#"{"type":"object"}"#.to_owned())),
            ResponseFormat::JsonSchema { json_schema } => {
                Some(Constraint::JsonSchema(Value::Object(json_schema.schema.clone()).to_string()))
            }
        }
    }

    pub(super) fn streams(&self) -> bool {
        self.stream.unwrap_or(false)
    }

    /// The last message of the user: the question.
    pub(super) fn question(&self) -> Result<String, Problem> {
        let last = self.messages.iter().rev().find(|message| message.role == ChatRole::User);
        let text = last.map(ChatMessage::text).unwrap_or_default();
        if text.trim().is_empty() {
            return Err(Problem::invalid("there is no message of the user with text: it is the question"));
        }
        Ok(text)
    }

    /// The conversation for the model itself.
    pub(super) fn chat(&self) -> Vec<Message> {
        let role = |role| match role {
            ChatRole::System | ChatRole::Developer => Role::System,
            ChatRole::User => Role::User,
            ChatRole::Assistant => Role::Assistant,
        };
        self.messages.iter().map(|message| Message::new(role(message.role), message.text())).collect()
    }

    /// What the request says and the reply does not follow.
    pub(super) fn ignored(&self) -> Vec<String> {
        let mut ignored: Vec<String> =
            self.other.iter().filter(|(_, value)| !is_default(value)).map(|(name, _)| name.clone()).collect();
        if self.touchstone.check {
            let question = self.messages.iter().rposition(|message| message.role == ChatRole::User);
            let others = (0..self.messages.len()).filter(|index| Some(*index) != question);
            ignored.extend(others.map(|index| format!("messages[{index}]")));
            // A verified answer is put together from steps: it has none.
            if self.logprobs == Some(true) {
                ignored.push("logprobs".to_owned());
            }
        }
        ignored
    }
}

fn is_default(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::Array(values) => values.is_empty(),
        _ => false,
    }
}

impl ChatMessage {
    fn text(&self) -> String {
        match &self.content {
            None => String::new(),
            Some(Content::Text(text)) => text.clone(),
            Some(Content::Parts(parts)) => {
                let texts: Vec<&str> = parts.iter().map(|Part::Text { text }| text.as_str()).collect();
                texts.join("\n")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    fn request(body: Value) -> ChatRequest {
        serde_json::from_value(body).unwrap()
    }

    #[test]
    fn the_question_is_the_last_message_of_the_user_and_the_rest_is_told() {
        let chat = request(json!({
            "model": "m", "presence_penalty": 0, "logit_bias": { "1": 2 }, "store": false,
            "messages": [
                { "role": "system", "content": "Be brief." },
                { "role": "user", "content": [{ "type": "text", "text": "Who?" }] },
            ],
        }));
        chat.validate().unwrap();
        assert_eq!(chat.question().unwrap(), "Who?");
        assert_eq!(chat.ignored(), ["logit_bias", "messages[0]"]);
    }

    #[test]
    fn what_cannot_be_done_is_refused() {
        for part in [
            json!({ "n": 2 }),
            json!({ "max_tokens": 0 }),
            json!({ "temperature": 9.0 }),
            json!({ "top_p": -0.1 }),
            json!({ "stop": ["a", "b", "c", "d", "e"] }),
            json!({ "stop": "" }),
            json!({ "tools": [{}] }),
            json!({ "logprobs": true, "top_logprobs": 21 }),
            json!({ "top_logprobs": 3 }),
            json!({ "response_format": { "type": "json_object" } }),
            json!({ "messages": [] }),
        ] {
            let mut body = json!({ "model": "m", "messages": [{ "role": "user", "content": "Who?" }] });
            body.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
            assert!(request(body.clone()).validate().is_err(), "{body}");
        }
    }
}
