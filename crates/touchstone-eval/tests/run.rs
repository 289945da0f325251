#![allow(clippy::unwrap_used)]
//! Runs as people see them: asked, stopped, continued, compared.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use touchstone_core::{Answer, AnswerStatus, AskReport, Language, Timings, Usage};
use touchstone_eval::judge::Judge;
use touchstone_eval::{
    Baseline, EvalError, Mode, Outcome, Promise, Question, QuestionSet, Run, Suite, System, SystemError,
    World, brief, table,
};

const TOWNS: [(&str, &str); 6] = [
    ("Danube", "Donaueschingen"),
    ("Weser", "Hann. Münden"),
    ("Spree", "Ebersbach"),
    ("Moldau", "Kvilda"),
    ("Aare", "Guttannen"),
    ("Inn", "Maloja"),
];

static JUDGE: std::sync::OnceLock<Judge> = std::sync::OnceLock::new();

/// Knows the first towns; plain, it makes up the others, and checked it
/// withholds them.
#[derive(Default)]
struct Knows {
    towns: usize,
    asked: Mutex<Vec<(Mode, String)>>,
    fails: Option<&'static str>,
}

impl System for Knows {
    fn ask(
        &self,
        mode: Mode,
        question: &Question,
        _stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<AskReport, SystemError> {
        let language = question.language;
        assert_eq!(language, Some(Language::English));
        let question = question.text.as_str();
        self.asked.lock().unwrap().push((mode, question.to_owned()));
        let index = TOWNS.iter().position(|(river, _)| question.contains(river)).unwrap();
        match self.fails {
            Some("question") if index == 0 => return Err(SystemError::Question("too long".into())),
            Some("fatal") => return Err(SystemError::Fatal("the engine has stopped".into())),
            _ => {}
        }
        let (value, status) = match (index < self.towns, mode) {
            (true, _) => (TOWNS[index].1, AnswerStatus::Verified),
            (false, Mode::Plain) => ("Ulm", AnswerStatus::PartlyVerified),
            (false, _) => ("", AnswerStatus::Withheld),
        };
        Ok(AskReport {
            premises: Vec::new(),
            reading: None,
            withholding: None,
            passages: Vec::new(),
            question: question.to_owned(),
            language,
            answer: Answer {
                text: format!("It rises in {value}."),
                values: vec![value.to_owned()],
                status,
                confidence: 1.0,
                claims: vec![],
                model: None,
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
            questions: self.questions(),
            limit: None,
            seed: 7,
            mode,
            model: "m",
            program: "p",
            settings: BTreeMap::from([("max_steps".to_owned(), json!(3))]),
            out: &self.out,
            baseline: Baseline::Ask,
            concurrency: 1,
            judge: JUDGE.get_or_init(Judge::default),
            promise: None,
        };
        change(&mut run);
        let mut prepared = run.prepare()?;
        let given = AtomicUsize::new(0);
        let enough = || given.load(Ordering::SeqCst) >= answers;
        prepared.ask(system, &enough, &mut |_| {
            given.fetch_add(1, Ordering::SeqCst);
        })?;
        prepared.finish()
    }

    fn questions(&self) -> QuestionSet {
        QuestionSet::read(&self.suite, "dev", self.dir.path(), &World::empty().unwrap(), 7).unwrap()
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
    for key in ["suite", "split", "mode", "model", "n", "metrics"] {
        assert!(summary.as_object().unwrap().contains_key(key), "{key}");
    }
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
    assert_eq!((outcome.done, outcome.total, first.asked.lock().unwrap().len()), (5, 12, 5));
    assert!(!place.dir.path().join("out/summary.json").exists());

    // As if the machine had gone down in the middle of a line.
    let path = place.dir.path().join("out/results.jsonl");
    let whole = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() - 9]).unwrap();

    let second = knows(4);
    let outcome = place.run(Mode::Touchstone, |_| {}, &second).unwrap();
    assert!(outcome.complete);
    assert_eq!(second.asked.lock().unwrap().len(), 12 - 4, "one of the five was torn");
    let uninterrupted = Place::new();
    uninterrupted.run(Mode::Touchstone, |_| {}, &knows(4)).unwrap();
    let of = |place: &Place| {
        let mut summary = place.json("out/summary.json");
        // Times differ from run to run.
        summary["metrics"].as_object_mut().unwrap().remove("run_seconds_per_question");
        let differences = summary["against_plain"]["differences"].as_object_mut().unwrap();
        differences.remove("run_seconds_per_question");
        summary
    };
    assert_eq!(of(&place), of(&uninterrupted));

    let third = knows(4);
    place.run(Mode::Touchstone, |_| {}, &third).unwrap();
    assert!(third.asked.lock().unwrap().is_empty(), "a finished run asks nothing");
}

#[test]
fn another_run_in_the_folder_is_refused_and_nothing_is_lost() {
    let place = Place::new();
    place.run(Mode::Plain, |_| {}, &knows(4)).unwrap();
    let before = place.json("out/summary.json");
    let refused = |change: &dyn Fn(&mut Run<'_>)| {
        let system = knows(4);
        let error = place.run(Mode::Plain, change, &system).unwrap_err();
        assert!(system.asked.lock().unwrap().is_empty());
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
                run.baseline = Baseline::Folder(&plain);
                run.program = "a newer one";
                run.settings.insert("graph".to_owned(), json!("a newer one"));
            },
            &system,
        )
        .unwrap();
    assert!(system.asked.lock().unwrap().iter().all(|(mode, _)| *mode == Mode::Touchstone));
    let retention = outcome.summary.metrics["true_claim_retention"];
    assert_eq!((retention.value, retention.n), (Some(0.75), 4));
}

#[test]
fn an_endpoint_is_compared_with_a_finished_plain_run_of_another_model() {
    let place = Place::new();
    let (plain, elsewhere) = (place.dir.path().join("out"), place.dir.path().join("elsewhere"));
    let ask = |system: &Knows| {
        place.run(
            Mode::Endpoint,
            |run| {
                (run.out, run.model) = (&elsewhere, "another model");
                run.baseline = Baseline::Folder(&plain);
                run.settings = BTreeMap::from([("endpoint".to_owned(), json!("http://localhost"))]);
            },
            system,
        )
    };
    place.run_until(Mode::Plain, |_| {}, &knows(4), 2).unwrap();
    let unfinished = knows(4);
    let refused = ask(&unfinished).unwrap_err().to_string();
    assert!(refused.contains("no finished plain run"), "{refused}");
    assert!(unfinished.asked.lock().unwrap().is_empty() && !elsewhere.exists());

    place.run(Mode::Plain, |_| {}, &knows(4)).unwrap();
    let system = knows(3);
    let outcome = ask(&system).unwrap();
    assert!(system.asked.lock().unwrap().iter().all(|(mode, _)| *mode == Mode::Endpoint));
    assert_eq!(outcome.summary.model, "another model");
    assert_eq!(outcome.plain.unwrap().0.model, "m");
    let retention = outcome.summary.metrics["true_claim_retention"];
    assert_eq!((retention.value, retention.n), (Some(0.75), 4));
}

#[test]
fn one_question_that_cannot_be_asked_counts_as_withheld() {
    let place = Place::new();
    let system = Knows { fails: Some("question"), ..knows(6) };
    let outcome = place.run(Mode::Plain, |_| {}, &system).unwrap();
    assert!((outcome.summary.metrics["coverage"].value.unwrap() - 5.0 / 6.0).abs() < 1e-12);
    assert_eq!(outcome.summary.metrics["tokens_per_question"].n, 5);
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
    assert_eq!(outcome.summary.n, 2);
    let asked = system.asked.lock().unwrap();
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
    let mut last = String::new();
    {
        let run = Run {
            suite: &place.suite,
            split: "dev",
            questions: place.questions(),
            limit: None,
            seed: 7,
            mode: Mode::Touchstone,
            model: "m",
            program: "p",
            settings: BTreeMap::new(),
            out: &place.out,
            baseline: Baseline::Ask,
            concurrency: 1,
            judge: JUDGE.get_or_init(Judge::default),
            promise: None,
        };
        let mut prepared = run.prepare().unwrap();
        prepared.ask(&knows(3), &|| false, &mut |progress| last = brief(&progress)).unwrap();
        assert!(prepared.is_complete());
    }
    assert_eq!(last, "plain 50% right, 50% of claims false; touchstone 50% right, 0% of claims false");
}

#[test]
fn several_at_a_time_find_what_one_at_a_time_finds() {
    let one = Place::new();
    one.run(Mode::Touchstone, |_| {}, &knows(4)).unwrap();
    let several = Place::new();
    let system = knows(4);
    let outcome = several.run(Mode::Touchstone, |run| run.concurrency = 4, &system).unwrap();
    assert!(outcome.complete);
    assert_eq!(system.asked.lock().unwrap().len(), 12);
    for name in ["false_claim_rate", "accuracy", "coverage", "false_claim_reduction", "aurc"] {
        let of = |place: &Place| place.json("out/summary.json")["metrics"][name].clone();
        assert_eq!(of(&one), of(&several), "{name}");
    }
}

#[test]
fn a_half_written_line_is_removed_and_said() {
    let place = Place::new();
    place.run_until(Mode::Plain, |_| {}, &knows(4), 3).unwrap();
    let path = place.dir.path().join("out/results.jsonl");
    let whole = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() - 9]).unwrap();
    let last = whole.trim_end().lines().last().unwrap().len() + 1;
    let outcome = place.run(Mode::Plain, |_| {}, &knows(4)).unwrap();
    assert_eq!((outcome.complete, outcome.repaired), (true, last - 9));
    assert_eq!(place.lines("out/results.jsonl"), 6);
}

