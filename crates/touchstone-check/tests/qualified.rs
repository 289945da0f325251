//! Facts that held for a time: qualifiers as RDF 1.2 annotations and as
//! statement nodes.
#![allow(clippy::unwrap_used)]

mod small;

use std::sync::LazyLock;

use small::{each_is, only};
use touchstone_check::Checker;
use touchstone_core::ReasonCode::{
    self, ClosedPredicate, DenialHolds, FunctionalOther, OtherTime, TimeUnknown,
};
use touchstone_core::Verdict::{Refuted, Supported, Unverifiable};
use touchstone_core::{Evidence, Language};

/// Who presided over Brazil, and its capitals: each a fact that one can look up.
const FACTS: &str = r#"
:Country a owl:Class ; rdfs:label "country"@en , "国家"@zh .
:City a owl:Class ; rdfs:label "city"@en , "城市"@zh ; owl:disjointWith :Country .
:Person a owl:Class ; rdfs:label "person"@en , "人物"@zh .

:start a rdf:Property ; rdfs:label "start time"@en , "开始时间"@zh ; ts:validFrom true .
:end a rdf:Property ; rdfs:label "end time"@en , "结束时间"@zh ; ts:validUntil true .
:at a rdf:Property ; rdfs:label "point in time"@en , "时间点"@zh ; ts:validAt true .

:brazil a :Country ; rdfs:label "Brazil"@en , "巴西"@zh .
:brasilia a :City ; rdfs:label "Brasília"@en , "巴西利亚"@zh .
:rio a :City ; rdfs:label "Rio de Janeiro"@en , "里约热内卢"@zh .
:salvador a :City ; rdfs:label "Salvador"@en , "萨尔瓦多"@zh .
:recife a :City ; rdfs:label "Recife"@en , "累西腓"@zh .
:cardoso a :Person ; rdfs:label "Fernando Henrique Cardoso"@en , "卡多佐"@zh .
:lula a :Person ; rdfs:label "Lula"@en , "卢拉"@zh .
:franco a :Person ; rdfs:label "Itamar Franco"@en , "弗朗哥"@zh .

:capital a owl:ObjectProperty , owl:FunctionalProperty ;
    rdfs:label "capital"@en , "首都"@zh ; rdfs:domain :Country ; rdfs:range :City .
:brazil :capital :brasilia {| :start "1960-04-21"^^xsd:date |} .
:brazil :capital :rio {| :start "1763"^^xsd:gYear ; :end "1960-04-20"^^xsd:date |} .
:brazil :capital :salvador {| :start "1549"^^xsd:gYear ; :end "1763"^^xsd:gYear |} .

:president a owl:ObjectProperty , owl:FunctionalProperty ;
    rdfs:label "president"@en , "总统"@zh ; rdfs:domain :Country ; rdfs:range :Person ;
    ts:statement :presidency ; ts:statementValue :presidencyOf .
:brazil :presidency :p1 , :p2 , :p3 , :p4 .
:p1 :presidencyOf :franco ; :start "1992-12-29"^^xsd:date ; :end "1995-01-01"^^xsd:date .
:p2 :presidencyOf :cardoso ; :start "1995-01-01"^^xsd:date ; :end "2003-01-01"^^xsd:date .
:p3 :presidencyOf :lula ; :start "2003-01-01"^^xsd:date ; :end "2011-01-01"^^xsd:date .
:p4 :presidencyOf :lula ; :start "2023-01-01"^^xsd:date .

:anthem a owl:DatatypeProperty , owl:FunctionalProperty ; rdfs:label "motto"@en , "格言"@zh ;
    rdfs:domain :Country ; rdfs:range xsd:string .

:population a owl:DatatypeProperty , owl:FunctionalProperty ;
    rdfs:label "population"@en , "人口"@zh ; rdfs:domain :Country ; rdfs:range xsd:integer ; ts:tolerance 0.02 .
:brazil :population 169872856 {| :at "2000"^^xsd:gYear |} .
:brazil :population 203080756 {| :at "2022"^^xsd:gYear |} .

:continent a owl:ObjectProperty , owl:FunctionalProperty ; rdfs:label "continent"@en , "大洲"@zh ;
    rdfs:domain :Country ; ts:changing false .
:america rdfs:label "South America"@en , "南美洲"@zh . :europe rdfs:label "Europe"@en , "欧洲"@zh .
:brazil :continent :america .

:currency a owl:ObjectProperty , owl:FunctionalProperty ; rdfs:label "currency"@en , "货币"@zh ;
    rdfs:domain :Country ; ts:changing true .
:real rdfs:label "Brazilian real"@en , "雷亚尔"@zh . :cruzeiro rdfs:label "cruzeiro"@en , "克鲁塞罗"@zh .
:brazil :currency :real .
"#;

static CHECKER: LazyLock<Checker> = LazyLock::new(|| small::checker(FACTS));

#[test]
fn is_means_now() {
    each_is(
        &CHECKER,
        Supported,
        None,
        &[
            "Brasília is the capital of Brazil.",
            "The president of Brazil is Lula.",
            "巴西的首都是巴西利亚。",
            "巴西的总统是卢拉。",
            "The population of Brazil is 203 million.",
        ],
    );
    each_is(
        &CHECKER,
        Refuted,
        Some(FunctionalOther),
        &[
            "Rio de Janeiro is the capital of Brazil.",
            "The president of Brazil is Fernando Henrique Cardoso.",
            "巴西的首都是里约热内卢。",
            "巴西的总统是卡多佐。",
        ],
    );
    each_is(&CHECKER, Supported, Some(DenialHolds), &["Rio de Janeiro is not the capital of Brazil."]);
    each_is(&CHECKER, Refuted, None, &["The population of Brazil is 170 million."]);
}

