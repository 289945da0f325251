use std::collections::BTreeMap;
use std::path::Path;

use minijinja::value::Serde;
use minijinja::{Environment, context};
use serde::Deserialize;
use touchstone_check::read::Number;
use touchstone_core::{Evidence, Language};
use touchstone_llm::{Message, Role};
use touchstone_text::Passage;

use crate::draft::{self, Line};
use crate::error::PromptError;
use crate::guided::GraphWords;

/// Embedded so that a binary alone can ask; a folder of the same layout
/// overrides them file by file.
const EMBEDDED: &[(&str, &str)] = &[
    ("constants.toml", include_str!("../../../prompts/constants.toml")),
    ("en/system.j2", include_str!("../../../prompts/en/system.j2")),
    ("en/question.j2", include_str!("../../../prompts/en/question.j2")),
    ("en/note.j2", include_str!("../../../prompts/en/note.j2")),
    ("en/examples.toml", include_str!("../../../prompts/en/examples.toml")),
    ("en/words.toml", include_str!("../../../prompts/en/words.toml")),
    ("en/graph.toml", include_str!("../../../prompts/en/graph.toml")),
    ("zh/system.j2", include_str!("../../../prompts/zh/system.j2")),
    ("zh/question.j2", include_str!("../../../prompts/zh/question.j2")),
    ("zh/note.j2", include_str!("../../../prompts/zh/note.j2")),
    ("zh/examples.toml", include_str!("../../../prompts/zh/examples.toml")),
    ("zh/words.toml", include_str!("../../../prompts/zh/words.toml")),
    ("zh/graph.toml", include_str!("../../../prompts/zh/graph.toml")),
];

/// The instructions, worked examples and words that shape a derivation.
#[derive(Debug)]
pub struct Prompts {
    templates: Environment<'static>,
    english: Wording,
    chinese: Wording,
    constants: Vec<Number>,
}

/// A derivation as a model wrote it, with nothing checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    pub steps: Vec<String>,
    pub answer: Option<String>,
    /// The bare values of the answer.
    pub values: Vec<String>,
}

