//! Labels that say that something is missing ("without a coastline", 没有海岸线)
//! of a predicate with a truth value: to have it is the denial of the label.

use touchstone_core::Language;
use touchstone_graph::{Meaning, PredicateId, ValueKind};

use super::cursor::Cursor;
use super::{Object, Reference, Value};
use crate::items::Item;

/// Items of the longest name of what may be missing.
const MAX_ITEMS: usize = 6;

/// "a coastline" behind "has", 海岸线 behind 有, 临海 by itself, to the end of
/// its clause; `missing` where the sentence says that it is.
pub(super) fn possessed(
    c: &mut Cursor<'_, '_>,
    start: usize,
    subjects: &[Reference],
    missing: bool,
    language: Language,
) -> bool {
    let end = c.items[c.at..].iter().position(ends_clause).map_or(c.items.len(), |length| c.at + length);
    if end == c.at || end - c.at > MAX_ITEMS {
        return false;
    }
    let range = c.items[c.at].range.start..c.items[end - 1].range.end;
    let named = &c.setting.text[range.clone()];
    let labels: Vec<String> = match language {
        Language::English => ["without ", "without a ", "without an ", "without any "]
            .iter()
            .map(|lead| format!("{lead}{named}"))
            .collect(),
        Language::Chinese => ["没有", "无", "不"].iter().map(|lead| format!("{lead}{named}")).collect(),
    };
    let mut predicates: Vec<PredicateId> = Vec::new();
    for entry in labels.iter().flat_map(|label| c.setting.graph.lexicon().lookup(label).iter()) {
        if let Meaning::Predicate(id) = entry.meaning
            && c.kinds(&[id]) == [ValueKind::Boolean]
            && !predicates.contains(&id)
        {
            predicates.push(id);
        }
    }
    if predicates.is_empty() {
        return false;
    }
    c.at = end;
    for subject in subjects {
        let value = Value { range: range.clone(), readings: vec![Object::True] };
        c.fact(start, subject, &predicates, value, !missing, false);
    }
    true
}

fn ends_clause(item: &Item) -> bool {
    item.is_punctuation() || item.is(&["and", "but", "while", "而", "但"])
}
