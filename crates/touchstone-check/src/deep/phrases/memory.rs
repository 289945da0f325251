//! Phrases that a model has resolved, kept in a file of their own: the store
//! is opened for reading only, and what a model said is no fact of the graph.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use touchstone_core::Language;
use touchstone_graph::{fold, is_han};

#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    #[error("cannot read the remembered phrases in {path}: {source}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{path}, line {line}: {reason}; correct or delete the line")]
    Broken { path: PathBuf, line: usize, reason: String },
    #[error("cannot write the remembered phrases to {path}: {source}")]
    Write { path: PathBuf, source: std::io::Error },
}

/// One relation that a phrase was held against.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alternative {
    /// IRI of the predicate.
    pub predicate: String,
    pub label: String,
    /// Probability relative to the other alternatives of the same phrase.
    pub weight: f64,
}

/// A phrase, what it was held against, and by whom and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remembered {
    /// "X was stationed in Y", folded.
    pub phrase: String,
    pub language: Language,
    /// Likeliest first.
    pub alternatives: Vec<Alternative>,
    /// Weight of "none of these".
    pub none: f64,
    /// The model's file, and the SHA-256 of it.
    pub model: String,
    pub model_sha256: String,
    /// When it was resolved (RFC 3339).
    pub time: String,
    /// The sentence in which the phrase was first met.
    pub sentence: String,
}

impl Remembered {
    /// The likeliest alternative and its probability among those to which
    /// `meaning` gives one; alternatives of the same meaning count together,
    /// and "none of these" always counts.
    pub fn best<M: PartialEq>(
        &self,
        meaning: impl Fn(&Alternative) -> Option<M>,
    ) -> Option<(&Alternative, f64)> {
        let mut meanings: Vec<(M, &Alternative, f64)> = Vec::new();
        for alternative in &self.alternatives {
            let Some(own) = meaning(alternative) else { continue };
            match meanings.iter_mut().find(|(known, ..)| *known == own) {
                Some((_, _, weight)) => *weight += alternative.weight,
                None => meanings.push((own, alternative, alternative.weight)),
            }
        }
        let sum = self.none + meanings.iter().map(|(.., weight)| weight).sum::<f64>();
        let (_, best, weight) = meanings.into_iter().max_by(|a, b| a.2.total_cmp(&b.2))?;
        (sum > 0.0).then(|| (best, weight / sum))
    }
}

/// The remembered phrases of one store.
#[derive(Debug, Default)]
pub struct Memory {
    path: Option<PathBuf>,
    phrases: BTreeMap<(Language, String), Remembered>,
}

impl Memory {
    /// The file of a store: beside it, under its name.
    pub fn file_of(store: &Path) -> PathBuf {
        let mut name = store.file_name().unwrap_or_default().to_owned();
        name.push(".phrases.jsonl");
        store.with_file_name(name)
    }

    /// Kept nowhere.
    pub fn in_memory() -> Memory {
        Memory::default()
    }

    /// A file that does not exist holds nothing.
    pub fn open(path: &Path) -> Result<Memory, MemoryError> {
        Ok(Memory { path: Some(path.to_owned()), phrases: read(path)? })
    }

    pub fn get(&self, language: Language, phrase: &str) -> Option<&Remembered> {
        self.phrases.get(&(language, phrase.to_owned()))
    }

    pub fn iter(&self) -> impl Iterator<Item = &Remembered> {
        self.phrases.values()
    }

    pub fn is_empty(&self) -> bool {
        self.phrases.is_empty()
    }

    /// Adds phrases, replacing what was known of the same ones.
    pub fn remember(&mut self, new: Vec<Remembered>) -> Result<(), MemoryError> {
        self.change(|phrases| {
            phrases.extend(new.into_iter().map(|one| ((one.language, one.phrase.clone()), one)));
        })
    }

    /// Removes a phrase, in every language that it is known in; how many.
    pub fn forget(&mut self, phrase: &str) -> Result<usize, MemoryError> {
        let wanted = placeholders(phrase);
        let mut removed = 0;
        self.change(|phrases| {
            let before = phrases.len();
            phrases.retain(|(_, known), _| *known != wanted);
            removed = before - phrases.len();
        })?;
        Ok(removed)
    }

    pub fn forget_all(&mut self) -> Result<usize, MemoryError> {
        let mut removed = 0;
        self.change(|phrases| removed = std::mem::take(phrases).len())?;
        Ok(removed)
    }

    /// Reads the file again under a lock, as another process may have written
    /// to it, and puts the changed one in its place.
    fn change(
        &mut self,
        change: impl FnOnce(&mut BTreeMap<(Language, String), Remembered>),
    ) -> Result<(), MemoryError> {
        let Some(path) = self.path.clone() else {
            change(&mut self.phrases);
            return Ok(());
        };
        let failed = |source| MemoryError::Write { path: path.clone(), source };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(failed)?;
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".lock");
        let lock = File::create(path.with_file_name(name)).map_err(failed)?;
        lock.lock().map_err(failed)?;
        let mut phrases = read(&path)?;
        change(&mut phrases);
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
        for one in phrases.values() {
            serde_json::to_writer(&mut file, one).map_err(|error| failed(error.into()))?;
            file.write_all(b"\n").map_err(failed)?;
        }
        file.as_file().sync_all().map_err(failed)?;
        file.persist(&path).map_err(|error| failed(error.error))?;
        self.phrases = phrases;
        Ok(())
    }
}

