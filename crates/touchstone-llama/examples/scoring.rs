//! How long it takes to score alternatives on a shared prefix, together and
//! one by one: `scoring MODEL.gguf [ALTERNATIVES]`.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use touchstone_llama::{LlamaEngine, LlamaOptions};
use touchstone_llm::{Alternative, Engine, Message, Role};

const ROUNDS: usize = 3;
const RELATIONS: [&str; 7] =
    ["makers", "owners", "neighbours", "materials", "colours", "first sellers", "oldest parts"];

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let model = arguments.next().ok_or("give the path of a GGUF file")?;
    let count: usize = arguments.next().map_or(Ok(48), |count| count.parse())?;
    let engine = LlamaEngine::load(Path::new(&model), &LlamaOptions::default())?;
    // As paths of two and three hops are put into words.
    let texts: Vec<String> = (0..count)
        .map(|i| {
            let part = |at: usize| RELATIONS[(i / 7usize.pow(at as u32)) % 7];
            format!(" the {} of the {} of the {} of the bench", part(0), part(1), part(2))
        })
        .collect();
    let mut session = engine.open(&[Message::new(Role::User, "Who sold the bench's planks first?")])?;
    session.append("The question asks for")?;
    session.score(&["x"])?;
    let (mut together, mut apart, mut after) = (f64::INFINITY, f64::INFINITY, f64::INFINITY);
    let mut tokens = 0;
    for _ in 0..ROUNDS {
        let alternatives: Vec<Alternative<'_>> =
            texts.iter().map(|text| Alternative::from(text.as_str())).collect();
        let begun = Instant::now();
        let scored = session.likelihoods(&alternatives)?;
        together = together.min(begun.elapsed().as_secs_f64());
        tokens = scored.iter().map(|likelihood| likelihood.tokens).sum();
        let begun = Instant::now();
        for text in &texts {
            session.score(&[text])?;
        }
        apart = apart.min(begun.elapsed().as_secs_f64());
        let given: Vec<Alternative<'_>> = texts
            .iter()
            .map(|text| Alternative { given: text, text: "? Who sold the bench's planks first?" })
            .collect();
        let begun = Instant::now();
        session.likelihoods(&given)?;
        after = after.min(begun.elapsed().as_secs_f64());
    }
    println!(
        "{}: {count} alternatives of {tokens} tokens: together {together:.2} s, one by one {apart:.2} s ({:.1} times); a question behind each {after:.2} s",
        engine.info().kernels,
        apart / together
    );
    Ok(())
}
