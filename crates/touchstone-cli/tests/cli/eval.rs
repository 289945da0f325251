//! `touchstone eval run`: what is refused before a model is loaded, and a run
//! that goes on over the answers that an earlier one left.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use crate::sandbox::{Outcome, Sandbox, demo_store};

const SUITE: &str = "name = \"rivers\"\nformat = \"question-answers\"\nlanguage = \"en\"\n[splits]\ndev = [\"rivers.jsonl\"]\n";
const RIVERS: [(&str, &str); 3] = [("Danube", "Donaueschingen"), ("Inn", "Maloja"), ("Aare", "Guttannen")];

/// A suite with its data, and a file that is no model.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("rivers.toml", SUITE);
    sandbox.write("rivers.jsonl", lines(|river, town| json!({"question": asked(river), "answers": [town]})));
    sandbox.write("cut.gguf", "GGUF");
    sandbox
}

fn lines(line: impl Fn(&str, &str) -> Value) -> String {
    RIVERS.iter().fold(String::new(), |mut text, (river, town)| {
        writeln!(text, "{}", line(river, town)).unwrap();
        text
    })
}

fn asked(river: &str) -> String {
    format!("Where does the {river} rise?")
}

fn run(sandbox: &Sandbox, more: &[&str]) -> Outcome {
    let store = demo_store().display().to_string();
    let mut arguments = vec!["eval", "run", "rivers.toml", "--store", &store, "--model", "cut.gguf"];
    if !more.contains(&"--data") {
        arguments.extend(["--data", "."]);
    }
    arguments.extend(more);
    sandbox.run(&arguments)
}

/// The answers of a run, as a run writes them.
fn leave_answers(folder: &Path, mode: &str, knows: usize) {
    let text: String = RIVERS.iter().zip(1..).fold(String::new(), |mut text, ((river, town), line)| {
        let right = line <= knows;
        let withheld = !right && mode == "touchstone";
        let (verdict, status) = match (right, withheld) {
            (true, _) => ("right", "verified"),
            (false, false) => ("wrong", "partly_verified"),
            (false, true) => ("withheld", "withheld"),
        };
        let value = if right { *town } else { "Ulm" };
        let record = json!({
            "id": format!("rivers.jsonl:{line}"), "question": asked(river), "gold": [town],
            "mode": mode, "verdict": verdict, "reason": "by hand",
            "true_claims": usize::from(right), "false_claims": usize::from(!right && !withheld),
            "report": {
                "question": asked(river), "language": "en",
                "answer": {"text": value, "values": [value], "status": status, "confidence": 1.0, "claims": []},
                "steps": [], "model": "by hand",
                "usage": {"prompt_tokens": 40, "generated_tokens": 20, "model_calls": 1},
                "timings": {"total_s": 2.0, "generating_s": 1.6, "checking_s": 0.04, "first_step_s": 1.0},
            },
        });
        writeln!(text, "{record}").unwrap();
        text
    });
    std::fs::write(folder.join("results.jsonl"), text).unwrap();
}

#[test]
fn what_cannot_be_measured_is_told_in_a_sentence() {
    let sandbox = sandbox();
    let missing = run(&sandbox, &["--data", "nowhere"]);
    assert!(missing.sentence().starts_with("there is no file nowhere"), "{}", missing.stderr);
    let split = run(&sandbox, &["--split", "test"]);
    assert_eq!(split.sentence(), "the suite rivers has no split \"test\": it has dev");
    sandbox.write("rivers.jsonl", "{\"question\": \"Where?\"}\n");
    assert!(run(&sandbox, &[]).sentence().contains("rivers.jsonl, line 1"));
    sandbox.write("rivers.toml", "name = 3\n");
    assert!(run(&sandbox, &[]).sentence().starts_with("rivers.toml, line 1"));
    assert_eq!(run(&sandbox, &["--limit", "0"]).code, 2);
    assert!(!sandbox.path("eval-results").exists(), "nothing was measured");
}

#[test]
fn a_truncated_model_is_told_and_the_run_can_go_on() {
    let sandbox = sandbox();
    let outcome = run(&sandbox, &["--out", "out"]);
    assert!(outcome.sentence().contains("cut.gguf"), "{}", outcome.stderr);
    assert!(sandbox.path("out/run.json").is_file());
    assert!(!sandbox.path("out/summary.json").exists());
}

