//! A sentence as a row of items: names, relation phrases, numbers, dates and
//! the words between them.

use std::ops::Range;

use touchstone_core::Language;
use touchstone_graph::{ClassId, Degree, EntityId, Graph, Meaning, PredicateId, ValueKind, fold, is_han};

use crate::grammar::words;
use crate::read::{DateInterval, Quantity, find_dates, find_quantities};

/// One stretch of a sentence with everything it may mean.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    /// Bytes of the text that the sentence belongs to.
    pub(crate) range: Range<usize>,
    pub(crate) folded: String,
    pub(crate) entities: Vec<EntityId>,
    pub(crate) predicates: Vec<PredicateId>,
    /// Phrases before which the value stands.
    pub(crate) reversed: Vec<PredicateId>,
    pub(crate) value_nouns: Vec<PredicateId>,
    pub(crate) subject_nouns: Vec<PredicateId>,
    pub(crate) compounds: Vec<PredicateId>,
    pub(crate) classes: Vec<ClassId>,
    pub(crate) adjectives: Vec<(PredicateId, Degree)>,
    pub(crate) quantity: Option<Quantity>,
    pub(crate) date: Option<DateInterval>,
}

impl Item {
    pub(crate) fn word(text: &str, range: Range<usize>) -> Item {
        Item {
            folded: fold(&text[range.clone()]),
            range,
            entities: Vec::new(),
            predicates: Vec::new(),
            reversed: Vec::new(),
            value_nouns: Vec::new(),
            subject_nouns: Vec::new(),
            compounds: Vec::new(),
            classes: Vec::new(),
            adjectives: Vec::new(),
            quantity: None,
            date: None,
        }
    }

    pub(crate) fn is(&self, words: &[&str]) -> bool {
        words.contains(&self.folded.as_str())
    }

    /// Nothing but a word: no name, phrase, number or date.
    pub(crate) fn is_plain(&self) -> bool {
        self.entities.is_empty()
            && self.predicates.is_empty()
            && self.reversed.is_empty()
            && self.value_nouns.is_empty()
            && self.subject_nouns.is_empty()
            && self.compounds.is_empty()
            && self.classes.is_empty()
            && self.adjectives.is_empty()
            && self.quantity.is_none()
            && self.date.is_none()
    }

    pub(crate) fn is_punctuation(&self) -> bool {
        self.is_plain() && !self.folded.chars().any(char::is_alphanumeric)
    }
}

/// Cuts a sentence, given as a stretch of the text, into items.
pub(crate) fn itemize(graph: &Graph, text: &str, sentence: Range<usize>, language: Language) -> Vec<Item> {
    let part = &text[sentence.clone()];
    let mut items: Vec<Item> = Vec::new();
    let mut at = 0;
    for item in best_cut(part, known_items(graph, part, language)) {
        plain_items(part, at..item.range.start, language, &mut items);
        at = item.range.end;
        items.push(item);
    }
    plain_items(part, at..part.len(), language, &mut items);
    name_codes(graph, part, &mut items);
    for item in &mut items {
        item.range = item.range.start + sentence.start..item.range.end + sentence.start;
    }
    items
}

/// "the domain .uk", "code PE": the last noun of the names of some texts, with
/// what looks like such a text right behind it.
fn name_codes(graph: &Graph, part: &str, items: &mut [Item]) {
    for at in 1..items.len() {
        let (before, behind) = items.split_at_mut(at);
        let (Some(noun), Some(code)) = (before.last_mut(), behind.first()) else { continue };
        let written = &part[code.range.clone()];
        let looks = written.starts_with('.') && written.len() > 1
            || written.len() > 1 && written.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
        if noun.is_plain() && code.is_plain() && looks {
            let is_text = |id: &PredicateId| graph.ontology().predicate(*id).value_kind == ValueKind::Text;
            noun.predicates = graph.composed().headed(&noun.folded).into_iter().filter(is_text).collect();
        }
    }
}

/// Of items that overlap, the ones that leave the fewest characters in short
/// pieces: the squares of their lengths have the largest sum. "Vatican City"
/// goes before "the Vatican", and 加拿大 in 比加拿大大 before the town 比加.
fn best_cut(part: &str, mut known: Vec<Item>) -> Vec<Item> {
    known.sort_by_key(|item| (item.range.end, item.range.start));
    let mut merged: Vec<Item> = Vec::new();
    for item in known {
        match merged.last_mut() {
            Some(last) if last.range == item.range => merge(last, item),
            _ => merged.push(item),
        }
    }
    // Weighted interval scheduling: the best sum over the first n items.
    let mut best: Vec<usize> = vec![0];
    let mut before: Vec<usize> = Vec::new();
    for (n, item) in merged.iter().enumerate() {
        let length = part[item.range.clone()].chars().count();
        let compatible = merged[..n].partition_point(|other| other.range.end <= item.range.start);
        before.push(compatible);
        best.push(best[n].max(best[compatible] + length * length));
    }
    let mut chosen = vec![false; merged.len()];
    let mut n = merged.len();
    while n > 0 {
        if best[n] == best[n - 1] {
            n -= 1;
        } else {
            chosen[n - 1] = true;
            n = before[n - 1];
        }
    }
    merged.into_iter().zip(chosen).filter_map(|(item, chosen)| chosen.then_some(item)).collect()
}

