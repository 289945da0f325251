//! The metrics that are ratios of sums over questions.

use std::collections::HashSet;

use touchstone_core::{AskReport, StepStatus};

use super::{Better, Unit};
use crate::bootstrap::Part;
use crate::judge::{Truth, Verdict};
use crate::record::{Mode, Record};
use crate::suite::Answers;

/// When a metric stands in a summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    Always,
    /// Where there is something to count.
    Counted,
    /// Except for plain answers.
    Checked,
}

/// A ratio of sums over questions.
pub(crate) struct Definition {
    pub(crate) name: &'static str,
    /// What people call it.
    pub(crate) label: &'static str,
    pub(crate) unit: Unit,
    pub(crate) better: Better,
    pub(super) shown: Shown,
    /// What a question adds above and below the line, given the plain answer
    /// to it.
    pub(super) part: fn(&Record, Option<&Record>) -> Part,
}

/// In the order in which they are read.
pub(crate) const DEFINITIONS: &[Definition] = &[
    define(
        "false_claim_rate",
        "false claims, of those made",
        Unit::Share,
        Better::Lower,
        Shown::Always,
        |r, _| count(r.false_claims, r.true_claims + r.false_claims),
    ),
    define(
        "true_claim_retention",
        "plain's true claims still made",
        Unit::Share,
        Better::Higher,
        Shown::Always,
        retained,
    ),
    define(
        "step_false_claim_rate",
        "false claims in steps",
        Unit::Share,
        Better::Lower,
        Shown::Counted,
        |r, _| {
            let decided = |truth| r.asserted().filter(|claim| claim.truth == truth).count();
            count(decided(Truth::False), decided(Truth::True) + decided(Truth::False))
        },
    ),
    define(
        "step_claim_retention",
        "plain's true steps still made",
        Unit::Share,
        Better::Higher,
        Shown::Counted,
        steps_retained,
    ),
    define("coverage", "questions answered", Unit::Share, Better::Higher, Shown::Always, |r, _| {
        (f64::from(r.verdict != Verdict::Withheld), 1.0)
    }),
    define("accuracy", "questions answered right", Unit::Share, Better::Higher, Shown::Always, |r, _| {
        of(r.verdict != Verdict::Undecided, r.verdict == Verdict::Right)
    }),
    define(
        "accuracy_when_answered",
        "right, of those answered",
        Unit::Share,
        Better::Higher,
        Shown::Counted,
        |r, _| of(matches!(r.verdict, Verdict::Right | Verdict::Wrong), r.verdict == Verdict::Right),
    ),
    define("hits_at_1", "first value right (Hits@1)", Unit::Share, Better::Higher, Shown::Counted, |r, _| {
        of(r.answers == Answers::All && !r.gold.is_empty(), r.first_right)
    }),
    define("exact_set", "exactly the gold answers", Unit::Share, Better::Higher, Shown::Counted, |r, _| {
        of(r.answers == Answers::All && !r.gold.is_empty(), exact(r))
    }),
    define(
        "hits_at_1_held",
        "Hits@1, where the graph holds the answers",
        Unit::Share,
        Better::Higher,
        Shown::Counted,
        |r, _| of(r.held == Some(true), r.first_right),
    ),
    define(
        "exact_set_held",
        "exactly the answers, where the graph holds them",
        Unit::Share,
        Better::Higher,
        Shown::Counted,
        |r, _| of(r.held == Some(true), exact(r)),
    ),
    define("answer_f1", "F1 of the answer set", Unit::Proportion, Better::Higher, Shown::Counted, |r, _| {
        if r.answers != Answers::All || r.gold.is_empty() {
            return (0.0, 0.0);
        }
        let given = (r.true_claims + r.false_claims) as f64;
        (2.0 * r.true_claims as f64 / (given + r.gold.len() as f64), 1.0)
    }),
    define(
        "premise_noticed",
        "false premises noticed",
        Unit::Share,
        Better::Higher,
        Shown::Counted,
        |r, _| of(group(r) == "false premise", r.verdict == Verdict::Right),
    ),
    define(
        "premise_declined",
        "true premises declined",
        Unit::Share,
        Better::Lower,
        Shown::Counted,
        |r, _| of(group(r) == "true premise", r.verdict == Verdict::Withheld),
    ),
    define(
        "withheld_rightly",
        "withheld where plain was wrong",
        Unit::Share,
        Better::Higher,
        Shown::Counted,
        |r, plain| {
            let plain = plain.map(|plain| plain.verdict).filter(|_| r.mode != Mode::Plain);
            let judged = matches!(plain, Some(Verdict::Right | Verdict::Wrong));
            of(judged && r.verdict == Verdict::Withheld, plain == Some(Verdict::Wrong))
        },
    ),
    define(
        "repair_success",
        "repaired steps that are true",
        Unit::Share,
        Better::Higher,
        Shown::Counted,
        |r, _| {
            let repaired = with_status(r, StepStatus::Repaired);
            let of_repaired =
                |truth| r.asserted().filter(|c| repaired.contains(&c.step) && c.truth == truth).count();
            count(of_repaired(Truth::True), of_repaired(Truth::True) + of_repaired(Truth::False))
        },
    ),
    define(
        "taken_back_rightly",
        "drafts taken back that are false",
        Unit::Share,
        Better::Higher,
        Shown::Counted,
        |r, _| {
            let back =
                |truth| r.claims.iter().filter(|claim| claim.taken_back && claim.truth == truth).count();
            count(back(Truth::False), back(Truth::True) + back(Truth::False))
        },
    ),
    define("tokens_per_question", "tokens a question", Unit::Tokens, Better::Lower, Shown::Always, |r, _| {
        report(r, |report| (report.usage.generated_tokens as f64, 1.0))
    }),
    define(
        "calls_per_question",
        "model calls a question",
        Unit::Calls,
        Better::Lower,
        Shown::Counted,
        |r, _| report(r, |report| (report.usage.model_calls as f64, f64::from(report.usage.model_calls > 0))),
    ),
    define(
        "seconds_per_question",
        "seconds until the answer",
        Unit::Seconds,
        Better::Lower,
        Shown::Always,
        |r, _| report(r, |report| (report.timings.total_s, 1.0)),
    ),
    define(
        "run_seconds_per_question",
        "seconds of the run a question",
        Unit::Seconds,
        Better::Lower,
        Shown::Counted,
        |r, _| (r.elapsed_s, f64::from(r.elapsed_s > 0.0)),
    ),
    define(
        "joules_per_question",
        "joules a question",
        Unit::Joules,
        Better::Lower,
        Shown::Counted,
        |r, _| r.energy_j.map_or((0.0, 0.0), |joules| (joules, 1.0)),
    ),
    define(
        "checking_share",
        "checking, of generating time",
        Unit::Proportion,
        Better::Lower,
        Shown::Checked,
        |r, _| {
            if r.mode != Mode::Touchstone {
                return (0.0, 0.0);
            }
            report(r, |report| (report.timings.checking_s, report.timings.generating_s))
        },
    ),
];

