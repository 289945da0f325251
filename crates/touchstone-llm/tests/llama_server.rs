//! The remote engine against a real llama-server, where
//! `TOUCHSTONE_LLAMA_SERVER` names the address of one (any chat model);
//! without it these tests only say that they were skipped.
#![allow(clippy::unwrap_used)]

use std::ops::ControlFlow;

use touchstone_llm::remote::{RemoteEngine, RemoteOptions};
use touchstone_llm::{
    Alternative, Constraint, Engine, FinishReason, Generated, Message, Role, Sampling, Session, Until,
};

fn engine() -> Option<RemoteEngine> {
    let Ok(url) = std::env::var("TOUCHSTONE_LLAMA_SERVER") else {
        eprintln!("skipped: TOUCHSTONE_LLAMA_SERVER names no server");
        return None;
    };
    Some(RemoteEngine::connect(&RemoteOptions::new(url)).unwrap())
}

fn open(engine: &RemoteEngine, question: &str) -> Box<dyn Session> {
    engine.open(&[Message::new(Role::System, "Be brief."), Message::new(Role::User, question)]).unwrap()
}

fn generate(session: &mut dyn Session, until: &Until) -> Generated {
    session.generate(until, &mut |_| ControlFlow::Continue(())).unwrap()
}

#[test]
fn it_is_recognised_and_goes_on_with_a_reply() {
    let Some(engine) = engine() else { return };
    assert!(engine.info().kernels.contains("llama-server"), "{:?}", engine.info());
    let mut session = open(&engine, "Count from one to ten.");
    session.append("One, two, three, four,").unwrap();
    let written = generate(&mut *session, &Until::line(24, Sampling::default()));
    assert!(written.text.trim_start().to_lowercase().starts_with("five"), "{}", written.text);
    assert!(session.usage().generated_tokens > 0);
}

#[test]
fn constraints_hold() {
    let Some(engine) = engine() else { return };
    let mut session = open(&engine, "What is the capital of France?");
    session.append("The capital of France is").unwrap();
    let start = session.checkpoint();
    let until = |constraint| Until::constrained(constraint, 64, Sampling::default());
    let choices = Constraint::choices([" Reykjavík", " \"Paris\"", " Paris", " 里昂"]);
    let written = generate(&mut *session, &until(choices));
    assert!(written.text.contains("Paris"), "{}", written.text);
    assert_eq!(written.finish, FinishReason::Stop);
    session.rewind(start).unwrap();
    let schema = r#"{"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}"#;
    let mut json = open(&engine, "Give me a number as JSON.");
    let written = generate(&mut *json, &until(Constraint::JsonSchema(schema.into())));
    assert!(
        serde_json::from_str::<serde_json::Value>(&written.text).unwrap()["n"].is_i64(),
        "{}",
        written.text
    );
    let mut year = open(&engine, "In which year was the French Revolution?");
    let written = generate(&mut *year, &until(Constraint::Regex("1[0-9]{3}".into())));
    assert!(written.text.len() == 4 && written.text.starts_with('1'), "{}", written.text);
}

#[test]
fn likelier_texts_score_higher_and_forbidden_ones_are_not_written() {
    let Some(engine) = engine() else { return };
    let mut session = open(&engine, "What is the capital of France?");
    session.append("The capital of France is").unwrap();
    let scores = session.score(&[" Paris", " xylophone", " Lyon"]).unwrap();
    assert!(scores[0] > scores[1] && scores[0] > scores[2], "{scores:?}");
    let given = [
        Alternative { given: " Paris, and the capital of Italy is", text: " Rome" },
        Alternative { given: " Paris, and the capital of Italy is", text: " Xanadu" },
    ];
    let behind = session.likelihoods(&given).unwrap();
    assert!(behind[0].log > behind[1].log, "{behind:?}");
    let until = Until { forbidden: vec!["Paris".into()], ..Until::line(16, Sampling::default()) };
    let written = generate(&mut *session, &until);
    assert!(!written.text.contains("Paris"), "{}", written.text);
}

#[test]
fn log_probabilities_come_with_the_text() {
    let Some(engine) = engine() else { return };
    let mut session = open(&engine, "Name a colour.");
    let until = Until { logprobs: Some(2), ..Until::line(12, Sampling::default()) };
    let (mut tokens, mut text) = (Vec::new(), String::new());
    let written = session
        .stream(&until, &mut |piece| {
            tokens.extend_from_slice(piece.tokens);
            text.push_str(piece.text);
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(text, written.text);
    assert!(!tokens.is_empty() && tokens.iter().all(|token| token.logprob <= 0.0 && token.top.len() == 2));
}
