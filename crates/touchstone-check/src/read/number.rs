//! Numbers in text as exact rationals: how precisely they are written, how
//! they are hedged, ranges.

use std::ops::Range;
use std::sync::LazyLock;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};
use regex::Regex;
use touchstone_graph::is_han;

use super::format::{parse_decimal, power_of_ten};

use super::{hedge, numeral, unit};

/// Larger powers of ten, and longer runs of digits, are codes, not amounts.
const MAX_EXPONENT: u32 = 300;
const MAX_LENGTH: usize = 100;

/// How the text bounds a number: "about", "more than", 至少 …
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Comparator {
    #[default]
    Exact,
    About,
    MoreThan,
    AtLeast,
    LessThan,
    AtMost,
}

/// One number of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number {
    /// The number itself, with sign, scale word and percent sign.
    pub span: Range<usize>,
    /// The number with the words that bound it ("more than 3 million").
    pub phrase: Range<usize>,
    /// A percentage is its fraction: 20% is 1/5.
    pub value: BigRational,
    /// Place value of the last written digit: 100,000 for "2.7 million"; zero
    /// for fractions, which are exact.
    pub precision: BigRational,
    pub comparator: Comparator,
    /// The upper end of a range ("3–5", "between 3 and 5"); `value` is the
    /// lower end then.
    pub upper: Option<BigRational>,
    /// Written with a percent sign or word.
    pub percent: bool,
    /// The power of ten of its scale word: 6 for "2.7 million".
    pub scale: u32,
    /// Written with a decimal point, a scale word or an exponent: rounded,
    /// where an integer is meant exactly.
    pub rounded: bool,
}

/// An amount that a text states, to be held against an exact one.
#[derive(Clone, Copy, Debug)]
pub struct Stated<'a> {
    pub value: &'a BigRational,
    pub upper: Option<&'a BigRational>,
    pub precision: &'a BigRational,
    pub comparator: Comparator,
}

impl Stated<'_> {
    /// Whether the text's amount is right for `actual`: within half a unit of
    /// the last written digit or within `tolerance` (relative to `actual`), or
    /// on the right side of a bound. An approximate amount ("about 300") is
    /// also right to the last digit that is not a trailing zero, but never
    /// further than 5% off by that rule.
    pub fn admits(&self, actual: &BigRational, tolerance: &BigRational) -> bool {
        let two = BigRational::from_integer(BigInt::from(2));
        let mut slack = (self.precision / &two).max(actual.abs() * tolerance.abs());
        match self.comparator {
            Comparator::Exact => {}
            Comparator::About => {
                let rounded = trailing_place(self.value) / &two;
                let twentieth = self.value.abs() / BigRational::from_integer(BigInt::from(20));
                slack = slack.max(rounded.min(twentieth));
            }
            Comparator::MoreThan | Comparator::AtLeast => return *actual >= self.value - slack,
            Comparator::LessThan | Comparator::AtMost => {
                return *actual <= self.upper.unwrap_or(self.value) + slack;
            }
        }
        *actual >= self.value - &slack && *actual <= self.upper.unwrap_or(self.value) + &slack
    }
}

impl Number {
    pub fn stated(&self) -> Stated<'_> {
        Stated {
            value: &self.value,
            upper: self.upper.as_ref(),
            precision: &self.precision,
            comparator: self.comparator,
        }
    }

    /// The number that a whole text is ("1,234", 三十五, "42."), hedges and
    /// marks around it aside.
    pub fn parse(text: &str) -> Option<Number> {
        let mut found = numbers(text).into_iter();
        let number = found.next()?;
        let mut around = text[..number.phrase.start].chars().chain(text[number.phrase.end..].chars());
        (found.next().is_none() && !around.any(char::is_alphanumeric)).then_some(number)
    }
}

/// The place value of the last digit that is not a trailing zero; one for
/// numbers that are not whole, zero for zero.
fn trailing_place(value: &BigRational) -> BigRational {
    if value.is_zero() {
        return BigRational::zero();
    }
    let (ten, mut place, mut rest) = (BigInt::from(10), BigInt::one(), value.to_integer());
    if !value.is_integer() {
        return BigRational::one();
    }
    while (&rest % &ten).is_zero() {
        rest /= &ten;
        place *= &ten;
    }
    BigRational::from_integer(place)
}

