//! Tables through a mapping: CSV, TSV, JSON and JSON lines.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::atomic::Ordering;

use oxigraph::model::{BlankNode, Literal, NamedNode, Quad, Term, Triple};
use serde_json::{Map, Value};

use super::mapping::{Condition, FactRule, Mapping, Rows, Script};
use super::{Sink, iri_part, quad, source};
use crate::GraphError;
use crate::lexicon::is_han;
use crate::vocabulary::{rdf, xsd};

type Tables = HashMap<String, HashMap<String, Map<String, Value>>>;

/// A row with its line (tables) or place (JSON) in the file.
type NumberedRow = (u64, Map<String, Value>);

/// Values of one field in one row; more are a mistake in the mapping.
const MAX_VALUES: usize = 10_000;
/// A row of JSON lines; more is not a row.
const MAX_LINE_BYTES: usize = 16 * 1024 * 1024;

pub(super) fn read(path: &Path, data: &Path, sink: &mut Sink<'_>) -> Result<(), GraphError> {
    let mapping = Mapping::load(path)?;
    let file = path.display().to_string();
    let wrong = |reason: String| GraphError::Mapping { file: file.clone(), reason };
    let beside = path.parent().unwrap_or(Path::new("."));
    let graph = mapping.iri(&mapping.graph).map_err(wrong)?;
    let about_graph =
        mapping.about_graph.as_deref().map(|name| mapping.iri(name)).transpose().map_err(wrong)?;
    for (predicate, value) in &mapping.about {
        let predicate = mapping.iri(predicate).map_err(wrong)?;
        let object: Term = match NamedNode::new(value) {
            Ok(node) => node.into(),
            Err(_) => Literal::new_simple_literal(value).into(),
        };
        match &about_graph {
            Some(described_in) => {
                sink.describe(quad(graph.clone(), predicate, object, Some(described_in)))?
            }
            None => sink.add(quad(graph.clone(), predicate, object, Some(&graph)))?,
        }
    }
    let mut tables = Tables::new();
    for (name, table) in &mapping.tables {
        let rows = rows_of(&beside.join(&table.file), sink)?;
        let wanted = std::iter::once(table.key.as_str()).chain(mapping.looked_up(name));
        mapping_fits(&table.file, &rows, wanted).map_err(wrong)?;
        let keyed =
            rows.into_iter().filter_map(|(_, row)| Some((text(row.get(&table.key)?)?, row))).collect();
        tables.insert(name.clone(), keyed);
    }
    for rows in &mapping.rows {
        let folder = if rows.beside { beside } else { data };
        let from = folder.join(&rows.file);
        let reader = RowReader { mapping: &mapping, tables: &tables, rows, graph: &graph };
        let found = rows_of(&from, sink)?;
        mapping_fits(&rows.file, &found, rows.columns()).map_err(wrong)?;
        for (line, row) in found {
            let result = match &rows.each {
                None => reader.row(&row, sink),
                Some(field) => inner_rows(&row, field).iter().try_for_each(|inner| reader.row(inner, sink)),
            };
            match result {
                Err(RowError::Graph(error)) => return Err(error),
                Err(RowError::Broken(reason)) => sink.broken(&from.display().to_string(), line, reason)?,
                Ok(()) => {}
            }
        }
    }
    Ok(())
}

/// A column that no row has is a slip of the mapping, not a missing value.
fn mapping_fits<'a>(
    file: &str,
    rows: &[NumberedRow],
    columns: impl IntoIterator<Item = &'a str>,
) -> Result<(), String> {
    if rows.is_empty() {
        return Ok(());
    }
    match columns.into_iter().find(|column| !rows.iter().any(|(_, row)| row.contains_key(*column))) {
        Some(column) => Err(format!("{file} has no column '{column}'")),
        None => Ok(()),
    }
}

enum RowError {
    Graph(GraphError),
    Broken(String),
}

impl From<GraphError> for RowError {
    fn from(error: GraphError) -> RowError {
        RowError::Graph(error)
    }
}

struct RowReader<'a> {
    mapping: &'a Mapping,
    tables: &'a Tables,
    rows: &'a Rows,
    graph: &'a NamedNode,
}

