//! When facts hold: qualifiers of the graph against the tense and the dates of
//! a claim.
//!
//! A fact whose statement says from when until when it held is held against
//! the time of the claim; "is" means today. A fact without qualifiers holds
//! today. Of another time it says nothing, unless the ontology declares that
//! facts of its predicate do not change (`ts:changing false`).

use jiff::Timestamp;
use jiff::tz::TimeZone;
use touchstone_graph::model::Term as RdfTerm;
use touchstone_graph::{Predicate, Validity};

use super::Case;
use crate::grammar::Time;
use crate::lookup::{self, Fact};
use crate::read::{Date, DateAgreement, DateInterval, Day, Extent};

/// Whether a fact holds at the time of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    Yes,
    /// At another time only.
    No,
    /// The graph does not say when.
    Unknown,
}

/// One stretch of time in which a fact holds.
#[derive(Clone, Debug, Default, PartialEq)]
struct Period {
    from: Option<Date>,
    until: Option<Date>,
    /// So at that date, and perhaps before and after.
    observed: bool,
}

/// How each of the facts of one subject and predicate stands to the time.
pub(super) fn hold(case: &Case<'_>, predicate: &Predicate, facts: &[Fact], time: &Time) -> Vec<Holds> {
    let undated = match &time.when {
        None => Holds::Yes,
        Some(_) if predicate.changing == Some(false) => Holds::Yes,
        Some(_) => Holds::Unknown,
    };
    if !has_qualifiers(case, predicate) {
        return vec![undated; facts.len()];
    }
    let periods: Vec<Vec<Period>> = facts.iter().map(|fact| periods(case, fact)).collect();
    // Of several observations the last one is how it is now.
    let latest =
        periods.iter().flatten().filter(|p| p.observed).filter_map(|p| p.from).map(|d| d.first_day()).max();
    let dated = |at: usize| {
        // A bare triple beside its own statement says no more than that.
        facts
            .iter()
            .zip(&periods)
            .any(|(other, periods)| other.value == facts[at].value && !periods.is_empty())
    };
    (0..facts.len())
        .map(|at| {
            if periods[at].is_empty() && dated(at) {
                let same = |(other, _): &(&Fact, &Vec<Period>)| other.value == facts[at].value;
                let all = facts.iter().zip(&periods).filter(same).flat_map(|(_, periods)| periods);
                return strongest(all.map(|period| holds(case, period, time, latest)));
            }
            match periods[at].as_slice() {
                [] => undated,
                known => strongest(known.iter().map(|period| holds(case, period, time, latest))),
            }
        })
        .collect()
}

/// Whether the graph could say when facts of the predicate hold.
fn has_qualifiers(case: &Case<'_>, predicate: &Predicate) -> bool {
    let ontology = case.graph.ontology();
    !ontology.validity().is_empty() && predicate.changing != Some(false)
}

/// Whether a value that is not among the known ones may have held then.
pub(super) fn may_have_changed(case: &Case<'_>, predicate: &Predicate, facts: &[Fact], time: &Time) -> bool {
    if predicate.changing == Some(false) {
        return false;
    }
    match &time.when {
        Some(_) => true,
        None if !time.past => false,
        None => {
            predicate.changing == Some(true)
                || (has_qualifiers(case, predicate)
                    && facts.iter().any(|fact| !periods(case, fact).is_empty()))
        }
    }
}

fn strongest(all: impl Iterator<Item = Holds>) -> Holds {
    let mut found = Holds::No;
    for holds in all {
        match holds {
            Holds::Yes => return Holds::Yes,
            Holds::Unknown => found = Holds::Unknown,
            Holds::No => {}
        }
    }
    found
}

fn periods(case: &Case<'_>, fact: &Fact) -> Vec<Period> {
    let validity = case.graph.ontology().validity();
    lookup::statements(case.graph, fact)
        .iter()
        .filter_map(|statement| {
            let mut period = Period::default();
            for (iri, date) in lookup::qualifiers(case.graph, statement) {
                let Some((_, role)) = validity.iter().find(|(known, _)| *known == iri) else { continue };
                let RdfTerm::Literal(literal) = &date else { continue };
                match (role, Date::parse_lexical(literal.value())) {
                    (Validity::From, Some(date)) => period.from = Some(date),
                    (Validity::Until, Some(date)) => period.until = Some(date),
                    (Validity::At, Some(date)) => {
                        period = Period { from: Some(date), until: Some(date), observed: true }
                    }
                    _ => {}
                }
            }
            (period != Period::default()).then_some(period)
        })
        .collect()
}

