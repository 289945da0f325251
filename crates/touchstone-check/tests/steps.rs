//! A step against the steps before it.
#![allow(clippy::unwrap_used)]

mod small;

use touchstone_check::StepContext;
use touchstone_core::{Evidence, Language, ReasonCode, Verdict};

const FACTS: &str = r#"
:Person a owl:Class ; rdfs:label "person"@en , "人物"@zh .
:City a owl:Class ; rdfs:label "city"@en , "城市"@zh .
:birthplace a owl:ObjectProperty , owl:FunctionalProperty ; rdfs:label "birthplace"@en , "出生地"@zh ;
    rdfs:domain :Person ; rdfs:range :City .
:friend a owl:ObjectProperty ; rdfs:label "friend"@en , "朋友"@zh ; rdfs:domain :Person .
:ada a :Person ; rdfs:label "Ada Stone"@en , "艾达"@zh . :bo a :Person ; rdfs:label "Bo Hill"@en , "博"@zh .
:riga a :City ; rdfs:label "Riga"@en , "里加"@zh . :oslo a :City ; rdfs:label "Oslo"@en , "奥斯陆"@zh .
"#;

#[test]
fn a_step_that_contradicts_an_earlier_one_is_refuted() {
    let checker = small::checker(FACTS);
    let after = |accepted: &[&str], step: &str, language| {
        let context = StepContext { question: "Where was Ada Stone born?", accepted, language };
        let claims = checker.check_step(step, &context);
        let [claim] = claims.as_slice() else { panic!("{step}: {claims:?}") };
        claim.clone()
    };
    let english = ["Bo Hill is a person.", "The birthplace of Ada Stone is Riga."];
    let claim = after(&english, "The birthplace of Ada Stone is Oslo.", Language::English);
    assert_eq!((claim.verdict, claim.reason_code), (Verdict::Refuted, ReasonCode::ContradictsStep));
    assert!(matches!(&claim.evidence[0], Evidence::Step { index: 2, .. }), "{:?}", claim.evidence);
    let denial = after(&english, "The birthplace of Ada Stone is not Riga.", Language::English);
    assert_eq!(denial.reason_code, ReasonCode::ContradictsStep);
    let chinese = after(&["艾达的出生地是里加。"], "艾达的出生地是奥斯陆。", Language::Chinese);
    assert_eq!(chinese.reason_code, ReasonCode::ContradictsStep);
    // To say it again adds nothing, and a person can have two friends.
    let again = after(&english, "Ada Stone's birthplace is Riga.", Language::English);
    assert_eq!(again.verdict, Verdict::Unverifiable);
    let other =
        after(&["Ada Stone's friend is Bo Hill."], "Bo Hill's friend is Ada Stone.", Language::English);
    assert_eq!(other.verdict, Verdict::Unverifiable);
}
