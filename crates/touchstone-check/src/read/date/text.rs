//! Dates and stretches of time in English and Chinese.

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Regex, RegexSet};

use super::{Date, DateInterval, Day, Extent};
use crate::read::numeral;
use crate::read::unit::unit_at;

const MONTHS: &str = "(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|\
                      sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)";
const ORDINALS: [&str; 21] = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
    "twenty-first",
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Date,
    Decade,
    Century,
    /// Four digits that are a year only where the words around say so.
    BareYear,
}

struct Patterns {
    any: RegexSet,
    each: Vec<(Form, Regex)>,
}

static PATTERNS: LazyLock<Option<Patterns>> = LazyLock::new(|| {
    let bc = r"(?:\s?(?P<bc>BCE?|B\.C\.(?:E\.)?))?";
    let part = r"(?:(?P<part>early|mid|late)[- ])?";
    let ordinals = ORDINALS.join("|");
    let han = "[〇零一二三四五六七八九十]";
    let sources = [
        (Form::Decade, format!(r"(?i)\b{part}(?P<year>[12]\d\d0)['’]?s\b")),
        (Form::Decade, r"(?P<year>[12]\d\d0)年代(?P<part>初|中期|末|后期)?".to_owned()),
        (
            Form::Decade,
            format!(
                r"(?P<century>\d{{1,2}}|{han}{{1,3}})世纪(?P<decade>\d0|{han}{{1,2}})年代(?P<part>初|中期|末|后期)?"
            ),
        ),
        (
            Form::Century,
            format!(r"(?i)\b{part}(?P<century>\d{{1,2}}|{ordinals})(?:st|nd|rd|th)?[- ]centur(?:y|ies){bc}"),
        ),
        (
            Form::Century,
            format!(
                r"(?P<bc>公元前)?(?P<century>\d{{1,2}}|{han}{{1,3}})世纪(?P<part>初|早期|中叶|中期|末|晚期|后期)?"
            ),
        ),
        (
            Form::Date,
            format!(r"(?i)\b{MONTHS}\.? (?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<year>\d{{3,4}})\b{bc}"),
        ),
        (
            Form::Date,
            format!(
                r"(?i)\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? {MONTHS}\.?,? (?P<year>\d{{3,4}})\b{bc}"
            ),
        ),
        (Form::Date, format!(r"(?i)\b{MONTHS}\.?(?: of)? (?P<year>\d{{3,4}})\b{bc}")),
        (Form::Date, r"\b(?P<year>\d{4})-(?P<number>\d{2})(?:-(?P<day>\d{2}))?\b".to_owned()),
        (
            Form::Date,
            format!(
                r"(?:(?P<bc>公元前)|公元|西元)?(?P<year>\d{{1,4}}|{han}{{4}})年(?:(?P<number>\d{{1,2}}|{han}{{1,2}})月(?:(?P<day>\d{{1,2}}|{han}{{1,3}})[日号])?)?"
            ),
        ),
        (Form::Date, r"\b(?P<year>\d{1,4})\s?(?:(?P<bc>BCE?|B\.C\.(?:E\.)?)|(?:AD|CE|A\.D\.))".to_owned()),
        (Form::Date, r"\b(?:AD|A\.D\.)\s?(?P<year>\d{1,4})\b".to_owned()),
        (Form::BareYear, r"\b(?P<year>1\d{3}|20\d{2})\b".to_owned()),
    ];
    let each: Option<Vec<(Form, Regex)>> =
        sources.iter().map(|(form, source)| Some((*form, Regex::new(source).ok()?))).collect();
    let any = RegexSet::new(sources.iter().map(|(_, source)| source)).ok()?;
    Some(Patterns { any, each: each? })
});

/// A date before the words around it are looked at.
struct Atom {
    span: Range<usize>,
    form: Form,
    /// `None`: no calendar has it.
    date: Option<Date>,
    earliest: Day,
    latest: Day,
    approximate: bool,
}

/// Finds the dates and stretches of time of a text, in order and apart from
/// each other. The words that bound one ("before", "from … to", 以来) belong to
/// it; "in" and "on" do not.
pub fn find_dates(text: &str) -> Vec<DateInterval> {
    let atoms = atoms(text);
    let mut found: Vec<DateInterval> = Vec::new();
    let mut at = 0;
    let mut floor = 0;
    while let Some(atom) = atoms.get(at) {
        let next = atoms.get(at + 1);
        let interval = match next.and_then(|next| joined(text, floor, atom, next)) {
            Some(interval) => {
                at += 1;
                Some(interval)
            }
            None => alone(text, floor, atom),
        };
        at += 1;
        if let Some(interval) = interval {
            floor = interval.span.end;
            found.push(interval);
        }
    }
    found
}

