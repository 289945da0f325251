//! Literal values: numbers with units, dates, text, truth.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{FromPrimitive, Zero};
use touchstone_core::{ReasonCode, Term, Verdict};
use touchstone_graph::model::{NamedOrBlankNode, Term as RdfTerm};
use touchstone_graph::{EntityId, Predicate, PredicateId, ValueKind, fold};

use super::fact::Timed;
use super::time::{self, Holds};
use super::{Case, Judged};
use crate::grammar::{Object, Value};
use crate::lookup::{self, Fact};
use crate::read::{self, Date, DateAgreement, DateInterval, Quantity, Unit};

/// A number with at most this many digits is a round one: the predicate's
/// tolerance speaks for it. A longer one claims to be precise.
const ROUND_DIGITS: usize = 3;
/// Facts shown as evidence.
const MAX_SHOWN: usize = 8;
/// Literals longer than this are no numbers.
const MAX_LITERAL_DIGITS: usize = 60;

/// How a stated value stands to one fact.
enum Agreement {
    Agrees,
    WithinTolerance,
    /// Near, but written more precisely than the sources agree.
    Unclear,
    Differs,
    /// The statement cannot be held against the fact at all.
    Incomparable,
}

pub(super) fn judge(case: &Case<'_>, predicate: &Predicate, value: &Value, timed: &Timed<'_>) -> Judged {
    let facts = timed.standing();
    let mut judged = if facts.is_empty() && !timed.facts.is_empty() {
        let unknown = timed.that_hold(Holds::Unknown).next().is_some();
        let code = if unknown { ReasonCode::TimeUnknown } else { ReasonCode::OtherTime };
        let shown = timed.facts.iter().take(MAX_SHOWN);
        let evidence = shown.map(|fact| lookup::evidence(case.graph, &fact.quad, case.language)).collect();
        Judged::new(code, case.language).with_evidence(evidence, case.language)
    } else {
        // "was", of what can change: another value may have been right.
        let changed =
            timed.time.when.is_none() && time::may_have_changed(case, predicate, timed.facts, timed.time);
        hold_against(case, predicate, value, &facts, changed)
    };
    let impossible = value
        .readings
        .iter()
        .any(|reading| matches!(reading, Object::Date(date) if date.extent == read::Extent::Impossible));
    if impossible && judged.verdict == Verdict::Unverifiable {
        judged = Judged::new(ReasonCode::ImpossibleDate, case.language);
    }
    judged.object = Some(Term::literal(case.text[value.range.clone()].trim()));
    if judged.verdict == Verdict::Refuted {
        judged.correction = correction(case, predicate, value, &facts);
    }
    judged
}

/// The value against the facts that hold at the time of the claim.
fn hold_against(
    case: &Case<'_>,
    predicate: &Predicate,
    value: &Value,
    facts: &[Fact],
    changed: bool,
) -> Judged {
    let agreements: Vec<Agreement> =
        facts.iter().map(|fact| agreement(case, predicate, value, fact)).collect();
    let position = |wanted: fn(&Agreement) -> bool| agreements.iter().position(wanted);
    let evidence = |chosen: &[usize]| {
        chosen.iter().map(|i| lookup::evidence(case.graph, &facts[*i].quad, case.language)).collect()
    };
    // Each source may say what it likes; together they must not contradict
    // each other where only one value can be right.
    let against = |at: usize| {
        predicate.functional
            && agreements.iter().zip(facts).any(|(agreement, other)| {
                matches!(agreement, Agreement::Differs) && other.quad.graph_name != facts[at].quad.graph_name
            })
    };
    let agreeing = position(|a| matches!(a, Agreement::Agrees))
        .or_else(|| position(|a| matches!(a, Agreement::WithinTolerance)));
    if agreeing.is_some_and(against) {
        let all: Vec<usize> = (0..facts.len().min(MAX_SHOWN)).collect();
        return Judged::new(ReasonCode::SourcesDisagree, case.language)
            .with_evidence(evidence(&all), case.language);
    }
    if let Some(at) = position(|a| matches!(a, Agreement::Agrees)) {
        Judged::new(ReasonCode::Asserted, case.language).with_evidence(evidence(&[at]), case.language)
    } else if let Some(at) = position(|a| matches!(a, Agreement::WithinTolerance)) {
        Judged::new(ReasonCode::WithinTolerance, case.language).with_evidence(evidence(&[at]), case.language)
    } else if agreements.is_empty()
        || position(|a| matches!(a, Agreement::Incomparable | Agreement::Unclear)).is_some()
    {
        let code = if agreements.is_empty() { ReasonCode::NoEvidence } else { ReasonCode::Ambiguous };
        let all: Vec<usize> = (0..facts.len().min(MAX_SHOWN)).collect();
        let mut judged = Judged::new(code, case.language);
        judged.evidence = evidence(&all);
        judged
    } else if changed {
        let all: Vec<usize> = (0..facts.len().min(MAX_SHOWN)).collect();
        Judged::new(ReasonCode::TimeUnknown, case.language).with_evidence(evidence(&all), case.language)
    } else if predicate.functional || predicate.closed {
        let code = match predicate.value_kind {
            ValueKind::Number => ReasonCode::OutsideTolerance,
            ValueKind::Date => ReasonCode::DateDiffers,
            _ if predicate.functional => ReasonCode::FunctionalOther,
            _ => ReasonCode::ClosedPredicate,
        };
        let all: Vec<usize> = (0..facts.len().min(MAX_SHOWN)).collect();
        Judged::new(code, case.language).with_evidence(evidence(&all), case.language)
    } else {
        Judged::new(ReasonCode::NoEvidence, case.language)
    }
}

