//! A long plain text in blocks that end where sentences end, so that any
//! length is checked in bounded memory.

use std::io::Read;

use anyhow::{Context, bail};

/// Bytes of a block; a sentence that is longer is cut.
const BLOCK: usize = 256 * 1024;

pub(super) struct Blocks {
    input: Box<dyn Read + Send>,
    name: String,
    held: Vec<u8>,
    ended: bool,
    /// Of the next block.
    line: usize,
    bytes: usize,
    characters: usize,
    any: bool,
}

pub(super) struct Block {
    pub(super) text: String,
    /// Its first line.
    pub(super) line: usize,
    /// Unicode characters before it.
    pub(super) characters: usize,
}

impl Blocks {
    pub(super) fn new(input: Box<dyn Read + Send>, name: String) -> Blocks {
        Blocks { input, name, held: Vec::new(), ended: false, line: 1, bytes: 0, characters: 0, any: false }
    }

    pub(super) fn next(&mut self) -> anyhow::Result<Option<Block>> {
        while !self.ended && self.held.len() < BLOCK {
            let mut more = vec![0; BLOCK];
            let read = self.input.read(&mut more).with_context(|| format!("cannot read {}", self.name))?;
            self.ended = read == 0;
            self.held.extend_from_slice(&more[..read]);
        }
        if self.held.is_empty() {
            if !self.any {
                bail!("{} is empty: there is nothing to check", self.name);
            }
            return Ok(None);
        }
        let end = if self.ended { self.held.len() } else { cut(&self.held) };
        let rest = self.held.split_off(end);
        let bytes = std::mem::replace(&mut self.held, rest);
        if let Some(at) = bytes.iter().position(|&byte| byte == 0) {
            bail!("{} is not text: byte {} is NUL; give UTF-8 text", self.name, self.bytes + at + 1);
        }
        let line = self.line;
        let characters = self.characters;
        let text = String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            let line = line + error.as_bytes()[..at].iter().filter(|&&byte| byte == b'\n').count();
            let byte = self.bytes + at + 1;
            anyhow::anyhow!(
                "{} is not UTF-8: line {line}, byte {byte} of the file; convert it first",
                self.name
            )
        })?;
        self.any |= !text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}').is_empty();
        if self.ended && !self.any {
            bail!("{} is empty: there is nothing to check", self.name);
        }
        self.line += text.bytes().filter(|byte| *byte == b'\n').count();
        self.bytes += text.len();
        self.characters += text.chars().count();
        Ok(Some(Block { text, line, characters }))
    }
}

/// Where to cut: behind a line, else behind a sentence, else between letters.
fn cut(bytes: &[u8]) -> usize {
    if let Some(at) = bytes.iter().rposition(|byte| *byte == b'\n') {
        return at + 1;
    }
    let ends = ["。".as_bytes(), b". ", "！".as_bytes(), "？".as_bytes(), b"! ", b"? "];
    for at in (1..bytes.len()).rev() {
        if ends.iter().any(|end| bytes[..at].ends_with(end)) {
            return at;
        }
    }
    (1..bytes.len()).rev().find(|at| (bytes[*at] & 0xC0) != 0x80).unwrap_or(bytes.len())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn blocks_hold_the_whole_text_and_know_their_place() {
        let line = "Gold is a metal. 金是金属。\n";
        let text = line.repeat(40_000);
        let mut blocks = Blocks::new(Box::new(std::io::Cursor::new(text.clone().into_bytes())), "x".into());
        let (mut whole, mut count) = (String::new(), 0);
        while let Some(block) = blocks.next().unwrap() {
            assert_eq!(block.characters, whole.chars().count());
            assert_eq!(block.line, whole.lines().count() + 1);
            assert!(block.text.len() <= 3 * BLOCK);
            whole.push_str(&block.text);
            count += 1;
        }
        assert!(count > 2);
        assert_eq!(whole, text);
    }

    #[test]
    fn letters_are_not_cut_in_two() {
        let text = "金".repeat(BLOCK);
        let mut blocks = Blocks::new(Box::new(std::io::Cursor::new(text.clone().into_bytes())), "x".into());
        let mut whole = String::new();
        while let Some(block) = blocks.next().unwrap() {
            whole.push_str(&block.text);
        }
        assert_eq!(whole, text);
        let empty = Blocks::new(Box::new(&b" \n"[..]), "x".into()).next().map(|_| ());
        assert!(empty.unwrap_err().to_string().contains("empty"));
    }
}
