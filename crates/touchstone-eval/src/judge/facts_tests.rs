#![allow(clippy::unwrap_used)]
use std::ops::ControlFlow;

use touchstone_graph::{Graph, ImportOptions, ImportSource, Store};

use super::*;

const GRAPH: &str = r#"
@prefix : <https://example.org/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix ts: <https://w3id.org/touchstone/ns#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
:source a owl:ObjectProperty ; rdfs:label "source"@en , "源头"@zh ; skos:altLabel "rises in"@en .
:flows a owl:ObjectProperty ; rdfs:label "flows through"@en .
:parent a owl:ObjectProperty ; rdfs:label "parent"@en .
:within a owl:ObjectProperty , owl:TransitiveProperty ; rdfs:label "part of"@en .
:length a owl:DatatypeProperty ; rdfs:range xsd:decimal ; rdfs:label "length"@en ; ts:tolerance 0.02 .
:Danube rdfs:label "Danube"@en , "多瑙河"@zh ; :source :Donaueschingen ; :flows :Ulm , :Linz , :Vienna ; :length 2850 .
:Inn rdfs:label "Inn"@en ; :source :Maloja ; :flows :Passau ; :within :Danube .
:Salzach rdfs:label "Salzach"@en ; :within :Inn .
:Donaueschingen rdfs:label "Donaueschingen"@en , "多瑙埃辛根"@zh .
:Maloja rdfs:label "Maloja"@en , "马洛亚"@zh .
:Ulm rdfs:label "Ulm"@en . :Linz rdfs:label "Linz"@en . :Vienna rdfs:label "Vienna"@en . :Passau rdfs:label "Passau"@en .
:Ann rdfs:label "Ann"@en ; :parent :Bob . :Bob rdfs:label "Bob"@en ; :parent :Cid . :Cid rdfs:label "Cid"@en .
"#;

pub(crate) fn base(turtle: &str) -> FactBase {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("g.ttl");
    std::fs::write(&path, turtle).unwrap();
    let store = Store::in_memory().unwrap();
    store
        .import(&ImportSource::Rdf(path), &ImportOptions::default(), &mut |_| ControlFlow::Continue(()))
        .unwrap();
    FactBase::of(&Graph::from_store(store).unwrap()).unwrap()
}

fn truths(text: &str) -> Vec<Truth> {
    base(GRAPH).judge(text).into_iter().map(|claim| claim.truth).collect()
}

#[test]
fn what_a_sentence_claims_is_decided_by_the_facts() {
    assert_eq!(truths("The source of the Danube is Donaueschingen."), [Truth::True]);
    assert_eq!(truths("The source of the Danube is Maloja."), [Truth::False]);
    assert_eq!(truths("The Danube rises in Maloja."), [Truth::False]);
    assert_eq!(truths("多瑙河的源头是多瑙埃辛根。"), [Truth::True]);
    assert_eq!(truths("多瑙河的源头是马洛亚。"), [Truth::False]);
}

#[test]
fn a_list_is_several_claims() {
    assert_eq!(
        truths("The Danube flows through Ulm, Passau and Vienna."),
        [Truth::True, Truth::False, Truth::True]
    );
    assert_eq!(truths("It is known that Ulm and Linz are what the Danube flows through.").len(), 0);
}

#[test]
fn direction_is_that_of_the_words() {
    assert_eq!(truths("The parent of Ann is Bob."), [Truth::True]);
    assert_eq!(truths("The parent of Bob is Ann."), [Truth::False]);
    assert_eq!(truths("Bob's parent is Cid."), [Truth::True]);
    assert_eq!(truths("Ann is Bob's parent."), [Truth::False]);
}

#[test]
fn a_denial_holds_when_what_it_denies_does_not() {
    assert_eq!(truths("The source of the Danube is not Maloja."), [Truth::True]);
    assert_eq!(truths("The source of the Danube is not Donaueschingen."), [Truth::False]);
}

#[test]
fn numbers_are_held_against_the_facts() {
    assert_eq!(truths("The length of the Danube is 2,860 km."), [Truth::True]);
    assert_eq!(truths("The length of the Danube is 1,860 km."), [Truth::False]);
    assert_eq!(truths("The length of the Danube is 1,770 miles."), [Truth::Undecided]);
}

#[test]
fn chains_of_a_transitive_relation_are_followed() {
    assert_eq!(truths("The Salzach is part of the Danube."), [Truth::True]);
    assert_eq!(truths("The Inn is part of the Inn."), [Truth::False]);
}

#[test]
fn what_is_unclear_or_no_claim_is_passed_over() {
    assert!(truths("Is Maloja the source of the Danube?").is_empty());
    assert!(truths("Perhaps the source of the Danube is Maloja.").is_empty());
    assert!(truths("The source of the river with the length of the Danube is Maloja.").is_empty());
    assert_eq!(truths("The source of the Danube is Ulm."), [Truth::Undecided]);
    assert!(truths("There is an inn where the source is.").is_empty());
}

/// The judge follows the gold: with one fact flipped, exactly the verdicts
/// that depend on it are flipped.
#[test]
fn flipping_a_fact_flips_the_verdicts_that_depend_on_it() {
    let sentences = [
        ("The source of the Danube is Donaueschingen.", true),
        ("The source of the Danube is Maloja.", true),
        ("The source of the Danube is not Maloja.", true),
        ("Danube's source is Donaueschingen.", true),
        ("The source of the Inn is Maloja.", false),
        ("The Danube flows through Ulm.", false),
        ("The length of the Danube is 2,850 km.", false),
    ];
    let before = base(GRAPH);
    let after = base(&GRAPH.replace(":Danube rdfs:label \"Danube\"@en , \"多瑙河\"@zh ; :source :Donaueschingen", ":Salzach :source :Donaueschingen . :Danube rdfs:label \"Danube\"@en , \"多瑙河\"@zh ; :source :Maloja"));
    for (sentence, depends) in sentences {
        let truth = |base: &FactBase| base.judge(sentence)[0].truth;
        let (one, other) = (truth(&before), truth(&after));
        assert_ne!(one, Truth::Undecided, "{sentence}");
        assert_eq!(one != other, depends, "{sentence}: {one:?}, {other:?}");
    }
}