fn holds(case: &Case<'_>, period: &Period, time: &Time, latest: Option<Day>) -> Holds {
    let Some(when) = &time.when else {
        if time.past {
            return Holds::Yes;
        }
        if period.observed {
            let is_latest = period.from.map(|date| date.first_day()) == latest;
            return if is_latest { Holds::Yes } else { Holds::No };
        }
        let ended = period.until.is_some_and(|until| until.last_day() < case.today);
        let begun = period.from.is_none_or(|from| from.first_day() <= case.today);
        // It ends in the year that is running: no one can say.
        let ending = period.until.is_some_and(|until| until.first_day() <= case.today);
        return match (ended || !begun, ending) {
            (true, _) => Holds::No,
            (false, true) => Holds::Unknown,
            (false, false) => Holds::Yes,
        };
    };
    match when.extent {
        Extent::Impossible => Holds::No,
        Extent::Throughout => throughout(period, when),
        Extent::At(_) | Extent::Within => within(period, when),
    }
}

/// "from 1991 to 2000": the ends that the text gives are those of the fact.
fn throughout(period: &Period, when: &DateInterval) -> Holds {
    let compare = |stated: Option<Date>, known: Option<Date>| match (stated, known) {
        (None, _) => Some(true),
        (Some(stated), Some(known)) => match stated.compare(&known) {
            DateAgreement::Agrees => Some(true),
            DateAgreement::Differs => Some(false),
            DateAgreement::Incomparable => None,
        },
        (Some(_), None) => None,
    };
    let (from, until) = (compare(when.ends.0, period.from), compare(when.ends.1, period.until));
    // "since 1990" says that it goes on.
    let ended = when.ends.1.is_none() && when.latest.is_none() && period.until.is_some();
    match (from, until) {
        _ if period.observed => Holds::Unknown,
        (Some(true), Some(true)) if !ended => Holds::Yes,
        (Some(true), Some(true)) => Holds::No,
        _ if covers(period, when) => Holds::Unknown,
        (Some(false), _) | (_, Some(false)) => Holds::No,
        _ => Holds::Unknown,
    }
}

/// Whether the fact certainly held all the time.
fn covers(period: &Period, when: &DateInterval) -> bool {
    let (Some(from), false) = (period.from, period.observed) else { return false };
    let begun = when.earliest.is_some_and(|earliest| from.last_day() <= earliest);
    let goes_on = match (period.until, when.latest) {
        (None, _) => true,
        (Some(until), Some(latest)) => until.first_day() >= latest,
        (Some(_), None) => false,
    };
    begun && goes_on
}

/// "in 1995", "in the 1990s", "before 1990": at some time within it.
fn within(period: &Period, when: &DateInterval) -> Holds {
    if period.observed {
        let date = period.from.map(|date| when.compare(&date));
        return if date == Some(DateAgreement::Agrees) { Holds::Yes } else { Holds::Unknown };
    }
    let begins_after = |day: fn(&Date) -> Day| match (period.from, when.latest) {
        (Some(from), Some(latest)) => Some(day(&from) > latest),
        (Some(_), None) => Some(false),
        (None, _) => None,
    };
    let ends_before = |day: fn(&Date) -> Day| match (period.until, when.earliest) {
        (Some(until), Some(earliest)) => Some(day(&until) < earliest),
        (Some(_), None) => Some(false),
        // What has begun and has no end goes on.
        (None, _) => period.from.map(|_| false),
    };
    let certain_no = begins_after(Date::first_day) == Some(true) || ends_before(Date::last_day) == Some(true);
    let certain_yes =
        begins_after(Date::last_day) == Some(false) && ends_before(Date::first_day) == Some(false);
    match (certain_no, certain_yes) {
        (true, _) => Holds::No,
        (false, true) => Holds::Yes,
        (false, false) => Holds::Unknown,
    }
}

/// Whether the graph says of every one of the facts when it held.
pub(super) fn all_dated(case: &Case<'_>, facts: &[Fact]) -> bool {
    !facts.is_empty() && facts.iter().all(|fact| !periods(case, fact).is_empty())
}

/// Whether a fact leaves no room for another one at the time of the claim.
pub(super) fn excludes_others(case: &Case<'_>, fact: &Fact, holds: Holds, time: &Time) -> bool {
    let known = periods(case, fact);
    match &time.when {
        _ if known.is_empty() => holds == Holds::Yes,
        None => holds == Holds::Yes,
        Some(when) => known.iter().any(|period| covers(period, when)),
    }
}

/// The day that it is, in UTC.
pub(crate) fn today() -> Day {
    let date = TimeZone::UTC.to_datetime(Timestamp::now()).date();
    let part = |part: i8| u8::try_from(part).unwrap_or(1);
    (i32::from(date.year()), part(date.month()), part(date.day()))
}
