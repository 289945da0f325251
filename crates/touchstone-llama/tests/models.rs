//! Models that lack something, and engines that are asked for too much.
#![allow(clippy::unwrap_used)]

mod small;

use std::fs;
use std::ops::ControlFlow;

use touchstone_llama::{CacheType, LlamaEngine, LlamaOptions};
use touchstone_llm::{Constraint, Engine, LlmError, Message, Role, Sampling, Until};

fn options() -> LlamaOptions {
    LlamaOptions { context_tokens: 512, max_sessions: 1, ..small::options() }
}

#[test]
fn a_model_without_a_chat_template_gets_a_plain_layout() {
    let Some(path) = small::model() else { return };
    let mut file = fs::read(path).unwrap();
    let name = b"tokenizer.chat_template";
    let at = file.windows(name.len()).position(|window| window == name).unwrap();
    // Under another name nothing looks for it.
    file[at + name.len() - 1] = b'X';
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("untemplated.gguf");
    fs::write(&path, &file).unwrap();
    let engine = LlamaEngine::load(&path, &options()).unwrap();
    let beginning = [
        Message::new(Role::System, "You answer every question in a single short sentence."),
        Message::new(Role::User, "What is the colour of snow?"),
        Message::new(Role::Assistant, "Snow is white."),
    ];
    engine.prepare(&beginning).unwrap();
    let chat = [&beginning[..], &[Message::new(Role::User, "What is the colour of grass?")]].concat();
    let mut session = engine.open(&chat).unwrap();
    let until = Until::turn(60, Sampling::default());
    let written = session.generate(&until, &mut |_| ControlFlow::Continue(())).unwrap();
    assert!(!written.text.trim().is_empty());
    assert!(!written.text.contains("\nUser:"), "{}", written.text);
    assert!(session.usage().cached_tokens > 20, "{:?}", session.usage());
}

#[test]
fn characters_that_are_split_over_tokens_stay_whole() {
    let Some(path) = small::model() else { return };
    let engine = LlamaEngine::load(&path, &options()).unwrap();
    let text = "厄瓜多尔的首都是基多，海拔二千八百五十米。";
    let mut session = engine.open(&[Message::new(Role::User, "说中文。")]).unwrap();
    let tokens = session.likelihoods(&[text.into()]).unwrap()[0].tokens;
    assert!(tokens > text.chars().count(), "the test needs a vocabulary that splits characters: {tokens}");
    let start = session.checkpoint();
    session.append(text).unwrap();
    // Back to after each character, and on from there.
    for (at, _) in text.char_indices().skip(1).collect::<Vec<_>>().into_iter().rev() {
        session.rewind(touchstone_llm::Checkpoint(start.0 + at)).unwrap();
        assert_eq!(session.checkpoint().0, start.0 + at);
    }
    session.append(&text[3..]).unwrap();
    let mut pieces = Vec::new();
    let until =
        Until { logprobs: Some(1), ..Until::turn(30, Sampling { temperature: 1.3, top_p: 1.0, seed: 11 }) };
    let written = session
        .stream(&until, &mut |piece| {
            pieces.push(piece.text.to_owned());
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(pieces.concat(), written.text);
    session.rewind(start).unwrap();
    let all = ["基多。", "基加利。", "利马。"];
    let until = Until::constrained(Constraint::choices(all), 40, Sampling::default());
    let mut pieces = Vec::new();
    let chosen = session
        .generate(&until, &mut |text| {
            pieces.push(text.to_owned());
            ControlFlow::Continue(())
        })
        .unwrap();
    assert!(all.contains(&chosen.text.as_str()), "{}", chosen.text);
    assert_eq!(pieces.concat(), chosen.text);
    assert!(pieces.iter().all(|piece| !piece.contains('\u{FFFD}')), "{pieces:?}");
}

#[test]
fn caches_of_all_kinds_work_and_what_contradicts_itself_is_refused() {
    let Some(path) = small::model() else { return };
    for kind in [CacheType::F32, CacheType::Q8, CacheType::Bf16] {
        let options =
            LlamaOptions { cache_type_k: kind, cache_type_v: kind, flash_attention: Some(true), ..options() };
        let engine = LlamaEngine::load(&path, &options).unwrap();
        let mut session = engine.open(&[Message::new(Role::User, "What is the capital of France?")]).unwrap();
        session.append("The capital of France is").unwrap();
        let scores = session.score(&[" Paris", " xylophone"]).unwrap();
        assert!(scores[0] > scores[1], "{kind:?} {scores:?}");
    }
    let options = LlamaOptions { cache_type_v: CacheType::Q8, flash_attention: Some(false), ..options() };
    let error = LlamaEngine::load(&path, &options).err().unwrap();
    assert!(matches!(&error, LlmError::Load { reason, .. } if reason.contains("flash attention")), "{error}");
}