#[test]
fn was_means_once() {
    each_is(
        &CHECKER,
        Supported,
        None,
        &[
            "Rio de Janeiro was the capital of Brazil.",
            "The president of Brazil was Fernando Henrique Cardoso.",
            "里约热内卢曾是巴西的首都。",
        ],
    );
    // The graph need not have every one that there was.
    each_is(
        &CHECKER,
        Unverifiable,
        Some(TimeUnknown),
        &["Recife was the capital of Brazil.", "累西腓曾是巴西的首都。"],
    );
}

#[test]
fn dates_are_held_against_qualifiers() {
    each_is(
        &CHECKER,
        Supported,
        None,
        &[
            "Rio de Janeiro was the capital of Brazil in 1900.",
            "In 1900, Rio de Janeiro was the capital of Brazil.",
            "Rio de Janeiro was the capital of Brazil from 1763 to 1960.",
            "Rio de Janeiro was the capital of Brazil in the 19th century.",
            "Rio de Janeiro was the capital of Brazil before 1900.",
            "Brasília has been the capital of Brazil since 1960.",
            "The president of Brazil in 1996 was Fernando Henrique Cardoso.",
            "Lula was the president of Brazil from 2003 to 2011.",
            "Lula was the president of Brazil in 2005.",
            "The population of Brazil in 2000 was about 170 million.",
            "1900年，里约热内卢是巴西的首都。",
            "里约热内卢在1900年是巴西的首都。",
            "1763年至1960年，里约热内卢是巴西的首都。",
            "1996年巴西的总统是卡多佐。",
        ],
    );
    each_is(
        &CHECKER,
        Refuted,
        Some(FunctionalOther),
        &[
            "Rio de Janeiro was the capital of Brazil in 1990.",
            "In 1990, the capital of Brazil was Rio de Janeiro.",
            "Recife was the capital of Brazil in 1900.",
            "Lula was the president of Brazil in 1999.",
            "1990年，里约热内卢是巴西的首都。",
        ],
    );
    // Both were, in different months; and no one says who was in 2015.
    each_is(&CHECKER, Supported, None, &["Lula was the president of Brazil in 2003."]);
    each_is(&CHECKER, Unverifiable, Some(OtherTime), &["Lula was the president of Brazil in 2015."]);
    each_is(
        &CHECKER,
        Unverifiable,
        None,
        &[
            "Rio de Janeiro was the capital of Brazil from 1800 to 1900.",
            "The population of Brazil in 1950 was 52 million.",
        ],
    );
}

#[test]
fn without_qualifiers_only_what_does_not_change_is_known_of_other_times() {
    each_is(&CHECKER, Supported, None, &["Brazil's continent was South America in 1995."]);
    each_is(&CHECKER, Refuted, Some(FunctionalOther), &["Brazil's continent was Europe in 1995."]);
    each_is(
        &CHECKER,
        Unverifiable,
        Some(TimeUnknown),
        &[
            "Brazil's currency was the Brazilian real in 1960.",
            "Brazil's currency was the cruzeiro in 1980.",
            "Brazil's currency was the cruzeiro.",
            "1980年巴西的货币是克鲁塞罗。",
        ],
    );
    each_is(&CHECKER, Supported, None, &["Brazil's currency is the Brazilian real."]);
    each_is(&CHECKER, Refuted, Some(FunctionalOther), &["Brazil's currency is the cruzeiro."]);
}

#[test]
fn a_closed_predicate_with_dates_has_all_of_them() {
    let closed = small::checker(&FACTS.replace(
        ":capital a owl:ObjectProperty , owl:FunctionalProperty ;",
        ":capital a owl:ObjectProperty ; ts:closed true ;",
    ));
    each_is(
        &closed,
        Refuted,
        Some(ClosedPredicate),
        &["Recife was the capital of Brazil.", "Rio de Janeiro is the capital of Brazil."],
    );
    each_is(&closed, Refuted, Some(ClosedPredicate), &["Rio de Janeiro was the capital of Brazil in 1990."]);
    each_is(&closed, Supported, None, &["Rio de Janeiro was the capital of Brazil in 1900."]);
}

#[test]
fn evidence_shows_the_qualifiers() {
    for (text, wanted) in [
        ("Rio de Janeiro was the capital of Brazil in 1900.", vec!["end time 1960-04-20", "start time 1763"]),
        (
            "The president of Brazil in 1996 was Fernando Henrique Cardoso.",
            vec!["end time 2003-01-01", "start time 1995-01-01"],
        ),
    ] {
        let claim = only(&CHECKER, text);
        let Evidence::Triple { qualifiers, .. } = &claim.evidence[0] else { panic!("{claim:?}") };
        let mut said: Vec<String> =
            qualifiers.iter().map(|q| format!("{} {}", q.predicate.label, q.value.label)).collect();
        said.sort();
        assert_eq!(said, wanted);
        assert!(claim.reason.contains("start time"), "{}", claim.reason);
    }
    assert_eq!(CHECKER.language_of("Brazil"), Some(Language::English));
}

#[test]
fn a_day_that_no_calendar_has_is_refused() {
    each_is(
        &CHECKER,
        Unverifiable,
        Some(ReasonCode::ImpossibleDate),
        &[
            "Rio de Janeiro was the capital of Brazil on 30 February 1900.",
            "1900年2月30日，里约热内卢是巴西的首都。",
        ],
    );
}
