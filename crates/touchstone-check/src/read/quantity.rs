//! Quantities: numbers with their units.

use std::ops::Range;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, Zero};

use super::number::{Comparator, Number, Stated, numbers};
use super::unit::{Unit, sign_before, unit_at};

/// A number with the unit that it is given in, if any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quantity {
    pub number: Number,
    pub unit: Option<Unit>,
    /// The number with its hedges and its unit.
    pub span: Range<usize>,
}

impl Quantity {
    pub fn stated(&self) -> Stated<'_> {
        self.number.stated()
    }
}

/// Finds the quantities of a text, in order: every number of
/// [`numbers`], with its unit. "5 ft 3 in" is one quantity.
pub fn find_quantities(text: &str) -> Vec<Quantity> {
    let mut found: Vec<Quantity> = Vec::new();
    for number in numbers(text) {
        let mut next = with_unit(text, number);
        if let (Some(last), None) = (found.last(), next.unit) {
            inches(text, last, &mut next);
        }
        match found.last_mut().and_then(|last| Some((mixed(text, last, &next)?, last))) {
            Some((whole, last)) => *last = whole,
            None => found.push(next),
        }
    }
    found
}

/// "5 ft 3 in": what is a preposition elsewhere.
fn inches(text: &str, feet: &Quantity, next: &mut Quantity) {
    let (Some(foot), Some(tail)) = (unit_at("ft", 0), text[next.span.end..].strip_prefix(" in")) else {
        return;
    };
    let goes_on = tail.starts_with(|c: char| c.is_alphanumeric());
    if feet.unit == Some(foot.1) && text[feet.span.end..next.span.start].trim().is_empty() && !goes_on {
        next.unit = unit_at("inch", 0).map(|(_, unit)| unit);
        next.span.end += " in".len();
    }
}

/// Words between a unit and the one that it is counted for.
const PER: &[&str] = &["/", " / ", " per ", "每", " a ", " an "];

fn with_unit(text: &str, number: Number) -> Quantity {
    let mut quantity = Quantity { span: number.phrase.clone(), unit: None, number };
    let at = quantity.number.span.end;
    let money = sign_before(text[..quantity.number.span.start].trim_end_matches(' '));
    if let Some((start, unit)) = money {
        quantity.unit = Some(unit);
        quantity.span.start = quantity.span.start.min(start);
    }
    let blank = text[at..].starts_with([' ', '-', '\u{a0}', '\u{202f}']);
    let gap = if blank { text[at..].chars().next().map_or(0, char::len_utf8) } else { 0 };
    if let Some((end, unit)) = unit_at(text, at).or_else(|| unit_at(text, at + gap)) {
        // "$5 US dollars" says it twice.
        if quantity.unit.is_none_or(|known| known == unit) {
            quantity.unit = Some(unit);
            quantity.span.end = quantity.span.end.max(end);
        }
    }
    rate(text, &mut quantity);
    if quantity.unit.is_some_and(|unit| unit.is_angle()) {
        direction(text, &mut quantity);
    }
    quantity
}

/// "km² per" and what it is counted for, behind a unit that ends at `end`:
/// where it ends, and the unit of both.
pub(super) fn per(text: &str, end: usize, above: Unit) -> Option<(usize, Unit)> {
    let tail = &text[end..];
    PER.iter().find_map(|word| {
        let rest = tail.strip_prefix(word)?;
        let (end, below) = unit_at(text, text.len() - rest.len())?;
        let time = || {
            let units = ["hour", "year"].iter().filter_map(|name| unit_at(name, 0));
            units.into_iter().any(|(_, unit)| below.same_dimension(&unit))
        };
        let things = above == Unit::COUNT && !matches!(*word, " per " | "每" | "/");
        (!things && (!matches!(*word, " a " | " an ") || time())).then_some(())?;
        Some((end, above.per(below)?))
    })
}

/// "people per km²", "$5/kg", "60 miles an hour", 每平方公里100人, 时速100公里.
fn rate(text: &str, quantity: &mut Quantity) {
    if let Some((end, unit)) = per(text, quantity.span.end, quantity.unit.unwrap_or(Unit::COUNT)) {
        quantity.unit = Some(unit);
        quantity.span.end = end;
        return;
    }
    let lead = text[..quantity.span.start].trim_end_matches(['有', '达', '为', '约', ' ']);
    let (start, below) = if let Some(start) = lead.strip_suffix("时速").map(str::len) {
        (start, unit_at("hour", 0))
    } else {
        // Units are short: the sign for "each" stands within a few characters.
        let nearby = lead.char_indices().rev().take(8).last().map_or(0, |(at, _)| at);
        let Some(each) = lead[nearby..].rfind('每').map(|at| at + nearby) else { return };
        let below = unit_at(lead, each + '每'.len_utf8()).filter(|(end, _)| *end == lead.len());
        (each, below)
    };
    let Some((_, below)) = below else { return };
    if let Some(unit) = quantity.unit.unwrap_or(Unit::COUNT).per(below) {
        quantity.unit = Some(unit);
        quantity.span.start = start;
    }
}

