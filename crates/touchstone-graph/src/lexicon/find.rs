//! All mentions in a text, in one pass.

use std::ops::Range;

use fst::raw::{Fst, Node};

use super::image::Section;
use super::starts::{Start, Starts, joins};
use super::{Entries, Folded, Lexicon, is_han};

/// A stretch of text that the lexicon knows.
#[derive(Clone, Debug)]
pub struct Mention<'a> {
    /// Bytes of the original text.
    pub range: Range<usize>,
    pub entries: Entries<'a>,
}

impl Lexicon {
    /// Every mention in the text, in order of its start and, from the same
    /// start, longest first. Words are matched whole; Chinese from any
    /// character. Linear in the text for labels of bounded length.
    pub fn find(&self, text: &str) -> Vec<Mention<'_>> {
        let mut mentions = Vec::new();
        let Some(phrases) = self.phrases() else { return mentions };
        let folded = Folded::new(text);
        let mut search = Search {
            lexicon: self,
            phrases: phrases.as_fst(),
            starts: self.starts(),
            folded: &folded,
            mentions: &mut mentions,
        };
        let text = folded.text.as_str();
        let mut at = 0;
        let mut here = character(text, at);
        while let Some((c, length)) = here {
            let first = search.mentions.len();
            let mut end = at + length;
            here = character(text, end);
            if is_han(c) {
                // What goes on in Chinese is known by its first two characters.
                if let Some((_, second)) = here.filter(|(next, _)| is_han(*next)) {
                    search.from(at, end + second);
                    search.mentions[first..].reverse();
                    search.single(at, end);
                } else {
                    search.from(at, end);
                    search.mentions[first..].reverse();
                }
            } else if c != ' ' {
                if joins(c) {
                    while let Some((_, length)) = here.filter(|(next, _)| joins(*next)) {
                        end += length;
                        here = character(text, end);
                    }
                }
                search.from(at, end);
                search.mentions[first..].reverse();
            }
            at = end;
        }
        mentions
    }

    fn starts(&self) -> Starts<'_> {
        let numbers = |section| self.image.numbers(section);
        Starts::new(
            numbers(Section::StartFilter),
            numbers(Section::Starts),
            self.image.section(Section::StartTexts),
        )
    }
}

struct Search<'l, 'f> {
    lexicon: &'l Lexicon,
    phrases: &'f Fst<&'l [u8]>,
    starts: Starts<'l>,
    folded: &'f Folded,
    mentions: &'f mut Vec<Mention<'l>>,
}

impl<'f> Search<'_, 'f> {
    fn node(&self, start: usize, end: usize) -> Option<(Node<'f>, u64)> {
        let Start { node, output } = self.starts.get(&self.folded.text.as_bytes()[start..end])?;
        Some((self.phrases.node(node), output))
    }

    /// The phrases that begin with exactly this stretch, shortest first.
    fn from(&mut self, start: usize, mut end: usize) {
        let text = self.folded.text.as_str();
        let Some((mut node, mut output)) = self.node(start, end) else { return };
        loop {
            if ends_at(text, end) {
                self.mention(start..end, &node, output);
            }
            let Some(byte) = text.as_bytes().get(end) else { return };
            let Some(transition) = node.find_input(*byte) else { return };
            let transition = node.transition(transition);
            output += transition.out.value();
            node = self.phrases.node(transition.addr);
            end += 1;
        }
    }

    /// The phrase that is exactly this stretch.
    fn single(&mut self, start: usize, end: usize) {
        if let Some((node, output)) = self.node(start, end) {
            self.mention(start..end, &node, output);
        }
    }

    fn mention(&mut self, range: Range<usize>, node: &Node<'_>, output: u64) {
        if node.is_final() {
            let range = self.folded.original(range);
            let entries = self.lexicon.group(output + node.final_output().value());
            self.mentions.push(Mention { range, entries });
        }
    }
}

fn character(text: &str, at: usize) -> Option<(char, usize)> {
    match text.as_bytes().get(at)? {
        byte if byte.is_ascii() => Some((char::from(*byte), 1)),
        _ => text.get(at..)?.chars().next().map(|c| (c, c.len_utf8())),
    }
}

/// Whether a phrase may end here: not between two characters that join.
fn ends_at(text: &str, at: usize) -> bool {
    let Some((next, _)) = character(text, at) else { return true };
    !joins(next) || !text[..at].ends_with(joins)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_whole_and_han_is_free() {
        let text = "ab 里昂c";
        let ends: Vec<usize> =
            (0..=text.len()).filter(|at| text.is_char_boundary(*at) && ends_at(text, *at)).collect();
        assert_eq!(ends, [0, 2, 3, 6, 9, 10]);
    }
}
