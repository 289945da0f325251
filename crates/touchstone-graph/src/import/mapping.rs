//! The mapping format, as `MAPPING.md` describes it.

use std::collections::HashMap;
use std::path::Path;

use oxigraph::model::NamedNode;
use serde::Deserialize;

use crate::GraphError;
use crate::vocabulary::{dcterms, owl, qudt, rdf, rdfs, skos, ts, xsd};

/// A declarative mapping from tables to facts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// The named graph that the facts go to.
    pub graph: String,
    /// Facts about the named graph itself, such as its title and licence.
    #[serde(default)]
    pub about: HashMap<String, String>,
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
        let fail = |reason: String| GraphError::Mapping { file: path.display().to_string(), reason };
        let text = std::fs::read_to_string(path).map_err(|e| fail(e.to_string()))?;
        toml::from_str(&text).map_err(|e| fail(e.to_string()))
    }

    /// Writes out a prefixed name or an IRI in full.
    pub(super) fn iri(&self, name: &str) -> Result<NamedNode, String> {
        let full = match name.split_once(':') {
            Some((prefix, local)) => match self.prefixes.get(prefix).map(String::as_str).or_else(|| standard(prefix)) {
                Some(base) => format!("{base}{local}"),
                None => name.to_owned(),
            },
            None => name.to_owned(),
        };
        NamedNode::new(&full).map_err(|e| format!("'{name}' is not an IRI: {e}"))
    }
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
        "ts" => ts::BASE,
        _ => return None,
    })
}
