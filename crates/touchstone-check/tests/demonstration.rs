//! Claims in English and Chinese against the demonstration graph.
#![allow(clippy::unwrap_used)]

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use touchstone_check::Checker;
use touchstone_core::Verdict::{self, Refuted, Supported, Unverifiable};
use touchstone_graph::model::NamedNode;
use touchstone_graph::{Graph, ImportOptions, ImportSource, Store};

static CHECKER: LazyLock<Checker> = LazyLock::new(|| {
    let kg = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../kg");
    let store = Store::in_memory().unwrap();
    let ontology = NamedNode::new("https://w3id.org/touchstone/world/graph/ontology").unwrap();
    for (file, graph) in [("ontology.ttl", Some(ontology)), ("facts.nq.zst", None)] {
        let options = ImportOptions { graph, ..ImportOptions::default() };
        store
            .import(&ImportSource::Rdf(kg.join(file)), &options, &mut |_| ControlFlow::Continue(()))
            .unwrap();
    }
    Checker::new(Arc::new(Graph::from_store(store).unwrap()))
});

fn verdicts(text: &str) -> Vec<Verdict> {
    CHECKER.check(text).claims.iter().map(|claim| claim.verdict).collect()
}

/// Every sentence must have the one verdict.
fn each_is(verdict: Verdict, sentences: &[&str]) {
    let wrong: Vec<String> = sentences
        .iter()
        .filter(|sentence| verdicts(sentence) != [verdict])
        .map(|sentence| {
            let claims: Vec<String> = CHECKER
                .check(sentence)
                .claims
                .iter()
                .map(|c| format!("{:?} {:?} [{}] {}", c.verdict, c.kind, c.text, c.reason))
                .collect();
            format!("{sentence}\n    {}", claims.join("\n    "))
        })
        .collect();
    assert!(wrong.is_empty(), "not {verdict:?}:\n{}", wrong.join("\n"));
}

#[test]
fn the_first_six() {
    let text = "Quito is the capital of Ecuador. Gold has atomic number 78. France borders Portugal. \
                法国的首都是里昂。 Kazakhstan's area is about 2.7 million square kilometres. \
                The mayor of Quito likes football.";
    assert_eq!(verdicts(text), [Supported, Refuted, Refuted, Refuted, Supported, Unverifiable]);
}

#[test]
fn true_claims_are_supported() {
    each_is(
        Supported,
        &[
            "Ecuador's capital is Quito.",
            "The capital of Japan is Tokyo.",
            "Spain borders Portugal.",
            "Peru is in South America.",
            "Peru is a country.",
            "The currency of Ecuador is the United States dollar.",
            "The chemical symbol of gold is Au.",
            "Iron has the atomic number 26.",
            "Brazil is larger than Argentina.",
            "Canada is not in Europe.",
            "日本的首都是东京。",
            "西班牙与葡萄牙接壤。",
            "金的原子序数是79。",
            "秘鲁位于南美洲。",
            "巴西的面积比阿根廷大。",
            "厄瓜多尔的货币是美元。",
            "The country whose capital is Lima is Peru.",
            "Peru is the country whose capital is Lima.",
            "首都是利马的国家是秘鲁。",
            "以利马为首都的国家是秘鲁。",
            "巴西比阿根廷大。",
            "The area of Brazil is larger than that of Argentina.",
            "Quito is the capital of Ecuador.",
            "加拿大不在欧洲。",
        ],
    );
}

#[test]
fn false_claims_are_refuted() {
    each_is(
        Refuted,
        &[
            "The capital of Japan is Osaka.",
            "The capital of Australia is Sydney.",
            "Iron has the atomic number 27.",
            "The chemical symbol of gold is Ag.",
            "Peru is in Africa.",
            "Germany borders Spain.",
            "Argentina is larger than Brazil.",
            "Canada is not in North America.",
            "The currency of Ecuador is the euro.",
            "日本的首都是大阪。",
            "金的原子序数是78。",
            "秘鲁位于非洲。",
            "德国与西班牙接壤。",
            "The country whose capital is Lima is Bolivia.",
            "首都是利马的国家是玻利维亚。",
            "阿根廷的面积比巴西大。",
            "2 + 2 = 5.",
        ],
    );
}

#[test]
fn what_the_graph_does_not_hold_is_unverifiable() {
    each_is(
        Unverifiable,
        &[
            "The mayor of Quito likes football.",
            "Freedonia borders France.",
            "The capital of Freedonia is Quito.",
            "Gold is beautiful.",
            // Palaú is a town in Mexico, of the same size.
            "Palau is not in North America.",
            "巴黎的市长喜欢足球。",
            "Der Himmel ist blau und die Sonne scheint.",
        ],
    );
}
