//! Prepared prompts: computed once, kept over runs.
#![allow(clippy::unwrap_used)]

mod small;

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use touchstone_llama::{CacheType, LlamaEngine, LlamaOptions, PromptCache};
use touchstone_llm::{Engine, Message, Role, Sampling, Until};

fn engine(cache: Option<&Path>, kind: CacheType) -> Option<LlamaEngine> {
    let cache = cache.map(|folder| PromptCache { folder: folder.to_owned(), max_bytes: 1 << 30 });
    let options = LlamaOptions {
        context_tokens: 512,
        max_sessions: 2,
        cache_type_k: kind,
        prompt_cache: cache,
        ..small::options()
    };
    small::model().map(|path| LlamaEngine::load(&path, &options).unwrap())
}

fn beginning() -> Vec<Message> {
    vec![
        Message::new(Role::System, "You answer with one short sentence. ".repeat(8)),
        Message::new(Role::User, "What is the colour of snow?"),
        Message::new(Role::Assistant, "Snow is white."),
    ]
}

/// A line, and how many of the prompt's tokens were there already.
fn ask(engine: &LlamaEngine, question: &str) -> (String, usize) {
    let mut chat = beginning();
    chat.push(Message::new(Role::User, question));
    let mut session = engine.open(&chat).unwrap();
    let until = Until::line(12, Sampling::default());
    let written = session.generate(&until, &mut |_| ControlFlow::Continue(())).unwrap();
    (written.text, session.usage().cached_tokens)
}

fn states(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.extension().is_some_and(|extension| extension == "kv")).collect()
}

#[test]
fn a_prepared_prompt_is_there_in_the_next_run() {
    let folder = tempfile::tempdir().unwrap();
    let Some(plain) = engine(None, CacheType::F16) else { return };
    let (expected, cached) = ask(&plain, "What is the colour of grass?");
    assert_eq!(cached, 0);
    drop(plain);

    let first = engine(Some(folder.path()), CacheType::F16).unwrap();
    first.prepare(&beginning()).unwrap();
    let (text, cached) = ask(&first, "What is the colour of grass?");
    assert!(cached > 80, "{cached}");
    assert_eq!(text, expected);
    drop(first);
    let [path] = states(folder.path()).try_into().unwrap();
    let state = fs::read(&path).unwrap();

    // In the next run nothing of it is computed, and the file is not written.
    fs::File::options().append(true).open(&path).unwrap();
    let second = engine(Some(folder.path()), CacheType::F16).unwrap();
    second.prepare(&beginning()).unwrap();
    second.prepare(&beginning()).unwrap();
    assert_eq!(ask(&second, "What is the colour of grass?"), (expected.clone(), cached));
    assert!(ask(&second, "What is the colour of the sky?").1 >= cached);
    drop(second);
    assert_eq!(fs::read(&path).unwrap(), state);

    // A damaged file is not used, and is made anew.
    let mut damaged = state.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    fs::write(&path, &damaged).unwrap();
    let third = engine(Some(folder.path()), CacheType::F16).unwrap();
    third.prepare(&beginning()).unwrap();
    assert_eq!(ask(&third, "What is the colour of grass?").0, expected);
    drop(third);
    assert_eq!(fs::read(&path).unwrap().len(), state.len());
    assert_ne!(fs::read(&path).unwrap(), damaged);

    // Another kind of cache has states of its own.
    let fourth = engine(Some(folder.path()), CacheType::Q8).unwrap();
    fourth.prepare(&beginning()).unwrap();
    assert!(ask(&fourth, "What is the colour of grass?").1 > 80);
    assert_eq!(states(folder.path()).len(), 2);
}

#[test]
fn a_folder_that_cannot_be_used_stops_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "not a folder").unwrap();
    let Some(engine) = engine(Some(&file), CacheType::F16) else { return };
    engine.prepare(&beginning()).unwrap();
    assert!(ask(&engine, "What is the colour of grass?").1 > 80);
}
