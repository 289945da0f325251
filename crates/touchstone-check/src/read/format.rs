//! Writing exact numbers.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};

/// More digits after the point than this are rounded.
const MAX_DECIMALS: u32 = 6;
/// Places kept of a number that no decimal writes exactly.
const ROUNDED_DECIMALS: u32 = 4;

/// A number in plain decimal notation: exact where six places are enough,
/// else rounded (half away from zero) to four.
pub fn format_plain(value: &BigRational) -> String {
    for places in 0..=MAX_DECIMALS {
        let scaled = value * BigRational::from_integer(BigInt::from(10).pow(places));
        if scaled.is_integer() {
            return write(&scaled.to_integer(), places);
        }
    }
    let scaled = value * BigRational::from_integer(BigInt::from(10).pow(ROUNDED_DECIMALS));
    let rounded = scaled.round().to_integer();
    if rounded.is_zero() {
        // Too small for places: say it by its first significant digits.
        let mut places = ROUNDED_DECIMALS;
        let mut shifted = scaled;
        while shifted.abs() < BigRational::from_integer(BigInt::from(100)) && places < 60 {
            shifted *= BigRational::from_integer(BigInt::from(10));
            places += 1;
        }
        return write(&shifted.round().to_integer(), places);
    }
    write(&rounded, ROUNDED_DECIMALS)
}

/// `digits` × 10^-places, without trailing zeros after the point.
fn write(digits: &BigInt, places: u32) -> String {
    let places = places as usize;
    let text = digits.abs().to_string();
    let padded = format!("{text:0>width$}", width = places + 1);
    let (whole, fraction) = padded.split_at(padded.len() - places);
    let fraction = fraction.trim_end_matches('0');
    let sign = if digits.is_negative() { "-" } else { "" };
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

pub(super) fn power_of_ten(exponent: u32) -> BigRational {
    BigRational::from_integer(BigInt::from(10).pow(exponent))
}

/// A plain decimal ("1,234.5", "007", ".5") as an exact number with the place
/// value of its last digit.
pub(super) fn parse_decimal(text: &str) -> Option<(BigRational, BigRational)> {
    let plain: String =
        text.chars().filter(|c| !(matches!(c, ',' | '，') || c.is_whitespace())).map(ascii_digit).collect();
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let digits: BigInt = format!("{whole}{fraction}").parse().ok()?;
    let places = u32::try_from(fraction.len()).ok()?;
    let precision = if places == 0 { BigRational::one() } else { power_of_ten(places).recip() };
    Some((BigRational::new(digits, BigInt::from(10).pow(places)), precision))
}

fn ascii_digit(c: char) -> char {
    match c {
        '０'..='９' => char::from(b'0' + (c as u32 - '０' as u32) as u8),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn plain(numerator: i64, denominator: i64) -> String {
        format_plain(&BigRational::new(numerator.into(), denominator.into()))
    }

    #[test]
    fn plain_decimals() {
        assert_eq!(plain(184, 1), "184");
        assert_eq!(plain(-5, 2), "-2.5");
        assert_eq!(plain(10, 3), "3.3333");
        assert_eq!(plain(1, 300_000), "0.00000333");
        assert_eq!(plain(0, 7), "0");
        assert_eq!(parse_decimal("1,234.50").unwrap().0, BigRational::new(2469.into(), 2.into()));
    }
}
