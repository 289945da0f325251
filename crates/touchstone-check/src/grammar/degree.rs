//! Comparisons by a number: "E is larger than V", "E's area is larger than
//! that of V", E 比 V 大, E 的面积比 V 大.

use num_rational::BigRational;
use num_traits::One;
use touchstone_graph::{Degree, Meaning, PredicateId, ValueKind};

use super::cursor::Cursor;
use super::words::{CONJUNCTIONS, NEGATIONS, OF_LIKE, ZH_NEGATIONS, ZH_OF, ZH_THAN};
use super::{Content, Reference, Times, chinese as zh, english as en};
use crate::items::Item;
use crate::read::Comparator;

/// Directions that any number can be compared in.
const MORE: &[&str] = &["larger", "greater", "higher", "bigger", "more", "longer"];
const LESS: &[&str] = &["smaller", "lower", "less", "fewer", "shorter"];
/// Superlatives of any number, before its noun.
pub(super) const MOST: &[&str] = &["largest", "greatest", "highest", "biggest", "most", "longest"];
pub(super) const LEAST: &[&str] = &["smallest", "lowest", "least", "fewest", "shortest"];
/// Before a number of times.
const ABOUT: &[&str] = &["about", "approximately", "roughly", "around", "nearly", "almost"];
const ZH_MORE: &[&str] = &["大", "高", "多", "重", "长"];
const ZH_LESS: &[&str] = &["小", "低", "少", "轻", "短"];
const ZH_MORE_THAN: &[&str] = &["大于", "高于", "多于", "超过", "重于", "长于"];
const ZH_LESS_THAN: &[&str] = &["小于", "低于", "少于", "轻于", "短于"];
const ZH_STILL: &[&str] = &["更", "要", "还", "更加"];

/// "as large as Peru", "about three times as large as Peru". What is "not as
/// large" is smaller.
fn english_times(c: &mut Cursor<'_, '_>, start: usize, left: &[Reference], negated: bool) -> bool {
    let mark = c.at;
    let mut read = || {
        let times = times(c);
        let about = times.is_none() && c.eat(ABOUT);
        // Alone before an adjective, "as" was read over as an adverb.
        let read_over = c.items[..c.at].last().is_some_and(|item| item.is(&["as"]));
        (c.eat(&["as"]) || (read_over && times.is_none())).then_some(())?;
        let mut by = positive(c, c.peek()?);
        // "twice as small" has no clear meaning.
        by.retain(|(_, degree)| times.is_none() || *degree == Degree::More);
        c.at += 1;
        if by.is_empty() || !c.eat(&["as"]) {
            return None;
        }
        let right = en::reference(c)?;
        match times {
            None if negated => {
                let less: Vec<_> = by.into_iter().map(|(p, degree)| (p, opposite(degree))).collect();
                push(c, start, left, &right, &less, false);
            }
            times => {
                let comparator = if about { Comparator::About } else { Comparator::Exact };
                let equal = Times { factor: BigRational::one(), comparator };
                push_times(c, start, left, &right, &by, Some(times.unwrap_or(equal)), negated);
            }
        }
        Some(())
    };
    let done = read().is_some();
    if !done {
        c.at = mark;
    }
    done
}

/// "twice", "half", "more than three times".
fn times(c: &mut Cursor<'_, '_>) -> Option<Times> {
    let mark = c.at;
    let mut comparator = Comparator::Exact;
    if c.eat(ABOUT) {
        comparator = Comparator::About;
    } else if c.eat(&["more", "over"]) {
        c.eat(&["than"]);
        comparator = Comparator::MoreThan;
    } else if c.eat(&["less"]) {
        c.eat(&["than"]);
        comparator = Comparator::LessThan;
    }
    let whole = |number: i64| BigRational::from_integer(number.into());
    let read = if c.eat(&["twice"]) {
        Some(Times { factor: whole(2), comparator })
    } else if c.eat(&["half"]) {
        Some(Times { factor: whole(2).recip(), comparator })
    } else {
        c.peek().and_then(|item| item.quantity.clone()).filter(|q| q.number.upper.is_none()).and_then(|q| {
            c.at += 1;
            let said = q.number.comparator;
            let comparator = if said == Comparator::Exact { comparator } else { said };
            c.eat(&["times"]).then_some(Times { factor: q.number.value, comparator })
        })
    };
    if read.is_none() {
        c.at = mark;
    }
    read
}

