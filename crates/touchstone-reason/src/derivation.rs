//! The state of one question's derivation: what stands, what fell, how long
//! it took.

use std::time::{Duration, Instant};

use touchstone_core::{Step, StepStatus, Timings, Verdict};

/// Words that were put right, and what stands for them now.
pub(crate) struct Replacement {
    pub(crate) wrong: String,
    pub(crate) right: String,
}

pub(crate) struct Derivation {
    pub(crate) steps: Vec<Step>,
    /// The standing steps as models see them, by their numbers.
    lines: Vec<(usize, String)>,
    pub(crate) replacements: Vec<Replacement>,
    /// Refuted words of steps that were taken out.
    pub(crate) rejected_words: Vec<String>,
    clock: Clock,
}

#[derive(Clone, Copy)]
pub(crate) enum Work {
    Generating,
    Checking,
}

struct Clock {
    begun: Instant,
    generating: Duration,
    checking: Duration,
    first_step: Option<Duration>,
}

impl Derivation {
    pub(crate) fn begin() -> Derivation {
        let clock = Clock {
            begun: Instant::now(),
            generating: Duration::ZERO,
            checking: Duration::ZERO,
            first_step: None,
        };
        Derivation {
            steps: Vec::new(),
            lines: Vec::new(),
            replacements: Vec::new(),
            rejected_words: Vec::new(),
            clock,
        }
    }

    /// Adds the time that `work` takes to its account.
    pub(crate) fn timed<T>(&mut self, kind: Work, work: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let result = work();
        match kind {
            Work::Generating => self.clock.generating += begun.elapsed(),
            Work::Checking => self.clock.checking += begun.elapsed(),
        }
        result
    }

    pub(crate) fn push(&mut self, step: Step) {
        if step.status != StepStatus::Rejected {
            self.clock.first_step.get_or_insert_with(|| self.clock.begun.elapsed());
        }
        self.steps.push(step);
    }

    /// A step that a model's later lines go on from.
    pub(crate) fn push_line(&mut self, step: Step, line: String) {
        self.lines.push((step.index, line));
        self.push(step);
    }

    /// A step that stood has other verdicts now; one that fell is no line any
    /// more.
    pub(crate) fn revise(&mut self, revised: Step) {
        if revised.status == StepStatus::Rejected {
            self.lines.retain(|(index, _)| *index != revised.index);
        }
        if let Some(step) = self.steps.iter_mut().find(|step| step.index == revised.index) {
            *step = revised;
        }
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.iter().map(|(_, line)| line.clone()).collect()
    }

    /// Time that checking took beside other work.
    pub(crate) fn add_checking(&mut self, time: Duration) {
        self.clock.checking += time;
    }

    pub(crate) fn add_generating(&mut self, time: Duration) {
        self.clock.generating += time;
    }

    pub(crate) fn next_index(&self) -> usize {
        self.steps.len() + 1
    }

    /// The steps that later ones may build on.
    pub(crate) fn standing(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.status != StepStatus::Rejected)
    }

    pub(crate) fn texts(&self) -> Vec<&str> {
        self.standing().map(|step| step.text.as_str()).collect()
    }

    /// Whether every standing step holds in all its claims, and the last one
    /// was not given up: what it was to say is missing.
    pub(crate) fn all_supported(&self) -> bool {
        let given_up = self.steps.last().is_some_and(|step| step.status == StepStatus::Rejected);
        !given_up
            && self.standing().all(|step| matches!(step.status, StepStatus::Accepted | StepStatus::Repaired))
    }

    pub(crate) fn timings(&self) -> Timings {
        Timings {
            total_s: self.clock.begun.elapsed().as_secs_f64(),
            generating_s: self.clock.generating.as_secs_f64(),
            checking_s: self.clock.checking.as_secs_f64(),
            first_step_s: self.clock.first_step.unwrap_or_else(|| self.clock.begun.elapsed()).as_secs_f64(),
        }
    }
}

/// The status of a step that was not refuted.
pub(crate) fn status(claims: &[touchstone_core::Claim], repaired: bool) -> StepStatus {
    let holds = !claims.is_empty() && claims.iter().all(|claim| claim.verdict == Verdict::Supported);
    match (repaired, holds) {
        (true, true) => StepStatus::Repaired,
        (false, true) => StepStatus::Accepted,
        (_, false) => StepStatus::Unverified,
    }
}
