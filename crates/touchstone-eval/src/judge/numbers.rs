//! Numbers as a text writes them, held against the facts' own.

use super::tokens::Token;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Written {
    pub(super) value: f64,
    /// Half a unit of the last written digit.
    pub(super) half_unit: f64,
    pub(super) text: String,
}

const SCALES: &[(&str, f64)] = &[
    ("thousand", 1e3),
    ("million", 1e6),
    ("billion", 1e9),
    ("trillion", 1e12),
    ("千", 1e3),
    ("万", 1e4),
    ("百", 1e2),
    ("亿", 1e8),
];

/// Units with the QUDT names of what they measure in; without one, a unit
/// that no predicate has.
const UNITS: &[(&str, &[&str])] = &[
    ("mile", &[]),
    ("miles", &[]),
    ("mi", &[]),
    ("acre", &[]),
    ("acres", &[]),
    ("hectare", &["HA"]),
    ("hectares", &["HA"]),
    ("ft", &["FT"]),
    ("feet", &["FT"]),
    ("fahrenheit", &["DEG_F"]),
    ("celsius", &["DEG_C"]),
    ("°", &["DEG_C", "DEG"]),
    ("kelvin", &["K"]),
    ("k", &["K"]),
    ("kg", &["KiloGM"]),
    ("lb", &["LB"]),
    ("英", &[]),
    ("亩", &[]),
    ("摄", &["DEG_C"]),
    ("开", &["K"]),
    ("percent", &["PERCENT"]),
    ("%", &["PERCENT"]),
];

pub(super) fn read(words: &[&Token]) -> Vec<Written> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let word = &words[at].word;
        let digits = word.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(word.len());
        // "1990s" is a stretch of time, "km2" no number.
        let number = (digits == word.len()).then(|| word.parse::<f64>().ok()).flatten();
        at += 1;
        let Some(mut value) = number else { continue };
        let decimals = word.split_once('.').map_or(0, |(_, tail)| tail.len());
        let mut half_unit = 0.5 * 10_f64.powi(-(decimals as i32));
        let mut text = word.clone();
        while let Some((name, scale)) =
            words.get(at).and_then(|next| SCALES.iter().find(|(name, _)| *name == next.word))
        {
            value *= scale;
            half_unit *= scale;
            text = format!("{text} {name}");
            at += 1;
        }
        found.push(Written { value, half_unit, text });
    }
    found
}

/// Whether a unit is written that the predicate's numbers do not have.
pub(super) fn foreign_unit(words: &[&Token], unit: Option<&str>) -> bool {
    words.iter().any(|token| {
        let known = UNITS.iter().find(|(name, _)| *name == token.word);
        known.is_some_and(|(_, names)| !unit.is_some_and(|unit| names.contains(&unit)))
    })
}

/// Whether a written number is the fact's, within the tolerance and within
/// what its own digits say. Of dates, the year; the tolerance is in years.
pub(super) fn agree(written: &Written, value: &str, tolerance: f64, date: bool) -> bool {
    if date {
        let (sign, digits) = value.strip_prefix('-').map_or((1.0, value), |rest| (-1.0, rest));
        let year: f64 = match digits.split('-').next().and_then(|year| year.parse::<f64>().ok()) {
            Some(year) => sign * year,
            None => return false,
        };
        return (written.value - year).abs() <= tolerance;
    }
    let Ok(value) = value.parse::<f64>() else { return false };
    // Trailing zeros of a whole number are mostly rounding.
    let rounded = if written.value.fract() == 0.0 && written.half_unit == 0.5 {
        let mut unit = 1.0;
        while written.value != 0.0 && (written.value / (unit * 10.0)).fract() == 0.0 && unit < 1e12 {
            unit *= 10.0;
        }
        if unit >= 1000.0 { unit / 2.0 } else { 0.5 }
    } else {
        written.half_unit
    };
    let off = (written.value - value).abs();
    off <= rounded * (1.0 + 1e-9) || off <= tolerance * value.abs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::tokens::cased;

    fn numbers(text: &str) -> Vec<f64> {
        let words = cased(text);
        read(&words.iter().collect::<Vec<_>>()).into_iter().map(|written| written.value).collect()
    }

    #[test]
    fn numbers_are_read_with_their_scale() {
        assert_eq!(numbers("about 1.8 million, or 1,800,000"), [1.8e6, 1.8e6]);
        assert_eq!(numbers("约3400万人"), [3.4e7]);
        assert_eq!(numbers("in the 1990s, of 20 km2"), [20.0]);
    }

    #[test]
    fn a_number_agrees_within_its_own_digits_or_the_tolerance() {
        let says = |text: &str, value: &str, tolerance| {
            let words = cased(text);
            agree(&read(&words.iter().collect::<Vec<_>>())[0], value, tolerance, false)
        };
        assert!(says("78.5", "78.54", 0.0) && !says("78.4", "78.54", 0.0));
        assert!(says("1285000", "1285216", 0.0) && !says("1284000", "1285216", 0.0));
        assert!(says("79", "79", 0.0) && !says("78", "79", 0.0));
        assert!(says("102", "100", 0.05) && !says("110", "100", 0.05));
    }

    #[test]
    fn dates_agree_by_their_year() {
        let says = |year: &str| {
            let words = cased(year);
            agree(&read(&words.iter().collect::<Vec<_>>())[0], "1867-11-07", 0.0, true)
        };
        assert!(says("1867") && !says("1868"));
    }

    #[test]
    fn other_units_are_seen() {
        let words = cased("1064 °C");
        let words: Vec<&Token> = words.iter().collect();
        assert!(foreign_unit(&words, Some("K")) && !foreign_unit(&words, Some("DEG_C")));
    }
}