fn atoms(text: &str) -> Vec<Atom> {
    let Some(patterns) = PATTERNS.as_ref() else { return Vec::new() };
    let mut found: Vec<Atom> = Vec::new();
    let mut taken = vec![false; 0];
    for index in patterns.any.matches(text) {
        let (form, pattern) = &patterns.each[index];
        for captures in pattern.captures_iter(text) {
            let Some(span) = captures.get(0).map(|m| m.range()) else { continue };
            if taken.is_empty() {
                taken = vec![false; text.len()];
            }
            let decade = *form == Form::Date && text[span.end..].starts_with('代');
            if decade || taken[span.clone()].iter().any(|taken| *taken) {
                continue;
            }
            if let Some(atom) = read(&captures, *form, span.clone()) {
                taken[span].fill(true);
                found.push(atom);
            }
        }
    }
    found.sort_by_key(|atom| atom.span.start);
    found
}

/// Digits, Chinese digits one by one (一九九五) or a Chinese numeral (二十).
fn number(text: &str) -> Option<i32> {
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let digits: Option<Vec<i32>> = text
        .chars()
        .map(|c| {
            "〇一二三四五六七八九".chars().position(|d| d == c || (d == '〇' && c == '零')).map(|d| d as i32)
        })
        .collect();
    match digits {
        Some(digits) => Some(digits.iter().fold(0, |sum, digit| sum * 10 + digit)),
        None => {
            let (length, value, _) = numeral::chinese(text)?;
            (length == text.len()).then(|| i32::try_from(value.to_integer()).ok())?
        }
    }
}

fn read(captures: &Captures<'_>, form: Form, span: Range<usize>) -> Option<Atom> {
    let named = |name: &str| captures.name(name).map(|m| m.as_str());
    let bc = named("bc").is_some();
    let part = named("part").map(str::to_ascii_lowercase);
    let whole = |first: i32, length: i32| {
        // The third of it that is meant.
        let (from, to) = match part.as_deref() {
            Some("early" | "初" | "早期") => (0, length / 3),
            Some("late" | "末" | "晚期" | "后期") => (length - 1 - length / 3, length - 1),
            Some(_) => (length / 3, length - 1 - length / 3),
            None => (0, length - 1),
        };
        let atom = |date| Atom {
            span: span.clone(),
            form,
            date,
            earliest: (first + from, 1, 1),
            latest: (first + to, 12, 31),
            approximate: part.is_some(),
        };
        atom(Date::new(first, None, None))
    };
    match form {
        Form::Decade => match (named("year"), named("century"), named("decade")) {
            (Some(year), ..) => Some(whole(year.parse().ok()?, 10)),
            (None, Some(century), Some(decade)) => {
                let first = (number(century)? - 1) * 100 + number(decade)?;
                Some(whole(first, 10))
            }
            _ => None,
        },
        Form::Century => {
            let written = named("century")?.to_ascii_lowercase();
            let ordinal = ORDINALS.iter().position(|word| *word == written).map(|at| at as i32 + 1);
            let century = ordinal.or_else(|| number(&written)).filter(|n| (1..=99).contains(n))?;
            // The first century BC is 100 to 1 BC: the years −99 to 0.
            Some(whole(if bc { 1 - century * 100 } else { (century - 1) * 100 + 1 }, 100))
        }
        Form::Date | Form::BareYear => {
            let written = number(named("year")?)?;
            let year = if bc { 1 - written } else { written };
            let month = match named("month") {
                Some(name) => Some(month_of(name)?),
                None => {
                    named("number").map(number).map(|n| n.and_then(|n| u8::try_from(n).ok()).unwrap_or(0))
                }
            };
            let day = named("day").map(|day| number(day).and_then(|n| u8::try_from(n).ok()).unwrap_or(0));
            let date = Date::new(year, month, day);
            // 2020-31 is a code; 31 November is no date.
            if date.is_none() && named("month").is_none() && !captures[0].contains('月') {
                return None;
            }
            let plain = date.or_else(|| Date::new(year, None, None))?;
            Some(Atom {
                span,
                form,
                date,
                earliest: plain.first_day(),
                latest: plain.last_day(),
                approximate: false,
            })
        }
    }
}

fn month_of(name: &str) -> Option<u8> {
    let short = name.get(..3)?.to_ascii_lowercase();
    let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    months.iter().position(|month| *month == short).and_then(|at| u8::try_from(at + 1).ok())
}

