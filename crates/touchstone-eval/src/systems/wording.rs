use std::path::{Path, PathBuf};

use minijinja::value::Serde;
use minijinja::{Environment, context};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use touchstone_core::Language;

use super::SystemError;
use super::evidence::Evidence;
use crate::questions::hex;

const FILES: [(&str, &str); 2] = [
    ("en/baselines.toml", include_str!("../../../../prompts/en/baselines.toml")),
    ("zh/baselines.toml", include_str!("../../../../prompts/zh/baselines.toml")),
];

/// What the baselines are told.
pub struct Wording {
    templates: Environment<'static>,
    plan_system: [String; 2],
}

#[derive(Debug, thiserror::Error)]
pub enum WordingError {
    #[error("cannot read the prompt file {path}: {source}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("the prompt file {file} is not valid: {reason}")]
    Invalid { file: String, reason: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    rag: String,
    plan_system: String,
    plan: String,
    revise: String,
}

#[derive(Serialize)]
struct Check<'a> {
    question: &'a str,
    answer: &'a str,
}

/// Of the prompts that only the baselines have.
pub fn baseline_prompts_sha256() -> String {
    hex(&Sha256::digest(FILES.map(|(_, text)| text).concat().as_bytes()))
}

impl Wording {
    /// The built-in wording, or that of the folder's files.
    pub fn load(folder: Option<&Path>) -> Result<Wording, WordingError> {
        let mut templates = Environment::new();
        let mut plan_system = [String::new(), String::new()];
        for (at, (name, text)) in FILES.iter().enumerate() {
            let invalid = |reason: String| WordingError::Invalid { file: (*name).to_owned(), reason };
            let text = match folder.map(|folder| folder.join(name)).filter(|path| path.exists()) {
                Some(path) => {
                    std::fs::read_to_string(&path).map_err(|source| WordingError::Read { path, source })?
                }
                None => (*text).to_owned(),
            };
            let file: File = toml::from_str(&text).map_err(|error| invalid(error.to_string()))?;
            let tag = &name[..2];
            for (kind, template) in [("rag", file.rag), ("plan", file.plan), ("revise", file.revise)] {
                templates
                    .add_template_owned(format!("{tag}/{kind}"), template.trim_start().to_owned())
                    .map_err(|error| invalid(error.to_string()))?;
            }
            plan_system[at] = file.plan_system;
        }
        Ok(Wording { templates, plan_system })
    }

    pub(super) fn rag(
        &self,
        language: Language,
        evidence: &Evidence,
        question: &str,
    ) -> Result<String, SystemError> {
        let Evidence { facts, passages } = evidence;
        self.render(
            language,
            "rag",
            context! { facts => Serde(facts), passages => Serde(passages), question },
        )
    }

    pub(super) fn plan_system(&self, language: Language) -> String {
        self.plan_system[usize::from(language == Language::Chinese)].clone()
    }

    pub(super) fn plan(
        &self,
        language: Language,
        question: &str,
        steps: &[&str],
        answer: &str,
    ) -> Result<String, SystemError> {
        self.render(language, "plan", context! { question, steps => Serde(steps), answer })
    }

    pub(super) fn revise(
        &self,
        language: Language,
        checks: &[(String, String)],
        answer: &str,
        question: &str,
    ) -> Result<String, SystemError> {
        let checks: Vec<Check<'_>> =
            checks.iter().map(|(question, answer)| Check { question, answer }).collect();
        self.render(language, "revise", context! { checks => Serde(checks), answer, question })
    }

    fn render(
        &self,
        language: Language,
        kind: &str,
        values: minijinja::Value,
    ) -> Result<String, SystemError> {
        let name = format!("{}/{kind}", language.tag());
        self.templates
            .get_template(&name)
            .and_then(|template| template.render(values))
            .map_err(|error| SystemError::Fatal(format!("the prompt {name} cannot be written: {error}")))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_known_stands_before_the_question() {
        let wording = Wording::load(None).unwrap();
        let evidence = Evidence { facts: vec!["Danube: source: Donaueschingen".into()], passages: vec![] };
        let text = wording.rag(Language::English, &evidence, "Where does the Danube rise?").unwrap();
        assert_eq!(text, "Known facts:\n- Danube: source: Donaueschingen\n\nWhere does the Danube rise?");
        let none = Evidence { facts: vec![], passages: vec![] };
        assert_eq!(wording.rag(Language::Chinese, &none, "在哪里？").unwrap(), "在哪里？");
    }

    #[test]
    fn a_folder_can_word_it_otherwise() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("en")).unwrap();
        let path = folder.path().join("en/baselines.toml");
        std::fs::write(&path, "rag = \"R {{ question }}\"\nplan_system = \"\"\nplan = \"\"\nrevise = \"\"\n")
            .unwrap();
        let wording = Wording::load(Some(folder.path())).unwrap();
        let none = Evidence { facts: vec![], passages: vec![] };
        assert_eq!(wording.rag(Language::English, &none, "Q?").unwrap(), "R Q?");
        std::fs::write(&path, "rog = \"\"\n").unwrap();
        let error = Wording::load(Some(folder.path())).err().unwrap().to_string();
        assert!(error.starts_with("the prompt file en/baselines.toml is not valid"), "{error}");
    }
}
