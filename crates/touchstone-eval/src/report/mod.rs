//! What was found, for people: in the terminal, as Markdown, as one page of
//! HTML.

mod compare;
mod html;
mod markdown;
mod plots;
mod table;

pub use compare::{Change, ComparedRuns};
pub use html::html;
pub use markdown::markdown;
pub use table::{brief, columns_table, notes, table, tested};

use crate::judge::Verdict;
use crate::metrics::labels;
use crate::record::Record;
use crate::results::StoredRun;
use crate::summary::Summary;

/// One system of a table.
pub struct Column<'a> {
    pub name: String,
    pub summary: &'a Summary,
    pub records: &'a [Record],
}

impl<'a> Column<'a> {
    pub fn of(summary: &'a Summary, records: &'a [Record]) -> Column<'a> {
        Column { name: summary.mode.name().to_owned(), summary, records }
    }

    /// Finished runs only; the model is named where there are several.
    pub fn of_runs(runs: &'a [StoredRun]) -> Vec<Column<'a>> {
        let finished = || runs.iter().filter_map(|run| run.summary.as_ref().map(|summary| (run, summary)));
        let models: std::collections::BTreeSet<&str> =
            finished().map(|(run, _)| run.info.model.as_str()).collect();
        finished()
            .map(|(run, summary)| {
                let mut name = summary.mode.name().to_owned();
                if models.len() > 1 {
                    name = format!("{name}, {}", run.info.model);
                }
                if let Some(drop) = summary.kg_drop.filter(|drop| *drop > 0.0) {
                    name = format!("{name}, {:.0}% of facts", 100.0 * (1.0 - drop));
                }
                Column { name, summary, records: &run.records }
            })
            .collect()
    }
}

/// Metrics that any of the columns has, with their labels: those that the
/// suite names first, the others in their order.
fn shown_metrics(columns: &[Column<'_>]) -> Vec<(&'static str, &'static str)> {
    let has = |name: &str| columns.iter().any(|column| column.summary.metrics.contains_key(name));
    let mut shown: Vec<_> = labels().filter(|(name, _)| has(name)).collect();
    let headline = columns.first().map_or(&[][..], |column| &column.summary.headline);
    shown.sort_by_key(|(name, _)| headline.iter().position(|first| first == name).unwrap_or(headline.len()));
    shown
}

fn counts(records: &[Record]) -> String {
    let count = |verdict| records.iter().filter(|r| r.verdict == verdict).count();
    let mut text =
        format!("{}, {}, {}", count(Verdict::Right), count(Verdict::Wrong), count(Verdict::Withheld));
    for (number, what) in [
        (count(Verdict::Undecided), "without gold"),
        (records.iter().filter(|r| r.below_threshold.is_some()).count(), "below the threshold"),
        (records.iter().filter(|r| r.error.is_some()).count(), "could not be asked"),
    ] {
        if number > 0 {
            text.push_str(&format!(" ({number} {what})"));
        }
    }
    text
}
