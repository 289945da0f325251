//! When a clause holds: "in 1995", "from 1991 to 2000", 1995年. Of an event
//! ("discovered … in 1898") the date is a fact of its own.

use touchstone_graph::{Meaning, PredicateId, ValueKind};

use super::cursor::Cursor;
use super::{Content, Object, Reference};
use crate::items::Item;
use crate::read::{DateInterval, Extent};

const IN: &[&str] = &["in", "on", "during", "as of", "at"];
const ZH_IN: &[&str] = &["在", "于", "於"];

/// A date with the preposition before it, or one that needs none ("since
/// 1990"), at the cursor.
pub(super) fn adverbial(c: &mut Cursor<'_, '_>) -> Option<DateInterval> {
    let mark = c.at;
    let open = c.eat(&["(", "（"]);
    let preposition = c.eat(IN) || c.eat(ZH_IN);
    c.eat_all(&["the", "year"]);
    let found = c.peek().and_then(|item| Some((item, item.date.clone()?)));
    let Some((item, date)) = found.filter(|(item, date)| open || preposition || is_bounded(c, item, date))
    else {
        c.at = mark;
        return None;
    };
    // 3年 is how long it took.
    if item.quantity.as_ref().is_some_and(|quantity| quantity.unit.is_some()) && !is_year(&date) {
        c.at = mark;
        return None;
    }
    c.at += 1;
    c.eat(&["期间", "间", "时", "年"]);
    if open && !c.eat(&[")", "）"]) {
        c.at = mark;
        return None;
    }
    Some(date)
}

/// Whether it says by itself that it tells when.
fn is_bounded(c: &Cursor<'_, '_>, item: &Item, date: &DateInterval) -> bool {
    let text = &c.setting.text[item.range.clone()];
    !matches!(date.extent, Extent::At(_) | Extent::Impossible)
        || text.contains('年')
        || !text.starts_with(|ch: char| ch.is_ascii_digit())
}

fn is_year(date: &DateInterval) -> bool {
    date.earliest.or(date.latest).is_none_or(|(year, ..)| !(1..100).contains(&year))
}

/// Before a clause: "In 1995, …", 1995年，…
pub(super) fn leading(c: &mut Cursor<'_, '_>, verbs: &[&[&str]]) -> bool {
    let mark = c.at;
    let Some(when) = adverbial(c) else { return false };
    c.eat(&[",", "，"]);
    // "1898 is the year …" speaks of the year itself.
    if c.peek().is_none_or(|item| item.is_punctuation() || verbs.iter().any(|words| item.is(words))) {
        c.at = mark;
        return false;
    }
    c.when = Some(when);
    true
}

/// Behind a clause whose propositions are those from `found` on.
pub(super) fn trailing(c: &mut Cursor<'_, '_>, start: usize, found: usize) {
    let mark = c.at;
    c.eat(&[",", "，"]);
    match adverbial(c) {
        Some(when) if c.found.len() > found => {
            if !event(c, start, found, &when) {
                c.dated(found, &when, start);
            }
        }
        _ => c.at = mark,
    }
}

/// The date of an event that the clause tells of: "Curie discovered radium"
/// with "discovered in". Its other propositions need no time then.
pub(super) fn event(c: &mut Cursor<'_, '_>, start: usize, found: usize, when: &DateInterval) -> bool {
    let Some(Content::Fact { subject, value, .. }) = c.found.get(found).map(|p| p.content.clone()) else {
        return false;
    };
    let object = value.readings.iter().find_map(|reading| match reading {
        Object::Entity(reference) => Some(reference.clone()),
        _ => None,
    });
    let predicates: Vec<PredicateId> =
        c.items[start.min(c.at)..c.at].iter().flat_map(|item| date_predicates(c, item)).collect();
    let fits = |reference: &Reference| {
        let (ontology, lexicon) = (c.setting.graph.ontology(), c.setting.graph.lexicon());
        predicates.iter().copied().find(|p| {
            let domain = &ontology.predicate(*p).domain;
            reference.candidates.iter().any(|id| ontology.fits(lexicon.types(*id), domain))
        })
    };
    let of = object.into_iter().chain([subject]).find_map(|reference| Some((fits(&reference)?, reference)));
    let Some((predicate, reference)) = of else { return false };
    for proposition in c.found.iter_mut().skip(found) {
        proposition.time.when = None;
    }
    let outer = c.when.take();
    let date =
        super::Value { range: when.span.clone(), readings: vec![Object::Date(when.clone()), Object::Text] };
    c.fact(start, &reference, &[predicate], date, false, false);
    c.when = outer;
    true
}

/// What "discovered" says with a date: the predicates of "discovered in".
fn date_predicates(c: &Cursor<'_, '_>, item: &Item) -> Vec<PredicateId> {
    if item.predicates.is_empty() && item.reversed.is_empty() {
        return Vec::new();
    }
    let bare = item.folded.trim_end_matches('了');
    let verb = bare.rsplit_once(' ').map_or(bare, |(verb, _)| verb);
    let forms = [format!("{bare} in"), format!("{verb} in"), format!("{bare}于"), format!("被{bare}于")];
    let mut found: Vec<PredicateId> = Vec::new();
    for form in &forms {
        for entry in c.setting.graph.lexicon().lookup(form).iter() {
            if let Meaning::Predicate(id) = entry.meaning
                && c.kinds(&[id]) == [ValueKind::Date]
                && !found.contains(&id)
            {
                found.push(id);
            }
        }
    }
    found
}