/// What "large" compares by, in the lexicon as "larger".
fn positive(c: &Cursor<'_, '_>, item: &Item) -> Vec<(PredicateId, Degree)> {
    let word = item.folded.as_str();
    let last = word.chars().next_back().map(String::from).unwrap_or_default();
    let mut forms =
        vec![format!("{word}er"), format!("{word}r"), format!("{word}{last}er"), format!("more {word}")];
    forms.extend(word.strip_suffix('y').map(|stem| format!("{stem}ier")));
    let mut by = Vec::new();
    for entry in forms.iter().flat_map(|form| c.setting.graph.lexicon().lookup(form).iter()) {
        if let Meaning::Adjective(id, degree @ (Degree::More | Degree::Less)) = entry.meaning
            && !by.contains(&(id, degree))
        {
            by.push((id, degree));
        }
    }
    by
}

fn opposite(degree: Degree) -> Degree {
    match degree {
        Degree::More => Degree::Less,
        Degree::Less => Degree::More,
        Degree::Most => Degree::Least,
        Degree::Least => Degree::Most,
    }
}

/// "larger than Peru"
pub(super) fn english(c: &mut Cursor<'_, '_>, start: usize, left: &[Reference], negated: bool) -> bool {
    if english_times(c, start, left, negated) {
        return true;
    }
    c.eat(&["much", "far", "slightly"]);
    let Some(word) = c.peek() else { return false };
    let (mut by, any) = (comparatives(word), direction(word, MORE, LESS));
    if by.is_empty() && any.is_none() {
        return false;
    }
    c.at += 1;
    if !c.eat(&["than"]) {
        return false;
    }
    let Some(right) = en::reference(c) else { return false };
    let mut rights = vec![right];
    loop {
        let back = c.at;
        let joined = c.eat(&[","]) | c.eat(CONJUNCTIONS);
        match joined.then(|| en::reference(c)).flatten() {
            // A new clause has a verb of its own.
            Some(right) if c.peek().is_none_or(|item| item.is_punctuation() || item.is(CONJUNCTIONS)) => {
                rights.push(right);
            }
            _ => {
                c.at = back;
                break;
            }
        }
    }
    if let Some(named) = named_measure(c) {
        // "larger by area" is said of any number, "heavier by area" of none.
        by = match any {
            Some(degree) => named.into_iter().map(|predicate| (predicate, degree)).collect(),
            None => by.into_iter().filter(|(predicate, _)| named.contains(predicate)).collect(),
        };
    }
    if by.is_empty() {
        return false;
    }
    for right in &rights {
        push(c, start, left, right, &by, negated);
    }
    // "smaller than Brazil but larger than Chile"
    let mark = c.at;
    let goes_on = (c.eat(&["but", "yet"]) || c.eat(CONJUNCTIONS)) && english(c, start, left, false);
    if !goes_on {
        c.at = mark;
    }
    true
}

/// "by", "in terms of": before what is compared.
pub(super) fn in_terms_of(c: &mut Cursor<'_, '_>) -> bool {
    let mark = c.at;
    let found = c.eat(&["by"]) || (c.eat(&["in"]) && c.eat(&["terms"]) && c.eat(&["of"]));
    if !found {
        c.at = mark;
    }
    found
}

/// "by area", "in terms of population" behind a comparison.
fn named_measure(c: &mut Cursor<'_, '_>) -> Option<Vec<PredicateId>> {
    let mark = c.at;
    let mut named = Vec::new();
    if in_terms_of(c) || c.eat(&["in"]) {
        c.eat(&["the", "total", "its"]);
        named = c.peek().map(|item| item.predicates.clone()).map(|all| numbers(c, &all)).unwrap_or_default();
        c.at += 1;
    }
    if named.is_empty() {
        c.at = mark;
    }
    (!named.is_empty()).then_some(named)
}