#[test]
fn a_run_of_another_version_is_refused_and_left_as_it_is() {
    let place = Place::new();
    place.run(Mode::Plain, |_| {}, &knows(4)).unwrap();
    let path = place.dir.path().join("out/run.json");
    let mut info = place.json("out/run.json");
    info["format"] = json!(1);
    std::fs::write(&path, info.to_string()).unwrap();
    let error = place.run(Mode::Plain, |_| {}, &knows(4)).unwrap_err();
    assert!(matches!(error, EvalError::Version { found: 1, .. }), "{error}");
    assert!(error.to_string().contains("a run of format 1"), "{error}");
    assert_eq!(place.lines("out/results.jsonl"), 6);
}

#[test]
fn what_is_no_surer_than_the_threshold_is_withheld_and_the_promise_measured() {
    let place = Place::new();
    let promise = Promise { max_false_rate: 0.1, threshold: 1.0, coverage: 0.0 };
    let outcome = place.run(Mode::Touchstone, |run| run.promise = Some(promise), &knows(6)).unwrap();
    assert_eq!(outcome.summary.metrics["coverage"].value, Some(0.0));
    let conformal = outcome.summary.conformal.unwrap();
    assert_eq!((conformal.measured.value, conformal.measured.n, conformal.kept), (Some(0.0), 6, true));
    assert!(outcome.records.iter().all(|record| record.below_threshold.is_some()));
    let plain = outcome.plain.unwrap().0;
    assert_eq!(plain.metrics["coverage"].value, Some(1.0), "plain promises nothing");
}
