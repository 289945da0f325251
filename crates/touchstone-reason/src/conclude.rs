//! Whether an answer follows from the steps.

use num_rational::BigRational;
use touchstone_check::read::{self, Number, format_plain};
use touchstone_core::{
    Claim, ClaimKind, Correction, Evidence, Language, ReasonCode, Step, StepStatus, Term, Verdict,
};
use touchstone_text::Passage;

use crate::derivation::Derivation;
use crate::prompts::Words;

/// One claim for each value of the answer: that a step says it.
pub(crate) fn claims(answer: &str, values: &[String], derivation: &Derivation, words: &Words) -> Vec<Claim> {
    let last_result = derivation.standing().filter_map(|step| Some((result(&step.text)?, step))).last();
    values.iter().map(|value| conclusion(answer, value, derivation, last_result.as_ref(), words)).collect()
}

fn conclusion(
    answer: &str,
    value: &str,
    derivation: &Derivation,
    last_result: Option<&(BigRational, &Step)>,
    words: &Words,
) -> Claim {
    let number = number_of(value);
    let says = |step: &&Step| match &number {
        Some(number) => states_number(&step.text, &number.value),
        None => states_name(&step.text, value),
    };
    let step = derivation.standing().filter(says).last();
    if let Some(step) = step {
        let holds = matches!(step.status, StepStatus::Accepted | StepStatus::Repaired);
        let code = if holds { ReasonCode::FollowsFromStep } else { ReasonCode::NoEvidence };
        let verdict = if holds { Verdict::Supported } else { Verdict::Unverifiable };
        let reason =
            if holds { words.follows_from_steps.clone() } else { step.why.clone().unwrap_or_default() };
        return claim(answer, value, verdict, code, reason, vec![step_evidence(step)]);
    }
    if let (Some(number), Some((right, step))) = (&number, last_result)
        && matches!(step.status, StepStatus::Accepted | StepStatus::Repaired)
    {
        let right = format_plain(right);
        let reason = filled(&words.last_result, &right, value);
        let mut refuted = claim(
            answer,
            value,
            Verdict::Refuted,
            ReasonCode::ContradictsStep,
            reason,
            vec![step_evidence(step)],
        );
        let start = answer.find(value).map(|at| at + number.span.start);
        refuted.correction = start.map(|start| Correction {
            span: characters(answer, start, number.span.len()),
            replacement: right,
        });
        return refuted;
    }
    let folded = value.to_lowercase();
    if derivation.rejected_words.iter().any(|word| word.to_lowercase() == folded) {
        let reason = filled(&words.from_rejected_step, "", value);
        return claim(answer, value, Verdict::Refuted, ReasonCode::ContradictsStep, reason, Vec::new());
    }
    let reason = words.not_in_steps.clone();
    claim(answer, value, Verdict::Unverifiable, ReasonCode::NoEvidence, reason, Vec::new())
}

/// What the graph does not decide, and a verified step says of the same things.
pub(crate) fn from_steps(claims: &mut [Claim], derivation: &Derivation, words: &Words) {
    let same = |one: &Option<Term>, other: &Option<Term>| match (one, other) {
        (Some(one), Some(other)) => one.iri.is_some() && one.iri == other.iri,
        _ => false,
    };
    for claim in claims.iter_mut().filter(|claim| claim.verdict == Verdict::Unverifiable) {
        let says = |said: &&Claim| {
            said.verdict == Verdict::Supported
                && (said.kind, said.negated_kind) == (claim.kind, claim.negated_kind)
                && same(&said.subject, &claim.subject)
                && same(&said.predicate, &claim.predicate)
                && same(&said.object, &claim.object)
        };
        let found = derivation
            .standing()
            .filter(|step| matches!(step.status, StepStatus::Accepted | StepStatus::Repaired))
            .find_map(|step| Some((step, step.claims.iter().find(says)?)));
        if let Some((step, said)) = found {
            (claim.verdict, claim.reason_code) = (Verdict::Supported, ReasonCode::FollowsFromStep);
            claim.reason.clone_from(&words.follows_from_steps);
            claim.evidence = vec![step_evidence(step)];
            claim.confidence = said.confidence;
        }
    }
}

