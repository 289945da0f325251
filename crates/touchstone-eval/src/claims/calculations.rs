//! Worked sentences with `<<48/2=24>>` marks: every calculation as it stands
//! in its sentence, and again with one digit of the result changed.

use std::path::PathBuf;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use serde::Deserialize;

use super::suite::{id_of, json_line, lines};
use super::{Case, Gold};
use crate::error::EvalError;

#[derive(Deserialize)]
struct Line {
    answer: String,
}

pub(super) fn cases(files: &[PathBuf], seed: u64) -> Result<(Vec<Case>, Vec<String>), EvalError> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut cases = Vec::new();
    let mut unmarked = 0;
    for path in files {
        for (line, text) in lines(path)? {
            let parsed: Line = json_line(path, (line, &text))?;
            for (row, sentence) in parsed.answer.lines().enumerate() {
                for (at, mark) in marks(sentence).into_iter().enumerate() {
                    let id = |kind: &str| format!("{}:{row}:{at}:{kind}", id_of(path, line));
                    let mut push = |kind: &str, text: String, gold| {
                        let mut case = Case::new(id(kind), text, gold, kind);
                        case.calculations_only = true;
                        cases.push(case);
                    };
                    // "x = 11" and "12 = 12" calculate nothing.
                    let operator =
                        mark.expression.trim_start_matches('-').contains(['+', '-', '*', '/', '%', '(']);
                    if !operator || mark.expression.contains(char::is_alphabetic) {
                        unmarked += 1;
                        continue;
                    }
                    let Some(wrong) = changed(&mark.result, &mut random) else {
                        unmarked += 1;
                        continue;
                    };
                    push("right", written(sentence, &mark, &mark.result), Gold::True);
                    push("one digit changed", written(sentence, &mark, &wrong), Gold::False);
                }
            }
        }
    }
    let skipped = (unmarked > 0)
        .then(|| format!("{unmarked} marks without a calculation or without a result in digits"))
        .into_iter();
    Ok((cases, skipped.collect()))
}

struct Mark {
    start: usize,
    end: usize,
    expression: String,
    result: String,
}

fn marks(sentence: &str) -> Vec<Mark> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = sentence[from..].find("<<").map(|at| at + from) {
        let Some(end) = sentence[start..].find(">>").map(|at| at + start + 2) else { break };
        if let Some((expression, result)) = sentence[start + 2..end - 2].rsplit_once('=') {
            found.push(Mark { start, end, expression: expression.to_owned(), result: result.to_owned() });
        }
        from = end;
    }
    found
}

/// The calculation written out in its own sentence: as the writer put it where
/// the sentence has its own equation, else in the mark's words.
fn written(sentence: &str, mark: &Mark, result: &str) -> String {
    let clean = |part: &str| -> String {
        let mut text = part.to_owned();
        while let (Some(start), Some(end)) = (text.find("<<"), text.find(">>")) {
            if start > end {
                break;
            }
            text.replace_range(start..end + 2, "");
        }
        text
    };
    let (before, after) = (clean(&sentence[..mark.start]), clean(&sentence[mark.end..]));
    let own_equation = before.trim_end_matches(['$', ' ', '€', '£', '¥']).ends_with('=');
    if own_equation && after.starts_with(mark.result.as_str()) {
        return format!("{before}{result}{}", &after[mark.result.len()..]);
    }
    format!("{} = {result}.", mark.expression)
}

/// The number with one digit changed.
fn changed(number: &str, random: &mut ChaCha8Rng) -> Option<String> {
    let digits: Vec<usize> =
        number.char_indices().filter(|(_, c)| c.is_ascii_digit()).map(|(at, _)| at).collect();
    let at = *digits.get(random.random_range(0..digits.len().max(1)))?;
    let old = number[at..].chars().next()?.to_digit(10)?;
    let new = (old + random.random_range(1..10)) % 10;
    Some(format!("{}{new}{}", &number[..at], &number[at + 1..]))
}
