use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use touchstone_core::Language;

use crate::error::EvalError;
use crate::questions::Correction;

/// A set of questions: where they lie, how they are written, how they are
/// judged, and over which graph they are asked.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suite {
    pub name: String,
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
    pub format: Format,
    /// The language to reason in; without it, each question's own.
    pub language: Option<Language>,
    #[serde(default)]
    pub answers: Answers,
    /// The questions' own graph; without it, the store.
    pub graph: Option<SuiteGraph>,
    /// A folder of prompt files beside the suite, in place of the built-in.
    pub prompts: Option<PathBuf>,
    /// The metrics that reports show first; without them, all.
    #[serde(default)]
    pub metrics: Vec<MetricName>,
    /// What the checked answers are to reach.
    #[serde(default)]
    pub target: Vec<Target>,
    /// Answers of the published files that are wrong or out of date.
    #[serde(default)]
    pub correction: Vec<Correction>,
    /// Where the questions lie: in the data folder, or beside the suite.
    #[serde(default)]
    pub beside: bool,
    pub splits: BTreeMap<String, Split>,
    /// SHA-256 of the published files, by their path in the data folder.
    #[serde(default)]
    pub sha256: BTreeMap<String, String>,
    /// The folder of the suite's file.
    #[serde(skip)]
    pub folder: PathBuf,
}

/// How the files are written, and with it how answers are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// JSON lines `{"question", "answers": […]}`.
    QuestionAnswers,
    /// Question, tab, answers with `|` between; the topic in [brackets].
    QuestionAnswersTsv,
    /// Question, tab, `answer(all/answers/)`, tab, `a#relation#b#…`; spaces
    /// are underscores.
    QuestionPaths,
    /// A JSON array of `{"question", "answer", "supporting_facts", "context"}`.
    QuestionPassages,
    /// JSON lines `{"question", "answer"}`, the result after `####`.
    WorkedProblems,
    /// JSON lines `{"id", "language", "kind", "question", "answers", "facts"}`.
    GraphQuestions,
    /// Written by rule from the facts of the graph: each question once with a
    /// true premise, once with a false one.
    GraphPremises,
}

/// Which of the gold answers are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Answers {
    /// Any of them will do.
    #[default]
    Any,
    /// The question asks for the whole set.
    All,
}

/// The graph of a suite, from plain triples.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuiteGraph {
    /// Files of subject, relation and object with tabs between, in the data
    /// folder.
    pub triples: Vec<String>,
    /// The IRIs begin with it.
    pub namespace: String,
    /// Turtle files beside the suite that say what the relations mean.
    #[serde(default)]
    pub ontology: Vec<PathBuf>,
}

/// What a metric is to reach.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    pub metric: MetricName,
    pub at_least: Option<f64>,
    pub at_most: Option<f64>,
}

/// The name of a metric, as in `summary.json`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct MetricName(pub String);

impl TryFrom<String> for MetricName {
    type Error = String;

    fn try_from(name: String) -> Result<MetricName, String> {
        if crate::metrics::is_known(&name) {
            Ok(MetricName(name))
        } else {
            Err(format!("there is no metric \"{name}\""))
        }
    }
}

/// A part of the data.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    /// Files, relative to the data folder; `*` stands for any part of a file
    /// name.
    pub files: Vec<String>,
    /// The questions whose hash lies in this range, 0 to 1: parts that share
    /// no question, whatever the sample.
    pub share: [f64; 2],
}

impl<'de> Deserialize<'de> for Split {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Split, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Part {
            files: Vec<String>,
            share: [f64; 2],
        }

        struct Form;

        impl<'de> Visitor<'de> for Form {
            type Value = Split;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of files, or files and a share")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Split, A::Error> {
                let files = Vec::deserialize(SeqAccessDeserializer::new(seq))?;
                Ok(Split { files, share: [0.0, 1.0] })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Split, A::Error> {
                let Part { files, share } = Part::deserialize(MapAccessDeserializer::new(map))?;
                if !(0.0 <= share[0] && share[0] < share[1] && share[1] <= 1.0) {
                    return Err(serde::de::Error::custom("a share is two numbers that rise from 0 to 1"));
                }
                Ok(Split { files, share })
            }
        }

