//! The demonstration graph as it is committed: complete, labelled in both
//! languages, and without the errors of its sources.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use touchstone_graph::{ImportOptions, ImportSource, QueryLimits, Store};

static GRAPH: LazyLock<Store> = LazyLock::new(|| {
    let store = Store::in_memory().unwrap();
    let source = ImportSource::Rdf(kg().join("facts.nq.zst"));
    let report =
        store.import(&source, &ImportOptions::default(), &mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!(report.skipped, 0);
    store
});

fn kg() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../kg")
}

fn rows(query: &str) -> Vec<Vec<String>> {
    let prefixes = "PREFIX w: <https://w3id.org/touchstone/world/ontology#> \
        PREFIX world: <https://w3id.org/touchstone/world/> \
        PREFIX country: <https://w3id.org/touchstone/world/country/> \
        PREFIX state: <https://w3id.org/touchstone/world/state/> \
        PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> \
        PREFIX dcterms: <http://purl.org/dc/terms/> PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>";
    let table = GRAPH.query_table(&format!("{prefixes} {query}"), QueryLimits::default()).unwrap();
    assert!(!table.cut);
    table.rows
}

fn column(query: &str) -> BTreeSet<String> {
    rows(query).into_iter().map(|mut row| row.remove(0)).collect()
}

fn number(query: &str) -> u64 {
    rows(query)[0][0].parse().unwrap()
}

fn capitals(place: &str) -> BTreeSet<String> {
    column(&format!(
        "SELECT DISTINCT ?l {{ {place} w:capital ?c . ?c rdfs:label ?l FILTER(lang(?l) = 'en') }}"
    ))
}

#[test]
fn it_is_large_and_every_fact_has_a_described_source() {
    assert!(number("SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }") >= 150_000);
    let provenance = "https://w3id.org/touchstone/world/graph/provenance";
    let mut graphs = column("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }");
    // What the store says of itself.
    graphs.remove("https://w3id.org/touchstone/ns#meta");
    let described = column(&format!(
        "SELECT DISTINCT ?g {{ GRAPH <{provenance}> {{ ?g dcterms:title ?t ; dcterms:license ?l }} }}"
    ));
    let expected: BTreeSet<String> = described.into_iter().chain([provenance.to_owned()]).collect();
    assert_eq!(graphs, expected);
    let sources = std::fs::read_to_string(kg().join("sources.toml")).unwrap();
    for graph in graphs.iter().filter(|g| *g != provenance) {
        let name = graph.rsplit('/').next().unwrap();
        assert!(sources.contains(name), "{graph} is not in sources.toml");
    }
}

#[test]
fn every_sovereign_state_is_complete() {
    assert_eq!(number("SELECT (COUNT(DISTINCT ?c) AS ?n) { ?c a w:Country }"), 194);
    for predicate in ["w:capital", "w:currency", "w:language", "w:continent", "w:area"] {
        let missing =
            column(&format!("SELECT ?c {{ ?c a w:Country FILTER NOT EXISTS {{ ?c {predicate} ?o }} }}"));
        assert!(missing.is_empty(), "{predicate}: {missing:?}");
    }
    let islands = "SELECT ?c { ?c a w:LandlockedCountry FILTER NOT EXISTS { ?c w:borders ?o } }";
    assert!(column(islands).is_empty(), "a landlocked country has neighbours");
    let one_sided = column("SELECT ?a { ?a w:borders ?b FILTER NOT EXISTS { ?b w:borders ?a } }");
    assert!(one_sided.is_empty(), "{one_sided:?}");
}

#[test]
fn every_named_thing_has_one_label_in_each_language() {
    let classes = [
        "CountryOrTerritory",
        "Currency",
        "Language",
        "Element",
        "Continent",
        "USState",
        "State",
        "Person",
        "Region",
    ];
    for class in classes {
        for language in ["en", "zh"] {
            let counts = rows(&format!(
                "SELECT ?x (COUNT(DISTINCT ?l) AS ?n) {{ ?x a w:{class} OPTIONAL {{ ?x rdfs:label ?l FILTER(lang(?l) = '{language}') }} }} \
                 GROUP BY ?x HAVING (COUNT(DISTINCT ?l) != 1)"
            ));
            assert!(counts.is_empty(), "{class} {language}: {counts:?}");
        }
    }
    for language in ["en", "zh"] {
        let unnamed = column(&format!(
            "SELECT ?c {{ ?p w:capital ?c FILTER NOT EXISTS {{ ?c rdfs:label ?l FILTER(lang(?l) = '{language}') }} }}"
        ));
        assert!(unnamed.is_empty(), "capitals without {language}: {unnamed:?}");
    }
    assert!(column("SELECT ?c { ?c a w:City ; rdfs:label ?a , ?b FILTER(lang(?a) = 'en' && lang(?b) = 'en' && ?a != ?b) }").is_empty());
}

#[test]
fn no_fact_points_at_a_thing_without_a_name() {
    let dangling = column(
        "SELECT DISTINCT ?o { ?s ?p ?o FILTER(STRSTARTS(STR(?p), STR(w:)) && isIRI(?o)) \
         FILTER NOT EXISTS { ?o rdfs:label ?l } }",
    );
    assert!(dangling.is_empty(), "{dangling:?}");
}