fn direction(text: &str, quantity: &mut Quantity) {
    const SOUTH_WEST: [&str; 4] = ["south", "west", "S", "W"];
    const NORTH_EAST: [&str; 4] = ["north", "east", "N", "E"];
    let tail = text[quantity.span.end..].trim_start();
    let stands = |side: &&&str| {
        tail.starts_with(**side) && !tail[side.len()..].starts_with(|c: char| c.is_ascii_alphanumeric())
    };
    let south = SOUTH_WEST.iter().find(stands);
    if let Some(side) = south.or_else(|| NORTH_EAST.iter().find(stands)) {
        quantity.span.end = text.len() - tail.len() + side.len();
    }
    let lead = &text[..quantity.span.start];
    let before = |sides: &[&str]| sides.iter().find(|side| lead.ends_with(**side)).map(|side| side.len());
    let negative = before(&["南纬", "西经", "南緯", "西經"]);
    if let Some(length) = negative.or_else(|| before(&["北纬", "东经", "北緯", "東經"])) {
        quantity.span.start -= length;
    }
    if south.is_some() || negative.is_some() {
        quantity.number.value = -quantity.number.value.clone();
    }
}

/// "5 ft 3 in", 2小时30分钟: the parts of one quantity, in the smaller unit.
fn mixed(text: &str, first: &Quantity, next: &Quantity) -> Option<Quantity> {
    let (above, below) = (first.unit?, next.unit?);
    let between = text.get(first.span.end..next.span.start)?;
    let plain = |quantity: &Quantity| {
        let number = &quantity.number;
        number.value.is_integer() && number.upper.is_none() && !number.value.is_negative() && !number.percent
    };
    let joins = matches!(between, "" | " " | ", " | " and ") && next.number.comparator == Comparator::Exact;
    if !joins || above == below || !plain(first) || next.number.value.is_negative() || first.number.rounded {
        return None;
    }
    let larger = below.convert(&above, &first.number.value)?;
    let unit = below.convert(&above, &BigRational::from_integer(BigInt::from(1)))?;
    let starts_at_zero = below.convert(&above, &BigRational::zero())?.is_zero();
    if !starts_at_zero || next.number.value >= unit || first.number.value.is_zero() {
        return None;
    }
    let mut number = next.number.clone();
    number.value += larger;
    number.comparator = first.number.comparator;
    number.span.start = first.number.span.start;
    number.phrase.start = first.number.phrase.start;
    Some(Quantity { number, unit: Some(below), span: first.span.start..next.span.end })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn converted(text: &str, from: &str, value: i64) -> String {
        let found = find_quantities(text);
        let unit = found[0].unit.unwrap();
        let value = BigRational::from_integer(value.into());
        super::super::format_plain(&unit.convert(&Unit::from_qudt(from).unwrap(), &value).unwrap())
    }

    #[test]
    fn units_convert_exactly() {
        assert_eq!(converted("10 °C", "K", 300), "26.85");
        assert_eq!(converted("212 degrees Fahrenheit", "DEG_C", 100), "212");
        assert_eq!(converted("about 5 sq mi", "KiloM2", 2), "0.7722");
        assert_eq!(converted("3 m", "http://qudt.org/vocab/unit/KiloM", 2), "2000");
        assert_eq!(converted("19.3克每立方厘米", "KiloGM-PER-M3", 19_300), "19.3");
        assert_eq!(converted("3,000 people per square mile", "NUM-PER-KiloM2", 1_000), "2589.9881");
        assert_eq!(converted("每平方公里约100人", "NUM-PER-MI2", 259), "100.0005");
        assert_eq!(converted("时速100公里", "MI-PER-HR", 50), "80.4672");
        assert_eq!(converted("$5/kg", "CCY_USD-PER-LB", 1), "2.2046");
        assert_eq!(converted("60 miles an hour", "KiloM-PER-HR", 100), "62.1371");
    }

    #[test]
    fn dimensions_do_not_mix() {
        let kelvin = find_quantities("300 K")[0].unit.unwrap();
        assert!(kelvin.convert(&Unit::from_qudt("KiloM").unwrap(), &BigRational::zero()).is_none());
        assert!(Unit::from_qudt("FURLONG").is_none());
    }

    #[test]
    fn parts_are_put_together() {
        let height = &find_quantities("He is 5 ft 11 in tall")[0];
        assert_eq!(height.number.value, BigRational::from_integer(71.into()));
        let time = &find_quantities("约2小时30分钟")[0];
        assert_eq!(time.number.value, BigRational::from_integer(150.into()));
        assert_eq!(time.number.comparator, Comparator::About);
        assert_eq!(find_quantities("3 km, 5 m").len(), 1);
        assert_eq!(find_quantities("3 m, 5 km").len(), 2);
        assert_eq!(find_quantities("10 °C 5 K").len(), 2);
    }

    #[test]
    fn spans_hold_hedge_and_unit() {
        let text = "It has about 17.8 million inhabitants.";
        let found = find_quantities(text);
        assert_eq!(&text[found[0].span.clone()], "about 17.8 million inhabitants");
        assert_eq!(&text[found[0].number.span.clone()], "17.8 million");
        assert!(found[0].unit.unwrap().is_count());
        let text = "It costs $5 million a year.";
        assert_eq!(&text[find_quantities(text)[0].span.clone()], "$5 million a year");
        let south = find_quantities("latitude 0.2° S")[0].number.value.clone();
        assert_eq!(south, BigRational::new((-1).into(), 5.into()));
    }
}