/// Finds the numbers of a text, in order. Numbers that are part of a name or
/// a code (H2O, 1.2.3, 12:30), ordinals, and numbers that can be read in two
/// ways ("1,5") are left out.
pub fn numbers(text: &str) -> Vec<Number> {
    let mut found: Vec<Number> = Vec::new();
    let mut at = 0;
    let mut before: Option<char> = None;
    while let Some(c) = text[at..].chars().next() {
        let next = match number_at(text, at, before) {
            Some(number) => {
                let end = number.span.end;
                found.push(number);
                end
            }
            None => at + skipped(&text[at..], c),
        };
        before = text[at..next].chars().next_back();
        at = next;
    }
    hedge::negate(text, &mut found);
    hedge::join_ranges(text, &mut found);
    hedge::bound(text, &mut found);
    found
}

/// Where to look on: past the whole word or code, so that nothing is read
/// from its middle.
fn skipped(rest: &str, c: char) -> usize {
    let in_word = |c: char| (c.is_alphanumeric() && !is_han(c)) || c == '_';
    if !in_word(c) {
        return c.len_utf8();
    }
    let mut end = 0;
    let mut chars = rest.char_indices().peekable();
    while let Some((i, c)) = chars.next() {
        let joint =
            matches!(c, '.' | ',' | ':' | '/' | '-') && chars.peek().is_some_and(|(_, n)| n.is_ascii_digit());
        if !in_word(c) && !joint {
            break;
        }
        end = i + c.len_utf8();
    }
    end
}

/// The number that starts exactly at `at`, hedges and ranges aside.
fn number_at(text: &str, at: usize, before: Option<char>) -> Option<Number> {
    let rest = &text[at..];
    let c = rest.chars().next()?;
    let glued = before.is_some_and(|b| (b.is_alphanumeric() && !is_han(b)) || matches!(b, '_' | '^'));
    if c.is_ascii_alphabetic() {
        if glued {
            return None;
        }
        let (length, value) = numeral::english(rest)?;
        let value = BigRational::from_integer(value);
        return Some(percent(text, plain(at..at + length, value, BigRational::one())));
    }
    if is_han(c) {
        return chinese_at(text, at, before);
    }
    let sign = if rest.starts_with(['-', '−', '+']) { c.len_utf8() } else { 0 };
    // 3度-5度 and (4)-5 are no negative numbers, 是-5 is one.
    let joins = before == Some(')') || before.is_some_and(is_han) && follows_number(&text[..at]);
    if glued || (sign > 0 && joins) {
        return None;
    }
    let mut number = operand(text, at + sign)?;
    let after = &text[number.span.end..];
    if is_joined_on(after) {
        return None;
    }
    if after.starts_with(|c: char| c.is_alphabetic() && !is_han(c))
        && unit::unit_at(text, number.span.end).is_none()
    {
        return None;
    }
    number.span.start = at;
    number.phrase = number.span.clone();
    if matches!(c, '-' | '−') {
        number.value = -number.value;
    }
    Some(number)
}

/// Whether the text ends with a number and at most two characters of a unit.
fn follows_number(lead: &str) -> bool {
    let mut unit = lead.chars().rev().take(3).skip_while(|c| is_han(*c));
    unit.next().is_some_and(|c| c.is_ascii_digit())
}

/// Whether digits go on to a code, a time, a date or a power: "12:30",
/// "1.2.3", "1,5", "2020-01-05", "10^7".
fn is_joined_on(after: &str) -> bool {
    static JOINED: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"^(?:[:,.]\d|[-/]\d+[-/]\d|/\d|_|\^|[⁰¹²³⁴⁵⁶⁷⁸⁹])").ok());
    JOINED.as_ref().is_some_and(|joined| joined.is_match(after))
}

/// Digits with their exponent, scale and percent sign, without sign and
/// without the guards against codes: where an expression wants an operand.
pub(super) fn operand(text: &str, at: usize) -> Option<Number> {
    amount(text, at, true)
}

/// The same, with "3/4" left for whoever calculates.
pub(super) fn dividend(text: &str, at: usize) -> Option<Number> {
    amount(text, at, false)
}

