//! Dates and stretches of time, as precise as they are written.

mod text;

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Regex};

pub use text::find_dates;

/// Year, month, day of the proleptic Gregorian calendar; years are
/// astronomical (ISO 8601): 1 BC is year 0.
pub type Day = (i32, u8, u8);

/// A date, down to what is known of it.
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

fn days_of(year: i32, month: u8) -> u8 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl Date {
    pub fn new(year: i32, month: Option<u8>, day: Option<u8>) -> Option<Date> {
        if month.is_some_and(|month| !(1..=12).contains(&month)) {
            return None;
        }
        let fits = day.is_none_or(|day| month.is_some_and(|month| (1..=days_of(year, month)).contains(&day)));
        fits.then_some(Date { year, month, day })
    }

    /// `xsd:gYear`, `xsd:gYearMonth`, `xsd:date` and `xsd:dateTime`.
    pub fn parse_lexical(text: &str) -> Option<Date> {
        static LEXICAL: LazyLock<Option<Regex>> = LazyLock::new(|| {
            Regex::new(r"^([-−+]?\d{1,6})(?:-(\d{2}))?(?:-(\d{2}))?(?:T.*|Z|[+-]\d{2}:\d{2})?$").ok()
        });
        let found = LEXICAL.as_ref()?.captures(text.trim())?;
        let year = found.get(1)?.as_str().replace('−', "-").parse().ok()?;
        // Wikidata writes what is not known as zero.
        let part = |group| part(&found, group).filter(|part| *part > 0);
        Date::new(year, part(2), part(3))
    }

    pub fn year(&self) -> i32 {
        self.year
    }

    /// How many years lie between the two.
    pub fn years_apart(&self, other: &Date) -> u32 {
        self.year.abs_diff(other.year)
    }

    pub fn first_day(&self) -> Day {
        (self.year, self.month.unwrap_or(1), self.day.unwrap_or(1))
    }

    pub fn last_day(&self) -> Day {
        let month = self.month.unwrap_or(12);
        (self.year, month, self.day.unwrap_or_else(|| days_of(self.year, month)))
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

/// What a stretch of time says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// At one date: "in 1867", "on 7 November 1867".
    At(Date),
    /// At some time within it: "in the 1990s", "before 1900", "between 1914
    /// and 1918".
    Within,
    /// From its beginning to its end: "from 1914 to 1918", "since 1990".
    Throughout,
    /// A date that no calendar has: 30 February.
    Impossible,
}

/// A stretch of time and where the text has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DateInterval {
    pub extent: Extent,
    /// First and last day; `None` where it is open.
    pub earliest: Option<Day>,
    pub latest: Option<Day>,
    /// The ends of a stretch, as precise as they are written.
    pub ends: (Option<Date>, Option<Date>),
    /// "around 1867", "in the late 1990s".
    pub approximate: bool,
    pub span: Range<usize>,
}

/// An approximate year may be this far off, and one still further off is not
/// clearly another.
const NEAR_YEARS: u32 = 2;
const UNCLEAR_YEARS: u32 = 15;

impl DateInterval {
    pub fn at(date: Date, span: Range<usize>) -> DateInterval {
        DateInterval {
            extent: Extent::At(date),
            earliest: Some(date.first_day()),
            latest: Some(date.last_day()),
            ends: (Some(date), Some(date)),
            approximate: false,
            span,
        }
    }

    /// The date, where it is one.
    pub fn date(&self) -> Option<Date> {
        if let Extent::At(date) = self.extent { Some(date) } else { None }
    }

    /// Compares with the date of an event.
    pub fn compare(&self, actual: &Date) -> Agreement {
        match self.extent {
            Extent::Impossible => Agreement::Differs,
            Extent::At(date) if self.approximate => match date.years_apart(actual) {
                apart if apart <= NEAR_YEARS => Agreement::Agrees,
                apart if apart <= UNCLEAR_YEARS => Agreement::Incomparable,
                _ => Agreement::Differs,
            },
            Extent::At(date) => date.compare(actual),
            Extent::Within => self.holds(actual),
            // An event has no length; what outlasts it says nothing of it.
            Extent::Throughout => Agreement::Incomparable,
        }
    }

    fn holds(&self, actual: &Date) -> Agreement {
        let (first, last) = (actual.first_day(), actual.last_day());
        let before = self.earliest.is_some_and(|earliest| last < earliest);
        let after = self.latest.is_some_and(|latest| first > latest);
        if before || after {
            let length = match (self.earliest, self.latest) {
                (Some(earliest), Some(latest)) => latest.0 - earliest.0 + 1,
                _ => 0,
            };
            let near = self.earliest.is_none_or(|earliest| last.0 >= earliest.0 - length)
                && self.latest.is_none_or(|latest| first.0 <= latest.0 + length);
            return if self.approximate && near { Agreement::Incomparable } else { Agreement::Differs };
        }
        let inside = self.earliest.is_none_or(|earliest| first >= earliest)
            && self.latest.is_none_or(|latest| last <= latest);
        if inside { Agreement::Agrees } else { Agreement::Incomparable }
    }
}

fn part(captures: &Captures<'_>, group: usize) -> Option<u8> {
    captures.get(group).and_then(|m| m.as_str().parse().ok())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn precision_decides() {
        let year = Date::parse_lexical("1867").unwrap();
        let full = Date::parse_lexical("1867-11-07").unwrap();
        assert_eq!(year.compare(&full), Agreement::Agrees);
        assert_eq!(full.compare(&year), Agreement::Incomparable);
        assert_eq!(full.compare(&Date::parse_lexical("1867-11-08").unwrap()), Agreement::Differs);
        assert!(Date::parse_lexical("1900-02-29").is_none());
        assert_eq!(Date::parse_lexical("-0043").unwrap(), Date::new(-43, None, None).unwrap());
        assert_eq!(
            Date::parse_lexical("+1995-00-00T00:00:00Z").unwrap(),
            Date::new(1995, None, None).unwrap()
        );
        assert_eq!(Date::new(2024, Some(2), None).unwrap().last_day(), (2024, 2, 29));
    }
}
