//! Cuts a document into passages at the borders that a reader would choose.

use touchstone_core::Span;

use crate::document::{Document, Section};

/// The length that a passage does not exceed, in Unicode characters.
const MAX_CHARS: usize = 1_000;

pub(crate) struct Cut {
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) span: Span,
}

pub(crate) fn passages(document: &Document) -> Vec<Cut> {
    let chars: Vec<char> = document.text.chars().collect();
    let whole = [Section { title: String::new(), span: [0, chars.len()] }];
    let sections = if document.sections.is_empty() { &whole[..] } else { &document.sections };
    let mut cuts = Vec::new();
    for section in sections {
        let title = match (document.title.is_empty(), section.title.is_empty()) {
            (_, true) => document.title.clone(),
            (true, false) => section.title.clone(),
            (false, false) => format!("{}: {}", document.title, section.title),
        };
        let end = section.span[1].min(chars.len());
        let mut start = section.span[0].min(end);
        while let Some(span) = next(&chars, start, end) {
            let text = chars[span[0]..span[1]].iter().collect();
            cuts.push(Cut { title: title.clone(), text, span });
            start = span[1];
        }
    }
    cuts
}

fn next(chars: &[char], start: usize, end: usize) -> Option<Span> {
    let start = (start..end).find(|&i| !chars[i].is_whitespace())?;
    let mut stop =
        if end - start <= MAX_CHARS { end } else { border(chars, start + MAX_CHARS / 2, start + MAX_CHARS) };
    while chars[stop - 1].is_whitespace() {
        stop -= 1;
    }
    Some([start, stop])
}

/// The last good place to cut in the window: after a paragraph, else after a
/// sentence, else after a word, else anywhere.
fn border(chars: &[char], from: usize, to: usize) -> usize {
    let last = |is_border: &dyn Fn(usize) -> bool| (from..=to).rev().find(|&i| is_border(i));
    last(&|i| chars[i - 1] == '\n' && chars[i - 2] == '\n')
        .or_else(|| last(&|i| ends_sentence(chars, i)))
        .or_else(|| last(&|i| chars[i - 1].is_whitespace()))
        .unwrap_or(to)
}

fn ends_sentence(chars: &[char], at: usize) -> bool {
    match chars[at - 1] {
        '。' | '！' | '？' | '；' | '\n' => true,
        '.' | '!' | '?' | ';' => chars.get(at).is_some_and(|c| c.is_whitespace()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn cut(text: &str) -> Vec<Cut> {
        passages(&Document::new("d", "T", text))
    }

    #[test]
    fn passages_lie_where_their_span_says() {
        let text = format!("  {} 结束。\n\n{}", "基多是首都。".repeat(300), "One. Two. ".repeat(200));
        let chars: Vec<char> = text.chars().collect();
        let cuts = cut(&text);
        assert!(cuts.len() >= 4);
        for c in &cuts {
            assert!(c.span[1] - c.span[0] <= MAX_CHARS);
            assert_eq!(c.text, chars[c.span[0]..c.span[1]].iter().collect::<String>());
            assert!(c.text.ends_with(['。', '.']), "cut inside a sentence: {}", c.text);
        }
    }

    #[test]
    fn nothing_but_white_space_is_lost() {
        let text = format!("{}\n\n{}", "x".repeat(2_500), "word ".repeat(700));
        let kept: String =
            cut(&text).iter().flat_map(|c| c.text.chars()).filter(|c| !c.is_whitespace()).collect();
        let given: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        assert_eq!(kept, given);
    }

    #[test]
    fn sections_keep_apart() {
        let mut document = Document::new("d", "Ecuador", "Quito\nDollar");
        document.sections = vec![
            Section { title: "Capital".into(), span: [0, 5] },
            Section { title: "Currency".into(), span: [6, 12] },
        ];
        let cuts = passages(&document);
        let titles: Vec<_> = cuts.iter().map(|c| (c.title.as_str(), c.text.as_str())).collect();
        assert_eq!(titles, [("Ecuador: Capital", "Quito"), ("Ecuador: Currency", "Dollar")]);
    }

    #[test]
    fn an_empty_text_has_no_passage() {
        assert!(cut("").is_empty());
        assert!(cut(" \n\t ").is_empty());
    }
}
