//! Suites of claims: no model, a table of verdicts.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use touchstone_check::Checker;
use touchstone_check::deep::phrases::{Memory, Phrases};
use touchstone_check::deep::{self, PassageJudge};
use touchstone_core::Verdict;
use touchstone_eval::EvalError;
use touchstone_eval::claims::{
    Case, Checked, ClaimSuite, ClaimSummary, Drop, Gold, Journal, Judgement, Selection, check_all,
    claim_table, sample, verdict_of,
};
use touchstone_graph::Graph;

use super::arguments::Arguments;
use super::{found, hash};
use crate::progress::Spinner;
use crate::settings::{ConfigFile, shown};
use crate::{interrupt, output, parts};

pub(super) fn run(
    suite: &ClaimSuite,
    arguments: &Arguments,
    config: &ConfigFile,
) -> anyhow::Result<ExitCode> {
    let settings = arguments.settings(config)?;
    let seed = settings.reason().sampling.seed;
    let split = arguments.split.as_deref().unwrap_or(super::run::DEFAULT_SPLIT);
    let spinner = Spinner::of_long_work(!arguments.json);
    spinner.say("writing the sentences");
    let drop = Drop { share: arguments.kg_drop, seed, open: arguments.open };
    let selection =
        Selection { split, data: arguments.data.as_deref(), limit: arguments.limit, seed, drop: &drop };
    let dir = if suite.format.needs_store() { Some(parts::require_store(&settings)?) } else { None };
    let open = || match &dir {
        Some(dir) => Graph::open_read_only(dir).map_err(EvalError::from),
        None => Graph::from_store(touchstone_graph::Store::in_memory()?).map_err(EvalError::from),
    };
    // What is searched is all of the suite; of what was found a part is judged.
    let limit = if arguments.retrieve { None } else { selection.limit };
    let mut claims = suite.claims(&Selection { limit, ..selection }, &open)?;
    if arguments.retrieve {
        let (cases, notes) = found::again(&claims.cases)?;
        claims.cases = sample(cases, &selection);
        claims.skipped.extend(notes);
    }
    let phrases = Phrases::new(Memory::in_memory(), deep::phrases::DEFAULT_CONFIDENCE);
    let checker = Checker::new(claims.world.known.clone()).with_phrases(phrases.clone());
    let passages = claims.cases.iter().any(|case| case.passage.is_some());
    if passages && !arguments.deep {
        anyhow::bail!("this suite holds claims against passages, which only the model can judge: add --deep");
    }
    interrupt::watch()?;
    let (mut judge, mut journal) = (None, None);
    if arguments.deep {
        spinner.say("loading the model");
        let reader = parts::Reader::load(&settings, 4)?;
        if passages {
            judge = Some(reader.judge()?);
            journal =
                arguments.out.as_deref().map(|out| continued(out, &reader, &claims.cases)).transpose()?;
        } else {
            learn(&claims.cases, &checker, &reader, phrases, &spinner)?;
        }
    }
    spinner.say("checking");
    let begin = Instant::now();
    let total = claims.cases.len();
    let checked = check_all(
        &claims.cases,
        &|case| match (&case.passage, &judge) {
            (Some(passage), Some(judge)) => match &journal {
                Some(journal) => journal.or_judge(case, || by_passage(case, passage, judge)),
                None => by_passage(case, passage, judge),
            },
            _ => Ok(verdict_of(case, &checker.check(&case.text))),
        },
        &interrupt::asked,
        &|done| spinner.say(&format!("checked {done} of {total} sentences")),
    )?;
    let seconds = begin.elapsed().as_secs_f64();
    let summary = ClaimSummary::of(&suite.name, split, &checked, seconds, claims.world.dropped);
    std::mem::drop(spinner);
    report(&summary, &checked, &claims.skipped, arguments)
}

