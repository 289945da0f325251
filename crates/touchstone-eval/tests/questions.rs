#![allow(clippy::unwrap_used)]
//! Our own questions, against the demonstration graph: every fact is there,
//! every answer follows from the facts.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

use touchstone_eval::judge::same;
use touchstone_eval::{Answers, Drop, Question, QuestionSet, Suite, World};
use touchstone_graph::model::{NamedNode, NamedOrBlankNode, Term};
use touchstone_graph::{Graph, ImportOptions, ImportSource, Meaning, PredicateId, Store};

fn demonstration() -> Graph {
    let kg = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../kg");
    let store = Store::in_memory().unwrap();
    let ontology = NamedNode::new("https://w3id.org/touchstone/world/graph/ontology").unwrap();
    for (file, graph) in [("ontology.ttl", Some(ontology)), ("facts.nq.zst", None)] {
        let options = ImportOptions { graph, ..ImportOptions::default() };
        store
            .import(&ImportSource::Rdf(kg.join(file)), &options, &mut |_| ControlFlow::Continue(()))
            .unwrap();
    }
    Graph::from_store(store).unwrap()
}

/// Entities and predicates of exactly this label.
fn named(graph: &Graph, label: &str) -> (Vec<NamedNode>, Vec<PredicateId>) {
    let (mut entities, mut predicates) = (Vec::new(), Vec::new());
    for entry in graph.lexicon().lookup(label).iter() {
        match entry.meaning {
            Meaning::Entity(id) => entities.push(graph.lexicon().entity(id).iri.into_owned()),
            Meaning::Predicate(id) => predicates.push(id),
            _ => {}
        }
    }
    (entities, predicates)
}

fn holds(graph: &Graph, [subject, relation, object]: &[String; 3]) -> bool {
    let (subjects, _) = named(graph, subject);
    let (objects, _) = named(graph, object);
    let (_, relations) = named(graph, relation);
    relations.iter().any(|relation| {
        let predicate = graph.ontology().predicate(*relation).iri.clone();
        subjects.iter().any(|subject| {
            let subject = NamedOrBlankNode::from(subject.clone());
            graph
                .store()
                .inner()
                .quads_for_pattern(Some(subject.as_ref()), Some(predicate.as_ref()), None, None)
                .any(|quad| match quad.unwrap().object {
                    Term::NamedNode(node) => objects.contains(&node),
                    Term::Literal(value) => value.value() == object,
                    _ => false,
                })
        })
    })
}

fn calculated(question: &Question) -> bool {
    let kind = question.group.as_deref().unwrap_or_default();
    let polar = ["yes", "no", "是", "不是", "有", "存在"].contains(&question.gold[0].as_str());
    ["calculation", "count"].contains(&kind) || polar
}

/// Every gold answer is a name in the facts, or another name of one.
fn follows(graph: &Graph, question: &Question) -> bool {
    let in_facts = |answer: &String| {
        let names = || question.facts.iter().flat_map(|fact| [&fact[0], &fact[2]]);
        let (entities, _) = named(graph, answer);
        names().any(|name| same(name, answer) || named(graph, name).0.iter().any(|e| entities.contains(e)))
    };
    calculated(question) || question.gold.iter().all(in_facts)
}

#[test]
fn our_questions_are_those_of_the_demonstration_graph() {
    let graph = demonstration();
    let suites = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../eval/suites");
    let suite = Suite::load(&suites.join("questions.toml")).unwrap();
    let world = World::empty().unwrap();
    let questions = QuestionSet::read(&suite, "dev", Path::new("."), &world, 0).unwrap().questions;
    assert!(questions.len() >= 200, "{}", questions.len());
    let mut kinds: BTreeMap<(&str, String), usize> = BTreeMap::new();
    for question in &questions {
        for fact in &question.facts {
            assert!(holds(&graph, fact), "{}: {fact:?} is not in the graph", question.id);
        }
        assert!(follows(&graph, question), "{}: {:?} does not follow", question.id, question.gold);
        if question.group.as_deref() == Some("count") {
            assert_eq!(question.gold[0], question.facts.len().to_string(), "{}", question.id);
        }
        if question.group.as_deref() == Some("set") && question.answers == Answers::All {
            assert_eq!(question.gold.len(), question.facts.len(), "{}", question.id);
            // Nothing is left out: the graph has no further value.
            let (subjects, _) = named(&graph, &question.facts[0][0]);
            let (_, relations) = named(&graph, &question.facts[0][1]);
            let most = subjects.iter().flat_map(|subject| {
                relations.iter().map(|relation| {
                    let predicate = graph.ontology().predicate(*relation).iri.clone();
                    let subject = NamedOrBlankNode::from(subject.clone());
                    let quads = graph.store().inner().quads_for_pattern(
                        Some(subject.as_ref()),
                        Some(predicate.as_ref()),
                        None,
                        None,
                    );
                    quads
                        .map(|quad| quad.unwrap().object.to_string())
                        .collect::<std::collections::HashSet<_>>()
                        .len()
                })
            });
            assert_eq!(most.max(), Some(question.gold.len()), "{}", question.id);
        }
        let language = question.language.map(|l| l.to_string()).unwrap_or_default();
        *kinds.entry((question.group.as_deref().unwrap_or_default(), language)).or_default() += 1;
    }
    for kind in [
        "relation",
        "quantity",
        "date",
        "comparison",
        "superlative",
        "count",
        "membership",
        "existence",
        "denial",
        "calculation",
        "two hops",
        "set",
    ] {
        for language in ["en", "zh"] {
            assert!(kinds.contains_key(&(kind, language.to_owned())), "no {kind} in {language}");
        }
    }
}

#[test]
fn premises_are_written_in_pairs_from_the_graph() {
    let suites = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../eval/suites");
    let suite = Suite::load(&suites.join("premises.toml")).unwrap();
    let world = World::from_store(demonstration(), &Drop::default()).unwrap();
    let set = QuestionSet::read(&suite, "dev", Path::new("."), &world, 1).unwrap();
    assert!(set.skipped.is_empty(), "{:?}", set.skipped);
    assert_eq!(set.questions.len(), 600);
    let again = QuestionSet::read(&suite, "dev", Path::new("."), &world, 1).unwrap();
    assert_eq!(set.questions, again.questions);
    for pair in set.questions.chunks(2) {
        let [yes, no] = pair else { panic!() };
        assert_eq!(yes.cluster, no.cluster);
        let (yes, no) = (yes.premise.as_ref().unwrap(), no.premise.as_ref().unwrap());
        assert!(yes.holds && !no.holds && yes.right == no.right);
        assert_ne!(yes.names[1], no.names[1]);
    }
}