impl RowReader<'_> {
    fn row(&self, row: &Map<String, Value>, sink: &mut Sink<'_>) -> Result<(), RowError> {
        if !holds(self.rows.when.as_ref(), row) {
            return Ok(());
        }
        let Some(subject) = fill(&self.rows.subject, row, None, true) else { return Ok(()) };
        let subject = self.mapping.iri(&subject).map_err(RowError::Broken)?;
        for class in &self.rows.classes {
            let class = self.mapping.iri(class).map_err(RowError::Broken)?;
            sink.add(quad(subject.clone(), rdf::TYPE.into_owned(), class, Some(self.graph)))?;
        }
        for rule in &self.rows.facts {
            if !holds(rule.when.as_ref(), row) {
                continue;
            }
            let predicate = self.mapping.iri(&rule.predicate).map_err(RowError::Broken)?;
            for value in self.values(rule, row)? {
                if let Some(object) = self.object(rule, row, &value)? {
                    let fact = quad(subject.clone(), predicate.clone(), object, Some(self.graph));
                    let said = self.qualifiers(rule, row)?;
                    if !said.is_empty() {
                        self.qualify(&fact, said, sink)?;
                    }
                    sink.add(fact)?;
                }
            }
        }
        Ok(())
    }

    fn qualifiers(
        &self,
        rule: &FactRule,
        row: &Map<String, Value>,
    ) -> Result<Vec<(NamedNode, Term)>, RowError> {
        let mut said = Vec::new();
        for qualifier in rule.qualifiers.iter().filter(|q| holds(q.when.as_ref(), row)) {
            let predicate = self.mapping.iri(&qualifier.predicate).map_err(RowError::Broken)?;
            for value in self.values(qualifier, row)? {
                if let Some(object) = self.object(qualifier, row, &value)? {
                    said.push((predicate.clone(), object));
                }
            }
        }
        Ok(said)
    }

    /// A reifier of the fact (RDF 1.2) with what is said of it. Its name comes
    /// from its content, so that the same tables give the same graph.
    fn qualify(
        &self,
        fact: &Quad,
        said: Vec<(NamedNode, Term)>,
        sink: &mut Sink<'_>,
    ) -> Result<(), RowError> {
        let digest = |salt: u8| {
            let mut hasher = DefaultHasher::new();
            (salt, fact, &said).hash(&mut hasher);
            u128::from(hasher.finish())
        };
        let reifier = BlankNode::new_from_unique_id(digest(0) << 64 | digest(1));
        let about = |predicate: NamedNode, object: Term| {
            Quad::new(reifier.clone(), predicate, object, fact.graph_name.clone())
        };
        sink.add(about(rdf::REIFIES.into_owned(), Triple::from(fact.clone()).into()))?;
        for (predicate, object) in said {
            sink.add(about(predicate, object))?;
        }
        Ok(())
    }

    fn values(&self, rule: &FactRule, row: &Map<String, Value>) -> Result<Vec<String>, RowError> {
        let mut values = match (&rule.field, &rule.value) {
            (Some(field), None) => leaves(row, field, rule.keys),
            (None, Some(template)) => fill(template, row, None, false).into_iter().collect(),
            _ => {
                return Err(RowError::Broken(format!(
                    "the rule for {} needs `field` or `value`, one of them",
                    rule.predicate
                )));
            }
        };
        if let Some(separator) = &rule.split {
            values = values
                .iter()
                .flat_map(|v| v.split(separator.as_str()))
                .map(|v| v.trim().to_owned())
                .collect();
        }
        if let Some(lookup) = &rule.lookup {
            let (table, column) = lookup
                .split_once('.')
                .ok_or_else(|| RowError::Broken(format!("lookup '{lookup}' is not table.column")))?;
            let table = self
                .tables
                .get(table)
                .ok_or_else(|| RowError::Broken(format!("there is no table '{table}'")))?;
            values = values
                .iter()
                .filter_map(|key| text(table.get(key)?.get(column)?))
                .flat_map(|v| v.split(';').map(|part| part.trim().to_owned()).collect::<Vec<_>>())
                .collect();
        }
        let except = rule.except.as_ref().map(|field| leaves(row, field, false)).unwrap_or_default();
        values.retain(|v| {
            !v.is_empty()
                && v.chars().count() >= rule.min_chars.unwrap_or(1)
                && !except.contains(v)
                && (!rule.capitalised || v.starts_with(char::is_uppercase))
                && rule.script.is_none_or(|script| is_script(v, script))
        });
        values.truncate(MAX_VALUES);
        Ok(values)
    }

    fn object(
        &self,
        rule: &FactRule,
        row: &Map<String, Value>,
        value: &str,
    ) -> Result<Option<Term>, RowError> {
        if let Some(template) = &rule.iri {
            let Some(name) = fill(template, row, Some(value), true) else { return Ok(None) };
            return Ok(Some(self.mapping.iri(&name).map_err(RowError::Broken)?.into()));
        }
        if let Some(tag) = &rule.language {
            let literal = Literal::new_language_tagged_literal(value, tag)
                .map_err(|e| RowError::Broken(format!("language '{tag}': {e}")))?;
            return Ok(Some(literal.into()));
        }
        match &rule.datatype {
            Some(datatype) => {
                let datatype = self.mapping.iri(datatype).map_err(RowError::Broken)?;
                if !is_valid(value, &datatype) {
                    return Err(RowError::Broken(format!(
                        "'{value}' is not a value of {}",
                        rule_datatype(rule)
                    )));
                }
                Ok(Some(Literal::new_typed_literal(value, datatype).into()))
            }
            None => Ok(Some(Literal::new_simple_literal(value).into())),
        }
    }
}

