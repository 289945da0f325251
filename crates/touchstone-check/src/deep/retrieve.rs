//! Which passages speak of a question, by the words that they share.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use touchstone_graph::{fold, is_han};
use touchstone_text::Passage;

use crate::read;

/// Passages that are looked at for a question.
pub(super) const CANDIDATES: usize = 12;
/// Passages of which something is read before it is answered.
const MOST: usize = 4;
/// Characters that are read. On one thread a small model reads about 150 a
/// second.
const MAX_CHARS: usize = 1_200;
/// How much of a question's words the best passage has to have.
const LEAST_SHARED: f64 = 0.25;
/// How much more a passage counts that a chosen one names: the second hop.
const LINKED: f64 = 1.5;

/// Longer words, and Chinese characters.
pub(super) fn words(text: &str) -> Vec<String> {
    let folded = fold(text);
    let latin = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 2).map(str::to_owned);
    let han = folded.chars().filter(|c| is_han(*c)).map(|c| c.to_string());
    latin.chain(han).collect()
}

fn distinct(passage: &Passage) -> BTreeSet<String> {
    words(&format!("{} {}", passage.title, passage.text)).into_iter().collect()
}

/// Those that share words with the query, rarer words counting more; the best
/// first.
pub(super) fn among(passages: &[Passage], query: &str, most: usize) -> Vec<Passage> {
    let held: Vec<BTreeSet<String>> = passages.iter().map(distinct).collect();
    let wanted: BTreeSet<String> = words(query).into_iter().collect();
    let weights: BTreeMap<&String, f64> = wanted
        .iter()
        .map(|word| {
            let holding = held.iter().filter(|own| own.contains(word)).count();
            // The inverse document frequency of BM25.
            let rest = (passages.len() - holding) as f64;
            (word, (1.0 + (rest + 0.5) / (holding as f64 + 0.5)).ln())
        })
        .collect();
    let mut found: Vec<Passage> = passages
        .iter()
        .zip(&held)
        .map(|(passage, own)| {
            let score =
                weights.iter().filter(|(word, _)| own.contains(**word)).map(|(_, weight)| weight).sum();
            Passage { score, ..passage.clone() }
        })
        .filter(|passage| passage.score > 0.0)
        .collect();
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    found.truncate(most);
    found
}

/// What to read of those found: of a few passages the first sentence, which
/// says what they are about, and those that share most with the question.
pub(super) fn to_read(found: Vec<Passage>, question: &str) -> Vec<Passage> {
    let asked: BTreeSet<String> = words(question).into_iter().collect();
    let shared = |text: &str| {
        let own: BTreeSet<String> = words(text).into_iter().collect();
        asked.iter().filter(|word| own.contains(*word)).count()
    };
    let whole = |passage: &Passage| shared(&format!("{} {}", passage.title, passage.text));
    let most = found.iter().map(whole).max().unwrap_or(0);
    if (most as f64) < LEAST_SHARED * asked.len() as f64 || most == 0 {
        return Vec::new();
    }
    let chosen = linked(found, question);
    let mut sentences: Vec<Sentence<'_>> = Vec::new();
    for (of, passage) in chosen.iter().enumerate() {
        let spans = read::sentences(&passage.text).into_iter().map(|sentence| sentence.span);
        sentences.extend(spans.enumerate().map(|(at, span)| {
            let shared = shared(&passage.text[span.clone()]);
            Sentence { of, at, characters: passage.text[span.clone()].chars().count(), span, shared, passage }
        }));
    }
    sentences.sort_by_key(|sentence| (sentence.at > 0, std::cmp::Reverse(sentence.shared)));
    let mut characters = 0;
    let mut kept: Vec<Sentence<'_>> = Vec::new();
    for sentence in sentences {
        if characters + sentence.characters <= MAX_CHARS && (sentence.at == 0 || sentence.shared > 0) {
            characters += sentence.characters;
            kept.push(sentence);
        }
    }
    kept.sort_by_key(|sentence| (sentence.of, sentence.at));
    kept.chunk_by(|one, next| one.of == next.of && one.at + 1 == next.at).filter_map(stretch).collect()
}

