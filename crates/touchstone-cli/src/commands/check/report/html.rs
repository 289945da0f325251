use std::io::Write;

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Value, context};
use serde::Serialize;
use touchstone_core::Summary;

use super::{Document, word};
use crate::output;

#[derive(Serialize)]
struct Entry {
    verdict: &'static str,
    text: String,
    reason: String,
    line: usize,
    known: bool,
    lines: Vec<String>,
}

#[derive(Serialize)]
struct Section<'a> {
    file: Option<&'a str>,
    claims: Vec<Entry>,
    notes: Vec<String>,
}

pub(super) fn write(documents: &[Document], summary: &Summary, out: &mut dyn Write) -> anyhow::Result<()> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    let sections: Vec<Section<'_>> = documents
        .iter()
        .map(|document| Section {
            file: document.file.as_deref(),
            notes: document.policy.iter().map(|note| output::plain(&note.message)).collect(),
            claims: document
                .claims
                .iter()
                .map(|located| Entry {
                    verdict: word(located.claim.verdict),
                    text: output::plain(&located.claim.text),
                    reason: output::plain(&located.claim.reason),
                    line: located.place.line,
                    known: located.known,
                    lines: located.claim.evidence.iter().map(output::evidence).collect(),
                })
                .collect(),
        })
        .collect();
    let page = environment.render_str(
        include_str!("page.html"),
        context! { documents => Value::from(Serde(&sections)), summary => Value::from(Serde(summary)) },
    )?;
    writeln!(out, "{page}")?;
    Ok(())
}