fn rule_datatype(rule: &FactRule) -> &str {
    rule.datatype.as_deref().unwrap_or_default()
}

/// Whether a value has the form of its datatype, for those that the store
/// computes with.
fn is_valid(value: &str, datatype: &NamedNode) -> bool {
    use oxsdatatypes::{
        Boolean, Date, DateTime, Decimal, Double, Duration, Float, GYear, GYearMonth, Integer,
    };
    fn parses<T: std::str::FromStr>(value: &str) -> bool {
        value.parse::<T>().is_ok()
    }
    match datatype.as_str().strip_prefix(xsd::BASE) {
        Some("integer") => parses::<Integer>(value),
        Some("decimal") => parses::<Decimal>(value),
        Some("double") => parses::<Double>(value),
        Some("float") => parses::<Float>(value),
        Some("boolean") => parses::<Boolean>(value),
        Some("date") => parses::<Date>(value),
        Some("dateTime") => parses::<DateTime>(value),
        Some("gYear") => parses::<GYear>(value),
        Some("gYearMonth") => parses::<GYearMonth>(value),
        Some("duration") => parses::<Duration>(value),
        _ => true,
    }
}

fn is_script(value: &str, script: Script) -> bool {
    let mut letters = value.chars().filter(|c| c.is_alphabetic());
    match script {
        Script::Han => {
            value.chars().all(|c| is_han(c) || matches!(c, '·' | '-' | '・' | ' '))
                && value.chars().any(is_han)
        }
        Script::Latin => letters
            .all(|c| matches!(c, 'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}')),
    }
}

fn holds(condition: Option<&Condition>, row: &Map<String, Value>) -> bool {
    let Some(condition) = condition else { return true };
    let values = leaves(row, &condition.field, false);
    let is =
        condition.is.as_ref().map_or(!values.is_empty(), |wanted| values.iter().any(|v| wanted.contains(v)));
    let not = condition.not.as_ref().is_some_and(|unwanted| values.iter().any(|v| unwanted.contains(v)));
    is && !not || (condition.is.is_none() && condition.not.is_some() && !not)
}

/// Fills `{path}` and `{}`; `None` where a field is missing.
fn fill(template: &str, row: &Map<String, Value>, value: Option<&str>, as_iri: bool) -> Option<String> {
    let mut out = String::new();
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let close = rest[open..].find('}')? + open;
        out.push_str(&rest[..open]);
        let field = &rest[open + 1..close];
        let found = if field.is_empty() {
            value?.to_owned()
        } else {
            leaves(row, field, false).into_iter().next()?
        };
        if as_iri {
            out.push_str(&iri_part(&found));
        } else {
            out.push_str(&found);
        }
        rest = &rest[close + 1..];
    }
    out.push_str(rest);
    Some(out)
}

