//! Where a text ends by its stop rule, for engines.

use crate::StopRule;

impl StopRule {
    /// The byte at which the rule ends a text, of which the last `added`
    /// bytes are new.
    pub fn ends(&self, text: &[u8], added: usize) -> Option<usize> {
        match self {
            StopRule::Line => line_end(text),
            StopRule::Strings(strings) => strings
                .iter()
                .filter(|stop| !stop.is_empty())
                .filter_map(|stop| {
                    let from = text.len().saturating_sub(added + stop.len());
                    find(&text[from..], stop.as_bytes()).map(|at| from + at)
                })
                .min(),
        }
    }

    /// How many bytes at a text's end may be the beginning of what ends it.
    pub fn may_begin_in(&self, text: &[u8]) -> usize {
        match self {
            StopRule::Line => usize::from(text.ends_with(b"\r")),
            StopRule::Strings(strings) => {
                strings.iter().map(|stop| overlap(text, stop.as_bytes())).max().unwrap_or(0)
            }
        }
    }
}

/// The end of the first line that holds more than white space.
fn line_end(text: &[u8]) -> Option<usize> {
    let mut inked = false;
    for chunk in text.split_inclusive(|b| *b == b'\n') {
        inked |= String::from_utf8_lossy(chunk).chars().any(|c| !c.is_whitespace());
        if inked && chunk.ends_with(b"\n") {
            let end = chunk.as_ptr() as usize - text.as_ptr() as usize + chunk.len() - 1;
            let carriage = end > 0 && text[end - 1] == b'\r';
            return Some(end - usize::from(carriage));
        }
    }
    None
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

/// How many bytes at the text's end are the beginning of `wanted`.
fn overlap(text: &[u8], wanted: &[u8]) -> usize {
    (1..wanted.len()).rev().find(|n| text.ends_with(&wanted[..*n])).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_ends_after_ink() {
        assert_eq!(line_end(b"\n \nStep 1: x\nmore"), Some(12));
        assert_eq!(line_end(b"abc\r\n"), Some(3));
        assert_eq!(line_end(b"\n\n  "), None);
        assert_eq!(line_end("\u{3000}\n法国\n".as_bytes()), Some(10));
    }

    #[test]
    fn the_beginning_of_a_stop_string_is_seen() {
        let rule = StopRule::Strings(vec!["<|end".to_owned(), "\n\n".to_owned()]);
        assert_eq!(rule.may_begin_in(b"text <|"), 2);
        assert_eq!(rule.may_begin_in(b"text"), 0);
        assert_eq!(rule.ends(b"one\n\ntwo<|end", 12), Some(3));
        assert_eq!(rule.ends(b"one\n\n", 1), Some(3));
    }
}