fn amount(text: &str, at: usize, fractions: bool) -> Option<Number> {
    static DIGITS: LazyLock<Option<Regex>> = LazyLock::new(|| {
        // Thousands are set apart by commas, thin spaces or, where there are two
        // of them, by plain spaces.
        Regex::new(r"^(?:[0-9\x{FF10}-\x{FF19}]{1,3}(?:(?:,[0-9\x{FF10}-\x{FF19}]{3})+|(?:[\u{2009}\u{202f}\u{a0}][0-9]{3})+\b|(?: [0-9]{3}){2,}\b)|[0-9\x{FF10}-\x{FF19}]+)(?:\.[0-9\x{FF10}-\x{FF19}]+)?|^\.[0-9]+").ok()
    });
    let rest = &text[at..];
    let length = DIGITS.as_ref()?.find(rest)?.end();
    if length > MAX_LENGTH {
        return None;
    }
    let digits = &rest[..length];
    if digits.contains(',') && rest[length..].starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (value, precision) = parse_decimal(digits)?;
    let mut number = plain(at..at + length, value, precision);
    number.rounded = digits.contains('.');
    if !fractions && mixed(text, &mut number) {
        return Some(percent(text, number));
    }
    let divided = fractions && fraction(text, &mut number);
    if !(divided || exponent(text, &mut number)) {
        scale(text, &mut number);
    }
    Some(percent(text, number))
}

/// A whole number written in words.
pub(super) fn whole(span: Range<usize>, value: BigRational) -> Number {
    plain(span, value, BigRational::one())
}

fn plain(span: Range<usize>, value: BigRational, precision: BigRational) -> Number {
    Number {
        phrase: span.clone(),
        span,
        value,
        precision,
        comparator: Comparator::Exact,
        upper: None,
        percent: false,
        scale: 0,
        rounded: false,
    }
}

/// "1 and 1/4", "2 1/2".
fn mixed(text: &str, number: &mut Number) -> bool {
    static PART: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"^(?: and | )([1-9]\d{0,2})/([1-9]\d{0,3})(?:[^\d/.\w]|$)").ok());
    let Some(part) = PART.as_ref().and_then(|part| part.captures(&text[number.span.end..])) else {
        return false;
    };
    let (Some(above), Some(below)) = (part.get(1), part.get(2)) else { return false };
    let (Ok(numerator), Ok(divisor)) = (above.as_str().parse::<u32>(), below.as_str().parse::<u32>()) else {
        return false;
    };
    if numerator >= divisor || !number.value.is_integer() || number.rounded {
        return false;
    }
    number.value += BigRational::new(numerator.into(), divisor.into());
    number.precision = BigRational::zero();
    number.span.end += below.end();
    number.phrase = number.span.clone();
    true
}

/// "3/4" between two whole numbers, where no date or code goes on.
fn fraction(text: &str, number: &mut Number) -> bool {
    static BELOW: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"^/([1-9]\d{0,5})(?:[^\d/.\w]|$)").ok());
    let below = BELOW.as_ref().and_then(|r| r.captures(&text[number.span.end..])).and_then(|c| c.get(1));
    let Some(below) = below.filter(|_| number.value.is_integer() && !number.rounded) else { return false };
    let Ok(divisor) = below.as_str().parse::<u32>() else { return false };
    number.value /= BigRational::from_integer(divisor.into());
    number.precision = BigRational::zero();
    number.span.end += below.end();
    number.phrase = number.span.clone();
    true
}

/// "1.5e6", "6.02 × 10^23", "6.02×10²³".
fn exponent(text: &str, number: &mut Number) -> bool {
    static EXPONENT: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"^(?:[eE]([+-]?\d{1,3})\b|\s?[×x*·]\s?10(?:\^\{?([-−+]?\d{1,3})\}?|(⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3})))",
        )
        .ok()
    });
    let Some(found) = EXPONENT.as_ref().and_then(|r| r.captures(&text[number.span.end..])) else {
        return false;
    };
    let Some(written) = found.get(1).or(found.get(2)).or(found.get(3)) else { return false };
    let plain: String = written
        .as_str()
        .chars()
        .map(|c| match c {
            '−' | '⁻' => '-',
            other => "⁰¹²³⁴⁵⁶⁷⁸⁹"
                .chars()
                .position(|s| s == other)
                .and_then(|d| char::from_digit(d as u32, 10))
                .unwrap_or(other),
        })
        .collect();
    let Ok(power) = plain.parse::<i32>() else { return false };
    if power.unsigned_abs() > MAX_EXPONENT {
        return false;
    }
    let factor = power_of_ten(power.unsigned_abs());
    let factor = if power < 0 { factor.recip() } else { factor };
    number.value *= &factor;
    number.precision *= &factor;
    number.rounded = true;
    number.span.end += found.get(0).map_or(0, |whole| whole.end());
    number.phrase = number.span.clone();
    true
}

