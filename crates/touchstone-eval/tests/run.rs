#![allow(clippy::unwrap_used)]
//! Runs as people see them: asked, stopped, continued, compared.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use touchstone_core::{Answer, AnswerStatus, AskReport, Language, Timings, Usage};
use touchstone_eval::{EvalError, Mode, Outcome, Run, Suite, System, SystemError, brief, table};

const TOWNS: [(&str, &str); 6] = [
    ("Danube", "Donaueschingen"),
    ("Weser", "Hann. Münden"),
    ("Spree", "Ebersbach"),
    ("Moldau", "Kvilda"),
    ("Aare", "Guttannen"),
    ("Inn", "Maloja"),
];

/// Knows the first towns; plain, it makes up the others, and checked it
/// withholds them.
#[derive(Default)]
struct Knows {
    towns: usize,
    asked: RefCell<Vec<(Mode, String)>>,
    fails: Option<&'static str>,
}

impl System for Knows {
    fn ask(
        &self,
        mode: Mode,
        question: &str,
        language: Option<Language>,
        _stop: &dyn Fn() -> bool,
    ) -> Result<AskReport, SystemError> {
        assert_eq!(language, Some(Language::English));
        self.asked.borrow_mut().push((mode, question.to_owned()));
        let index = TOWNS.iter().position(|(river, _)| question.contains(river)).unwrap();
        match self.fails {
            Some("question") if index == 0 => return Err(SystemError::Question("too long".into())),
            Some("fatal") => return Err(SystemError::Fatal("the engine has stopped".into())),
            _ => {}
        }
        let (value, status) = match (index < self.towns, mode) {
            (true, _) => (TOWNS[index].1, AnswerStatus::Verified),
            (false, Mode::Plain) => ("Ulm", AnswerStatus::PartlyVerified),
            (false, Mode::Touchstone) => ("", AnswerStatus::Withheld),
        };
        Ok(AskReport {
            premises: Vec::new(),
            reading: None,
            question: question.to_owned(),
            language,
            answer: Answer {
                text: format!("It rises in {value}."),
                values: vec![value.to_owned()],
                status,
                confidence: 1.0,
                claims: vec![],
            },
            steps: vec![],
            model: "m".to_owned(),
            usage: Usage { prompt_tokens: 50, generated_tokens: 20, model_calls: 1 },
            timings: Timings { total_s: 2.0, generating_s: 1.6, checking_s: 0.08, first_step_s: 1.0 },
        })
    }
}

struct Place {
    dir: tempfile::TempDir,
    out: PathBuf,
    suite: Suite,
}

impl Place {
    fn new() -> Place {
        let dir = tempfile::tempdir().unwrap();
        let lines: String = TOWNS
            .iter()
            .map(|(river, town)| {
                format!(
                    "{}\n",
                    json!({"question": format!("Where does the {river} rise?"), "answers": [town]})
                )
            })
            .collect();
        std::fs::write(dir.path().join("rivers.jsonl"), lines).unwrap();
        let text = "name = \"rivers\"\nformat = \"question-answers\"\nlanguage = \"en\"\n[splits]\ndev = [\"rivers.jsonl\"]\n";
        let suite = Suite::parse(text, Path::new("rivers.toml")).unwrap();
        Place { out: dir.path().join("out"), dir, suite }
    }

    fn run<'a>(
        &'a self,
        mode: Mode,
        change: impl FnOnce(&mut Run<'a>),
        system: &Knows,
    ) -> Result<Outcome, EvalError> {
        self.run_until(mode, change, system, usize::MAX)
    }

    /// Stops before the question after so many answers.
    fn run_until<'a>(
        &'a self,
        mode: Mode,
        change: impl FnOnce(&mut Run<'a>),
        system: &Knows,
        answers: usize,
    ) -> Result<Outcome, EvalError> {
        let mut run = Run {
            suite: &self.suite,
            split: "dev",
            data: self.dir.path(),
            limit: None,
            seed: 7,
            mode,
            model: "m",
            program: "p",
            settings: BTreeMap::from([("max_steps".to_owned(), json!(3))]),
            out: &self.out,
            plain: None,
        };
        change(&mut run);
        let mut prepared = run.prepare()?;
        let given = Cell::new(0);
        prepared.ask(system, &|| given.get() >= answers, &mut |_| given.set(given.get() + 1))?;
        prepared.finish()
    }

    fn json(&self, path: &str) -> Value {
        serde_json::from_slice(&std::fs::read(self.dir.path().join(path)).unwrap()).unwrap()
    }