/// What this program and this model have judged before in the same folder.
fn continued(out: &Path, reader: &parts::Reader, cases: &[Case]) -> anyhow::Result<Journal> {
    let journal = Journal::open(out, format!("{} {}", hash::this_program()?, reader.sha256()))?;
    let before = journal.judged(cases);
    if before > 0 {
        anstream::eprintln!("{before} of {} judgements are in {} already", cases.len(), shown(out));
    }
    Ok(journal)
}

/// Has the model resolve the phrases of all cases.
fn learn(
    cases: &[Case],
    checker: &Checker,
    reader: &parts::Reader,
    phrases: Phrases,
    spinner: &Spinner,
) -> anyhow::Result<()> {
    let learner = reader.learner(phrases)?;
    let begin = Instant::now();
    let mut learnt = 0;
    for (at, case) in cases.iter().enumerate() {
        if interrupt::asked() {
            break;
        }
        learnt += learner.learn(checker, &case.text)?;
        spinner.say(&format!("{learnt} phrases resolved, {at} of {} sentences seen", cases.len()));
    }
    anstream::eprintln!("{learnt} phrases resolved by the model in {:.0} s", begin.elapsed().as_secs_f64());
    Ok(())
}

/// The likeliest of the three, given how common they are.
fn by_passage(case: &Case, passage: &str, judge: &deep::ModelJudge) -> Result<Judgement, EvalError> {
    let opinion = judge
        .judge(&case.text, passage)
        .map_err(|error| EvalError::Judge { id: case.id.clone(), reason: error.to_string() })?;
    let (verdict, confidence) = opinion.balanced();
    Ok(Judgement { verdict, reason: format!("probability {confidence:.2}"), confidence })
}

fn report(
    summary: &ClaimSummary,
    checked: &[Checked],
    skipped: &[String],
    arguments: &Arguments,
) -> anyhow::Result<ExitCode> {
    if let Some(out) = &arguments.out {
        write_results(out, summary, checked)?;
        anstream::eprintln!("results in {}", shown(out));
    }
    for reason in skipped {
        anstream::eprintln!("left out: {reason}");
    }
    let mut stdout = anstream::stdout().lock();
    if arguments.json {
        output::json(&mut stdout, summary)?;
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(stdout, "{}", claim_table(summary))?;
    let mut kinds: BTreeMap<String, Vec<&Checked>> = BTreeMap::new();
    for one in checked {
        let wrong = match one.case.gold {
            Gold::True => one.verdict != Verdict::Supported,
            Gold::False => one.verdict != Verdict::Refuted,
            Gold::Neutral => one.verdict != Verdict::Unverifiable,
        };
        if wrong {
            let verdict = output::verdict(one.verdict).2;
            kinds.entry(format!("{}, said to be {verdict}", one.case.group)).or_default().push(one);
        }
    }
    for (kind, cases) in kinds.iter().filter(|_| arguments.show > 0) {
        writeln!(stdout, "\n{kind}: {}", cases.len())?;
        let step = (cases.len() / arguments.show).max(1);
        for one in cases.iter().step_by(step).take(arguments.show) {
            writeln!(stdout, "  {}\n    {}", output::plain(&one.case.text), output::plain(&one.reason))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// `results.jsonl` and `summary.json`, each written beside and renamed.
fn write_results(out: &Path, summary: &ClaimSummary, checked: &[Checked]) -> anyhow::Result<()> {
    std::fs::create_dir_all(out)?;
    let mut lines = tempfile::NamedTempFile::new_in(out)?;
    for one in checked {
        serde_json::to_writer(&mut lines, one)?;
        lines.write_all(b"\n")?;
    }
    lines.persist(out.join("results.jsonl"))?;
    let mut file = tempfile::NamedTempFile::new_in(out)?;
    serde_json::to_writer_pretty(&mut file, summary)?;
    file.write_all(b"\n")?;
    file.persist(out.join("summary.json"))?;
    Ok(())
}
