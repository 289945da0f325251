//! Tokens per second of a model, for prompts and for generated text, with the
//! kernels in use: `speed MODEL.gguf [TOKENS]`. The rounds alternate between
//! the two, and the best of each counts, because other work disturbs and
//! never helps.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use touchstone_llama::{LlamaEngine, LlamaOptions};
use touchstone_llm::{Engine, Message, Role, Sampling, Until};

const ROUNDS: usize = 5;
/// Different in every round, so that no prefix is shared.
const SENTENCE: &str = " A checked step is one whose every claim has been compared with what is known.";

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let model = arguments.next().ok_or("give the path of a GGUF file")?;
    let tokens: usize = arguments.next().map_or(Ok(64), |tokens| tokens.parse())?;
    let engine = LlamaEngine::load(Path::new(&model), &LlamaOptions::default())?;
    let (mut prompt, mut generated) = (0f64, 0f64);
    for round in 0..ROUNDS {
        let text = format!("{round}: {}", SENTENCE.repeat(24));
        let begun = Instant::now();
        let mut session = engine.open(&[Message::new(Role::User, text)])?;
        // The prompt is computed with the first token that is asked for.
        session.score(&["x"])?;
        let usage = session.usage();
        let fresh = usage.prompt_tokens.saturating_sub(usage.cached_tokens);
        prompt = prompt.max(fresh as f64 / begun.elapsed().as_secs_f64());
        let until = Until::turn(tokens, Sampling::default());
        let begun = Instant::now();
        let written = session.generate(&until, &mut |_| ControlFlow::Continue(()))?;
        generated = generated.max(written.tokens as f64 / begun.elapsed().as_secs_f64());
    }
    println!("{}: prompt {prompt:.0} tokens/s, generation {generated:.0} tokens/s", engine.info().kernels);
    Ok(())
}
