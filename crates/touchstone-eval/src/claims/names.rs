//! Names that several things share: what is said tells which is meant.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rand::seq::{IndexedRandom, SliceRandom};
use touchstone_core::Language;
use touchstone_graph::model::{NamedOrBlankNode, Term};
use touchstone_graph::{EntityId, Graph, Meaning, Predicate, PredicateId, ValueKind};

use super::facts::{own_label, unique_label};
use super::{Case, Gold};
use crate::error::EvalError;

/// Names taken; each gives up to one sentence for every predicate.
const NAMES: usize = 400;
/// Things that weigh so many times less than their namesake need more context
/// than a sentence gives.
const DOMINANCE: f64 = 10.0;

pub(super) fn cases(graph: &Graph, seed: u64) -> Result<(Vec<Case>, Vec<String>), EvalError> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut cases = Vec::new();
    let mut values = HashMap::new();
    for language in [Language::English, Language::Chinese] {
        let mut shared: Vec<(String, Vec<EntityId>)> =
            by_label(graph, language).into_iter().filter(|(_, ids)| ids.len() > 1).collect();
        shared.shuffle(&mut random);
        for (name, ids) in shared.into_iter().take(NAMES) {
            let heaviest = ids.iter().map(|id| graph.lexicon().prior(*id)).fold(0.0, f64::max);
            for id in &ids {
                if graph.lexicon().prior(*id) * DOMINANCE < heaviest {
                    continue;
                }
                // Other labels can be this name too.
                let all: Vec<EntityId> = graph
                    .lexicon()
                    .lookup(&name)
                    .iter()
                    .filter_map(|entry| if let Meaning::Entity(id) = entry.meaning { Some(id) } else { None })
                    .collect();
                write(graph, (&name, *id, &all), language, &mut random, (&mut values, &mut cases))?;
            }
        }
    }
    Ok((cases, Vec::new()))
}

fn by_label(graph: &Graph, language: Language) -> BTreeMap<String, Vec<EntityId>> {
    let mut names: BTreeMap<String, Vec<EntityId>> = BTreeMap::new();
    for at in 0..graph.lexicon().entity_count() {
        let id = EntityId(at as u32);
        let entity = graph.lexicon().entity(id);
        if !entity.types.is_empty() {
            names.entry(entity.label(language).to_owned()).or_default().push(id);
        }
    }
    names
}

fn write(
    graph: &Graph,
    (name, id, ids): (&str, EntityId, &[EntityId]),
    language: Language,
    random: &mut ChaCha8Rng,
    (values_of, cases): (&mut HashMap<PredicateId, Vec<EntityId>>, &mut Vec<Case>),
) -> Result<(), EvalError> {
    let (ontology, lexicon) = (graph.ontology(), graph.lexicon());
    for predicate in ontology.predicates().iter().filter(|p| p.value_kind == ValueKind::Entity) {
        if !(predicate.closed || predicate.functional) {
            continue;
        }
        let Some(label) = own_label(&predicate.labels, language) else { continue };
        if label.ends_with('s') || predicate.symmetric {
            continue;
        }
        let values = objects(graph, predicate, id)?;
        let Some(value) = values.choose(random).and_then(|value| unique_label(graph, *value, language))
        else {
            continue;
        };
        // False of every thing of the name.
        let mut taken = Vec::new();
        for namesake in ids {
            taken.extend(objects(graph, predicate, *namesake)?);
        }
        if let Entry::Vacant(unread) = values_of.entry(predicate.id) {
            unread.insert(all_objects(graph, predicate)?);
        }
        let others = &values_of[&predicate.id];
        let wrong = (0..50).find_map(|_| {
            let other = *others.choose(random)?;
            (!taken.contains(&other)).then(|| unique_label(graph, other, language)).flatten()
        });
        let sentence = |value: &str| match language {
            Language::English => format!("The {label} of {name} is {value}."),
            Language::Chinese => format!("{name}的{label}是{value}。"),
        };
        let key = format!("{}:{}", lexicon.entity(id).iri.as_str(), predicate.iri.as_str());
        cases.push(Case::new(format!("{key}:{language:?}:true"), sentence(&value), Gold::True, "true"));
        if let Some(wrong) = wrong {
            cases.push(Case::new(
                format!("{key}:{language:?}:false"),
                sentence(&wrong),
                Gold::False,
                "false",
            ));
        }
    }
    Ok(())
}

pub(crate) fn objects(
    graph: &Graph,
    predicate: &Predicate,
    id: EntityId,
) -> Result<Vec<EntityId>, EvalError> {
    let node = NamedOrBlankNode::from(graph.lexicon().entity(id).iri);
    let quads = graph.store().inner().quads_for_pattern(
        Some(node.as_ref()),
        Some(predicate.iri.as_ref()),
        None,
        None,
    );
    collect(graph, quads)
}

pub(crate) fn all_objects(graph: &Graph, predicate: &Predicate) -> Result<Vec<EntityId>, EvalError> {
    collect(graph, graph.store().inner().quads_for_pattern(None, Some(predicate.iri.as_ref()), None, None))
}

fn collect<E: Into<touchstone_graph::GraphError>>(
    graph: &Graph,
    quads: impl Iterator<Item = Result<touchstone_graph::model::Quad, E>>,
) -> Result<Vec<EntityId>, EvalError> {
    let (mut found, mut seen) = (Vec::new(), HashSet::new());
    for quad in quads {
        let quad = quad.map_err(Into::into)?;
        if let Term::NamedNode(node) = &quad.object
            && let Some(id) = graph.lexicon().entity_by_iri(node.as_ref())
            && seen.insert(id)
        {
            found.push(id);
        }
    }
    Ok(found)
}
