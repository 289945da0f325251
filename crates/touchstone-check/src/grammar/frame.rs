//! Sentences about a whole statement: "It is not true that …", "The claim that
//! … is false", 说…是错的. What is said of the statement decides whether it is
//! asserted or denied; read by itself it would be the wrong way round.

use std::ops::Range;

use touchstone_core::Language;

use super::words::{
    FRAME_ADVERBS, FRAME_DEGREES, FRAME_FALSE, FRAME_NOUNS, FRAME_OPEN_ZH, FRAME_REFERENTS_ZH, FRAME_SAYING,
    FRAME_SAYING_ZH, FRAME_TRUE, FRAME_VERDICTS_ZH,
};
use super::{Content, Proposition, Time};
use crate::items::Item;

/// A statement and what the sentence says of it.
#[derive(Debug, PartialEq)]
pub(super) struct Frame {
    /// The items of the statement.
    pub(super) inner: Range<usize>,
    denied: bool,
    /// Words say that a statement is spoken of; else only its end does.
    opened: bool,
}

impl Frame {
    /// The propositions of the sentence, by those of the statement; `None`
    /// where the sentence is better read as it stands.
    pub(super) fn of_all(
        &self,
        mut inner: Vec<Proposition>,
        whole: Range<usize>,
    ) -> Option<Vec<Proposition>> {
        let unread = |one: &Proposition| matches!(one.content, Content::Unread);
        if inner.iter().all(unread) && !self.opened {
            return None;
        }
        if !self.denied {
            return Some(inner);
        }
        // To deny a denial or a whole list says less than its parts denied.
        let plain = !inner.iter().any(|one| unread(one) || one.negated) && !inner.is_empty();
        let same_time = inner.iter().all(|one| one.time.when.is_none());
        let content = match inner.len() {
            1 if plain => inner.remove(0),
            _ if plain && same_time => {
                let time = Time { past: inner.iter().any(|one| one.time.past), when: None };
                let parts = inner.into_iter().map(|one| one.content).collect();
                Proposition { content: Content::All(parts), negated: false, range: whole.clone(), time }
            }
            _ => return Some(vec![Proposition::unread(whole)]),
        };
        Some(vec![Proposition { negated: true, range: whole, ..content }])
    }
}

/// Whether the sentence leaves open if what it speaks of holds.
pub(super) fn leaves_open(text: &str, items: &[Item], language: Language) -> bool {
    let (Some(first), Some(last)) = (items.first(), items.last()) else { return false };
    let sentence = text.get(first.range.start..last.range.end).unwrap_or_default();
    let sentence = sentence.trim_end_matches(['。', '！', ' ']);
    language == Language::Chinese && FRAME_OPEN_ZH.iter().any(|words| sentence.ends_with(words))
}

pub(super) fn of(text: &str, items: &[Item], language: Language) -> Option<Frame> {
    match language {
        Language::English => english(items),
        Language::Chinese => chinese(text, items),
    }
}

fn english(items: &[Item]) -> Option<Frame> {
    let end = items.iter().rposition(|item| !ends_sentence(item))? + 1;
    ahead(items, end).or_else(|| behind(items, end))
}

fn ends_sentence(item: &Item) -> bool {
    item.is(&[".", "!", "。", "！"])
}

/// "It is [not] true that …", "It is wrong to say that …"
fn ahead(items: &[Item], end: usize) -> Option<Frame> {
    let is = |at: usize, words: &[&str]| items.get(at).is_some_and(|item| item.is(words));
    if is(0, &["in"]) && is(1, &["fact"]) {
        let from = 2 + usize::from(is(2, &[","]));
        return (from < end).then_some(Frame { inner: from..end, denied: false, opened: true });
    }
    if !is(0, &["it"]) {
        return None;
    }
    let (at, denied) = judgement(items, 1, end)?;
    let at = match at {
        at if is(at, &["that"]) => at + 1,
        at if is(at, &["to"]) && is(at + 1, FRAME_SAYING) => at + 2 + usize::from(is(at + 2, &["that"])),
        _ => return None,
    };
    (at < end).then_some(Frame { inner: at..end, denied, opened: true })
}

