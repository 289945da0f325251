//! Names and relation phrases: what a stretch of text may mean in this graph.

mod build;
mod cache;
mod composed;
mod entity;
mod entry;
mod find;
mod fold;
mod image;
mod inflect;
mod relations;
mod starts;
mod verb;

use fst::automaton::Levenshtein;
use fst::{IntoStreamer, Streamer};
use oxigraph::model::NamedNodeRef;

use crate::ontology::ClassId;
use image::{Image, Section};

pub use relations::{Cue, CueRole, ThingKind, Wording};
pub(crate) use relations::{classifies, reciprocal};

pub use composed::Composed;
pub use entity::Entity;
pub use entry::{Entries, Entry, Meaning};
pub use find::Mention;
pub use fold::{Folded, fold, is_han};
pub use inflect::plural;
pub use verb::past_tense;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntityId(pub u32);

/// All labels of a graph in one automaton, in a file that is mapped or in
/// memory.
pub struct Lexicon {
    image: Image,
    /// The different sets of types; few entities have one of their own.
    type_sets: Vec<Box<[ClassId]>>,
}

impl Lexicon {
    fn new(image: Image) -> Lexicon {
        let members = image.numbers::<u32>(Section::SetMembers);
        let starts = image.numbers::<u32>(Section::SetStarts);
        let type_sets = starts
            .windows(2)
            .map(|ends| {
                let set = members.get(ends[0] as usize..ends[1] as usize).unwrap_or_default();
                set.iter().map(|class| ClassId(*class)).collect()
            })
            .collect();
        Lexicon { image, type_sets }
    }

    /// An entity of this lexicon.
    pub fn entity(&self, id: EntityId) -> Entity<'_> {
        let at = id.0 as usize;
        let lengths = self.image.numbers::<u32>(Section::TextLengths);
        let mut end =
            self.image.numbers::<u64>(Section::TextStarts).get(at).copied().unwrap_or_default() as usize;
        let texts = self.image.section(Section::Texts);
        let mut part = 0;
        let mut next = || {
            let length = *lengths.get(at * 4 + part)?;
            part += 1;
            if length == build::ABSENT {
                return None;
            }
            let start = end;
            end += length as usize;
            std::str::from_utf8(texts.get(start..end)?).ok()
        };
        Entity {
            iri: NamedNodeRef::new_unchecked(next().unwrap_or_default()),
            english: next(),
            chinese: next(),
            other: next(),
            types: self.types(id),
            prior: self.prior(id),
        }
    }

    /// What an entity is; checking asks for this alone very often.
    pub fn types(&self, id: EntityId) -> &[ClassId] {
        let set = self.image.numbers::<u32>(Section::TypeSets).get(id.0 as usize).copied();
        self.type_sets.get(set.unwrap_or_default() as usize).map(|set| &**set).unwrap_or_default()
    }

    /// The name of an entity in the graph, without its labels.
    pub fn iri(&self, id: EntityId) -> NamedNodeRef<'_> {
        let iri = std::str::from_utf8(self.iri_bytes(id)).unwrap_or_default();
        NamedNodeRef::new_unchecked(iri)
    }

    fn iri_bytes(&self, id: EntityId) -> &[u8] {
        let at = id.0 as usize;
        let length = self.image.numbers::<u32>(Section::TextLengths).get(at * 4).copied();
        let start = self.image.numbers::<u64>(Section::TextStarts).get(at).copied().unwrap_or_default();
        match length {
            None | Some(build::ABSENT) => &[],
            Some(length) => {
                let start = start as usize;
                self.image.section(Section::Texts).get(start..start + length as usize).unwrap_or_default()
            }
        }
    }

    /// Relative weight for linking, such as a population; 0 when unknown.
    pub fn prior(&self, id: EntityId) -> f64 {
        self.image.numbers::<f64>(Section::Priors).get(id.0 as usize).copied().unwrap_or_default()
    }

    pub fn entity_by_iri(&self, iri: NamedNodeRef<'_>) -> Option<EntityId> {
        let table = self.image.numbers::<u32>(Section::Iris);
        let first = build::iri_slot(iri.as_str(), table.len());
        let (before, from) = table.split_at_checked(first)?;
        let ids = from.iter().chain(before).map_while(|place| place.checked_sub(1)).map(EntityId);
        ids.into_iter().find(|id| self.iri_bytes(*id) == iri.as_str().as_bytes())
    }

    pub fn entity_count(&self) -> usize {
        self.image.numbers::<f64>(Section::Priors).len()
    }

    pub fn phrase_count(&self) -> usize {
        self.image.numbers::<u32>(Section::Groups).len().saturating_sub(1)
    }

    /// Bytes of the lexicon, and whether they are mapped from a file and so
    /// shared with other processes.
    pub fn size(&self) -> (usize, bool) {
        (self.image.bytes().len(), self.image.is_mapped())
    }

    fn phrases(&self) -> Option<fst::Map<&[u8]>> {
        fst::Map::new(self.image.section(Section::Phrases)).ok()
    }

    fn group(&self, group: u64) -> Entries<'_> {
        let starts = self.image.numbers::<u32>(Section::Groups);
        let bound =
            |at: u64| usize::try_from(at).ok().and_then(|at| starts.get(at)).map(|bound| *bound as usize);
        let entries = self.image.numbers::<u64>(Section::Entries);
        match (bound(group), bound(group + 1)) {
            (Some(start), Some(end)) => Entries(entries.get(start..end).unwrap_or_default()),
            _ => Entries::default(),
        }
    }

    /// Every phrase, folded, in order.
    pub fn for_each_phrase(&self, mut each: impl FnMut(&str, Entries<'_>)) {
        let Some(phrases) = self.phrases() else { return };
        let mut stream = phrases.stream();
        while let Some((phrase, group)) = stream.next() {
            if let Ok(phrase) = std::str::from_utf8(phrase) {
                each(phrase, self.group(group));
            }
        }
    }

    /// The meanings of exactly this phrase, folded.
    pub fn lookup(&self, phrase: &str) -> Entries<'_> {
        self.phrases()
            .and_then(|phrases| phrases.get(fold(phrase)))
            .map_or(Entries::default(), |group| self.group(group))
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
        let Some(phrases) = self.phrases() else { return Vec::new() };
        let distances: &[u32] = if length >= TWO_LETTERS { &[1, 2] } else { &[1] };
        for distance in distances {
            let Ok(automaton) = Levenshtein::new(&folded, *distance) else { return Vec::new() };
            let mut stream = phrases.search(automaton).into_stream();
            let mut entries: Vec<Entry> = Vec::new();
            while let Some((_, group)) = stream.next() {
                entries.extend(self.group(group).iter());
            }
            if !entries.is_empty() {
                return entries;
            }
        }
        Vec::new()
    }
}

/// Shorter names are too often one letter from another.
const MIN_SIMILAR: usize = 5;
const MAX_SIMILAR: usize = 30;
/// Names of this many letters are known with two wrong ones.
const TWO_LETTERS: usize = 9;
