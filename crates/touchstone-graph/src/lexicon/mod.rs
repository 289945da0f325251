//! Names and relation phrases: what a stretch of text may mean in this graph.

mod build;
mod fold;
mod inflect;
mod relations;
mod verb;

use std::collections::HashMap;
use std::ops::Range;

use fst::automaton::Levenshtein;
use fst::{IntoStreamer, Streamer};
use oxigraph::model::{NamedNode, NamedNodeRef};
use touchstone_core::Language;

use crate::ontology::{ClassId, Degree, PredicateId};

pub(crate) use relations::{classifies, reciprocal};
pub use relations::{Cue, CueRole, ThingKind, Wording};

pub use fold::{Folded, fold, is_han};
pub use inflect::plural;
pub use verb::past_tense;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntityId(pub u32);

/// What a name or phrase may stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Meaning {
    Entity(EntityId),
    Predicate(PredicateId),
    /// A phrase before which the value stands: "Y owns X".
    Reversed(PredicateId),
    /// A noun that may follow the predicate's value: "the French language".
    ValueNoun(PredicateId),
    /// A noun for the subject, behind the value: "a French citizen".
    SubjectNoun(PredicateId),
    /// Joined to the predicate's value by a hyphen: "Paris-based".
    Compound(PredicateId),
    Class(ClassId),
    /// A word that compares by a predicate ("larger", 最大).
    Adjective(PredicateId, Degree),
}

/// One meaning of a phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub meaning: Meaning,
    /// `None`: the label carries no language and counts for all.
    pub language: Option<Language>,
    pub preferred: bool,
    /// The label is written with a capital, as names are.
    pub capitalised: bool,
}

/// A stretch of text that the lexicon knows.
#[derive(Clone, Debug)]
pub struct Mention<'a> {
    /// Bytes of the original text.
    pub range: Range<usize>,
    pub entries: &'a [Entry],
}

/// An entity as the lexicon knows it.
#[derive(Clone, Debug)]
pub struct Entity {
    pub iri: NamedNode,
    pub types: Vec<ClassId>,
    /// Relative weight for linking, such as a population; 0 when unknown.
    pub prior: f64,
    english: Option<Box<str>>,
    chinese: Option<Box<str>>,
    other: Option<Box<str>>,
}

impl Entity {
    /// The preferred label in a language, else in any, else the IRI's end.
    pub fn label(&self, language: Language) -> &str {
        let (first, second) = match language {
            Language::English => (&self.english, &self.chinese),
            Language::Chinese => (&self.chinese, &self.english),
        };
        first
            .as_deref()
            .or(self.other.as_deref())
            .or(second.as_deref())
            .unwrap_or_else(|| self.iri.as_str().rsplit(['/', '#']).next().unwrap_or_default())
    }
}

/// All labels of a graph in one automaton.
pub struct Lexicon {
    phrases: fst::Map<Vec<u8>>,
    groups: Vec<Range<u32>>,
    entries: Vec<Entry>,
    entities: Vec<Entity>,
    by_iri: HashMap<NamedNode, EntityId>,
}

impl Lexicon {
    pub fn entity(&self, id: EntityId) -> &Entity {
        &self.entities[id.0 as usize]
    }

    pub fn entity_by_iri(&self, iri: NamedNodeRef<'_>) -> Option<EntityId> {
        self.by_iri.get(&iri.into_owned()).copied()
    }

    pub fn entity_count(&self) -> usize {
        self.entities.len()
    }

    pub fn phrase_count(&self) -> usize {
        self.groups.len()
    }

    /// The meanings of exactly this phrase, folded.
    pub fn lookup(&self, phrase: &str) -> &[Entry] {
        self.phrases.get(fold(phrase)).map_or(&[], |group| self.group(group))
    }

    /// The meanings of the phrases that differ from this one in one letter, or
    /// in two of a long one: a name misspelt. Empty for short phrases and for
    /// Chinese, where another character is another word.
    pub fn similar(&self, phrase: &str) -> Vec<Entry> {
        let folded = fold(phrase);
        let length = folded.chars().count();
        if !(MIN_SIMILAR..=MAX_SIMILAR).contains(&length) || folded.chars().any(is_han) {
            return Vec::new();
        }
        let distances: &[u32] = if length >= TWO_LETTERS { &[1, 2] } else { &[1] };
        for distance in distances {
            let Ok(automaton) = Levenshtein::new(&folded, *distance) else { return Vec::new() };
            let mut stream = self.phrases.search(automaton).into_stream();
            let mut entries: Vec<Entry> = Vec::new();
            while let Some((_, group)) = stream.next() {
                entries.extend(self.group(group));
            }
            if !entries.is_empty() {
                return entries;
            }
        }
        Vec::new()
    }

    fn group(&self, group: u64) -> &[Entry] {
        let range = self.groups.get(group as usize).cloned().unwrap_or(0..0);
        &self.entries[range.start as usize..range.end as usize]
    }

    /// Every mention in the text, in order of its start and, from the same
    /// start, longest first. Words are matched whole; Chinese from any
    /// character. Linear in the text for labels of bounded length.
    pub fn find(&self, text: &str) -> Vec<Mention<'_>> {
        let folded = Folded::new(text);
        let bytes = folded.text.as_bytes();
        let boundaries = word_boundaries(&folded.text);
        let mut mentions = Vec::new();
        for start in 0..bytes.len() {
            if !boundaries[start] || bytes[start] == b' ' {
                continue;
            }
            let first = mentions.len();
            let fst = self.phrases.as_fst();
            let mut node = fst.root();
            let mut output = 0;
            for (offset, byte) in bytes[start..].iter().enumerate() {
                let Some(transition) = node.find_input(*byte) else { break };
                let transition = node.transition(transition);
                output += transition.out.value();
                node = fst.node(transition.addr);
                let end = start + offset + 1;
                if node.is_final() && boundaries[end] {
                    mentions.push(Mention {
                        range: folded.original(start..end),
                        entries: self.group(output + node.final_output().value()),
                    });
                }
            }
            mentions[first..].reverse();
        }
        mentions
    }
}

/// Shorter names are too often one letter from another.
const MIN_SIMILAR: usize = 5;
const MAX_SIMILAR: usize = 30;
/// Names of this many letters are known with two wrong ones.
const TWO_LETTERS: usize = 9;

/// Where a phrase may begin or end: not between two letters or digits of a
/// script that writes spaces between words.
fn word_boundaries(text: &str) -> Vec<bool> {
    let mut boundaries = vec![false; text.len() + 1];
    let mut inside = false;
    for (at, c) in text.char_indices() {
        let joins = c.is_alphanumeric() && !is_han(c);
        boundaries[at] = !(inside && joins);
        inside = joins;
    }
    boundaries[text.len()] = true;
    boundaries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_whole_and_han_is_free() {
        let boundaries = word_boundaries("ab 里昂c");
        let starts: Vec<usize> = (0..boundaries.len()).filter(|i| boundaries[*i]).collect();
        assert_eq!(starts, [0, 2, 3, 6, 9, 10]);
    }
}
