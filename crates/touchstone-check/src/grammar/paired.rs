//! "A and B are the capitals of X and Y, respectively", 分别: the lists go
//! together one by one, and no other pair of them is asserted.

use std::ops::Range;

use super::{Content, Proposition};
use crate::items::Item;

/// Where the subject of a fact stands, and its value.
type Sides = (Range<usize>, Range<usize>);

/// Of facts that were read of every pair, those that the word means; where the
/// lists are not found, nothing is read.
pub(super) fn in_order(items: &[Item], found: Vec<Proposition>) -> Vec<Proposition> {
    let says = |item: &Item| item.is(&["respectively"]) || item.folded.starts_with("分别");
    if !items.iter().any(says) || found.len() < 2 {
        return found;
    }
    let sides: Option<Vec<Sides>> = found
        .iter()
        .map(|one| match &one.content {
            Content::Fact { subject, value, .. } => Some((subject.range.clone(), value.range.clone())),
            _ => None,
        })
        .collect();
    let kept = sides.and_then(|sides| pairs(&sides));
    match kept {
        Some(kept) => {
            let mut found: Vec<Option<Proposition>> = found.into_iter().map(Some).collect();
            kept.into_iter().filter_map(|at| found[at].take()).collect()
        }
        None => {
            let range = items[0].range.start..items[items.len() - 1].range.end;
            vec![Proposition::unread(range)]
        }
    }
}

/// The places of the first with the first, the second with the second, … where
/// every one of one side stands with every one of the other.
fn pairs(sides: &[Sides]) -> Option<Vec<usize>> {
    let distinct = |side: fn(&Sides) -> &Range<usize>| {
        let mut all: Vec<&Range<usize>> = sides.iter().map(side).collect();
        all.sort_by_key(|range| (range.start, range.end));
        all.dedup();
        all.into_iter().cloned().collect::<Vec<_>>()
    };
    let (left, right) = (distinct(|pair| &pair.0), distinct(|pair| &pair.1));
    if left.len() != right.len() || left.len() * right.len() != sides.len() {
        return None;
    }
    left.into_iter().zip(right).map(|pair| sides.iter().position(|known| *known == pair)).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::single_range_in_vec_init)]
    use super::pairs;

    #[test]
    fn lists_go_together_in_their_order() {
        let (a, b, x, y) = (0..1, 2..3, 8..9, 5..6);
        let all =
            [(a.clone(), x.clone()), (a.clone(), y.clone()), (b.clone(), x.clone()), (b.clone(), y.clone())];
        assert_eq!(pairs(&all), Some(vec![1, 2]));
        assert_eq!(pairs(&all[..2]), None);
        assert_eq!(pairs(&all[1..3]), None);
    }
}
