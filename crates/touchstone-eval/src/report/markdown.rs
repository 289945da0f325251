//! Tables in Markdown, for READMEs and pull requests.

use std::fmt::Write;

use super::table::{arrow, cell, notes};
use super::{Column, counts, shown_metrics};
use crate::results::StoredRun;

/// Runs of the same suite and split side by side.
pub fn markdown(runs: &[StoredRun]) -> String {
    let mut text = String::new();
    for (suite, split, runs) in by_suite(runs) {
        let columns = Column::of_runs(&runs);
        let _ = writeln!(text, "## {suite}, {split}\n");
        let names: Vec<String> = columns.iter().map(|column| escaped(&column.name)).collect();
        let _ = writeln!(text, "| | {} |", names.join(" | "));
        let _ = writeln!(text, "| --- |{}", " ---: |".repeat(names.len()));
        for (name, label) in shown_metrics(&columns) {
            let cells: Vec<String> = columns
                .iter()
                .map(|column| column.summary.metrics.get(name).map_or_else(String::new, |m| cell(name, m)))
                .collect();
            let _ = writeln!(text, "| {label} {} | {} |", arrow(name), cells.join(" | "));
        }
        let counted: Vec<String> = columns.iter().map(|column| counts(column.records)).collect();
        let _ = writeln!(text, "| right, wrong, withheld | {} |\n", counted.join(" | "));
        for column in &columns {
            for note in notes(column.summary) {
                let _ = writeln!(text, "- {}: {}", escaped(&column.name), escaped(&note));
            }
        }
        let _ = writeln!(text, "\nBrackets are 95% intervals.\n");
    }
    text
}

/// Suite, split and their finished runs, in the order in which they come.
pub(super) fn by_suite(runs: &[StoredRun]) -> Vec<(String, String, Vec<StoredRun>)> {
    let mut suites: Vec<(String, String, Vec<StoredRun>)> = Vec::new();
    for run in runs.iter().filter(|run| run.summary.is_some()) {
        let (suite, split) = (&run.info.suite, &run.info.split);
        match suites.iter_mut().find(|(s, p, _)| s == suite && p == split) {
            Some((.., found)) => found.push(run.clone()),
            None => suites.push((suite.clone(), split.clone(), vec![run.clone()])),
        }
    }
    suites
}

fn escaped(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;")
}
