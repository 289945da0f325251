//! The parts of a drafted line: its number, whether it answers, the values
//! that an answer lists.

use std::ops::Range;

use crate::prompts::Words;

/// More values than this in one answer are a mistake of the splitting.
const MAX_VALUES: usize = 50;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line<'a> {
    /// The step's number with its mark, and what it says.
    Step {
        number: &'a str,
        text: &'a str,
    },
    Answer(&'a str),
}

/// Takes a line apart. "2. Answer: Quito" answers too.
pub(crate) fn parse<'a>(line: &'a str, words: &Words) -> Line<'a> {
    let line = line.trim();
    let (number, text) = split_number(line, words);
    for candidate in [line, text] {
        let marked = words.answer_marks.iter().find_map(|mark| strip_ignoring_case(candidate, mark));
        if let Some(answer) = marked {
            return Line::Answer(answer.trim().trim_start_matches(['*', ':', '：']).trim());
        }
    }
    Line::Step { number, text }
}

fn strip_ignoring_case<'a>(text: &'a str, mark: &str) -> Option<&'a str> {
    let head = text.get(..mark.len())?;
    head.eq_ignore_ascii_case(mark).then(|| &text[mark.len()..])
}

/// "3. ", "3) ", "Step 3: ", "- ", 第三步： before the text.
fn split_number<'a>(line: &'a str, words: &Words) -> (&'a str, &'a str) {
    let mut rest = line.trim_start_matches(['*', '#', '-', '•', ' ']);
    let marked = words.step_marks.iter().find_map(|mark| strip_ignoring_case(rest, mark));
    let after = marked.unwrap_or(rest).trim_start();
    let digits =
        after.find(|c: char| !(c.is_ascii_digit() || "一二三四五六七八九十步".contains(c))).unwrap_or(0);
    let tail = &after[digits..];
    if digits > 0
        && let Some(text) = tail.strip_prefix(['.', ')', ':', '：', '、', '．'])
    {
        // "3.5 million" is no third step.
        if !(tail.starts_with('.') && text.starts_with(|c: char| c.is_ascii_digit())) {
            rest = text;
        }
    }
    let text = rest.trim_start_matches(['*', ' ']);
    (&line[..line.len() - text.len()], text)
}

/// The bare values of an answer: "the violin and the flute." is two.
pub(crate) fn values(answer: &str, words: &Words) -> Vec<String> {
    let mut parts = vec![answer.trim().trim_end_matches(['.', '。', '!', '！']).to_owned()];
    for separator in words.separators.iter().chain(&words.conjunctions) {
        parts = parts.iter().flat_map(|part| split_outside(part, separator)).collect();
    }
    let mut values = Vec::new();
    for part in parts {
        let value = bare(&part, words);
        if !value.is_empty() && !values.contains(&value) && values.len() < MAX_VALUES {
            values.push(value);
        }
    }
    values
}

/// The values of an answer in which the graph knows these names (bytes): no
/// name is taken apart at a conjunction inside it.
pub(crate) fn values_with(answer: &str, names: &[Range<usize>], words: &Words) -> Vec<String> {
    // Characters for private use stand in for the names.
    const FIRST: u32 = 0xF0000;
    let separators = || words.separators.iter().chain(&words.conjunctions);
    let mut text = String::new();
    let mut kept: Vec<(char, &str)> = Vec::new();
    let mut from = 0;
    for range in names {
        let Some(name) = answer.get(range.clone()).filter(|_| range.start >= from) else { continue };
        let whole = separators().any(|separator| name.contains(separator.trim()));
        let Some(mark) = u32::try_from(kept.len()).ok().and_then(|at| char::from_u32(FIRST + at)) else {
            break;
        };
        if whole {
            text.push_str(&answer[from..range.start]);
            text.push(mark);
            kept.push((mark, name));
            from = range.end;
        }
    }
    text.push_str(&answer[from..]);
    let restored = |value: String| kept.iter().fold(value, |value, (mark, name)| value.replace(*mark, name));
    values(&text, words).into_iter().map(restored).collect()
}

/// Splits at the separator, but not within brackets or between digits.
fn split_outside(text: &str, separator: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut from = 0;
    for (at, _) in text.match_indices(separator) {
        if at < from {
            continue;
        }
        let before = &text[from..at];
        let after = &text[at + separator.len()..];
        let open = before.matches(['(', '（']).count() > before.matches([')', '）']).count();
        let number = before.ends_with(|c: char| c.is_ascii_digit())
            && after.starts_with(|c: char| c.is_ascii_digit())
            && separator.trim() == separator;
        if !(open || number) {
            parts.push(before.to_owned());
            from = at + separator.len();
        }
    }
    parts.push(text[from..].to_owned());
    parts
}

fn bare(part: &str, words: &Words) -> String {
    let mut value = part.trim().trim_matches(['*', '"', '“', '”', '`', '$']).trim();
    let mut shorter = true;
    while shorter {
        let stripped = words.lead_ins.iter().find_map(|lead| strip_ignoring_case(value, lead));
        shorter = stripped.is_some_and(|rest| !rest.trim().is_empty());
        if shorter {
            value = stripped.unwrap_or(value).trim_start();
        }
    }
    value.trim_end_matches(['.', '。', ',', '，']).trim().to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::Prompts;
    use touchstone_core::Language::{Chinese, English};

    #[test]
    fn lines_are_taken_apart() {
        let prompts = Prompts::load(None).unwrap();
        let step = |line, number, text| {
            assert_eq!(parse(line, prompts.words(English)), Line::Step { number, text });
        };
        step("1. The sky is blue.", "1. ", "The sky is blue.");
        step("Step 2: 3 + 4 = 7", "Step 2: ", "3 + 4 = 7");
        step("3.5 million people", "", "3.5 million people");
        step("**1.** Gold", "**1.** ", "Gold");
        assert_eq!(parse("Answer: Quito", prompts.words(English)), Line::Answer("Quito"));
        assert_eq!(parse("4. **Answer:** 12", prompts.words(English)), Line::Answer("12"));
        assert_eq!(parse("答案：184元", prompts.words(Chinese)), Line::Answer("184元"));
        let chinese = parse("第二步：厄瓜多尔的首都是基多。", prompts.words(Chinese));
        assert_eq!(chinese, Line::Step { number: "第二步：", text: "厄瓜多尔的首都是基多。" });
    }

    #[test]
    fn values_are_listed() {
        let prompts = Prompts::load(None).unwrap();
        assert_eq!(values("the violin and the flute.", prompts.words(English)), ["violin", "flute"]);
        assert_eq!(values("1,234", prompts.words(English)), ["1,234"]);
        assert_eq!(
            values("South America, US dollar", prompts.words(English)),
            ["South America", "US dollar"]
        );
        let chinese = prompts.words(Chinese);
        assert_eq!(values_with("阿尔及利亚和摩洛哥", &[0..15, 18..27], chinese), ["阿尔及利亚", "摩洛哥"]);
        assert_eq!(values("约184", prompts.words(Chinese)), ["184"]);
        assert_eq!(values("西班牙语、法语和英语。", prompts.words(Chinese)), ["西班牙语", "法语", "英语"]);
    }
}
