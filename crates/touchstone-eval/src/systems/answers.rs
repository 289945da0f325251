//! Answers that were given elsewhere.

use std::collections::HashMap;
use std::path::Path;

use serde::Deserialize;
use touchstone_core::{AskReport, Timings, Usage};

use super::{Said, System, SystemError, unchecked};
use crate::error::EvalError;
use crate::questions::Question;
use crate::record::Mode;

/// A file of JSON lines with an answer each. A question without a line counts
/// as withheld.
pub struct AnswerFile {
    answers: HashMap<String, Line>,
    name: String,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    id: String,
    /// Null, empty or absent: withheld.
    #[serde(default)]
    answer: Option<String>,
    /// The bare values, where they are known.
    #[serde(default)]
    values: Vec<String>,
    #[serde(default)]
    steps: Vec<String>,
    #[serde(default)]
    confidence: Option<f64>,
    #[serde(default)]
    tokens: usize,
    #[serde(default)]
    seconds: f64,
}

/// How sure an answer is that doesn't say.
const UNSAID: f64 = 0.5;

impl AnswerFile {
    /// Reads the answers; every id must be one of the questions'.
    pub fn load(path: &Path, questions: &[Question]) -> Result<AnswerFile, EvalError> {
        let text = std::fs::read_to_string(path).map_err(EvalError::read(path))?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let known: std::collections::HashSet<&str> = questions.iter().map(|q| q.id.as_str()).collect();
        let mut answers = HashMap::new();
        for (text, line) in text.lines().zip(1..).filter(|(text, _)| !text.trim().is_empty()) {
            let bad = |reason: String| EvalError::Data { path: path.to_owned(), line, reason };
            let parsed: Line = serde_json::from_str(text).map_err(|error| bad(error.to_string()))?;
            if !known.contains(parsed.id.as_str()) {
                return Err(bad(format!("no question of this split has the id \"{}\"", parsed.id)));
            }
            if parsed.confidence.is_some_and(|confidence| !(0.0..=1.0).contains(&confidence)) {
                return Err(bad("a confidence lies between 0 and 1".to_owned()));
            }
            if answers.contains_key(&parsed.id) {
                return Err(bad(format!("\"{}\" is answered already", parsed.id)));
            }
            answers.insert(parsed.id.clone(), parsed);
        }
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Ok(AnswerFile { answers, name })
    }

    /// Questions of these that the file does not answer.
    pub fn missing(&self, questions: &[Question]) -> usize {
        questions.iter().filter(|question| !self.answers.contains_key(&question.id)).count()
    }
}

impl System for AnswerFile {
    fn ask(
        &self,
        _mode: Mode,
        question: &Question,
        _stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<AskReport, SystemError> {
        let line = self.answers.get(&question.id).cloned();
        let answer =
            line.as_ref().and_then(|line| line.answer.clone()).filter(|text| !text.trim().is_empty());
        let answered = answer.is_some() || line.as_ref().is_some_and(|line| !line.values.is_empty());
        let values = line.as_ref().map(|line| line.values.clone()).unwrap_or_default();
        let said = Said {
            answer: answer.or_else(|| answered.then(|| values.join(", "))),
            values,
            steps: line.as_ref().map(|line| line.steps.clone()).unwrap_or_default(),
            confidence: line.as_ref().and_then(|line| line.confidence).unwrap_or(UNSAID),
            usage: Usage {
                generated_tokens: line.as_ref().map_or(0, |line| line.tokens),
                ..Usage::default()
            },
            timings: Timings { total_s: line.map_or(0.0, |line| line.seconds), ..Timings::default() },
        };
        Ok(unchecked(question, &self.name, said))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use touchstone_core::AnswerStatus;

    use super::*;

    fn load(text: &str) -> Result<AnswerFile, EvalError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        std::fs::write(&path, text).unwrap();
        AnswerFile::load(&path, &questions())
    }

    fn questions() -> Vec<Question> {
        ["1", "2", "3"].map(|id| Question { id: id.into(), text: "Q?".into(), ..Question::default() }).into()
    }

    #[test]
    fn answers_are_those_of_the_file() {
        let file = load("{\"id\": \"1\", \"answer\": \"Ulm\", \"confidence\": 0.9}\n\n{\"id\": \"3\", \"answer\": null}\n").unwrap();
        let questions = questions();
        let ask = |at: usize| file.ask(Mode::Answers, &questions[at], &|| false).unwrap().answer;
        assert_eq!((ask(0).text.as_str(), ask(0).confidence), ("Ulm", 0.9));
        assert_eq!(ask(1).status, AnswerStatus::Withheld);
        assert_eq!(ask(2).status, AnswerStatus::Withheld);
        assert_eq!(file.missing(&questions), 1);
    }

    #[test]
    fn unknown_ids_and_broken_lines_are_named() {
        let error = |text: &str| load(text).err().unwrap().to_string();
        assert!(
            error("{\"id\": \"1\"}\n{\"id\": \"9\"}\n")
                .ends_with("line 2: no question of this split has the id \"9\"")
        );
        assert!(error("{\"id\": \"1\"}\n{\"id\": \"1\"}\n").ends_with("line 2: \"1\" is answered already"));
        assert!(error("{\"id\": \"1\", \"confidence\": 3}").contains("between 0 and 1"));
        assert!(error("{\"id\": \"1\", \"reply\": \"x\"}").contains("line 1: unknown field `reply`"));
    }
}
