//! Arithmetic expressions as prose writes them, evaluated exactly:
//! "200 × (1 − 8%)", "20% of 50", "3 apples + 4 apples", 200的20%.

use std::ops::Range;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};

use super::number::{self, Number};
use super::unit::{Unit, unit_at};
use super::{format, numeral};

const MAX_DEPTH: usize = 24;
const MAX_OPERANDS: usize = 64;
const MAX_POWER: i64 = 64;
/// Values that need more bits than this are not followed.
const MAX_BITS: u64 = 8_192;
/// Decimal places to which roots are taken.
const ROOT_PLACES: u32 = 40;
/// Words of a unit or thing that may stand after an operand.
const MAX_UNIT_WORDS: usize = 12;
/// Letters of a note in brackets behind an operand.
const MAX_NOTE: usize = 40;
const MAX_HAN_UNIT: usize = 6;

/// A sub-expression that was read.
#[derive(Clone, Debug)]
pub(super) struct Expression {
    pub(super) span: Range<usize>,
    /// `None`: it divides by zero.
    pub(super) value: Option<BigRational>,
    pub(super) operators: usize,
    pub(super) operands: Vec<Number>,
    pub(super) units: Vec<Unit>,
    /// It takes a root, so the value is exact to forty places only.
    pub(super) irrational: bool,
    /// An operand counts for each of something: "60 minutes per hour".
    pub(super) rate: bool,
    /// Nothing but factors, each in at most one unit.
    pub(super) product: bool,
    bare_percent: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    /// Rounded down, as programs write it.
    DivideWhole,
}

const SUMS: &[(&str, Operator)] = &[
    ("+", Operator::Add),
    ("＋", Operator::Add),
    ("plus ", Operator::Add),
    ("加上", Operator::Add),
    ("加", Operator::Add),
    ("-", Operator::Subtract),
    ("−", Operator::Subtract),
    ("–", Operator::Subtract),
    ("－", Operator::Subtract),
    ("minus ", Operator::Subtract),
    ("减去", Operator::Subtract),
    ("减", Operator::Subtract),
];
const PRODUCTS: &[(&str, Operator)] = &[
    ("×", Operator::Multiply),
    ("*", Operator::Multiply),
    ("·", Operator::Multiply),
    ("⋅", Operator::Multiply),
    ("x ", Operator::Multiply),
    ("X ", Operator::Multiply),
    ("\\times", Operator::Multiply),
    ("\\cdot", Operator::Multiply),
    ("times ", Operator::Multiply),
    ("multiplied by ", Operator::Multiply),
    ("乘以", Operator::Multiply),
    ("乘", Operator::Multiply),
    ("÷", Operator::Divide),
    ("//", Operator::DivideWhole),
    ("/", Operator::Divide),
    ("\\div", Operator::Divide),
    ("divided by ", Operator::Divide),
    ("除以", Operator::Divide),
];

struct Parser<'a> {
    text: &'a str,
    depth: usize,
    operands: usize,
}

/// The longest expression that starts exactly at `at`.
pub(super) fn expression_at(text: &str, at: usize) -> Option<Expression> {
    Parser { text, depth: 0, operands: 0 }.sum(at)
}

/// Where the blanks from `at` on end.
pub(super) fn skip_blanks(text: &str, at: usize) -> usize {
    text.len() - text[at..].trim_start_matches([' ', '\t', '\u{a0}', '\u{2009}', '\u{202f}']).len()
}

/// Whether an operator stands before `at` or after it, so that what was read
/// is only a part of an expression.
pub(super) fn operator_before(text: &str, at: usize) -> bool {
    // "5+(3*2 = 6": a bracket that is never closed.
    let opened = text[..at].trim_end().ends_with('(');
    let lead = text[..at].trim_end().trim_end_matches(['(', ' ', '$']);
    if opened && lead.ends_with(['-', '=']) {
        return true;
    }
    let signed =
        text[at..].starts_with(['+', '-', '−']) && text[at..].chars().nth(1).is_some_and(char::is_whitespace);
    (signed && !lead.is_empty())
        || lead.ends_with(['+', '＋', '×', '*', '·', '÷', '/', '^', '√', '−', '±'])
        || (lead.ends_with('-') && lead[..lead.len() - 1].ends_with([' ', ')']))
}