/// Two atoms that are the ends of one stretch.
fn joined(text: &str, floor: usize, first: &Atom, second: &Atom) -> Option<DateInterval> {
    let joint = text.get(first.span.end..second.span.start)?;
    let lead = &text[floor..first.span.start];
    let behind = |at: usize| at + floor;
    let between = ends_with_word(lead, &["between"]).or_else(|| ends_with(lead, &["在", "介于"])).map(behind);
    let from = ends_with_word(lead, &["from"]).or_else(|| ends_with(lead, &["从", "自", "由"])).map(behind);
    let bare = |atom: &Atom| atom.form == Form::BareYear;
    let (extent, start, mut end) = match joint.trim() {
        "and" => (Extent::Within, between?, second.span.end),
        "to" | "until" | "till" | "through" | "up to" => {
            (Extent::Throughout, from.or(between), second.span.end)
                .require(bare(first) || first.date.is_some())?
        }
        "–" | "-" | "—" | "~" | "～" | "至" | "到" | "──" | "——" => {
            let tail = &text[second.span.end..];
            let within = ["之间", "间"].iter().find(|word| tail.starts_with(**word));
            match within {
                Some(word) => {
                    (Extent::Within, between.unwrap_or(first.span.start), second.span.end + word.len())
                }
                None => (Extent::Throughout, from.unwrap_or(first.span.start), second.span.end),
            }
        }
        _ => return None,
    };
    if joint.contains('-') && joint.len() > 1 && bare(first) {
        return None;
    }
    // "1990-2000 km" is an amount.
    if bare(second) && goes_on(&text[second.span.end..]) || first.earliest > second.latest {
        return None;
    }
    for word in ["期间", "年间"] {
        if text[end..].starts_with(word) {
            end += word.len();
        }
    }
    let impossible = first.date.is_none() || second.date.is_none();
    Some(DateInterval {
        extent: if impossible { Extent::Impossible } else { extent },
        earliest: Some(first.earliest),
        latest: Some(second.latest),
        ends: (first.date, second.date),
        approximate: first.approximate || second.approximate,
        span: start..end,
    })
}

/// `(extent, start or nothing, end)` where the condition holds.
trait Require {
    fn require(self, holds: bool) -> Option<(Extent, usize, usize)>;
}

impl Require for (Extent, Option<usize>, usize) {
    fn require(self, holds: bool) -> Option<(Extent, usize, usize)> {
        let (extent, start, end) = self;
        holds.then_some(())?;
        Some((extent, start?, end))
    }
}

fn alone(text: &str, floor: usize, atom: &Atom) -> Option<DateInterval> {
    let lead = &text[floor..atom.span.start];
    let tail = &text[atom.span.end..];
    let bare = atom.form == Form::BareYear;
    if bare && goes_on(tail) {
        return None;
    }
    let written = &text[atom.span.clone()];
    // 50年前 is a while ago, and 3年 may be how long it took.
    let length = written.ends_with('年') && written.chars().count() < 4;
    if length && tail.starts_with(['前', '后', '来', '间', '之', '以', '多']) {
        return None;
    }
    let whole = matches!(atom.form, Form::Decade | Form::Century);
    let mut interval = DateInterval {
        extent: match atom.date {
            None => Extent::Impossible,
            Some(_) if whole => Extent::Within,
            Some(date) => Extent::At(date),
        },
        earliest: Some(atom.earliest),
        latest: Some(atom.latest),
        ends: (atom.date, atom.date),
        approximate: atom.approximate,
        span: atom.span.clone(),
    };
    let start = |words: &[&str]| ends_with_word(lead, words).map(|at| at + floor);
    let mut context = false;
    if let Some(at) = start(&["around", "circa", "about", "approximately", "roughly", "c.", "ca."])
        .or_else(|| ends_with(lead, &["大约", "约"]).map(|at| at + floor))
    {
        interval.approximate = true;
        interval.span.start = at;
        context = true;
    }
    let outer = &text[floor..interval.span.start];
    let outer_word = |words: &[&str]| ends_with_word(outer, words).map(|at| at + floor);
    let after_day = |day: Day| Date::new(day.0, Some(day.1), Some(day.2)).map_or(day, |_| next_day(day));
    if let Some(at) = outer_word(&["before", "prior to", "earlier than"])
        .or_else(|| ends_with(outer, &["早于"]).map(|at| at + floor))
    {
        bound(&mut interval, Extent::Within, at, (None, Some(previous_day(atom.earliest))));
    } else if let Some(at) =
        outer_word(&["after", "later than"]).or_else(|| ends_with(outer, &["晚于"]).map(|at| at + floor))
    {
        bound(&mut interval, Extent::Within, at, (Some(after_day(atom.latest)), None));
    } else if let Some(at) = outer_word(&["by", "no later than"]) {
        bound(&mut interval, Extent::Within, at, (None, Some(atom.latest)));
    } else if let Some(at) = outer_word(&["since", "ever since", "from"])
        .or_else(|| ends_with(outer, &["自从", "自"]).map(|at| at + floor))
    {
        bound(&mut interval, Extent::Throughout, at, (Some(atom.earliest), None));
        interval.ends.1 = None;
        eat_tail(text, &mut interval, &["以来", "起", "开始", "onwards", "onward", " onwards"]);
    } else if let Some(at) = outer_word(&["until", "till", "up to"]) {
        bound(&mut interval, Extent::Throughout, at, (None, Some(atom.latest)));
        interval.ends.0 = None;
    } else if !bare {
        if eat_tail(text, &mut interval, &["之前", "以前", "前"]) {
            let at = interval.span.start;
            bound(&mut interval, Extent::Within, at, (None, Some(previous_day(atom.earliest))));
        } else if eat_tail(text, &mut interval, &["之后", "以后", "后"]) {
            let at = interval.span.start;
            bound(&mut interval, Extent::Within, at, (Some(after_day(atom.latest)), None));
        } else if eat_tail(text, &mut interval, &["以来", "起"]) {
            let at = interval.span.start;
            bound(&mut interval, Extent::Throughout, at, (Some(atom.earliest), None));
            interval.ends.1 = None;
        }
    } else {
        context |= outer_word(&["in", "during", "year", "of", "as of", "to", "early", "late", "mid", "on"])
            .is_some();
        context |= text[..atom.span.start].ends_with('(') && tail.starts_with(')');
        return context.then_some(interval);
    }
    Some(interval)
}

