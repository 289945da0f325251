//! The language of a sentence.

use touchstone_core::Language;
use touchstone_graph::is_han;

/// Words that English sentences cannot do without.
const ENGLISH: &[&str] = &[
    "the", "is", "are", "was", "were", "of", "and", "has", "have", "had", "does", "do", "did", "what",
    "which", "who", "with", "by", "for", "from", "than", "its", "it", "that", "this", "not", "an", "to",
    "as", "be", "been", "will", "borders", "capital", "how", "where", "when", "many", "much", "there",
    "their", "into", "at",
];
/// Below this a detector's word on a Latin script is not taken.
const CONFIDENT: f64 = 0.9;
/// Nor on fewer words than these.
const FEW: usize = 4;

/// What is known of a text's language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    Supported(Language),
    Unsupported,
    /// Names and numbers only.
    Undecided,
}

/// Decides by script first, then by function words, then by trigrams.
pub fn language_of(text: &str) -> Reading {
    let (mut han, mut latin, mut other) = (0usize, 0usize, 0usize);
    let mut kana = false;
    for c in text.chars().take(5_000).filter(|c| c.is_alphabetic()) {
        match c {
            c if is_han(c) => han += 1,
            '\u{3041}'..='\u{30ff}' => {
                kana = true;
                other += 1;
            }
            c if c.is_ascii()
                || ('\u{c0}'..='\u{24f}').contains(&c)
                || ('\u{1e00}'..='\u{1eff}').contains(&c) =>
            {
                latin += 1
            }
            _ => other += 1,
        }
    }
    if kana && other * 10 >= han {
        return Reading::Unsupported;
    }
    // A Chinese character says about as much as three letters.
    if han * 3 >= latin && han > 0 && han >= other {
        return Reading::Supported(Language::Chinese);
    }
    if other > latin {
        return Reading::Unsupported;
    }
    if latin == 0 {
        return Reading::Undecided;
    }
    let words = text.split(|c: char| !c.is_alphabetic()).filter(|w| !w.is_empty()).take(1_000);
    let (mut all, mut english) = (0usize, 0usize);
    for word in words {
        all += 1;
        english += usize::from(ENGLISH.iter().any(|known| known.eq_ignore_ascii_case(word)));
    }
    if english * 8 >= all && english > 0 {
        return Reading::Supported(Language::English);
    }
    // A long foreign name in a Chinese sentence: 钛由Martin Heinrich Klaproth发现.
    if han >= 2 && english == 0 && han >= other {
        return Reading::Supported(Language::Chinese);
    }
    // Of so few words no detector's word would be taken.
    if all < FEW {
        return Reading::Undecided;
    }
    match whatlang::detect(text) {
        Some(info) if info.lang() == whatlang::Lang::Eng => Reading::Supported(Language::English),
        Some(info) if info.is_reliable() || info.confidence() >= CONFIDENT => Reading::Unsupported,
        _ if english == 0 && foreign(text) => Reading::Unsupported,
        _ => Reading::Undecided,
    }
}

/// Small words of the neighbours of English, for sentences too short for
/// trigrams.
fn foreign(text: &str) -> bool {
    const FOREIGN: &[&str] = &[
        "est", "les", "des", "une", "dans", "du", "et", "der", "die", "das", "ist", "und", "ein", "eine",
        "von", "el", "los", "las", "es", "una", "del", "por", "que", "il", "di", "della", "são", "é", "uma",
        "het", "een", "van", "och",
    ];
    let lower = text.to_lowercase();
    let hits = lower.split(|c: char| !c.is_alphabetic()).filter(|word| FOREIGN.contains(word)).count();
    hits >= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_told_apart() {
        let english = Reading::Supported(Language::English);
        assert_eq!(language_of("Quito is the capital of Ecuador."), english);
        assert_eq!(language_of("法国的首都是巴黎。"), Reading::Supported(Language::Chinese));
        assert_eq!(language_of("Paris est la capitale de la France et une ville."), Reading::Unsupported);
        assert_eq!(language_of("Москва является столицей России."), Reading::Unsupported);
        assert_eq!(language_of("東京は日本の首都です。"), Reading::Unsupported);
        assert_eq!(language_of("Quito, 2850"), Reading::Undecided);
    }
}
