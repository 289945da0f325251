use std::collections::HashMap;

use fst::raw::Fst;
use oxigraph::model::{NamedNode, NamedOrBlankNode, Term};
use touchstone_core::Language;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::image::{Image, Key, SECTIONS, Section};
use super::inflect::english_forms;
use super::relations::{self, Role};
use super::starts::Beginnings;
use super::{EntityId, Entry, Lexicon, Meaning, fold, is_han};
use crate::ontology::{ClassId, Label, Ontology, ValueKind, as_label};
use crate::vocabulary::{rdf, rdfs, skos, ts};
use crate::{GraphError, Store};

/// Longer labels are titles or descriptions, not names.
const MAX_LABEL_BYTES: usize = 200;
/// Counts changes of the layout and of folding, so that files of older
/// versions are not taken for ours.
const FORMAT: u32 = 1;
/// A text that an entity does not have.
pub(super) const ABSENT: u32 = u32::MAX;

impl Lexicon {
    /// Reads every label of the graph, into memory.
    pub fn build(store: &Store, ontology: &Ontology) -> Result<Lexicon, GraphError> {
        let phrases = Phrases::of(ontology);
        let key = key(store, &phrases)?;
        Ok(Lexicon::new(image(store, ontology, phrases, key)?))
    }
}

/// What a lexicon depends on: the state of the store, and what this version
/// of the program makes of the ontology.
pub(super) fn key(store: &Store, phrases: &Phrases) -> Result<Key, GraphError> {
    let mut hasher = Xxh3::new();
    hasher.update(&FORMAT.to_ne_bytes());
    hasher.update(env!("CARGO_PKG_VERSION").as_bytes());
    hasher.update(store.identity().as_bytes());
    hasher.update(&store.epoch()?.to_le_bytes());
    for (phrase, entry) in &phrases.all {
        hasher.update(phrase.as_bytes());
        hasher.update(&entry.pack().to_le_bytes());
    }
    Ok(Key(hasher.digest128()))
}

/// Reads every label of the graph.
pub(super) fn image(
    store: &Store,
    ontology: &Ontology,
    phrases: Phrases,
    key: Key,
) -> Result<Image, GraphError> {
    let mut builder = Builder { ontology, phrases, entities: Vec::new(), by_iri: HashMap::new() };
    builder.add_entities(store)?;
    builder.finish(key)
}

/// Folded phrases with what they mean, in the order in which they were found.
#[derive(Default)]
pub(super) struct Phrases {
    all: Vec<(Box<str>, Entry)>,
}

impl Phrases {
    /// What the predicates and classes are called.
    pub(super) fn of(ontology: &Ontology) -> Phrases {
        let mut phrases = Phrases::default();
        for predicate in ontology.predicates() {
            for label in &predicate.labels {
                phrases.add_inflected(label, Meaning::Predicate(predicate.id));
            }
            for expression in relations::expressions(&predicate.labels) {
                let label =
                    Label { text: expression.text, language: Some(expression.language), preferred: false };
                let meaning = match expression.role {
                    Role::Forward => Meaning::Predicate(predicate.id),
                    Role::Reversed => Meaning::Reversed(predicate.id),
                    Role::ValueNoun => Meaning::ValueNoun(predicate.id),
                    Role::SubjectNoun => Meaning::SubjectNoun(predicate.id),
                    Role::Compound => Meaning::Compound(predicate.id),
                };
                phrases.add(&label.text, meaning, &label);
            }
            for (degree, label) in &predicate.adjectives {
                phrases.add(&label.text, Meaning::Adjective(predicate.id, *degree), label);
            }
        }
        for class in ontology.classes() {
            for label in &class.labels {
                phrases.add_inflected(label, Meaning::Class(class.id));
            }
        }
        phrases
    }

    fn add(&mut self, phrase: &str, meaning: Meaning, label: &Label) {
        let key = fold(phrase.trim());
        if key.is_empty() || key.len() > MAX_LABEL_BYTES || !key.chars().any(char::is_alphanumeric) {
            return;
        }
        let entry = Entry {
            meaning,
            language: label.language,
            preferred: label.preferred,
            capitalised: phrase.chars().find(|c| c.is_alphabetic()).is_some_and(char::is_uppercase),
        };
        self.all.push((key.into_boxed_str(), entry));
    }

    fn add_inflected(&mut self, label: &Label, meaning: Meaning) {
        let chinese = label.language == Some(Language::Chinese) || label.text.chars().any(is_han);
        if chinese {
            self.add(&label.text, meaning, label);
            return;
        }
        for form in english_forms(&label.text) {
            self.add(&form, meaning, label);
        }
    }

