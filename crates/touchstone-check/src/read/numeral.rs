//! Numbers written in words: "three hundred and five", 三十五, 一千三百万.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::Zero;

const SMALL: &[(&str, u64)] = &[
    ("zero", 0),
    ("one", 1),
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
    ("ten", 10),
    ("eleven", 11),
    ("twelve", 12),
    ("thirteen", 13),
    ("fourteen", 14),
    ("fifteen", 15),
    ("sixteen", 16),
    ("seventeen", 17),
    ("eighteen", 18),
    ("nineteen", 19),
    ("twenty", 20),
    ("thirty", 30),
    ("forty", 40),
    ("fifty", 50),
    ("sixty", 60),
    ("seventy", 70),
    ("eighty", 80),
    ("ninety", 90),
];
const SCALES: &[(&str, u32)] = &[("thousand", 3), ("million", 6), ("billion", 9), ("trillion", 12)];
/// Longer numerals are no numbers that a text would spell out.
const MAX_WORDS: usize = 16;

/// The power of ten of an English scale word.
pub(super) fn english_scale(word: &str) -> Option<u32> {
    let lower = word.to_ascii_lowercase();
    SCALES.iter().find(|(name, _)| *name == lower).map(|(_, power)| *power)
}

/// The numeral in words at the beginning of `text`: its length and value.
/// A lone "one" is left alone: it is seldom a number.
pub(super) fn english(text: &str) -> Option<(usize, BigInt)> {
    for (lead, halved) in [("half a ", true), ("a ", false)] {
        let Some(rest) =
            text.get(..lead.len()).filter(|l| l.eq_ignore_ascii_case(lead)).map(|_| &text[lead.len()..])
        else {
            continue;
        };
        let length = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let scale = match &rest[..length] {
            "hundred" => BigInt::from(100),
            "dozen" => BigInt::from(12),
            word => BigInt::from(10).pow(english_scale(word)?),
        };
        return Some((lead.len() + length, if halved { scale / 2 } else { scale }));
    }
    let (mut total, mut part) = (BigInt::zero(), BigInt::zero());
    let (mut at, mut end, mut words) = (0usize, 0usize, 0usize);
    let mut lone_one = true;
    while words < MAX_WORDS {
        let length = text[at..].bytes().take_while(u8::is_ascii_alphabetic).count();
        let word = text[at..at + length].to_ascii_lowercase();
        if let Some((_, value)) = SMALL.iter().find(|(name, _)| *name == word) {
            let rest = &part % BigInt::from(100);
            // "twenty one", not "five six".
            let joins = rest >= BigInt::from(20) && (&rest % BigInt::from(10)).is_zero() && *value < 10;
            if !rest.is_zero() && !joins {
                break;
            }
            part += BigInt::from(*value);
            lone_one &= word == "one" && words == 0;
        } else if word == "hundred" && !part.is_zero() {
            part *= 100;
            lone_one = false;
        } else if let Some(power) = english_scale(&word).filter(|_| !part.is_zero()) {
            total += part * BigInt::from(10).pow(power);
            part = BigInt::zero();
            lone_one = false;
        } else if word == "dozen" && !part.is_zero() && total.is_zero() {
            part *= 12;
        } else if word == "and" && words > 0 && text[..at].trim_end().ends_with("hundred") {
            at += length;
            at += blanks(&text[at..]);
            continue;
        } else {
            break;
        }
        words += 1;
        at += length;
        end = at;
        let gap = if text[at..].starts_with('-') { 1 } else { blanks(&text[at..]) };
        if gap == 0 {
            break;
        }
        at += gap;
    }
    let followed = text[end..].chars().next().is_some_and(char::is_alphanumeric);
    (words > 0 && !lone_one && !followed).then(|| (end, total + part))
}

fn blanks(text: &str) -> usize {
    text.bytes().take_while(|b| *b == b' ').count()
}

fn han_digit(c: char) -> Option<u64> {
    Some(match c {
        '〇' | '零' => 0,
        '一' => 1,
        '二' | '两' | '兩' => 2,
        '三' => 3,
        '四' => 4,
        '五' => 5,
        '六' => 6,
        '七' => 7,
        '八' => 8,
        '九' => 9,
        _ => return None,
    })
}