fn bound(interval: &mut DateInterval, extent: Extent, start: usize, days: (Option<Day>, Option<Day>)) {
    if interval.extent != Extent::Impossible {
        interval.extent = extent;
    }
    (interval.earliest, interval.latest) = days;
    interval.span.start = start;
}

fn eat_tail(text: &str, interval: &mut DateInterval, words: &[&str]) -> bool {
    let found = words.iter().find(|word| text[interval.span.end..].starts_with(**word));
    interval.span.end += found.map_or(0, |word| word.len());
    found.is_some()
}

fn next_day((year, month, day): Day) -> Day {
    match (month, day) {
        (12, 31) => (year + 1, 1, 1),
        _ if day >= super::days_of(year, month) => (year, month + 1, 1),
        _ => (year, month, day + 1),
    }
}

fn previous_day((year, month, day): Day) -> Day {
    match (month, day) {
        (1, 1) => (year - 1, 12, 31),
        (_, 1) => (year, month - 1, super::days_of(year, month - 1)),
        _ => (year, month, day - 1),
    }
}

/// Where the word that ends the text begins, blanks aside.
fn ends_with_word(text: &str, words: &[&str]) -> Option<usize> {
    let lead = text.trim_end();
    let blank = lead.len() < text.len();
    words.iter().filter(|_| blank).find_map(|word| {
        let start = lead.len().checked_sub(word.len())?;
        let found = lead.get(start..)?;
        let whole = !lead[..start].ends_with(|c: char| c.is_alphanumeric());
        (whole && found.eq_ignore_ascii_case(word)).then_some(start)
    })
}

fn ends_with(text: &str, words: &[&str]) -> Option<usize> {
    let lead = text.trim_end();
    words.iter().find_map(|word| lead.strip_suffix(word)).map(str::len)
}