    fn lines(&self, path: &str) -> usize {
        std::fs::read_to_string(self.dir.path().join(path)).unwrap().lines().count()
    }
}

fn knows(towns: usize) -> Knows {
    Knows { towns, ..Knows::default() }
}

#[test]
fn the_summary_has_the_form_that_others_rely_on() {
    let place = Place::new();
    let outcome = place.run(Mode::Touchstone, |_| {}, &knows(4)).unwrap();
    assert!(outcome.complete);
    let summary = place.json("out/summary.json");
    let keys: Vec<&String> = summary.as_object().unwrap().keys().collect();
    let mut wanted = ["suite", "split", "mode", "model", "n", "metrics"];
    wanted.sort_unstable();
    let mut sorted = keys.clone();
    sorted.sort();
    assert_eq!(sorted, wanted.iter().collect::<Vec<_>>());
    assert_eq!((&summary["mode"], &summary["n"]), (&json!("touchstone"), &json!(6)));
    let metric = &summary["metrics"]["coverage"];
    assert_eq!(metric.as_object().unwrap().len(), 4);
    assert!((metric["value"].as_f64().unwrap() - 4.0 / 6.0).abs() < 1e-12);
    assert!(metric["low"].as_f64().unwrap() < metric["high"].as_f64().unwrap());
    assert_eq!(metric["n"], 6);
    assert_eq!(summary["metrics"]["false_claim_rate"]["value"], 0.0);
    assert_eq!(summary["metrics"]["true_claim_retention"]["value"], 1.0);
    assert_eq!(summary["metrics"]["true_claim_retention"]["n"], 4);
    let share = summary["metrics"]["checking_share"]["value"].as_f64().unwrap();
    assert!((share - 0.05).abs() < 1e-12);

    let plain = place.json("out/plain/summary.json");
    let rate = plain["metrics"]["false_claim_rate"]["value"].as_f64().unwrap();
    assert!((rate - 2.0 / 6.0).abs() < 1e-12);
    assert_eq!(place.lines("out/results.jsonl"), 6);
    assert_eq!(place.lines("out/plain/results.jsonl"), 6);
    let shown = table(&outcome).to_string();
    assert!(shown.contains("33.3%") && shown.contains("4, 2, 0") && shown.contains("4, 0, 2"), "{shown}");
}

#[test]
fn a_stopped_run_goes_on_where_it_was() {
    let place = Place::new();
    let first = knows(4);
    let outcome = place.run_until(Mode::Touchstone, |_| {}, &first, 5).unwrap();
    assert!(!outcome.complete);
    assert_eq!((outcome.done, outcome.total, first.asked.borrow().len()), (5, 12, 5));
    assert!(!place.dir.path().join("out/summary.json").exists());

    // As if the machine had gone down in the middle of a line.
    let path = place.dir.path().join("out/results.jsonl");
    let whole = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() - 9]).unwrap();

    let second = knows(4);
    let outcome = place.run(Mode::Touchstone, |_| {}, &second).unwrap();
    assert!(outcome.complete);
    assert_eq!(second.asked.borrow().len(), 12 - 4, "one of the five was torn");
    let uninterrupted = Place::new();
    uninterrupted.run(Mode::Touchstone, |_| {}, &knows(4)).unwrap();
    assert_eq!(place.json("out/summary.json"), uninterrupted.json("out/summary.json"));

    let third = knows(4);
    place.run(Mode::Touchstone, |_| {}, &third).unwrap();
    assert!(third.asked.borrow().is_empty(), "a finished run asks nothing");
}

#[test]
fn another_run_in_the_folder_is_refused_and_nothing_is_lost() {
    let place = Place::new();
    place.run(Mode::Plain, |_| {}, &knows(4)).unwrap();
    let before = place.json("out/summary.json");
    let refused = |change: &dyn Fn(&mut Run<'_>)| {
        let system = knows(4);
        let error = place.run(Mode::Plain, change, &system).unwrap_err();
        assert!(system.asked.borrow().is_empty());
        match error {
            EvalError::OtherRun { what, .. } => what,
            other => panic!("{other}"),
        }
    };
    assert_eq!(refused(&|run| run.seed = 8), "seed");
    assert_eq!(refused(&|run| run.limit = Some(3)), "limit");
    assert_eq!(refused(&|run| run.model = "n"), "model");
    assert_eq!(refused(&|run| run.program = "q"), "build of the program");
    assert_eq!(refused(&|run| run.mode = Mode::Touchstone), "mode");
    assert_eq!(
        refused(&|run| {
            run.settings.insert("max_steps".into(), json!(4));
        }),
        "max_steps"
    );
    assert_eq!(place.json("out/summary.json"), before);
}