#[test]
fn capitals_are_those_of_today() {
    let expected: [(&str, &[&str]); 12] = [
        ("country:KAZ", &["Astana"]),
        ("country:BDI", &["Gitega"]),
        ("country:ZAF", &["Bloemfontein", "Cape Town", "Pretoria"]),
        ("country:BOL", &["La Paz", "Sucre"]),
        ("country:ECU", &["Quito"]),
        ("country:MMR", &["Naypyidaw"]),
        ("country:UKR", &["Kyiv"]),
        ("country:PRI", &["San Juan"]),
        ("country:GUM", &["Hagåtña"]),
        ("state:US-NY", &["Albany"]),
        ("state:US-CA", &["Sacramento"]),
        ("state:AU-NSW", &["Sydney"]),
    ];
    for (place, names) in expected {
        assert_eq!(capitals(place), names.iter().map(|n| (*n).to_owned()).collect(), "{place}");
    }
    assert_eq!(number("SELECT (COUNT(DISTINCT ?s) AS ?n) { ?s a w:USState ; w:capital ?c }"), 50);
}

#[test]
fn what_the_sources_have_wrong_is_corrected() {
    let currency = |country: &str| {
        column(&format!("SELECT DISTINCT ?k {{ {country} w:currency/w:currencyCode ?k }}"))
            .into_iter()
            .collect::<Vec<_>>()
    };
    assert_eq!(currency("country:HRV"), ["EUR"]);
    assert_eq!(currency("country:SLE"), ["SLE"]);
    assert_eq!(currency("country:CUB"), ["CUP"]);
    assert!(column("SELECT ?x { country:LKA w:borders ?x }").is_empty(), "an island");
    assert_eq!(column("SELECT ?a { country:PHL w:area ?a }"), BTreeSet::from(["300000".to_owned()]));
    let both = "SELECT ?k { country:RUS w:continent ?c . ?c rdfs:label ?k FILTER(lang(?k) = 'en') }";
    assert_eq!(column(both), BTreeSet::from(["Asia".to_owned(), "Europe".to_owned()]));
}

#[test]
fn the_periodic_table_is_whole() {
    let elements =
        rows("SELECT DISTINCT ?n ?s { ?e a w:Element ; w:atomicNumber ?n ; w:symbol ?s } ORDER BY ?n");
    assert_eq!(elements.len(), 118);
    let symbols: Vec<&str> = elements.iter().map(|row| row[1].as_str()).collect();
    for (index, symbol) in symbols.iter().enumerate() {
        assert_eq!(elements[index][0], (index + 1).to_string());
        let mut letters = symbol.chars();
        assert!(
            letters.next().unwrap().is_ascii_uppercase() && letters.all(|c| c.is_ascii_lowercase()),
            "{symbol}"
        );
    }
    assert_eq!([symbols[25], symbols[26], symbols[78], symbols[117]], ["Fe", "Co", "Au", "Og"]);
    // Left out where sources rightly differ; what is common knowledge is there.
    for (predicate, least) in
        [("w:atomicWeight", 102), ("w:meltingPoint", 85), ("w:boilingPoint", 75), ("w:density", 80)]
    {
        let known =
            number(&format!("SELECT (COUNT(DISTINCT ?e) AS ?n) {{ ?e a w:Element ; {predicate} ?v }}"));
        assert!(known >= least, "{predicate}: {known}");
        assert!(
            column(&format!("SELECT ?e {{ ?e {predicate} ?a , ?b FILTER(?a < ?b) }}")).is_empty(),
            "{predicate}"
        );
    }
    // Ten have been known since antiquity.
    for predicate in ["w:discoverer", "w:discoveryYear", "w:discoveryPlace"] {
        assert_eq!(
            number(&format!("SELECT (COUNT(DISTINCT ?e) AS ?n) {{ ?e a w:Element ; {predicate} ?v }}")),
            108,
            "{predicate}"
        );
    }
}

#[test]
fn the_ontology_declares_every_predicate_and_class_that_facts_use() {
    let store = Store::in_memory().unwrap();
    let source = ImportSource::Rdf(kg().join("ontology.ttl"));
    store.import(&source, &ImportOptions::default(), &mut |_| ControlFlow::Continue(())).unwrap();
    let declared = |kind: &str| -> BTreeSet<String> {
        let query = format!(
            "PREFIX owl: <http://www.w3.org/2002/07/owl#> SELECT ?x {{ ?x a ?k FILTER(?k IN ({kind})) }}"
        );
        let table = store.query_table(&query, QueryLimits::default()).unwrap();
        table.rows.into_iter().map(|mut row| row.remove(0)).collect()
    };
    let predicates = declared("owl:ObjectProperty, owl:DatatypeProperty");
    let used = column("SELECT DISTINCT ?p { ?s ?p ?o FILTER(STRSTARTS(STR(?p), STR(w:))) }");
    assert_eq!(used.difference(&predicates).collect::<Vec<_>>(), Vec::<&String>::new());
    let classes = declared("owl:Class");
    let used = column("SELECT DISTINCT ?c { ?s a ?c FILTER(STRSTARTS(STR(?c), STR(w:))) }");
    assert_eq!(used.difference(&classes).collect::<Vec<_>>(), Vec::<&String>::new());
}