pub(super) fn operator_after(text: &str, at: usize) -> bool {
    let tail = text[skip_blanks(text, at)..].trim_start_matches(')');
    // "80 minutes/day" is one unit.
    let each = tail.strip_prefix('/').is_some_and(|tail| tail.starts_with(|c: char| c.is_ascii_alphabetic()));
    if each {
        return false;
    }
    if tail.starts_with(['+', '＋', '×', '÷', '/', '^', '±', '·']) || tail.starts_with("\\times") {
        return true;
    }
    let tail = tail.strip_prefix(['-', '−', '*']).map(str::trim_start);
    tail.is_some_and(|tail| {
        let mut chars = tail.chars();
        chars.next().is_some_and(|c| c == '(' || c.is_ascii_alphanumeric())
            && !chars.next().is_some_and(char::is_alphabetic)
    })
}

impl Parser<'_> {
    fn sum(&mut self, at: usize) -> Option<Expression> {
        if self.depth >= MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let mut left = self.product(at);
        while let Some(so_far) = left.clone() {
            let Some((operator, next)) = self.operator(SUMS, so_far.span.end) else { break };
            let Some(right) = self.product(next) else { break };
            left = Some(combine(so_far, operator, right)?);
        }
        self.depth -= 1;
        left
    }

    fn product(&mut self, at: usize) -> Option<Expression> {
        let mut left = self.power(at)?;
        loop {
            let end = left.span.end;
            let part_of = ["of ", "的"].iter().find_map(|word| self.word(end, word));
            let (operator, next) = match (self.operator(PRODUCTS, end), part_of) {
                (Some(found), _) => found,
                (None, Some(next)) => (Operator::Multiply, next),
                (None, None) => break,
            };
            let Some(right) = self.power(next) else { break };
            // "20% of 50", "2/3 of 90" and 200的20%, not "3 of 5".
            let fraction = left.operators == 1 && self.text[left.span.clone()].contains('/');
            if part_of == Some(next) && !fraction && !left.bare_percent && !right.bare_percent {
                break;
            }
            left = combine(left, operator, right)?;
        }
        Some(left)
    }

    fn power(&mut self, at: usize) -> Option<Expression> {
        let base = self.unary(at)?;
        let superscripts: String = self.text[base.span.end..]
            .chars()
            .map_while(|c| "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().position(|s| s == c))
            .map(|d| d.to_string())
            .collect();
        if !superscripts.is_empty() {
            let end = self.text[base.span.end..]
                .char_indices()
                .nth(superscripts.len())
                .map_or(self.text.len(), |(i, _)| base.span.end + i);
            return raise(base, superscripts.parse().ok()?, end);
        }
        let Some(next) = ["**", "^"].iter().find_map(|sign| self.word(base.span.end, sign)) else {
            return Some(base);
        };
        let braced = self.text[next..].starts_with('{');
        let exponent = self.unary(next + usize::from(braced))?;
        let power = exponent.value.as_ref().filter(|v| v.is_integer())?.to_integer().to_i64()?;
        let end = exponent.span.end + usize::from(braced && self.text[exponent.span.end..].starts_with('}'));
        raise(base, power, end)
    }

    fn unary(&mut self, at: usize) -> Option<Expression> {
        let at = skip_blanks(self.text, at);
        let rest = &self.text[at..];
        if let Some(sign) = ["-", "−", "+"].iter().find(|sign| rest.starts_with(**sign)) {
            let mut inner = self.primary(at + sign.len())?;
            if *sign != "+" {
                inner.value = inner.value.map(|value| -value);
            }
            inner.span.start = at;
            return Some(inner);
        }
        if let Some(sign) = ["√", "\\sqrt"].iter().find(|sign| rest.starts_with(**sign)) {
            let mut inner = self.primary(at + sign.len())?;
            let scaled = inner.value.filter(|v| !v.is_negative())? * format::power_of_ten(2 * ROOT_PLACES);
            inner.value =
                Some(BigRational::new(scaled.to_integer().sqrt(), BigInt::from(10).pow(ROOT_PLACES)));
            inner.irrational = true;
            inner.operators += 1;
            inner.span.start = at;
            return Some(inner);
        }
        self.primary(at)
    }

    fn primary(&mut self, at: usize) -> Option<Expression> {
        let at = skip_blanks(self.text, at);
        let rest = &self.text[at..];
        if let Some(inside) = rest.strip_prefix("\\frac{") {
            let above = self.sum(self.text.len() - inside.len())?;
            let below = self.sum(self.word(above.span.end, "}{")?)?;
            let end = self.word(below.span.end, "}")?;
            let mut whole = combine(above, Operator::Divide, below)?;
            whole.span = at..end;
            return Some(whole);
        }
        let brackets = [("(", ")"), ("（", "）"), ("{", "}"), ("[", "]")];
        if let Some((open, close)) = brackets.iter().find(|(open, _)| rest.starts_with(*open)) {
            let mut inner = self.sum(at + open.len())?;
            let end = self.word(inner.span.end, close)?;
            inner.span = at..end;
            inner.bare_percent &= inner.operators > 0;
            return Some(self.with_unit(inner));
        }
        self.operand(at)
    }

    fn operand(&mut self, at: usize) -> Option<Expression> {
        // "Ann's 7 gallons"
        let owner = owner(&self.text[at..]);
        let start = at;
        let at = at + owner;
        let money = ["$", "¥", "￥", "€", "£", "\\$"].iter().find(|sign| self.text[at..].starts_with(**sign));
        let at = money.map_or(at, |sign| skip_blanks(self.text, at + sign.len()));
        let first = self.text[at..].chars().next()?;
        let number = if first.is_ascii_alphabetic() {
            let (length, value) = numeral::english(&self.text[at..])?;
            number::whole(at..at + length, BigRational::from_integer(value))
        } else if first.is_alphabetic() {
            let (length, value, _) = numeral::chinese(&self.text[at..])?;
            number::whole(at..at + length, value)
        } else {
            number::dividend(self.text, at)?
        };
        self.operands += 1;
        if self.operands > MAX_OPERANDS {
            return None;
        }
        let bare_percent = number.percent;
        Some(self.with_unit(Expression {
            span: start..number.span.end,
            value: Some(number.value.clone()),
            operators: 0,
            operands: vec![number],
            units: Vec::new(),
            irrational: false,
            rate: false,
            product: true,
            bare_percent,
        }))
    }

    /// Takes in the unit or the thing counted: "3 km", "3 apples", 200元.
    fn with_unit(&self, mut expression: Expression) -> Expression {
        let end = expression.span.end;
        let from = skip_blanks(self.text, end);
        let mut behind = from;
        let unit = unit_at(self.text, from);
        if let Some((end, unit)) = unit {
            expression.units.push(unit);
            expression.span.end = end;
            behind = skip_blanks(self.text, end);
        }
        // "$12/adult", "20 minutes / day": what it is counted for.
        let before = expression.span.end;
        let tail = &self.text[behind..];
        let slash = tail.strip_prefix('/').map(|tail| tail.trim_start_matches(' '));
        if let Some(tail) = slash.filter(|tail| tail.starts_with(|c: char| c.is_ascii_alphabetic())) {
            behind = self.text.len() - tail.len();
            expression.span.end = unit_at(self.text, behind).map_or(before, |(end, _)| end);
        }
        if let Some(end) = self.thing(behind) {
            expression.span.end = end;
        }
        let words = &self.text[before..expression.span.end];
        for each in ["/", "per ", "in an ", "in a "] {
            let Some(at) = words.find(each) else { continue };
            let Some((_, below)) = unit_at(self.text, skip_blanks(self.text, before + at + each.len()))
            else {
                continue;
            };
            // "60 minutes per hour" converts; with "5 km/h" a time must be in
            // hours.
            if unit.is_some_and(|(_, above)| above.same_dimension(&below)) {
                expression.rate = true;
            } else {
                expression.units.push(below);
            }
        }
        expression.product &= expression.units.len() <= 1 && expression.operators == 0;
        expression
    }

    /// Words after an operand, where the calculation goes on after them.
    fn thing(&self, from: usize) -> Option<usize> {
        let mut at = from;
        for _ in 0..MAX_UNIT_WORDS {
            if self.goes_on(at) {
                return (at > from).then_some(at);
            }
            let rest = &self.text[at..];
            let length = label(rest);
            // "60 kW would cost" and "3 times Bo" are no things.
            let verb = VERBS.contains(&&rest[..length]);
            if length == 0 || verb || self.operator(PRODUCTS, at).or(self.operator(SUMS, at)).is_some() {
                break;
            }
            at = self.text.len() - rest[length..].trim_start_matches(' ').len();
        }
        let mut at = from;
        for c in self.text[from..].chars().take(MAX_HAN_UNIT) {
            if self.goes_on(at) {
                return (at > from).then_some(at);
            }
            if !touchstone_graph::is_han(c) {
                return None;
            }
            at += c.len_utf8();
        }
        None
    }

    fn goes_on(&self, at: usize) -> bool {
        let rest = self.text[at..].trim_start();
        rest.starts_with(['=', '＝', '≈', ')', '）'])
            || rest.starts_with("等于")
            || rest.starts_with("equals ")
            || self.operator(SUMS, at).or_else(|| self.operator(PRODUCTS, at)).is_some_and(|(_, next)| {
                let tail = self.text[skip_blanks(self.text, next)..]
                    .trim_start_matches(['$', '¥', '￥', '€', '£', '(', '（']);
                let decimal = tail.strip_prefix('.').unwrap_or(tail);
                decimal.starts_with(|c: char| c.is_ascii_digit())
                    || numeral::chinese(tail).is_some()
                    || numeral::english(tail).is_some()
            })
    }

    fn operator(&self, table: &[(&str, Operator)], at: usize) -> Option<(Operator, usize)> {
        let found =
            table.iter().find_map(|(sign, operator)| self.word(at, sign).map(|next| (*operator, next)));
        let product = || {
            // "20x8" and "200(0.6)"
            let rest = &self.text[skip_blanks(self.text, at)..];
            let digit =
                |text: &str| text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | '$' | '('));
            if let Some(tail) = rest.strip_prefix(['x', 'X']).filter(|tail| digit(tail)) {
                return Some((Operator::Multiply, self.text.len() - tail.len()));
            }
            let inside = self.text[at..].strip_prefix('(')?;
            let joined = self.text[..at].ends_with(|c: char| c.is_ascii_digit() || c == ')');
            (joined && digit(inside)).then_some((Operator::Multiply, at))
        };
        found.or_else(|| product().filter(|_| std::ptr::eq(table, PRODUCTS)))
    }

    fn word(&self, at: usize, word: &str) -> Option<usize> {
        let at = skip_blanks(self.text, at);
        let power = word == "*" && self.text[at..].starts_with("**");
        (self.text[at..].starts_with(word) && !power).then(|| at + word.len())
    }
}

