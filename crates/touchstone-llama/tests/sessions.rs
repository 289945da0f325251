//! The engine with the small model: what sessions promise, not what the
//! model knows.
#![allow(clippy::unwrap_used)]

mod small;

use std::ops::ControlFlow;
use std::sync::LazyLock;

use touchstone_llama::{LlamaEngine, LlamaOptions};
use touchstone_llm::{
    Alternative, Constraint, Engine, FinishReason, Generated, LlmError, Message, Role, Sampling, Session,
    StopRule, TokenLogprob, Until,
};

static ENGINE: LazyLock<Option<LlamaEngine>> = LazyLock::new(|| {
    let options = LlamaOptions { context_tokens: 1024, max_sessions: 8, ..small::options() };
    small::model().map(|path| LlamaEngine::load(&path, &options).unwrap())
});

/// An engine of its own: with other sessions in the same batch, sums are
/// rounded differently.
fn alone() -> Option<LlamaEngine> {
    let options = LlamaOptions { context_tokens: 1024, max_sessions: 2, ..small::options() };
    small::model().map(|path| LlamaEngine::load(&path, &options).unwrap())
}

fn chat(text: &str) -> Vec<Message> {
    vec![Message::new(Role::System, "You answer briefly."), Message::new(Role::User, text)]
}

fn line() -> Until {
    Until::line(24, Sampling::default())
}