/// "2.7 million", 1.4亿, 1亿2000万, 200多万.
fn scale(text: &str, number: &mut Number) {
    let rest = &text[number.span.end..];
    let word = rest.trim_start_matches([' ', '-']);
    let gap = rest.len() - word.len();
    let letters = word.bytes().take_while(u8::is_ascii_alphabetic).count();
    if gap <= 1
        && let Some(power) = numeral::english_scale(&word[..letters])
    {
        apply_power(number, power, gap + letters);
        return;
    }
    let gap = rest.bytes().take_while(|b| *b == b' ').count().min(1);
    let mut end = gap;
    if let Some(more) = ["多", "余"].iter().find(|more| rest[end..].starts_with(**more)) {
        number.comparator = Comparator::MoreThan;
        end += more.len();
    }
    let mut scales: Vec<u32> = rest[end..].chars().map_while(numeral::han_scale).take(3).collect();
    // 5750千克 weighs kilograms, not thousands of grams.
    let begins_unit = |count: usize| {
        let last: usize = rest[end..].chars().take(count - 1).map(char::len_utf8).sum();
        unit::unit_at(text, number.span.end + end + last).is_some()
    };
    if !scales.is_empty() && begins_unit(scales.len()) {
        scales.pop();
    }
    if scales.is_empty() {
        number.comparator = Comparator::Exact;
        return;
    }
    let length: usize = rest[end..].chars().take(scales.len()).map(char::len_utf8).sum();
    let power: u32 = scales.iter().sum();
    apply_power(number, power, end + length);
    // The next lower part: 1亿2000万, 3万5千.
    if number.value.is_integer()
        && let Some(next) = operand(text, number.span.end)
        && next.value < power_of_ten(power)
        && next.value.is_integer()
        && !next.percent
        && next.span.end > number.span.end
    {
        number.value += next.value;
        number.precision = next.precision;
        number.span.end = next.span.end;
        number.phrase = number.span.clone();
    }
}

fn apply_power(number: &mut Number, power: u32, length: usize) {
    number.value *= power_of_ten(power);
    number.precision *= power_of_ten(power);
    number.scale = power;
    number.rounded = true;
    number.span.end += length;
    number.phrase = number.span.clone();
}

/// "20%", "20 percent", "20 per cent".
fn percent(text: &str, mut number: Number) -> Number {
    static SIGN: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"^(?:\s?[%\x{FF05}]|\s(?i:percent|per cent)\b)").ok());
    if let Some(sign) = SIGN.as_ref().and_then(|sign| sign.find(&text[number.span.end..])) {
        number.span.end += sign.end();
        as_percent(&mut number);
    }
    number
}

fn as_percent(number: &mut Number) {
    number.value /= power_of_ten(2);
    number.precision /= power_of_ten(2);
    number.percent = true;
    number.phrase = number.span.clone();
}

/// Words after which a lone Chinese digit is a number.
const MEASURE_WORDS: &str = "个個种種国座位倍次条只名年天岁州省市颗顆";

fn chinese_at(text: &str, at: usize, before: Option<char>) -> Option<Number> {
    let rest = &text[at..];
    if let Some(after) = rest.strip_prefix("百分之") {
        let from = text.len() - after.len();
        let mut number = match numeral::chinese(after) {
            Some((length, value, _)) => plain(from..from + length, value, BigRational::one()),
            None => operand(text, from)?,
        };
        number.span.start = at;
        as_percent(&mut number);
        return Some(number);
    }
    if before == Some('第') {
        return None;
    }
    if let Some(number) = chinese_fraction(text, at) {
        return Some(number);
    }
    let (length, value, well_formed) = numeral::chinese(rest)?;
    let after = rest[length..].chars().next();
    let measured =
        after.is_some_and(|c| MEASURE_WORDS.contains(c) || unit::unit_at(text, at + length).is_some());
    let lone_one = value.is_one();
    (!lone_one && (well_formed || measured)).then(|| {
        let precision = trailing_place(&value).min(power_of_ten(4));
        let mut number = plain(at..at + length, value, precision);
        number.rounded = number.precision > BigRational::one();
        if rest[..length].contains(['多', '余']) {
            number.comparator = Comparator::MoreThan;
        }
        number
    })
}

