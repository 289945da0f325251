//! Folding of text for matching: case, accents, width, apostrophes,
//! traditional Chinese, characters that cannot be seen or look like others.

mod characters;

use std::ops::Range;

use characters::Folding;

/// A folded text that remembers where its stretches came from.
#[derive(Clone, Debug, Default)]
pub struct Folded {
    pub text: String,
    /// The characters that became longer, shorter or several, in order; between them folded
    /// and original text run in step.
    changes: Vec<Change>,
}

#[derive(Clone, Debug)]
struct Change {
    folded: Range<usize>,
    original: Range<usize>,
}

impl Folded {
    pub fn new(original: &str) -> Folded {
        let mut changes = Vec::new();
        let text = fold_into(original, |folded, original| changes.push(Change { folded, original }));
        Folded { text, changes }
    }

    /// The stretch of the original behind a non-empty stretch of the folded text.
    pub fn original(&self, range: Range<usize>) -> Range<usize> {
        if self.changes.is_empty() {
            return range;
        }
        let before = self.changes.partition_point(|change| change.folded.start <= range.start);
        let start = match before.checked_sub(1).and_then(|at| self.changes.get(at)) {
            Some(change) if range.start < change.folded.end => change.original.start,
            Some(change) => change.original.end + (range.start - change.folded.end),
            None => range.start,
        };
        // A dropped mark belongs to the character that it marks.
        let before = self
            .changes
            .partition_point(|change| change.folded.start < range.end || change.folded.end <= range.end);
        let end = match before.checked_sub(1).and_then(|at| self.changes.get(at)) {
            Some(change) => change.original.end + range.end.saturating_sub(change.folded.end),
            None => range.end,
        };
        start..end.max(start)
    }
}

/// Folds a label or a word as texts are folded.
pub fn fold(text: &str) -> String {
    fold_into(text, |_, _| {})
}

fn fold_into(original: &str, mut changed: impl FnMut(Range<usize>, Range<usize>)) -> String {
    let mut text = String::with_capacity(original.len());
    let mut word = MixedWord::default();
    let mut at = 0;
    while at < original.len() {
        let ascii = original.as_bytes()[at..].iter().position(|b| !b.is_ascii());
        let plain = ascii.unwrap_or(original.len() - at);
        if plain > 0 {
            let from = text.len();
            text.push_str(&original[at..at + plain]);
            text[from..].make_ascii_lowercase();
            at += plain;
        }
        let Some(c) = original[at..].chars().next() else { break };
        let from = text.len();
        let end = at + c.len_utf8();
        let folding = characters::folding(c);
        match folding {
            Folding::Dropped => {}
            Folding::One(one) => match characters::latin_lookalike(c).filter(|_| word.is_mixed(original, at))
            {
                Some(latin) => text.push(latin),
                None => text.push(one),
            },
            Folding::Several(several) => text.push_str(several),
        }
        if text.len() - from != end - at || matches!(folding, Folding::Several(_)) {
            changed(from..text.len(), at..end);
        }
        at = end;
    }
    text
}

/// Whether a word writes Latin letters between others: then those that look
/// Latin are meant to. A word of one script stays what it is.
#[derive(Default)]
struct MixedWord {
    end: usize,
    mixed: bool,
}

impl MixedWord {
    /// Each word is looked at once.
    fn is_mixed(&mut self, text: &str, at: usize) -> bool {
        if at >= self.end {
            let behind =
                text[at..].find(|c: char| !c.is_alphabetic()).map_or(text.len(), |length| at + length);
            let before = text[..at].rfind(|c: char| !c.is_alphabetic());
            let start = before.map_or(0, |i| i + text[i..].chars().next().map_or(1, char::len_utf8));
            self.end = behind;
            self.mixed = text[start..behind].bytes().any(|b| b.is_ascii_alphabetic());
        }
        self.mixed
    }
}

/// Whether a character is written without spaces between words.
pub fn is_han(c: char) -> bool {
    matches!(c, '\u{3007}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn case_accents_and_width_are_folded() {
        assert_eq!(fold("São Tomé"), "sao tome");
        assert_eq!(fold("Ｇｏｌｄ’ｓ"), "gold's");
        assert_eq!(fold("里昂"), "里昂");
        assert_eq!(fold("Łódź, Straße, Æon"), "lodz, strasse, aeon");
    }

    #[test]
    fn traditional_and_simplified_chinese_are_one() {
        for (traditional, simplified) in
            [("厄瓜多爾的首都是基多", "厄瓜多尔的首都是基多"), ("臺灣", "台湾"), ("人民幣", "人民币")]
        {
            assert_eq!(fold(traditional), fold(simplified));
        }
    }

    #[test]
    fn what_cannot_be_seen_or_only_looks_latin_hides_no_name() {
        assert_eq!(fold("Ger\u{200b}ma\u{200d}ny\u{202e}"), "germany");
        // Cyrillic а, Greek ο, Cyrillic capital Н and І.
        assert_eq!(fold("P\u{430}ris L\u{3bf}ndon \u{41d}anoi \u{406}ran"), "paris london hanoi iran");
        assert_eq!(fold("Париж αβγ"), "париж αβγ");
    }

    #[test]
    fn folded_stretches_lead_back_to_the_original() {
        let original = "In São Tomé";
        let folded = Folded::new(original);
        let at = folded.text.find("sao tome").unwrap();
        assert_eq!(&original[folded.original(at..at + 8)], "São Tomé");
        let combining = "Sa\u{303}o!";
        let folded = Folded::new(combining);
        assert_eq!(&combining[folded.original(0..3)], "Sa\u{303}o");
        let expanded = "\u{200b}Straße\u{200b} x";
        let folded = Folded::new(expanded);
        assert_eq!(&expanded[folded.original(0..7)], "Straße\u{200b}");
        assert_eq!(&expanded[folded.original(8..9)], "x");
    }

    proptest! {
        #[test]
        fn every_stretch_is_one_of_whole_characters(text in "[a-zß\u{e9}\u{303}\u{200b}\u{430}漢語ﬁ 가]{0,12}") {
            let folded = Folded::new(&text);
            let cuts: Vec<usize> =
                folded.text.char_indices().map(|(i, _)| i).chain([folded.text.len()]).collect();
            prop_assert_eq!(&folded.text, &fold(&text));
            for (n, from) in cuts.iter().enumerate() {
                for to in &cuts[n + 1..] {
                    let range = folded.original(*from..*to);
                    prop_assert!(text.get(range.clone()).is_some_and(|part| !part.is_empty()), "{range:?}");
                }
            }
        }
    }
}
