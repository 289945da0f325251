//! Which steps build on which: what has to be checked again when one falls.

use std::collections::BTreeSet;

use num_rational::BigRational;
use touchstone_check::read;
use touchstone_core::{Claim, Evidence, Step, StepStatus, Term};

/// The standing steps behind the step `index` that build on it, directly or
/// over others, in their order.
pub(crate) fn descendants(steps: &[Step], index: usize, question: &str) -> Vec<usize> {
    let mut fallen: Vec<&Step> = steps.iter().filter(|step| step.index == index).collect();
    let mut found = Vec::new();
    for step in steps.iter().filter(|step| step.index > index && step.status != StepStatus::Rejected) {
        if fallen.iter().any(|earlier| builds_on(&step.text, &step.claims, earlier, question)) {
            found.push(step.index);
            fallen.push(step);
        }
    }
    found
}

/// Whether a step's words or claims take up something that the earlier step
/// brought in and the question did not.
pub(crate) fn builds_on(text: &str, claims: &[Claim], earlier: &Step, question: &str) -> bool {
    let cited =
        |evidence: &Evidence| matches!(evidence, Evidence::Step { index, .. } if *index == earlier.index);
    if claims.iter().flat_map(|claim| &claim.evidence).any(cited) {
        return true;
    }
    let given = numbers(question);
    let brought: BTreeSet<BigRational> = numbers(&earlier.text).difference(&given).cloned().collect();
    if !brought.is_disjoint(&numbers(text)) {
        return true;
    }
    let drafted = [Some(earlier.text.as_str()), earlier.before.as_deref()];
    let says = |text: &str, name: &str| !name.is_empty() && text.to_lowercase().contains(name);
    let names = earlier.claims.iter().flat_map(terms).map(|term| term.label.trim().to_lowercase());
    let taken_up = names
        .filter(|name| name.parse::<f64>().is_err() && !says(question, name))
        .any(|name| says(text, &name) && drafted.iter().flatten().any(|earlier| says(earlier, &name)));
    // What a claim speaks of and its words do not name comes from before.
    let silent = |claim: &Claim| {
        let name = claim.subject.as_ref().map(|term| term.label.trim().to_lowercase());
        name.is_some_and(|name| !says(text, &name))
    };
    taken_up || claims.iter().any(silent)
}

fn terms(claim: &Claim) -> impl Iterator<Item = &Term> {
    [&claim.subject, &claim.object].into_iter().flatten()
}

fn numbers(text: &str) -> BTreeSet<BigRational> {
    let mut found: BTreeSet<BigRational> =
        read::numbers(text).into_iter().map(|number| number.value).collect();
    for side in read::equations(text).iter().flat_map(|equation| &equation.sides) {
        found.insert(side.value_or_zero());
        found.extend(side.operands().iter().map(|number| number.value.clone()));
    }
    found
}
