//! Facts and the many ways to say each relation: the true sentence, one with
//! a wrong object, one with a wrong relation. The patterns write sentences and
//! are never shown to the graph.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use rand::rngs::ChaCha8Rng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use serde::Deserialize;
use touchstone_graph::model::{GraphName, Literal, NamedNode, NamedNodeRef, Quad, Term};
use touchstone_graph::vocabulary::{owl, rdf, rdfs, skos, ts};

use super::suite::{Selection, json_line, lines};
use super::{Case, Claims, Gold, World, count};
use crate::error::EvalError;

const BASE: &str = "urn:touchstone:suite:";
/// Tries to find another object that is false for the subject.
const TRIES: usize = 50;

#[derive(Deserialize)]
struct TripleLine {
    sub_label: String,
    obj_label: String,
}

#[derive(Deserialize)]
struct PatternLine {
    pattern: String,
}

struct Relation {
    id: String,
    label: String,
    aliases: Vec<String>,
    facts: Vec<(String, String)>,
    holds: HashSet<(String, String)>,
    subjects: HashSet<String>,
    objects: Vec<String>,
    patterns: Vec<String>,
}

pub(super) fn claims(folder: &Path, selection: &Selection<'_>) -> Result<Claims, EvalError> {
    let relations = read(folder)?;
    let (full, known, dropped) = quads(&relations, selection);
    let world = World::from_quads(&full, &known, dropped)?;
    let (cases, skipped) = cases(&relations, selection.seed);
    Ok(Claims { cases: count::sample(cases, selection), skipped, world })
}

fn read(folder: &Path) -> Result<Vec<Relation>, EvalError> {
    let table = folder.join("relations.tsv");
    if !table.is_file() {
        return Err(EvalError::NoData { path: table });
    }
    let mut relations = Vec::new();
    for (line, text) in lines(&table)?.into_iter().skip(1) {
        let mut columns = text.split('\t');
        let (Some(id), Some(label)) = (columns.next(), columns.next()) else {
            let reason = "a line holds id, label and aliases with tabs between".to_owned();
            return Err(EvalError::Data { path: table, line, reason });
        };
        let aliases = columns.next().unwrap_or_default();
        let triples = folder.join(format!("{id}.triples.jsonl"));
        let patterns = folder.join(format!("{id}.patterns.jsonl"));
        let mut relation = Relation {
            id: id.to_owned(),
            label: label.to_owned(),
            aliases: aliases.split('|').filter(|a| !a.trim().is_empty()).map(str::to_owned).collect(),
            facts: Vec::new(),
            holds: HashSet::new(),
            subjects: HashSet::new(),
            objects: Vec::new(),
            patterns: Vec::new(),
        };
        for (line, text) in lines(&triples)? {
            let fact: TripleLine = json_line(&triples, (line, &text))?;
            let fact = (fact.sub_label.trim().to_owned(), fact.obj_label.trim().to_owned());
            if !fact.0.is_empty() && !fact.1.is_empty() && relation.holds.insert(fact.clone()) {
                relation.subjects.insert(fact.0.clone());
                relation.facts.push(fact);
            }
        }
        let objects: BTreeMap<&String, ()> = relation.facts.iter().map(|(_, object)| (object, ())).collect();
        relation.objects = objects.into_keys().cloned().collect();
        for (line, text) in lines(&patterns)? {
            let pattern: PatternLine = json_line(&patterns, (line, &text))?;
            if pattern.pattern.contains("[X]") && pattern.pattern.contains("[Y]") {
                relation.patterns.push(pattern.pattern);
            } else {
                let reason = format!("the pattern \"{}\" lacks [X] or [Y]", pattern.pattern);
                return Err(EvalError::Data { path: patterns, line, reason });
            }
        }
        relations.push(relation);
    }
    if relations.is_empty() {
        return Err(EvalError::EmptyData { path: table });
    }
    Ok(relations)
}

