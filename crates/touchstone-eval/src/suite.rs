use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use touchstone_core::Language;

use crate::error::EvalError;

/// A set of questions: where they lie, how they are written, how they are
/// judged.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suite {
    pub name: String,
    #[serde(default)]
    pub description: String,
    /// Where users get the data.
    #[serde(default)]
    pub source: String,
    pub format: Format,
    /// The language to reason in; without it, each question's own.
    pub language: Option<Language>,
    /// Files of each split, relative to the data folder; `*` stands for any
    /// part of a file name.
    pub splits: BTreeMap<String, Vec<String>>,
}

/// How the files are written, and with it how answers are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// JSON lines `{"question", "answers": […]}`, any of the answers is right.
    QuestionAnswers,
}

impl Suite {
    pub fn load(path: &Path) -> Result<Suite, EvalError> {
        let text = std::fs::read_to_string(path).map_err(EvalError::read(path))?;
        Suite::parse(&text, path)
    }

    /// `path` is named in errors only.
    pub fn parse(text: &str, path: &Path) -> Result<Suite, EvalError> {
        parse_toml(text, path)
    }

    pub(crate) fn patterns(&self, split: &str) -> Result<&[String], EvalError> {
        self.splits.get(split).map(Vec::as_slice).ok_or_else(|| EvalError::NoSplit {
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

    #[test]
    fn a_suite_is_read() {
        let suite = Suite::parse(GOOD, Path::new("s.toml")).unwrap();
        assert_eq!(suite.patterns("dev").unwrap(), ["a.jsonl"]);
        let error = suite.patterns("test").unwrap_err().to_string();
        assert_eq!(error, "the suite rivers has no split \"test\": it has dev");
    }

    #[test]
    fn an_unknown_field_is_refused_with_its_line_and_name() {
        let text = GOOD.replace("[splits]", "colour = 3\n[splits]");
        let error = Suite::parse(&text, Path::new("s.toml")).unwrap_err().to_string();
        assert!(error.starts_with("s.toml, line 3: unknown field `colour`"), "{error}");
        assert!(!error.contains('\n'));
    }

    #[test]
    fn the_shipped_suites_are_read() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../eval/suites");
        let mut seen = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if crate::claims::ClaimSuite::load(&path).unwrap().is_none() {
                Suite::load(&path).unwrap();
            }
            seen += 1;
        }
        assert!(seen > 0);
    }
}
