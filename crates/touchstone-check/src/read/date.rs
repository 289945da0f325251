//! Dates in text and in literals, as precise as they are written.

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// A date of the proleptic Gregorian calendar, down to what is known of it.
/// Years are astronomical (ISO 8601): 1 BC is year 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date {
    year: i32,
    month: Option<u8>,
    day: Option<u8>,
}

/// How a stated date stands to the one on record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    Agrees,
    Differs,
    /// The record is less precise, and does not contradict.
    Incomparable,
}

impl Date {
    pub fn new(year: i32, month: Option<u8>, day: Option<u8>) -> Option<Date> {
        let days = match month {
            Some(2) if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
            Some(2) => 28,
            Some(4 | 6 | 9 | 11) => 30,
            Some(1..=12) | None => 31,
            Some(_) => return None,
        };
        let fits = day.is_none_or(|day| (1..=days).contains(&day) && month.is_some());
        fits.then_some(Date { year, month, day })
    }

    /// `xsd:gYear`, `xsd:gYearMonth`, `xsd:date` and `xsd:dateTime`.
    pub fn parse_lexical(text: &str) -> Option<Date> {
        static LEXICAL: LazyLock<Option<Regex>> = LazyLock::new(|| {
            Regex::new(r"^([-−]?\d{1,6})(?:-(\d{2}))?(?:-(\d{2}))?(?:T.*|Z|[+-]\d{2}:\d{2})?$").ok()
        });
        let found = LEXICAL.as_ref()?.captures(text.trim())?;
        let year = found.get(1)?.as_str().replace('−', "-").parse().ok()?;
        Date::new(year, part(&found, 2), part(&found, 3))
    }

    pub fn year(&self) -> i32 {
        self.year
    }

    /// How many years lie between the two.
    pub fn years_apart(&self, other: &Date) -> u32 {
        self.year.abs_diff(other.year)
    }

    /// Compares as precisely as this (stated) date is.
    pub fn compare(&self, actual: &Date) -> Agreement {
        if self.year != actual.year {
            return Agreement::Differs;
        }
        for (stated, known) in [(self.month, actual.month), (self.day, actual.day)] {
            match (stated, known) {
                (None, _) => return Agreement::Agrees,
                (Some(_), None) => return Agreement::Incomparable,
                (Some(stated), Some(known)) if stated != known => return Agreement::Differs,
                _ => {}
            }
        }
        Agreement::Agrees
    }
}

/// A date and where the text has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DateInterval {
    pub date: Date,
    pub span: Range<usize>,
}

const MONTHS: &str = "(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|\
                      sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)";

static PATTERNS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let bc = r"(?:\s?(?P<bc>BCE?|B\.C\.))?";
    let patterns = [
        format!(r"(?i)\b{MONTHS}\.? (?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<year>\d{{3,4}})\b{bc}"),
        format!(r"(?i)\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? {MONTHS}\.?,? (?P<year>\d{{3,4}})\b{bc}"),
        format!(r"(?i)\b{MONTHS}\.?(?: of)? (?P<year>\d{{3,4}})\b{bc}"),
        r"\b(?P<year>\d{4})-(?P<number>\d{2})(?:-(?P<day>\d{2}))?\b".to_owned(),
        r"(?P<bc>公元前)?(?P<year>\d{1,4})年(?:(?P<number>\d{1,2})月(?:(?P<day>\d{1,2})[日号])?)?".to_owned(),
        r"\b(?P<year>\d{1,4})\s?(?P<bc>BCE?|B\.C\.)".to_owned(),
        r"(?i)\b(?:in|since|by|during|year|of|circa|as of|until|from|to)\s+(?P<only>(?P<year>1\d{3}|20\d{2}))\b".to_owned(),
        r"\((?P<only>(?P<year>1\d{3}|20\d{2}))\)".to_owned(),
    ];
    patterns.iter().filter_map(|pattern| Regex::new(pattern).ok()).collect()
});