fn generate(session: &mut dyn Session, until: &Until) -> String {
    let mut seen = String::new();
    let generated = session
        .generate(until, &mut |text| {
            seen.push_str(text);
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(seen, generated.text);
    generated.text
}

#[test]
fn the_same_chat_gives_the_same_line() {
    let Some(engine) = alone() else { return };
    assert!(!engine.info().kernels.is_empty());
    let first = generate(&mut *engine.open(&chat("Name three colours.")).unwrap(), &line());
    let again = generate(&mut *engine.open(&chat("Name three colours.")).unwrap(), &line());
    assert_eq!(first, again);
    assert!(!first.trim().is_empty());
}

#[test]
fn rewinding_gives_the_same_line_again() {
    let Some(engine) = alone() else { return };
    let mut session = engine.open(&chat("Write about the sea.")).unwrap();
    let start = session.checkpoint();
    let first = generate(&mut *session, &line());
    session.append("\nSomething quite different, which must be forgotten.\n").unwrap();
    session.rewind(start).unwrap();
    assert_eq!(generate(&mut *session, &line()), first);
    let before = session.usage().generated_tokens;
    assert!(before > 0);
}

#[test]
fn a_fork_goes_its_own_way() {
    let Some(engine) = alone() else { return };
    let mut session = engine.open(&chat("Count from one to ten.")).unwrap();
    session.append("One, two,").unwrap();
    let mut fork = session.fork().unwrap();
    let own = generate(&mut *session, &line());
    assert_eq!(generate(&mut *fork, &line()), own);
    fork.append("\nBananas are").unwrap();
    let apart = generate(&mut *fork, &line());
    assert_ne!(apart, own);
}

#[test]
fn forbidden_words_are_not_written() {
    let Some(engine) = ENGINE.as_ref() else { return };
    let mut session = engine.open(&chat("Write about the sea.")).unwrap();
    let start = session.checkpoint();
    let first = generate(&mut *session, &line());
    let word =
        first.split_whitespace().max_by_key(|word| word.len()).unwrap().trim_matches(['.', ',']).to_owned();
    session.rewind(start).unwrap();
    let until = Until { forbidden: vec![word.clone()], ..line() };
    let second = generate(&mut *session, &until);
    assert!(!second.contains(&word), "{word}: {second}");
}

#[test]
fn likelier_words_score_higher() {
    let Some(engine) = ENGINE.as_ref() else { return };
    let mut session = engine.open(&chat("What is the capital of France?")).unwrap();
    session.append("The capital of France is").unwrap();
    let before = session.checkpoint();
    let scores = session.score(&[" Paris", " xylophone"]).unwrap();
    assert!(scores[0] > scores[1], "{scores:?}");
    assert_eq!(session.checkpoint(), before);
}

#[test]
fn what_is_given_is_not_scored() {
    let Some(engine) = ENGINE.as_ref() else { return };
    let mut session = engine.open(&chat("What is the capital of France?")).unwrap();
    let joined = session
        .likelihoods(&[
            Alternative { given: "The capital of France is", text: " Paris" },
            Alternative { given: "The capital of France is", text: "" },
            Alternative::from("The capital of France is"),
            Alternative::from("The capital of France is Paris"),
        ])
        .unwrap();
    session.append("The capital of France is").unwrap();
    let alone = session.likelihoods(&[Alternative::from(" Paris")]).unwrap();
    assert_eq!(joined[0].tokens, alone[0].tokens);
    assert!((joined[0].log - alone[0].log).abs() < 0.1, "{joined:?} {alone:?}");
    assert_eq!((joined[1].log, joined[1].tokens), (0.0, 0));
    assert!((joined[2].log + joined[0].log - joined[3].log).abs() < 0.1, "{joined:?}");
}

#[test]
fn many_alternatives_are_scored_as_each_alone() {
    let Some(engine) = ENGINE.as_ref() else { return };
    let texts: Vec<String> = (0..150).map(|i| format!(" the film number {i} of {}", i % 7)).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let mut session = engine.open(&chat("Name a film.")).unwrap();
    let together = session.score(&texts).unwrap();
    for at in [0, 63, 64, 149] {
        let alone = session.score(&texts[at..=at]).unwrap()[0];
        assert!((together[at] - alone).abs() < 0.02 * alone.abs(), "{at}: {} {alone}", together[at]);
    }
}

fn constrained(session: &mut dyn Session, constraint: Constraint) -> Generated {
    let until = Until::constrained(constraint, 60, Sampling::default());
    session.generate(&until, &mut |_| ControlFlow::Continue(())).unwrap()
}

#[test]
fn one_of_the_choices_is_written() {
    let Some(engine) = ENGINE.as_ref() else { return };
    let mut session = engine.open(&chat("What is the capital of France?")).unwrap();
    session.append("The capital of France is").unwrap();
    let before = session.checkpoint();
    let choices = Constraint::choices([" Reykjavik", " Paris", " Paris, Texas, United States"]);
    let written = constrained(&mut *session, choices);
    assert_eq!((written.text.as_str(), written.finish), (" Paris", FinishReason::Stop));
    session.rewind(before).unwrap();
    let only = constrained(&mut *session, Constraint::choices([" Ouagadougou and Bobo-Dioulasso"]));
    assert_eq!(only.text, " Ouagadougou and Bobo-Dioulasso");
    assert_eq!((only.forced_tokens, only.finish), (only.tokens, FinishReason::Stop));
    session.rewind(before).unwrap();
    let until = Until {
        forbidden: vec!["Paris".into()],
        ..Until::constrained(Constraint::choices([" Paris", " Lyon"]), 60, Sampling::default())
    };
    assert_eq!(generate(&mut *session, &until), " Lyon");
    session.append(".").unwrap();
    let none = Until::constrained(Constraint::choices([""; 0]), 60, Sampling::default());
    let error = session.generate(&none, &mut |_| ControlFlow::Continue(())).unwrap_err();
    assert!(matches!(error, LlmError::Constraint { .. }), "{error}");
}

#[test]
fn chinese_choices_are_written_whole() {
    let Some(engine) = ENGINE.as_ref() else { return };
    let mut session = engine.open(&chat("法国的首都是哪里？")).unwrap();
    session.append("法国的首都是").unwrap();
    let written = constrained(&mut *session, Constraint::choices(["巴黎。", "雷克雅未克。"]));
    assert!(["巴黎。", "雷克雅未克。"].contains(&written.text.as_str()), "{}", written.text);
    session.append("它在").unwrap();
    let line = generate(&mut *session, &Until::line(40, Sampling { temperature: 1.0, top_p: 1.0, seed: 5 }));
    assert!(!line.contains('\u{FFFD}') || line.chars().count() > 1, "{line:?}");
}

#[test]
fn a_regular_expression_holds() {
    let Some(engine) = ENGINE.as_ref() else { return };
    let mut session = engine.open(&chat("In which year did the war end?")).unwrap();
    session.append("It ended in").unwrap();
    let written = constrained(&mut *session, Constraint::Regex(r" (18|19)[0-9]{2}\.".into()));
    let year: u32 = written.text.trim().trim_end_matches('.').parse().unwrap();
    assert!((1800..2000).contains(&year), "{}", written.text);
    assert_eq!(written.finish, FinishReason::Stop);
    for bad in [Constraint::Regex("(".into()), Constraint::JsonSchema("{".into())] {
        let until = Until::constrained(bad, 10, Sampling::default());
        let error = session.generate(&until, &mut |_| ControlFlow::Continue(())).unwrap_err();
        assert!(matches!(error, LlmError::Constraint { .. }), "{error}");
    }
}

#[test]
fn json_follows_its_schema_and_what_is_certain_is_not_sampled() {
    let Some(engine) = ENGINE.as_ref() else { return };
    let schema = r#"{"type": "object", "properties": {
        "capital": {"type": "string", "maxLength": 20}, "continent": {"enum": ["Europe", "Asia"]}},
        "required": ["capital", "continent"], "additionalProperties": false}"#;
    let mut session = engine.open(&chat("Describe France as JSON.")).unwrap();
    let written = constrained(&mut *session, Constraint::JsonSchema(schema.into()));
    let value: serde_json::Value = serde_json::from_str(&written.text).unwrap();
    assert!(value["capital"].is_string(), "{value}");
    assert!(["Europe", "Asia"].contains(&value["continent"].as_str().unwrap()));
    assert!(written.forced_tokens > 4, "{written:?}");
}

