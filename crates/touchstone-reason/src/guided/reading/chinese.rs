//! Chinese: phrases are found where they stand, the longest first.

use std::ops::Range;

use touchstone_core::Language;
use touchstone_graph::{Composed, CueRole, Folded};

use super::{Reading, Side, Unit, composed_names};
use crate::guided::index::{CueIndex, Sense};
use crate::guided::vocabulary;

/// 非洲有哪些国家, 非洲哪些国家, 德国的城市: by whatever relation leads to places.
fn within(index: &CueIndex, behind: &str, units: &[Unit]) -> Option<Unit> {
    let behind = behind.trim_start();
    let class = |unit: &Unit| unit.senses.iter().any(|sense| matches!(sense, Sense::Class(_)));
    // Where a relation is named, it is not said to lie in the place.
    let first = units.first().filter(|unit| class(unit) && unit.relation_weight() == 0.0 || unit.asked)?;
    let asks = WITHIN.iter().any(|word| behind.starts_with(word));
    let senses: Vec<Sense> = index
        .places()
        .into_iter()
        .map(|sense| match sense {
            // Said of what lies there, which stands behind the place.
            Sense::Relation { predicate, weight, mutual, .. } => {
                Sense::Relation { predicate, role: CueRole::Reverse, weight, mutual }
            }
            other => other,
        })
        .collect();
    (asks && class(first) && !senses.is_empty()).then(|| Unit::within(Side::After, senses))
}

const WITHIN: &[&str] = &[
    "有哪",
    "有多少",
    "有几",
    "哪些",
    "哪个",
    "哪几",
    "有什么",
    "境内",
    "里有",
    "内有",
    "里哪",
    "中有",
    "中哪",
    "共有",
];

/// Right before the noun for what is asked for.
const ASKING: &[&str] = &[
    "哪些",
    "哪个",
    "哪几个",
    "哪一个",
    "什么",
    "多少",
    "多少个",
    "几个",
    "多少座",
    "几座",
    "哪座",
    "哪几座",
    "多少种",
    "几种",
];

pub(super) fn read(index: &CueIndex, composed: &Composed, question: &str, topic: &Range<usize>) -> Reading {
    let mut reading = Reading::default();
    for (side, part) in [(Side::Before, &question[..topic.start]), (Side::After, &question[topic.end..])] {
        let folded = Folded::new(part).text;
        let mut spans: Vec<(Range<usize>, Vec<Sense>)> = Vec::new();
        let mut named: Vec<(Range<usize>, Sense)> = Vec::new();
        for (phrase, sense) in index.chinese() {
            let places = folded.match_indices(phrase.as_str());
            named.extend(places.map(|(at, _)| (at..at + phrase.len(), sense.clone())));
        }
        named.extend(composed_names(composed, &folded, Language::Chinese));
        named.sort_by_key(|(span, _)| std::cmp::Reverse(span.len()));
        for (span, sense) in named {
            match spans.iter_mut().find(|(known, _)| *known == span) {
                Some((_, senses)) => senses.push(sense),
                None => {
                    let apart =
                        spans.iter().all(|(known, _)| known.end <= span.start || span.end <= known.start);
                    if apart {
                        spans.push((span, vec![sense]));
                    }
                }
            }
        }
        spans.sort_by_key(|(span, _)| span.start);
        let mut at = 0;
        let ends =
            spans.iter().map(|(span, _)| span.clone()).chain(std::iter::once(folded.len()..folded.len()));
        for span in ends {
            reading.unknown.extend(vocabulary::content_zh(&folded[at..span.start]));
            at = span.end;
        }
        // 多少国家 counts, 多少人口 is a number by itself.
        reading.counts |= spans.iter().any(|(span, senses)| {
            let class = |sense: &Sense| matches!(sense, Sense::Class(_));
            folded[..span.start].ends_with("多少")
                && senses.iter().any(class)
                && !["人", "人口"].contains(&&folded[span.clone()])
        });
        let last = spans.len();
        for (place, (span, senses)) in spans.into_iter().enumerate() {
            let adjacent = match side {
                Side::Before => place + 1 == last && folded[span.end..].trim().is_empty(),
                Side::After => place == 0 && folded[..span.start].trim().is_empty(),
            };
            let unit = Unit {
                text: folded[span.clone()].to_owned(),
                start: 0,
                side,
                senses,
                by: false,
                of: false,
                adjacent,
                equals: folded[span.end..].starts_with('是') && side == Side::Before,
                owned: side == Side::After && place == 0 && folded[..span.start].trim() == "的",
                asked: ASKING.iter().any(|word| folded[..span.start].ends_with(word)),
                modifier: false,
                head: false,
                optional: matches!(&folded[span.clone()], "在" | "属于"),
            };
            match side {
                Side::Before => reading.before.insert(0, unit),
                Side::After => reading.after.push(unit),
            }
        }
        if side == Side::After
            && let Some(unit) = within(index, &folded, &reading.after)
        {
            reading.after.insert(0, unit);
        }
        // "X是哪个国家的首都": X is the capital, and the country is asked for.
        let tail = folded.trim_start();
        if side == Side::After && tail.starts_with('是') && tail.contains('的') && last > 1 {
            reading.after.reverse();
            if let Some((_, nearer)) = reading.after.split_last_mut() {
                nearer.iter_mut().for_each(|unit| unit.equals = true);
            }
        }
        reading.sharing |= vocabulary::says_sharing_zh(&folded);
        reading.restricted |= vocabulary::restricts_zh(&folded);
        reading.asks_name |=
            ["叫什么", "怎么称呼", "称为什么", "如何称呼"].iter().any(|words| folded.contains(words));
        let folded = folded.replace("哪几", "哪些");
        reading.counts |= ["几个", "几位", "几部", "几种", "多少个", "多少部", "多少位", "多少种"]
            .iter()
            .any(|words| folded.contains(words));
    }
    reading
}
