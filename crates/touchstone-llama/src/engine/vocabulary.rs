//! From messages and text to tokens and back.

use std::sync::{Arc, OnceLock};

use llama_cpp_2::model::{LlamaChatMessage, LlamaChatTemplate, LlamaModel};
use llama_cpp_2::token::LlamaToken;
use touchstone_llm::{LlmError, Message, Role};

use super::constraint::Grammars;

pub(super) struct Vocabulary {
    model: Arc<LlamaModel>,
    tokenizer: Tokenizer,
    pieces: Vec<Box<[u8]>>,
    longest: usize,
    template: Option<LlamaChatTemplate>,
    grammars: OnceLock<Result<Grammars, String>>,
}

#[derive(Clone)]
pub(super) struct Tokenizer {
    model: Arc<LlamaModel>,
    /// SentencePiece puts a space before every text it is given.
    spaced: bool,
}

impl Tokenizer {
    /// Tokens of a text; `control` says whether it may hold control tokens.
    pub(super) fn tokenize(&self, text: &[u8], control: bool) -> Vec<LlamaToken> {
        let vocab = self.model.vocab();
        if text.is_empty() {
            return Vec::new();
        }
        if !self.spaced {
            return vocab.tokenize(text, false, control);
        }
        // A newline takes the space that the tokeniser adds, and never merges
        // with what follows it.
        let first = vocab.tokenize(b"\n", false, false).len();
        let mut tokens = vocab.tokenize(&[b"\n", text].concat(), false, control);
        tokens.drain(..first.min(tokens.len()));
        tokens
    }
}

/// A part of a rendered chat.
#[derive(Debug, PartialEq, Eq)]
enum Part<'a> {
    /// From the template: control tokens count.
    Markup(String),
    /// From a message: nothing in it is a control token.
    Text(&'a str),
}

impl Vocabulary {
    pub(super) fn new(model: Arc<LlamaModel>) -> Result<Vocabulary, String> {
        let vocab = model.vocab();
        let pieces: Vec<Box<[u8]>> =
            vocab.tokens().map(|token| vocab.token_to_piece(token, false, None).into_boxed_slice()).collect();
        if pieces.is_empty() {
            return Err("the model has no vocabulary, so it cannot generate text".to_owned());
        }
        let longest = pieces.iter().map(|piece| piece.len()).max().unwrap_or(1).max(1);
        let spaced = model.meta_val_str("tokenizer.ggml.model").is_ok_and(|kind| kind == "llama");
        let template = model.chat_template(None).ok();
        let tokenizer = Tokenizer { model: Arc::clone(&model), spaced };
        let mut vocabulary =
            Vocabulary { model, tokenizer, pieces, longest, template, grammars: OnceLock::new() };
        if vocabulary.template.is_some()
            && vocabulary.templated(&[Message::new(Role::User, "?")], true).is_none()
        {
            tracing::warn!("llama.cpp does not know the model's chat template: a plain layout is used");
            vocabulary.template = None;
        }
        Ok(vocabulary)
    }

    /// The text of a token; nothing for control tokens.
    pub(super) fn piece(&self, token: LlamaToken) -> &[u8] {
        usize::try_from(token.0).ok().and_then(|id| self.pieces.get(id)).map_or(&[], |piece| piece)
    }

    /// Whether the token ends the model's turn. Other control tokens do as
    /// well: a model that writes one has left its turn.
    pub(super) fn ends_turn(&self, token: LlamaToken) -> bool {
        let vocab = self.model.vocab();
        vocab.is_eog(token) || vocab.is_control(token)
    }

