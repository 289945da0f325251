//! Several models at one derivation, and what goes on beside what.
#![allow(clippy::unwrap_used)]

mod stand_in;

use std::ops::ControlFlow;
use std::sync::Arc;

use stand_in::{Line, Record, StandIn, line};
use touchstone_check::Checker;
use touchstone_check::deep::{Library, Opinion, PassageJudge};
use touchstone_core::{AnswerStatus, AskReport, StepStatus};
use touchstone_graph::{Graph, ImportOptions, ImportSource, Store};
use touchstone_llm::LlmError;
use touchstone_reason::{Event, Mode, Prompts, ReasonOptions, Reasoner};
use touchstone_text::{Document, TextIndex};

const GRAPH: &str = r#"
@prefix : <https://example.org/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
:seat a owl:ObjectProperty, owl:FunctionalProperty ; rdfs:label "seat"@en .
:mayor a owl:ObjectProperty, owl:FunctionalProperty ; rdfs:label "mayor"@en .
:Obria rdfs:label "Obria"@en ; :seat :Velm .
:Velm rdfs:label "Velm"@en .
:Tarn rdfs:label "Tarn"@en .
:Osk rdfs:label "Osk"@en .
:AdaPaz rdfs:label "Ada Paz"@en .
:JonSmit rdfs:label "Jon Smit"@en .
"#;

fn checker() -> Arc<Checker> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("g.ttl");
    std::fs::write(&file, GRAPH).unwrap();
    let store = Store::in_memory().unwrap();
    store
        .import(&ImportSource::Rdf(file), &ImportOptions::default(), &mut |_| ControlFlow::Continue(()))
        .unwrap();
    Arc::new(Checker::new(Arc::new(Graph::from_store(store).unwrap())))
}

fn reasoner(first: Arc<StandIn>) -> Reasoner {
    let options = ReasonOptions { mode: Mode::Draft, cascade_below: 0.8, ..ReasonOptions::default() };
    Reasoner::new(first, checker(), Prompts::load(None).unwrap(), options)
}

fn ask(reasoner: &Reasoner, question: &str) -> (AskReport, Vec<String>) {
    let mut heard = Vec::new();
    let mut hear = |event: Event<'_>| {
        match event {
            Event::Drafting { index, .. } => heard.push(format!("drafting {index}")),
            Event::Accepted { step } => heard.push(format!("accepted {}", step.index)),
            Event::Rewound { index, .. } => heard.push(format!("rewound {index}")),
            Event::Revised { step } => heard.push(format!("revised {} {:?}", step.index, step.status)),
            _ => {}
        }
        ControlFlow::Continue(())
    };
    let report = reasoner.ask(question, reasoner.options(), &mut hear).unwrap();
    heard.dedup();
    (report, heard)
}

/// The line that follows the last one that the session holds.
/// Words that a prompt ends with, and the line that follows them.
type Script<'a> = [(&'a str, fn() -> Line)];

fn after(held: &str, script: &Script<'_>) -> Line {
    let found = script.iter().rev().find(|(before, _)| held.trim_end().ends_with(before));
    found.unwrap_or_else(|| panic!("nothing follows {held:?}")).1()
}

const QUESTION: &str = "What is the seat of Obria?";

fn unsure(text: &'static str) -> Line {
    Line { probability: 0.5, ..line(text) }
}

#[test]
fn what_the_first_model_is_sure_of_costs_the_larger_one_nothing() {
    let record = Record::default();
    let first = StandIn::new("small", &record, |held| {
        after(held, &[("", || line("1. The seat of Obria is Velm.")), ("Velm.", || line("Answer: Velm"))])
    });
    let larger = StandIn::new("large", &record, |_| panic!("it is not needed"));
    let (report, _) = ask(&reasoner(first).with_larger(larger), QUESTION);
    assert_eq!(report.answer.status, AnswerStatus::Verified);
    assert_eq!(report.steps[0].model.as_deref(), Some("small"));
    assert_eq!((report.answer.model.as_deref(), report.usage.model_calls), (Some("small"), 1));
    assert!(!record.calls().iter().any(|call| call.starts_with("large")), "{:#?}", record.calls());
}

#[test]
fn an_unsure_line_is_written_anew_after_the_same_steps() {
    let record = Record::default();
    let first = StandIn::new("small", &record, |held| {
        after(
            held,
            &[
                ("", || line("1. The seat of Obria is Velm.")),
                ("Velm.", || unsure("2. Obria is old.")),
                ("lies far.", || line("Answer: Velm")),
            ],
        )
    });
    let larger = StandIn::new("large", &record, |held| {
        assert_eq!(held, "1. The seat of Obria is Velm.\n");
        line("2. Velm lies far.")
    });
    let (report, _) = ask(&reasoner(first).with_larger(larger), QUESTION);
    let models: Vec<_> = report.steps.iter().map(|step| step.model.as_deref().unwrap()).collect();
    assert_eq!(models, ["small", "large"]);
    assert_eq!(report.steps[1].text, "Velm lies far.");
    assert_eq!(report.answer.model.as_deref(), Some("small"));
    assert_eq!(report.usage.model_calls, 2);
    // The first reads what the larger one wrote, and nothing twice.
    let calls = record.calls();
    let reads = |model: &str| calls.iter().filter(|call| call.starts_with(&format!("{model} reads"))).count();
    assert_eq!((reads("small"), reads("large")), (1, 1), "{calls:#?}");
    let json_ld = touchstone_reason::export::to_json_ld(&report).to_string();
    assert!(json_ld.contains("#larger-model") && json_ld.contains("wasAttributedTo"), "{json_ld}");
}