#[test]
fn a_run_whose_answers_are_all_there_is_counted_without_a_model() {
    let sandbox = sandbox();
    assert_eq!(run(&sandbox, &["--out", "out"]).code, 2);
    leave_answers(&sandbox.path("out/plain"), "plain", 2);
    leave_answers(&sandbox.path("out"), "touchstone", 2);

    let outcome = run(&sandbox, &["--out", "out", "--json"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("6 of 6 answers are in out already"), "{}", outcome.stderr);
    let summary = outcome.json();
    let written = std::fs::read(sandbox.path("out/summary.json")).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&written).unwrap(), summary);
    assert_eq!((&summary["suite"], &summary["model"]), (&json!("rivers"), &json!("cut.gguf")));
    assert_eq!((&summary["mode"], &summary["n"]), (&json!("touchstone"), &json!(3)));
    let value = |name: &str| summary["metrics"][name]["value"].as_f64().unwrap();
    assert_eq!(value("false_claim_rate"), 0.0);
    assert_eq!(value("true_claim_retention"), 1.0);
    assert!((value("coverage") - 2.0 / 3.0).abs() < 1e-12);
    assert!((value("checking_share") - 0.025).abs() < 1e-12);

    let people = run(&sandbox, &["--out", "out"]);
    assert!(people.stdout.contains("33.3%") && people.stdout.contains("2, 0, 1"), "{}", people.stdout);
}

#[test]
fn a_folder_goes_on_with_the_same_run_only() {
    let sandbox = sandbox();
    assert_eq!(run(&sandbox, &["--out", "out", "--mode", "plain"]).code, 2);
    leave_answers(&sandbox.path("out"), "plain", 3);
    let other = run(&sandbox, &["--out", "out", "--mode", "plain", "--seed", "8"]);
    assert!(other.sentence().contains("another seed"), "{}", other.stderr);
    let same = run(&sandbox, &["--out", "out", "--mode", "plain", "--json"]);
    assert_eq!(same.json()["metrics"]["accuracy"]["value"], 1.0, "{}", same.stderr);
}

#[test]
fn the_data_folder_can_come_from_the_environment() {
    let sandbox = sandbox();
    let store = demo_store().display().to_string();
    let mut command =
        sandbox.command(&["eval", "run", "rivers.toml", "--store", &store, "--model", "cut.gguf"]);
    command.env("TOUCHSTONE_DATA", ".");
    let outcome = crate::sandbox::outcome(command);
    assert!(outcome.sentence().contains("cut.gguf"), "{}", outcome.stderr);
    assert!(sandbox.path("eval-results/rivers-dev-cut.gguf-touchstone-seed0/run.json").is_file());
}

/// Answers to the rivers from elsewhere: the first so many right.
fn answers(sandbox: &Sandbox, name: &str, knows: usize) -> Outcome {
    let lines: String = RIVERS.iter().zip(1..).fold(String::new(), |mut text, ((_, town), line)| {
        let answer = if line <= knows { *town } else { "Ulm" };
        let confidence = if line <= knows { 0.9 } else { 0.2 };
        let line = json!({"id": format!("rivers.jsonl:{line}"), "answer": answer, "values": [answer], "confidence": confidence});
        writeln!(text, "{line}").unwrap();
        text
    });
    sandbox.write(&format!("{name}.jsonl.answers"), lines);
    let file = format!("{name}.jsonl.answers");
    sandbox.run(&[
        "eval",
        "run",
        "rivers.toml",
        "--data",
        ".",
        "--mode",
        "answers",
        "--answers",
        &file,
        "--out",
        name,
        "--json",
    ])
}

#[test]
fn answers_from_elsewhere_are_judged_without_model_and_graph() {
    let sandbox = sandbox();
    let outcome = answers(&sandbox, "two", 2);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let summary = outcome.json();
    let value = |name: &str| summary["metrics"][name]["value"].as_f64().unwrap();
    assert!((value("false_claim_rate") - 1.0 / 3.0).abs() < 1e-12);
    assert_eq!(summary["mode"], "answers");

    sandbox.write("bad.jsonl", "{\"id\": \"nile\", \"answer\": \"Jinja\"}\n");
    let unknown = sandbox.run(&[
        "eval",
        "run",
        "rivers.toml",
        "--data",
        ".",
        "--mode",
        "answers",
        "--answers",
        "bad.jsonl",
    ]);
    assert_eq!(unknown.sentence(), "bad.jsonl, line 1: no question of this split has the id \"nile\"");
}

