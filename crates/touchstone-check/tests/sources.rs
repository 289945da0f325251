//! Sources that contradict each other: both are shown, and nothing is decided.
#![allow(clippy::unwrap_used)]

mod small;

use small::{each_is, only};
use touchstone_core::ReasonCode::{DateDiffers, FunctionalOther, OutsideTolerance, SourcesDisagree};
use touchstone_core::Verdict::{Refuted, Supported, Unverifiable};

const FACTS: &str = r#"
:Lake a owl:Class ; rdfs:label "lake"@en , "湖"@zh .
:lake a :Lake ; rdfs:label "Lake Mirror"@en , "镜湖"@zh .
:depth a owl:DatatypeProperty , owl:FunctionalProperty ; rdfs:label "depth"@en , "深度"@zh ;
    rdfs:domain :Lake ; rdfs:range xsd:decimal ; qudt:hasUnit unit:M .
:named a owl:DatatypeProperty , owl:FunctionalProperty ; rdfs:label "date of discovery"@en , "发现日期"@zh ;
    rdfs:domain :Lake ; rdfs:range xsd:gYear .
:outflow a owl:ObjectProperty , owl:FunctionalProperty ; rdfs:label "outflow"@en , "出水河"@zh ; rdfs:domain :Lake .
:fish a owl:ObjectProperty ; rdfs:label "fish"@en , "鱼类"@zh ; rdfs:domain :Lake .
:red rdfs:label "Red River"@en , "红河"@zh . :blue rdfs:label "Blue River"@en , "蓝河"@zh .
:green rdfs:label "Green River"@en , "绿河"@zh .
:atlas dcterms:title "An atlas" . :survey dcterms:title "A survey" .
:atlas { :lake :depth 120 ; :named "1805"^^xsd:gYear ; :outflow :red ; :fish :red . }
:survey { :lake :depth 140 ; :named "1821"^^xsd:gYear ; :outflow :blue ; :fish :blue . }
"#;

#[test]
fn neither_source_decides_against_the_other() {
    let checker = small::checker(FACTS);
    let sentences = [
        "The depth of Lake Mirror is 120 m.",
        "The depth of Lake Mirror is 140 metres.",
        "镜湖的深度是120米。",
        "The date of discovery of Lake Mirror is 1805.",
        "镜湖的发现日期是1821年。",
        "The outflow of Lake Mirror is the Red River.",
        "镜湖的出水河是蓝河。",
    ];
    each_is(&checker, Unverifiable, Some(SourcesDisagree), &sentences);
    for sentence in sentences {
        let claim = only(&checker, sentence);
        let shown = serde_json::to_string(&claim.evidence).unwrap();
        assert!(shown.contains("An atlas") && shown.contains("A survey"), "{sentence}: {shown}");
    }
}

#[test]
fn what_every_source_contradicts_is_refuted() {
    let checker = small::checker(FACTS);
    each_is(
        &checker,
        Refuted,
        Some(OutsideTolerance),
        &["The depth of Lake Mirror is 90 m.", "镜湖的深度是90米。"],
    );
    each_is(&checker, Refuted, Some(DateDiffers), &["The date of discovery of Lake Mirror is 1700."]);
    each_is(&checker, Refuted, Some(FunctionalOther), &["The outflow of Lake Mirror is the Green River."]);
    assert!(only(&checker, "The depth of Lake Mirror is 90 m.").correction.is_none());
    each_is(
        &checker,
        Supported,
        None,
        &["The depth of Lake Mirror is more than 100 m.", "The fish of Lake Mirror is the Red River."],
    );
}