#[test]
fn an_unsure_line_that_the_graph_supports_stands() {
    let record = Record::default();
    let first = StandIn::new("small", &record, |held| {
        after(held, &[("", || unsure("1. The seat of Obria is Velm.")), ("Velm.", || unsure("Answer: Velm"))])
    });
    let larger = StandIn::new("large", &record, |_| panic!("it is not needed"));
    let (report, _) = ask(&reasoner(first).with_larger(larger), QUESTION);
    assert_eq!((report.answer.text.as_str(), report.answer.status), ("Velm", AnswerStatus::Verified));
    assert_eq!((report.steps[0].model.as_deref(), report.usage.model_calls), (Some("small"), 1));
}

#[test]
fn an_unsure_line_that_the_graph_puts_right_needs_no_surer_writer() {
    let record = Record::default();
    let first = StandIn::new("small", &record, |held| {
        after(
            held,
            &[
                ("", || unsure("1. The seat of Obria is Tarn.")),
                ("Tarn.", || unsure("Answer: Tarn")),
                ("Velm.", || unsure("Answer: Tarn")),
            ],
        )
    });
    let larger = StandIn::new("large", &record, |_| panic!("it is not needed"));
    let (report, _) = ask(&reasoner(first).with_larger(larger), QUESTION);
    let step = &report.steps[0];
    assert_eq!((step.status, step.text.as_str()), (StepStatus::Repaired, "The seat of Obria is Velm."));
    assert_eq!((report.answer.text.as_str(), report.answer.status), ("Velm", AnswerStatus::Verified));
}

#[test]
fn a_refuted_step_without_one_right_value_goes_to_the_larger_model() {
    let record = Record::default();
    let first = StandIn::new("small", &record, |held| {
        after(
            held,
            &[("", || line("1. The seat of Obria is not Velm.")), ("is Velm.", || line("Answer: Velm"))],
        )
    });
    let larger = StandIn::new("large", &record, |_| line("1. The seat of Obria is Velm."));
    let (report, _) = ask(&reasoner(first).with_larger(larger), QUESTION);
    let step = &report.steps[0];
    assert_eq!((step.status, step.model.as_deref()), (StepStatus::Repaired, Some("large")), "{step:#?}");
    assert_eq!(report.answer.status, AnswerStatus::Verified);
}

#[test]
fn an_unsure_forced_answer_is_written_anew() {
    let record = Record::default();
    let first = StandIn::new("small", &record, |held| {
        after(
            held,
            &[
                ("", || line("1. The seat of Obria is Velm.")),
                ("Velm.", || line("2. The seat of Obria is Velm.")),
                ("Answer:", || unsure("Osk")),
            ],
        )
    });
    let larger = StandIn::new("large", &record, |held| {
        assert!(held.ends_with("Velm.\nAnswer:"), "{held:?}");
        line("Velm")
    });
    let (report, _) = ask(&reasoner(first).with_larger(larger), QUESTION);
    assert_eq!((report.answer.text.as_str(), report.answer.model.as_deref()), ("Velm", Some("large")));
}

/// Refutes what has the given word, once the record has a call with another.
struct Judge {
    record: Record,
    waits_for: &'static str,
    refutes: &'static str,
    supports: &'static str,
}

impl PassageJudge for Judge {
    fn judge(&self, claim: &str, _: &str) -> Result<Opinion, LlmError> {
        let beside = self.waits_for.is_empty() || self.record.waits_for(self.waits_for);
        self.record.note(format!("judged {claim}{}", if beside { "" } else { " alone" }));
        let is = |word: &str| if !word.is_empty() && claim.contains(word) { 0.99 } else { 0.0 };
        let (refuted, supported) = (is(self.refutes), is(self.supports));
        Ok(Opinion { supported, refuted, not_enough: 1.0 - supported - refuted })
    }
}

fn library(judge: Judge, passages: &[&str]) -> Arc<Library> {
    let folder = tempfile::tempdir().unwrap();
    let index = TextIndex::create(folder.path()).unwrap();
    index.add("s", passages.iter().map(|text| Ok(Document::new("d", "Minutes", *text)))).unwrap();
    Arc::new(Library::new(index, Some(Arc::new(judge)), 0.9))
}