    /// Phrases in order, each with its different meanings.
    fn grouped(
        mut self,
        mut each: impl FnMut(&str, &[Entry]) -> Result<(), GraphError>,
    ) -> Result<(), GraphError> {
        // Stable: of equal phrases the first found comes first.
        self.all.sort_by(|a, b| a.0.cmp(&b.0));
        let mut entries: Vec<Entry> = Vec::new();
        let mut known: HashMap<Meaning, usize> = HashMap::new();
        for group in self.all.chunk_by(|a, b| a.0 == b.0) {
            entries.clear();
            known.clear();
            for (_, entry) in group {
                let at = *known.entry(entry.meaning).or_insert(entries.len());
                match entries.get_mut(at) {
                    Some(same) => {
                        same.preferred |= entry.preferred;
                        same.capitalised &= entry.capitalised;
                        if same.language != entry.language {
                            same.language = None;
                        }
                    }
                    None => entries.push(*entry),
                }
            }
            each(&group[0].0, &entries)?;
        }
        Ok(())
    }
}

/// An entity while its facts are read.
struct Draft {
    iri: NamedNode,
    types: Vec<ClassId>,
    prior: f64,
    english: Option<Box<str>>,
    chinese: Option<Box<str>>,
    other: Option<Box<str>>,
}

struct Builder<'a> {
    ontology: &'a Ontology,
    phrases: Phrases,
    entities: Vec<Draft>,
    by_iri: HashMap<NamedNode, EntityId>,
}

impl Builder<'_> {
    fn entity(&mut self, iri: &NamedNode) -> EntityId {
        if let Some(id) = self.by_iri.get(iri) {
            return *id;
        }
        let id = EntityId(self.entities.len() as u32);
        self.by_iri.insert(iri.clone(), id);
        self.entities.push(Draft {
            iri: iri.clone(),
            types: Vec::new(),
            prior: 0.0,
            english: None,
            chinese: None,
            other: None,
        });
        id
    }

    fn add_entities(&mut self, store: &Store) -> Result<(), GraphError> {
        for (predicate, preferred) in
            [(skos::PREF_LABEL, true), (rdfs::LABEL, true), (skos::ALT_LABEL, false)]
        {
            for quad in store.inner().quads_for_pattern(None, Some(predicate), None, None) {
                let quad = quad?;
                let NamedOrBlankNode::NamedNode(subject) = &quad.subject else { continue };
                if self.ontology.predicate_by_iri(subject.as_ref()).is_some()
                    || self.ontology.class_by_iri(subject.as_ref()).is_some()
                {
                    continue;
                }
                let Some(label) = as_label(&quad.object, preferred) else { continue };
                let id = self.entity(subject);
                // Where a language has no preferred label, the first other one
                // is shown.
                if preferred || label.language == Some(Language::Chinese) {
                    let entity = &mut self.entities[id.0 as usize];
                    let slot = match label.language {
                        Some(Language::English) => &mut entity.english,
                        Some(Language::Chinese) => &mut entity.chinese,
                        None => &mut entity.other,
                    };
                    slot.get_or_insert_with(|| label.text.as_str().into());
                }
                self.phrases.add(&label.text, Meaning::Entity(id), &label);
            }
        }
        for quad in store.inner().quads_for_pattern(None, Some(rdf::TYPE), None, None) {
            let quad = quad?;
            let (NamedOrBlankNode::NamedNode(subject), Term::NamedNode(class)) =
                (&quad.subject, &quad.object)
            else {
                continue;
            };
            if let (Some(id), Some(class)) =
                (self.by_iri.get(subject), self.ontology.class_by_iri(class.as_ref()))
            {
                let types = &mut self.entities[id.0 as usize].types;
                if !types.contains(&class) {
                    types.push(class);
                }
            }
        }
        for quad in store.inner().quads_for_pattern(None, Some(ts::PRIOR), None, None) {
            let quad = quad?;
            if let (NamedOrBlankNode::NamedNode(subject), Term::Literal(value)) =
                (&quad.subject, &quad.object)
                && let Some(id) = self.by_iri.get(subject)
            {
                self.entities[id.0 as usize].prior = value.value().parse().unwrap_or(0.0);
            }
        }
        self.inherit_priors(store)
    }

    /// What has no weight of its own weighs as much as what refers to it: a
    /// continent as its countries, a language as those where it is spoken.
    fn inherit_priors(&mut self, store: &Store) -> Result<(), GraphError> {
        let mut inherited: HashMap<EntityId, f64> = HashMap::new();
        for predicate in self.ontology.predicates().iter().filter(|p| p.value_kind == ValueKind::Entity) {
            for quad in store.inner().quads_for_pattern(None, Some(predicate.iri.as_ref()), None, None) {
                let quad = quad?;
                let (NamedOrBlankNode::NamedNode(subject), Term::NamedNode(object)) =
                    (&quad.subject, &quad.object)
                else {
                    continue;
                };
                if let (Some(from), Some(to)) = (self.by_iri.get(subject), self.by_iri.get(object))
                    && self.entities[to.0 as usize].prior == 0.0
                {
                    *inherited.entry(*to).or_default() += self.entities[from.0 as usize].prior;
                }
            }
        }
        for (id, prior) in inherited {
            self.entities[id.0 as usize].prior = prior;
        }
        Ok(())
    }

    fn finish(self, key: Key) -> Result<Image, GraphError> {
        let mut keys = fst::MapBuilder::memory();
        let mut groups: Vec<u32> = vec![0];
        let mut entries: Vec<u64> = Vec::new();
        let mut beginnings = Beginnings::default();
        self.phrases.grouped(|phrase, meanings| {
            keys.insert(phrase, groups.len() as u64 - 1).map_err(GraphError::lexicon)?;
            entries.extend(meanings.iter().map(|entry| entry.pack()));
            groups.push(entries.len() as u32);
            beginnings.add(phrase);
            Ok(())
        })?;
        let phrases = keys.into_inner().map_err(GraphError::lexicon)?;
        let (filter, starts, start_texts) =
            beginnings.finish(&Fst::new(phrases.as_slice()).map_err(GraphError::lexicon)?);
        let entities = Entities::of(&self.entities);
        let mut sections: [&[u8]; SECTIONS] = [&[]; SECTIONS];
        for (section, bytes) in [
            (Section::Phrases, phrases.as_slice()),
            (Section::Groups, bytemuck::cast_slice(&groups)),
            (Section::Entries, bytemuck::cast_slice(&entries)),
            (Section::Priors, bytemuck::cast_slice(&entities.priors)),
            (Section::TypeSets, bytemuck::cast_slice(&entities.type_sets)),
            (Section::SetStarts, bytemuck::cast_slice(&entities.set_starts)),
            (Section::SetMembers, bytemuck::cast_slice(&entities.set_members)),
            (Section::TextStarts, bytemuck::cast_slice(&entities.text_starts)),
            (Section::TextLengths, bytemuck::cast_slice(&entities.text_lengths)),
            (Section::Texts, entities.texts.as_bytes()),
            (Section::Iris, bytemuck::cast_slice(&entities.iris)),
            (Section::StartFilter, bytemuck::cast_slice(&filter)),
            (Section::Starts, bytemuck::cast_slice(&starts)),
            (Section::StartTexts, start_texts.as_bytes()),
        ] {
            sections[section as usize] = bytes;
        }
        Ok(Image::assemble(key, sections))
    }
}

