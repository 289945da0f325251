mod lines;

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use touchstone_core::{CheckReport, Evidence, Summary, Verdict};

use crate::output::{self, DIM};
use crate::settings::{ConfigFile, Layers, StoreFlags};
use crate::{input, parts};

/// The documented exit code when something is refuted.
const REFUTED: u8 = 1;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Text to check (UTF-8); `-` is standard input.
    file: Option<PathBuf>,
    /// The input is JSON lines {"id", "text"}; one report per line comes out, in the same order.
    #[arg(long)]
    jsonl: bool,
    /// The report as JSON (`touchstone schema check` describes it).
    #[arg(long, conflicts_with = "jsonl")]
    json: bool,
    /// Bytes of one text; longer ones are refused.
    #[arg(long, value_name = "BYTES")]
    max_text_bytes: Option<usize>,
    #[command(flatten)]
    store: StoreFlags,
}

#[derive(serde::Serialize)]
struct Limit {
    #[serde(skip_serializing_if = "Option::is_none")]
    max_text_bytes: Option<usize>,
}

pub(crate) fn run(arguments: Arguments, config: &ConfigFile) -> anyhow::Result<ExitCode> {
    let settings = Layers::new(config)?
        .flags(&arguments.store)
        .flags(&Limit { max_text_bytes: arguments.max_text_bytes })
        .settings()?;
    let file = match arguments.file {
        Some(file) => file,
        None if io::stdin().is_terminal() => {
            bail!("there is nothing to check: give a file, or - for standard input")
        }
        None => PathBuf::from("-"),
    };
    if arguments.jsonl {
        // Opened first: a wrong name is told before the graph is loaded.
        let input = input::open(&file)?;
        let checker = parts::checker(&settings)?;
        let outcome = lines::run(
            input,
            &input::name(&file),
            &checker,
            settings.max_text_bytes,
            &mut io::stdout().lock(),
        )?;
        return Ok(match outcome {
            lines::Outcome { broken: 1.., .. } => ExitCode::from(crate::FAILED),
            lines::Outcome { refuted: 1.., .. } => ExitCode::from(REFUTED),
            _ => ExitCode::SUCCESS,
        });
    }
    let text = input::read_text(&file, settings.max_text_bytes)?;
    let report = parts::checker(&settings)?.check(&text);
    let mut out = anstream::stdout().lock();
    if arguments.json {
        output::json(&mut out, &report)?;
    } else {
        render(&report, &mut out)?;
    }
    Ok(if report.summary.refuted > 0 { ExitCode::from(REFUTED) } else { ExitCode::SUCCESS })
}

fn render(report: &CheckReport, out: &mut dyn Write) -> io::Result<()> {
    for claim in &report.claims {
        let (style, mark, word) = output::verdict(claim.verdict);
        writeln!(out, "{style}{mark} {word:<12}{style:#} {}", output::plain(&claim.text))?;
        if claim.verdict != Verdict::Supported {
            writeln!(out, "  {}", output::plain(&claim.reason))?;
        }
        for evidence in claim.evidence.iter().filter(|e| !matches!(e, Evidence::Step { .. })) {
            writeln!(out, "  {DIM}{}{DIM:#}", output::plain(&output::evidence(evidence)))?;
        }
    }
    writeln!(out, "{}", summary_line(&report.summary))
}

fn summary_line(summary: &Summary) -> String {
    if *summary == Summary::default() {
        return "The text makes no claim.".to_owned();
    }
    let Summary { supported, refuted, unverifiable } = summary;
    format!("{supported} supported, {refuted} refuted, {unverifiable} unverifiable")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use touchstone_core::{Claim, ClaimKind, Language, ReasonCode, Term};

    use super::*;

    #[test]
    fn a_refuted_claim_is_shown_with_its_reason_and_the_fact_against_it() {
        let claim = Claim {
            text: "Gold has atomic number 78".into(),
            kind: ClaimKind::Quantity,
            negated_kind: None,
            sentence: "Gold has atomic number 78.".into(),
            span: [0, 25],
            subject: None,
            predicate: None,
            object: None,
            verdict: Verdict::Refuted,
            reason_code: ReasonCode::OutsideTolerance,
            reason: "The graph says 79.".into(),
            evidence: vec![Evidence::Triple {
                subject: Term::iri("gold", "https://example.org/79"),
                predicate: Term::iri("atomic number", "https://example.org/number"),
                object: Term::literal("79"),
                graph: "https://example.org/graph".into(),
                source: Some("elements 1.0".into()),
            }],
            confidence: 1.0,
            correction: None,
        };
        let mut bytes = Vec::new();
        render(&CheckReport::new(Some(Language::English), vec![claim]), &mut bytes).unwrap();
        let text = anstream::adapter::strip_bytes(&bytes).into_vec();
        insta::assert_snapshot!(String::from_utf8(text).unwrap(), @r"
        ✗ refuted      Gold has atomic number 78
          The graph says 79.
          gold | atomic number | 79  (elements 1.0)
        0 supported, 1 refuted, 0 unverifiable
        ");
    }

    #[test]
    fn a_text_without_claims_says_so() {
        assert_eq!(summary_line(&Summary::default()), "The text makes no claim.");
    }
}
