use std::io::{self, Write};

use touchstone_core::{Evidence, Summary, Verdict};

use super::{Document, Located};
use crate::output::{self, BOLD, DIM};

/// Characters of a claim that are shown.
const MAX_SHOWN: usize = 500;

pub(super) fn document(document: &Document, out: &mut dyn Write) -> io::Result<()> {
    for located in &document.claims {
        claim(document.file.as_deref(), located, out)?;
    }
    for note in &document.policy {
        writeln!(out, "{BOLD}!{BOLD:#} {}", output::plain(&note.message))?;
    }
    Ok(())
}

fn claim(file: Option<&str>, located: &Located, out: &mut dyn Write) -> io::Result<()> {
    let claim = &located.claim;
    let (style, mark, word) = output::verdict(claim.verdict);
    writeln!(out, "{style}{mark} {word:<12}{style:#} {}", output::plain(&short(&claim.text)))?;
    if let Some(file) = file {
        let known = if located.known { " (in the baseline)" } else { "" };
        let place = format!("{file}:{}:{}{known}", located.place.line, located.place.column);
        writeln!(out, "  {DIM}{}{DIM:#}", output::plain(&place))?;
    }
    if claim.verdict != Verdict::Supported {
        writeln!(out, "  {}", output::plain(&claim.reason))?;
    }
    for evidence in claim.evidence.iter().filter(|e| !matches!(e, Evidence::Step { .. })) {
        writeln!(out, "  {DIM}{}{DIM:#}", output::plain(&output::evidence(evidence)))?;
    }
    Ok(())
}

/// A sentence of a million characters is not shown whole.
fn short(text: &str) -> std::borrow::Cow<'_, str> {
    match text.char_indices().nth(MAX_SHOWN) {
        Some((at, _)) => format!("{}…", &text[..at]).into(),
        None => text.into(),
    }
}

pub(super) fn summary(summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
    if *summary == Summary::default() {
        return writeln!(out, "The text makes no claim.");
    }
    let Summary { supported, refuted, unverifiable } = summary;
    writeln!(out, "{supported} supported, {refuted} refuted, {unverifiable} unverifiable")
}
