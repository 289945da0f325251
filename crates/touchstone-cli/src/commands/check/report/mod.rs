//! Reports for people and for programs.

mod html;
mod markdown;
mod sarif;
mod terminal;

use std::io::{self, Write};

use serde::Serialize;
use touchstone_core::{Claim, Language, PolicyNote, Summary, Verdict};

use super::document::Place;
use crate::output;

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people, coloured on a terminal.
    Terminal,
    /// One JSON object; of several files, their documents with a summary.
    Json,
    /// A JSON line for each document.
    Jsonl,
    /// SARIF 2.1.0, for editors and code hosts.
    Sarif,
    Markdown,
    /// One page that needs nothing else.
    Html,
}

impl Format {
    /// Written document by document; the others when all are checked.
    pub(super) fn streams(self) -> bool {
        matches!(self, Format::Terminal | Format::Jsonl)
    }
}

/// A claim with its place in the file.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Located {
    #[serde(flatten)]
    pub(super) claim: Claim,
    #[serde(flatten)]
    pub(super) place: Place,
    /// It stood in the baseline: not counted as a failure.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) known: bool,
}

/// What was found in one document.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Document {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) language: Option<Language>,
    pub(super) claims: Vec<Located>,
    pub(super) summary: Summary,
    /// What the rules of policies say besides verdicts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) policy: Vec<PolicyNote>,
}

#[derive(Serialize)]
struct All<'a> {
    documents: &'a [Document],
    summary: Summary,
}

/// One document of a format that streams.
pub(super) fn stream(format: Format, document: &Document, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Jsonl => output::json_line(out, document),
        _ => terminal::document(document, out),
    }
}

/// The end of a report; of those that do not stream, all of it.
pub(super) fn finish(
    format: Format,
    documents: &[Document],
    summary: &Summary,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    match (format, documents) {
        (Format::Terminal, _) => terminal::summary(summary, out)?,
        (Format::Jsonl, _) => {}
        (Format::Json, [one]) => output::json(out, one)?,
        (Format::Json, _) => output::json(out, &All { documents, summary: *summary })?,
        (Format::Sarif, _) => output::json(out, &sarif::log(documents))?,
        (Format::Markdown, _) => markdown::write(documents, summary, out)?,
        (Format::Html, _) => html::write(documents, summary, out)?,
    }
    Ok(())
}

/// "refuted_functional_other" for programs.
fn code(claim: &Claim) -> String {
    serde_json::to_value(claim.reason_code)
        .ok()
        .and_then(|v| v.as_str().map(str::to_owned))
        .unwrap_or_default()
}

fn word(verdict: Verdict) -> &'static str {
    output::verdict(verdict).2
}

fn name(document: &Document) -> &str {
    document.file.as_deref().unwrap_or("standard input")
}
