//! The mapping format, as `MAPPING.md` describes it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use oxigraph::model::NamedNode;
use serde::Deserialize;

use crate::GraphError;
use crate::vocabulary::{dcterms, owl, prov, qudt, rdf, rdfs, skos, ts, xsd};

/// A declarative mapping from tables to facts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// The named graph that the facts go to.
    pub graph: String,
    /// Facts about the named graph itself, such as its title and licence.
    #[serde(default)]
    pub about: BTreeMap<String, String>,
    /// The named graph that holds `about`; without, `graph` describes itself.
    pub about_graph: Option<String>,
    #[serde(default)]
    pub prefixes: HashMap<String, String>,
    /// Look-up tables (TSV with a header), beside the mapping.
    #[serde(default)]
    pub tables: HashMap<String, TableFile>,
    pub rows: Vec<Rows>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableFile {
    pub file: String,
    pub key: String,
}

/// What each row of one file says.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rows {
    /// Below the data folder, or beside the mapping with `beside = true`.
    pub file: String,
    #[serde(default)]
    pub beside: bool,
    /// A field that holds an array or a map: each of its entries is a row of
    /// its own, with `@key`, `@value` and the outer row as `^`.
    pub each: Option<String>,
    pub when: Option<Condition>,
    /// IRI template, such as `world:country/{cca3}`.
    pub subject: String,
    /// Classes of the subject; a class that depends on the row is a fact rule
    /// for `rdf:type`.
    #[serde(default)]
    pub classes: Vec<String>,
    #[serde(default)]
    pub facts: Vec<FactRule>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    pub field: String,
    /// The field has one of these values; without, the field is there at all.
    pub is: Option<Vec<String>>,
    pub not: Option<Vec<String>>,
}

/// One predicate and where its values come from.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactRule {
    pub predicate: String,
    /// A path into the row; arrays and maps give each of their values.
    pub field: Option<String>,
    /// A text template over the row, or a constant.
    pub value: Option<String>,
    /// Take the keys of a map instead of its values.
    #[serde(default)]
    pub keys: bool,
    pub split: Option<String>,
    /// `table.column`: the value is the key of a row there.
    pub lookup: Option<String>,
    /// The object is an IRI; `{}` is the value.
    pub iri: Option<String>,
    pub language: Option<String>,
    pub datatype: Option<String>,
    pub script: Option<Script>,
    /// Only values that begin with a capital, as names do.
    #[serde(default)]
    pub capitalised: bool,
    /// Fewer characters are left out.
    pub min_chars: Option<usize>,
    /// Values that equal this field's are left out.
    pub except: Option<String>,
    pub when: Option<Condition>,
    /// What the row says of the fact itself, such as when it held.
    #[serde(default)]
    pub qualifiers: Vec<FactRule>,
}

impl FactRule {
    /// The rule and its qualifiers.
    fn with_qualifiers(&self) -> impl Iterator<Item = &FactRule> {
        std::iter::once(self).chain(&self.qualifiers)
    }
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Script {
    Han,
    Latin,
}

impl Mapping {
    /// Reads a mapping file; an unknown field is named with its line.
    pub fn load(path: &Path) -> Result<Mapping, GraphError> {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|e| GraphError::Mapping { file: file.clone(), reason: e.to_string() })?;
        Mapping::parse(&text, &file)
    }

    /// Reads a mapping; `file` is what errors call it.
    pub fn parse(text: &str, file: &str) -> Result<Mapping, GraphError> {
        let fail = |reason: String| GraphError::Mapping { file: file.to_owned(), reason };
        let mapping: Mapping = toml::from_str(text).map_err(|e| fail(e.to_string().trim_end().to_owned()))?;
        mapping.check().map_err(fail)?;
        Ok(mapping)
    }

    /// What can be wrong before any row is read, so that no slip of the
    /// mapping is taken for broken rows.
    fn check(&self) -> Result<(), String> {
        self.iri(&self.graph)?;
        for rows in &self.rows {
            fields_of(&rows.subject)?;
            for class in &rows.classes {
                self.iri(class)?;
            }
            for rule in &rows.facts {
                self.check_rule(rule)?;
                for qualifier in &rule.qualifiers {
                    self.check_rule(qualifier)?;
                    if !qualifier.qualifiers.is_empty() {
                        return Err(format!("the qualifier {} cannot have qualifiers", qualifier.predicate));
                    }
                }
            }
        }
        Ok(())
    }

