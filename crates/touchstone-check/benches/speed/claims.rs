//! One-sentence claims about true and false facts, in the words that the
//! lexicon has for the relations, and the look-ups that they cannot do
//! without.

use std::sync::Arc;

use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use touchstone_check::Checker;
use touchstone_core::Language;
use touchstone_graph::model::{NamedNode, NamedOrBlankNode, Term};
use touchstone_graph::{EntityId, Graph, Meaning, PredicateId};

use super::machine;
use super::{grouped, median, timed};

const CLAIMS: usize = 10_000;
const RUNS: usize = 3;
/// Facts that a way to say a relation is tried on.
const TRIALS: usize = 20;

struct Fact {
    subject: EntityId,
    predicate: PredicateId,
    object: EntityId,
}

struct Claim {
    sentence: String,
    subject: NamedNode,
    predicate: NamedNode,
    truth: bool,
}

pub(crate) fn measure(graph: &Arc<Graph>) {
    let checker = Checker::new(Arc::clone(graph));
    let claims = claims(graph, &checker);
    let share = |truth: bool| {
        let all: Vec<&Claim> = claims.iter().filter(|claim| claim.truth == truth).collect();
        let supported = all.iter().filter(|claim| checker.check(&claim.sentence).summary.supported > 0);
        100.0 * supported.count() as f64 / all.len() as f64
    };
    let (supported, wrongly) = (share(true), share(false));
    let (mut one, mut all, mut bare) = (Vec::new(), Vec::new(), Vec::new());
    for run in 0..RUNS {
        // Alternating, so that a busy machine is busy for all of them.
        bare.push(machine::processor_time(|| claims.iter().for_each(|claim| look_up(graph, claim))));
        one.push(machine::processor_time(|| check(&checker, &claims)));
        all.push(timed(|| {
            std::thread::scope(|scope| {
                for part in claims.chunks(claims.len().div_ceil(machine::threads())) {
                    scope.spawn(|| check(&checker, part));
                }
            });
        }));
        eprintln!("run {} of {RUNS}", run + 1);
    }
    let count = claims.len() as f64;
    let (one, all, bare) = (median(one), median(all), median(bare));
    println!(
        "{} claims of one sentence, half of them true, in the words of the lexicon; medians of {RUNS} runs. \
         Times are the processor's own (`schedstat`), where a busy machine would show in the clock's.\n",
        grouped(count)
    );
    println!("| | |\n| --- | --- |");
    println!("| claims a second of one core's time | {} |", grouped(count / one));
    println!("| claims a second by the clock, {} threads | {} |", machine::threads(), grouped(count / all));
    println!("| one claim | {:.1} µs |", one / count * 1e6);
    println!(
        "| the one look-up in the store that it needs (subject and predicate, all values read) | {:.1} µs |",
        bare / count * 1e6
    );
    println!("| a claim, in look-ups | {:.2} |", one / bare);
    println!("| true claims supported | {supported:.1}% |");
    println!("| false claims supported | {wrongly:.1}% |");
}

fn check(checker: &Checker, claims: &[Claim]) {
    for claim in claims {
        std::hint::black_box(checker.check(&claim.sentence));
    }
}

fn look_up(graph: &Graph, claim: &Claim) {
    let quads = graph.store().inner().quads_for_pattern(
        Some(claim.subject.as_ref().into()),
        Some(claim.predicate.as_ref()),
        None,
        None,
    );
    for quad in quads {
        std::hint::black_box(quad.unwrap());
    }
}

fn claims(graph: &Graph, checker: &Checker) -> Vec<Claim> {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let mut facts = facts(graph);
    facts.shuffle(&mut random);
    let label = |id: EntityId| graph.lexicon().entity(id).label(Language::English);
    let ways: Vec<Vec<String>> = graph
        .ontology()
        .predicates()
        .iter()
        .map(|predicate| {
            let sample: Vec<&Fact> =
                facts.iter().filter(|f| f.predicate == predicate.id).take(TRIALS).collect();
            let mut ways = ways(graph, predicate.id);
            // Not every phrase stands in every frame: those are taken in
            // which true facts are mostly recognised.
            ways.retain(|way| {
                let understood = sample.iter().filter(|fact| {
                    let sentence = said(way, label(fact.subject), label(fact.object));
                    checker.check(&sentence).summary.supported == 1
                });
                understood.count() * 2 > sample.len()
            });
            eprintln!("{}: {}", predicate.label(Language::English), ways.join(" "));
            ways
        })
        .collect();
    let mut claims = Vec::new();
    for at in 0..facts.len() {
        let fact = &facts[at];
        let ways = &ways[fact.predicate.0 as usize];
        if ways.is_empty() || claims.len() >= CLAIMS {
            continue;
        }
        let truth = claims.len() % 2 == 0;
        let object = if truth {
            fact.object
        } else {
            let others = &facts[(at + 1) % facts.len()..];
            others
                .iter()
                .find(|other| other.predicate == fact.predicate)
                .map_or(fact.object, |other| other.object)
        };
        let truth = truth || holds(graph, fact, object);
        let way = &ways[random.random_range(0..ways.len())];
        claims.push(Claim {
            sentence: said(way, label(fact.subject), label(object)),
            subject: graph.lexicon().entity(fact.subject).iri.into_owned(),
            predicate: graph.ontology().predicate(fact.predicate).iri.clone(),
            truth,
        });
    }
    claims
}

fn facts(graph: &Graph) -> Vec<Fact> {
    let mut facts = Vec::new();
    for predicate in graph.ontology().predicates() {
        for quad in graph.store().inner().quads_for_pattern(None, Some(predicate.iri.as_ref()), None, None) {
            let quad = quad.unwrap();
            let (NamedOrBlankNode::NamedNode(subject), Term::NamedNode(object)) =
                (&quad.subject, &quad.object)
            else {
                continue;
            };
            let id = |node: &NamedNode| graph.lexicon().entity_by_iri(node.as_ref());
            if let (Some(subject), Some(object)) = (id(subject), id(object)) {
                facts.push(Fact { subject, predicate: predicate.id, object });
            }
        }
    }
    facts
}

fn holds(graph: &Graph, fact: &Fact, object: EntityId) -> bool {
    let lexicon = graph.lexicon();
    let mut quads = graph.store().inner().quads_for_pattern(
        Some(lexicon.entity(fact.subject).iri.into()),
        Some(graph.ontology().predicate(fact.predicate).iri.as_ref()),
        Some(lexicon.entity(object).iri.into()),
        None,
    );
    quads.next().is_some()
}

/// Frames with the lexicon's phrases for a relation.
fn ways(graph: &Graph, predicate: PredicateId) -> Vec<String> {
    let mut ways = Vec::new();
    graph.lexicon().for_each_phrase(|phrase, entries| {
        if phrase.chars().any(touchstone_graph::is_han) {
            return;
        }
        for entry in entries.iter() {
            match entry.meaning {
                Meaning::Predicate(id) if id == predicate => ways.extend([
                    format!("{{s}} {phrase} {{o}}."),
                    format!("{{s}} is {phrase} {{o}}."),
                    format!("The {phrase} of {{s}} is {{o}}."),
                    format!("{{s}}'s {phrase} is {{o}}."),
                ]),
                Meaning::Reversed(id) if id == predicate => ways.push(format!("{{o}} {phrase} {{s}}.")),
                _ => {}
            }
        }
    });
    ways
}

fn said(way: &str, subject: &str, object: &str) -> String {
    way.replace("{s}", subject).replace("{o}", object)
}