fn merge(into: &mut Item, other: Item) {
    into.entities.extend(other.entities);
    into.predicates.extend(other.predicates);
    into.reversed.extend(other.reversed);
    into.value_nouns.extend(other.value_nouns);
    into.subject_nouns.extend(other.subject_nouns);
    into.compounds.extend(other.compounds);
    into.classes.extend(other.classes);
    into.adjectives.extend(other.adjectives);
    into.quantity = into.quantity.take().or(other.quantity);
    into.date = into.date.take().or(other.date);
}

fn known_items(graph: &Graph, part: &str, language: Language) -> Vec<Item> {
    let mut items = Vec::new();
    // A text without any capital says nothing by not using one.
    let capitals_matter = part.chars().any(char::is_uppercase);
    for mention in graph.lexicon().find(part) {
        let mut item = Item::word(part, mention.range.clone());
        let stop_word = words::is_function_word(&item.folded, language);
        let written_with_capital =
            part[mention.range.clone()].chars().find(|c| c.is_alphabetic()).is_none_or(char::is_uppercase);
        for entry in mention.entries.iter() {
            let fits_language = entry.language.is_none_or(|l| l == language);
            match entry.meaning {
                // A Latin name may stand in a Chinese sentence.
                Meaning::Entity(id)
                    if !stop_word && (!entry.capitalised || written_with_capital || !capitals_matter) =>
                {
                    item.entities.push(id);
                }
                Meaning::Entity(_) => {}
                Meaning::Predicate(id) if fits_language => item.predicates.push(id),
                Meaning::Reversed(id) if fits_language => item.reversed.push(id),
                Meaning::ValueNoun(id) if fits_language => item.value_nouns.push(id),
                Meaning::SubjectNoun(id) if fits_language => item.subject_nouns.push(id),
                Meaning::Compound(id) if fits_language => item.compounds.push(id),
                Meaning::Class(id) if fits_language => item.classes.push(id),
                Meaning::Adjective(id, degree) if fits_language => item.adjectives.push((id, degree)),
                _ => {}
            }
        }
        if !item.is_plain() {
            items.push(item);
        }
    }
    for (range, predicates) in graph.composed().find(part, language) {
        if !items.iter().any(|item| item.range == range) {
            items.push(Item { predicates, ..Item::word(part, range) });
        }
    }
    for quantity in find_quantities(part) {
        let mut item = Item::word(part, quantity.span.clone());
        item.quantity = Some(quantity);
        items.push(item);
    }
    for date in find_dates(part) {
        let mut item = Item::word(part, date.span.clone());
        item.date = Some(date);
        items.push(item);
    }
    items
}

/// Words between the known items.
fn plain_items(part: &str, range: Range<usize>, language: Language, items: &mut Vec<Item>) {
    let mut at = range.start;
    while at < range.end {
        let rest = &part[at..range.end];
        let Some(c) = rest.chars().next() else { break };
        if c.is_whitespace() || is_invisible(c) {
            at += c.len_utf8();
            continue;
        }
        let length = if is_han(c) && language == Language::Chinese {
            han_word(rest)
        } else if c.is_alphanumeric() || c == '.' && is_parted(&part[..at]) {
            // ".uk" too
            latin_word(rest)
        } else if rest.starts_with("'s") || rest.starts_with("’s") {
            rest.char_indices().nth(2).map_or(rest.len(), |(i, _)| i)
        } else {
            c.len_utf8()
        };
        items.push(Item::word(part, at..at + length));
        at += length;
    }
}

/// Nothing that a word goes on from stands before.
fn is_parted(before: &str) -> bool {
    !before.ends_with(|c: char| c.is_alphanumeric() && !is_han(c) || c == '.')
}

/// Zero-width characters, which folding drops from names too.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}' | '\u{ad}')
}

fn latin_word(rest: &str) -> usize {
    let mut end = 0;
    for (i, c) in rest.char_indices() {
        let inner = matches!(c, '-' | '.')
            && rest[i + c.len_utf8()..].starts_with(|n: char| n.is_alphanumeric() && !is_han(n));
        let negation =
            matches!(c, '\'' | '’') && rest[..i].ends_with('n') && rest[i + c.len_utf8()..].starts_with('t');
        let letter = (c.is_alphanumeric() && !is_han(c)) || is_invisible(c);
        if !letter && !inner && !negation {
            break;
        }
        end = i + c.len_utf8();
    }
    end.max(rest.chars().next().map_or(0, char::len_utf8))
}

/// A function word where one starts here, else everything up to the next one.
fn han_word(rest: &str) -> usize {
    if let Some(word) = words::chinese_function_word(rest) {
        return word.len();
    }
    for (i, c) in rest.char_indices().skip(1) {
        if !is_han(c) || words::chinese_function_word(&rest[i..]).is_some() {
            return i;
        }
    }
    rest.len()
}