/// The entities as flat columns.
#[derive(Default)]
struct Entities {
    priors: Vec<f64>,
    type_sets: Vec<u32>,
    set_starts: Vec<u32>,
    set_members: Vec<u32>,
    text_starts: Vec<u64>,
    text_lengths: Vec<u32>,
    texts: String,
    iris: Vec<u32>,
}

impl Entities {
    fn of(drafts: &[Draft]) -> Entities {
        let mut columns = Entities { set_starts: vec![0], ..Entities::default() };
        let mut sets: HashMap<&[ClassId], u32> = HashMap::new();
        for draft in drafts {
            columns.priors.push(draft.prior);
            let next = sets.len() as u32;
            let set = *sets.entry(&draft.types).or_insert_with(|| {
                columns.set_members.extend(draft.types.iter().map(|class| class.0));
                columns.set_starts.push(columns.set_members.len() as u32);
                next
            });
            columns.type_sets.push(set);
            columns.text_starts.push(columns.texts.len() as u64);
            let texts = [
                Some(draft.iri.as_str()),
                draft.english.as_deref(),
                draft.chinese.as_deref(),
                draft.other.as_deref(),
            ];
            for text in texts {
                columns.text_lengths.push(text.map_or(ABSENT, |text| text.len() as u32));
                columns.texts.push_str(text.unwrap_or_default());
            }
        }
        columns.iris = vec![0; (drafts.len() * 2).next_power_of_two()];
        for (id, draft) in drafts.iter().enumerate() {
            let mut slot = iri_slot(draft.iri.as_str(), columns.iris.len());
            while columns.iris[slot] != 0 {
                slot = (slot + 1) % columns.iris.len();
            }
            columns.iris[slot] = id as u32 + 1;
        }
        columns
    }
}

/// Where the search for an IRI begins in a table of so many places.
pub(super) fn iri_slot(iri: &str, places: usize) -> usize {
    (xxh3_64(iri.as_bytes()) % places.max(1) as u64) as usize
}