/// A phrase as people may write it: the X and Y that stand for the names are
/// kept, all else is folded.
fn placeholders(phrase: &str) -> String {
    let phrase = phrase.split_whitespace().collect::<Vec<_>>().join(" ");
    let letters: Vec<char> = phrase.chars().collect();
    let in_word = |at: Option<usize>| {
        at.and_then(|at| letters.get(at)).is_some_and(|c| c.is_alphanumeric() && !is_han(*c))
    };
    let mut folded = String::with_capacity(phrase.len());
    for (at, letter) in letters.iter().enumerate() {
        let alone = !in_word(at.checked_sub(1)) && !in_word(Some(at + 1));
        match letter {
            'X' | 'Y' if alone => folded.push(*letter),
            _ => folded.push_str(&fold(&letter.to_string())),
        }
    }
    folded
}

fn read(path: &Path) -> Result<BTreeMap<(Language, String), Remembered>, MemoryError> {
    let failed = |source| MemoryError::Read { path: path.to_owned(), source };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut phrases = BTreeMap::new();
    for (line, text) in (1..).zip(BufReader::new(file).lines()) {
        let text = text.map_err(failed)?;
        if text.trim().is_empty() {
            continue;
        }
        let broken = |reason: String| MemoryError::Broken { path: path.to_owned(), line, reason };
        let one: Remembered = serde_json::from_str(&text).map_err(|error| broken(error.to_string()))?;
        let weights = || one.alternatives.iter().map(|alternative| alternative.weight).chain([one.none]);
        if weights().any(|weight| !(0.0..=1.0).contains(&weight)) {
            return Err(broken("a weight is a number from 0 to 1".to_owned()));
        }
        phrases.insert((one.language, one.phrase.clone()), one);
    }
    Ok(phrases)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn remembered(phrase: &str, weight: f64, none: f64) -> Remembered {
        let alternative = |label: &str, weight| Alternative {
            predicate: format!("http://example.org/{label}"),
            label: label.to_owned(),
            weight,
        };
        Remembered {
            phrase: phrase.to_owned(),
            language: Language::English,
            alternatives: vec![alternative("employer", weight), alternative("owner", 0.01)],
            none,
            model: "m.gguf".to_owned(),
            model_sha256: "00".to_owned(),
            time: "2026-01-01T00:00:00Z".to_owned(),
            sentence: "A is on the staff of B.".to_owned(),
        }
    }

    #[test]
    fn what_one_process_remembers_another_reads_and_forgets() {
        let folder = tempfile::tempdir().unwrap();
        let path = Memory::file_of(&folder.path().join("graph"));
        assert!(path.ends_with("graph.phrases.jsonl"));
        let mut one = Memory::open(&path).unwrap();
        let mut other = Memory::open(&path).unwrap();
        one.remember(vec![remembered("X is on the staff of Y", 0.9, 0.05)]).unwrap();
        other.remember(vec![remembered("X heads Y", 0.2, 0.7)]).unwrap();
        let mut read = Memory::open(&path).unwrap();
        assert_eq!(read.iter().count(), 2);
        let known = read.get(Language::English, "X is on the staff of Y").unwrap();
        assert_eq!(known.alternatives[0].label, "employer");
        assert_eq!(read.forget("X is on the Staff of Y").unwrap(), 1);
        assert_eq!(Memory::open(&path).unwrap().iter().count(), 1);
    }

    #[test]
    fn a_broken_line_is_named_and_nothing_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("phrases.jsonl");
        fs::write(&path, "\n{\"phrase\":1}\n").unwrap();
        let error = Memory::open(&path).unwrap_err().to_string();
        assert!(error.contains("line 2"), "{error}");
        let mut memory = Memory { path: Some(path.clone()), phrases: BTreeMap::new() };
        assert!(memory.remember(vec![remembered("X heads Y", 0.2, 0.7)]).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "\n{\"phrase\":1}\n");
    }

    #[test]
    fn probabilities_are_among_what_fits() {
        let one = remembered("X heads Y", 0.6, 0.2);
        let named = |alternative: &Alternative| Some(alternative.label.clone());
        let (best, probability) = one.best(named).unwrap();
        assert_eq!(best.label, "employer");
        assert!((probability - 0.6 / 0.81).abs() < 1e-9);
        let (best, probability) = one.best(|a| named(a).filter(|label| label == "owner")).unwrap();
        assert_eq!(best.label, "owner");
        assert!(probability < 0.05);
        let (_, together) = one.best(|_| Some(())).unwrap();
        assert!((together - 0.61 / 0.81).abs() < 1e-9);
        assert!(one.best(|_| None::<()>).is_none());
    }
}
