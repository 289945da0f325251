//! Equations and comparisons of numbers that a text writes out, judged by
//! exact arithmetic.

use std::cmp::Ordering;
use std::ops::Range;

use num_rational::BigRational;
use num_traits::{One, Signed, Zero};

use super::expression::{Expression, expression_at, operator_after, operator_before, skip_blanks};
use super::format::{format_plain, power_of_ten};
use super::number::{Comparator, Number};
use super::unit::{Unit, unit_at};

/// Words and signs that state equality anywhere.
const EQUALS: &[(&str, bool)] = &[
    ("=", false),
    ("＝", false),
    ("≈", true),
    ("≒", true),
    ("约等于", true),
    ("等于", false),
    ("equals ", false),
    ("is equal to ", false),
    ("\\approx", true),
    ("is approximately ", true),
    ("is about ", true),
];
/// Those that do so only after a calculation.
const RESULTS: &[&str] = &["is ", "are ", "gives ", "makes ", "就是", "得到", "结果是", "是", "为", "得"];
/// A decimal may be rounded against an exact value with more places than this.
const EXACT_PLACES: u32 = 4;
/// Written with this many places, a decimal is taken as rounded.
const ROUNDED_PLACES: u32 = 2;
/// Relative error that "≈" allows between two calculations.
const APPROXIMATE: (i64, i64) = (1, 200);

/// One side of an equation.
#[derive(Clone, Debug)]
pub struct Side {
    pub span: Range<usize>,
    /// Where the side is a plain number: that number, without its unit.
    pub number_span: Range<usize>,
    pub text: String,
    expression: Expression,
    approximate: bool,
}

impl Side {
    pub fn value_or_zero(&self) -> BigRational {
        self.expression.value.clone().unwrap_or_else(BigRational::zero)
    }

    /// The numbers that this side calculates with; none of a plain number.
    pub fn operands(&self) -> &[Number] {
        if self.is_plain() { &[] } else { &self.expression.operands }
    }

    fn is_plain(&self) -> bool {
        self.expression.operators == 0
    }
}

/// Two or more sides that are said to be equal, one of them a calculation.
#[derive(Clone, Debug)]
pub struct Equation {
    pub span: Range<usize>,
    pub sides: Vec<Side>,
}

/// What exact arithmetic says of an equation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    Right,
    /// The side that is wrong and the right value in the notation of that
    /// side.
    Wrong {
        side: usize,
        written: String,
    },
    /// Something is divided by zero.
    Undefined {
        side: usize,
    },
}

impl Equation {
    pub fn judge(&self) -> Judgement {
        if let Some(side) = self.sides.iter().position(|side| side.expression.value.is_none()) {
            return Judgement::Undefined { side };
        }
        let Some(reference) = self.sides.iter().position(|side| !side.is_plain()) else {
            return Judgement::Right;
        };
        let truth = self.sides[reference].value_or_zero();
        for (at, side) in self.sides.iter().enumerate() {
            // What is only nearly equal is so to what stands before it.
            let irrational = self.sides[reference].expression.irrational || side.expression.irrational;
            // "100 - 20 = 80 percent" counts in percent all along.
            let in_percent = side.is_plain()
                && side.expression.operands.first().is_some_and(|number| number.percent)
                && !self.sides[reference].expression.operands.iter().any(|number| number.percent);
            // "16 + 12 = $28 million" counts in millions all along.
            let scale = side.expression.operands.first().filter(|_| side.is_plain()).map_or(0, |n| n.scale);
            let in_scale =
                scale > 0 && !self.sides[reference].expression.operands.iter().any(|number| number.scale > 0);
            let held = agrees(side, &truth, irrational)
                || (in_percent && agrees(side, &(&truth / power_of_ten(2)), irrational))
                || (in_scale && agrees(side, &(&truth * power_of_ten(scale)), irrational));
            if at != reference && !held {
                let number =
                    side.expression.operands.first().filter(|number| side.is_plain() && number.percent);
                let stated = side.value_or_zero();
                let shares = &truth / power_of_ten(2);
                // "30 + 20 = 60%" is nearer to 50% than to 5000%.
                let all_along = in_percent && (&stated - &shares).abs() < (&stated - &truth).abs();
                let written = match number {
                    Some(_) if all_along => format!("{}%", format_plain(&truth)),
                    Some(_) => format!("{}%", format_plain(&(truth * power_of_ten(2)))),
                    None => format_plain(&truth),
                };
                return Judgement::Wrong { side: at, written };
            }
        }
        Judgement::Right
    }
}

