use std::collections::{BTreeMap, HashMap};

use oxigraph::model::{NamedNode, NamedOrBlankNode, Term};
use touchstone_core::Language;

use super::inflect::english_forms;
use super::relations::{self, Role};
use super::{Entity, EntityId, Entry, Lexicon, Meaning, fold, is_han};
use crate::ontology::{Label, Ontology, ValueKind, as_label};
use crate::vocabulary::{rdf, rdfs, skos, ts};
use crate::{GraphError, Store};

/// Longer labels are titles or descriptions, not names.
const MAX_LABEL_BYTES: usize = 200;

impl Lexicon {
    /// Reads every label of the graph.
    pub fn build(store: &Store, ontology: &Ontology) -> Result<Lexicon, GraphError> {
        let mut builder = Builder::new(ontology);
        builder.add_predicates();
        builder.add_classes();
        builder.add_entities(store)?;
        builder.finish()
    }
}

struct Builder<'a> {
    ontology: &'a Ontology,
    phrases: BTreeMap<String, Vec<Entry>>,
    entities: Vec<Entity>,
    by_iri: HashMap<NamedNode, EntityId>,
}

impl<'a> Builder<'a> {
    fn new(ontology: &'a Ontology) -> Builder<'a> {
        Builder { ontology, phrases: BTreeMap::new(), entities: Vec::new(), by_iri: HashMap::new() }
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
        let entries = self.phrases.entry(key).or_default();
        match entries.iter_mut().find(|e| e.meaning == meaning) {
            Some(known) => {
                known.preferred |= entry.preferred;
                known.capitalised &= entry.capitalised;
                if known.language != entry.language {
                    known.language = None;
                }
            }
            None => entries.push(entry),
        }
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

    fn add_predicates(&mut self) {
        for predicate in self.ontology.predicates() {
            for label in &predicate.labels {
                self.add_inflected(label, Meaning::Predicate(predicate.id));
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
                self.add(&label.text, meaning, &label);
            }
            for (degree, label) in &predicate.adjectives {
                self.add(&label.text, Meaning::Adjective(predicate.id, *degree), label);
            }
        }
    }

    fn add_classes(&mut self) {
        for class in self.ontology.classes() {
            for label in &class.labels {
                self.add_inflected(label, Meaning::Class(class.id));
            }
        }
    }

    fn entity(&mut self, iri: &NamedNode) -> EntityId {
        if let Some(id) = self.by_iri.get(iri) {
            return *id;
        }
        let id = EntityId(self.entities.len() as u32);
        self.by_iri.insert(iri.clone(), id);
        self.entities.push(Entity {
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
                self.add(&label.text, Meaning::Entity(id), &label);
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

    fn finish(self) -> Result<Lexicon, GraphError> {
        let mut groups = Vec::with_capacity(self.phrases.len());
        let mut entries: Vec<Entry> = Vec::with_capacity(self.phrases.len());
        let mut keys = fst::MapBuilder::memory();
        for (index, (phrase, meanings)) in self.phrases.into_iter().enumerate() {
            keys.insert(phrase, index as u64).map_err(GraphError::lexicon)?;
            let start = entries.len() as u32;
            entries.extend(meanings);
            groups.push(start..entries.len() as u32);
        }
        let phrases = keys.into_map();
        Ok(Lexicon { phrases, groups, entries, entities: self.entities, by_iri: self.by_iri })
    }
}
