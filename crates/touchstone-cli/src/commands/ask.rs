mod narrator;
mod trace;

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use touchstone_core::{AskReport, Language};
use touchstone_reason::{Event, ReasonError};

use crate::progress::Spinner;
use crate::settings::{
    ConfigFile, IndexFlags, Layers, ModeFlags, ModelFlags, ReasonFlags, StoreFlags, shown,
};
use crate::{input, interrupt, output, parts};
use narrator::Narrator;
use trace::Trace;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The question, in English or Chinese; `-` reads it from standard input.
    question: String,
    /// Language to reason in; by default that of the question.
    #[arg(long, value_name = "en|zh", value_parser = super::text::language)]
    lang: Option<Language>,
    /// Show what was drafted and refuted, struck out, beside what stands.
    #[arg(long)]
    show_rejected: bool,
    /// The report as JSON (`touchstone schema ask` describes it).
    #[arg(long)]
    json: bool,
    /// The same model and prompt with nothing checked, for comparison.
    #[arg(long)]
    plain: bool,
    /// Write every event, with its time, to a file of JSON lines.
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// Let the model judge the passages found for what the graph cannot decide.
    #[arg(long, conflicts_with = "plain")]
    deep: bool,
    /// With the facts of this user (`touchstone kg user put`), which no other question sees.
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    #[command(flatten)]
    index: IndexFlags,
    #[command(flatten)]
    model: ModelFlags,
    #[command(flatten)]
    mode: ModeFlags,
    #[command(flatten)]
    reason: ReasonFlags,
    #[command(flatten)]
    store: StoreFlags,
}

pub(crate) fn run(arguments: Arguments, config: &ConfigFile) -> anyhow::Result<ExitCode> {
    let settings = Layers::new(config)?
        .flags(&arguments.store)
        .flags(&arguments.index)
        .flags(&arguments.model)
        .flags(&arguments.mode)
        .flags(&arguments.reason)
        .settings()?;
    let mut options = parts::reason(&settings)?;
    options.language = arguments.lang;
    let question = question(arguments.question, options.max_question_chars)?;
    let mut trace = arguments.trace.as_deref().map(Trace::create).transpose()?;
    parts::require_store(&settings)?;
    parts::cascade_file(&settings)?;
    let model = parts::model_place(&settings)?;

    let spinner = Spinner::new(!arguments.json);
    spinner.say("loading the graph");
    let checker = parts::checker_for(&settings, arguments.user.as_deref())?;
    spinner.say("loading the model");
    // The judge reads beside the question's own session.
    let reader = if arguments.deep { Some(parts::Reader::load(&settings, 2)?) } else { None };
    let engine = match &reader {
        Some(reader) => reader.engine(),
        None => parts::engine(&settings, &model, 1)?,
    };
    let library = parts::library(&settings, reader.as_ref(), None)?;
    if arguments.deep && library.is_none() {
        let index = shown(&settings.text_index());
        spinner.aside(|| anstream::eprintln!("there is no text index in {index}: no passages are judged"));
    }
    let line = parts::startup_line(&engine.info(), checker.graph())?;
    spinner.aside(|| anstream::eprintln!("{line}"));
    let engines = parts::Engines::behind(engine, &settings, 1)?;
    let reasoner = parts::reasoner(&settings, &engines, checker, library.map(Arc::new))?;
    interrupt::watch()?;

    let mut narrator = Narrator::new(arguments.show_rejected);
    let mut failed: Option<io::Error> = None;
    let mut on_event = |event: Event<'_>| {
        let mut listen = || -> io::Result<()> {
            if let Some(trace) = &mut trace {
                trace.event(&event)?;
            }
            if !arguments.json {
                if let Event::Drafting { index, .. } = &event {
                    spinner.say(&format!("step {index}"));
                }
                spinner.aside(|| narrator.tell(&event, &mut anstream::stdout().lock()))?;
            }
            Ok(())
        };
        match listen() {
            Ok(()) => interrupt::flow(),
            Err(error) => {
                failed = Some(error);
                std::ops::ControlFlow::Break(())
            }
        }
    };
    let result = if arguments.plain {
        reasoner.ask_plain(&question, &options, &mut on_event)
    } else {
        reasoner.ask(&question, &options, &mut on_event)
    };
    drop(spinner);
    if let Some(error) = failed {
        return Err(error.into());
    }
    let report = match result {
        Err(ReasonError::Cancelled) if interrupt::asked() => {
            anyhow::bail!("stopped before there was an answer")
        }
        other => other?,
    };
    finish(&report, arguments.json, trace)?;
    Ok(ExitCode::SUCCESS)
}

fn finish(report: &AskReport, json: bool, trace: Option<Trace>) -> io::Result<()> {
    if let Some(trace) = trace {
        trace.finish(report)?;
    }
    let mut out = anstream::stdout().lock();
    if json {
        return output::json(&mut out, report);
    }
    narrator::answer(report, &mut out)?;
    out.flush()
}

fn question(given: String, limit: usize) -> anyhow::Result<String> {
    if given != "-" {
        return Ok(given);
    }
    // A character has at most four bytes.
    let most = limit.saturating_mul(4);
    let mut bytes = Vec::new();
    io::stdin().take(most as u64 + 1).read_to_end(&mut bytes)?;
    Ok(input::text_of(bytes, "the question on standard input", most)?.trim().to_owned())
}
