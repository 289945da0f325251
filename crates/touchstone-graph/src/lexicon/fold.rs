//! Folding of text for matching: case, accents, width and apostrophes.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A folded text that remembers where each of its bytes came from.
#[derive(Clone, Debug, Default)]
pub struct Folded {
    pub text: String,
    /// For every byte of `text`, the byte offset of its character in the
    /// original; one more entry for the end.
    starts: Vec<u32>,
    /// For every byte of `text`, the end of its original character.
    ends: Vec<u32>,
}

impl Folded {
    pub fn new(original: &str) -> Folded {
        let mut folded = Folded {
            text: String::with_capacity(original.len()),
            starts: Vec::with_capacity(original.len()),
            ends: Vec::with_capacity(original.len()),
        };
        for (start, c) in original.char_indices() {
            let end = start + c.len_utf8();
            let before = folded.text.len();
            fold_char(c, &mut folded.text);
            if folded.text.len() == before {
                // A dropped mark belongs to the character that it marks.
                if let Some(last) = folded.ends.last_mut() {
                    *last = end as u32;
                }
            }
            for _ in before..folded.text.len() {
                folded.starts.push(start as u32);
                folded.ends.push(end as u32);
            }
        }
        folded
    }

    /// The stretch of the original behind a non-empty stretch of the folded text.
    pub fn original(&self, range: std::ops::Range<usize>) -> std::ops::Range<usize> {
        let start = self.starts.get(range.start).copied().unwrap_or_default() as usize;
        let end = range.end.checked_sub(1).and_then(|last| self.ends.get(last)).copied();
        start..end.unwrap_or_default() as usize
    }
}

/// Folds a label or a word as texts are folded.
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        fold_char(c, &mut out);
    }
    out
}

fn fold_char(c: char, out: &mut String) {
    if c.is_ascii() {
        out.push(c.to_ascii_lowercase());
        return;
    }
    match c {
        '\u{2018}' | '\u{2019}' | '\u{02bc}' | '\u{ff07}' => out.push('\''),
        '\u{2010}'..='\u{2012}' => out.push('-'),
        // Zero-width characters hide names from matching.
        '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' | '\u{00ad}' => {}
        'ß' => out.push_str("ss"),
        'æ' | 'Æ' => out.push_str("ae"),
        'ø' | 'Ø' => out.push('o'),
        'đ' | 'Đ' => out.push('d'),
        'ł' | 'Ł' => out.push('l'),
        'ı' => out.push('i'),
        _ => {
            for part in std::iter::once(c).nfkd() {
                if !is_combining_mark(part) {
                    out.extend(part.to_lowercase());
                }
            }
        }
    }
}

/// Whether a character is written without spaces between words.
pub fn is_han(c: char) -> bool {
    matches!(c, '\u{3007}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_width_are_folded() {
        assert_eq!(fold("São Tomé"), "sao tome");
        assert_eq!(fold("Ｇｏｌｄ’ｓ"), "gold's");
        assert_eq!(fold("里昂"), "里昂");
    }

    #[test]
    fn folded_stretches_lead_back_to_the_original() {
        let original = "In São Tomé";
        let folded = Folded::new(original);
        let at = folded.text.find("sao tome").unwrap_or_default();
        assert_eq!(&original[folded.original(at..at + 8)], "São Tomé");
        let combining = "Sa\u{303}o!";
        let folded = Folded::new(combining);
        assert_eq!(&combining[folded.original(0..3)], "Sa\u{303}o");
    }
}
