use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};

use super::{Column, counts, shown_metrics};
use crate::metrics::{Better, Metric, Unit, better, unit, values};
use crate::paired::Comparison;
use crate::record::Record;
use crate::run::{Outcome, Progress};
use crate::summary::{Reached, Summary};

const RULED: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// What a run found, beside plain, with 95% intervals.
pub fn table(outcome: &Outcome) -> Table {
    let mut columns = Vec::new();
    if let Some((summary, records)) = &outcome.plain {
        columns.push(Column::of(summary, records));
    }
    columns.push(Column::of(&outcome.summary, &outcome.records));
    columns_table(&columns)
}

/// Systems side by side.
pub fn columns_table(columns: &[Column<'_>]) -> Table {
    let mut table = Table::new();
    table.load_style(RULED);
    table.set_header(std::iter::once(String::new()).chain(columns.iter().map(|column| column.name.clone())));
    for (name, label) in shown_metrics(columns) {
        let cells = columns.iter().map(|column| {
            column.summary.metrics.get(name).map_or_else(String::new, |metric| cell(name, metric))
        });
        table.add_row(std::iter::once(label.to_owned()).chain(cells));
    }
    let counts = columns.iter().map(|column| counts(column.records));
    table.add_row(std::iter::once("right, wrong, withheld".to_owned()).chain(counts));
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// What stands beneath a table: targets, promises, tests against plain.
pub fn notes(summary: &Summary) -> Vec<String> {
    let mut notes: Vec<String> = summary.targets.iter().map(|target| reached(summary, target)).collect();
    if let Some(conformal) = &summary.conformal {
        let measured = conformal.measured;
        let percent =
            |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{:.1}%", 100.0 * value));
        notes.push(format!(
            "promised: at most {} of questions answered falsely; measured: {} [{}–{}] of {}: {}",
            percent(Some(conformal.promised)),
            percent(measured.value),
            percent(measured.low),
            percent(measured.high),
            measured.n,
            if conformal.kept { "kept" } else { "not kept" }
        ));
    }
    if let Some(corrected) = summary.corrected {
        notes.push(format!(
            "{corrected} of the listed answers are wrong or out of date and were corrected for every system: the suite says which and why (--as-listed leaves them)"
        ));
    }
    if let Some(comparison) = &summary.against_plain {
        notes.push(format!("against plain: {}", tested(comparison)));
    }
    notes
}

fn reached(summary: &Summary, target: &Reached) -> String {
    let label = crate::metrics::labels()
        .find(|(name, _)| *name == target.metric)
        .map_or(target.metric.as_str(), |(_, label)| label);
    let bound = |word: &str, value: Option<f64>| {
        value.map(|value| format!(" {word} {}", amount(&target.metric, value)))
    };
    let wanted: String = [bound("at least", target.at_least), bound("at most", target.at_most)]
        .into_iter()
        .flatten()
        .collect();
    let value = summary.metrics.get(&target.metric).and_then(|metric| metric.value);
    let value = value.map_or("–".to_owned(), |value| amount(&target.metric, value));
    let verdict = if target.reached { "reached" } else { "not reached" };
    format!("target{wanted} for \"{label}\": {value}, {verdict}")
}

/// McNemar's test and the differences that are unlikely to be chance.
pub fn tested(comparison: &Comparison) -> String {
    let m = comparison.mcnemar;
    let mut text = format!(
        "{} questions right only here, {} only there (McNemar {})",
        m.only_first_right,
        m.only_second_right,
        p_value(m.p)
    );
    if let Some(difference) = comparison.differences.get("false_claim_rate") {
        text.push_str(&format!(
            "; false claims {:+.1} points [{:+.1} to {:+.1}] (paired bootstrap {})",
            100.0 * difference.value,
            100.0 * difference.low,
            100.0 * difference.high,
            p_value(difference.p)
        ));
    }
    text
}

pub(super) fn p_value(p: f64) -> String {
    if p < 0.001 { "p < 0.001".to_owned() } else { format!("p = {p:.3}") }
}

/// "12.3%", "45", "0.81": without an interval.
pub(super) fn amount(name: &str, value: f64) -> String {
    match unit(name) {
        Unit::Share => format!("{:.1}%", 100.0 * value),
        Unit::Proportion if name == "answer_f1" || name == "aurc" || name.ends_with("_error") => {
            format!("{value:.3}")
        }
        Unit::Proportion => format!("{:.1}%", 100.0 * value),
        Unit::Tokens => format!("{value:.0}"),
        Unit::Calls => format!("{value:.1}"),
        Unit::Seconds | Unit::Joules => format!("{value:.2}"),
    }
}

pub(super) fn cell(name: &str, metric: &Metric) -> String {
    let Some(value) = metric.value else {
        return "–".to_owned();
    };
    let bare = |value: f64| amount(name, value).trim_end_matches('%').to_owned();
    let interval = match metric.low.zip(metric.high) {
        Some((low, high)) => format!(" [{}–{}]", bare(low), bare(high)),
        None => String::new(),
    };
    format!("{}{interval} of {}", amount(name, value), metric.n)
}

/// "↓" where less is better.
pub(super) fn arrow(name: &str) -> &'static str {
    match better(name) {
        Better::Lower => "↓",
        Better::Higher => "↑",
        Better::Neither => "",
    }
}

/// The metrics so far in one line.
pub fn brief(progress: &Progress<'_>) -> String {
    let of = |records: &[Record]| {
        let values = values(records, None);
        let percent = |name| match values.get(name).copied().flatten() {
            Some(value) => format!("{:.0}%", 100.0 * value),
            None => "–".to_owned(),
        };
        format!("{} right, {} of claims false", percent("accuracy"), percent("false_claim_rate"))
    };
    let own =
        (!progress.records.is_empty()).then(|| format!("{} {}", progress.mode.name(), of(progress.records)));
    let plain = (!progress.plain.is_empty()).then(|| format!("plain {}", of(progress.plain)));
    let parts: Vec<String> = plain.into_iter().chain(own).collect();
    if parts.is_empty() { "no answer yet".to_owned() } else { parts.join("; ") }
}