fn agrees(side: &Side, truth: &BigRational, irrational: bool) -> bool {
    let value = side.value_or_zero();
    let distance = (&value - truth).abs();
    if distance.is_zero() || (irrational && distance < power_of_ten(30).recip()) {
        return true;
    }
    let number = match side.expression.operands.as_slice() {
        [number] if side.is_plain() => number,
        _ => {
            let (above, below) = APPROXIMATE;
            return side.approximate
                && distance <= truth.abs() * BigRational::new(above.into(), below.into());
        }
    };
    let two = BigRational::from_integer(2.into());
    if side.approximate || number.comparator != Comparator::Exact {
        let mut stated = number.stated();
        stated.comparator = Comparator::About;
        // "≈" allows rounding, not another number.
        return stated.admits(truth, &BigRational::zero());
    }
    let places = (0..=MAX_PLACES).find(|places| (&number.precision * power_of_ten(*places)).is_integer());
    let long = !(truth * power_of_ten(EXACT_PLACES)).is_integer();
    let may_round = number.rounded && (long || places.is_some_and(|places| places >= ROUNDED_PLACES));
    may_round && distance <= &number.precision / two
}

const MAX_PLACES: u32 = 20;

/// Finds the equations of a text, in order and apart from each other. A part
/// of an expression that goes on with something unread ("n + 2 × 3 = 9"), and
/// units that would have to be converted, are left out.
pub fn equations(text: &str) -> Vec<Equation> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(first) = next_expression(text, at) {
        let mut sides = vec![side(text, first, false)];
        while let Some((next, approximate)) = equals(text, &sides) {
            let Some(expression) = expression_at(text, next) else { break };
            sides.push(side(text, expression, approximate));
        }
        let span = sides[0].span.start..sides.last().map_or(0, |last| last.span.end);
        at = span.end.max(at + 1);
        if sides.len() > 1 && is_whole(text, &span, &sides) {
            found.push(Equation { span, sides });
        }
        while !text.is_char_boundary(at) {
            at += 1;
        }
    }
    found
}

fn is_whole(text: &str, span: &Range<usize>, sides: &[Side]) -> bool {
    let calculated = sides.iter().any(|side| !side.is_plain());
    let units: Vec<_> = sides.iter().flat_map(|side| &side.expression.units).collect();
    let mixed = units.iter().any(|unit| units.iter().any(|other| unit.conflicts_with(other)));
    let rate = sides.iter().any(|side| side.expression.rate) || converts(text, sides) || counts_each(sides);
    let tail = text[span.end..].trim_start();
    let remainder = ["remainder", "余", "with a remainder", "R"].iter().any(|word| tail.starts_with(word));
    calculated
        && (!mixed || rate)
        && !remainder
        && !operator_before(text, span.start)
        && !operator_after(text, span.end)
}

/// "50 weeks x 5 days = 250 days": what comes out is counted like one of the
/// factors, so that this one is a number for each of the others. Of lengths
/// the product is an area instead.
fn counts_each(sides: &[Side]) -> bool {
    let Some(product) = sides.iter().map(|side| &side.expression).find(|e| e.product && e.operators > 0)
    else {
        return false;
    };
    let area = |unit: &Unit| unit_at("m", 0).is_some_and(|(_, metre)| unit.same_dimension(&metre));
    !product.units.iter().any(area)
        && sides.iter().filter(|side| side.is_plain()).all(|side| match side.expression.units.as_slice() {
            [own] => product.units.contains(own),
            _ => false,
        })
}

/// "54 hours * 60 minutes": the number of the one in the other is a rate.
fn converts(text: &str, sides: &[Side]) -> bool {
    let one = BigRational::one();
    let units: Vec<Unit> = sides.iter().flat_map(|side| side.expression.units.iter().copied()).collect();
    let mut operands = sides.iter().flat_map(|side| &side.expression.operands);
    operands.any(|number| {
        let Some((_, own)) = unit_at(text, skip_blanks(text, number.span.end)) else { return false };
        units.iter().any(|other| *other != own && own.convert(other, &one).is_some_and(|f| f == number.value))
    })
}

