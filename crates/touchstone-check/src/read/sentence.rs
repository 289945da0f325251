//! Cutting a text into sentences.

use std::ops::Range;

use touchstone_graph::is_han;

/// Words whose full stop ends no sentence.
const ABBREVIATIONS: &[&str] = &[
    "mr", "mrs", "ms", "dr", "prof", "st", "mt", "jr", "sr", "vs", "etc", "e.g", "i.e", "approx", "ca", "cf",
    "no", "vol", "fig", "inc", "ltd", "co", "gen", "gov", "sen", "rep", "u.s", "u.k", "u.n", "d.c", "a.d",
    "b.c", "sq",
];

/// Units with a full stop, in the middle of a sentence.
const UNITS: &[&str] = &["lb", "lbs", "oz", "ft", "hr", "hrs", "mi", "yd", "gal", "min", "mins", "sec"];

/// A sentence with the list marker or heading that stands before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    pub span: Range<usize>,
    /// Bytes of a marker at its beginning ("1. ", "- ", "Step 2: ").
    pub marker: usize,
}

impl Sentence {
    /// The sentence without its marker.
    pub fn body(&self) -> Range<usize> {
        self.span.start + self.marker..self.span.end
    }
}

/// The sentences of a text, in order, without the white space between them.
pub fn sentences(text: &str) -> Vec<Sentence> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut depth = 0usize;
    let mut characters = text.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        let end = at + c.len_utf8();
        let ends = match c {
            '\n' | '\r' => {
                depth = 0;
                true
            }
            '(' | '（' | '[' => {
                depth += 1;
                false
            }
            ')' | '）' | ']' => {
                depth = depth.saturating_sub(1);
                false
            }
            '。' | '！' | '？' | '；' => depth == 0,
            '!' | '?' => depth == 0 && next_is_blank(characters.peek()),
            ';' => depth == 0 && next_is_blank(characters.peek()),
            '.' => depth == 0 && next_is_blank(characters.peek()) && !is_abbreviation(text, start, at),
            _ => false,
        };
        if ends {
            // A closing quotation mark belongs to its sentence.
            let mut end = end;
            while let Some((quote, q)) =
                characters.peek().copied().filter(|(_, q)| matches!(q, '”' | '’' | '」' | '"'))
            {
                end = quote + q.len_utf8();
                characters.next();
            }
            push(text, start..end, &mut found);
            start = end;
        }
    }
    push(text, start..text.len(), &mut found);
    found
}

fn next_is_blank(next: Option<&(usize, char)>) -> bool {
    next.is_none_or(|(_, c)| c.is_whitespace() || matches!(c, '"' | '”' | '’' | ')') || is_han(*c))
}

/// Words that begin a sentence and no name.
const OPENERS: &[&str] = &["The", "A", "An", "It", "Its", "In", "This", "He", "She", "They", "There", "But"];

/// Whether the full stop at `at` belongs to a word, an initial or a marker.
fn is_abbreviation(text: &str, start: usize, at: usize) -> bool {
    let before = &text[start..at];
    let word = before.rsplit(|c: char| c.is_whitespace() || c == '(').next().unwrap_or_default();
    let lower = word.to_lowercase();
    let is_initial = |part: &str| part.chars().count() == 1 && part.chars().all(char::is_uppercase);
    // "S.L. Benfica", but "in the U.S. The …"
    let next = text[at + 1..].split_whitespace().next().unwrap_or_default();
    let initial = is_initial(word) || (word.split('.').all(is_initial) && !OPENERS.contains(&next));
    let listed = ABBREVIATIONS.contains(&lower.as_str());
    let marker = before.trim().chars().all(|c| c.is_ascii_digit()) && before.trim().len() <= 3;
    let tail = text[at + 1..].trim_start();
    let follows_lower = tail.starts_with(char::is_lowercase);
    if UNITS.contains(&lower.as_str()) {
        return follows_lower || tail.starts_with(['*', '×', '+', '=', '/', '÷', '-', ',']);
    }
    // "U.S." and initials can end a sentence, but only before a capital.
    match (marker && !before.trim().is_empty(), listed, initial) {
        (true, ..) => true,
        (_, true, _) => follows_lower || !word.contains('.') || word.len() <= 4,
        (_, _, true) => true,
        _ => false,
    }
}

fn push(text: &str, range: Range<usize>, found: &mut Vec<Sentence>) {
    let part = &text[range.clone()];
    let start = range.start + (part.len() - part.trim_start().len());
    let end = range.end - (part.len() - part.trim_end().len());
    if start >= end || !text[start..end].chars().any(char::is_alphanumeric) {
        return;
    }
    let marker = marker_length(&text[start..end]);
    found.push(Sentence { span: start..end, marker });
}

/// "1. ", "2) ", "- ", "* ", "## ", "Step 3: ", "步骤1：", "第一步："
fn marker_length(sentence: &str) -> usize {
    let mut length = 0;
    let bullets = sentence.trim_start_matches(['-', '*', '#', '>', '•', ' ']);
    if bullets.len() < sentence.len()
        && !bullets.is_empty()
        && sentence.as_bytes().get(1).is_none_or(|b| !b.is_ascii_digit())
    {
        length = sentence.len() - bullets.len();
    }
    let rest = &sentence[length..];
    length + numbered(rest).or_else(|| stepped(rest)).unwrap_or(0)
}

fn numbered(text: &str) -> Option<usize> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 || digits > 3 {
        return None;
    }
    let rest = &text[digits..];
    let mark = rest.chars().next().filter(|c| matches!(c, '.' | ')' | '、' | '）' | '．'))?;
    let after = &rest[mark.len_utf8()..];
    let blank = after.len() - after.trim_start().len();
    // "3.5" is a number, not a marker.
    (blank > 0 || matches!(mark, '、' | '）') || after.starts_with(is_han))
        .then_some(digits + mark.len_utf8() + blank)
}

fn stepped(text: &str) -> Option<usize> {
    let lower = text.get(..5).map(str::to_ascii_lowercase);
    let word = if lower.as_deref() == Some("step ") {
        5
    } else if text.starts_with("步骤") || text.starts_with('第') {
        text.chars().take_while(|c| !matches!(c, ':' | '：')).take(6).map(char::len_utf8).sum()
    } else {
        return None;
    };
    let rest = &text[word..];
    let number: usize =
        rest.chars().take_while(|c| c.is_ascii_digit() || *c == ' ').map(char::len_utf8).sum();
    let colon = rest[number..].chars().next().filter(|c| matches!(c, ':' | '：' | '.'))?;
    let end = word + number + colon.len_utf8();
    Some(end + (text[end..].len() - text[end..].trim_start().len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<&str> {
        sentences(text).iter().map(|s| &text[s.body()]).collect()
    }

    #[test]
    fn decimals_abbreviations_and_initials_stay_whole() {
        let text = "It has 2.7 million people. Dr. J. Smith lives in St. Louis. The end";
        assert_eq!(cut(text), ["It has 2.7 million people.", "Dr. J. Smith lives in St. Louis.", "The end"]);
    }

    #[test]
    fn chinese_and_markers() {
        assert_eq!(cut("法国的首都是巴黎。基多在哪里？"), ["法国的首都是巴黎。", "基多在哪里？"]);
        assert_eq!(
            cut("1. One is one.\n2) Two\nStep 3: Three\n- Four"),
            ["One is one.", "Two", "Three", "Four"]
        );
        assert_eq!(cut("步骤1：先算。"), ["先算。"]);
        assert_eq!(cut("3.5 is a number."), ["3.5 is a number."]);
    }
}
