use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use touchstone_core::{AskReport, CheckReport, ReplayReport};
use touchstone_reason::{export, replay_answer, replay_check};

use crate::output::{self, DIM};
use crate::settings::{ConfigFile, Layers, StoreFlags};
use crate::{input, parts};

/// A derivation of a thousand steps is smaller.
const MAX_BYTES: usize = 64 * 1024 * 1024;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// What `touchstone ask --json` or `touchstone check --json` wrote; `-` reads it from standard input.
    proof: PathBuf,
    /// The result as JSON (`touchstone schema replay` describes it).
    #[arg(long, conflicts_with = "export")]
    json: bool,
    /// Write the derivation in another form instead of checking it.
    #[arg(long, value_name = "FORMAT")]
    export: Option<Format>,
    #[command(flatten)]
    store: StoreFlags,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    /// JSON-LD with PROV-O.
    Jsonld,
    /// Graphviz.
    Dot,
    Svg,
}

enum Proof {
    Answer(Box<AskReport>),
    Check(CheckReport),
}

pub(crate) fn run(arguments: &Arguments, config: &ConfigFile) -> anyhow::Result<ExitCode> {
    let proof = read(&arguments.proof)?;
    if let Some(format) = arguments.export {
        let Proof::Answer(report) = proof else {
            bail!("only derivations are exported, and this is a report of `touchstone check`");
        };
        let mut out = io::stdout().lock();
        match format {
            Format::Jsonld => output::json(&mut out, &export::to_json_ld(&report))?,
            Format::Dot => out.write_all(export::to_dot(&report).as_bytes())?,
            Format::Svg => out.write_all(export::to_svg(&report).as_bytes())?,
        }
        return Ok(ExitCode::SUCCESS);
    }
    let settings = Layers::new(config)?.flags(&arguments.store).settings()?;
    let checker = parts::checker(&settings)?;
    let result = match &proof {
        Proof::Answer(report) => replay_answer(&checker, report),
        Proof::Check(report) => replay_check(&checker, report),
    };
    let mut out = anstream::stdout().lock();
    if arguments.json {
        output::json(&mut out, &result)?;
    } else {
        write(&result, &mut out)?;
    }
    out.flush()?;
    Ok(if result.holds() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn read(path: &Path) -> anyhow::Result<Proof> {
    let name = input::name(path);
    let text = input::read_text(path, MAX_BYTES)?;
    let value: serde_json::Value =
        serde_json::from_str(&text).with_context(|| format!("{name} is not JSON"))?;
    let is_answer = value.get("answer").is_some();
    let proof = if is_answer {
        serde_json::from_value(value).map(|report| Proof::Answer(Box::new(report)))
    } else {
        serde_json::from_value(value).map(Proof::Check)
    };
    proof.with_context(|| {
        format!("{name} is no report of `touchstone ask --json` or `touchstone check --json`")
    })
}

fn write(result: &ReplayReport, out: &mut dyn Write) -> io::Result<()> {
    for changed in &result.changed {
        let (style, mark, now) = output::verdict(changed.now);
        let (_, _, was) = output::verdict(changed.was);
        let step = changed.step.map(|step| format!("step {step}: ")).unwrap_or_default();
        writeln!(out, "{style}{mark} {now}{style:#}, was {was}  {step}{}", output::plain(&changed.claim))?;
        writeln!(out, "  {}", output::plain(&changed.reason))?;
    }
    for line in result.missing.iter().map(output::evidence) {
        writeln!(out, "gone: {DIM}{}{DIM:#}", output::plain(&line))?;
    }
    let facts = match result.missing.len() {
        0 => "every fact is still there".to_owned(),
        1 => "1 fact is gone".to_owned(),
        many => format!("{many} facts are gone"),
    };
    writeln!(out, "{} of {} verdicts confirmed; {facts}", result.confirmed, result.verdicts)
}