#[test]
fn a_finished_plain_run_is_compared_with_and_not_asked_again() {
    let place = Place::new();
    place.run(Mode::Plain, |_| {}, &knows(4)).unwrap();
    let plain = place.dir.path().join("out");
    let checked = place.dir.path().join("checked");
    let system = knows(3);
    let outcome = place
        .run(
            Mode::Touchstone,
            |run| {
                run.out = &checked;
                run.plain = Some(&plain);
                run.program = "a newer one";
                run.settings.insert("graph".to_owned(), json!("a newer one"));
            },
            &system,
        )
        .unwrap();
    assert!(system.asked.borrow().iter().all(|(mode, _)| *mode == Mode::Touchstone));
    let retention = outcome.touchstone.unwrap().0.metrics["true_claim_retention"];
    assert_eq!((retention.value, retention.n), (Some(0.75), 4));
}

#[test]
fn one_question_that_cannot_be_asked_counts_as_withheld() {
    let place = Place::new();
    let system = Knows { fails: Some("question"), ..knows(6) };
    let outcome = place.run(Mode::Plain, |_| {}, &system).unwrap();
    assert!((outcome.plain.0.metrics["coverage"].value.unwrap() - 5.0 / 6.0).abs() < 1e-12);
    assert_eq!(outcome.plain.0.metrics["tokens_per_question"].n, 5);
    assert!(table(&outcome).to_string().contains("(1 could not be asked)"));
}

#[test]
fn an_engine_that_fails_ends_the_run_with_what_was_done_kept() {
    let place = Place::new();
    place.run_until(Mode::Plain, |_| {}, &knows(6), 2).unwrap();
    let error = place.run(Mode::Plain, |_| {}, &Knows { fails: Some("fatal"), ..knows(6) }).unwrap_err();
    assert_eq!(error.to_string(), "question rivers.jsonl:3 could not be asked: the engine has stopped");
    assert_eq!(place.lines("out/results.jsonl"), 2);
}

#[test]
fn a_sample_is_that_of_its_seed_and_both_modes_answer_it() {
    let place = Place::new();
    let system = knows(6);
    let outcome = place.run(Mode::Touchstone, |run| run.limit = Some(2), &system).unwrap();
    assert_eq!(outcome.plain.0.n, 2);
    let asked = system.asked.borrow();
    assert_eq!(asked.len(), 4);
    assert_eq!(asked[0].1, asked[1].1);
}

#[test]
fn what_is_no_run_is_left_alone() {
    let place = Place::new();
    let out = place.dir.path().join("out");
    std::fs::create_dir(&out).unwrap();
    std::fs::write(out.join("results.jsonl"), "{\"mine\": 1}\n").unwrap();
    let error = place.run(Mode::Plain, |_| {}, &knows(1)).unwrap_err();
    assert!(matches!(error, EvalError::Foreign { .. }), "{error}");
    assert_eq!(std::fs::read_to_string(out.join("results.jsonl")).unwrap(), "{\"mine\": 1}\n");
}

#[test]
fn a_folder_in_use_is_not_written_to_by_another_run() {
    let place = Place::new();
    let out = place.dir.path().join("out");
    place.run_until(Mode::Plain, |_| {}, &knows(6), 1).unwrap();
    let file = std::fs::File::open(out.join("results.jsonl")).unwrap();
    file.lock().unwrap();
    let error = place.run(Mode::Plain, |_| {}, &knows(6)).unwrap_err();
    assert!(matches!(error, EvalError::InUse { .. }), "{error}");
}

#[test]
fn the_progress_line_tells_both() {
    let place = Place::new();
    let out = place.dir.path().join("out");
    let run = Run {
        suite: &place.suite,
        split: "dev",
        data: place.dir.path(),
        limit: None,
        seed: 7,
        mode: Mode::Touchstone,
        model: "m",
        program: "p",
        settings: BTreeMap::new(),
        out: &out,
        plain: None,
    };
    let mut prepared = run.prepare().unwrap();
    let mut last = String::new();
    prepared.ask(&knows(3), &|| false, &mut |progress| last = brief(&progress)).unwrap();
    assert!(prepared.is_complete());
    assert_eq!(last, "plain 50% right, 50% of claims false; touchstone 50% right, 0% of claims false");
}
