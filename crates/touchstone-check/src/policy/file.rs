use std::path::{Path, PathBuf};

use regex::RegexBuilder;
use serde::Deserialize;
use touchstone_core::Language;
use touchstone_graph::Graph;

use super::{Action, Policies, PolicyError, Rule};

/// Compiled size of one pattern; larger ones are refused.
const MAX_PATTERN_BYTES: usize = 1 << 20;
const MAX_RULES: usize = 10_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default, rename = "name")]
    _name: String,
    #[serde(default, rename = "description")]
    _description: String,
    rule: Vec<toml::Spanned<Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    action: Action,
    message: Option<String>,
    message_zh: Option<String>,
    /// Regular expression over the text, without regard to case.
    pattern: Option<String>,
    /// Labels or IRIs of classes: a name of such a thing fits.
    #[serde(default)]
    classes: Vec<String>,
    /// Labels or IRIs of predicates: a claim with one of them fits.
    #[serde(default)]
    predicates: Vec<String>,
    /// Regular expression that the text must hold.
    notice: Option<String>,
}

/// Reads a file, or every `*.toml` of a folder, and resolves its names.
pub fn load(path: &Path, graph: &Graph) -> Result<Policies, PolicyError> {
    let unreadable = |e: std::io::Error| PolicyError::Read { path: path.to_owned(), reason: e.to_string() };
    let mut files: Vec<PathBuf> = if path.is_dir() {
        let entries = std::fs::read_dir(path).map_err(unreadable)?;
        let all = entries.collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
        all.into_iter().map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "toml")).collect()
    } else {
        vec![path.to_owned()]
    };
    files.sort();
    if files.is_empty() {
        let reason = "the folder holds no *.toml file".to_owned();
        return Err(PolicyError::Read { path: path.to_owned(), reason });
    }
    let mut policies = Policies::default();
    for file in files {
        read(&file, graph, &mut policies)?;
    }
    Ok(policies)
}

fn read(path: &Path, graph: &Graph, policies: &mut Policies) -> Result<(), PolicyError> {
    let text = std::fs::read_to_string(path)
        .map_err(|e| PolicyError::Read { path: path.to_owned(), reason: e.to_string() })?;
    let line_of = |at: usize| text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1;
    let file: File = toml::from_str(&text).map_err(|error: toml::de::Error| PolicyError::Syntax {
        path: path.to_owned(),
        line: line_of(error.span().map_or(0, |span| span.start)),
        reason: error.message().replace('\n', ", "),
    })?;
    for entry in file.rule {
        let line = line_of(entry.span().start);
        let rule = resolve(entry.into_inner(), graph).map_err(|(rule, reason)| PolicyError::Rule {
            path: path.to_owned(),
            rule: format!("{rule} (line {line})"),
            reason,
        })?;
        if policies.rules.iter().any(|known| known.id == rule.id) || policies.rules.len() >= MAX_RULES {
            let reason = "another rule has the same id, or there are too many rules".to_owned();
            return Err(PolicyError::Rule { path: path.to_owned(), rule: rule.id, reason });
        }
        policies.rules.push(rule);
    }
    Ok(())
}

fn resolve(entry: Entry, graph: &Graph) -> Result<Rule, (String, String)> {
    let ontology = graph.ontology();
    let failed = |reason: String| (entry.id.clone(), reason);
    let expression = |pattern: &Option<String>| {
        pattern
            .as_ref()
            .map(|pattern| {
                RegexBuilder::new(pattern)
                    .case_insensitive(true)
                    .size_limit(MAX_PATTERN_BYTES)
                    .build()
                    .map_err(|error| {
                        failed(format!("the pattern cannot be used: {error}").replace('\n', " "))
                    })
            })
            .transpose()
    };
    let names = |labels: &[touchstone_graph::Label], iri: &str, wanted: &str| {
        iri == wanted || labels.iter().any(|label| label.text.eq_ignore_ascii_case(wanted))
    };
    let mut classes = Vec::new();
    for wanted in &entry.classes {
        let found: Vec<_> =
            ontology.classes().iter().filter(|c| names(&c.labels, c.iri.as_str(), wanted)).collect();
        if found.is_empty() {
            return Err(failed(format!("the graph has no class {wanted}")));
        }
        classes.extend(found.iter().map(|class| class.id));
    }
    let mut predicates = Vec::new();
    for wanted in &entry.predicates {
        let found: Vec<_> =
            ontology.predicates().iter().filter(|p| names(&p.labels, p.iri.as_str(), wanted)).collect();
        if found.is_empty() {
            return Err(failed(format!("the graph has no predicate {wanted}")));
        }
        predicates.extend(found.iter().map(|predicate| predicate.id));
    }
    let (pattern, notice) = (expression(&entry.pattern)?, expression(&entry.notice)?);
    if pattern.is_none() && classes.is_empty() && predicates.is_empty() && notice.is_none() {
        return Err(failed("the rule fits nothing: give pattern, classes, predicates or notice".to_owned()));
    }
    let mut message = [None, None];
    for (language, words) in [(Language::English, entry.message), (Language::Chinese, entry.message_zh)] {
        message[usize::from(language == Language::Chinese)] = words;
    }
    Ok(Rule { id: entry.id, message, action: entry.action, pattern, classes, predicates, notice })
}