#[test]
fn a_lark_grammar_holds() {
    let Some(engine) = ENGINE.as_ref() else { return };
    let mut session = engine.open(&chat("List colours.")).unwrap();
    let grammar = "start: COLOUR (\", \" COLOUR){1,2} \".\"\nCOLOUR: \"red\" | \"green\" | \"blue\"\n";
    let written = constrained(&mut *session, Constraint::Lark(grammar.into()));
    let colours: Vec<&str> = written.text.strip_suffix('.').unwrap().split(", ").collect();
    assert!((2..=3).contains(&colours.len()), "{}", written.text);
    assert!(colours.iter().all(|colour| ["red", "green", "blue"].contains(colour)));
}

#[test]
fn tokens_come_with_their_log_probabilities() {
    let Some(engine) = ENGINE.as_ref() else { return };
    let mut session = engine.open(&chat("Write about the sea.")).unwrap();
    let until = Until { logprobs: Some(3), ..line() };
    let (mut text, mut tokens) = (String::new(), Vec::<TokenLogprob>::new());
    let generated = session
        .stream(&until, &mut |piece| {
            text.push_str(piece.text);
            tokens.extend_from_slice(piece.tokens);
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(text, generated.text);
    let bytes: Vec<u8> = tokens.iter().flat_map(|token| token.bytes.clone()).collect();
    assert!(bytes.starts_with(text.as_bytes()), "{text:?}");
    for token in &tokens {
        // The likeliest was taken.
        assert_eq!((token.top.len(), token.top[0].1), (3, token.logprob));
        assert!(token.logprob <= 0.0 && token.top[1].1 <= token.logprob);
    }
    let scored: f64 = {
        let mut again = engine.open(&chat("Write about the sea.")).unwrap();
        again.score(&[&text]).unwrap()[0]
    };
    let summed: f64 = tokens.iter().map(|token| token.logprob).sum();
    assert!((scored - summed).abs() < 0.05 * summed.abs() + 0.5, "{scored} {summed}");
}

#[test]
fn a_generation_ends_in_time() {
    let Some(engine) = ENGINE.as_ref() else { return };
    let mut session = engine.open(&chat("Tell a long story.")).unwrap();
    let until =
        Until { time_limit: Some(std::time::Duration::ZERO), ..Until::turn(400, Sampling::default()) };
    let generated = session.generate(&until, &mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!(generated.finish, FinishReason::Time);
    assert!(generated.tokens < 400);
    assert!(!generate(&mut *session, &line()).trim().is_empty());
}

#[test]
fn a_string_stops_the_text() {
    let Some(engine) = ENGINE.as_ref() else { return };
    let mut session = engine.open(&chat("Count.")).unwrap();
    session.append("1, 2, 3, 4, 5,").unwrap();
    let until = Until { stop: StopRule::Strings(vec![",".into()]), ..line() };
    let text = generate(&mut *session, &until);
    assert!(!text.contains(','), "{text}");
}

#[test]
fn listeners_can_break_off_and_others_go_on() {
    let Some(engine) = ENGINE.as_ref() else { return };
    let broken = std::thread::spawn(|| {
        let engine = ENGINE.as_ref().unwrap();
        let mut session = engine.open(&chat("Tell a long story.")).unwrap();
        let until = Until { stop: StopRule::Strings(Vec::new()), max_tokens: 400, ..line() };
        session.generate(&until, &mut |_| ControlFlow::Break(()))
    });
    let expected = generate(&mut *engine.open(&chat("Write about the sea.")).unwrap(), &line());
    assert!(matches!(broken.join().unwrap(), Err(LlmError::Cancelled)));
    let threads: Vec<_> = (0..4)
        .map(|_| {
            std::thread::spawn(|| {
                let engine = ENGINE.as_ref().unwrap();
                generate(&mut *engine.open(&chat("Write about the sea.")).unwrap(), &line())
            })
        })
        .collect();
    for thread in threads {
        let text = thread.join().unwrap();
        assert!(!text.trim().is_empty());
        // Batches of other sizes may round differently, but not at once.
        assert_eq!(text.split_whitespace().next(), expected.split_whitespace().next());
    }
}

/// An engine with one session, a queue and a time to wait in it.
fn narrow(queue: usize, seconds: u64) -> Option<LlamaEngine> {
    let options = LlamaOptions {
        context_tokens: 256,
        max_sessions: 1,
        queue,
        queue_wait: std::time::Duration::from_secs(seconds),
        ..small::options()
    };
    small::model().map(|path| LlamaEngine::load(&path, &options).unwrap())
}

#[test]
fn sessions_wait_for_their_turn() {
    let hello = chat("Say hello.");
    for (queue, seconds) in [(0, 600), (1, 0)] {
        let Some(engine) = narrow(queue, seconds) else { return };
        let _first = engine.open(&hello);
        assert!(matches!(engine.open(&hello), Err(LlmError::Busy { limit: 1 })));
    }
    let engine = narrow(1, 600).unwrap();
    let first = engine.open(&hello).unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| engine.open(&hello).map(drop));
        std::thread::sleep(std::time::Duration::from_millis(50));
        assert!(!waiting.is_finished());
        drop(first);
        assert!(waiting.join().unwrap().is_ok());
    });
    assert!(engine.open(&hello).is_ok());
}

