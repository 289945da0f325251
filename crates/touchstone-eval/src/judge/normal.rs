use super::numbers;
use super::tokens::{Token, cased};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Articles, at the beginning of a name.
const ARTICLES: &[&str] = &["the", "a", "an"];

/// Common abbreviations in names, with what they stand for.
const ABBREVIATIONS: &[(&str, &str)] = &[("st", "saint"), ("ste", "sainte"), ("mt", "mount")];

/// Answers that assert nothing, word boundaries aside.
const SILENCE: &[&str] = &[
    "unknown",
    "notknown",
    "itisunknown",
    "itisnotknown",
    "idontknow",
    "idonotknow",
    "none",
    "na",
    "notavailable",
    "cannotbedetermined",
    "未知",
    "不知道",
    "我不知道",
    "无法确定",
    "不清楚",
];

/// The words of a name as they are compared: lower case, without accents,
/// punctuation and a leading article, abbreviations written out.
pub fn normalise(name: &str) -> Vec<String> {
    // Apostrophes and dots stand within words, other marks between them.
    let folded: String = name
        .nfkd()
        .filter(|c| !is_combining_mark(*c) && !matches!(c, '\'' | '’' | 'ʻ' | 'ʼ' | '`' | '.'))
        .flat_map(fold_letter)
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect();
    let mut words: Vec<String> = folded
        .replace('&', " and ")
        .split_whitespace()
        .map(|word| {
            let full = ABBREVIATIONS.iter().find(|(short, _)| *short == word);
            full.map_or(word, |(_, full)| full).to_owned()
        })
        .collect();
    if words.len() > 1 && ARTICLES.contains(&words[0].as_str()) {
        words.remove(0);
    }
    words
}

/// Lower case, and the letters that Unicode does not decompose.
pub(super) fn fold_letter(c: char) -> impl Iterator<Item = char> {
    let (first, second) = match c {
        'ß' => ('s', Some('s')),
        'Æ' | 'æ' => ('a', Some('e')),
        'Œ' | 'œ' => ('o', Some('e')),
        'Ø' | 'ø' => ('o', None),
        'Ł' | 'ł' => ('l', None),
        'Đ' | 'đ' => ('d', None),
        'ı' => ('i', None),
        other => (other, None),
    };
    first.to_lowercase().chain(second)
}

/// Whether two names are the same, word boundaries aside; numbers by their
/// value.
pub fn same(one: &str, other: &str) -> bool {
    if let (Some(one), Some(other)) = (number(one), number(other)) {
        return one == other;
    }
    same_words(&normalise(one), &normalise(other))
}

fn same_words(one: &[String], other: &[String]) -> bool {
    let one = one.concat();
    !one.is_empty() && one == other.concat()
}

/// Whether a value is the gold answer: the same name, aside from an
/// explanation in parentheses and from words that the question gave.
pub(crate) fn answers(value: &str, gold: &str, question: &str, tolerance: f64) -> bool {
    if same(value, gold) {
        return true;
    }
    if let Some(gold) = number(gold) {
        return number(value)
            .or_else(|| only_number(value))
            .is_some_and(|value| value == gold || (value - gold).abs() <= tolerance * gold.abs());
    }
    let bare = without_parentheses(value);
    if same(&bare, gold) {
        return true;
    }
    let asked = normalise(question);
    let rest = |name: &str| -> Vec<String> {
        normalise(name).into_iter().filter(|word| !asked.contains(word)).collect()
    };
    same_words(&rest(&bare), &rest(gold))
}

/// Whether a text names the gold answer, as whole words where the writing has
/// word boundaries.
pub(crate) fn names(text: &str, gold: &str, question: &str, tolerance: f64) -> bool {
    if answers(text, gold, question, tolerance) {
        return true;
    }
    let gold = normalise(gold);
    let text = normalise(text);
    if gold.is_empty() {
        return false;
    }
    if gold.iter().all(|word| word.is_ascii()) {
        text.windows(gold.len()).any(|words| words == gold)
    } else {
        text.concat().contains(&gold.concat())
    }
}

