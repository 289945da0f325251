//! Superlatives: 非洲面积最大的国家, 世界第三大国家, 人口最多的国家.

use touchstone_graph::{Degree, Meaning, PredicateId};

use super::super::cursor::Cursor;
use super::super::degree::numbers;
use super::super::words::{ZH_DEMONSTRATIVES, ZH_MEASURES, ZH_OF};
use super::super::{Content, Rank, Reference};
use super::noun::reference;

const EVERYWHERE: &[&str] = &["世界", "全球", "全世界", "地球", "世界上", "地球上"];
const MOST: &[&str] = &["最大", "最高", "最多", "最重", "最长"];
const LEAST: &[&str] = &["最小", "最低", "最少", "最轻", "最短"];

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
    let mut from = c.peek()?.range.start;
    let within = if c.eat(EVERYWHERE) {
        None
    } else if let Some(length) = everywhere(c) {
        from += length;
        None
    } else if c.peek().is_some_and(|item| !item.entities.is_empty()) {
        Some(reference(c)?)
    } else {
        None
    };
    from = from.max(c.peek()?.range.start);
    c.eat_all(&["上", "中", "内", "里", "境内", "各国中", "所有国家中"]);
    c.eat(ZH_OF);
    let noun: Vec<PredicateId> = match c.peek().filter(|item| !item.predicates.is_empty()) {
        Some(item) => {
            c.at += 1;
            numbers(c, &item.predicates)
        }
        None => Vec::new(),
    };
    let (place, by) = degree(c, &noun, from.max(c.peek()?.range.start))?;
    c.eat(ZH_OF);
    c.eat(ZH_DEMONSTRATIVES);
    c.eat(ZH_MEASURES);
    let class = c.peek().filter(|item| !item.classes.is_empty())?;
    c.at += 1;
    let ontology = c.setting.graph.ontology();
    let by: Vec<_> = by
        .into_iter()
        .filter(|(predicate, _)| ontology.fits(&class.classes, &ontology.predicate(*predicate).domain))
        .collect();
    (!by.is_empty()).then(|| Rank { place, by, classes: class.classes.clone(), within })
}

/// 世界 at the beginning of a longer stretch: its length.
fn everywhere(c: &Cursor<'_, '_>) -> Option<usize> {
    let item = c.peek().filter(|item| item.is_plain())?;
    let text = &c.setting.text[item.range.clone()];
    EVERYWHERE.iter().filter(|word| text.starts_with(**word)).map(|word| word.len()).max()
}

/// 最大, 面积最大 (one adjective or two words), 第三大.
fn degree(
    c: &mut Cursor<'_, '_>,
    noun: &[PredicateId],
    from: usize,
) -> Option<(usize, Vec<(PredicateId, Degree)>)> {
    let item = c.peek()?;
    let rest = &c.setting.text[from..];
    let (place, word, end) = match ordinal(rest) {
        // 第三大: the words behind the number say of what.
        Some((place, length)) => {
            let tail = &rest[length..];
            let direction = tail.chars().next().filter(|ch| "大小高低多少重轻长短".contains(*ch))?;
            let end = from + length + direction.len_utf8();
            (place, format!("最{direction}"), end)
        }
        None => (1, item.folded.clone(), item.range.end),
    };
    let extreme = if MOST.contains(&word.as_str()) {
        Some(Degree::Most)
    } else if LEAST.contains(&word.as_str()) {
        Some(Degree::Least)
    } else {
        None
    };
    let by: Vec<(PredicateId, Degree)> = match extreme {
        Some(degree) if !noun.is_empty() => noun.iter().map(|p| (*p, degree)).collect(),
        _ if !noun.is_empty() => return None,
        _ => c
            .setting
            .graph
            .lexicon()
            .lookup(&word)
            .iter()
            .filter_map(|entry| match entry.meaning {
                Meaning::Adjective(id, degree @ (Degree::Most | Degree::Least)) => Some((id, degree)),
                _ => None,
            })
            .collect(),
    };
    if by.is_empty() {
        return None;
    }
    while c.peek().is_some_and(|item| item.range.start < end) {
        // 大国家 may be cut behind the direction or not at all.
        if c.peek().is_some_and(|item| item.range.end > end) {
            return None;
        }
        c.at += 1;
    }
    Some((place, by))
}

/// 第三, 第12: its value and how many bytes it takes.
fn ordinal(text: &str) -> Option<(usize, usize)> {
    let number = text.strip_prefix('第')?;
    let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
    if !digits.is_empty() {
        return Some((
            digits.parse().ok().filter(|n| (1..=500).contains(n))?,
            '第'.len_utf8() + digits.len(),
        ));
    }
    let (mut value, mut tens, mut length) = (0, 0, 0);
    for c in number.chars() {
        match "一二三四五六七八九".chars().position(|digit| digit == c) {
            Some(at) => value = at + 1,
            None if c == '十' => (tens, value) = (value.max(1) * 10, 0),
            None => break,
        }
        length += c.len_utf8();
    }
    (tens + value > 0).then_some((tens + value, '第'.len_utf8() + length))
}

pub(super) fn push(c: &mut Cursor<'_, '_>, start: usize, subject: &Reference, rank: &Rank, negated: bool) {
    let range = c.range_from(start);
    let content = Content::Superlative { subject: subject.clone(), rank: rank.clone() };
    c.push(content, negated, range);
}
