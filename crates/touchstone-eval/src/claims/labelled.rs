//! Sentences that people have marked as true or false.

use std::path::PathBuf;

use serde::Deserialize;

use super::suite::{id_of, json_line, lines};
use super::{Case, Gold};
use crate::error::EvalError;

#[derive(Deserialize)]
struct Line {
    sentence: String,
    label: Label,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Label {
    Bool(bool),
    Word(String),
}

pub(super) fn cases(files: &[PathBuf]) -> Result<(Vec<Case>, Vec<String>), EvalError> {
    let mut cases = Vec::new();
    for path in files {
        for (line, text) in lines(path)? {
            let parsed: Line = json_line(path, (line, &text))?;
            let gold = match parsed.label {
                Label::Bool(true) => Gold::True,
                Label::Bool(false) => Gold::False,
                Label::Word(word) if word.eq_ignore_ascii_case("true") => Gold::True,
                Label::Word(word) if word.eq_ignore_ascii_case("false") => Gold::False,
                Label::Word(word) => {
                    let reason = format!("the label \"{word}\" is neither true nor false");
                    return Err(EvalError::Data { path: path.clone(), line, reason });
                }
            };
            let group = if gold == Gold::True { "true" } else { "false" };
            cases.push(Case::new(id_of(path, line), parsed.sentence, gold, group));
        }
    }
    Ok((cases, Vec::new()))
}
