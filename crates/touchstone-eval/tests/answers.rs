#![allow(clippy::unwrap_used)]
//! Files of answers whose metrics are computed by hand.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use touchstone_eval::judge::Judge;
use touchstone_eval::labels::{agreement, export};
use touchstone_eval::systems::AnswerFile;
use touchstone_eval::{
    Baseline, ComparedRuns, Metric, Mode, Outcome, QuestionSet, Run, StoredRun, Suite, World, html, markdown,
};

const N: usize = 40;
const SUITE: &str = "name = \"rivers\"\nformat = \"question-answers-tsv\"\nanswers = \"all\"\n[splits]\ndev = [\"q.tsv\"]\n[[target]]\nmetric = \"false_claim_reduction\"\nat_least = 0.72\n";

struct Place {
    dir: tempfile::TempDir,
    suite: Suite,
    judge: Judge,
}

impl Place {
    /// Question n has the answers an and bn.
    fn new() -> Place {
        let dir = tempfile::tempdir().unwrap();
        let lines: String = (0..N).fold(String::new(), |mut text, n| {
            writeln!(text, "which towns lie on [river {n}]\ta{n}|b{n}").unwrap();
            text
        });
        std::fs::write(dir.path().join("q.tsv"), lines).unwrap();
        let suite = Suite::parse(SUITE, Path::new("s.toml")).unwrap();
        Place { dir, suite, judge: Judge::default() }
    }

    fn run(&self, name: &str, answer: impl Fn(usize) -> Option<(Vec<String>, f64)>) -> Outcome {
        let lines: String = (0..N).fold(String::new(), |mut text, n| {
            if let Some((values, confidence)) = answer(n) {
                let line = serde_json::json!({
                    "id": format!("q.tsv:{}", n + 1), "answer": values.join(", "), "values": values,
                    "confidence": confidence, "tokens": 10, "seconds": 2.0,
                });
                writeln!(text, "{line}").unwrap();
            }
            text
        });
        let path = self.dir.path().join(format!("{name}.jsonl"));
        std::fs::write(&path, lines).unwrap();
        let world = World::empty().unwrap();
        let questions = QuestionSet::read(&self.suite, "dev", self.dir.path(), &world, 0).unwrap();
        let file = AnswerFile::load(&path, &questions.questions).unwrap();
        let out = self.dir.path().join(name);
        let mut prepared = Run {
            suite: &self.suite,
            split: "dev",
            questions,
            limit: None,
            seed: 0,
            mode: Mode::Answers,
            model: name,
            program: "p",
            settings: BTreeMap::new(),
            out: &out,
            baseline: Baseline::None,
            concurrency: 4,
            judge: &self.judge,
            promise: None,
        }
        .prepare()
        .unwrap();
        prepared.ask(&file, &|| false, &mut |_| {}).unwrap();
        prepared.finish().unwrap()
    }

    fn stored(&self, name: &str) -> StoredRun {
        StoredRun::load(&self.dir.path().join(name)).unwrap()
    }
}

fn right(n: usize) -> Option<(Vec<String>, f64)> {
    Some((vec![format!("a{n}"), format!("B{n}.")], 0.9))
}

fn wrong(n: usize) -> Option<(Vec<String>, f64)> {
    Some((vec![format!("c{n}"), format!("d{n}")], 0.9))
}

fn metric(outcome: &Outcome, name: &str) -> Metric {
    outcome.summary.metrics[name]
}

fn value(outcome: &Outcome, name: &str) -> Option<f64> {
    outcome.summary.metrics.get(name).and_then(|metric| metric.value)
}

fn close(one: Option<f64>, other: f64) -> bool {
    one.is_some_and(|one| (one - other).abs() < 1e-12)
}

#[test]
fn all_right() {
    let outcome = Place::new().run("right", right);
    assert_eq!(metric(&outcome, "false_claim_rate").n, 2 * N);
    for (name, wanted) in [
        ("false_claim_rate", 0.0),
        ("coverage", 1.0),
        ("accuracy", 1.0),
        ("accuracy_when_answered", 1.0),
        ("hits_at_1", 1.0),
        ("exact_set", 1.0),
        ("answer_f1", 1.0),
        ("aurc", 0.0),
        ("expected_calibration_error", 0.1),
        ("tokens_per_question", 10.0),
        ("seconds_per_question", 2.0),
    ] {
        assert!(close(value(&outcome, name), wanted), "{name}: {:?}", value(&outcome, name));
    }
    // Wilson: z² / (n + z²).
    let z2 = 1.959_963_984_540_054_f64.powi(2);
    assert!(close(metric(&outcome, "accuracy").low, N as f64 / (N as f64 + z2)));
}

#[test]
fn all_wrong() {
    let outcome = Place::new().run("wrong", wrong);
    for (name, wanted) in [
        ("false_claim_rate", 1.0),
        ("coverage", 1.0),
        ("accuracy", 0.0),
        ("hits_at_1", 0.0),
        ("exact_set", 0.0),
        ("answer_f1", 0.0),
        ("aurc", 1.0),
        ("expected_calibration_error", 0.9),
    ] {
        assert!(close(value(&outcome, name), wanted), "{name}: {:?}", value(&outcome, name));
    }
}