fn agreement(case: &Case<'_>, predicate: &Predicate, value: &Value, fact: &Fact) -> Agreement {
    match predicate.value_kind {
        ValueKind::Number => match quantity_of(value) {
            Some(quantity) => numbers_agree(predicate, quantity, &fact.value),
            None => Agreement::Incomparable,
        },
        ValueKind::Date => dates_agree(predicate, value, &fact.value),
        ValueKind::Boolean => match &fact.value {
            RdfTerm::Literal(literal) if matches!(literal.value(), "true" | "1") => Agreement::Agrees,
            RdfTerm::Literal(_) => Agreement::Differs,
            _ => Agreement::Incomparable,
        },
        ValueKind::Text | ValueKind::Entity => {
            text_agrees(case.text[value.range.clone()].trim(), &fact.value)
        }
    }
}

/// The things of which the graph asserts exactly this value, given in the
/// case's text.
pub(crate) fn subjects_with(case: &Case<'_>, predicates: &[PredicateId], value: &Value) -> Vec<EntityId> {
    let mut found: Vec<EntityId> = Vec::new();
    for predicate in predicates.iter().map(|id| case.graph.ontology().predicate(*id)) {
        let quads =
            case.graph.store().inner().quads_for_pattern(None, Some(predicate.iri.as_ref()), None, None);
        for quad in quads.filter_map(Result::ok) {
            let NamedOrBlankNode::NamedNode(subject) = &quad.subject else { continue };
            let Some(id) = case.graph.lexicon().entity_by_iri(subject.as_ref()) else { continue };
            let fact = Fact { value: quad.object.clone(), quad, how: lookup::How::Asserted, statement: None };
            if matches!(agreement(case, predicate, value, &fact), Agreement::Agrees) && !found.contains(&id) {
                found.push(id);
            }
        }
    }
    found
}

fn quantity_of(value: &Value) -> Option<&Quantity> {
    value.readings.iter().find_map(|r| if let Object::Quantity(q) = r { Some(q.as_ref()) } else { None })
}

/// The number in a literal, exactly.
pub(super) fn number_of(term: &RdfTerm) -> Option<BigRational> {
    let RdfTerm::Literal(literal) = term else { return None };
    let text = literal.value().trim();
    if text.len() > MAX_LITERAL_DIGITS {
        return None;
    }
    if text.contains(['e', 'E']) {
        return BigRational::from_f64(text.parse().ok()?);
    }
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let numerator: BigInt = format!("{whole}{fraction}").parse().ok()?;
    let denominator = BigInt::from(10).pow(u32::try_from(fraction.len()).ok()?);
    let number = BigRational::new(numerator, denominator);
    Some(if negative { -number } else { number })
}

fn numbers_agree(predicate: &Predicate, quantity: &Quantity, fact: &RdfTerm) -> Agreement {
    let Some(actual) = number_of(fact) else { return Agreement::Incomparable };
    // The fact is brought to the unit of the text, so that the precision of
    // the written digits keeps its meaning.
    let Some(actual) = in_stated_unit(predicate, quantity, &actual) else { return Agreement::Incomparable };
    let stated = quantity.stated();
    if stated.admits(&actual, &BigRational::zero()) {
        return Agreement::Agrees;
    }
    let tolerance = predicate.tolerance.and_then(BigRational::from_f64).unwrap_or_else(BigRational::zero);
    if !stated.admits(&actual, &tolerance) {
        return Agreement::Differs;
    }
    let hedged = quantity.number.comparator != read::Comparator::Exact;
    if hedged || significant_digits(&quantity.number) <= ROUND_DIGITS {
        Agreement::WithinTolerance
    } else {
        Agreement::Unclear
    }
}

fn significant_digits(number: &read::Number) -> usize {
    if number.precision.is_zero() {
        return 1;
    }
    let digits = (&number.value / &number.precision).to_integer().to_string();
    digits.trim_start_matches('-').trim_end_matches('0').len()
}