/// The scalar values at a path; `^` is the outer row.
fn leaves(row: &Map<String, Value>, path: &str, keys: bool) -> Vec<String> {
    let mut parts = path.split('.');
    let Some(mut at) = parts.next().and_then(|first| row.get(first)) else { return Vec::new() };
    for part in parts {
        let next = match at {
            Value::Object(map) => map.get(part),
            Value::Array(items) => part.parse().ok().and_then(|i: usize| items.get(i)),
            _ => None,
        };
        match next {
            Some(value) => at = value,
            None => return Vec::new(),
        }
    }
    match at {
        Value::Array(items) => items.iter().filter_map(text).collect(),
        Value::Object(map) if keys => map.keys().cloned().collect(),
        Value::Object(map) => map.values().filter_map(text).collect(),
        scalar => text(scalar).into_iter().collect(),
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => {
            let text = text.trim();
            (!text.is_empty()).then(|| text.to_owned())
        }
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

fn inner_rows(row: &Map<String, Value>, field: &str) -> Vec<Map<String, Value>> {
    // Without the field itself, else a long one is copied as often as it has entries.
    let outer =
        Value::Object(row.iter().filter(|(k, _)| *k != field).map(|(k, v)| (k.clone(), v.clone())).collect());
    let entry = |key: String, value: &Value| {
        let mut inner = Map::new();
        inner.insert("@key".into(), Value::String(key));
        inner.insert("@value".into(), value.clone());
        inner.insert("^".into(), outer.clone());
        inner
    };
    match row.get(field) {
        Some(Value::Array(items)) => items.iter().enumerate().map(|(i, v)| entry(i.to_string(), v)).collect(),
        Some(Value::Object(map)) => map.iter().map(|(k, v)| entry(k.clone(), v)).collect(),
        _ => Vec::new(),
    }
}

/// All rows of a file with their line (tables) or place (JSON).
fn rows_of(path: &Path, sink: &mut Sink<'_>) -> Result<Vec<NumberedRow>, GraphError> {
    let opened = source::open(path)?;
    let file = path.display().to_string();
    sink.progress.bytes_total += opened.total;
    let extension =
        Path::new(&opened.name).extension().and_then(|e| e.to_str()).unwrap_or_default().to_owned();
    let rows = match extension.as_str() {
        "csv" => delimited(opened.reader, b',', &file, sink)?,
        "tsv" | "tab" => delimited(opened.reader, b'\t', &file, sink)?,
        "json" => json(opened.reader, &file, sink)?,
        "jsonl" | "ndjson" => json_lines(opened.reader, &file, sink)?,
        _ => {
            return Err(GraphError::unreadable(
                &file,
                "a table is .csv, .tsv, .json or .jsonl (with .gz or .zst)",
            ));
        }
    };
    sink.progress.bytes_read += opened.read.load(Ordering::Relaxed);
    sink.look()?;
    Ok(rows)
}

fn delimited(
    reader: Box<dyn std::io::Read>,
    delimiter: u8,
    file: &str,
    sink: &mut Sink<'_>,
) -> Result<Vec<NumberedRow>, GraphError> {
    let mut table =
        csv::ReaderBuilder::new().delimiter(delimiter).quoting(delimiter == b',').from_reader(reader);
    let header = table.headers().map_err(|e| GraphError::unreadable(file, e))?.clone();
    let mut rows = Vec::new();
    for record in table.records() {
        match record {
            Ok(record) => {
                let line = record.position().map_or(0, csv::Position::line);
                let row = header
                    .iter()
                    .zip(record.iter())
                    .map(|(k, v)| (k.to_owned(), Value::String(v.to_owned())));
                rows.push((line, row.collect()));
            }
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                sink.broken(file, line, error)?;
            }
        }
    }
    Ok(rows)
}

fn json(
    reader: Box<dyn std::io::Read>,
    file: &str,
    sink: &mut Sink<'_>,
) -> Result<Vec<NumberedRow>, GraphError> {
    let value: Value = serde_json::from_reader(std::io::BufReader::new(reader))
        .map_err(|e| GraphError::unreadable(file, e))?;
    let mut rows = Vec::new();
    match value {
        Value::Array(items) => {
            for (index, item) in items.into_iter().enumerate() {
                match item {
                    Value::Object(row) => rows.push((index as u64 + 1, row)),
                    _ => sink.broken(file, index as u64 + 1, "this entry of the array is not an object")?,
                }
            }
        }
        Value::Object(map) => {
            for (index, (key, item)) in map.into_iter().enumerate() {
                match item {
                    Value::Object(mut row) => {
                        row.insert("@key".into(), Value::String(key));
                        rows.push((index as u64 + 1, row));
                    }
                    _ => {
                        sink.broken(file, index as u64 + 1, format!("the entry '{key}' is not an object"))?
                    }
                }
            }
        }
        _ => return Err(GraphError::unreadable(file, "neither an array nor an object of rows")),
    }
    Ok(rows)
}

fn json_lines(
    reader: Box<dyn std::io::Read>,
    file: &str,
    sink: &mut Sink<'_>,
) -> Result<Vec<NumberedRow>, GraphError> {
    let mut rows = Vec::new();
    let mut lines = source::Lines::new(reader, MAX_LINE_BYTES);
    while let Some((number, line)) = lines.next().map_err(|e| GraphError::unreadable(file, e))? {
        match line {
            source::Line::Text(text) if text.trim().is_empty() => {}
            source::Line::Text(text) => match serde_json::from_str::<Map<String, Value>>(&text) {
                Ok(row) => rows.push((number, row)),
                Err(error) => sink.broken(file, number, error)?,
            },
            source::Line::Broken(reason) => sink.broken(file, number, reason)?,
        }
    }
    Ok(rows)
}
