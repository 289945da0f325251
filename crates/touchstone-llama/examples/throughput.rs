//! Tokens per second and time to the first token for several numbers of
//! sequences at a time, as JSON lines:
//! `throughput MODEL.gguf [SEQUENCES,…] [PROMPT_TOKENS] [TOKENS] [GPU_LAYERS]`.
//! Prompts differ from their first word on, so that nothing is shared.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use touchstone_llama::{LlamaEngine, LlamaOptions};
use touchstone_llm::{Engine, LlmError, Message, Role, Sampling, Until};

const SENTENCE: &str = " A checked step is one whose every claim has been compared with what is known.";

/// Seconds to the first and the last token, and how many there were.
struct Timed {
    first: f64,
    last: f64,
    prompt: usize,
    tokens: usize,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let model = arguments.first().ok_or("give the path of a GGUF file")?;
    let number = |at: usize, default: usize| arguments.get(at).map_or(Ok(default), |n| n.parse());
    let sequences = arguments.get(1).map_or("1,8,32,128", String::as_str);
    let sequences: Vec<usize> = sequences.split(',').map(str::parse).collect::<Result<_, _>>()?;
    let (prompt, tokens) = (number(2, 128)?, number(3, 64)?);
    let gpu_layers = arguments.get(4).map(|layers| layers.parse()).transpose()?;
    for sequences in sequences {
        let options = LlamaOptions {
            context_tokens: u32::try_from(prompt + tokens + 64)?,
            max_sessions: u32::try_from(sequences)?,
            gpu_layers,
            batch_tokens: 512,
            ..LlamaOptions::default()
        };
        let engine = LlamaEngine::load(Path::new(model), &options)?;
        // The first decode of a context is slower than the others.
        ask(&engine, "warm", 16, 4)?;
        let begun = Instant::now();
        let timed: Vec<Result<Timed, LlmError>> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..sequences)
                .map(|i| {
                    let engine = &engine;
                    scope.spawn(move || ask(engine, &format!("{i}"), prompt, tokens))
                })
                .collect();
            let lost = || LlmError::Failed { reason: "a thread failed".to_owned() };
            threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Err(lost()))).collect()
        });
        let seconds = begun.elapsed().as_secs_f64();
        let timed = timed.into_iter().collect::<Result<Vec<Timed>, _>>()?;
        let mean = |of: fn(&Timed) -> f64| timed.iter().map(of).sum::<f64>() / timed.len() as f64;
        let generated: usize = timed.iter().map(|t| t.tokens).sum();
        // From the last first token on, all sequences only generate.
        let filled = timed.iter().map(|t| t.first).fold(0.0, f64::max);
        let line = serde_json::json!({
            "kernels": engine.info().kernels,
            "sequences": sequences,
            "prompt_tokens": timed.iter().map(|t| t.prompt).sum::<usize>(),
            "generated_tokens": generated,
            "seconds": seconds,
            "first_token_s": mean(|t| t.first),
            "slowest_first_token_s": filled,
            "last_token_s": mean(|t| t.last),
            "generated_per_s": generated as f64 / seconds,
            "generated_per_s_after_prompts": (generated - sequences) as f64 / (seconds - filled).max(1e-9),
        });
        println!("{line}");
    }
    Ok(())
}

fn ask(engine: &LlamaEngine, name: &str, prompt: usize, tokens: usize) -> Result<Timed, LlmError> {
    // A sentence has 16 tokens or a little more.
    let text = format!("{name}: {}", SENTENCE.repeat(prompt.div_ceil(16).max(1)));
    let mut session = engine.open(&[Message::new(Role::User, text)])?;
    let begun = Instant::now();
    let (mut first, mut written) = (0.0, 0);
    // The end of the turn is not waited for: a new one is begun.
    while written < tokens {
        let until = Until::turn(tokens - written, Sampling { temperature: 0.8, top_p: 0.95, seed: 1 });
        let generated = session.generate(&until, &mut |text| {
            if first == 0.0 && !text.is_empty() {
                first = begun.elapsed().as_secs_f64();
            }
            ControlFlow::Continue(())
        })?;
        written += generated.tokens;
        session.append(" And")?;
        written += 1;
    }
    let prompt = session.usage().prompt_tokens;
    Ok(Timed { first, last: begun.elapsed().as_secs_f64(), prompt, tokens: written })
}
