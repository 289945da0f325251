use std::io::{self, Write};

use touchstone_core::{Summary, Verdict};

use super::{Document, name, word};
use crate::output;

pub(super) fn write(documents: &[Document], summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
    let Summary { supported, refuted, unverifiable } = summary;
    writeln!(out, "# Fact check\n\n{supported} supported, {refuted} refuted, {unverifiable} unverifiable")?;
    for document in documents {
        writeln!(out, "\n## {}\n", escape(name(document)))?;
        if document.claims.is_empty() {
            writeln!(out, "The text makes no claim.")?;
        }
        for located in &document.claims {
            let claim = &located.claim;
            let (_, mark, _) = output::verdict(claim.verdict);
            let known = if located.known { ", in the baseline" } else { "" };
            writeln!(
                out,
                "- {mark} **{}** (line {}{known}): {}",
                word(claim.verdict),
                located.place.line,
                escape(&claim.text)
            )?;
            if claim.verdict != Verdict::Supported {
                writeln!(out, "  - {}", escape(&claim.reason))?;
            }
            for evidence in &claim.evidence {
                writeln!(out, "  - {}", escape(&output::evidence(evidence)))?;
            }
        }
        for note in &document.policy {
            writeln!(out, "- ! {}", escape(&note.message))?;
        }
    }
    Ok(())
}

/// Words of a text mean nothing to Markdown.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in output::plain(text).chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '&') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
