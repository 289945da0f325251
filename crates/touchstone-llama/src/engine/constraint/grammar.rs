//! Regular expressions, grammars and JSON Schemas, by llguidance.

use std::sync::Arc;

use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;
use llguidance::api::TopLevelGrammar;
use llguidance::toktrie::{InferenceCapabilities, TokEnv, TokRxInfo, TokTrie, TokenId, TokenizerEnv};
use llguidance::{Matcher, ParserFactory};
use serde_json::{Value, json};
use touchstone_llm::Constraint;

use super::super::vocabulary::Tokenizer;

/// Bytes of a grammar or a schema.
const MAX_BYTES: usize = 256 * 1024;

/// What grammars need to know of a vocabulary.
pub(in super::super) struct Grammars {
    factory: ParserFactory,
}

struct Environment {
    trie: TokTrie,
    tokenizer: Tokenizer,
}

impl TokenizerEnv for Environment {
    fn tok_trie(&self) -> &TokTrie {
        &self.trie
    }

    fn tokenize_bytes(&self, text: &[u8]) -> Vec<TokenId> {
        let tokens = self.tokenizer.tokenize(text, false);
        tokens.into_iter().filter_map(|token| u32::try_from(token.0).ok()).collect()
    }
}

impl Grammars {
    /// Reads the whole vocabulary, which takes a moment: made when the first
    /// grammar is asked for.
    pub(in super::super) fn new(
        model: &LlamaModel,
        pieces: &[Box<[u8]>],
        tokenizer: Tokenizer,
    ) -> Result<Grammars, String> {
        let vocab = model.vocab();
        let words: Vec<Vec<u8>> = pieces
            .iter()
            .enumerate()
            .map(|(id, piece)| {
                if piece.is_empty() {
                    let name = vocab.token_to_piece(LlamaToken(id as i32), true, None);
                    if name.is_empty() { name } else { [&[TokTrie::SPECIAL_TOKEN_MARKER], &*name].concat() }
                } else {
                    piece.to_vec()
                }
            })
            .collect();
        let ends: Vec<TokenId> = (0..words.len() as i32)
            .filter(|id| vocab.is_eog(LlamaToken(*id)))
            .filter_map(|id| u32::try_from(id).ok())
            .collect();
        let Some(&end) = ends.first() else {
            return Err("the model has no token that ends a text".to_owned());
        };
        let trie = TokTrie::from(&TokRxInfo::new(words.len() as u32, end), &words).with_eos_tokens(&ends);
        let environment: TokEnv = Arc::new(Environment { trie, tokenizer });
        let capabilities = InferenceCapabilities { ff_tokens: true, ..InferenceCapabilities::default() };
        let slices = llguidance::earley::SlicedBiasComputer::general_slices();
        let mut factory =
            ParserFactory::new(&environment, capabilities, &slices).map_err(|error| error.to_string())?;
        factory.quiet();
        factory.limits_mut().verbose_errors = false;
        Ok(Grammars { factory })
    }

    pub(super) fn matcher(&self, constraint: &Constraint) -> Result<Matcher, String> {
        let (Constraint::Regex(text) | Constraint::Lark(text) | Constraint::JsonSchema(text)) = constraint
        else {
            return Err("choices are no grammar".to_owned());
        };
        if text.len() > MAX_BYTES {
            return Err(format!("it has {} bytes, more than {MAX_BYTES}", text.len()));
        }
        let grammar = match constraint {
            Constraint::Regex(_) => TopLevelGrammar::from_regex(text),
            Constraint::JsonSchema(_) => TopLevelGrammar::from_json_schema(schema(text)?),
            _ => TopLevelGrammar::from_lark(text.clone()),
        };
        let matcher = Matcher::new(self.factory.create_parser(grammar));
        match matcher.get_error() {
            Some(error) => Err(error),
            None => Ok(matcher),
        }
    }
}

/// A schema whose values are written on one line with one space after colons
/// and commas, unless it says otherwise: small models otherwise write white
/// space without end.
fn schema(text: &str) -> Result<Value, String> {
    let mut schema: Value =
        serde_json::from_str(text).map_err(|error| format!("the schema is not JSON: {error}"))?;
    if schema == Value::Bool(true) {
        schema = json!({});
    }
    if let Some(object) = schema.as_object_mut() {
        object.entry("x-guidance").or_insert_with(
            || json!({"item_separator": ", ", "key_separator": ": ", "whitespace_flexible": false}),
        );
    }
    Ok(schema)
}
