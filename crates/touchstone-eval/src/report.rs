use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};

use crate::judge::Verdict;
use crate::metrics::{Metric, Summary, Unit, unit, values};
use crate::record::Record;
use crate::run::{Outcome, Progress};

/// Metrics in the order in which they are read, with what people call them.
const ROWS: &[(&str, &str)] = &[
    ("false_claim_rate", "false claims, of those made"),
    ("true_claim_retention", "plain's true claims still made"),
    ("coverage", "questions answered"),
    ("accuracy", "questions answered right"),
    ("tokens_per_question", "tokens a question"),
    ("seconds_per_question", "seconds a question"),
    ("checking_share", "checking, of generating time"),
];

const RULED: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// What was found, plain and checked side by side, with 95% intervals.
pub fn table(outcome: &Outcome) -> Table {
    let columns: Vec<&(Summary, Vec<Record>)> =
        std::iter::once(&outcome.plain).chain(&outcome.touchstone).collect();
    let mut table = Table::new();
    table.load_style(RULED);
    let names = columns.iter().map(|(summary, _)| summary.mode.name().to_owned());
    table.set_header(std::iter::once(String::new()).chain(names));
    for (name, label) in ROWS {
        let metrics: Vec<Option<&Metric>> = columns.iter().map(|(s, _)| s.metrics.get(*name)).collect();
        if metrics.iter().any(Option::is_some) {
            let cells = metrics.into_iter().map(|metric| metric.map_or_else(String::new, |m| cell(name, m)));
            table.add_row(std::iter::once((*label).to_owned()).chain(cells));
        }
    }
    let counts = columns.iter().map(|(_, records)| counts(records));
    table.add_row(std::iter::once("right, wrong, withheld".to_owned()).chain(counts));
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn cell(name: &str, metric: &Metric) -> String {
    let Some(value) = metric.value else {
        return "–".to_owned();
    };
    let show = |value: f64| match unit(name) {
        Unit::Share | Unit::Proportion => format!("{:.1}", 100.0 * value),
        Unit::Tokens => format!("{value:.0}"),
        Unit::Seconds => format!("{value:.2}"),
    };
    let percent = if matches!(unit(name), Unit::Share | Unit::Proportion) { "%" } else { "" };
    let interval = match metric.low.zip(metric.high) {
        Some((low, high)) => format!(" [{}–{}]", show(low), show(high)),
        None => String::new(),
    };
    format!("{}{percent}{interval} of {}", show(value), metric.n)
}

fn counts(records: &[Record]) -> String {
    let count = |verdict| records.iter().filter(|r| r.verdict == verdict).count();
    let mut text =
        format!("{}, {}, {}", count(Verdict::Right), count(Verdict::Wrong), count(Verdict::Withheld));
    for (number, what) in [
        (count(Verdict::Undecided), "without gold"),
        (records.iter().filter(|r| r.error.is_some()).count(), "could not be asked"),
    ] {
        if number > 0 {
            text.push_str(&format!(" ({number} {what})"));
        }
    }
    text
}

/// The metrics so far in one line.
pub fn brief(progress: &Progress<'_>) -> String {
    let of = |records: &[Record]| {
        let values = values(records, progress.plain);
        let percent = |name| match values.get(name).copied().flatten() {
            Some(value) => format!("{:.0}%", 100.0 * value),
            None => "–".to_owned(),
        };
        format!("{} right, {} of claims false", percent("accuracy"), percent("false_claim_rate"))
    };
    let plain = format!("plain {}", of(progress.plain));
    match progress.touchstone {
        [] => plain,
        touchstone => format!("{plain}; touchstone {}", of(touchstone)),
    }
}