/// "a larger area than Chile", "more inhabitants than Chile": behind "has".
pub(super) fn english_possessed(
    c: &mut Cursor<'_, '_>,
    start: usize,
    subject: &Reference,
    negated: bool,
) -> bool {
    let mark = c.at;
    let mut read = || {
        c.eat(&["much", "far", "slightly"]);
        let degree = c.peek().and_then(|item| direction(item, MORE, LESS))?;
        c.at += 1;
        let noun = c.peek()?;
        let mut numeric = numbers(c, &noun.predicates);
        if numeric.is_empty() && noun.is(&["people"]) {
            numeric = named_numbers(c, "number of people");
        }
        c.at += 1;
        if numeric.is_empty() || !c.eat(&["than"]) {
            return None;
        }
        let right = en::reference(c)?;
        c.eat(&["does", "do", "has"]);
        let by: Vec<_> = numeric.iter().map(|p| (*p, degree)).collect();
        push(c, start, std::slice::from_ref(subject), &right, &by, negated);
        Some(())
    };
    let done = read().is_some();
    if !done {
        c.at = mark;
    }
    done
}

fn named_numbers(c: &Cursor<'_, '_>, phrase: &str) -> Vec<PredicateId> {
    let entries = c.setting.graph.lexicon().lookup(phrase).iter();
    let named: Vec<PredicateId> = entries
        .filter_map(|entry| if let Meaning::Predicate(id) = entry.meaning { Some(id) } else { None })
        .collect();
    numbers(c, &named)
}

/// "larger than that of Peru" behind "the area of Chile".
pub(super) fn english_slot(
    c: &mut Cursor<'_, '_>,
    start: usize,
    predicates: &[PredicateId],
    of: &Reference,
    negated: bool,
) -> bool {
    let mark = c.at;
    let numeric = numbers(c, predicates);
    let mut read = || {
        let negated = c.eat(NEGATIONS) || negated;
        // "twice that of Peru"
        if let Some(times) = times(c).filter(|_| !numeric.is_empty()) {
            c.eat(&["the"]);
            (c.eat(&["that"]) || same_slot(c, predicates)).then_some(())?;
            c.eat(OF_LIKE).then_some(())?;
            let right = en::reference(c)?;
            let by: Vec<_> = numeric.iter().map(|p| (*p, Degree::More)).collect();
            push_times(c, start, std::slice::from_ref(of), &right, &by, Some(times), negated);
            return Some(());
        }
        c.eat(&["much", "far", "slightly"]);
        let degree = c.peek().and_then(|item| direction(item, MORE, LESS)).filter(|_| !numeric.is_empty())?;
        c.at += 1;
        if !c.eat(&["than"]) {
            return None;
        }
        c.eat(&["the"]);
        if c.eat(&["that"]) || same_slot(c, predicates) {
            c.eat(OF_LIKE).then_some(())?;
        }
        let right = en::reference(c)?;
        if c.eat(&["'s", "’s"]) {
            same_slot(c, predicates);
        }
        let by: Vec<_> = numeric.iter().map(|p| (*p, degree)).collect();
        push(c, start, std::slice::from_ref(of), &right, &by, negated);
        Some(())
    };
    let done = read().is_some();
    if !done {
        c.at = mark;
    }
    done
}

/// 比 V 大
pub(super) fn chinese(c: &mut Cursor<'_, '_>, start: usize, subjects: &[Reference], negated: bool) -> bool {
    if !c.eat(ZH_THAN) {
        return false;
    }
    let Some(right) = zh::reference(c) else { return false };
    c.eat_all(ZH_STILL);
    let negated = c.eat(ZH_NEGATIONS) || negated;
    let Some(item) = c.peek() else { return false };
    let by = degrees(c, item);
    if by.is_empty() {
        return false;
    }
    c.at += 1;
    push(c, start, subjects, &right, &by, negated);
    true
}

/// 没有 V 大: smaller than V.
pub(super) fn chinese_less(c: &mut Cursor<'_, '_>, start: usize, subjects: &[Reference]) -> bool {
    let Some(right) = zh::reference(c) else { return false };
    c.eat(&["那么", "这么"]);
    let Some(item) = c.peek() else { return false };
    let by: Vec<_> = degrees(c, item).into_iter().map(|(p, degree)| (p, opposite(degree))).collect();
    if by.is_empty() {
        return false;
    }
    c.at += 1;
    push(c, start, subjects, &right, &by, false);
    true
}

