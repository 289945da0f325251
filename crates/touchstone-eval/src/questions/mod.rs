//! The questions of a split, from files or written from a graph.

mod corrections;
mod formats;
mod premises;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use touchstone_core::Language;

pub use corrections::Correction;

use crate::error::EvalError;
use crate::suite::{Answers, Format, Suite};
use crate::world::World;

/// One question with what the judge knows of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Question {
    /// The file's own, or its path in the data folder with the line.
    pub id: String,
    pub text: String,
    pub gold: Vec<String>,
    pub answers: Answers,
    /// By which share a number may differ from the gold one.
    pub tolerance: f64,
    /// The kind of question: counted apart.
    pub group: Option<String>,
    /// Questions that say the same in other words share it: they are drawn
    /// together in intervals.
    pub cluster: Option<String>,
    /// The language to reason in, where the question's own does not decide.
    pub language: Option<Language>,
    /// Passages that come with the question.
    pub context: Vec<Passage>,
    /// What the question takes for granted, where that is what is judged.
    pub premise: Option<Premise>,
    /// The facts that the answer follows from: labels of subject, predicate
    /// and object.
    pub facts: Vec<[String; 3]>,
    /// What it is about, where the file marks it: for the judge alone.
    pub topic: Option<String>,
    /// The suite puts the file's answers right.
    pub corrected: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    pub title: String,
    pub sentences: Vec<String>,
}

/// What a question takes for granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Premise {
    pub holds: bool,
    /// The names in it.
    pub names: Vec<String>,
    /// What would be true in place of what is not.
    pub right: Vec<String>,
}

/// The questions of a split with a hash of what they came from.
pub struct QuestionSet {
    pub questions: Vec<Question>,
    pub sha256: String,
    /// What was left out, and why: told with the results.
    pub skipped: Vec<String>,
}

impl QuestionSet {
    /// Reads a split; `seed` decides only what is written by rule.
    pub fn read(
        suite: &Suite,
        split: &str,
        data: &Path,
        world: &World,
        seed: u64,
    ) -> Result<QuestionSet, EvalError> {
        let part = suite.split(split)?;
        let mut set = QuestionSet { questions: Vec::new(), sha256: String::new(), skipped: Vec::new() };
        let mut hash = Sha256::new();
        if suite.format == Format::GraphPremises {
            let (questions, skipped) = premises::write(&world.full, seed)?;
            hash.update(world.full_sha256.as_bytes());
            hash.update(seed.to_le_bytes());
            set = QuestionSet { questions, skipped, ..set };
        } else {
            let folder = if suite.beside { &suite.folder } else { data };
            set.questions = from_files(suite, &part.files, folder, &mut hash)?;
            corrections::apply(suite, &mut set.questions, &mut hash)?;
        }
        for question in &mut set.questions {
            if suite.answers == Answers::All {
                question.answers = Answers::All;
            }
            question.language = question.language.or(suite.language);
        }
        let [from, to] = part.share;
        set.questions.retain(|question| {
            let place = place(question);
            from <= place && place < to
        });
        set.sha256 = hex(&hash.finalize());
        Ok(set)
    }
}

/// Where between 0 and 1 a question lies by its hash; paraphrases lie
/// together.
fn place(question: &Question) -> f64 {
    let key = question.cluster.as_ref().unwrap_or(&question.id);
    let digest = Sha256::digest(key.as_bytes());
    let head = [digest[0], digest[1], digest[2], digest[3]];
    f64::from(u32::from_be_bytes(head)) / (f64::from(u32::MAX) + 1.0)
}

fn from_files(
    suite: &Suite,
    patterns: &[String],
    folder: &Path,
    hash: &mut Sha256,
) -> Result<Vec<Question>, EvalError> {
    let mut ids = HashSet::new();
    let mut questions = Vec::new();
    for path in files(patterns, folder)? {
        let bytes = std::fs::read(&path).map_err(EvalError::read(&path))?;
        hash.update(Sha256::digest(&bytes));
        let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        let before = questions.len();
        for question in formats::parse(suite.format, &bytes, &name) {
            let (line, question) =
                question.map_err(|(line, reason)| EvalError::Data { path: path.clone(), line, reason })?;
            if !ids.insert(question.id.clone()) {
                let reason = format!("the id \"{}\" stands for another question already", question.id);
                return Err(EvalError::Data { path, line, reason });
            }
            questions.push(question);
        }
        if questions.len() == before {
            return Err(EvalError::EmptyData { path });
        }
    }
    Ok(questions)
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

    fn read(pattern: &str, data: &Path) -> Result<QuestionSet, EvalError> {
        let text = format!("name = \"s\"\nformat = \"question-answers\"\n[splits]\ndev = [\"{pattern}\"]\n");
        let suite = Suite::parse(&text, Path::new("s.toml")).unwrap();
        QuestionSet::read(&suite, "dev", data, &World::empty().unwrap(), 0)
    }

    fn question(id: usize) -> Question {
        Question { id: id.to_string(), text: "?".into(), ..Question::default() }
    }

    #[test]
    fn files_are_found_by_pattern_and_lines_keep_their_place() {
        let folder = tempfile::tempdir().unwrap();
        let line = |q: &str| format!("{{\"question\": \"{q}\", \"answers\": [\"x\"]}}\n");
        std::fs::write(folder.path().join("b.jsonl"), line("B?")).unwrap();
        std::fs::write(folder.path().join("a.jsonl"), format!("\n{}", line("A?"))).unwrap();
        let set = read("*.jsonl", folder.path()).unwrap();
        let ids: Vec<&str> = set.questions.iter().map(|q| q.id.as_str()).collect();
        assert_eq!(ids, ["a.jsonl:2", "b.jsonl:1"]);
    }

    #[test]
    fn missing_empty_and_broken_data_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        let error = |pattern: &str| read(pattern, folder.path()).err().unwrap().to_string();
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

    #[test]
    fn two_shares_hold_every_question_once_and_paraphrases_together() {
        let folder = tempfile::tempdir().unwrap();
        let lines: String = (0..60)
            .map(|n| format!("who is p{n} 's son ?\tx(x/)\tp{}#children#x#<end>#x\n", n / 3))
            .collect();
        std::fs::write(folder.path().join("q.tsv"), lines).unwrap();
        let text = "name = \"s\"\nformat = \"question-paths\"\n[splits]\na = { files = [\"q.tsv\"], share = [0.0, 0.4] }\nb = { files = [\"q.tsv\"], share = [0.4, 1.0] }\n";
        let suite = Suite::parse(text, Path::new("s.toml")).unwrap();
        let world = World::empty().unwrap();
        let part = |name: &str| QuestionSet::read(&suite, name, folder.path(), &world, 0).unwrap().questions;
        let (a, b) = (part("a"), part("b"));
        assert_eq!(a.len() + b.len(), 60);
        assert!(!a.is_empty() && !b.is_empty());
        assert!(a.iter().all(|one| b.iter().all(|other| one.cluster != other.cluster)));
    }
}
