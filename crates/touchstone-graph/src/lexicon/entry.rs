//! What phrases may mean.

use touchstone_core::Language;

use super::EntityId;
use crate::ontology::{ClassId, Degree, PredicateId};

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

/// The meanings of one phrase.
#[derive(Clone, Copy, Debug, Default)]
pub struct Entries<'a>(pub(super) &'a [u64]);

impl<'a> Entries<'a> {
    pub fn iter(self) -> impl Iterator<Item = Entry> + 'a {
        self.0.iter().filter_map(|packed| Entry::unpack(*packed))
    }

    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    pub fn len(self) -> usize {
        self.0.len()
    }
}

const PREFERRED: u64 = 1 << 32;
const CAPITALISED: u64 = 1 << 33;
const LANGUAGE_SHIFT: u32 = 34;
const DEGREE_SHIFT: u32 = 36;
const KIND_SHIFT: u32 = 40;

impl Entry {
    /// One number: the id in the lower half, what it is an id of above.
    pub(super) fn pack(self) -> u64 {
        let (kind, id, degree) = match self.meaning {
            Meaning::Entity(EntityId(id)) => (0, id, 0),
            Meaning::Predicate(PredicateId(id)) => (1, id, 0),
            Meaning::Reversed(PredicateId(id)) => (2, id, 0),
            Meaning::ValueNoun(PredicateId(id)) => (3, id, 0),
            Meaning::SubjectNoun(PredicateId(id)) => (4, id, 0),
            Meaning::Compound(PredicateId(id)) => (5, id, 0),
            Meaning::Class(ClassId(id)) => (6, id, 0),
            Meaning::Adjective(PredicateId(id), degree) => {
                let degree = match degree {
                    Degree::More => 0,
                    Degree::Less => 1,
                    Degree::Most => 2,
                    Degree::Least => 3,
                };
                (7, id, degree)
            }
        };
        let language = match self.language {
            None => 0,
            Some(Language::English) => 1,
            Some(Language::Chinese) => 2,
        };
        u64::from(id)
            | if self.preferred { PREFERRED } else { 0 }
            | if self.capitalised { CAPITALISED } else { 0 }
            | language << LANGUAGE_SHIFT
            | degree << DEGREE_SHIFT
            | kind << KIND_SHIFT
    }

    fn unpack(packed: u64) -> Option<Entry> {
        let id = packed as u32;
        let degree = match packed >> DEGREE_SHIFT & 3 {
            0 => Degree::More,
            1 => Degree::Less,
            2 => Degree::Most,
            _ => Degree::Least,
        };
        let meaning = match packed >> KIND_SHIFT {
            0 => Meaning::Entity(EntityId(id)),
            1 => Meaning::Predicate(PredicateId(id)),
            2 => Meaning::Reversed(PredicateId(id)),
            3 => Meaning::ValueNoun(PredicateId(id)),
            4 => Meaning::SubjectNoun(PredicateId(id)),
            5 => Meaning::Compound(PredicateId(id)),
            6 => Meaning::Class(ClassId(id)),
            7 => Meaning::Adjective(PredicateId(id), degree),
            _ => return None,
        };
        let language = match packed >> LANGUAGE_SHIFT & 3 {
            1 => Some(Language::English),
            2 => Some(Language::Chinese),
            _ => None,
        };
        Some(Entry {
            meaning,
            language,
            preferred: packed & PREFERRED != 0,
            capitalised: packed & CAPITALISED != 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_survive_packing() {
        let predicate = PredicateId(7);
        let meanings = [
            Meaning::Entity(EntityId(u32::MAX)),
            Meaning::Predicate(predicate),
            Meaning::Reversed(predicate),
            Meaning::ValueNoun(predicate),
            Meaning::SubjectNoun(predicate),
            Meaning::Compound(predicate),
            Meaning::Class(ClassId(3)),
            Meaning::Adjective(predicate, Degree::More),
            Meaning::Adjective(predicate, Degree::Least),
        ];
        for meaning in meanings {
            for language in [None, Some(Language::English), Some(Language::Chinese)] {
                for (preferred, capitalised) in [(true, false), (false, true)] {
                    let entry = Entry { meaning, language, preferred, capitalised };
                    assert_eq!(Entry::unpack(entry.pack()), Some(entry));
                }
            }
        }
    }
}