struct Sentence<'a> {
    passage: &'a Passage,
    /// Place of the passage.
    of: usize,
    /// Place in the passage.
    at: usize,
    span: Range<usize>,
    characters: usize,
    /// Words that the question has too.
    shared: usize,
}

/// Sentences that follow each other, as a passage of their own.
fn stretch(sentences: &[Sentence<'_>]) -> Option<Passage> {
    let (first, last) = (sentences.first()?, sentences.last()?);
    Some(first.passage.part(first.span.start..last.span.end))
}

/// The few of those found that share most with the question, or are named by
/// it or by one another.
fn linked(mut found: Vec<Passage>, question: &str) -> Vec<Passage> {
    let mut chosen: Vec<Passage> = Vec::new();
    while chosen.len() < MOST {
        let named = |passage: &Passage| {
            let title = passage.title.split(['(', '（']).next().unwrap_or_default().trim();
            title.chars().count() > 2
                && (question.contains(title) || chosen.iter().any(|other| other.text.contains(title)))
        };
        let worth = |passage: &Passage| passage.score * if named(passage) { LINKED } else { 1.0 };
        // The first of equals: they come best first.
        let best = (0..found.len()).rev().max_by(|a, b| worth(&found[*a]).total_cmp(&worth(&found[*b])));
        let Some(best) = best else { break };
        chosen.push(found.remove(best));
    }
    chosen
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn shelf() -> Vec<Passage> {
        vec![
            Passage::given("Tarnby", "Tarnby is a town on the river Orm. It has a mill."),
            Passage::given("Ada Vest", "Ada Vest was born in Tarnby and built bridges."),
            Passage::given("Weather", "Rain falls in spring; the river rises."),
            Passage::given("奥姆河", "奥姆河流经塔恩比，全长九十公里。"),
        ]
    }

    fn titles(passages: &[Passage]) -> Vec<&str> {
        passages.iter().map(|passage| passage.title.as_str()).collect()
    }

    #[test]
    fn rare_words_count_more_than_common_ones() {
        let found = among(&shelf(), "Which bridges were built near the river?", 3);
        assert_eq!(titles(&found)[0], "Ada Vest");
        assert!(found.iter().all(|passage| passage.score > 0.0));
        assert_eq!(titles(&among(&shelf(), "奥姆河有多长？", 3)), ["奥姆河"]);
        assert!(among(&shelf(), "Quantum chromodynamics?", 3).is_empty());
    }

    #[test]
    fn what_a_chosen_passage_names_is_read_before_what_shares_as_much() {
        let question = "On which river lies the town where Ada Vest was born?";
        let read = to_read(among(&shelf(), question, CANDIDATES), question);
        assert_eq!(titles(&read)[..2], ["Ada Vest", "Tarnby"]);
    }

    #[test]
    fn nothing_is_read_that_does_not_speak_of_the_question() {
        let question = "A farmer sells twelve boxes of seven apples; how many apples does the mill get?";
        assert!(to_read(among(&shelf(), question, CANDIDATES), question).is_empty());
    }

    #[test]
    fn of_a_long_passage_the_sentences_are_read_that_speak_of_the_question() {
        let filler = "Nothing of it matters here at all. ".repeat(60);
        let text = format!("Orm is a river. {filler}The Orm rises near Sule. {filler}");
        let start = text.find("The Orm").unwrap();
        let shelf = [Passage { span: [7, 7 + text.len()], ..Passage::given("Orm", text) }];
        let question = "Where does the Orm rise?";
        let read = to_read(among(&shelf, question, CANDIDATES), question);
        let texts: Vec<&str> = read.iter().map(|passage| passage.text.as_str()).collect();
        assert_eq!(texts, ["Orm is a river.", "The Orm rises near Sule."]);
        assert_eq!(read[1].span, [7 + start, 7 + start + 24]);
    }
}
