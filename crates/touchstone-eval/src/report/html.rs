//! One page with everything in it.

use minijinja::value::Serde;
use minijinja::{Environment, context};
use serde::Serialize;

use super::markdown::by_suite;
use super::plots::{self, Plot};
use super::table::{amount, arrow, cell, notes};
use super::{Column, counts, shown_metrics};
use crate::error::EvalError;
use crate::results::StoredRun;

const PAGE: &str = include_str!("page.html");

#[derive(Serialize)]
struct Section {
    title: String,
    names: Vec<String>,
    rows: Vec<Row>,
    groups: Vec<Group>,
    notes: Vec<String>,
    plots: Vec<Plot>,
    runs: Vec<Made>,
}

#[derive(Serialize)]
struct Row {
    label: String,
    cells: Vec<String>,
}

/// A kind of question, for each system its main metrics.
#[derive(Serialize)]
struct Group {
    name: String,
    rows: Vec<Row>,
}

/// How a run was made.
#[derive(Serialize)]
struct Made {
    name: String,
    facts: Vec<(String, String)>,
}

const OF_GROUPS: [&str; 4] = ["false_claim_rate", "hits_at_1", "coverage", "accuracy"];

/// The page; nothing in it is loaded from elsewhere.
pub fn html(runs: &[StoredRun], title: &str) -> Result<String, EvalError> {
    let mut sections = Vec::new();
    for (suite, split, runs) in by_suite(runs) {
        let columns = Column::of_runs(&runs);
        let mut rows: Vec<Row> = shown_metrics(&columns)
            .into_iter()
            .map(|(name, label)| Row {
                label: format!("{label} {}", arrow(name)),
                cells: columns
                    .iter()
                    .map(|column| {
                        column.summary.metrics.get(name).map_or_else(String::new, |m| cell(name, m))
                    })
                    .collect(),
            })
            .collect();
        rows.push(Row {
            label: "right, wrong, withheld".to_owned(),
            cells: columns.iter().map(|column| counts(column.records)).collect(),
        });
        let told = columns.iter().flat_map(|column| {
            notes(column.summary).into_iter().map(|note| format!("{}: {note}", column.name))
        });
        sections.push(Section {
            title: format!("{suite}, {split}"),
            names: columns.iter().map(|column| column.name.clone()).collect(),
            rows,
            groups: groups(&columns),
            notes: told.collect(),
            plots: plots::all(&columns)?,
            runs: runs.iter().map(made).collect(),
        });
    }
    let mut page = Environment::new();
    let failed = |error: minijinja::Error| EvalError::Report { reason: error.to_string() };
    page.add_template("page.html", PAGE).map_err(failed)?;
    page.get_template("page.html")
        .and_then(|template| template.render(context! { title, sections => Serde(&sections) }))
        .map_err(failed)
}

fn groups(columns: &[Column<'_>]) -> Vec<Group> {
    let mut names: Vec<&String> = columns.iter().flat_map(|column| column.summary.groups.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let of_group = |name: &&String| {
        let rows = OF_GROUPS.iter().filter_map(|metric| {
            let label = crate::metrics::labels().find(|(known, _)| known == metric)?.1;
            let cells: Vec<String> = columns
                .iter()
                .map(|column| {
                    let found = column.summary.groups.get(*name).and_then(|metrics| metrics.get(*metric));
                    let value = found.and_then(|found| found.value.map(|value| (value, found.n)));
                    value.map_or_else(String::new, |(value, n)| format!("{} of {n}", amount(metric, value)))
                })
                .collect();
            cells.iter().any(|cell| !cell.is_empty()).then(|| Row { label: label.to_owned(), cells })
        });
        Group { name: (*name).clone(), rows: rows.collect() }
    };
    names.iter().map(of_group).collect()
}

fn made(run: &StoredRun) -> Made {
    let info = &run.info;
    let mut facts = vec![
        ("model".to_owned(), info.model.clone()),
        ("questions".to_owned(), info.n.to_string()),
        ("seed".to_owned(), info.seed.to_string()),
        ("data SHA-256".to_owned(), info.data_sha256.clone()),
        ("program".to_owned(), info.program.clone()),
        ("started".to_owned(), info.started.clone()),
    ];
    let shown = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    facts.extend(info.settings.iter().map(|(name, value)| (name.replace('_', " "), shown(value))));
    Made { name: run.name(), facts }
}