/// All quads, those that the checker may know, and how many facts it lacks.
fn quads(relations: &[Relation], selection: &Selection<'_>) -> (Vec<Quad>, Vec<Quad>, usize) {
    let mut entities: HashMap<&str, NamedNode> = HashMap::new();
    let mut quads: Vec<Quad> = Vec::new();
    let english = |text: &str| Literal::new_language_tagged_literal_unchecked(text, "en");
    let add = |quads: &mut Vec<Quad>, s: &NamedNode, p: NamedNodeRef<'_>, o: Term| {
        quads.push(Quad::new(s.clone(), p.into_owned(), o, GraphName::DefaultGraph));
    };
    for relation in relations {
        let predicate = NamedNode::new_unchecked(format!("{BASE}p/{}", encode(&relation.id)));
        add(&mut quads, &predicate, rdf::TYPE, owl::OBJECT_PROPERTY.into_owned().into());
        add(&mut quads, &predicate, rdfs::LABEL, english(&relation.label).into());
        for alias in &relation.aliases {
            add(&mut quads, &predicate, skos::ALT_LABEL, english(alias).into());
        }
        if !selection.drop.open {
            add(&mut quads, &predicate, ts::CLOSED, Literal::from(true).into());
        }
        for label in relation.facts.iter().flat_map(|(s, o)| [s, o]) {
            let next = entities.len();
            entities.entry(label).or_insert_with(|| {
                let node = NamedNode::new_unchecked(format!("{BASE}e/{next}"));
                add(&mut quads, &node, rdfs::LABEL, english(label).into());
                node
            });
        }
    }
    let mut known = quads.clone();
    let mut dropped = 0;
    for relation in relations {
        let predicate = NamedNode::new_unchecked(format!("{BASE}p/{}", encode(&relation.id)));
        for (subject, object) in &relation.facts {
            let (Some(s), Some(o)) = (entities.get(subject.as_str()), entities.get(object.as_str())) else {
                continue;
            };
            add(&mut quads, s, predicate.as_ref(), o.clone().into());
            if selection.drop.takes(&format!("{subject}\t{}\t{object}", relation.id)) {
                dropped += 1;
            } else {
                add(&mut known, s, predicate.as_ref(), o.clone().into());
            }
        }
    }
    (quads, known, dropped)
}

/// Letters and digits of an id, for an IRI.
fn encode(id: &str) -> String {
    id.chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_string() } else { format!("_{:x}", c as u32) })
        .collect()
}

fn cases(relations: &[Relation], seed: u64) -> (Vec<Case>, Vec<String>) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut cases = Vec::new();
    let (mut no_object, mut no_relation) = (0, 0);
    for relation in relations {
        // Relations that the same kinds of things can stand in.
        let others: Vec<&Relation> = relations
            .iter()
            .filter(|other| {
                other.id != relation.id && other.subjects.iter().any(|s| relation.subjects.contains(s))
            })
            .collect();
        for (at, (subject, object)) in relation.facts.iter().enumerate() {
            let fitting: Vec<&&Relation> = others
                .iter()
                .filter(|other| {
                    other.objects.binary_search(object).is_ok()
                        && !other.holds.contains(&(subject.clone(), object.clone()))
                        && !other.holds.contains(&(object.clone(), subject.clone()))
                })
                .collect();
            for (number, pattern) in relation.patterns.iter().enumerate() {
                let id = |kind: &str| format!("{}:{at}:{number}:{kind}", relation.id);
                let mut push = |kind: &str, text: String, gold, group: &str| {
                    cases.push(Case::new(id(kind), text, gold, group));
                };
                push("true", write(pattern, subject, object), Gold::True, "true");
                let wrong = (0..TRIES).find_map(|_| {
                    let other = &relation.objects[random.random_range(0..relation.objects.len())];
                    let holds = relation.holds.contains(&(subject.clone(), other.clone()))
                        || relation.holds.contains(&(other.clone(), subject.clone()));
                    (!holds && other != subject).then_some(other)
                });
                match wrong {
                    Some(other) => {
                        push("object", write(pattern, subject, other), Gold::False, "wrong object")
                    }
                    None => no_object += 1,
                }
                let wrong = fitting.choose(&mut random).and_then(|other| {
                    // The same words may be said of both relations.
                    let own: Vec<&String> =
                        other.patterns.iter().filter(|p| !relation.patterns.contains(p)).collect();
                    own.choose(&mut random).map(|pattern| (*pattern).clone())
                });
                match wrong {
                    Some(pattern) => {
                        push("relation", write(&pattern, subject, object), Gold::False, "wrong relation");
                    }
                    None => no_relation += 1,
                }
            }
        }
    }
    let mut skipped = Vec::new();
    if no_object > 0 {
        skipped.push(format!("{no_object} times no other object was false"));
    }
    if no_relation > 0 {
        skipped.push(format!("{no_relation} times no other relation fitted the two things"));
    }
    (cases, skipped)
}

fn write(pattern: &str, subject: &str, object: &str) -> String {
    // In one pass: a label may hold "[Y]" itself.
    let mut text = String::new();
    let mut rest = pattern;
    while let Some(at) = rest.find(['[']) {
        text.push_str(&rest[..at]);
        let (label, length) = match &rest[at..] {
            tail if tail.starts_with("[X]") => (subject, 3),
            tail if tail.starts_with("[Y]") => (object, 3),
            _ => ("[", 1),
        };
        text.push_str(label);
        rest = &rest[at + length..];
    }
    text.push_str(rest);
    text.trim().replace(" .", ".").replace(" ,", ",")
}

#[cfg(test)]
mod tests {
    use super::write;

    #[test]
    fn patterns_are_filled_and_tidied() {
        assert_eq!(write("[X] is owned by [Y] .", "A [Y]", "B"), "A [Y] is owned by B.");
    }
}