/// What 大 compares by, in the lexicon as 更大.
fn degrees(c: &Cursor<'_, '_>, item: &Item) -> Vec<(PredicateId, Degree)> {
    let mut by = comparatives(item);
    if by.is_empty() {
        let full = format!("更{}", item.folded);
        for mention in c.setting.graph.lexicon().find(&full).iter().filter(|m| m.range == (0..full.len())) {
            by.extend(mention.entries.iter().filter_map(|entry| match entry.meaning {
                Meaning::Adjective(id, degree) => Some((id, degree)),
                _ => None,
            }));
        }
        by.retain(|(_, degree)| matches!(degree, Degree::More | Degree::Less));
    }
    by
}

/// 比 V 大 behind E 的面积.
pub(super) fn chinese_slot(
    c: &mut Cursor<'_, '_>,
    start: usize,
    predicates: &[PredicateId],
    of: &Reference,
) -> bool {
    let mark = c.at;
    let numeric = numbers(c, predicates);
    let mut read = || {
        let denied = c.eat(ZH_NEGATIONS);
        // 秘鲁的面积大于智利
        let direct = c.peek().and_then(|item| direction(item, ZH_MORE_THAN, ZH_LESS_THAN));
        if let (Some(degree), false) = (direct, numeric.is_empty()) {
            c.at += 1;
            let right = zh::reference(c)?;
            if c.eat(ZH_OF) {
                same_slot(c, predicates);
            }
            let by: Vec<_> = numeric.iter().map(|p| (*p, degree)).collect();
            push(c, start, std::slice::from_ref(of), &right, &by, denied);
            return Some(());
        }
        if numeric.is_empty() || !c.eat(ZH_THAN) {
            return None;
        }
        let right = zh::reference(c)?;
        if c.eat(ZH_OF) {
            same_slot(c, predicates);
        }
        c.eat_all(ZH_STILL);
        let denied = c.eat(ZH_NEGATIONS) || denied;
        let degree = c.peek().and_then(|item| direction(item, ZH_MORE, ZH_LESS))?;
        c.at += 1;
        let by: Vec<_> = numeric.iter().map(|p| (*p, degree)).collect();
        push(c, start, std::slice::from_ref(of), &right, &by, denied);
        Some(())
    };
    let done = read().is_some();
    if !done {
        c.at = mark;
    }
    done
}

fn push(
    c: &mut Cursor<'_, '_>,
    start: usize,
    left: &[Reference],
    right: &Reference,
    by: &[(PredicateId, Degree)],
    negated: bool,
) {
    push_times(c, start, left, right, by, None, negated);
}

fn push_times(
    c: &mut Cursor<'_, '_>,
    start: usize,
    left: &[Reference],
    right: &Reference,
    by: &[(PredicateId, Degree)],
    times: Option<Times>,
    negated: bool,
) {
    for left in left {
        let range = c.range_from(start);
        let (left, right, by, times) = (left.clone(), right.clone(), by.to_vec(), times.clone());
        c.push(Content::Comparison { left, right, by, times }, negated, range);
    }
}

fn comparatives(item: &Item) -> Vec<(PredicateId, Degree)> {
    item.adjectives.iter().copied().filter(|(_, d)| matches!(d, Degree::More | Degree::Less)).collect()
}

fn direction(item: &Item, more: &[&str], less: &[&str]) -> Option<Degree> {
    let bare = item.folded.strip_prefix('更').unwrap_or(&item.folded);
    if more.contains(&bare) {
        return Some(Degree::More);
    }
    less.contains(&bare).then_some(Degree::Less)
}

pub(super) fn numbers(c: &Cursor<'_, '_>, predicates: &[PredicateId]) -> Vec<PredicateId> {
    let kinds = c.kinds(predicates);
    let numeric = predicates.iter().zip(kinds).filter(|(_, kind)| *kind == ValueKind::Number);
    numeric.map(|(predicate, _)| *predicate).collect()
}

/// The same word for the number again.
fn same_slot(c: &mut Cursor<'_, '_>, predicates: &[PredicateId]) -> bool {
    let same = c.peek().is_some_and(|item| item.predicates.iter().any(|p| predicates.contains(p)));
    if same {
        c.at += 1;
    }
    same
}
