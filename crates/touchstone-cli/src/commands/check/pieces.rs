//! Documents in pieces: read one after another, checked by several threads,
//! handed on in the order of the input. What waits in between is bounded,
//! however many files there are and however long.

use std::path::{Path, PathBuf};

use anyhow::bail;

use super::blocks::{Block, Blocks};
use super::document::InputFormat;
use super::ordered::{self, Queue};
use super::report::Document;
use crate::input;

/// Pieces that wait between reading and writing, for each thread.
const AHEAD: usize = 4;

/// What is checked at once: a document, or a block of a long plain text.
pub(super) struct Piece {
    /// Standard input has no name.
    pub(super) file: Option<String>,
    pub(super) text: String,
    pub(super) format: InputFormat,
    /// Its first line.
    pub(super) line: usize,
    /// Unicode characters before it.
    pub(super) characters: usize,
}

/// What comes out, in the order of the input.
pub(super) enum Step {
    /// The file of this number begins.
    Begins(usize),
    Checked(Document),
    /// The rest of the file cannot be read.
    Failed(anyhow::Error),
}

/// How documents are read.
#[derive(Clone, Copy)]
pub(super) struct Reading {
    pub(super) limit: usize,
    pub(super) forced: Option<InputFormat>,
    /// A report is written while it is made: long plain texts come in blocks.
    pub(super) streams: bool,
}

impl Reading {
    /// Hands on the pieces of a file until `take` has enough.
    fn file(self, file: &Path, take: &mut dyn FnMut(Piece) -> bool) -> anyhow::Result<()> {
        let format = self.forced.unwrap_or_else(|| InputFormat::of(file));
        let name = (file != Path::new("-")).then(|| file.display().to_string());
        if format == InputFormat::Jsonl {
            bail!("{} is JSON lines: give it alone, with --jsonl", file.display());
        }
        if format == InputFormat::Text && self.streams {
            let mut blocks = Blocks::new(input::open(file)?, input::name(file));
            while let Some(Block { text, line, characters }) = blocks.next()? {
                if !take(Piece { file: name.clone(), text, format, line, characters }) {
                    break;
                }
            }
            return Ok(());
        }
        let text = input::read_text(file, self.limit)?;
        take(Piece { file: name, text, format, line: 1, characters: 0 });
        Ok(())
    }
}

/// Checks the pieces of all files; `take` gets them in order and may end it.
pub(super) fn run(
    files: &[PathBuf],
    reading: Reading,
    check: &(dyn Fn(Piece) -> anyhow::Result<Document> + Sync),
    take: &mut dyn FnMut(Step) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    ordered::run(
        AHEAD,
        |queue| read(files, reading, queue),
        &|piece| check(piece).map(Step::Checked),
        &mut |step| take(step?),
    )
}

fn read(files: &[PathBuf], reading: Reading, queue: &Queue<Piece, anyhow::Result<Step>>) {
    for (at, file) in files.iter().enumerate() {
        let mut wanted = queue.ready(Ok(Step::Begins(at)));
        let read = reading.file(file, &mut |piece| {
            wanted &= queue.work(piece);
            wanted
        });
        if let Err(error) = read {
            wanted &= queue.ready(Ok(Step::Failed(error)));
        }
        if !wanted {
            return;
        }
    }
}

/// The same by this thread alone, for checks that only one may make.
pub(super) fn run_alone(
    files: &[PathBuf],
    reading: Reading,
    check: &mut dyn FnMut(Piece) -> anyhow::Result<Document>,
    take: &mut dyn FnMut(Step) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    for (at, file) in files.iter().enumerate() {
        take(Step::Begins(at))?;
        let mut failed = None;
        let read = reading.file(file, &mut |piece| {
            failed = check(piece).and_then(|document| take(Step::Checked(document))).err();
            failed.is_none()
        });
        if let Some(error) = failed {
            return Err(error);
        }
        if let Err(error) = read {
            take(Step::Failed(error))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use touchstone_core::Summary;

    use super::*;

    fn document(piece: Piece) -> anyhow::Result<Document> {
        // The first take the longest: order is not that of being done.
        let wait = 20u64.saturating_sub(piece.text.len() as u64);
        std::thread::sleep(std::time::Duration::from_millis(wait));
        let file = Some(piece.text);
        Ok(Document {
            file,
            language: None,
            claims: Vec::new(),
            summary: Summary::default(),
            policy: Vec::new(),
        })
    }

    #[test]
    fn pieces_come_out_in_the_order_of_the_files_and_a_broken_one_stops_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let files: Vec<PathBuf> = (0..40).map(|at| folder.path().join(format!("{at}.txt"))).collect();
        for (at, file) in files.iter().enumerate() {
            let text = if at == 7 { String::new() } else { format!("{:x<1$}", "", at + 1) };
            std::fs::write(file, text).unwrap();
        }
        let reading = Reading { limit: 1000, forced: None, streams: true };
        let mut seen = Vec::new();
        run(&files, reading, &document, &mut |step| {
            seen.push(match step {
                Step::Begins(at) => format!("{at}"),
                Step::Checked(document) => format!("= {}", document.file.unwrap().len()),
                Step::Failed(_) => "failed".to_owned(),
            });
            Ok(())
        })
        .unwrap();
        let wanted: Vec<String> = (0..40)
            .flat_map(|at| {
                [at.to_string(), if at == 7 { "failed".to_owned() } else { format!("= {}", at + 1) }]
            })
            .collect();
        assert_eq!(seen, wanted);
    }

    #[test]
    fn who_stops_is_not_kept_waiting() {
        let folder = tempfile::tempdir().unwrap();
        let files: Vec<PathBuf> = (0..100).map(|at| folder.path().join(format!("{at}.txt"))).collect();
        files.iter().for_each(|file| std::fs::write(file, "x").unwrap());
        let reading = Reading { limit: 1000, forced: None, streams: true };
        let stopped = run(&files, reading, &document, &mut |step| match step {
            Step::Checked(_) => bail!("enough"),
            _ => Ok(()),
        });
        assert_eq!(stopped.unwrap_err().to_string(), "enough");
    }
}
