//! Calculations and plain number comparisons of a sentence as claims.

use std::ops::Range;

use touchstone_core::{ClaimKind, Evidence, Language, ReasonCode, Term};

use crate::read::{self, Judgement};
use crate::verify::Judged;

pub(crate) struct Calculation {
    pub(crate) kind: ClaimKind,
    /// Bytes of the text.
    pub(crate) range: Range<usize>,
    pub(crate) judged: Judged,
}

/// Judges every equation and number comparison in a stretch of the text.
pub(crate) fn judge_all(text: &str, span: Range<usize>, language: Language) -> Vec<Calculation> {
    let part = &text[span.clone()];
    let shift = |range: &Range<usize>| range.start + span.start..range.end + span.start;
    let mut found: Vec<Calculation> = Vec::new();
    for equation in read::equations(part) {
        let judgement = equation.judge();
        let code = match &judgement {
            Judgement::Right => ReasonCode::ArithmeticRight,
            Judgement::Wrong { .. } | Judgement::Undefined { .. } => ReasonCode::ArithmeticWrong,
        };
        let (Some(first), Some(last)) = (equation.sides.first(), equation.sides.last()) else { continue };
        let result = match &judgement {
            Judgement::Wrong { written, .. } => written.clone(),
            Judgement::Right => read::format_plain(&first.value_or_zero()),
            Judgement::Undefined { .. } => "undefined".to_owned(),
        };
        let evidence = Evidence::Calculation {
            expression: first.text.clone(),
            result,
            stated: part[last.span.clone()].trim().to_owned(),
        };
        let mut judged = Judged::new(code, language).with_evidence(vec![evidence], language);
        judged.subject = Some(Term::literal(first.text.clone()));
        judged.predicate = Some(Term::literal("="));
        judged.object = Some(Term::literal(part[last.span.clone()].trim()));
        if let Judgement::Wrong { side, written, .. } = judgement {
            judged.correction = Some((shift(&equation.sides[side].number_span), written));
        }
        found.push(Calculation { kind: ClaimKind::Calculation, range: shift(&equation.span), judged });
    }
    for comparison in read::comparisons(part) {
        let range = shift(&comparison.span);
        if found.iter().any(|known| known.range.start < range.end && range.start < known.range.end) {
            continue;
        }
        let code = if comparison.holds() { ReasonCode::ComparisonHolds } else { ReasonCode::ComparisonFails };
        found.push(Calculation { kind: ClaimKind::Comparison, range, judged: Judged::new(code, language) });
    }
    found.sort_by_key(|calculation| calculation.range.start);
    found
}