    fn check_rule(&self, rule: &FactRule) -> Result<(), String> {
        let about = &rule.predicate;
        self.iri(about)?;
        if rule.field.is_some() == rule.value.is_some() {
            return Err(format!("the rule for {about} needs `field` or `value`, one of them"));
        }
        let forms = [rule.iri.is_some(), rule.language.is_some(), rule.datatype.is_some()];
        if forms.iter().filter(|given| **given).count() > 1 {
            return Err(format!("the rule for {about} may have one of `iri`, `language` and `datatype`"));
        }
        for template in rule.value.iter().chain(&rule.iri) {
            fields_of(template)?;
        }
        if let Some(datatype) = &rule.datatype {
            self.iri(datatype)?;
        }
        if let Some(language) = &rule.language {
            oxigraph::model::Literal::new_language_tagged_literal("", language)
                .map_err(|e| format!("the rule for {about}: language '{language}': {e}"))?;
        }
        if let Some(lookup) = &rule.lookup {
            match lookup.split_once('.') {
                Some((table, _)) if self.tables.contains_key(table) => {}
                Some((table, _)) => {
                    return Err(format!(
                        "the rule for {about} looks up in '{table}', but [tables] has none of that name"
                    ));
                }
                None => return Err(format!("the rule for {about}: lookup '{lookup}' is not table.column")),
            }
        }
        Ok(())
    }

    /// The columns of a look-up table that rules ask for.
    pub(super) fn looked_up<'a>(&'a self, table: &'a str) -> impl Iterator<Item = &'a str> {
        let rules = self.rows.iter().flat_map(|rows| &rows.facts).flat_map(FactRule::with_qualifiers);
        let lookups = rules.filter_map(|rule| rule.lookup.as_deref());
        lookups.filter_map(move |lookup| {
            lookup.split_once('.').filter(|(name, _)| *name == table).map(|(_, column)| column)
        })
    }

    /// Writes out a prefixed name or an IRI in full.
    pub(super) fn iri(&self, name: &str) -> Result<NamedNode, String> {
        let full = match name.split_once(':') {
            Some((prefix, local)) => {
                match self.prefixes.get(prefix).map(String::as_str).or_else(|| standard(prefix)) {
                    Some(base) => format!("{base}{local}"),
                    None => name.to_owned(),
                }
            }
            None => name.to_owned(),
        };
        NamedNode::new(&full).map_err(|e| format!("'{name}' is not an IRI: {e}"))
    }
}

impl Rows {
    /// The outermost columns of the file that the rules name.
    pub(super) fn columns(&self) -> BTreeSet<&str> {
        let mut paths: Vec<&str> = fields_of(&self.subject).unwrap_or_default();
        let rules = || self.facts.iter().flat_map(FactRule::with_qualifiers);
        let conditions = self.when.iter().chain(rules().filter_map(|rule| rule.when.as_ref()));
        paths.extend(conditions.map(|condition| condition.field.as_str()));
        for rule in rules() {
            paths.extend(rule.field.iter().chain(&rule.except).map(String::as_str));
            for template in rule.value.iter().chain(&rule.iri) {
                paths.extend(fields_of(template).unwrap_or_default());
            }
        }
        let outer = |path: &'_ str| path.split('.').next().unwrap_or_default().len();
        match &self.each {
            None => paths.into_iter().map(|path| &path[..outer(path)]).collect(),
            Some(each) => {
                let above = paths.into_iter().filter_map(|path| path.strip_prefix("^."));
                above.map(|path| &path[..outer(path)]).chain([each.as_str()]).collect()
            }
        }
    }
}

/// The paths that a template names; `{}`, the value itself, is none.
fn fields_of(template: &str) -> Result<Vec<&str>, String> {
    let mut fields = Vec::new();
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let Some(length) = rest[open..].find('}') else {
            return Err(format!("the template '{template}' has a '{{' that is not closed"));
        };
        let field = &rest[open + 1..open + length];
        if !field.is_empty() {
            fields.push(field);
        }
        rest = &rest[open + length + 1..];
    }
    Ok(fields)
}

fn standard(prefix: &str) -> Option<&'static str> {
    Some(match prefix {
        "rdf" => rdf::BASE,
        "rdfs" => rdfs::BASE,
        "owl" => owl::BASE,
        "skos" => skos::BASE,
        "xsd" => xsd::BASE,
        "qudt" => qudt::BASE,
        "dcterms" => dcterms::BASE,
        "prov" => prov::BASE,
        "ts" => ts::BASE,
        _ => return None,
    })
}
