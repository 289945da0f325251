use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use touchstone_graph::Graph;

use super::{Claims, Drop, World, calculations, facts, labelled, names, pararel, passages, statements};
use crate::error::EvalError;

/// A set of sentences with what is known of them.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimSuite {
    pub name: String,
    /// Always "claims": what tells this kind of suite from one of questions.
    pub kind: String,
    #[serde(default)]
    pub description: String,
    /// Who made the data.
    #[serde(default)]
    pub source: String,
    #[serde(default)]
    pub licence: String,
    /// How users get the data.
    #[serde(default)]
    pub obtain: String,
    /// SHA-256 of the published files, by their path in the data folder.
    #[serde(default)]
    pub sha256: BTreeMap<String, String>,
    pub format: ClaimFormat,
    /// Files or the folder of each split, relative to the data folder.
    #[serde(default)]
    pub splits: BTreeMap<String, Vec<String>>,
}

/// How the files are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClaimFormat {
    /// A folder with `relations.tsv`, `*.triples.jsonl` and
    /// `*.patterns.jsonl`; the facts are the graph.
    RelationPatterns,
    /// JSON lines `{"sentence", "label"}`.
    LabelledSentences,
    /// JSON lines `{"answer"}` with `<<expression=result>>` marks.
    WorkedCalculations,
    /// JSON lines `{"question", "answers"}` as statements.
    QuestionStatements,
    /// CSV with `evidence`, `claim` and `label`.
    ClaimPassages,
    /// Quantities, dates and counts written from the store's own facts.
    GraphNumbers,
    /// Names with several meanings, written from the store's own facts.
    GraphNames,
}

impl ClaimFormat {
    /// Whether its claims are checked against the store's graph: relation
    /// patterns bring their own, passages need none.
    pub fn needs_store(self) -> bool {
        !matches!(self, ClaimFormat::RelationPatterns | ClaimFormat::ClaimPassages)
    }
}

/// What of a suite to write, and how.
#[derive(Clone, Copy)]
pub struct Selection<'a> {
    pub split: &'a str,
    pub data: Option<&'a Path>,
    /// At most so many cases.
    pub limit: Option<usize>,
    pub seed: u64,
    pub drop: &'a Drop,
}

impl ClaimSuite {
    /// `Ok(None)`: the file declares another kind of suite.
    pub fn load(path: &Path) -> Result<Option<ClaimSuite>, EvalError> {
        let text = std::fs::read_to_string(path).map_err(EvalError::read(path))?;
        let is_claims = toml::from_str::<toml::Table>(&text)
            .is_ok_and(|table| table.get("kind").and_then(toml::Value::as_str) == Some("claims"));
        if !is_claims {
            return Ok(None);
        }
        crate::suite::parse_toml(&text, path).map(Some)
    }

    /// Writes the cases; `store` opens the graph of suites without one.
    pub fn claims(
        &self,
        selection: &Selection<'_>,
        store: &dyn Fn() -> Result<Graph, EvalError>,
    ) -> Result<Claims, EvalError> {
        if self.format == ClaimFormat::RelationPatterns {
            return pararel::claims(&self.folder(selection)?, selection);
        }
        let graph = World::from_store(store()?, selection.drop)?;
        let files = || self.files(selection);
        let (cases, skipped) = match self.format {
            ClaimFormat::LabelledSentences => labelled::cases(&files()?)?,
            ClaimFormat::WorkedCalculations => calculations::cases(&files()?, selection.seed)?,
            ClaimFormat::QuestionStatements => statements::cases(&files()?, selection.seed)?,
            ClaimFormat::ClaimPassages => passages::cases(&files()?)?,
            ClaimFormat::GraphNumbers => facts::cases(&graph.full, selection.seed)?,
            ClaimFormat::GraphNames => names::cases(&graph.full, selection.seed)?,
            ClaimFormat::RelationPatterns => (Vec::new(), Vec::new()),
        };
        Ok(Claims { cases: super::count::sample(cases, selection), skipped, world: graph })
    }

    fn patterns(&self, split: &str) -> Result<&[String], EvalError> {
        self.splits.get(split).map(Vec::as_slice).ok_or_else(|| EvalError::NoSplit {
            suite: self.name.clone(),
            split: split.to_owned(),
            known: self.splits.keys().cloned().collect::<Vec<_>>().join(", "),
        })
    }

    fn files(&self, selection: &Selection<'_>) -> Result<Vec<PathBuf>, EvalError> {
        let patterns = self.patterns(selection.split)?;
        let data = selection.data.ok_or_else(|| EvalError::NoData { path: patterns.join(", ").into() })?;
        crate::questions::files(patterns, data)
    }

    /// The suite's folder in the data folder, or the data folder itself.
    fn folder(&self, selection: &Selection<'_>) -> Result<PathBuf, EvalError> {
        let name = self.patterns(selection.split)?.first().cloned().unwrap_or_default();
        let data = selection.data.ok_or_else(|| EvalError::NoData { path: PathBuf::from(&name) })?;
        let inner = data.join(&name);
        Ok(if inner.is_dir() { inner } else { data.to_owned() })
    }
}

/// The lines of a file with their numbers, empty ones left out.
pub(super) fn lines(path: &Path) -> Result<Vec<(usize, String)>, EvalError> {
    let text = std::fs::read_to_string(path).map_err(EvalError::read(path))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    Ok(text
        .lines()
        .zip(1..)
        .filter(|(line, _)| !line.trim().is_empty())
        .map(|(line, number)| (number, line.to_owned()))
        .collect())
}

pub(super) fn json_line<T: serde::de::DeserializeOwned>(
    path: &Path,
    (line, text): (usize, &str),
) -> Result<T, EvalError> {
    serde_json::from_str(text).map_err(|error| EvalError::Data {
        path: path.to_owned(),
        line,
        reason: error.to_string(),
    })
}

/// "folder/file:line" for ids.
pub(super) fn id_of(path: &Path, line: usize) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    format!("{name}:{line}")
}
