//! Superlatives that a question asks for, as noun phrases: "Which country in
//! Africa is the third largest?" asks for "the third largest country in Africa".

use touchstone_core::Language;
use touchstone_graph::{Graph, Meaning};

/// "What is …?"
const WHAT_IS: &[&str] =
    &["what is ", "what's ", "which is ", "who is ", "what was ", "name ", "tell me ", "give me "];
const WHICH: &[&str] = &["which ", "what "];
/// Between an adjective and what limits it.
const LIMITS: &[&str] = &[" in ", " of ", " on ", " by "];
const ZH_WHICH: &[&str] = &["哪一个", "哪个", "哪一座", "哪座", "哪一条", "哪条", "哪一种", "哪种"];
const ZH_ASKS: &[char] = &['哪', '什', '谁', '啥'];
/// Letters of the longest name of a class that is looked for.
const ZH_CLASS: usize = 8;

/// What the question may ask for, in phrases of the same words.
pub(super) fn places(graph: &Graph, question: &str, language: Language) -> Vec<String> {
    let text = question.trim().trim_end_matches(['?', '？', '.', '。', '!', '！', ' ']);
    match language {
        Language::English => english(text),
        Language::Chinese => chinese(graph, text),
    }
}

fn english(text: &str) -> Vec<String> {
    // The same length, so that places in one are places in the other.
    let lower = text.to_ascii_lowercase();
    let behind = |leads: &[&str]| leads.iter().find(|lead| lower.starts_with(**lead)).map(|lead| lead.len());
    let mut found: Vec<String> = behind(WHAT_IS).map(|at| text[at..].to_owned()).into_iter().collect();
    let Some(start) = behind(WHICH) else { return found };
    for (joint, with) in [(" is the ", false), (" has the ", true)] {
        let Some(at) = lower[start..].find(joint).map(|at| at + start) else { continue };
        let (kind, place) = split(&text[start..at]);
        let (order, limit) = split(&text[at + joint.len()..]);
        found.push(match with {
            false => format!("the {order} {kind}{place}{limit}"),
            true => format!("the {kind} with the {order}{place}{limit}"),
        });
    }
    found
}

/// "country in Africa": the noun, and what limits it.
fn split(text: &str) -> (&str, &str) {
    let at = LIMITS.iter().filter_map(|word| text.find(word)).min().unwrap_or(text.len());
    text.split_at(at)
}

fn chinese(graph: &Graph, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    // 非洲面积最大的国家是哪个, 哪个国家是非洲面积最大的国家
    for (at, _) in text.match_indices('是') {
        let (head, tail) = (&text[..at], &text[at + '是'.len_utf8()..]);
        if tail.starts_with(ZH_ASKS) {
            found.push(head.to_owned());
        } else if head.starts_with(ZH_ASKS) {
            found.push(tail.to_owned());
        }
    }
    // 非洲哪个国家面积最大
    let which = ZH_WHICH.iter().find_map(|word| Some((text.find(word)?, word.len())));
    if let Some((at, length)) = which {
        let (head, tail) = (&text[..at], &text[at + length..]);
        let ends = tail.char_indices().map(|(at, c)| at + c.len_utf8()).take(ZH_CLASS);
        let is_class = |end: &usize| {
            graph
                .lexicon()
                .lookup(&tail[..*end])
                .iter()
                .any(|entry| matches!(entry.meaning, Meaning::Class(_)))
        };
        if let Some(end) = ends.filter(is_class).last() {
            let (kind, order) = tail.split_at(end);
            found.push(format!("{head}{}的{kind}", order.strip_prefix('的').unwrap_or(order)));
        }
    }
    found
}
