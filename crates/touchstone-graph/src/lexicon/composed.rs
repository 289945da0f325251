//! Names of predicates put together from the words of several of their labels:
//! "two-letter ISO code" for what is called "ISO 3166-1 alpha-2 code" and
//! "two-letter country code".

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use touchstone_core::Language;

use super::{Folded, fold, is_han};
use crate::ontology::{Label, Ontology, PredicateId};

/// Words of one name.
const MAX_WORDS: usize = 6;
const MIN_WORDS: usize = 2;
/// Characters of a Chinese name, and of the noun that ends it.
const MAX_HAN: usize = 12;
const MIN_HAN: usize = 4;
const HEAD_HAN: usize = 2;

/// Words that a noun phrase has beside its nouns.
const JOINING: &[&str] = &["of", "the", "in", "for", "by", "a", "an"];
/// Words of verb phrases and lists, which are no names.
const VERBAL: &[&str] = &[
    "is", "are", "was", "were", "has", "have", "had", "be", "to", "with", "as", "and", "or", "的", "为",
    "是", "在", "以", "有", "于", "和", "与",
];

/// The words by which each predicate may be named.
#[derive(Debug, Default)]
pub struct Composed {
    /// By the last noun of their names, with the words that say more of it.
    heads: HashMap<String, HashMap<PredicateId, HashSet<String>>>,
    /// The predicates with the word in some name.
    by_word: HashMap<String, HashSet<PredicateId>>,
}

impl Composed {
    pub(crate) fn new(ontology: &Ontology) -> Composed {
        let mut composed = Composed::default();
        for predicate in ontology.predicates() {
            for label in &predicate.labels {
                composed.add(predicate.id, label);
            }
        }
        composed
    }

    fn add(&mut self, id: PredicateId, label: &Label) {
        let text = fold(&label.text);
        let pieces = pieces(&text);
        let words: Vec<&str> = pieces.iter().map(|range| &text[range.clone()]).collect();
        let noun = words.iter().position(|word| JOINING.contains(word)).unwrap_or(words.len());
        if noun == 0 || words.iter().any(|word| VERBAL.contains(word)) {
            return;
        }
        let is_han = words[noun - 1].chars().all(is_han);
        let head = words[noun.saturating_sub(if is_han { HEAD_HAN } else { 1 })..noun].concat();
        let beside = self.heads.entry(head).or_default().entry(id).or_default();
        for word in words.into_iter().filter(|word| !JOINING.contains(word)) {
            beside.insert(word.to_owned());
            self.by_word.entry(word.to_owned()).or_default().insert(id);
        }
    }

    /// Whether some name of the predicate with this last noun has the word.
    fn says_more(&self, head: &str, id: PredicateId, word: &str) -> bool {
        self.heads.get(head).and_then(|named| named.get(&id)).is_some_and(|words| words.contains(word))
    }

    /// The predicates of which some name ends with the noun.
    pub fn headed(&self, noun: &str) -> Vec<PredicateId> {
        let mut found: Vec<PredicateId> =
            self.heads.get(noun).map(|named| named.keys().copied().collect()).unwrap_or_default();
        found.sort_unstable();
        found
    }

    /// Whether the word stands in some name of the predicate.
    pub fn has_word(&self, id: PredicateId, word: &str) -> bool {
        self.by_word.get(word).is_some_and(|named| named.contains(&id))
    }

    /// The longest names in a text, in bytes of it, each with what it may name.
    pub fn find(&self, text: &str, language: Language) -> Vec<(Range<usize>, Vec<PredicateId>)> {
        let folded = Folded::new(text);
        let pieces = pieces(&folded.text);
        let mut found: Vec<(Range<usize>, Vec<PredicateId>)> = Vec::new();
        for end in 0..pieces.len() {
            if let Some((start, named)) = self.ending(&folded.text, &pieces[..=end], language) {
                let range = folded.original(pieces[start].start..pieces[end].end);
                // "ISO code" in "ISO code number"
                found.retain(|(known, _)| !(range.start <= known.start && known.end <= range.end));
                found.push((range, named));
            }
        }
        found
    }

