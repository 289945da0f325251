//! What servers offer beyond the common API, and how it is asked for.

use serde_json::{Map, Value, json};

use super::wire::ChatMessage;
use crate::{Constraint, LlmError, Message, Role};

/// Asks models to go on where the API has no way to.
const GO_ON: &str = "Go on with your reply exactly where it stopped. Repeat nothing of it.";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    OpenAi,
    LlamaServer,
    Vllm,
    Touchstone,
}

/// How a constrained reply is turned back into the text that was meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrapping {
    /// It is the text.
    None,
    /// It is a JSON object with the text in `text`.
    Json,
}

impl Dialect {
    /// By the owner that the server's model list names.
    pub(super) fn of(owner: &str) -> Dialect {
        match owner {
            "llamacpp" => Dialect::LlamaServer,
            "vllm" => Dialect::Vllm,
            "touchstone" => Dialect::Touchstone,
            _ => Dialect::OpenAi,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Dialect::OpenAi => "OpenAI API",
            Dialect::LlamaServer => "llama-server",
            Dialect::Vllm => "vLLM",
            Dialect::Touchstone => "Touchstone",
        }
    }

    /// Which of the listed models is meant when none is named.
    pub(super) fn usual(self, listed: usize) -> usize {
        // Touchstone lists its checked answers before the model itself.
        if self == Dialect::Touchstone { listed.saturating_sub(1) } else { 0 }
    }

    /// Whether a reply can be forced and its tokens' likelihoods seen.
    pub(super) fn scores(self) -> bool {
        matches!(self, Dialect::LlamaServer | Dialect::Vllm)
    }

    /// Whether a reply may begin with what it goes on from.
    pub(super) fn may_repeat(self) -> bool {
        self == Dialect::LlamaServer
    }

    /// The chat with what was written of the reply, and the fields that say so.
    pub(super) fn messages<'a>(
        self,
        chat: &'a [Message],
        written: &'a str,
        extra: &mut Map<String, Value>,
    ) -> Vec<ChatMessage<'a>> {
        let mut messages: Vec<ChatMessage<'a>> = chat
            .iter()
            .map(|message| ChatMessage { role: role(message.role), content: &message.text })
            .collect();
        if self == Dialect::Touchstone {
            // The model itself is wanted, not its checked answers.
            extra.insert("touchstone".to_owned(), json!({"check": false}));
        }
        if written.is_empty() {
            return messages;
        }
        messages.push(ChatMessage { role: "assistant", content: written });
        match self {
            Dialect::OpenAi | Dialect::Touchstone => {
                messages.push(ChatMessage { role: "user", content: GO_ON });
            }
            // A last message of the assistant's is gone on with.
            Dialect::LlamaServer => {}
            Dialect::Vllm => {
                extra.insert("continue_final_message".to_owned(), true.into());
                extra.insert("add_generation_prompt".to_owned(), false.into());
            }
        }
        messages
    }

    /// Asks for a constrained reply.
    pub(super) fn constrain(
        self,
        constraint: &Constraint,
        extra: &mut Map<String, Value>,
    ) -> Result<Wrapping, LlmError> {
        let (field, value, wrapping) = match (constraint, self) {
            (Constraint::Choices(choices), _) if choices.iter().all(String::is_empty) => {
                return Err(LlmError::Constraint { reason: "it has no choices".to_owned() });
            }
            (_, Dialect::Touchstone) => {
                let engine = format!("a model behind {}", self.name());
                return Err(LlmError::Unsupported { engine, what: "follow a constraint" });
            }
            (Constraint::Choices(choices), Dialect::LlamaServer) => {
                ("grammar", Value::String(gbnf(choices)), Wrapping::None)
            }
            (Constraint::Choices(choices), Dialect::Vllm) => {
                ("structured_outputs", json!({"choice": &choices[..]}), Wrapping::None)
            }
            (Constraint::Regex(pattern), Dialect::Vllm) => {
                ("structured_outputs", json!({"regex": pattern}), Wrapping::None)
            }
            (Constraint::Lark(grammar), Dialect::Vllm) => {
                ("structured_outputs", json!({"grammar": grammar}), Wrapping::None)
            }
            (Constraint::Choices(choices), _) => {
                ("response_format", text_object(json!({"enum": &choices[..]})), Wrapping::Json)
            }
            (Constraint::Regex(pattern), _) => {
                let text = json!({"type": "string", "pattern": format!("^({pattern})$")});
                ("response_format", text_object(text), Wrapping::Json)
            }
            (Constraint::JsonSchema(schema), _) => {
                let schema = serde_json::from_str(schema).map_err(|error| LlmError::Constraint {
                    reason: format!("the schema is not JSON: {error}"),
                })?;
                ("response_format", response_format(schema), Wrapping::None)
            }
            (Constraint::Lark(_), _) => {
                let engine = format!("a model behind the {}", self.name());
                return Err(LlmError::Unsupported { engine, what: "follow a grammar" });
            }
        };
        extra.insert(field.to_owned(), value);
        Ok(wrapping)
    }
}

fn role(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}

fn response_format(schema: Value) -> Value {
    json!({"type": "json_schema", "json_schema": {"name": "reply", "strict": true, "schema": schema}})
}

/// An object with a text of some form, as some servers take no other schemas.
fn text_object(text: Value) -> Value {
    response_format(json!({
        "type": "object",
        "properties": {"text": text},
        "required": ["text"],
        "additionalProperties": false,
    }))
}

/// A grammar in llama.cpp's notation that admits these texts.
fn gbnf(choices: &[String]) -> String {
    let texts: Vec<String> =
        choices.iter().filter(|text| !text.is_empty()).map(|text| literal(text)).collect();
    format!("root ::= {}", texts.join(" | "))
}

fn literal(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            _ if character.is_control() => quoted.push_str(&format!("\\u{:04x}", character as u32)),
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn texts_cannot_leave_their_quotes() {
        let grammar =
            gbnf(&[r#"a" | root"#.to_owned(), "b\\".to_owned(), "里昂\n".to_owned(), String::new()]);
        assert_eq!(grammar, r#"root ::= "a\" | root" | "b\\" | "里昂\n""#);
    }

    #[test]
    fn a_constraint_is_asked_for_in_the_servers_way() {
        let ask = |dialect: Dialect, constraint: &Constraint| {
            let mut extra = Map::new();
            dialect.constrain(constraint, &mut extra).map(|wrapping| (Value::Object(extra), wrapping))
        };
        let choices = Constraint::choices(["yes", "no"]);
        let (fields, wrapping) = ask(Dialect::Vllm, &choices).unwrap();
        assert_eq!(
            (fields, wrapping),
            (json!({"structured_outputs": {"choice": ["yes", "no"]}}), Wrapping::None)
        );
        let (fields, wrapping) = ask(Dialect::OpenAi, &choices).unwrap();
        let schema = &fields["response_format"]["json_schema"]["schema"];
        assert_eq!(
            (&schema["properties"]["text"]["enum"], wrapping),
            (&json!(["yes", "no"]), Wrapping::Json)
        );
        let lark = Constraint::Lark("start: \"a\"".into());
        assert!(matches!(ask(Dialect::OpenAi, &lark), Err(LlmError::Unsupported { .. })));
        assert!(ask(Dialect::Vllm, &lark).is_ok());
        assert!(ask(Dialect::OpenAi, &Constraint::JsonSchema("{".into())).is_err());
    }
}