/// Words that make a clause of what stands behind an operand.
const VERBS: &[&str] = &[
    "would", "will", "is", "are", "was", "were", "be", "cost", "costs", "can", "could", "should", "has",
    "have", "had", "makes", "make", "takes", "take", "equals",
];

/// The length of "Ann's " before an operand.
fn owner(rest: &str) -> usize {
    let name = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
    let tail = &rest[name..];
    let possessive = ["'s ", "’s "].iter().find(|mark| name > 1 && tail.starts_with(**mark));
    possessive.map_or(0, |mark| name + mark.len())
}

/// A word of what is counted, "miles/hour" and "(house and food)" as one; 0
/// where none stands.
fn label(rest: &str) -> usize {
    if let Some(inside) = rest.strip_prefix('(') {
        let plain = |c: &char| c.is_ascii_alphabetic() || matches!(c, ' ' | '-' | '\'');
        let length = inside.chars().take_while(plain).count();
        let closed = length > 0 && length <= MAX_NOTE && inside[length..].starts_with(')');
        return if closed { length + 2 } else { 0 };
    }
    let mut length = 0;
    let mut chars = rest.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let possessive =
            at > 0 && matches!(c, '\'' | '’') && chars.peek().is_some_and(|(_, next)| *next == ' ');
        let joint = at > 0
            && matches!(c, '/' | '-' | '\'' | '’' | '.')
            && chars.peek().is_some_and(|(_, next)| next.is_ascii_alphabetic());
        // "lbs. × 3"
        let abbreviation = at > 0 && c == '.' && chars.peek().is_some_and(|(_, next)| *next == ' ');
        if !(c.is_ascii_alphabetic() || joint || abbreviation || possessive) {
            break;
        }
        length = at + c.len_utf8();
        if abbreviation {
            break;
        }
    }
    length
}