#[derive(Debug)]
struct Wording {
    examples: Vec<Example>,
    words: Words,
    graph: GraphWords,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Examples {
    example: Vec<Example>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Example {
    question: String,
    derivation: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Constants {
    constants: Vec<String>,
}

/// The words of one language by which a derivation's parts are recognised and
/// written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Words {
    /// Opens the answer's line.
    pub(crate) answer_line: String,
    /// Other openings of an answer's line that models use.
    pub(crate) answer_marks: Vec<String>,
    /// Words before a step's number, such as "Step".
    pub(crate) step_marks: Vec<String>,
    /// Between the values of an answer, the first one when written.
    pub(crate) separators: Vec<String>,
    /// Separators that are words, which names can hold too.
    pub(crate) conjunctions: Vec<String>,
    /// Openings of an answer that are not part of its value.
    pub(crate) lead_ins: Vec<String>,
    pub(crate) follows_from_steps: String,
    pub(crate) last_result: String,
    pub(crate) from_rejected_step: String,
    pub(crate) not_in_steps: String,
    pub(crate) operand_unknown: String,
    /// Opens a step on what the answer left out.
    pub(crate) asked_step: String,
    pub(crate) withheld: String,
    /// Why an answer is kept back that is not sure enough.
    pub(crate) below_threshold: String,
    pub(crate) unsure: String,
    pub(crate) premise_refuted: String,
    pub(crate) premise_corrected: String,
    /// What a question says that asks for a calculation.
    pub(crate) operations: Vec<String>,
    /// Numbers that a word stands for ("half": 0.5 and 2).
    pub(crate) quantities: BTreeMap<String, Vec<String>>,
    /// Words after a number that scale it ("折": 0.1).
    pub(crate) scales: BTreeMap<String, String>,
}

impl Prompts {
    /// The embedded prompts, with the files of `folder` in place of those of
    /// the same path.
    pub fn load(folder: Option<&Path>) -> Result<Prompts, PromptError> {
        let mut files = BTreeMap::new();
        for (name, text) in EMBEDDED {
            let text = match folder.map(|folder| folder.join(name)) {
                Some(path) if path.exists() => {
                    std::fs::read_to_string(&path).map_err(|source| PromptError::Read { path, source })?
                }
                _ => (*text).to_owned(),
            };
            files.insert(*name, text);
        }
        let mut templates = Environment::new();
        for (name, text) in files.iter().filter(|(name, _)| name.ends_with(".j2")) {
            templates.add_template_owned(*name, text.trim_end().to_owned()).map_err(|error| {
                PromptError::Template { file: (*name).to_owned(), reason: error.to_string() }
            })?;
        }
        let data = |name: &str| files.get(name).map(String::as_str).unwrap_or_default();
        let wording = |tag: &str| -> Result<Wording, PromptError> {
            let examples = format!("{tag}/examples.toml");
            let words = format!("{tag}/words.toml");
            let graph = format!("{tag}/graph.toml");
            Ok(Wording {
                examples: parse::<Examples>(&examples, data(&examples))?.example,
                words: parse(&words, data(&words))?,
                graph: parse(&graph, data(&graph))?,
            })
        };
        let constants: Constants = parse("constants.toml", data("constants.toml"))?;
        Ok(Prompts {
            english: wording(Language::English.tag())?,
            chinese: wording(Language::Chinese.tag())?,
            constants: constants
                .constants
                .iter()
                .map(|text| number("constants.toml", text))
                .collect::<Result<_, _>>()?,
            templates,
        })
    }

    /// Adds the worked examples of a folder (`en/examples.toml`,
    /// `zh/examples.toml`), which stand before the built-in ones.
    pub fn add_examples(&mut self, folder: &Path) -> Result<(), PromptError> {
        for language in Language::ALL {
            let path = folder.join(language.tag()).join("examples.toml");
            if !path.exists() {
                continue;
            }
            let text = std::fs::read_to_string(&path)
                .map_err(|source| PromptError::Read { path: path.clone(), source })?;
            let mut examples = parse::<Examples>(&path.display().to_string(), &text)?.example;
            let wording = match language {
                Language::English => &mut self.english,
                Language::Chinese => &mut self.chinese,
            };
            examples.append(&mut wording.examples);
            wording.examples = examples;
        }
        Ok(())
    }

    /// The chat that a derivation of `question` continues.
    pub fn chat(&self, language: Language, question: &str) -> Result<Vec<Message>, PromptError> {
        self.chat_after(language, &[], question)
    }

    /// [`chat`](Prompts::chat), with passages before the question.
    pub fn chat_after(
        &self,
        language: Language,
        passages: &[Passage],
        question: &str,
    ) -> Result<Vec<Message>, PromptError> {
        let system = self.render(language, "system.j2", context! {})?;
        let mut chat = vec![Message::new(Role::System, system)];
        for example in &self.wording(language).examples {
            let question = self.question(language, &[], &example.question)?;
            chat.push(Message::new(Role::User, question));
            chat.push(Message::new(Role::Assistant, example.derivation.trim()));
        }
        chat.push(Message::new(Role::User, self.question(language, passages, question)?));
        Ok(chat)
    }

    /// Takes a whole derivation apart that follows these prompts, whoever
    /// wrote it.
    pub fn read(&self, language: Language, text: &str) -> Written {
        let words = self.words(language);
        let mut written = Written::default();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            match draft::parse(line, words) {
                Line::Step { text, .. } if !text.is_empty() => written.steps.push(text.to_owned()),
                Line::Answer(text) if !text.is_empty() => {
                    written.values = draft::values(text, words);
                    written.answer = Some(text.to_owned());
                    break;
                }
                _ => {}
            }
        }
        written
    }

    /// One line that puts the evidence against a draft before the model.
    pub(crate) fn note(&self, language: Language, evidence: &[Evidence]) -> Result<String, PromptError> {
        self.render(language, "note.j2", context! { evidence => Serde(evidence) })
    }

    pub(crate) fn words(&self, language: Language) -> &Words {
        &self.wording(language).words
    }

    pub(crate) fn graph_words(&self, language: Language) -> &GraphWords {
        &self.wording(language).graph
    }

    /// Numbers that a calculation may use without saying where they come from.
    pub(crate) fn constants(&self) -> &[Number] {
        &self.constants
    }

    fn question(
        &self,
        language: Language,
        passages: &[Passage],
        question: &str,
    ) -> Result<String, PromptError> {
        self.render(language, "question.j2", context! { passages => Serde(passages), question })
    }

    fn wording(&self, language: Language) -> &Wording {
        match language {
            Language::English => &self.english,
            Language::Chinese => &self.chinese,
        }
    }

    fn render(
        &self,
        language: Language,
        template: &str,
        values: minijinja::Value,
    ) -> Result<String, PromptError> {
        let name = format!("{}/{template}", language.tag());
        self.templates
            .get_template(&name)
            .and_then(|template| template.render(values))
            .map_err(|error| PromptError::Template { file: name, reason: error.to_string() })
    }
}

fn parse<T: serde::de::DeserializeOwned>(file: &str, text: &str) -> Result<T, PromptError> {
    toml::from_str(text)
        .map_err(|error| PromptError::Data { file: file.to_owned(), reason: error.to_string() })
}

fn number(file: &str, text: &str) -> Result<Number, PromptError> {
    Number::parse(text).ok_or_else(|| PromptError::Data {
        file: file.to_owned(),
        reason: format!("\"{text}\" is not a decimal number"),
    })
}