/// Where the values that nothing verifies stand in what the model read.
pub(crate) fn quote(claims: &mut [Claim], passages: &[Passage]) {
    let values = claims
        .iter_mut()
        .filter(|claim| claim.kind == ClaimKind::Conclusion && claim.verdict == Verdict::Unverifiable);
    for claim in values {
        claim.evidence.extend(passages.iter().find_map(|passage| sentence_with(passage, &claim.text)));
    }
}

/// The first sentence of a passage that states the name, as evidence.
fn sentence_with(passage: &Passage, name: &str) -> Option<Evidence> {
    let text = &passage.text;
    let sentence = read::sentences(text).into_iter().find(|s| states_name(&text[s.span.clone()], name))?;
    Some(passage.part(sentence.span).into())
}

/// Words that a step corrected, put right in the answer too.
pub(crate) fn with_replacements(answer: &str, derivation: &Derivation) -> String {
    let mut text = answer.to_owned();
    for replacement in &derivation.replacements {
        let number = Number::parse(&replacement.wrong).is_some();
        // A wrong number may be right elsewhere.
        if !number && text.contains(&replacement.wrong) && !text.contains(&replacement.right) {
            text = text.replace(&replacement.wrong, &replacement.right);
        }
    }
    text
}

/// The result of the last calculation of a step.
fn result(step: &str) -> Option<BigRational> {
    read::equations(step).last()?.sides.last().map(read::Side::value_or_zero)
}

fn states_number(step: &str, value: &BigRational) -> bool {
    read::numbers(step).iter().any(|number| number.value == *value)
        || read::equations(step)
            .iter()
            .flat_map(|equation| &equation.sides)
            .any(|side| side.value_or_zero() == *value)
}

fn states_name(step: &str, value: &str) -> bool {
    let (step, value) = (step.to_lowercase(), value.to_lowercase());
    step.match_indices(&value).any(|(at, _)| {
        let joins = |c: char| c.is_alphanumeric() && c.is_ascii();
        let before = step[..at].chars().next_back().is_some_and(joins) && value.starts_with(joins);
        let after = step[at + value.len()..].chars().next().is_some_and(joins) && value.ends_with(joins);
        !before && !after
    })
}

/// The number that a value is, its unit aside.
fn number_of(value: &str) -> Option<Number> {
    let mut found = read::find_quantities(value).into_iter();
    let first = found.next()?;
    let around = value[..first.span.start].chars().chain(value[first.span.end..].chars());
    let words = around.filter(|c| c.is_alphanumeric()).count();
    (found.next().is_none() && words <= 12).then_some(first.number)
}

fn claim(
    answer: &str,
    value: &str,
    verdict: Verdict,
    reason_code: ReasonCode,
    reason: String,
    evidence: Vec<Evidence>,
) -> Claim {
    let start = answer.find(value).unwrap_or(0);
    let length = if answer[start..].starts_with(value) { value.len() } else { answer.len() };
    Claim {
        text: value.to_owned(),
        kind: ClaimKind::Conclusion,
        negated_kind: None,
        sentence: answer.to_owned(),
        span: characters(answer, start, length),
        subject: None,
        predicate: None,
        object: Some(Term::literal(value)),
        verdict,
        reason_code,
        reason,
        evidence,
        confidence: 1.0,
        correction: None,
        rule: None,
        readings: Vec::new(),
    }
}

fn characters(text: &str, start: usize, length: usize) -> [usize; 2] {
    let count = |end: usize| text.get(..end).map_or(0, |part| part.chars().count());
    [count(start), count(start + length)]
}

fn step_evidence(step: &Step) -> Evidence {
    Evidence::Step { index: step.index, text: step.text.clone() }
}

fn filled(template: &str, right: &str, wrong: &str) -> String {
    template.replace("{right}", right).replace("{wrong}", wrong)
}

