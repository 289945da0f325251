//! A model behind an OpenAI-compatible server, asked with the same prompt.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use touchstone_core::{AskReport, Timings, Usage};
use touchstone_llm::Role;
use touchstone_reason::{Prompts, ReasonOptions};

use super::{Said, System, SystemError, language_of, unchecked};
use crate::questions::Question;
use crate::record::Mode;

/// Of one reply.
const TIMEOUT: Duration = Duration::from_secs(300);
/// Tries when the server is busy or the connection breaks.
const TRIES: u32 = 4;
const PAUSE: Duration = Duration::from_millis(500);
/// Bytes of a reply.
const MAX_REPLY: u64 = 4 * 1024 * 1024;
/// The server tells no confidence.
const CONFIDENCE: f64 = 0.5;

pub struct Endpoint {
    url: String,
    model: String,
    key: Option<String>,
    prompts: Prompts,
    options: ReasonOptions,
    agent: ureq::Agent,
}

#[derive(Serialize)]
struct Request<'a> {
    model: &'a str,
    messages: Vec<Sent<'a>>,
    temperature: f32,
    top_p: f32,
    seed: u64,
    max_tokens: usize,
}

#[derive(Serialize)]
struct Sent<'a> {
    role: &'static str,
    content: &'a str,
}

#[derive(Deserialize)]
struct Reply {
    choices: Vec<Choice>,
    #[serde(default)]
    usage: Used,
}

#[derive(Deserialize)]
struct Choice {
    message: Received,
}

#[derive(Deserialize)]
struct Received {
    content: Option<String>,
}

#[derive(Default, Deserialize)]
struct Used {
    #[serde(default)]
    prompt_tokens: usize,
    #[serde(default)]
    completion_tokens: usize,
}

impl Endpoint {
    /// `url` is the base, such as `http://localhost:8080/v1`; the key goes
    /// into the request's `Authorization` and nowhere else.
    pub fn new(
        url: &str,
        model: &str,
        key: Option<String>,
        prompts: Prompts,
        options: ReasonOptions,
    ) -> Endpoint {
        let config = ureq::Agent::config_builder().timeout_global(Some(TIMEOUT)).http_status_as_error(false);
        Endpoint {
            url: format!("{}/chat/completions", url.trim_end_matches('/')),
            model: model.to_owned(),
            key,
            prompts,
            options,
            agent: config.build().into(),
        }
    }

    fn reply(&self, request: &Request<'_>, stop: &(dyn Fn() -> bool + Sync)) -> Result<Reply, SystemError> {
        let mut last = String::new();
        for attempt in 0..TRIES {
            if attempt > 0 {
                std::thread::sleep(PAUSE * 2_u32.pow(attempt - 1));
            }
            if stop() {
                return Err(SystemError::Stopped);
            }
            let mut post = self.agent.post(&self.url);
            if let Some(key) = &self.key {
                post = post.header("Authorization", format!("Bearer {key}"));
            }
            let mut response = match post.send_json(request) {
                Ok(response) => response,
                Err(error) => {
                    last = error.to_string();
                    continue;
                }
            };
            let status = response.status().as_u16();
            let text = response.body_mut().with_config().limit(MAX_REPLY).read_to_string();
            let text =
                text.map_err(|error| SystemError::Fatal(format!("{} broke off: {error}", self.url)))?;
            match status {
                200 => {
                    return serde_json::from_str(&text).map_err(|error| {
                        SystemError::Fatal(format!("{} gave no chat completion: {error}", self.url))
                    });
                }
                400 | 413 | 422 => return Err(SystemError::Question(brief(status, &text))),
                408 | 429 | 500..=599 => last = brief(status, &text),
                _ => {
                    return Err(SystemError::Fatal(format!(
                        "{} refused: {}",
                        self.url,
                        brief(status, &text)
                    )));
                }
            }
        }
        Err(SystemError::Fatal(format!("{} did not answer after {TRIES} tries: {last}", self.url)))
    }
}

/// The beginning of what a server says.
fn brief(status: u16, text: &str) -> String {
    let start: String = text.chars().take(200).map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("status {status}, {}", start.trim())
}

impl System for Endpoint {
    fn ask(
        &self,
        _mode: Mode,
        question: &Question,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<AskReport, SystemError> {
        let language = language_of(question);
        let chat = self
            .prompts
            .chat(language, &question.text)
            .map_err(|error| SystemError::Fatal(error.to_string()))?;
        let role = |role: Role| match role {
            Role::System => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
        };
        let request = Request {
            model: &self.model,
            messages: chat.iter().map(|m| Sent { role: role(m.role), content: &m.text }).collect(),
            temperature: self.options.sampling.temperature,
            top_p: self.options.sampling.top_p,
            seed: self.options.sampling.seed,
            max_tokens: self.options.max_step_tokens * (self.options.max_steps + 1),
        };
        let begun = Instant::now();
        let reply = self.reply(&request, stop)?;
        let total_s = begun.elapsed().as_secs_f64();
        let text =
            reply.choices.into_iter().next().and_then(|choice| choice.message.content).unwrap_or_default();
        let written = self.prompts.read(language, &text);
        // Without an answer's line, the last line is what it says.
        let answer =
            written.answer.or_else(|| text.lines().rev().find(|l| !l.trim().is_empty()).map(str::to_owned));
        let said = Said {
            answer,
            values: written.values,
            steps: written.steps,
            confidence: CONFIDENCE,
            usage: Usage {
                prompt_tokens: reply.usage.prompt_tokens,
                generated_tokens: reply.usage.completion_tokens,
                model_calls: 1,
            },
            timings: Timings { total_s, generating_s: total_s, checking_s: 0.0, first_step_s: total_s },
        };
        Ok(unchecked(question, &self.model, said))
    }
}