/// Even questions are withheld. Of the odd ones every fifth is half right:
/// one of its two values, and the first one wrong.
#[test]
fn half_withheld() {
    let answer = |n: usize| match n {
        n if n % 2 == 0 => None,
        n if n % 5 == 0 => Some((vec![format!("c{n}"), format!("b{n}")], 0.4)),
        n => right(n),
    };
    let outcome = Place::new().run("half", answer);
    // 20 answered: 5, 15, 25 and 35 half right, 16 right.
    for (name, wanted) in [
        ("false_claim_rate", 4.0 / 40.0),
        ("coverage", 0.5),
        ("accuracy", 16.0 / 40.0),
        ("accuracy_when_answered", 16.0 / 20.0),
        ("hits_at_1", 16.0 / 40.0),
        ("exact_set", 16.0 / 40.0),
        // Half right: 2 · 1 / (2 + 2).
        ("answer_f1", (16.0 + 4.0 * 0.5) / 40.0),
        ("aurc", [1.0 / 17.0, 2.0 / 18.0, 3.0 / 19.0, 4.0 / 20.0].iter().sum::<f64>() / 20.0),
        // 16 answers at 0.9 are all right, 4 at 0.4 all wrong.
        ("expected_calibration_error", (16.0 * 0.1 + 4.0 * 0.4) / 20.0),
    ] {
        assert!(close(value(&outcome, name), wanted), "{name}: {:?}", value(&outcome, name));
    }
    assert_eq!((metric(&outcome, "coverage").n, metric(&outcome, "accuracy_when_answered").n), (40, 20));
    let points = &outcome.summary.risk_coverage;
    let shown: Vec<(f64, f64)> = points.iter().map(|point| (point.coverage, point.risk)).collect();
    assert_eq!(shown, [(0.4, 0.0), (0.5, 0.2)]);
}

#[test]
fn two_files_are_compared_question_by_question() {
    let place = Place::new();
    place.run("first", |n| if n < 10 { wrong(n) } else { right(n) });
    place.run("second", |n| if (8..13).contains(&n) { wrong(n) } else { right(n) });
    let (first, second) = (place.stored("first"), place.stored("second"));
    let compared = ComparedRuns::of(&first, &second).unwrap();
    let m = compared.comparison.mcnemar;
    // 0 to 7 are right in the second only, 10 to 12 in the first only.
    assert_eq!((m.n, m.only_first_right, m.only_second_right), (40, 8, 3));
    // 2 · (1 + 11 + 55 + 165) / 2^11
    assert!((m.p - 464.0 / 2048.0).abs() < 1e-12, "{}", m.p);
    assert_eq!(compared.changes.len(), 11);
    assert!(close(Some(compared.comparison.differences["accuracy"].value), 5.0 / 40.0));
    let text = compared.text(&first, &second, 2);
    assert!(text.contains("wrong → right: 8") && text.contains("right → wrong: 3"), "{text}");
}

#[test]
fn labels_come_back_as_kappa() {
    let place = Place::new();
    place.run("mixed", |n| if n % 2 == 0 { wrong(n) } else { right(n) });
    let run = place.stored("mixed");
    let path = place.dir.path().join("labels.csv");
    assert_eq!(export(&run, 20, 3, &path).unwrap(), 20);
    let empty = agreement(&run, &path).unwrap();
    assert_eq!((empty.n, empty.unlabelled, empty.kappa.value), (0, 20, None));

    // People find what the judge finds, but for the first two.
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(!text.contains("wrong") && !text.contains("right"), "what the judge said is not told");
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["id", "question", "gold", "claim", "label"]).unwrap();
    let mut counts = [[0.0; 2]; 2];
    for (at, line) in reader.records().enumerate() {
        let line = line.unwrap();
        let id: usize = line[0].trim_start_matches("q.tsv:").trim_end_matches("#answer").parse().unwrap();
        let judge = id.is_multiple_of(2);
        let person = if at < 2 { !judge } else { judge };
        counts[usize::from(judge)][usize::from(person)] += 1.0;
        let label = if person { "true" } else { "FALSE " };
        writer.write_record([&line[0], &line[1], &line[2], &line[3], label]).unwrap();
    }
    std::fs::write(&path, writer.into_inner().unwrap()).unwrap();
    let found = agreement(&run, &path).unwrap();
    let observed: f64 = 18.0 / 20.0;
    let rows: Vec<f64> = counts.iter().map(|row| row.iter().sum::<f64>() / 20.0).collect();
    let columns: Vec<f64> = (0..2).map(|c| (counts[0][c] + counts[1][c]) / 20.0).collect();
    let expected = rows[0] * columns[0] + rows[1] * columns[1];
    assert!(close(found.kappa.value, (observed - expected) / (1.0 - expected)), "{found:?}");
    assert!(close(found.agreed.value, observed));

    std::fs::write(&path, "id,question,gold,claim,label\nq.tsv:99#answer,,,,true\n").unwrap();
    let error = agreement(&run, &path).unwrap_err().to_string();
    assert!(error.ends_with("line 2: no claim of this run has the id \"q.tsv:99#answer\""), "{error}");
    std::fs::write(&path, "id,question,gold,claim,label\nq.tsv:1#answer,,,,maybe\n").unwrap();
    assert!(agreement(&run, &path).unwrap_err().to_string().contains("not \"maybe\""));
}

#[test]
fn reports_hold_every_system_and_load_nothing() {
    let place = Place::new();
    place.run("right", right);
    place.run("half <b>", |n| if n % 2 == 0 { None } else { wrong(n) });
    let runs = [place.stored("right"), place.stored("half <b>")];
    let text = markdown(&runs);
    assert!(
        text.contains("## rivers, dev") && text.contains("| answers, right | answers, half &lt;b> |"),
        "{text}"
    );
    let page = html(&runs, "A & B").unwrap();
    assert!(page.contains("<title>A &amp; B</title>") && !page.contains("half <b>"));
    assert!(page.matches("<svg").count() >= 4, "{}", page.matches("<svg").count());
    for outside in ["src=", "href=", "url(", "@import"] {
        assert!(!page.contains(outside), "{outside}");
    }
}
