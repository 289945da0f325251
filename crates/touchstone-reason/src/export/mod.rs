//! A derivation for other programs and for the eye: JSON-LD with PROV-O, DOT,
//! SVG.

mod dot;
mod prov;
mod svg;

pub use dot::to_dot;
pub use prov::to_json_ld;
pub use svg::to_svg;

use touchstone_core::{AskReport, Claim, Evidence, Step};

/// One kind of box in a picture of a derivation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Step,
    Claim,
    Evidence,
}

/// The derivation as boxes with what each rests on: those come after it.
struct Boxes {
    boxes: Vec<(Level, String, Tone)>,
    links: Vec<(usize, usize)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tone {
    Holds,
    Falls,
    Open,
    Plain,
}

/// Claims of one step that a picture shows; more are counted.
const MAX_SHOWN: usize = 12;

impl Boxes {
    fn of(report: &AskReport) -> Boxes {
        let mut boxes = Boxes { boxes: Vec::new(), links: Vec::new() };
        let mut places: Vec<(usize, usize)> = Vec::new();
        for step in &report.steps {
            let at = boxes.add(Level::Step, format!("{}. {}", step.index, step.text), tone_of_step(step));
            places.push((step.index, at));
            boxes.claims(at, &step.claims, &places);
        }
        let status = serde_json::to_value(report.answer.status).ok();
        let status = status.as_ref().and_then(|value| value.as_str()).unwrap_or_default().replace('_', " ");
        let at = boxes.add(Level::Step, format!("{} [{status}]", report.answer.text), Tone::Plain);
        boxes.claims(at, &report.answer.claims, &places);
        boxes
    }

    fn add(&mut self, level: Level, text: String, tone: Tone) -> usize {
        self.boxes.push((level, text, tone));
        self.boxes.len() - 1
    }

    fn claims(&mut self, owner: usize, claims: &[Claim], steps: &[(usize, usize)]) {
        for claim in claims.iter().take(MAX_SHOWN) {
            let at = self.add(Level::Claim, claim.text.clone(), tone_of_claim(claim));
            self.links.push((owner, at));
            for evidence in &claim.evidence {
                if let Evidence::Step { index, .. } = evidence {
                    let known = steps.iter().find(|(known, _)| known == index);
                    self.links.extend(known.map(|(_, place)| (at, *place)));
                    continue;
                }
                let text = evidence_text(evidence);
                let known = self
                    .boxes
                    .iter()
                    .position(|(level, known, _)| *level == Level::Evidence && *known == text);
                let place = known.unwrap_or_else(|| self.add(Level::Evidence, text, Tone::Plain));
                self.links.push((at, place));
            }
        }
        if claims.len() > MAX_SHOWN {
            let at = self.add(Level::Claim, format!("+ {}", claims.len() - MAX_SHOWN), Tone::Plain);
            self.links.push((owner, at));
        }
    }
}

fn tone_of_step(step: &Step) -> Tone {
    use touchstone_core::StepStatus::{Accepted, Rejected, Repaired, Unverified};
    match step.status {
        Accepted | Repaired => Tone::Holds,
        Rejected => Tone::Falls,
        Unverified => Tone::Open,
    }
}

fn tone_of_claim(claim: &Claim) -> Tone {
    use touchstone_core::Verdict::{Refuted, Supported, Unverifiable};
    match claim.verdict {
        Supported => Tone::Holds,
        Refuted => Tone::Falls,
        Unverifiable => Tone::Open,
    }
}

fn evidence_text(evidence: &Evidence) -> String {
    match evidence {
        Evidence::Triple { subject, predicate, object, graph, source, .. } => format!(
            "{} – {} – {} ({})",
            subject.label,
            predicate.label,
            object.label,
            source.as_ref().unwrap_or(graph)
        ),
        Evidence::Passage { title, text, .. } => format!("{title}: {text}"),
        Evidence::Calculation { expression, result, .. } => format!("{expression} = {result}"),
        Evidence::Step { text, .. } => text.clone(),
    }
}