/// "The claim that … is false", "That … is a myth", "…, which is wrong"
fn behind(items: &[Item], end: usize) -> Option<Frame> {
    let is = |at: usize, words: &[&str]| items.get(at).is_some_and(|item| item.is(words));
    // The judgement is the shortest stretch at the end that is one.
    let (copula, denied) = (1..end).rev().take(MAX_JUDGEMENT).find_map(|at| {
        let (to, denied) = judgement(items, at, end)?;
        (to == end).then_some((at, denied))
    })?;
    let mut from = usize::from(is(0, &["the", "this", "a"]));
    let mut opened = false;
    if is(from, FRAME_NOUNS) && is(from + 1, &["that"]) {
        (from, opened) = (from + 2, true);
    } else if is(0, &["that"]) {
        (from, opened) = (1, true);
    } else {
        from = 0;
    }
    let mut to = copula;
    if to > from && is(to - 1, &["which", "that", "this", "it"]) {
        to -= 1;
        while to > from && is(to - 1, &["but", "and", "though", "although", ",", ";"]) {
            to -= 1;
        }
    }
    while from < to && is(from, QUOTES) {
        (from, opened) = (from + 1, true);
    }
    while from < to && is(to - 1, QUOTES) {
        to -= 1;
    }
    (to > from + 1).then_some(Frame { inner: from..to, denied, opened })
}

const QUOTES: &[&str] = &["\"", "“", "”", "'", "‘", "’", ",", "「", "」"];
/// Items of "is not actually a common misconception".
const MAX_JUDGEMENT: usize = 7;

/// "is [not] [simply] [a] false [statement]" from `at` on: where it ends, and
/// whether it says that a statement does not hold.
fn judgement(items: &[Item], at: usize, end: usize) -> Option<(usize, bool)> {
    let is = |at: usize, words: &[&str]| at < end && items.get(at).is_some_and(|item| item.is(words));
    let (mut at, mut denied) = match () {
        () if is(at, &["isn't", "isn’t"]) => (at + 1, true),
        () if is(at, &["is", "'s", "’s"]) => (at + 1, false),
        () if is(at, &["would"]) && is(at + 1, &["be"]) => (at + 2, false),
        () => return None,
    };
    let adverbs = |at: &mut usize| {
        while is(*at, FRAME_ADVERBS) {
            *at += 1;
        }
    };
    adverbs(&mut at);
    if is(at, &["not", "no"]) {
        denied = !denied;
        at += 1;
    }
    adverbs(&mut at);
    // "not entirely true" denies nothing as a whole.
    if is(at, FRAME_DEGREES) {
        if denied {
            return None;
        }
        at += 1;
    }
    at += usize::from(is(at, &["a", "an", "the"]));
    at += usize::from(is(at, &["common", "popular", "widespread"]));
    let holds = match () {
        () if is(at, FRAME_TRUE) => true,
        () if is(at, FRAME_FALSE) => false,
        () => return None,
    };
    at += 1;
    at += usize::from(is(at, FRAME_NOUNS));
    Some((at, denied == holds))
}

/// Where the text of a statement lies in a Chinese sentence, and what is said
/// of it.
fn chinese(text: &str, items: &[Item]) -> Option<Frame> {
    let start = items.first()?.range.start;
    let end = items.last()?.range.end;
    let sentence = text.get(start..end)?;
    let (inner, denied, opened) = chinese_parts(sentence)?;
    let inner = inner.start + start..inner.end + start;
    let first = items.iter().position(|item| item.range.start >= inner.start)?;
    let last = items.iter().rposition(|item| item.range.end <= inner.end)? + 1;
    (first < last).then_some(Frame { inner: first..last, denied, opened })
}

