//! A derivation checked again without a model: every claim is judged anew
//! where its sentence can be read, and else stands or falls with its facts.

use touchstone_check::{Checker, StepContext, fact_holds, names, reason_words};
use touchstone_core::{
    AskReport, ChangedVerdict, CheckReport, Claim, ClaimKind, Evidence, Language, ReasonCode, ReplayReport,
    Step, StepStatus, Term, Verdict,
};

/// Checks the verdicts of an answered question again.
pub fn replay_answer(checker: &Checker, report: &AskReport) -> ReplayReport {
    let language = report.language.unwrap_or(Language::English);
    let mut replay = Replay { checker, language, report: ReplayReport::default() };
    let premises: Vec<Claim> =
        checker.premises(&report.question, language).into_iter().flat_map(|premise| premise.claims).collect();
    for claim in &report.premises {
        replay.judge(None, claim, &premises);
    }
    let mut accepted: Vec<&str> = Vec::new();
    let mut read: Vec<Claim> = Vec::new();
    for step in &report.steps {
        let context = StepContext { question: &report.question, accepted: &accepted, language };
        let fresh = match report.language {
            Some(_) => checker.check_step(&step.text, &context),
            None => checker.check(&step.text).claims,
        };
        step.claims.iter().for_each(|claim| replay.judge(Some(step.index), claim, &fresh));
        if step.status != StepStatus::Rejected {
            accepted.push(&step.text);
        }
        read.extend(fresh);
    }
    let context = StepContext { question: &report.question, accepted: &accepted, language };
    let mut fresh = checker.check_answer(&report.question, &report.answer.text, &context);
    // "No." rests on what the step says.
    fresh.extend(read);
    for claim in &report.answer.claims {
        if claim.kind == ClaimKind::Conclusion || claim.reason_code == ReasonCode::FollowsFromStep {
            let now = concluded(report, claim);
            replay.compare(None, claim, now, claim.reason_code);
        } else {
            replay.judge(None, claim, &fresh);
        }
    }
    replay.report
}

/// Checks the verdicts of a checked text again, each by its own sentence.
pub fn replay_check(checker: &Checker, report: &CheckReport) -> ReplayReport {
    let language = report.language.unwrap_or(Language::English);
    let mut replay = Replay { checker, language, report: ReplayReport::default() };
    for claim in &report.claims {
        let fresh = checker.check(&claim.sentence).claims;
        replay.judge(None, claim, &fresh);
    }
    replay.report
}

struct Replay<'a> {
    checker: &'a Checker,
    language: Language,
    report: ReplayReport,
}

impl Replay<'_> {
    fn judge(&mut self, step: Option<usize>, claim: &Claim, fresh: &[Claim]) {
        let gone: Vec<Evidence> = claim
            .evidence
            .iter()
            .filter(|evidence| !fact_holds(self.checker.graph(), evidence))
            .cloned()
            .collect();
        let complete = gone.is_empty();
        for evidence in gone {
            if !self.report.missing.contains(&evidence) {
                self.report.missing.push(evidence);
            }
        }
        // The same words with the same reading; else what is read anew of
        // these words.
        let same = |other: &&Claim| other.text == claim.text && other.kind == claim.kind;
        let read = fresh
            .iter()
            .find(|other| same(other) && other.verdict == claim.verdict)
            .or_else(|| fresh.iter().find(same));
        let (now, code) = match read {
            Some(other) => (other.verdict, other.reason_code),
            None if complete && self.states_its_fact(claim) => (Verdict::Supported, claim.reason_code),
            None if claim.verdict == Verdict::Unverifiable => (Verdict::Unverifiable, claim.reason_code),
            None => (Verdict::Unverifiable, ReasonCode::NoEvidence),
        };
        self.compare(step, claim, now, code);
    }

    fn compare(&mut self, step: Option<usize>, claim: &Claim, now: Verdict, code: ReasonCode) {
        self.report.verdicts += 1;
        if now == claim.verdict {
            self.report.confirmed += 1;
            return;
        }
        self.report.changed.push(ChangedVerdict {
            step,
            claim: claim.text.clone(),
            was: claim.verdict,
            now,
            reason_code: code,
            reason: reason_words(code, self.language),
        });
    }

    /// Whether one of the claim's facts says just what the claim says, by
    /// names that its things really have.
    fn states_its_fact(&self, claim: &Claim) -> bool {
        let (Some(subject), Some(predicate), Some(object)) =
            (&claim.subject, &claim.predicate, &claim.object)
        else {
            return false;
        };
        let same = |one: &Term, other: &Term| {
            one.iri == other.iri && (one.iri.is_some() || one.label == other.label)
        };
        let stated = claim.evidence.iter().any(|evidence| match evidence {
            Evidence::Triple { subject: s, predicate: p, object: o, .. } => {
                same(s, subject) && same(p, predicate) && same(o, object)
            }
            _ => false,
        });
        stated && [subject, object].iter().all(|term| names(self.checker.graph(), term))
    }
}

/// Whether the steps that a conclusion rests on say all of the answer's
/// values, and stand.
fn concluded(report: &AskReport, claim: &Claim) -> Verdict {
    let step_of = |evidence: &Evidence| match evidence {
        Evidence::Step { index, text } => {
            report.steps.iter().find(|step| step.index == *index && step.text == *text)
        }
        _ => None,
    };
    let steps: Vec<&Step> = claim.evidence.iter().filter_map(step_of).collect();
    let stands = |step: &Step| matches!(step.status, StepStatus::Accepted | StepStatus::Repaired);
    let says = |value: &String| {
        steps.iter().any(|step| {
            let of_claim = |claim: &Claim| {
                [&claim.subject, &claim.object].into_iter().flatten().any(|term| term.label == *value)
            };
            step.text.contains(value.as_str()) || step.claims.iter().any(of_claim)
        })
    };
    let counted = |value: &String| {
        steps.iter().any(|step| value.parse::<usize>().is_ok_and(|count| step.claims.len() == count))
    };
    let whole = report.answer.text == claim.text;
    let values: Vec<String> = match &claim.object {
        _ if whole => report.answer.values.clone(),
        Some(object) if claim.kind != ClaimKind::Conclusion => vec![object.label.clone()],
        _ => vec![claim.text.clone()],
    };
    let held = !steps.is_empty()
        && steps.iter().all(|step| stands(step))
        && values.iter().all(|value| says(value) || counted(value));
    if held && claim.verdict == Verdict::Supported {
        Verdict::Supported
    } else if claim.verdict == Verdict::Refuted {
        Verdict::Refuted
    } else {
        Verdict::Unverifiable
    }
}