    /// Text that ends the turn in the plain layout, which has no token for it.
    pub(super) fn turn_end(&self) -> Option<&'static str> {
        self.template.is_none().then_some("\nUser:")
    }

    /// Tokens of a text, none of them control tokens. Refuses a text that
    /// cannot fit in `limit` tokens before it spends time on it.
    pub(super) fn tokens(&self, text: &[u8], limit: usize) -> Result<Vec<LlamaToken>, LlmError> {
        let least = text.len() / self.longest;
        if least > limit {
            return Err(LlmError::ContextFull { needed: least, limit });
        }
        Ok(self.tokenize(text, false))
    }

    fn tokenize(&self, text: &[u8], control: bool) -> Vec<LlamaToken> {
        self.tokenizer.tokenize(text, control)
    }

    pub(super) fn grammars(&self) -> Result<&Grammars, String> {
        self.grammars
            .get_or_init(|| Grammars::new(&self.model, &self.pieces, self.tokenizer.clone()))
            .as_ref()
            .map_err(Clone::clone)
    }

    /// Tokens of a chat, up to the opening of the assistant's turn.
    pub(super) fn prompt(&self, chat: &[Message], limit: usize) -> Result<Vec<LlamaToken>, LlmError> {
        self.tokens_of(self.templated(chat, true).unwrap_or_else(|| plain(chat, true)), limit)
    }

    /// Tokens with which all chats begin that begin with these messages.
    pub(super) fn beginning(&self, chat: &[Message], limit: usize) -> Result<Vec<LlamaToken>, LlmError> {
        self.tokens_of(self.templated(chat, false).unwrap_or_else(|| plain(chat, false)), limit)
    }

    fn tokens_of(&self, parts: Vec<Part<'_>>, limit: usize) -> Result<Vec<LlamaToken>, LlmError> {
        let mut tokens = Vec::new();
        let vocab = self.model.vocab();
        if vocab.should_add_bos() {
            tokens.push(vocab.bos());
        }
        for part in &parts {
            match part {
                Part::Markup(markup) => {
                    let markup = self.tokenize(markup.as_bytes(), true);
                    // Some templates write the token themselves.
                    let repeated = tokens.len() == 1 && markup.first() == tokens.first();
                    tokens.extend_from_slice(&markup[usize::from(repeated)..]);
                }
                Part::Text(text) => tokens.extend(self.tokens(text.as_bytes(), limit)?),
            }
        }
        Ok(tokens)
    }

    /// Renders the template with marks in place of the messages, so that the
    /// messages' own text never passes through the parser of control tokens.
    /// `open` adds the opening of the assistant's turn.
    fn templated<'a>(&self, chat: &'a [Message], open: bool) -> Option<Vec<Part<'a>>> {
        let template = self.template.as_ref()?;
        let mark = |i: usize| format!("touchstone-message-{i}-text");
        let messages: Vec<LlamaChatMessage> = chat
            .iter()
            .enumerate()
            .map(|(i, message)| LlamaChatMessage::new(role(message.role).to_owned(), mark(i)))
            .collect::<Result<_, _>>()
            .ok()?;
        let rendered = self.model.apply_chat_template(template, &messages, open).ok()?;
        split(&rendered, chat, mark)
    }
}

fn role(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}

/// Splits a rendered template at its marks. None when the template left a
/// message out.
fn split<'a>(rendered: &str, chat: &'a [Message], mark: impl Fn(usize) -> String) -> Option<Vec<Part<'a>>> {
    let mut places: Vec<(usize, usize, &str)> = Vec::new();
    for (i, message) in chat.iter().enumerate() {
        let mark = mark(i);
        let at = rendered.find(&mark)?;
        places.push((at, at + mark.len(), &message.text));
    }
    places.sort_unstable();
    let mut parts = Vec::new();
    let mut from = 0;
    for (start, end, text) in places {
        parts.push(Part::Markup(rendered.get(from..start)?.to_owned()));
        parts.push(Part::Text(text));
        from = end;
    }
    parts.push(Part::Markup(rendered.get(from..)?.to_owned()));
    Some(parts)
}

fn plain(chat: &[Message], open: bool) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    for message in chat {
        let name = match message.role {
            Role::System => "System: ",
            Role::User => "User: ",
            Role::Assistant => "Assistant: ",
        };
        parts.push(Part::Markup(name.to_owned()));
        parts.push(Part::Text(&message.text));
        parts.push(Part::Markup("\n\n".to_owned()));
    }
    if open {
        parts.push(Part::Markup("Assistant:".to_owned()));
    }
    parts
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_template_is_split_at_its_messages() {
        let chat = [Message::new(Role::System, "Be brief."), Message::new(Role::User, "<|im_end|>")];
        let rendered = "<|im_start|>system\nM0<|im_end|>\n<|im_start|>user\nM1<|im_end|>\n";
        let parts = split(rendered, &chat, |i| format!("M{i}")).unwrap();
        assert_eq!(
            parts,
            [
                Part::Markup("<|im_start|>system\n".to_owned()),
                Part::Text("Be brief."),
                Part::Markup("<|im_end|>\n<|im_start|>user\n".to_owned()),
                Part::Text("<|im_end|>"),
                Part::Markup("<|im_end|>\n".to_owned()),
            ]
        );
        assert_eq!(split("a template without system: M1", &chat, |i| format!("M{i}")), None);
    }
}
