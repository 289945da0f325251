use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::error::EvalError;
use crate::suite::{Format, Suite};

/// One question with the answers that the judge takes for right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The file's own, or its path in the data folder with the line.
    pub id: String,
    pub text: String,
    pub gold: Vec<String>,
}

/// The questions of a split with a hash of the files they came from.
pub(crate) struct QuestionSet {
    pub(crate) questions: Vec<Question>,
    pub(crate) sha256: String,
}

#[derive(Deserialize)]
struct QuestionLine {
    id: Option<String>,
    question: String,
    answers: Vec<String>,
}

pub(crate) fn read(suite: &Suite, split: &str, data: &Path) -> Result<QuestionSet, EvalError> {
    let mut set = QuestionSet { questions: Vec::new(), sha256: String::new() };
    let mut hash = Sha256::new();
    let mut ids = HashSet::new();
    for path in files(suite.patterns(split)?, data)? {
        let bytes = std::fs::read(&path).map_err(EvalError::read(&path))?;
        hash.update(Sha256::digest(&bytes));
        let name = path.strip_prefix(data).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        let before = set.questions.len();
        for question in parse(suite.format, &bytes, &path, &name) {
            let (line, question) = question?;
            if !ids.insert(question.id.clone()) {
                let reason = format!("the id \"{}\" stands for another question already", question.id);
                return Err(EvalError::Data { path: path.clone(), line, reason });
            }
            set.questions.push(question);
        }
        if set.questions.len() == before {
            return Err(EvalError::EmptyData { path });
        }
    }
    set.sha256 = hex(&hash.finalize());
    Ok(set)
}

/// The files that the patterns name, each once, sorted within a pattern.
pub(crate) fn files(patterns: &[String], data: &Path) -> Result<Vec<PathBuf>, EvalError> {
    let mut found = Vec::new();
    for pattern in patterns {
        let path = data.join(pattern);
        let no_data = || EvalError::NoData { path: path.clone() };
        // The folder's own name may hold characters that a pattern would read.
        let escaped = glob::Pattern::escape(&data.to_string_lossy());
        let full = Path::new(&escaped).join(pattern);
        let matches: Vec<PathBuf> = glob::glob(&full.to_string_lossy())
            .map_err(|_| no_data())?
            .filter_map(Result::ok)
            .filter(|path| path.is_file())
            .collect();
        if matches.is_empty() {
            return Err(no_data());
        }
        found.extend(matches);
    }
    let mut seen = HashSet::new();
    found.retain(|path| seen.insert(path.clone()));
    Ok(found)
}

fn parse<'a>(
    format: Format,
    bytes: &'a [u8],
    path: &'a Path,
    name: &'a str,
) -> impl Iterator<Item = Result<(usize, Question), EvalError>> + 'a {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let lines = bytes.split(|&byte| byte == b'\n').zip(1..);
    lines.filter(|(line, _)| !line.trim_ascii().is_empty()).map(move |(text, line)| {
        let question = match format {
            Format::QuestionAnswers => question_answers(text, name, line),
        };
        question.map(|question| (line, question)).map_err(|reason| EvalError::Data {
            path: path.to_owned(),
            line,
            reason,
        })
    })
}

fn question_answers(text: &[u8], name: &str, line: usize) -> Result<Question, String> {
    let parsed: QuestionLine = serde_json::from_slice(text)
        .map_err(|error| format!("not a line {{\"question\", \"answers\": […]}}: {error}"))?;
    if parsed.question.trim().is_empty() {
        return Err("the question is empty".into());
    }
    Ok(Question {
        id: parsed.id.unwrap_or_else(|| format!("{name}:{line}")),
        text: parsed.question,
        gold: parsed.answers,
    })
}

/// A sample that depends on the seed and the ids alone, so that it is the same
/// for every system, machine and version, and a smaller one is the beginning
/// of a larger one. Without a limit, all questions in their own order.
pub(crate) fn sample(mut questions: Vec<Question>, limit: Option<usize>, seed: u64) -> Vec<Question> {
    if let Some(limit) = limit {
        questions.sort_by_cached_key(|question| {
            let mut hash = Sha256::new();
            hash.update(seed.to_le_bytes());
            hash.update(question.id.as_bytes());
            <[u8; 32]>::from(hash.finalize())
        });
        questions.truncate(limit);
    }
    questions
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn suite(pattern: &str) -> Suite {
        let text = format!("name = \"s\"\nformat = \"question-answers\"\n[splits]\ndev = [\"{pattern}\"]\n");
        Suite::parse(&text, Path::new("s.toml")).unwrap()
    }

    fn question(id: usize) -> Question {
        Question { id: id.to_string(), text: "?".into(), gold: vec![] }
    }

    #[test]
    fn files_are_found_by_pattern_and_lines_keep_their_place() {
        let folder = tempfile::tempdir().unwrap();
        let line = |q: &str| format!("{{\"question\": \"{q}\", \"answers\": [\"x\"]}}\n");
        std::fs::write(folder.path().join("b.jsonl"), line("B?")).unwrap();
        std::fs::write(folder.path().join("a.jsonl"), format!("\n{}", line("A?"))).unwrap();
        let set = read(&suite("*.jsonl"), "dev", folder.path()).unwrap();
        let ids: Vec<&str> = set.questions.iter().map(|q| q.id.as_str()).collect();
        assert_eq!(ids, ["a.jsonl:2", "b.jsonl:1"]);
    }

    #[test]
    fn missing_empty_and_broken_data_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        let error = |pattern: &str| read(&suite(pattern), "dev", folder.path()).err().unwrap().to_string();
        assert!(error("a.jsonl").starts_with(&format!("there is no file {}", path.display())));
        std::fs::write(&path, "\n").unwrap();
        assert!(error("a.jsonl").starts_with(&format!("{} holds no question", path.display())));
        std::fs::write(&path, "\n{\"question\": 3}\n").unwrap();
        assert!(error("a.jsonl").starts_with(&format!("{}, line 2: not a line", path.display())));
    }

    #[test]
    fn a_sample_is_seeded_and_a_smaller_one_begins_a_larger_one() {
        let all: Vec<Question> = (0..100).map(question).collect();
        let ten = sample(all.clone(), Some(10), 7);
        let twenty = sample(all.clone(), Some(20), 7);
        assert_eq!(ten[..], twenty[..10]);
        assert_ne!(ten, sample(all.clone(), Some(10), 8));
        assert_eq!(sample(all.clone(), None, 7), all);
    }
}