    /// The longest name that ends with the last of the pieces: where it begins.
    fn ending(
        &self,
        text: &str,
        pieces: &[Range<usize>],
        language: Language,
    ) -> Option<(usize, Vec<PredicateId>)> {
        let word = |at: usize| &text[pieces[at].clone()];
        let last = pieces.len().checked_sub(1)?;
        let (head, first, most, least) = match language {
            Language::English => (Cow::Borrowed(word(last)), last, MAX_WORDS, MIN_WORDS),
            Language::Chinese => {
                let first = (last + 1).checked_sub(HEAD_HAN)?;
                let head: Vec<&str> = (first..=last).map(word).collect();
                (Cow::Owned(head.concat()), first, MAX_HAN, MIN_HAN)
            }
        };
        let mut named = self.headed(&head);
        let mut start = first;
        while let Some(before) = start.checked_sub(1) {
            let between = &text[pieces[before].end..pieces[start].start];
            let joined = last - before < most && between.chars().all(|c| matches!(c, ' ' | '-'));
            let fitting: Vec<PredicateId> =
                named.iter().copied().filter(|id| self.says_more(&head, *id, word(before))).collect();
            if !joined || fitting.is_empty() {
                break;
            }
            named = fitting;
            start = before;
        }
        (last - start + 1 >= least).then_some((start, named))
    }
}

/// Words; of Chinese every character.
fn pieces(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut open = false;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        match found.last_mut() {
            Some(last) if open && c.is_alphanumeric() && !is_han(c) => last.end = end,
            _ if c.is_alphanumeric() => found.push(at..end),
            _ => {}
        }
        open = c.is_alphanumeric() && !is_han(c);
    }
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn label(text: &str, language: Language) -> Label {
        Label { text: text.to_owned(), language: Some(language), preferred: false }
    }

    fn codes() -> Composed {
        let mut composed = Composed::default();
        let (two, three) = (PredicateId(2), PredicateId(3));
        for (id, text) in [
            (two, "ISO 3166-1 alpha-2 code"),
            (two, "two-letter country code"),
            (three, "ISO 3166-1 alpha-3 code"),
        ] {
            composed.add(id, &label(text, Language::English));
        }
        for (id, text) in [(two, "二位国家代码"), (three, "ISO 三位字母代码"), (three, "三位国家代码")]
        {
            composed.add(id, &label(text, Language::Chinese));
        }
        composed.add(PredicateId(9), &label("is called by the code", Language::English));
        composed.add(PredicateId(8), &label("area", Language::English));
        composed.add(PredicateId(8), &label("land mass", Language::English));
        composed
    }

    fn found(text: &str, language: Language) -> Vec<(String, Vec<u32>)> {
        let named = codes().find(text, language);
        named
            .into_iter()
            .map(|(range, ids)| (text[range].to_owned(), ids.iter().map(|id| id.0).collect()))
            .collect()
    }

    #[test]
    fn words_of_several_labels_make_one_name() {
        let english = |text| found(text, Language::English);
        assert_eq!(
            english("Peru's two-letter ISO code is PE."),
            [("two-letter ISO code".to_owned(), vec![2])]
        );
        assert_eq!(english("its ISO code"), [("ISO code".to_owned(), vec![2, 3])]);
        assert_eq!(english("the code of honour, a secret code"), []);
        // "land mass" says nothing of an area.
        assert_eq!(english("its land area"), []);
        assert_eq!(english("ISO, code"), [], "a comma parts them");
        let chinese = |text| found(text, Language::Chinese);
        assert_eq!(chinese("秘鲁的三位字母国家代码是PER"), [("三位字母国家代码".to_owned(), vec![3])]);
        assert_eq!(chinese("秘鲁的代码"), []);
    }
}
