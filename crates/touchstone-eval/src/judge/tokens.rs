//! Words of a text with their place, each Chinese character as one.

use super::normal::fold_letter;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Token {
    pub(super) word: String,
    /// As it is written.
    pub(super) raw: String,
}

impl Token {
    pub(super) fn capital(&self) -> bool {
        self.raw.starts_with(char::is_uppercase)
    }

    pub(super) fn han(&self) -> bool {
        self.word.starts_with(is_han)
    }
}

/// Stands for the possessive, which is no part of a name.
pub(super) const POSSESSIVE: &str = "'s";

/// Lower case without accents; apostrophes and dots stand within words.
pub(super) fn tokens(text: &str) -> Vec<String> {
    cased(text).into_iter().map(|token| token.word).collect()
}

pub(super) fn cased(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut raw = String::new();
    let mut letters = text.nfkd().filter(|c| !is_combining_mark(*c)).peekable();
    let mut end = |raw: &mut String| {
        if !raw.is_empty() {
            let raw = std::mem::take(raw);
            found.push(Token { word: raw.chars().flat_map(fold_letter).collect(), raw });
        }
    };
    while let Some(c) = letters.next() {
        let digits =
            raw.ends_with(|c: char| c.is_ascii_digit()) && letters.peek().is_some_and(char::is_ascii_digit);
        match c {
            '\'' | '’' | 'ʼ' => {
                let mut rest = letters.clone();
                if !raw.is_empty()
                    && rest.next() == Some('s')
                    && !rest.next().is_some_and(char::is_alphanumeric)
                {
                    letters.next();
                    end(&mut raw);
                    raw.push_str(POSSESSIVE);
                    end(&mut raw);
                }
            }
            '.' if digits => raw.push('.'),
            '.' => {}
            ',' if digits => {}
            c if is_han(c) || matches!(c, '%' | '°') => {
                end(&mut raw);
                raw.push(c);
                end(&mut raw);
            }
            c if c.is_alphanumeric() => raw.push(c),
            _ => end(&mut raw),
        }
    }
    end(&mut raw);
    found
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_apart_in_both_languages() {
        assert_eq!(
            tokens("Peru's area is 1,285,216.5 km²."),
            ["peru", "'s", "area", "is", "1285216.5", "km2"]
        );
        assert_eq!(tokens("O'Hara, née Müller"), ["ohara", "nee", "muller"]);
        assert_eq!(tokens("秘鲁的首都是Lima。"), ["秘", "鲁", "的", "首", "都", "是", "lima"]);
        assert!(cased("the Moon")[1].capital() && !cased("the Moon")[0].capital());
    }
}
