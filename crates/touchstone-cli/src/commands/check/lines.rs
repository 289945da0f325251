//! JSON lines in, JSON lines out: checked by several threads, written in the
//! order of the input, each as soon as those before it are written.

use std::io::{BufRead, BufReader, Read, Write};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use touchstone_check::Checker;
use touchstone_core::CheckReport;

use super::ordered::{self, Queue};
use crate::output;

/// Lines that wait between reading and writing, for each thread.
const AHEAD: usize = 16;
/// JSON escapes can make a text six times as long.
const ESCAPED: usize = 6;

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) refuted: usize,
    pub(super) unverifiable: usize,
    pub(super) broken: usize,
}

#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    id: Option<Value>,
    text: String,
}

/// What comes out in the place of a line that could not be checked.
#[derive(Serialize)]
struct Broken {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Value>,
    line: usize,
    error: String,
}

type Checked = Result<CheckReport, Broken>;

struct Job {
    number: usize,
    bytes: Vec<u8>,
}

pub(super) fn run(
    input: Box<dyn Read + Send>,
    name: &str,
    checker: &Checker,
    limit: usize,
    out: &mut dyn Write,
) -> anyhow::Result<Outcome> {
    let mut written = Written { lines: 0, outcome: Outcome::default(), name, out };
    let read = ordered::run(
        AHEAD,
        |queue| read(input, limit, queue),
        &|Job { number, bytes }| check(number, &bytes, checker, limit),
        &mut |checked| written.add(checked),
    )?;
    read.map_err(|error| anyhow::anyhow!("cannot read {name}: {error}"))?;
    if written.lines == 0 {
        anyhow::bail!("{name} is empty: there is nothing to check");
    }
    Ok(written.outcome)
}

fn read(input: Box<dyn Read + Send>, limit: usize, queue: &Queue<Job, Checked>) -> std::io::Result<()> {
    let mut input = BufReader::new(input);
    let longest = limit.saturating_mul(ESCAPED) as u64;
    for number in 1.. {
        let mut bytes = Vec::new();
        if (&mut input).take(longest).read_until(b'\n', &mut bytes)? == 0 {
            break;
        }
        if bytes.last() != Some(&b'\n') && bytes.len() as u64 == longest {
            skip_line(&mut input)?;
        }
        if bytes.trim_ascii().is_empty() {
            continue;
        }
        if !queue.work(Job { number, bytes }) {
            break;
        }
    }
    Ok(())
}

fn skip_line(input: &mut impl BufRead) -> std::io::Result<()> {
    loop {
        let buffer = input.fill_buf()?;
        let end = buffer.iter().position(|&byte| byte == b'\n');
        let (used, done) = end.map_or((buffer.len(), buffer.is_empty()), |at| (at + 1, true));
        input.consume(used);
        if done {
            return Ok(());
        }
    }
}

fn check(number: usize, bytes: &[u8], checker: &Checker, limit: usize) -> Checked {
    let broken = |id, error: String| Broken { id, line: number, error };
    if bytes.len() >= limit.saturating_mul(ESCAPED) {
        return Err(broken(None, format!("the line is longer than {} bytes", limit.saturating_mul(ESCAPED))));
    }
    if std::str::from_utf8(bytes).is_err() {
        return Err(broken(None, "the line is not UTF-8".to_owned()));
    }
    let Line { id, text } = serde_json::from_slice(bytes).map_err(|error| {
        // The position within the line; the line itself is told apart.
        let reason = error.to_string().replace(" at line 1 column", " at column");
        broken(None, format!("not JSON of the form {{\"id\", \"text\"}}: {reason}"))
    })?;
    if text.len() > limit {
        return Err(broken(id, format!("the text is larger than the limit of {limit} bytes")));
    }
    if text.trim().is_empty() {
        return Err(broken(id, "the text is empty".to_owned()));
    }
    let mut report = checker.check(&text);
    report.id = id;
    Ok(report)
}

struct Written<'a> {
    lines: usize,
    outcome: Outcome,
    name: &'a str,
    out: &'a mut dyn Write,
}

impl Written<'_> {
    fn add(&mut self, checked: Checked) -> anyhow::Result<()> {
        self.lines += 1;
        match checked {
            Ok(report) => {
                self.outcome.refuted += report.summary.refuted;
                self.outcome.unverifiable += report.summary.unverifiable;
                output::json_line(self.out, &report)?;
            }
            Err(broken) => {
                self.outcome.broken += 1;
                anstream::eprintln!(
                    "touchstone: {}, line {}: {}",
                    self.name,
                    broken.line,
                    output::plain(&broken.error)
                );
                output::json_line(self.out, &broken)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use touchstone_graph::{Graph, Store};

    use super::*;

    fn lines(input: &'static [u8], limit: usize) -> (Outcome, Vec<Value>) {
        let graph = Graph::from_store(Store::in_memory().unwrap()).unwrap();
        let checker = Checker::new(Arc::new(graph));
        let mut out = Vec::new();
        let outcome = run(Box::new(input), "x", &checker, limit, &mut out).unwrap();
        let lines = String::from_utf8(out).unwrap();
        (outcome, lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
    }

    #[test]
    fn every_line_has_its_place_and_a_broken_one_does_not_stop_the_rest() {
        let input = b"{\"id\":1,\"text\":\"2 + 2 = 5.\"}\n{\"id\":2}\n\n\xff\n{\"id\":\"d\",\"text\":\" \"}\n{\"text\":\"2 + 2 = 4.\"}";
        let (outcome, out) = lines(input, 100);
        assert_eq!(outcome, Outcome { refuted: 1, unverifiable: 0, broken: 3 });
        assert_eq!(out.len(), 5);
        assert_eq!(out[0]["id"], 1);
        assert_eq!(out[0]["summary"]["refuted"], 1);
        assert_eq!(out[1]["line"], 2);
        assert_eq!(
            (&out[2]["line"], &out[2]["error"]),
            (&Value::from(4), &Value::from("the line is not UTF-8"))
        );
        assert_eq!(out[3]["id"], "d");
        assert_eq!(out[4]["summary"]["supported"], 1);
        assert!(out[4].get("id").is_none());
    }

    #[test]
    fn a_line_without_end_is_not_held_in_memory() {
        let input = format!("{{\"text\":\"{}\"}}\n{{\"id\":2,\"text\":\"1 + 1 = 2.\"}}\n", "x".repeat(1000));
        let (outcome, out) = lines(Box::leak(input.into_bytes().into_boxed_slice()), 50);
        assert_eq!(outcome.broken, 1);
        assert_eq!(out[0]["line"], 1);
        assert_eq!(out[1]["id"], 2);
    }
}