/// The fact's number in the unit that the text uses. A number without a
/// unit is only comparable to a fact without one.
fn in_stated_unit(predicate: &Predicate, quantity: &Quantity, actual: &BigRational) -> Option<BigRational> {
    if quantity.number.percent {
        let share = BigRational::from_integer(BigInt::from(100));
        return match predicate.unit.as_deref() {
            Some("PERCENT") => Some(actual / share),
            None | Some("UNITLESS" | "NUM" | "FRACTION") => Some(actual.clone()),
            Some(_) => None,
        };
    }
    match (&predicate.unit, &quantity.unit) {
        (None, None) => Some(actual.clone()),
        (None, Some(unit)) => unit.is_count().then(|| actual.clone()),
        (Some(own), None) => Unit::from_qudt(own).filter(Unit::is_count).map(|_| actual.clone()),
        (Some(own), Some(unit)) => unit.convert(&Unit::from_qudt(own)?, actual),
    }
}

fn dates_agree(predicate: &Predicate, value: &Value, fact: &RdfTerm) -> Agreement {
    let RdfTerm::Literal(literal) = fact else { return Agreement::Incomparable };
    let Some(actual) = Date::parse_lexical(literal.value()) else { return Agreement::Incomparable };
    let dated = |reading: &Object| if let Object::Date(date) = reading { Some(date.clone()) } else { None };
    let year = |reading: &Object| match reading {
        Object::Quantity(quantity) => year_of(quantity).map(|year| DateInterval::at(year, 0..0)),
        _ => None,
    };
    let claimed = value.readings.iter().find_map(dated).or_else(|| value.readings.iter().find_map(year));
    let Some(claimed) = claimed else { return Agreement::Incomparable };
    match claimed.compare(&actual) {
        DateAgreement::Agrees => Agreement::Agrees,
        // Sources date a discovery or a foundation some years apart.
        DateAgreement::Differs
            if predicate.tolerance.is_some_and(|years| is_near(&claimed, &actual, years)) =>
        {
            Agreement::Unclear
        }
        DateAgreement::Differs => Agreement::Differs,
        DateAgreement::Incomparable => Agreement::Incomparable,
    }
}

/// Whether the two lie no more than so many years apart.
fn is_near(claimed: &DateInterval, actual: &Date, years: f64) -> bool {
    let year = actual.first_day().0;
    let apart = match (claimed.earliest, claimed.latest) {
        (Some(earliest), _) if year < earliest.0 => earliest.0 - year,
        (_, Some(latest)) if year > latest.0 => year - latest.0,
        _ => 0,
    };
    claimed.extent != read::Extent::Impossible && f64::from(apart) <= years
}

/// A bare number as a year.
fn year_of(quantity: &Quantity) -> Option<Date> {
    let number = &quantity.number;
    let plain =
        quantity.unit.is_none() && number.comparator == read::Comparator::Exact && number.upper.is_none();
    (plain && number.value.is_integer())
        .then(|| number.value.to_integer().to_string())
        .and_then(|year| Date::parse_lexical(&year))
}

fn text_agrees(stated: &str, fact: &RdfTerm) -> Agreement {
    let RdfTerm::Literal(literal) = fact else { return Agreement::Incomparable };
    let actual = literal.value().trim();
    let bare = stated.trim_matches(|c: char| !c.is_alphanumeric());
    if actual == stated || actual == bare {
        return Agreement::Agrees;
    }
    // In short codes the case can tell one from another (Co, CO).
    if fold(actual) == fold(bare) {
        return if actual.chars().count() > 3 { Agreement::Agrees } else { Agreement::Unclear };
    }
    Agreement::Differs
}

/// The one right value, written in the place and the way of the wrong one.
fn correction(
    case: &Case<'_>,
    predicate: &Predicate,
    value: &Value,
    facts: &[Fact],
) -> Option<(std::ops::Range<usize>, String)> {
    let mut values: Vec<&RdfTerm> = facts.iter().map(|fact| &fact.value).collect();
    values.dedup();
    let [RdfTerm::Literal(literal)] = values.as_slice() else { return None };
    match predicate.value_kind {
        ValueKind::Number => {
            let quantity = quantity_of(value)?;
            let actual = in_stated_unit(predicate, quantity, &number_of(values[0])?)?;
            let start = value.range.start + (quantity.number.span.start - quantity.span.start);
            let end = value.range.start + (quantity.number.span.end - quantity.span.start);
            Some((start..end, read::format_plain(&actual)))
        }
        ValueKind::Date => {
            let year = literal.value().split('-').next().filter(|year| !year.is_empty())?;
            let written = &case.text[value.range.clone()];
            // Only a bare year is put right in place.
            let bare = written.trim_matches(|c: char| !c.is_ascii_digit());
            let at = written.find(bare).filter(|_| bare.len() == 4)?;
            let start = value.range.start + at;
            Some((start..start + bare.len(), year.to_owned()))
        }
        ValueKind::Text => Some((value.range.clone(), literal.value().to_owned())),
        ValueKind::Boolean | ValueKind::Entity => None,
    }
}
