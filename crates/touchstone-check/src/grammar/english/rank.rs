//! Superlatives: "the third-largest country in Africa", "the country with the
//! highest population", "Africa's largest country by area".

use touchstone_graph::{ClassId, Degree, PredicateId};

use super::super::cursor::Cursor;
use super::super::degree::{LEAST, MOST, in_terms_of, numbers};
use super::super::words::{DETERMINERS, OF_LIKE};
use super::super::{Content, Rank, Reference};
use super::noun::reference;
use crate::items::Item;

const ORDINALS: &[&str] = &[
    "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh",
    "twelfth",
];
/// Names of everything that a class has, which limit nothing.
pub(super) const EVERYWHERE: &[&str] = &["world", "earth", "globe", "planet"];

/// A superlative that stands for one thing; the cursor behind it.
pub(in crate::grammar) fn superlative(c: &mut Cursor<'_, '_>) -> Option<Rank> {
    let mark = c.at;
    let rank = read(c);
    if rank.is_none() {
        c.at = mark;
    }
    rank
}

fn read(c: &mut Cursor<'_, '_>) -> Option<Rank> {
    let mark = c.at;
    let determined = c.eat(&["the"]);
    let mut within = None;
    let mut everywhere = false;
    if c.peek().is_some_and(|item| item.is(EVERYWHERE))
        && c.ahead(1).is_some_and(|next| next.is(&["'s", "’s"]))
    {
        c.at += 2;
        everywhere = true;
    } else if c.peek().is_some_and(|item| !item.entities.is_empty()) {
        c.at = mark;
        within = Some(reference(c)?);
        if !c.eat(&["'s", "’s", "'", "’"]) {
            return None;
        }
    } else if !determined {
        return None;
    }
    let place = ordinal(c);
    let (mut by, classes) = if let Some(by) = extreme(c) {
        let class = c.peek().filter(|item| !item.classes.is_empty())?;
        c.at += 1;
        (by, class.classes.clone())
    } else {
        // "the country with the highest population"
        let class = c.peek().filter(|item| place == 1 && !item.classes.is_empty())?;
        c.at += 1;
        c.eat(&["that", "which"]);
        if !c.eat(&["with", "has", "having"]) {
            return None;
        }
        c.eat_all(DETERMINERS);
        let place = ordinal(c);
        let by = with_noun(c)?;
        return finish(c, by, class.classes.clone(), (place, within, everywhere));
    };
    fit(c, &mut by, &classes);
    finish(c, by, classes, (place, within, everywhere))
}

fn finish(
    c: &mut Cursor<'_, '_>,
    mut by: Vec<(PredicateId, Degree)>,
    classes: Vec<ClassId>,
    (place, mut within, mut everywhere): (usize, Option<Reference>, bool),
) -> Option<Rank> {
    for _ in 0..2 {
        let back = c.at;
        if in_terms_of(c) {
            // "by population" chooses among what the adjective may mean.
            let chosen = c.peek().filter(|item| !item.predicates.is_empty())?.predicates.clone();
            let degree = by.first().map(|(_, degree)| *degree)?;
            c.at += 1;
            by = numbers(c, &chosen).into_iter().map(|p| (p, degree)).collect();
        } else if c.eat(OF_LIKE) || c.eat(&["on", "within", "from"]) {
            c.eat(&["all", "any"]);
            c.eat(&["the"]);
            if c.eat(EVERYWHERE) {
                everywhere = true;
            } else if let (Some(found), true) = (reference(c), within.is_none() && !everywhere) {
                within = Some(found);
            } else {
                c.at = back;
                break;
            }
        } else {
            break;
        }
    }
    fit(c, &mut by, &classes);
    (!by.is_empty()).then_some(Rank { place, by, classes, within })
}

/// "third", "third-", "3rd": 1 where there is none.
fn ordinal(c: &mut Cursor<'_, '_>) -> usize {
    let Some(item) = c.peek() else { return 1 };
    let digits = item.folded.trim_end_matches(|ch: char| ch.is_ascii_alphabetic());
    let place = match ORDINALS.iter().position(|word| item.folded == *word) {
        Some(at) => at + 2,
        None if item.folded.ends_with(['t', 'd', 'h']) && digits.len() < item.folded.len() => {
            match digits.parse::<usize>() {
                Ok(place) if (1..=500).contains(&place) => place,
                _ => return 1,
            }
        }
        None => return 1,
    };
    c.at += 1;
    c.eat(&["-"]);
    place
}

/// "largest", "most populous"
fn extreme(c: &mut Cursor<'_, '_>) -> Option<Vec<(PredicateId, Degree)>> {
    let item = c.peek()?;
    let by: Vec<_> = extremes(item);
    if !by.is_empty() {
        c.at += 1;
        return Some(by);
    }
    None
}

fn extremes(item: &Item) -> Vec<(PredicateId, Degree)> {
    item.adjectives.iter().copied().filter(|(_, d)| matches!(d, Degree::Most | Degree::Least)).collect()
}

/// "highest population", also where the graph has it as one adjective.
fn with_noun(c: &mut Cursor<'_, '_>) -> Option<Vec<(PredicateId, Degree)>> {
    let item = c.peek()?;
    let degree = if item.is(MOST) {
        Degree::Most
    } else if item.is(LEAST) {
        Degree::Least
    } else {
        let by = extremes(item);
        c.at += 1;
        return (!by.is_empty()).then_some(by);
    };
    let noun = c.ahead(1).filter(|item| !item.predicates.is_empty())?;
    let by: Vec<_> = numbers(c, &noun.predicates).into_iter().map(|p| (p, degree)).collect();
    c.at += 2;
    (!by.is_empty()).then_some(by)
}

/// Keeps what things of the class can be ranked by.
fn fit(c: &Cursor<'_, '_>, by: &mut Vec<(PredicateId, Degree)>, classes: &[ClassId]) {
    let ontology = c.setting.graph.ontology();
    by.retain(|(predicate, _)| ontology.fits(classes, &ontology.predicate(*predicate).domain));
}

pub(super) fn push(c: &mut Cursor<'_, '_>, start: usize, subject: &Reference, rank: &Rank, negated: bool) {
    let range = c.range_from(start);
    let content = Content::Superlative { subject: subject.clone(), rank: rank.clone() };
    c.push(content, negated, range);
}

/// "Russia has the largest area [of any country] in the world": behind "has the".
pub(super) fn possessed(c: &mut Cursor<'_, '_>, start: usize, subject: &Reference, negated: bool) -> bool {
    let mark = c.at;
    let place = ordinal(c);
    let read = with_noun(c).and_then(|by| {
        let classes = if c.eat(&["of", "among"]) {
            c.eat(&["any", "all", "the"]);
            let class = c.peek().filter(|item| !item.classes.is_empty())?;
            c.at += 1;
            class.classes.clone()
        } else {
            own_classes(c, subject)
        };
        finish(c, by, classes, (place, None, false))
    });
    match read.filter(|rank| !rank.classes.is_empty()) {
        Some(rank) => {
            push(c, start, subject, &rank, negated);
            true
        }
        None => {
            c.at = mark;
            false
        }
    }
}

/// What the best known thing of the name is.
fn own_classes(c: &Cursor<'_, '_>, subject: &Reference) -> Vec<ClassId> {
    let lexicon = c.setting.graph.lexicon();
    let best = subject.candidates.iter().max_by(|a, b| lexicon.prior(**a).total_cmp(&lexicon.prior(**b)));
    best.and_then(|id| lexicon.types(*id).first().copied()).into_iter().collect()
}
