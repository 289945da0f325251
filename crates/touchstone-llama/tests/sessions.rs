//! The engine with the small model: what sessions promise, not what the
//! model knows.
#![allow(clippy::unwrap_used)]

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::LazyLock;

use touchstone_llama::{LlamaEngine, LlamaOptions};
use touchstone_llm::{Engine, LlmError, Message, Role, Sampling, Session, StopRule, Until};

const FILE: &str = "SmolLM2-135M-Instruct.Q4_1.gguf";

fn model() -> Option<PathBuf> {
    let folder = std::env::var_os("TOUCHSTONE_MODELS")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache/touchstone/models")))?;
    let path = folder.join(FILE);
    if path.is_file() {
        return Some(path);
    }
    assert!(std::env::var_os("TOUCHSTONE_REQUIRE_MODEL").is_none(), "{FILE} is not in {}", folder.display());
    eprintln!("skipped: {FILE} is not there; `make model` fetches it");
    None
}

static ENGINE: LazyLock<Option<LlamaEngine>> = LazyLock::new(|| {
    let options = LlamaOptions { context_tokens: 1024, max_sessions: 8, ..LlamaOptions::default() };
    model().map(|path| LlamaEngine::load(&path, &options).unwrap())
});

/// An engine of its own: with other sessions in the same batch, sums are
/// rounded differently.
fn alone() -> Option<LlamaEngine> {
    let options = LlamaOptions { context_tokens: 1024, max_sessions: 2, ..LlamaOptions::default() };
    model().map(|path| LlamaEngine::load(&path, &options).unwrap())
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