#[test]
fn a_step_is_checked_while_the_next_one_is_drafted() {
    let record = Record::default();
    let first = StandIn::new("small", &record, |held| {
        after(
            held,
            &[
                ("", || line("1. Osk guards the bridge.")),
                ("bridge.", || line("2. The seat of Obria is Velm.")),
                ("Velm.", || line("Answer: Velm")),
            ],
        )
    });
    let judge = Judge { record: record.clone(), waits_for: "writes 2.", refutes: "", supports: "bridge" };
    let reasoner = reasoner(first).with_library(library(judge, &["Osk guards the bridge of the town."]));
    let (report, heard) = ask(&reasoner, QUESTION);
    assert!(record.place("judged") > record.place("writes 2."), "{:#?}", record.calls());
    assert!(!record.calls().iter().any(|call| call.contains("alone") || call.contains("rewinds")));
    assert_eq!(report.answer.status, AnswerStatus::Verified, "{report:#?}");
    // Nothing is heard of a line before the one before it stands.
    let place = |what: &str| heard.iter().position(|event| event == what);
    assert!(place("accepted 1") < place("drafting 2").or(place("accepted 2")), "{heard:?}");
}

#[test]
fn the_next_draft_is_broken_off_and_rewound_when_a_step_falls() {
    let record = Record::default();
    let first = StandIn::new("small", &record, |held| {
        after(
            held,
            &[
                ("", || line("1. Osk guards the bridge.")),
                ("bridge.", || Line { endless: true, ..line("2. So Osk is") }),
                ("1.", || line("The seat of Obria is Velm.")),
                ("Velm.", || line("Answer: Velm")),
            ],
        )
    });
    let judge = Judge { record: record.clone(), waits_for: "writes 2.", refutes: "bridge", supports: "" };
    let reasoner = reasoner(first).with_library(library(judge, &["Osk guards no bridge of the town."]));
    let (report, heard) = ask(&reasoner, QUESTION);
    assert!(record.place("is broken off") > record.place("judged"), "{:#?}", record.calls());
    assert!(record.place("rewinds 1. Osk guards the bridge.") > record.place("is broken off"));
    assert_eq!(report.steps[0].status, StepStatus::Repaired, "{report:#?}");
    assert_eq!(report.answer.status, AnswerStatus::Verified);
    // Of the draft that built on the fallen step nothing was heard.
    assert_eq!(heard, ["drafting 1", "rewound 1", "drafting 1", "accepted 1", "drafting 2"]);
}

#[test]
fn a_draft_that_does_not_build_on_what_was_put_right_stays() {
    let record = Record::default();
    let first = StandIn::new("small", &record, |held| {
        after(
            held,
            &[
                ("", || line("1. The seat of Obria is Tarn. Osk guards the bridge.")),
                ("bridge.", || line("2. 20 + 30 = 50.")),
                ("50.", || line("Answer: 50")),
            ],
        )
    });
    // Refuted at once, judged only when the next line is written.
    let judge = Judge { record: record.clone(), waits_for: "writes 2.", refutes: "", supports: "bridge" };
    let reasoner = reasoner(first).with_library(library(judge, &["Osk guards the bridge of the town."]));
    let (report, _) = ask(&reasoner, "What is the seat of Obria, and what is 20 + 30?");
    assert_eq!(report.steps[0].status, StepStatus::Repaired, "{report:#?}");
    assert!(report.steps[0].text.starts_with("The seat of Obria is Velm."));
    let written = record.calls().iter().filter(|call| call.contains("writes 2.")).count();
    assert_eq!(written, 1, "{:#?}", record.calls());
}

#[test]
fn what_a_verified_step_speaks_against_falls_with_what_builds_on_it() {
    let record = Record::default();
    let first = StandIn::new("small", &record, |held| {
        after(
            held,
            &[
                ("", || line("1. The mayor of Tarn is Jon Smit.")),
                ("Tarn is Jon Smit.", || line("2. Jon Smit owns a mill.")),
                ("mill.", || line("3. Osk guards the bridge.")),
                ("bridge.", || line("4. The mayor of Tarn is Ada Paz.")),
                ("Ada Paz.", || line("Answer: Ada Paz")),
            ],
        )
    });
    let judge = Judge { record: record.clone(), waits_for: "", refutes: "", supports: "Ada Paz" };
    let passages = ["The mayor of Tarn is Ada Paz. Osk guards the bridge. A mill is owned by Jon Smit."];
    let reasoner = reasoner(first).with_library(library(judge, &passages));
    let (report, heard) = ask(&reasoner, "Who is the mayor of Tarn?");
    let statuses: Vec<StepStatus> = report.steps.iter().map(|step| step.status).collect();
    assert_eq!(statuses[0], StepStatus::Rejected, "{report:#?}");
    assert_eq!(statuses[3], StepStatus::Accepted, "{report:#?}");
    assert!(heard.contains(&"revised 1 Rejected".to_owned()), "{heard:?}");
    // What builds on the fallen step is judged again, the other is not.
    let judged = |words: &str| {
        record.calls().iter().filter(|call| call.starts_with("judged") && call.contains(words)).count()
    };
    assert_eq!((judged("mill"), judged("bridge")), (2, 1), "{:#?}", record.calls());
    assert_eq!(report.answer.values, ["Ada Paz"]);
    // The model goes on from what stands.
    assert!(record.place("rewinds 1. The mayor of Tarn is Jon Smit.") > record.place("writes 4."));
}