#[test]
fn forks_do_not_wait() {
    let Some(engine) = narrow(8, 600) else { return };
    let mut session = engine.open(&chat("Say hello.")).unwrap();
    let forks: Vec<_> = (0..16).map(|_| session.fork().unwrap()).collect();
    assert!(matches!(session.fork(), Err(LlmError::Busy { .. })));
    drop(forks);
    assert!(session.fork().is_ok());
}

#[test]
fn forks_beyond_the_cache_fail_and_leave_the_others() {
    let options = LlamaOptions { context_tokens: 256, max_sessions: 1, ..small::options() };
    let Some(path) = small::model() else { return };
    let engine = LlamaEngine::load(&path, &options).unwrap();
    let mut first = engine.open(&chat("Tell a story.")).unwrap();
    let mut forks: Vec<_> = (0..12).map(|_| first.fork().unwrap()).collect();
    // Together they need more than twice the cache.
    let mut ended: Vec<Result<(), LlmError>> = Vec::new();
    for (i, fork) in forks.iter_mut().enumerate() {
        fork.append(&format!(" {i}{}", " sea".repeat(180))).unwrap();
        ended.push(fork.score(&[" and", " or"]).map(drop));
    }
    assert!(ended[0].is_ok(), "{ended:?}");
    assert!(ended.iter().any(|end| matches!(end, Err(LlmError::Busy { .. }))), "{ended:?}");
    assert!(!generate(&mut *first, &line()).trim().is_empty());
    drop(forks);
    assert!(!generate(&mut *first.fork().unwrap(), &line()).trim().is_empty());
}

#[test]
fn what_does_not_fit_into_the_context_is_refused_before_it_is_computed() {
    let options = LlamaOptions { context_tokens: 128, max_sessions: 1, ..small::options() };
    let Some(path) = small::model() else { return };
    let engine = LlamaEngine::load(&path, &options).unwrap();
    let long = "word ".repeat(2000);
    assert!(matches!(engine.open(&chat(&long)), Err(LlmError::ContextFull { limit: 128, .. })));
    let mut session = engine.open(&chat("Hello")).unwrap();
    assert!(matches!(session.append(&long), Err(LlmError::ContextFull { .. })));
    assert!(matches!(session.score(&["x", &long]), Err(LlmError::ContextFull { .. })));
    // What was refused is not in the session, and what fits is written.
    session.append("Once upon a time").unwrap();
    let rest = Until { stop: StopRule::Strings(Vec::new()), max_tokens: 5000, ..line() };
    let mut finish = FinishReason::EndOfText;
    for _ in 0..60 {
        match session.generate(&rest, &mut |_| ControlFlow::Continue(())) {
            Ok(generated) => finish = generated.finish,
            Err(error) => {
                assert!(matches!(error, LlmError::ContextFull { limit: 128, .. }), "{error}");
                finish = FinishReason::Length;
            }
        }
        if finish == FinishReason::Length || session.append(" and then").is_err() {
            finish = FinishReason::Length;
            break;
        }
    }
    assert_eq!(finish, FinishReason::Length);
}

#[test]
fn what_is_no_model_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("truncated.gguf");
    std::fs::write(&path, b"GGUF\x03\0\0\0 and then nothing").unwrap();
    let error = LlamaEngine::load(&path, &LlamaOptions::default()).err().unwrap().to_string();
    assert!(error.contains("truncated.gguf"), "{error}");
    let missing = LlamaEngine::load(&folder.path().join("none.gguf"), &LlamaOptions::default());
    assert!(missing.is_err());
}