fn chinese_parts(sentence: &str) -> Option<(Range<usize>, bool, bool)> {
    const STOPS: &[char] = &['。', '！', '!', '.', ' '];
    const JOINTS: &[char] = &['，', ',', '：', ':', '“', '”', '"', '「', '」', ' '];
    let trimmed = sentence.trim_end_matches(STOPS);
    let lead =
        ["事实上", "实际上", "的确", "确实", "其实"].iter().find_map(|word| trimmed.strip_prefix(word));
    let rest = lead.map_or(trimmed, |rest| rest.trim_start_matches(JOINTS));
    let mut from = trimmed.len() - rest.len();
    // "不是A，而是B" sets one thing against another.
    let denial = ["并不是说", "不是说", "并非说", "并非"].iter().find_map(|word| rest.strip_prefix(word));
    if let Some(rest) = denial.filter(|rest| !rest.contains("而是")) {
        return Some((trimmed.len() - rest.len()..trimmed.len(), true, true));
    }
    let judged =
        FRAME_VERDICTS_ZH.iter().find_map(|(words, holds)| Some((rest.strip_suffix(words)?, *holds)));
    let Some((head, holds)) = judged else {
        return (from > 0).then_some((from..trimmed.len(), false, true));
    };
    let mut head = head.trim_end_matches(JOINTS);
    for adverb in ["完全", "显然", "当然", "其实", "根本"] {
        head = head.strip_suffix(adverb).unwrap_or(head).trim_end_matches(JOINTS);
    }
    let named = FRAME_REFERENTS_ZH.iter().find_map(|words| head.strip_suffix(words));
    let mut opened = named.is_some() || from > 0;
    let head = named.unwrap_or(head).trim_end_matches(JOINTS);
    for conjunction in ["但", "不过", "但是", "可是"] {
        if let Some(shorter) = head.strip_suffix(conjunction) {
            return Some((from..shorter.trim_end_matches(JOINTS).len(), !holds, true));
        }
    }
    let body = &sentence[from.min(head.len())..head.len()];
    if let Some(rest) = FRAME_SAYING_ZH.iter().find_map(|words| body.strip_prefix(words)) {
        from = head.len() - rest.len();
        opened = true;
    }
    from = head.len() - head[from.min(head.len())..].trim_start_matches(JOINTS).len();
    (from < head.len()).then_some((from..head.len(), !holds, opened))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn inner(sentence: &str) -> Option<(&str, bool)> {
        chinese_parts(sentence).map(|(range, denied, _)| (&sentence[range], denied))
    }

    #[test]
    fn chinese_statements_that_a_sentence_speaks_of() {
        assert_eq!(inner("说甲是乙的首都，这种说法是错的。"), Some(("甲是乙的首都", true)));
        assert_eq!(inner("认为甲是乙的首都的说法不正确。"), Some(("甲是乙的首都", true)));
        assert_eq!(inner("甲是乙的首都，这是真的。"), Some(("甲是乙的首都", false)));
        assert_eq!(inner("“甲是乙的首都”是假的。"), Some(("甲是乙的首都", true)));
        assert_eq!(inner("并非甲是乙的首都。"), Some(("甲是乙的首都", true)));
        assert_eq!(inner("事实上，甲是乙的首都。"), Some(("甲是乙的首都", false)));
        assert_eq!(inner("甲是乙的首都。"), None);
        assert_eq!(inner("并非甲，而是丙是乙的首都。"), None);
    }

    #[test]
    fn english_statements_that_a_sentence_speaks_of() {
        let of = |sentence: &str| {
            let mut items: Vec<Item> = Vec::new();
            let mut at = 0;
            for word in sentence.split(' ') {
                items.push(Item::word(sentence, at..at + word.len()));
                at += word.len() + 1;
            }
            let frame = english(&items)?;
            let words: Vec<&str> =
                items[frame.inner].iter().map(|item| &sentence[item.range.clone()]).collect();
            Some((words.join(" "), frame.denied))
        };
        let said = |words: &str, denied: bool| Some((words.to_owned(), denied));
        assert_eq!(of("It is not true that A borders B ."), said("A borders B", true));
        assert_eq!(of("It is simply untrue that A borders B ."), said("A borders B", true));
        assert_eq!(of("It is wrong to say that A borders B ."), said("A borders B", true));
        assert_eq!(of("It is no myth that A borders B ."), said("A borders B", false));
        assert_eq!(of("The claim that A borders B is false ."), said("A borders B", true));
        assert_eq!(of("That A borders B is not true ."), said("A borders B", true));
        assert_eq!(of("A borders B , which is a lie ."), said("A borders B", true));
        assert_eq!(of("\" A borders B \" is correct ."), said("A borders B", false));
        assert_eq!(of("A borders B ."), None);
        assert_eq!(of("The claim that A borders B is not entirely true ."), None);
        assert_eq!(of("It is possible that A borders B ."), None);
    }
}