fn side(text: &str, expression: Expression, approximate: bool) -> Side {
    let number_span = match expression.operands.as_slice() {
        [number] if expression.operators == 0 => number.span.clone(),
        _ => expression.span.clone(),
    };
    Side {
        span: expression.span.clone(),
        number_span,
        text: text[expression.span.clone()].trim().to_owned(),
        expression,
        approximate,
    }
}

/// The next expression that does not begin inside a word.
fn next_expression(text: &str, from: usize) -> Option<Expression> {
    let mut before = text[..from].chars().next_back();
    for (i, c) in text[from..].char_indices() {
        let glued = before.is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, '.' | '_' | ','));
        before = Some(c);
        let at = from + i;
        if !glued && let Some(expression) = expression_at(text, at) {
            // A blank or a sign before it belongs to what stands before.
            if expression.span.start == at && !c.is_whitespace() {
                return Some(expression);
            }
        }
    }
    None
}

/// Where the next side begins, if an equality follows the sides so far.
fn equals(text: &str, sides: &[Side]) -> Option<(usize, bool)> {
    let last = sides.last()?;
    let at = skip_blanks(text, last.span.end);
    let rest = &text[at..];
    let stated =
        EQUALS.iter().find(|(word, _)| rest.starts_with(word)).map(|(word, near)| (word.len(), *near));
    let result = || {
        let word = RESULTS.iter().find(|word| rest.starts_with(**word))?;
        (!last.is_plain()).then_some((word.len(), false))
    };
    let (length, mut approximate) = stated.or_else(result)?;
    let mut next = skip_blanks(text, at + length);
    for hedge in ["about ", "approximately ", "roughly ", "around ", "≈", "约", "大约"] {
        if text[next..].starts_with(hedge) {
            approximate = true;
            next += hedge.len();
        }
    }
    // "==" of programs.
    if text[next..].starts_with('=') {
        next += 1;
    }
    Some((next, approximate))
}

/// A comparison of two numbers or calculations.
#[derive(Clone, Debug)]
pub struct Comparison {
    pub span: Range<usize>,
    holds: bool,
    operands: Vec<Number>,
}

impl Comparison {
    pub fn holds(&self) -> bool {
        self.holds
    }

    pub fn operands(&self) -> &[Number] {
        &self.operands
    }
}

type Relation = fn(Ordering) -> bool;

const RELATIONS: &[(&str, Relation)] = &[
    (">=", Ordering::is_ge),
    ("<=", Ordering::is_le),
    ("≥", Ordering::is_ge),
    ("≤", Ordering::is_le),
    ("⩾", Ordering::is_ge),
    ("⩽", Ordering::is_le),
    ("!=", Ordering::is_ne),
    ("≠", Ordering::is_ne),
    (">", Ordering::is_gt),
    ("<", Ordering::is_lt),
    ("＞", Ordering::is_gt),
    ("＜", Ordering::is_lt),
    ("is greater than ", Ordering::is_gt),
    ("is larger than ", Ordering::is_gt),
    ("is more than ", Ordering::is_gt),
    ("is less than ", Ordering::is_lt),
    ("is smaller than ", Ordering::is_lt),
    ("大于或等于", Ordering::is_ge),
    ("小于或等于", Ordering::is_le),
    ("大于", Ordering::is_gt),
    ("小于", Ordering::is_lt),
    ("不等于", Ordering::is_ne),
];