/// Finds the dates of a text, in order and apart from each other. A year
/// after "before" or "after" is no date of the thing itself and is left out.
pub fn find_dates(text: &str) -> Vec<DateInterval> {
    let mut found: Vec<DateInterval> = Vec::new();
    for pattern in PATTERNS.iter() {
        for captures in pattern.captures_iter(text) {
            let Some(span) = captures.name("only").or(captures.get(0)).map(|m| m.range()) else { continue };
            let bounded = is_bounded(text, &span);
            let taken = found.iter().any(|other| other.span.start < span.end && span.start < other.span.end);
            let duration = text[span.end..].starts_with(['前', '后', '来', '间'])
                || captures.name("only").is_some() && goes_on(&text[span.end..]);
            if bounded || taken || duration {
                continue;
            }
            if let Some(date) = date_of(&captures) {
                found.push(DateInterval { date, span });
            }
        }
    }
    found.sort_by_key(|date| date.span.start);
    found
}

fn is_bounded(text: &str, span: &Range<usize>) -> bool {
    let lead = text[..span.start].trim_end().to_ascii_lowercase();
    ["before", "after", "早于", "晚于"].iter().any(|word| lead.ends_with(word))
}

/// "in 1990 people", "in 1,234", "1990.5": an amount, not a year.
fn goes_on(after: &str) -> bool {
    let mut chars = after.chars();
    let first = chars.next();
    matches!(first, Some('%' | '\u{ff05}'))
        || (matches!(first, Some('.' | ',' | '-')) && chars.next().is_some_and(|c| c.is_ascii_digit()))
        || super::unit::unit_at(after, usize::from(first == Some(' '))).is_some()
}

fn date_of(captures: &Captures<'_>) -> Option<Date> {
    let written: i32 = captures.name("year")?.as_str().parse().ok()?;
    let year = if captures.name("bc").is_some() { 1 - written } else { written };
    let month = match captures.name("month") {
        Some(name) => Some(month_of(name.as_str())?),
        None => match captures.name("number") {
            Some(number) => Some(number.as_str().parse().ok()?),
            None => None,
        },
    };
    let day = match captures.name("day") {
        Some(day) => Some(day.as_str().parse().ok()?),
        None => None,
    };
    Date::new(year, month, day)
}

fn month_of(name: &str) -> Option<u8> {
    let short = name.get(..3)?.to_ascii_lowercase();
    let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    months.iter().position(|month| *month == short).and_then(|at| u8::try_from(at + 1).ok())
}

fn part(captures: &Captures<'_>, group: usize) -> Option<u8> {
    captures.get(group).and_then(|m| m.as_str().parse().ok())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn only(text: &str) -> Date {
        let found = find_dates(text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        found[0].date
    }

    #[test]
    fn dates_are_read_in_both_languages() {
        let full = Date::new(1867, Some(11), Some(7)).unwrap();
        for text in ["born on 7 November 1867", "November 7th, 1867", "1867-11-07", "生于1867年11月7日。"]
        {
            assert_eq!(only(text), full, "{text}");
        }
        assert_eq!(only("in 1867"), Date::new(1867, None, None).unwrap());
        assert_eq!(only("公元前44年"), Date::new(-43, None, None).unwrap());
        assert_eq!(only("44 BC"), Date::new(-43, None, None).unwrap());
        assert!(find_dates("after 1867").is_empty());
        assert!(find_dates("in 1990 metres").is_empty());
        assert!(find_dates("1867-13-40").is_empty());
    }

    #[test]
    fn precision_decides() {
        let year = Date::parse_lexical("1867").unwrap();
        let full = Date::parse_lexical("1867-11-07").unwrap();
        assert_eq!(year.compare(&full), Agreement::Agrees);
        assert_eq!(full.compare(&year), Agreement::Incomparable);
        assert_eq!(full.compare(&Date::parse_lexical("1867-11-08").unwrap()), Agreement::Differs);
        assert!(Date::parse_lexical("1900-02-29").is_none());
        assert_eq!(Date::parse_lexical("-0043").unwrap(), Date::new(-43, None, None).unwrap());
    }
}
