//! Questions with their answers as statements, true and with the answer of
//! another question of the same file.

use std::path::PathBuf;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use serde::Deserialize;

use super::suite::{id_of, json_line, lines};
use super::{Case, Gold};
use crate::error::EvalError;

#[derive(Deserialize)]
struct Line {
    question: String,
    answers: Vec<String>,
}

/// Tries to find another question's answer that is wrong here.
const TRIES: usize = 50;

pub(super) fn cases(files: &[PathBuf], seed: u64) -> Result<(Vec<Case>, Vec<String>), EvalError> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut cases = Vec::new();
    let mut unwritten = 0;
    for path in files {
        let mut questions = Vec::new();
        for (line, text) in lines(path)? {
            questions.push((line, json_line::<Line>(path, (line, &text))?));
        }
        for (line, question) in &questions {
            let Some(right) = question.answers.first() else { continue };
            let Some(sentence) = statement(&question.question, right) else {
                unwritten += 1;
                continue;
            };
            cases.push(Case::new(format!("{}:true", id_of(path, *line)), sentence, Gold::True, "true"));
            let wrong = (0..TRIES).find_map(|_| {
                let other = questions[random.random_range(0..questions.len())].1.answers.first()?;
                let same = question.answers.iter().any(|answer| answer.eq_ignore_ascii_case(other));
                (!same).then_some(other)
            });
            let Some(sentence) = wrong.and_then(|wrong| statement(&question.question, wrong)) else {
                continue;
            };
            let id = format!("{}:false", id_of(path, *line));
            cases.push(Case::new(id, sentence, Gold::False, "wrong answer"));
        }
    }
    let skipped = (unwritten > 0).then(|| format!("{unwritten} questions of a form that no rule states"));
    Ok((cases, skipped.into_iter().collect()))
}

/// A wh-question with its answer as a sentence, by the grammar of the question.
fn statement(question: &str, answer: &str) -> Option<String> {
    let body = question.trim().trim_end_matches('?').trim();
    let lower = body.to_lowercase();
    for copula in ["is", "are", "was", "were"] {
        for wh in ["what", "who", "which"] {
            let head = format!("{wh} {copula} ");
            if lower.starts_with(&head) {
                let phrase = &body[head.len()..];
                let mut letters = phrase.chars();
                let first = letters.next()?.to_uppercase().to_string();
                return Some(format!("{first}{} {copula} {answer}.", letters.as_str()));
            }
        }
    }
    if let Some(verb) = lower.strip_prefix("who ") {
        return Some(format!("{answer} {}.", &body[body.len() - verb.len()..]));
    }
    // "Which element has the symbol Au": the answer is the subject.
    let noun = ["which ", "what "].iter().find_map(|wh| lower.strip_prefix(wh))?;
    let verb = noun.split_whitespace().nth(1)?;
    let finite = ["has", "is", "was", "are", "were", "had"].contains(&verb);
    let tail = noun.split_once(' ')?.1;
    finite.then(|| format!("{answer} {}.", &body[body.len() - tail.len()..]))
}

#[cfg(test)]
mod tests {
    use super::statement;

    #[test]
    fn questions_become_statements() {
        let of = |question| statement(question, "Z").unwrap_or_default();
        assert_eq!(of("What is the capital of Y?"), "The capital of Y is Z.");
        assert_eq!(of("Who wrote Y?"), "Z wrote Y.");
        assert_eq!(of("Which river has the largest basin?"), "Z has the largest basin.");
        assert_eq!(of("How many legs has Y?"), "");
    }
}
