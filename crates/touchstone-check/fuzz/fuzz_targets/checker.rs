#![no_main]
use std::ops::ControlFlow;
use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use touchstone_check::{Checker, StepContext};
use touchstone_graph::{Graph, ImportOptions, ImportSource, Store};

const FACTS: &str = r#"
@prefix : <https://example.org/> .
@prefix ts: <https://w3id.org/touchstone/ns#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix qudt: <http://qudt.org/schema/qudt/> .
@prefix unit: <http://qudt.org/vocab/unit/> .
:Country a owl:Class ; ts:closed true ; rdfs:label "country"@en , "国家"@zh .
:City a owl:Class ; rdfs:label "city"@en , "城市"@zh ; owl:disjointWith :Country .
:peru a :Country ; rdfs:label "Peru"@en , "秘鲁"@zh . :chile a :Country ; rdfs:label "Chile"@en , "智利"@zh .
:lima a :City ; rdfs:label "Lima"@en , "利马"@zh . :cuzco a :City ; rdfs:label "Cuzco"@en , "库斯科"@zh .
:start a rdf:Property ; ts:validFrom true . :end a rdf:Property ; ts:validUntil true .
:capital a owl:ObjectProperty , owl:FunctionalProperty ; rdfs:label "capital"@en , "首都"@zh ;
    rdfs:domain :Country ; rdfs:range :City .
:peru :capital :lima {| :start "1535"^^xsd:gYear |} , :cuzco {| :end "1535"^^xsd:gYear |} .
:borders a owl:ObjectProperty , owl:SymmetricProperty ; ts:closed true ; rdfs:label "borders"@en , "接壤"@zh ;
    rdfs:domain :Country ; rdfs:range :Country .
:peru :borders :chile .
:in a owl:ObjectProperty , owl:TransitiveProperty ; rdfs:label "located in"@en , "位于"@zh .
:lima :in :peru .
:area a owl:DatatypeProperty , owl:FunctionalProperty ; rdfs:label "area"@en , "面积"@zh ; ts:closed true ;
    rdfs:domain :Country ; rdfs:range xsd:decimal ; qudt:hasUnit unit:KiloM2 ; ts:tolerance 0.03 ;
    ts:comparative "larger"@en , "更大"@zh ; ts:superlative "largest"@en , "最大"@zh .
:peru :area 1285216 . :chile :area 756102 .
:founded a owl:DatatypeProperty , owl:FunctionalProperty ; rdfs:label "founded in"@en , "建于"@zh ;
    rdfs:domain :City ; rdfs:range xsd:date .
:lima :founded "1535-01-18"^^xsd:date .
"#;

static CHECKER: LazyLock<Checker> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("graph.ttl");
    std::fs::write(&file, FACTS).expect("a file");
    let store = Store::in_memory().expect("a store");
    store
        .import(&ImportSource::Rdf(file), &ImportOptions::default(), &mut |_| ControlFlow::Continue(()))
        .expect("facts");
    Checker::new(Arc::new(Graph::from_store(store).expect("a graph")))
});

// No text makes the checker panic; every claim quotes the text where it says.
fuzz_target!(|text: &str| {
    let length = text.chars().count();
    for claim in CHECKER.check(text).claims {
        let [start, end] = claim.span;
        assert!(start <= end && end <= length);
        let quoted: String = text.chars().skip(start).take(end - start).collect();
        assert_eq!(quoted.trim(), claim.text);
        assert!(claim.correction.is_none_or(|c| c.span[0] <= c.span[1] && c.span[1] <= length));
    }
    let language = touchstone_core::Language::English;
    let context = StepContext { question: "What is the capital of Peru?", accepted: &["Peru borders Chile."], language };
    let _ = CHECKER.check_step(text, &context);
    let _ = CHECKER.check_answer(context.question, text, &context);
});
