//! Questions that take something for granted, written by rule from the facts
//! of a graph: each once with a true premise and once with a false one.

use std::collections::{BTreeMap, BTreeSet};

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rand::seq::{IndexedRandom, SliceRandom};
use touchstone_core::Language;
use touchstone_graph::model::NamedOrBlankNode;
use touchstone_graph::{EntityId, Graph, Predicate, ValueKind};

use super::{Premise, Question};
use crate::claims::facts::{own_label, unique_label};
use crate::claims::names::{all_objects, objects};
use crate::error::EvalError;

/// Pairs of a true and a false question, in each language.
const PAIRS: usize = 150;
/// Of one premise's predicate.
const PER_PREDICATE: usize = 40;
/// Tries to find another object that is false of the subject.
const TRIES: usize = 50;

/// How a premise is put beside what is asked.
#[derive(Clone, Copy)]
enum Form {
    /// "the currency of Peru, whose capital is Lima"
    Clause,
    /// "the time zone of Peru's capital Lima"
    Apposition,
}

pub(super) fn write(graph: &Graph, seed: u64) -> Result<(Vec<Question>, Vec<String>), EvalError> {
    let mut questions = Vec::new();
    let mut skipped = Vec::new();
    for language in [Language::English, Language::Chinese] {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut writer = Writer { graph, language, random: &mut random };
        let pairs = writer.pairs()?;
        if pairs.len() < PAIRS {
            skipped.push(format!(
                "the graph gives {} of {PAIRS} pairs of premises in \"{language}\"",
                pairs.len()
            ));
        }
        questions.extend(pairs.into_iter().flatten());
    }
    Ok((questions, skipped))
}

struct Writer<'a> {
    graph: &'a Graph,
    language: Language,
    random: &'a mut ChaCha8Rng,
}

impl Writer<'_> {
    fn pairs(&mut self) -> Result<Vec<[Question; 2]>, EvalError> {
        let graph = self.graph;
        // Absence must tell that a premise is false.
        let premises: Vec<&Predicate> = graph
            .ontology()
            .predicates()
            .iter()
            .filter(|p| p.value_kind == ValueKind::Entity && (p.functional || p.closed) && !p.symmetric)
            .filter(|p| self.noun(p).is_some())
            .collect();
        let mut pairs = Vec::new();
        for predicate in &premises {
            let mut subjects = self.subjects(predicate)?;
            subjects.shuffle(self.random);
            let mut written = 0;
            for (at, subject) in subjects.into_iter().enumerate() {
                if written == PER_PREDICATE {
                    break;
                }
                let form = if at % 2 == 0 { Form::Clause } else { Form::Apposition };
                if let Some(pair) = self.pair(predicate, &premises, subject, form)? {
                    pairs.push(pair);
                    written += 1;
                }
            }
        }
        pairs.shuffle(self.random);
        pairs.truncate(PAIRS);
        Ok(pairs)
    }

    /// Labels that read as a noun: "capital", not "borders".
    fn noun(&self, predicate: &Predicate) -> Option<String> {
        own_label(&predicate.labels, self.language).filter(|label| !label.ends_with('s'))
    }

    /// Things with exactly one value.
    fn subjects(&self, predicate: &Predicate) -> Result<Vec<EntityId>, EvalError> {
        let mut values: BTreeMap<EntityId, BTreeSet<String>> = BTreeMap::new();
        let store = self.graph.store().inner();
        for quad in store.quads_for_pattern(None, Some(predicate.iri.as_ref()), None, None) {
            let quad = quad.map_err(touchstone_graph::GraphError::from)?;
            if let NamedOrBlankNode::NamedNode(node) = &quad.subject
                && let Some(id) = self.graph.lexicon().entity_by_iri(node.as_ref())
            {
                values.entry(id).or_default().insert(quad.object.to_string());
            }
        }
        Ok(values.into_iter().filter(|(_, objects)| objects.len() == 1).map(|(id, _)| id).collect())
    }

    fn pair(
        &mut self,
        premise: &Predicate,
        asked: &[&Predicate],
        subject: EntityId,
        form: Form,
    ) -> Result<Option<[Question; 2]>, EvalError> {
        let name = |id| unique_label(self.graph, id, self.language);
        let values = objects(self.graph, premise, subject)?;
        let others = all_objects(self.graph, premise)?;
        let wrong = (0..TRIES).find_map(|_| {
            let other = *others.choose(self.random)?;
            (!values.contains(&other) && other != subject).then_some(other)
        });
        let (&[object], Some(wrong)) = (values.as_slice(), wrong) else { return Ok(None) };
        let (Some(subject_name), Some(object_name), Some(wrong_name), Some(relation)) =
            (name(subject), name(object), name(wrong), self.noun(premise))
        else {
            return Ok(None);
        };
        let about = match form {
            Form::Clause => subject,
            Form::Apposition => object,
        };
        let mut candidates: Vec<&&Predicate> = asked.iter().filter(|p| p.id != premise.id).collect();
        candidates.shuffle(self.random);
        for predicate in candidates {
            let gold = objects(self.graph, predicate, about)?;
            let Some(what) = self.noun(predicate).filter(|_| !gold.is_empty()) else { continue };
            // What is asked must not be what is given.
            if gold.contains(&subject) || gold.contains(&object) {
                continue;
            }
            let text = |object: &str| self.question(form, &what, &subject_name, &relation, object);
            let key =
                format!("premise:{}:{}", self.language, self.graph.lexicon().entity(subject).iri.as_str());
            let key = format!("{key}:{}:{}", premise.iri.as_str(), predicate.iri.as_str());
            let question = |said: &str, holds: bool| Question {
                id: format!("{key}:{holds}"),
                text: text(said),
                gold: if holds { self.names_of(&gold) } else { Vec::new() },
                group: Some(if holds { "true premise" } else { "false premise" }.to_owned()),
                cluster: Some(key.clone()),
                language: Some(self.language),
                premise: Some(Premise {
                    holds,
                    names: vec![subject_name.clone(), said.to_owned()],
                    right: self.names_of(&[object]),
                }),
                facts: vec![[subject_name.clone(), relation.clone(), object_name.clone()]],
                ..Question::default()
            };
            return Ok(Some([question(&object_name, true), question(&wrong_name, false)]));
        }
        Ok(None)
    }

    fn question(&self, form: Form, what: &str, subject: &str, relation: &str, object: &str) -> String {
        match (self.language, form) {
            (Language::English, Form::Clause) => {
                format!("What is the {what} of {subject}, whose {relation} is {object}?")
            }
            (Language::English, Form::Apposition) => {
                format!("What is the {what} of {subject}'s {relation} {object}?")
            }
            (Language::Chinese, Form::Clause) => {
                format!("{relation}是{object}的{subject}的{what}是什么？")
            }
            (Language::Chinese, Form::Apposition) => format!("{subject}的{relation}{object}的{what}是什么？"),
        }
    }

    /// Every label, in both languages.
    fn names_of(&self, ids: &[EntityId]) -> Vec<String> {
        let mut names = Vec::new();
        for id in ids {
            for language in [self.language, Language::English, Language::Chinese] {
                let label = self.graph.lexicon().entity(*id).label(language).to_owned();
                if !names.contains(&label) {
                    names.push(label);
                }
            }
        }
        names
    }
}