const fn define(
    name: &'static str,
    label: &'static str,
    unit: Unit,
    better: Better,
    shown: Shown,
    part: fn(&Record, Option<&Record>) -> Part,
) -> Definition {
    Definition { name, label, unit, better, shown, part }
}

fn count(above: usize, below: usize) -> Part {
    (above as f64, below as f64)
}

fn of(counts: bool, holds: bool) -> Part {
    (f64::from(counts && holds), f64::from(counts))
}

fn exact(record: &Record) -> bool {
    record.verdict == Verdict::Right && record.gold_found == record.gold.len()
}

fn group(record: &Record) -> &str {
    record.group.as_deref().unwrap_or_default()
}

fn report(record: &Record, part: impl Fn(&AskReport) -> Part) -> Part {
    record.report.as_ref().map_or((0.0, 0.0), part)
}

fn with_status(record: &Record, status: StepStatus) -> HashSet<usize> {
    let steps = record.report.iter().flat_map(|report| &report.steps);
    steps.filter(|step| step.status == status).map(|step| step.index).collect()
}

// Any right answer will do, so a right value that replaces another right
// value still makes the claim.
fn retained(record: &Record, plain: Option<&Record>) -> Part {
    let plain = plain.map_or(0, |plain| plain.true_claims);
    count(record.true_claims.min(plain), plain)
}

fn steps_retained(record: &Record, plain: Option<&Record>) -> Part {
    let Some(plain) = plain.filter(|_| record.mode != Mode::Plain) else { return (0.0, 0.0) };
    let made: HashSet<_> =
        record.asserted().filter(|claim| claim.truth == Truth::True).map(|claim| claim.key()).collect();
    let wanted: HashSet<_> =
        plain.asserted().filter(|claim| claim.truth == Truth::True).map(|claim| claim.key()).collect();
    count(wanted.intersection(&made).count(), wanted.len())
}