#[test]
fn runs_are_compared_gated_and_reported() {
    let sandbox = sandbox();
    for (name, knows) in [("two", 2), ("three", 3), ("none", 0)] {
        assert_eq!(answers(&sandbox, name, knows).code, 0);
    }
    let compared = sandbox.run(&["eval", "compare", "two", "three"]);
    assert!(compared.stdout.contains("wrong → right: 1"), "{}{}", compared.stdout, compared.stderr);
    let json = sandbox.run(&["eval", "compare", "two", "three", "--json"]).json();
    assert_eq!(json["comparison"]["mcnemar"]["only_first_right"], 1);

    // Every run is of its own file of answers.
    let other = sandbox.run(&["eval", "gate", "three", "none"]);
    assert!(other.sentence().starts_with("the results are of another model"), "{}", other.stderr);
    let mut summary: Value =
        serde_json::from_slice(&std::fs::read(sandbox.path("none/summary.json")).unwrap()).unwrap();
    summary["model"] = json!("three.jsonl");
    sandbox.write("new.json", summary.to_string());
    let worse = sandbox.run(&["eval", "gate", "three", "new.json"]);
    assert_eq!(worse.code, 1, "{}", worse.stderr);
    assert!(worse.stdout.contains("accuracy is worse"), "{}", worse.stdout);
    assert_eq!(sandbox.run(&["eval", "gate", "three", "three"]).code, 0);

    let report = sandbox.run(&["eval", "report", "two", "three", "--html", "r.html", "--markdown", "r.md"]);
    assert_eq!(report.code, 0, "{}", report.stderr);
    let page = std::fs::read_to_string(sandbox.path("r.html")).unwrap();
    assert!(page.contains("<svg") && page.contains("rivers, dev"));
    assert!(std::fs::read_to_string(sandbox.path("r.md")).unwrap().contains("## rivers, dev"));
    let terminal = sandbox.run(&["eval", "report", "two", "three"]);
    assert!(terminal.stdout.contains("questions answered right"), "{}", terminal.stdout);
    assert!(sandbox.run(&["eval", "report", "."]).sentence().contains("holds no run"));
}

#[test]
fn thresholds_are_written_and_kept() {
    let sandbox = sandbox();
    let answered = answers(&sandbox, "two", 2);
    assert_eq!(answered.code, 0);
    let calibrated = sandbox.run(&[
        "eval",
        "calibrate",
        "rivers.toml",
        "--data",
        ".",
        "--split",
        "dev",
        "--mode",
        "answers",
        "--answers",
        "two.jsonl.answers",
        "--out",
        "two",
        "--max-false-rate",
        "0.5",
        "--json",
    ]);
    assert_eq!(calibrated.code, 0, "{}", calibrated.stderr);
    let calibration = calibrated.json();
    // ⌈4 · 0.5⌉ = 2 of the scores 0, 0, 0.2.
    assert_eq!(calibration["promises"][0]["threshold"], 0.0);
    assert_eq!(calibration["n"], 3);
    let run = sandbox.run(&[
        "eval",
        "run",
        "rivers.toml",
        "--data",
        ".",
        "--mode",
        "answers",
        "--answers",
        "two.jsonl.answers",
        "--out",
        "kept",
        "--calibration",
        "two/calibration.json",
        "--json",
    ]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(run.json()["conformal"]["promised"], 0.5);
    let other = sandbox.run(&[
        "eval",
        "run",
        "rivers.toml",
        "--data",
        ".",
        "--mode",
        "answers",
        "--answers",
        "two.jsonl.answers",
        "--out",
        "kept",
        "--calibration",
        "two/calibration.json",
        "--max-false-rate",
        "0.1",
    ]);
    assert!(other.sentence().contains("promises 0.5, not 0.1"), "{}", other.stderr);
    let asked = sandbox.run(&["ask", "Which river is it?", "--max-false-rate", "0.1"]);
    assert!(asked.sentence().contains("no calibration is set"), "{}", asked.stderr);
}

#[test]
fn a_sample_goes_to_people_and_comes_back() {
    let sandbox = sandbox();
    assert_eq!(answers(&sandbox, "two", 2).code, 0);
    let sample = sandbox.run(&["eval", "sample", "two", "--to", "labels.csv"]);
    assert_eq!(sample.code, 0, "{}", sample.stderr);
    assert!(
        sandbox.run(&["eval", "sample", "two", "--to", "labels.csv"]).sentence().contains("is there already")
    );
    let agreement = sandbox.run(&["eval", "agree", "two", "labels.csv"]);
    assert!(agreement.stdout.contains("0 claims with a label, 3 without"), "{}", agreement.stdout);
}

#[test]
fn altered_and_missing_data_are_shown_with_their_hash() {
    let sandbox = sandbox();
    let sha = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let suite = format!("{SUITE}[sha256]\n\"rivers.jsonl\" = \"{sha}\"\n\"gone.jsonl\" = \"{sha}\"\n");
    sandbox.write("rivers.toml", suite);
    let data = sandbox.run(&["eval", "data", "rivers.toml", "--data", "."]);
    assert_eq!(data.code, 1, "{}", data.stderr);
    assert!(data.stdout.contains("gone.jsonl is missing"), "{}", data.stdout);
    assert!(data.stdout.contains("rivers.jsonl is another file: SHA-256"), "{}", data.stdout);
    let run = answers(&sandbox, "two", 2);
    assert_eq!(run.code, 0);
    assert!(run.stderr.contains("rivers.jsonl is not the published file: SHA-256"), "{}", run.stderr);
}