        deserializer.deserialize_any(Form)
    }
}

impl Suite {
    pub fn load(path: &Path) -> Result<Suite, EvalError> {
        let text = std::fs::read_to_string(path).map_err(EvalError::read(path))?;
        Suite::parse(&text, path)
    }

    /// `path` is named in errors, and its folder is where the suite's own
    /// files lie.
    pub fn parse(text: &str, path: &Path) -> Result<Suite, EvalError> {
        let mut suite: Suite = parse_toml(text, path)?;
        suite.folder = path.parent().unwrap_or(Path::new("")).to_owned();
        Ok(suite)
    }

    pub(crate) fn split(&self, split: &str) -> Result<&Split, EvalError> {
        self.splits.get(split).ok_or_else(|| EvalError::NoSplit {
            suite: self.name.clone(),
            split: split.to_owned(),
            known: self.splits.keys().cloned().collect::<Vec<_>>().join(", "),
        })
    }
}

pub(crate) fn parse_toml<T: serde::de::DeserializeOwned>(text: &str, path: &Path) -> Result<T, EvalError> {
    toml::from_str(text).map_err(|error: toml::de::Error| {
        let offset = error.span().map_or(0, |span| span.start);
        let line = text.bytes().take(offset).filter(|&byte| byte == b'\n').count() + 1;
        let reason = error.message().replace('\n', ", ");
        EvalError::Suite { path: path.to_owned(), line, reason }
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const GOOD: &str = "name = \"rivers\"\nformat = \"question-answers\"\n[splits]\ndev = [\"a.jsonl\"]\n";

    fn refused(text: &str) -> String {
        Suite::parse(text, Path::new("s.toml")).unwrap_err().to_string()
    }

    #[test]
    fn a_suite_is_read() {
        let suite = Suite::parse(GOOD, Path::new("s.toml")).unwrap();
        assert_eq!(suite.split("dev").unwrap().files, ["a.jsonl"]);
        let error = suite.split("test").unwrap_err().to_string();
        assert_eq!(error, "the suite rivers has no split \"test\": it has dev");
    }

    #[test]
    fn a_split_can_be_a_share_of_files() {
        let text = format!("{GOOD}half = {{ files = [\"a.jsonl\"], share = [0.0, 0.5] }}\n");
        let suite = Suite::parse(&text, Path::new("s.toml")).unwrap();
        assert_eq!(suite.split("half").unwrap().share, [0.0, 0.5]);
        assert_eq!(suite.split("dev").unwrap().share, [0.0, 1.0]);
        let backwards = refused(&text.replace("[0.0, 0.5]", "[0.5, 0.5]"));
        assert!(backwards.starts_with("s.toml, line 5: a share is two numbers"), "{backwards}");
        let unknown = refused(&text.replace("share =", "shard ="));
        assert!(unknown.starts_with("s.toml, line 5: unknown field `shard`"), "{unknown}");
    }

    #[test]
    fn an_unknown_field_is_refused_with_its_line_and_name() {
        let error = refused(&GOOD.replace("[splits]", "colour = 3\n[splits]"));
        assert!(error.starts_with("s.toml, line 3: unknown field `colour`"), "{error}");
        assert!(!error.contains('\n'));
        let metric = refused(&GOOD.replace("[splits]", "metrics = [\"coverage\", \"beauty\"]\n[splits]"));
        assert!(metric.starts_with("s.toml, line 3: there is no metric \"beauty\""), "{metric}");
    }

    #[test]
    fn the_shipped_suites_are_read() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../eval/suites");
        let mut seen = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "toml") {
                continue;
            }
            if crate::claims::ClaimSuite::load(&path).unwrap().is_none() {
                let suite = Suite::load(&path).unwrap();
                let ontologies = suite.graph.into_iter().flat_map(|graph| graph.ontology);
                assert!(ontologies.map(|file| suite.folder.join(file)).all(|file| file.is_file()));
            }
            seen += 1;
        }
        assert!(seen > 0);
    }
}