/// The confidence of an answer: that of its weakest claim; where nothing
/// verifies it, the model's own, which ranks answers but is no probability of
/// their truth.
pub(crate) fn confidence(claims: &[Claim], language: Option<Language>, unverified: f64) -> f64 {
    let weakest = claims
        .iter()
        .map(|claim| match claim.verdict {
            Verdict::Supported => claim.confidence,
            _ => UNVERIFIED * unverified * claim.confidence,
        })
        .fold(1.0, f64::min);
    if claims.is_empty() || language.is_none() { UNVERIFIED * unverified } else { weakest }
}

/// The most confidence in an answer that follows from its steps where not all
/// of these are verified: of 52 such answers 34 were right (half of those to our
/// own questions, 28 of 40 to word problems).
pub(crate) const PARTLY: f64 = 0.65;

/// The confidence in what follows from right calculations that the model chose
/// by its own reading of the question, given how probable the least probable
/// of these steps was to it: a logistic regression on the logarithm of its
/// odds. Fitted on 165 plain answers of the 1.5B model to word problems
/// (GSM8K), where half are right at 0.84 and three quarters at 0.93.
pub(crate) fn as_read(probability: f64) -> f64 {
    let probability = probability.clamp(1e-6, 1.0 - 1e-6);
    let odds = (probability / (1.0 - probability)).ln();
    1.0 / (1.0 + (1.772 - 1.095 * odds).exp())
}

/// What is left of the confidence where nothing speaks for a claim.
const UNVERIFIED: f64 = 0.5;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::Prompts;

    fn fact(object: &str, verdict: Verdict) -> Claim {
        let term = |name: &str| {
            let iri = Some(format!("https://example.org/{name}"));
            Some(Term { iri, ..Term::literal(name) })
        };
        Claim {
            kind: ClaimKind::Relation,
            subject: term("Tarnby"),
            predicate: term("mayor"),
            object: term(object),
            confidence: 0.9,
            ..claim("x", "x", verdict, ReasonCode::NoEvidence, String::new(), Vec::new())
        }
    }

    fn told(status: StepStatus, verdict: Verdict, answer: &str) -> Verdict {
        let mut derivation = Derivation::begin();
        let claims = vec![fact("Ada", verdict)];
        let text = "The mayor of Tarnby is Ada.".to_owned();
        derivation.push(Step { index: 1, text, status, before: None, claims, why: None, model: None });
        let mut claims = [fact(answer, Verdict::Unverifiable)];
        from_steps(&mut claims, &derivation, Prompts::load(None).unwrap().words(Language::English));
        claims[0].verdict
    }

    #[test]
    fn a_value_that_nothing_verifies_is_quoted_from_what_was_read() {
        let text = "Weather was fine. The mayor of Tarnby is Ada.";
        let read = [Passage { span: [100, 145], ..Passage::given("Tarnby", text) }];
        let open = |value: &str| {
            let code = ReasonCode::NoEvidence;
            claim(value, value, Verdict::Unverifiable, code, String::new(), Vec::new())
        };
        let mut claims = [open("Ada"), open("Adam")];
        quote(&mut claims, &read);
        let [Evidence::Passage { text, span, .. }] = &claims[0].evidence[..] else { panic!("{claims:?}") };
        assert_eq!((text.as_str(), *span), ("The mayor of Tarnby is Ada.", [118, 145]));
        assert!(claims[1].evidence.is_empty());
    }

    #[test]
    fn an_answer_may_say_what_a_verified_step_says_of_the_same_things() {
        assert_eq!(told(StepStatus::Accepted, Verdict::Supported, "Ada"), Verdict::Supported);
        assert_eq!(told(StepStatus::Accepted, Verdict::Supported, "Jon"), Verdict::Unverifiable);
        assert_eq!(told(StepStatus::Unverified, Verdict::Unverifiable, "Ada"), Verdict::Unverifiable);
        assert_eq!(told(StepStatus::Rejected, Verdict::Supported, "Ada"), Verdict::Unverifiable);
    }
}