fn combine(left: Expression, operator: Operator, right: Expression) -> Option<Expression> {
    let value = match (&left.value, &right.value) {
        (Some(a), Some(b)) => match operator {
            // "200 + 10%" adds a tenth of 200, as on every pocket calculator.
            Operator::Add if right.bare_percent && !left.bare_percent => Some(a + a * b),
            Operator::Subtract if right.bare_percent && !left.bare_percent => Some(a - a * b),
            Operator::Add => Some(a + b),
            Operator::Subtract => Some(a - b),
            Operator::Multiply => Some(a * b),
            Operator::Divide => (!b.is_zero()).then(|| a / b),
            Operator::DivideWhole => (!b.is_zero()).then(|| (a / b).floor()),
        },
        _ => None,
    };
    let mut whole = Expression {
        span: left.span.start..right.span.end,
        value: bounded(value)?,
        operators: left.operators + right.operators + 1,
        irrational: left.irrational || right.irrational,
        // "1250 hours / 250 days" is a rate, whatever the units.
        rate: left.rate || right.rate || (operator == Operator::Divide && !left.units.is_empty()),
        product: operator == Operator::Multiply && left.product && right.product,
        // "50% + 25% - 5%" are shares of one whole.
        bare_percent: matches!(operator, Operator::Add | Operator::Subtract)
            && left.bare_percent
            && right.bare_percent,
        operands: left.operands,
        units: left.units,
    };
    whole.operands.extend(right.operands);
    whole.units.extend(right.units);
    Some(whole)
}

fn raise(base: Expression, power: i64, end: usize) -> Option<Expression> {
    if power.abs() > MAX_POWER {
        return None;
    }
    let value = match base.value {
        Some(value) if power < 0 && value.is_zero() => None,
        Some(value) => {
            let mut result = BigRational::one();
            for _ in 0..power.abs() {
                result = bounded(Some(result * &value))??;
            }
            Some(if power < 0 { result.recip() } else { result })
        }
        None => None,
    };
    let span = base.span.start..end;
    Some(Expression { span, value, operators: base.operators + 1, product: false, ..base })
}

/// `None` for a value that is too long to follow.
#[expect(clippy::option_option, reason = "too long to follow, and divided by zero, are two things")]
fn bounded(value: Option<BigRational>) -> Option<Option<BigRational>> {
    let fits = value.as_ref().is_none_or(|v| v.numer().bits() <= MAX_BITS && v.denom().bits() <= MAX_BITS);
    fits.then_some(value)
}
