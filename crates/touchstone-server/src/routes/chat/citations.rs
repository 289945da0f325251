use schemars::JsonSchema;
use serde::Serialize;
use touchstone_core::{AskReport, Claim, Evidence, Verdict};

/// A number in the text and what it stands for.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Citation {
    /// Counted from 1.
    pub(crate) number: usize,
    pub(crate) evidence: Evidence,
}

/// The answer's text with numbers behind what is supported, and a list of
/// what they stand for.
pub(crate) fn cited(report: &AskReport) -> (String, Vec<Citation>) {
    let text = &report.answer.text;
    let mut citations: Vec<Citation> = Vec::new();
    let mut marks: Vec<(usize, Vec<usize>)> = Vec::new();
    for claim in report.answer.claims.iter().filter(|claim| claim.verdict == Verdict::Supported) {
        let mut numbers = Vec::new();
        for evidence in grounds(report, claim) {
            let known = citations.iter().find(|citation| citation.evidence == evidence);
            let number = known.map_or(citations.len() + 1, |citation| citation.number);
            if number > citations.len() {
                citations.push(Citation { number, evidence });
            }
            if !numbers.contains(&number) {
                numbers.push(number);
            }
        }
        marks.push((claim.span[1], numbers));
    }
    marks.sort_by_key(|(place, _)| *place);
    let mut out = String::new();
    let mut marks = marks.into_iter().peekable();
    let mut seen: Vec<(usize, usize)> = Vec::new();
    for (at, character) in text.chars().map(Some).chain([None]).enumerate() {
        while let Some((place, numbers)) = marks.next_if(|(place, _)| *place <= at) {
            for number in numbers {
                if !seen.contains(&(place, number)) {
                    seen.push((place, number));
                    out.push_str(&format!(" [{number}]"));
                }
            }
        }
        out.extend(character);
    }
    if !citations.is_empty() {
        out.push('\n');
    }
    for Citation { number, evidence } in &citations {
        out.push_str(&format!("\n[{number}] {}", line(evidence)));
    }
    (out, citations)
}

/// What a claim rests on, where that is a step, what the step rests on.
fn grounds(report: &AskReport, claim: &Claim) -> Vec<Evidence> {
    let mut grounds = Vec::new();
    for evidence in &claim.evidence {
        match evidence {
            Evidence::Step { index, .. } => {
                let step = report.steps.iter().find(|step| step.index == *index);
                let claims = step.into_iter().flat_map(|step| &step.claims);
                let of_step = claims.flat_map(|claim| &claim.evidence);
                grounds.extend(of_step.filter(|one| !matches!(one, Evidence::Step { .. })).cloned());
            }
            other => grounds.push(other.clone()),
        }
    }
    grounds
}

fn line(evidence: &Evidence) -> String {
    match evidence {
        Evidence::Triple { subject, predicate, object, source, graph, .. } => {
            let source = source.as_ref().unwrap_or(graph);
            format!("{} – {} – {} ({source})", subject.label, predicate.label, object.label)
        }
        Evidence::Passage { title, text, .. } => format!("“{text}” ({title})"),
        Evidence::Calculation { expression, result, .. } => format!("{expression} = {result}"),
        Evidence::Step { index, text } => format!("{index}: {text}"),
    }
}
