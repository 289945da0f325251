//! Small graphs for tests, written in TriG.
#![allow(clippy::unwrap_used, dead_code)]

use std::ops::ControlFlow;
use std::sync::Arc;

use touchstone_check::Checker;
use touchstone_core::{Claim, ReasonCode, Verdict};
use touchstone_graph::{Graph, ImportOptions, ImportSource, Store};

const PREFIXES: &str = r#"
@prefix : <https://example.org/> .
@prefix ts: <https://w3id.org/touchstone/ns#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix qudt: <http://qudt.org/schema/qudt/> .
@prefix unit: <http://qudt.org/vocab/unit/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
"#;

/// A checker for this graph, on 1 June 2025.
pub(crate) fn checker(trig: &str) -> Checker {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("graph.trig");
    std::fs::write(&file, format!("{PREFIXES}{trig}")).unwrap();
    let store = Store::in_memory().unwrap();
    store
        .import(&ImportSource::Rdf(file), &ImportOptions::default(), &mut |_| ControlFlow::Continue(()))
        .unwrap();
    Checker::new(Arc::new(Graph::from_store(store).unwrap())).as_of((2025, 6, 1))
}

pub(crate) fn only(checker: &Checker, text: &str) -> Claim {
    let claims = checker.check(text).claims;
    let [claim] = claims.as_slice() else { panic!("{text}: {claims:#?}") };
    claim.clone()
}

/// Every sentence has the verdict with the reason, and makes one claim.
pub(crate) fn each_is(checker: &Checker, verdict: Verdict, code: Option<ReasonCode>, sentences: &[&str]) {
    let mut wrong = Vec::new();
    for sentence in sentences {
        let claims = checker.check(sentence).claims;
        let fits = claims.len() == 1
            && claims[0].verdict == verdict
            && code.is_none_or(|code| claims[0].reason_code == code);
        if !fits {
            let got: Vec<String> = claims
                .iter()
                .map(|c| {
                    format!("{:?} {:?} {:?} [{}] {}", c.verdict, c.reason_code, c.kind, c.text, c.reason)
                })
                .collect();
            wrong.push(format!("{sentence}\n    {}", got.join("\n    ")));
        }
    }
    assert!(wrong.is_empty(), "not {verdict:?} {code:?}:\n{}", wrong.join("\n"));
}