/// Whether a whole answer is one of the usual ways to give none.
pub(crate) fn says_nothing(text: &str) -> bool {
    SILENCE.contains(&normalise(text).concat().as_str())
}

/// "yes", "no" and their like.
pub(crate) fn is_polar(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "yes",
        "no",
        "true",
        "false",
        "是",
        "是的",
        "不是",
        "否",
        "对",
        "不对",
        "有",
        "没有",
        "存在",
        "不存在",
    ];
    WORDS.contains(&normalise(text).concat().as_str())
}

/// The number of a text that holds one and no other, with its scale: "1.3
/// million people".
fn only_number(text: &str) -> Option<f64> {
    let words = cased(text);
    let words: Vec<&Token> = words.iter().collect();
    let found = numbers::read(&words);
    let [one] = found.as_slice() else { return None };
    let negative = text.contains(['-', '−']) && text.trim_start().starts_with(['-', '−']);
    Some(if negative { -one.value } else { one.value })
}

fn number(text: &str) -> Option<f64> {
    let plain: String = text.trim().chars().filter(|c| !matches!(c, ',' | ' ' | '\u{a0}')).collect();
    let digits = plain.bytes().any(|byte| byte.is_ascii_digit());
    digits.then(|| plain.parse().ok()).flatten().filter(|value: &f64| value.is_finite())
}

fn without_parentheses(text: &str) -> String {
    let mut depth = 0_usize;
    let mut bare = String::new();
    for c in text.chars() {
        match c {
            '(' | '（' => depth += 1,
            ')' | '）' => depth = depth.saturating_sub(1),
            c if depth == 0 => bare.push(c),
            _ => {}
        }
    }
    bare
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_aside_names_are_the_same() {
        assert!(same("  Reykjavík. ", "reykjavik"));
        assert!(same("The Hague", "hague"));
        assert!(same("Aix-en-Provence", "aix en provence"));
        assert!(same("Nuku'alofa", "Nuku’alofa"));
        assert!(same("St. Gallen", "Saint Gallen"));
        assert!(same("Øresund", "oresund"));
        assert!(same("ＣＨＦ", "chf"));
        assert!(same("维也纳", "维也纳。"));
        assert!(!same("Bern", "Basel"));
        assert!(!same("...", "?"));
    }

    #[test]
    fn numbers_are_compared_by_value() {
        assert!(same("1,200", "1200.0"));
        assert!(!same("12.5", "125"));
        assert!(!same("-5", "5"));
        assert!(!answers("-5", "5", "", 0.0));
        assert!(answers("about 1.3 million people", "1300000", "", 0.0));
        assert!(answers("1358 K", "1357.77", "", 0.005) && !answers("1358 K", "1357.77", "", 0.0));
        assert!(!answers("5 or 6", "5", "", 0.0));
    }

    #[test]
    fn the_questions_own_words_and_explanations_are_no_other_value() {
        let question = "Which city in Switzerland hosts the Red Cross?";
        assert!(answers("Geneva, Switzerland", "Geneva", question, 0.0));
        assert!(answers("Geneva (not Bern)", "Geneva", question, 0.0));
        assert!(!answers("Bern (Geneva)", "Geneva", question, 0.0));
        assert!(!answers("Geneva or Bern", "Geneva", question, 0.0));
        assert!(!answers("Switzerland", "Geneva", question, 0.0));
        assert!(answers("Mexico City", "Mexico City", "Which city is in Mexico?", 0.0));
    }

    #[test]
    fn a_text_names_whole_words() {
        assert!(names("It was Ulm, I think", "Ulm", "?", 0.0));
        assert!(!names("It was Ulmen", "Ulm", "?", 0.0));
    }
}
