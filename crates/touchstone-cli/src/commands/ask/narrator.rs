//! A derivation for people, as it comes to stand.

use std::io::{self, Write};

use touchstone_core::{AskReport, Claim, Evidence, Language, Step, StepStatus, Verdict};
use touchstone_reason::Event;

use crate::output::{self, BOLD, DIM, STRUCK};

pub(super) struct Narrator {
    show_rejected: bool,
    /// Drafts of the step that is being worked on, each with why it fell.
    rewound: Vec<(String, String)>,
}

impl Narrator {
    pub(super) fn new(show_rejected: bool) -> Narrator {
        Narrator { show_rejected, rewound: Vec::new() }
    }

    pub(super) fn tell(&mut self, event: &Event<'_>, out: &mut dyn Write) -> io::Result<()> {
        match event {
            Event::Rewound { draft, why, .. } if self.show_rejected => {
                self.rewound.push(((*draft).to_owned(), (*why).to_owned()));
            }
            Event::Accepted { step } => {
                let rewound = std::mem::take(&mut self.rewound);
                write_step(step, &rewound, out)?;
                out.flush()?;
            }
            // Shown before: now it has other verdicts.
            Event::Revised { step } => {
                write_step(step, &[], out)?;
                if let Some(why) = &step.why {
                    writeln!(out, "     {}", output::plain(why))?;
                }
                out.flush()?;
            }
            Event::Premises { claims } => {
                for claim in *claims {
                    write_premise(claim, out)?;
                }
                out.flush()?;
            }
            // Drafts that fell without a step in their place.
            Event::Answered { .. } => {
                for (draft, why) in std::mem::take(&mut self.rewound) {
                    write_draft(&draft, &why, out)?;
                }
            }
            _ => {}
        }
        Ok(())
    }
}

fn write_step(step: &Step, rewound: &[(String, String)], out: &mut dyn Write) -> io::Result<()> {
    for (draft, why) in rewound {
        write_draft(draft, why, out)?;
    }
    let (style, mark) = output::step_status(step.status);
    writeln!(out, "{style}{mark}{style:#} {BOLD}{}{BOLD:#}  {}", step.index, output::plain(&step.text))?;
    if step.status == StepStatus::Repaired {
        for line in output::evidence_lines(&step.claims) {
            writeln!(out, "     {DIM}{}{DIM:#}", output::plain(&line))?;
        }
    }
    Ok(())
}

/// What the question takes for granted: refuted, or only assumed.
fn write_premise(claim: &Claim, out: &mut dyn Write) -> io::Result<()> {
    let (style, mark, _) = output::verdict(claim.verdict);
    let word = if claim.verdict == Verdict::Refuted { "premise" } else { "assumed" };
    writeln!(out, "{style}{mark}{style:#} {DIM}{word}{DIM:#}  {}", output::plain(&claim.sentence))?;
    if claim.verdict == Verdict::Refuted {
        writeln!(out, "     {}", output::plain(&claim.reason))?;
        for line in output::evidence_lines(std::slice::from_ref(claim)) {
            writeln!(out, "     {DIM}{}{DIM:#}", output::plain(&line))?;
        }
    }
    Ok(())
}

fn write_draft(draft: &str, why: &str, out: &mut dyn Write) -> io::Result<()> {
    let (style, mark) = output::step_status(StepStatus::Rejected);
    writeln!(out, "{style}{mark}{style:#}    {STRUCK}{}{STRUCK:#}", output::plain(draft))?;
    writeln!(out, "     {}", output::plain(why))
}

/// The last line: the answer and how far it can be trusted.
pub(super) fn answer(report: &AskReport, out: &mut dyn Write) -> io::Result<()> {
    let (style, status) = output::answer_status(report.answer.status);
    let word = match report.language {
        Some(Language::Chinese) => "答案",
        _ => "Answer",
    };
    writeln!(
        out,
        "{BOLD}{word}: {}{BOLD:#}  {style}[{status}]{style:#}",
        output::plain(&report.answer.text)
    )?;
    let mut evidence = report.answer.claims.iter().flat_map(|claim| &claim.evidence);
    if evidence.any(|evidence| matches!(evidence, Evidence::Passage { .. })) {
        for line in output::evidence_lines(&report.answer.claims) {
            writeln!(out, "  {DIM}{}{DIM:#}", output::plain(&line))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn step(status: StepStatus) -> Step {
        Step {
            index: 2,
            text: "Now\u{1b}[2J.".into(),
            status,
            before: Some("Then.".into()),
            claims: vec![],
            why: None,
            model: None,
        }
    }

    fn told(show_rejected: bool) -> String {
        let mut narrator = Narrator::new(show_rejected);
        let mut bytes = Vec::new();
        narrator.tell(&Event::Rewound { index: 2, draft: "Then.", why: "Not then." }, &mut bytes).unwrap();
        let step = step(StepStatus::Repaired);
        narrator.tell(&Event::Accepted { step: &step }, &mut bytes).unwrap();
        String::from_utf8(anstream::adapter::strip_bytes(&bytes).into_vec()).unwrap()
    }

    #[test]
    fn drafts_that_fell_are_shown_only_when_asked_for() {
        insta::assert_snapshot!(told(true), @r"
        ✗    Then.
             Not then.
        ↻ 2  Now [2J.
        ");
        insta::assert_snapshot!(told(false), @"↻ 2  Now [2J.");
    }
}