/// 三分之二, 千分之五, 一点五亿, 零点三.
fn chinese_fraction(text: &str, at: usize) -> Option<Number> {
    let rest = &text[at..];
    if let Some((length, below, _)) = numeral::chinese_unit(rest)
        && let Some(above) = rest[length..].strip_prefix("分之")
        && !below.is_zero()
    {
        let from = text.len() - above.len();
        let number = match numeral::chinese(above) {
            Some((length, value, _)) => plain(from..from + length, value, BigRational::zero()),
            None => operand(text, from)?,
        };
        let mut whole = plain(at..number.span.end, number.value / below, BigRational::zero());
        whole.precision = BigRational::zero();
        return Some(whole);
    }
    let (length, value, precision) = numeral::chinese_decimal(rest)?;
    let mut number = plain(at..at + length, value, precision);
    number.rounded = true;
    scale(text, &mut number);
    Some(number)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::read::format_plain;

    fn read(text: &str) -> Vec<String> {
        numbers(text)
            .iter()
            .map(|number| format!("{}|{}", &text[number.phrase.clone()], format_plain(&number.value)))
            .collect()
    }

    #[test]
    fn numbers_are_read_in_both_languages() {
        assert_eq!(read("It has about 1,234,567 people."), ["about 1,234,567|1234567"]);
        assert_eq!(read("2.7 million km², or 5%"), ["2.7 million|2700000", "5%|0.05"]);
        assert_eq!(read("面积约960万平方公里"), ["约960万|9600000"]);
        assert_eq!(read("1亿2000万人"), ["1亿2000万|120000000"]);
        assert_eq!(read("熔点是-5.5度，3度-7度"), ["-5.5|-5.5", "3|3", "7|7"]);
        assert_eq!(read("三十五个国家"), ["三十五|35"]);
        assert_eq!(read("百分之二十"), ["百分之二十|0.2"]);
        assert_eq!(read("约占三分之二"), ["三分之二|0.6667"]);
        assert_eq!(read("大约一点五亿人"), ["大约一点五亿|150000000"]);
        assert_eq!(read("零下38.8摄氏度"), ["零下38.8|-38.8"]);
        assert_eq!(read("minus 40 degrees"), ["minus 40|-40"]);
        assert_eq!(read("40 degrees below zero"), ["40|-40"]);
        assert_eq!(read("17 098 246 km²"), ["17 098 246|17098246"]);
        assert_eq!(read("a million people, half a million"), ["a million|1000000", "half a million|500000"]);
        assert_eq!(read("two dozen eggs"), ["two dozen|24"]);
        assert_eq!(read("three hundred and five"), ["three hundred and five|305"]);
        assert_eq!(read("１２３ and −5"), ["１２３|123", "−5|-5"]);
        assert_eq!(read("6.02 × 10^23")[0], "6.02 × 10^23|602000000000000000000000");
    }

    #[test]
    fn names_and_codes_are_left_alone() {
        for text in [
            "H2O",
            "COVID-19x",
            "at 12:30",
            "version 1.2.3",
            "1,5",
            "2020-01-05",
            "10^400",
            "10⁷",
            "the 21st",
            "第三名",
            "一个人",
            "one of them",
            "万一",
        ] {
            assert_eq!(read(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn ranges_and_bounds() {
        let range = &numbers("between 3 and 5 km")[0];
        assert_eq!(
            (format_plain(&range.value), format_plain(range.upper.as_ref().unwrap())),
            ("3".into(), "5".into())
        );
        let stated = |text: &str, actual: i64| {
            numbers(text)[0].stated().admits(&BigRational::from_integer(actual.into()), &BigRational::zero())
        };
        assert!(stated("2–3 million", 2_500_000));
        assert!(stated("more than 300", 301));
        assert!(!stated("more than 300", 299));
        assert!(stated("至少200多万", 2_300_000));
        assert!(stated("about 300", 310));
        assert!(!stated("300", 301));
        assert!(stated("2.7 million", 2_740_000));
        assert!(!stated("less than 20", 21));
        assert_eq!(read("2 +12, 3+, and more"), ["2|2", "+12|12", "3+|3"]);
    }

    #[test]
    fn a_whole_text_is_a_number() {
        assert!(Number::parse(" 1,234. ").is_some());
        assert!(Number::parse("1,234 apples").is_none());
        assert!(Number::parse("1 or 2").is_none());
    }
}