/// "in 1990 people", "in 1,234", "1990.5": an amount, not a year.
fn goes_on(after: &str) -> bool {
    let mut chars = after.chars();
    let first = chars.next();
    matches!(first, Some('%' | '\u{ff05}'))
        || (matches!(first, Some('.' | ',' | '-')) && chars.next().is_some_and(|c| c.is_ascii_digit()))
        || unit_at(after, usize::from(first == Some(' '))).is_some()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::Agreement;
    use super::*;

    fn only(text: &str) -> DateInterval {
        let found = find_dates(text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        found.into_iter().next().unwrap()
    }

    fn date(text: &str) -> Date {
        only(text).date().unwrap_or_else(|| panic!("{text}"))
    }

    /// First and last year, and what the text calls the stretch.
    fn years(text: &str) -> (Option<i32>, Option<i32>, &str, Extent) {
        let found = only(text);
        let year = |day: Option<Day>| day.map(|(year, ..)| year);
        (year(found.earliest), year(found.latest), &text[found.span.clone()], found.extent)
    }

    #[test]
    fn dates_are_read_in_both_languages() {
        let full = Date::new(1867, Some(11), Some(7)).unwrap();
        for text in [
            "born on 7 November 1867",
            "November 7th, 1867",
            "1867-11-07",
            "生于1867年11月7日。",
            "生于一八六七年十一月七日",
        ] {
            assert_eq!(date(text), full, "{text}");
        }
        assert_eq!(date("in 1867"), Date::new(1867, None, None).unwrap());
        assert_eq!(date("公元前44年"), Date::new(-43, None, None).unwrap());
        assert_eq!(date("44 BC"), Date::new(-43, None, None).unwrap());
        assert_eq!(date("in AD 79"), Date::new(79, None, None).unwrap());
        for text in ["in 1990 metres", "1867-13-40", "50年前", "1990-2000 km", "1995 and 1996"] {
            assert!(find_dates(text).is_empty(), "{text}: {:?}", find_dates(text));
        }
    }

    #[test]
    fn stretches_of_time() {
        use Extent::{Throughout, Within};
        assert_eq!(
            years("It lasted from 1914 to 1918."),
            (Some(1914), Some(1918), "from 1914 to 1918", Throughout)
        );
        assert_eq!(years("the war (1914–1918)"), (Some(1914), Some(1918), "1914–1918", Throughout));
        assert_eq!(years("between 1914 and 1918"), (Some(1914), Some(1918), "between 1914 and 1918", Within));
        let two = find_dates("from 1800 to 1805 and between 1914 and 1918");
        assert_eq!((two.len(), two[1].span.clone()), (2, 22..43));
        assert_eq!(years("1914年至1918年"), (Some(1914), Some(1918), "1914年至1918年", Throughout));
        assert_eq!(years("在1914年到1918年之间"), (Some(1914), Some(1918), "在1914年到1918年之间", Within));
        assert_eq!(years("in the 1990s"), (Some(1990), Some(1999), "1990s", Within));
        assert_eq!(years("在20世纪90年代"), (Some(1990), Some(1999), "20世纪90年代", Within));
        assert_eq!(years("二十世纪九十年代"), (Some(1990), Some(1999), "二十世纪九十年代", Within));
        assert_eq!(years("in the 19th century"), (Some(1801), Some(1900), "19th century", Within));
        assert_eq!(years("the fifth century BC"), (Some(-499), Some(-400), "fifth century BC", Within));
        assert_eq!(years("公元前5世纪"), (Some(-499), Some(-400), "公元前5世纪", Within));
        assert_eq!(years("in the late 19th century").0, Some(1867));
        assert_eq!(years("before 1867"), (None, Some(1866), "before 1867", Within));
        assert_eq!(years("after 1867"), (Some(1868), None, "after 1867", Within));
        assert_eq!(years("1867年以前"), (None, Some(1866), "1867年以前", Within));
        assert_eq!(years("1867年之后"), (Some(1868), None, "1867年之后", Within));
        assert_eq!(years("since 1990"), (Some(1990), None, "since 1990", Throughout));
        assert_eq!(years("自1990年以来"), (Some(1990), None, "自1990年以来", Throughout));
        assert_eq!(years("until May 1990"), (None, Some(1990), "until May 1990", Throughout));
    }

    #[test]
    fn what_no_calendar_has_is_no_date() {
        for text in
            ["30 February 1867", "on 31 November 1990", "1867年2月30日", "February 29, 1900", "1867年13月"]
        {
            assert_eq!(only(text).extent, Extent::Impossible, "{text}");
        }
    }

    #[test]
    fn stretches_are_held_against_dates() {
        let compare = |text: &str, actual: &str| only(text).compare(&Date::parse_lexical(actual).unwrap());
        assert_eq!(compare("in the 1990s", "1995-05-01"), Agreement::Agrees);
        assert_eq!(compare("in the 1990s", "2000"), Agreement::Differs);
        assert_eq!(compare("before May 1990", "1990"), Agreement::Incomparable);
        assert_eq!(compare("before 1990", "1989-12-31"), Agreement::Agrees);
        assert_eq!(compare("after 1990", "1990-12-31"), Agreement::Differs);
        assert_eq!(compare("around 1990", "1991"), Agreement::Agrees);
        assert_eq!(compare("around 1990", "1999"), Agreement::Incomparable);
        assert_eq!(compare("around 1990", "1890"), Agreement::Differs);
        assert_eq!(compare("in the early 19th century", "1805"), Agreement::Agrees);
        assert_eq!(compare("in the early 19th century", "1850"), Agreement::Incomparable);
        assert_eq!(compare("in the early 19th century", "1950"), Agreement::Differs);
    }
}
