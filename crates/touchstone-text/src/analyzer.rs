//! How each language's text becomes index terms.

use tantivy::tokenizer::{
    AsciiFoldingFilter, Language as StemmerLanguage, LowerCaser, RemoveLongFilter, SimpleTokenizer, Stemmer,
    TextAnalyzer, TokenizerManager,
};
use tantivy_jieba::JiebaTokenizer;
use touchstone_core::Language;

/// Terms longer than this are noise (base64, long numbers), in bytes.
const LONGEST_TERM: usize = 40;

pub(crate) fn name(language: Language) -> &'static str {
    match language {
        Language::English => "touchstone_en",
        Language::Chinese => "touchstone_zh",
    }
}

pub(crate) fn register(manager: &TokenizerManager) {
    for language in Language::ALL {
        manager.register(name(language), analyzer(language));
    }
}

pub(crate) fn analyzer(language: Language) -> TextAnalyzer {
    match language {
        Language::English => TextAnalyzer::builder(SimpleTokenizer::default())
            .filter(RemoveLongFilter::limit(LONGEST_TERM))
            .filter(LowerCaser)
            .filter(AsciiFoldingFilter)
            .filter(Stemmer::new(StemmerLanguage::English))
            .build(),
        Language::Chinese => TextAnalyzer::builder(JiebaTokenizer::new())
            .filter(RemoveLongFilter::limit(LONGEST_TERM))
            .filter(LowerCaser)
            .build(),
    }
}

/// The terms of a query: in order of appearance, without repetition and
/// without punctuation, which the Chinese analyzer passes on as words.
pub(crate) fn terms(language: Language, text: &str) -> Vec<String> {
    let mut terms: Vec<String> = Vec::new();
    analyzer(language).token_stream(text).process(&mut |token| {
        if token.text.chars().any(char::is_alphanumeric) && !terms.contains(&token.text) {
            terms.push(token.text.clone());
        }
    });
    terms
}

/// The languages whose analyzers can read something in this text.
pub(crate) fn readable_in(text: &str) -> Vec<Language> {
    let mut han = false;
    let mut other = false;
    for c in text.chars().filter(|c| c.is_alphanumeric()) {
        if is_han(c) { han = true } else { other = true }
    }
    Language::ALL
        .into_iter()
        .filter(|language| match language {
            Language::English => other,
            Language::Chinese => han,
        })
        .collect()
}

pub(crate) fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3134F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_is_folded_and_stemmed() {
        assert_eq!(terms(Language::English, "São Tomé's Capitals, CAPITAL!"), ["sao", "tome", "s", "capit"]);
    }

    #[test]
    fn chinese_is_cut_into_words_without_punctuation() {
        assert_eq!(terms(Language::Chinese, "厄瓜多尔的首都,首都。"), ["多尔", "厄瓜多尔", "的", "首都"]);
    }

    #[test]
    fn scripts_choose_the_analyzers() {
        assert_eq!(readable_in("Quito"), [Language::English]);
        assert_eq!(readable_in("基多。"), [Language::Chinese]);
        assert_eq!(readable_in("基多 (Quito)"), Language::ALL);
        assert!(readable_in(" ?! ").is_empty());
    }
}
