use html5gum::emitters::default::DefaultEmitter;
use html5gum::{Span, Token, Tokenizer};

use super::Prose;

/// Elements whose text no one reads as prose.
const HIDDEN: &[&str] =
    &["script", "style", "head", "code", "pre", "template", "noscript", "svg", "math", "textarea"];
/// Elements inside a sentence.
const INLINE: &[&str] = &[
    "a", "abbr", "b", "bdi", "bdo", "cite", "em", "font", "i", "ins", "kbd", "mark", "q", "s", "samp",
    "small", "span", "strong", "sub", "sup", "time", "u", "var", "wbr",
];

/// The text of an HTML document, entities decoded.
pub(super) fn prose(source: &str) -> Prose {
    let mut prose = Prose::default();
    let mut hidden: Option<(String, usize)> = None;
    let emitter = DefaultEmitter::<usize>::new_with_span();
    for token in Tokenizer::new_with_emitter(source, emitter) {
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) => {
                let name = String::from_utf8_lossy(&tag.name).into_owned();
                match &mut hidden {
                    Some((open, depth)) if *open == name && !tag.self_closing => *depth += 1,
                    Some(_) => {}
                    None if HIDDEN.contains(&name.as_str()) && !tag.self_closing => hidden = Some((name, 1)),
                    None if !INLINE.contains(&name.as_str()) => prose.end_block(),
                    None => {}
                }
            }
            Token::EndTag(tag) => {
                let name = String::from_utf8_lossy(&tag.name).into_owned();
                match &mut hidden {
                    Some((open, depth)) if *open == name => {
                        *depth -= 1;
                        if *depth == 0 {
                            hidden = None;
                        }
                    }
                    Some(_) => {}
                    None if !INLINE.contains(&name.as_str()) => prose.end_block(),
                    None => {}
                }
            }
            Token::String(text) if hidden.is_none() => {
                push_decoded(&mut prose, source, text.span);
            }
            _ => {}
        }
    }
    prose
}

/// Copies a stretch of the source with its entities decoded, each a piece of
/// its own so that the places stay right.
fn push_decoded(prose: &mut Prose, source: &str, span: Span<usize>) {
    let mut at = span.start;
    let Some(stretch) = source.get(span.start..span.end) else { return };
    let mut rest = stretch;
    while let Some(and) = rest.find('&') {
        let (words, entity) = rest.split_at(and);
        if !words.is_empty() {
            prose.push(words, at);
        }
        let length = entity.find(';').filter(|end| *end <= 32).map_or(1, |end| end + 1);
        prose.push(&html_escape::decode_html_entities(&entity[..length]), at + and);
        at += and + length;
        rest = &entity[length..];
    }
    if !rest.is_empty() {
        prose.push(rest, at);
    }
}
