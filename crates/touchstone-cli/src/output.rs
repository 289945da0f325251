//! What people see: styles, words for verdicts, evidence in one line.

use std::io::{self, Write};

use anstyle::{AnsiColor, Effects, Style};
use comfy_table::{ContentArrangement, LineStyle, Table, TableStyle};
use serde::Serialize;
use touchstone_core::{AnswerStatus, Claim, Evidence, StepStatus, Term, Verdict};

pub(crate) const DIM: Style = Style::new().effects(Effects::DIMMED);
pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const STRUCK: Style = AnsiColor::Red.on_default().effects(Effects::STRIKETHROUGH);

const RULED: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// A table with a rule under its header only.
pub(crate) fn table() -> Table {
    let mut table = Table::new();
    table.load_style(RULED).set_content_arrangement(ContentArrangement::Dynamic);
    table
}

/// When output is coloured.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
pub(crate) enum Colour {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    Always,
    Never,
}

impl Colour {
    pub(crate) fn apply(self) {
        match self {
            Colour::Auto => anstream::ColorChoice::Auto,
            Colour::Always => anstream::ColorChoice::Always,
            Colour::Never => anstream::ColorChoice::Never,
        }
        .write_global();
    }
}

pub(crate) fn verdict(verdict: Verdict) -> (Style, &'static str, &'static str) {
    match verdict {
        Verdict::Supported => (AnsiColor::Green.on_default(), "✓", "supported"),
        Verdict::Refuted => (AnsiColor::Red.on_default(), "✗", "refuted"),
        Verdict::Unverifiable => (AnsiColor::Yellow.on_default(), "?", "unverifiable"),
    }
}

pub(crate) fn step_status(status: StepStatus) -> (Style, &'static str) {
    match status {
        StepStatus::Accepted => (AnsiColor::Green.on_default(), "✓"),
        StepStatus::Repaired => (AnsiColor::Cyan.on_default(), "↻"),
        StepStatus::Rejected => (AnsiColor::Red.on_default(), "✗"),
        StepStatus::Unverified => (AnsiColor::Yellow.on_default(), "?"),
    }
}

pub(crate) fn answer_status(status: AnswerStatus) -> (Style, &'static str) {
    match status {
        AnswerStatus::Verified => (AnsiColor::Green.on_default().bold(), "verified"),
        AnswerStatus::PartlyVerified => (AnsiColor::Yellow.on_default().bold(), "partly verified"),
        AnswerStatus::Withheld => (AnsiColor::Red.on_default().bold(), "withheld"),
    }
}

/// One line, or none for evidence that only repeats the text.
pub(crate) fn evidence(evidence: &Evidence) -> String {
    match evidence {
        Evidence::Triple { subject, predicate, object, graph, source, qualifiers } => {
            let source = source.as_deref().unwrap_or(graph);
            let qualifiers: String = qualifiers
                .iter()
                .map(|qualifier| format!("; {} {}", name(&qualifier.predicate), name(&qualifier.value)))
                .collect();
            format!("{} | {} | {}{qualifiers}  ({source})", name(subject), name(predicate), name(object))
        }
        Evidence::Passage { document, title, text, .. } => {
            let short: String = text.chars().take(160).collect();
            format!("“{}”  ({title}, {document})", short.replace('\n', " "))
        }
        Evidence::Calculation { expression, result, stated } if result == stated => {
            format!("{expression} = {result}")
        }
        Evidence::Calculation { expression, result, stated } => {
            format!("{expression} = {result}, not {stated}")
        }
        Evidence::Step { index, text } => format!("step {index}: {text}"),
    }
}

fn name(term: &Term) -> &str {
    if term.label.is_empty() { term.iri.as_deref().unwrap_or("") } else { &term.label }
}

/// Each line of evidence once, in the order of the claims.
pub(crate) fn evidence_lines<'a>(claims: impl IntoIterator<Item = &'a Claim>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in claims.into_iter().flat_map(|claim| &claim.evidence).map(evidence) {
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

/// Control characters of a text would reach the terminal; they are shown as
/// blanks.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

pub(crate) fn json(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)
}

pub(crate) fn json_line(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    writeln!(out)?;
    out.flush()
}

/// 1234567 as 1,234,567.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }

    #[test]
    fn escapes_of_the_input_do_not_reach_the_terminal() {
        assert_eq!(plain("a\u{1b}[31mb\nc"), "a [31mb c");
    }
}