/// Finds comparisons of numbers: "3/4 > 2/3", 5大于3. Sides with units that
/// would have to be converted are left out.
pub fn comparisons(text: &str) -> Vec<Comparison> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(left) = next_expression(text, at) {
        at = left.span.end;
        let sign = skip_blanks(text, at);
        let relation = RELATIONS.iter().find(|(word, _)| text[sign..].starts_with(word));
        let Some((word, relation)) = relation else { continue };
        let Some(right) = expression_at(text, sign + word.len()) else { continue };
        let (Some(a), Some(b)) = (&left.value, &right.value) else { continue };
        let whole = !operator_before(text, left.span.start) && !operator_after(text, right.span.end);
        let mixed = left.units.iter().any(|unit| right.units.iter().any(|other| unit != other));
        let lopsided = left.units.is_empty() != right.units.is_empty();
        if whole && !mixed && !lopsided {
            let operands = left.operands.iter().chain(&right.operands).cloned().collect();
            found.push(Comparison {
                span: left.span.start..right.span.end,
                holds: relation(a.cmp(b)),
                operands,
            });
        }
        at = right.span.end;
    }
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn judged(text: &str) -> Judgement {
        let found = equations(text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        found[0].judge()
    }

    fn wrong(text: &str) -> String {
        match judged(text) {
            Judgement::Wrong { written, .. } => written,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn right_equations() {
        for text in [
            "200 × 0.92 = 184",
            "2 + 3 * 4 = 14",
            "(2 + 3) × 4 = 20",
            "10 / 4 = 2.5",
            "10 / 3 = 3.33",
            "10 ÷ 3 ≈ 3.3",
            "200元 × 0.92 = 184元",
            "20% of 50 = 10",
            "200的20%是40",
            "2^10 = 1024",
            "5² = 25",
            "√16 = 4",
            "3 apples + 4 apples = 7 apples",
            "12 plus 30 equals 42",
            "1,000 - 1 = 999",
            "7 = 3 + 4",
            "一百加二十等于120",
            "$20 + $5.50 = $25.50",
            "200 - 10% = 180",
            "50% + 25% - 5% = 70%",
            "(50% + 25%) - 5% = 70%",
            "100% - (50% + 25%) = 25%",
            "1.5 × 2 = 3 = 6 / 2",
            "\\frac{1}{2} + \\frac{1}{2} = 1",
            "3 × 4 is 12",
            "5 m × 3 m = 15 m²",
            "0.1 + 0.2 = 0.3",
            "16 + 12 = $28 million",
            "54 hours * 60 minutes = 3240 minutes",
            "50 weeks x 5 days = 250 days",
            "4 weeks × 5 days × 8 hours = 160 hours",
            "Ann's 7 gallons + Bo’s 8 gallons = 15 gallons",
            "He was 3 times Bo last year = 3*15 = 45",
            "then 60 kW would cost = $0.10*60 = $6",
        ] {
            assert_eq!(judged(text), Judgement::Right, "{text}");
        }
    }

    #[test]
    fn wrong_equations_are_put_right() {
        assert_eq!(wrong("200 × 0.92 = 186"), "184");
        assert_eq!(wrong("So 10 / 3 = 3."), "3.3333");
        assert_eq!(wrong("30 + 20 = 60%"), "50%");
        assert_eq!(wrong("15 / 60 = 20%"), "25%");
        assert_eq!(wrong("15 = 7 + 7"), "14");
        assert_eq!(wrong("0.5 + 0.25 = 0.8"), "0.75");
        assert_eq!(wrong("100 ≈ 7 × 12"), "84");
        assert_eq!(wrong("16 + 12 = $29 million"), "28");
        assert_eq!(judged("4 / 0 = 0"), Judgement::Undefined { side: 0 });
    }

    #[test]
    fn parts_of_expressions_are_left_alone() {
        for text in [
            "n + 2 × 3 = 9",
            "2 km + 300 m = 2300 m",
            "2 + 3 = 4 + n",
            "10 ÷ 3 = 3 remainder 1",
            "x = 5",
            "60 km/h × 30 min = 1800 km",
            "2 km × 300 m = 600 m",
            "50 weeks x 5 days = 250 hours",
            "50 weeks + 5 days = 55 days",
        ] {
            assert!(equations(text).is_empty(), "{text}: {:?}", equations(text));
        }
    }

    #[test]
    fn comparisons_of_numbers() {
        let holds = |text: &str| comparisons(text).iter().map(Comparison::holds).collect::<Vec<_>>();
        assert_eq!(holds("3/4 > 2/3"), [true]);
        assert_eq!(holds("5大于7"), [false]);
        assert_eq!(holds("2 + 2 ≤ 4"), [true]);
        assert!(holds("5 km > 300 m").is_empty());
    }
}