/// The power of ten of a Chinese scale character.
pub(super) fn han_scale(c: char) -> Option<u32> {
    Some(match c {
        '十' => 1,
        '百' => 2,
        '千' => 3,
        '万' | '萬' => 4,
        '亿' | '億' => 8,
        _ => return None,
    })
}

/// The Chinese numeral at the beginning of `text`: its length, value, and
/// whether it is well formed enough to stand without a measure word.
pub(super) fn chinese(text: &str) -> Option<(usize, BigRational, bool)> {
    let (mut total, mut section, mut digit) = (0u128, 0u128, None::<u128>);
    let (mut end, mut count, mut scaled) = (0usize, 0usize, false);
    for (at, c) in text.char_indices().take(MAX_WORDS) {
        if let Some(value) = han_digit(c) {
            if digit.is_some_and(|d| d != 0) {
                // Digits one by one are a year or a code, not a numeral.
                return None;
            }
            digit = Some(u128::from(value));
        } else if let Some(power) = han_scale(c) {
            if count == 0 && c != '十' {
                return None;
            }
            let factor = 10u128.pow(power);
            if power >= 4 {
                total = (total + section + digit.unwrap_or(0)).checked_mul(factor)?;
                section = 0;
            } else {
                section += digit.unwrap_or(1).checked_mul(factor)?;
            }
            digit = None;
            scaled = true;
        } else if matches!(c, '多' | '余') && scaled && digit.is_none() {
            // 五千多万: the scale goes on behind it.
            let tail = text[at + c.len_utf8()..].chars().next();
            if !tail.is_some_and(|next| matches!(next, '万' | '亿' | '萬' | '億')) {
                break;
            }
            continue;
        } else {
            break;
        }
        count += 1;
        end = at + c.len_utf8();
    }
    let value = total + section + digit.unwrap_or(0);
    (count > 0).then(|| (end, BigRational::from_integer(BigInt::from(value)), scaled && count > 1))
}

/// The lower part of a fraction: 三, 千, 万.
pub(super) fn chinese_unit(text: &str) -> Option<(usize, BigRational, bool)> {
    let first = text.chars().next()?;
    match han_scale(first).filter(|power| *power > 1) {
        Some(power) => {
            let value = BigRational::from_integer(BigInt::from(10).pow(power));
            Some((first.len_utf8(), value, true))
        }
        None => chinese(text),
    }
}

/// 三点一四, 零点五: its length, value and the place value of its last digit.
pub(super) fn chinese_decimal(text: &str) -> Option<(usize, BigRational, BigRational)> {
    let (length, whole, _) = chinese(text)?;
    let digits = text[length..].strip_prefix('点').or_else(|| text[length..].strip_prefix('點'))?;
    let (mut value, mut place) = (whole, BigRational::from_integer(BigInt::from(1)));
    let mut end = text.len() - digits.len();
    for c in digits.chars().take(MAX_WORDS) {
        let Some(digit) = han_digit(c) else { break };
        place /= BigRational::from_integer(BigInt::from(10));
        value += &place * BigRational::from_integer(BigInt::from(digit));
        end += c.len_utf8();
    }
    // 三点 is an hour.
    (end > text.len() - digits.len()).then_some((end, value, place))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn words_are_read() {
        assert_eq!(english("three hundred and five people").unwrap(), (22, BigInt::from(305)));
        assert_eq!(english("twenty-one").unwrap().1, BigInt::from(21));
        assert_eq!(english("two million").unwrap().1, BigInt::from(2_000_000));
        assert!(english("one of them").is_none());
        assert!(english("tension").is_none());
    }

    #[test]
    fn chinese_numerals_are_read() {
        let value = |text| chinese(text).map(|(_, value, _)| value.to_integer());
        assert_eq!(value("三十五"), Some(BigInt::from(35)));
        assert_eq!(value("一千三百万"), Some(BigInt::from(13_000_000)));
        assert_eq!(value("十二个"), Some(BigInt::from(12)));
        assert_eq!(value("一百零五"), Some(BigInt::from(105)));
        assert_eq!(value("万"), None);
        assert_eq!(value("二零零八"), None);
    }
}
