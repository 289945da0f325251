//! The things in the graph that a question is about.

use std::ops::Range;

use touchstone_core::Language;
use touchstone_graph::{EntityId, Graph, Lexicon, Meaning, fold};

use super::index::{is_function_word, is_light};

/// A stretch of the question that names things of the graph.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Topic {
    /// Bytes of the question, brackets included.
    pub(crate) range: Range<usize>,
    pub(crate) name: String,
    /// What the name may mean, the likeliest first.
    pub(crate) entities: Vec<EntityId>,
    /// How much the name speaks for being one, from its length and form.
    pub(crate) score: f32,
}

/// Names that are looked at; a question has few.
const MAX_TOPICS: usize = 8;
const SMALL_LETTERS: f32 = 1.5;
const SMALL_ARTICLE: f32 = 0.4;
/// Meanings of one name that are looked at.
const MAX_MEANINGS: usize = 6;

/// The names in a question, the likeliest first. A name in [brackets] is the
/// only one.
pub(crate) fn topics(graph: &Graph, question: &str) -> Vec<Topic> {
    if let Some(topic) = bracketed(graph, question) {
        return vec![topic];
    }
    let mut topics: Vec<Topic> = Vec::new();
    for mention in graph.lexicon().find(question) {
        let name = &question[mention.range.clone()];
        let entities = entities(graph.lexicon(), name, mention.entries.iter().map(|entry| entry.meaning));
        // "of" is no town, as long as it is written small.
        if entities.is_empty() || is_function_word(name) {
            continue;
        }
        let score = form(name, question, &mention.range) - unlike(graph.lexicon(), &entities, name, question);
        topics.push(Topic { range: mention.range, name: name.to_owned(), entities, score });
    }
    // A name inside a longer one is that one's.
    let longer = |topic: &Topic| {
        topics.iter().any(|other| {
            other.range.len() > topic.range.len()
                && other.range.start <= topic.range.start
                && topic.range.end <= other.range.end
                && other.score >= topic.score
        })
    };
    let mut kept: Vec<Topic> = topics.iter().filter(|topic| !longer(topic)).cloned().collect();
    kept.sort_by(|a, b| b.score.total_cmp(&a.score));
    kept.truncate(MAX_TOPICS);
    kept
}

fn bracketed(graph: &Graph, question: &str) -> Option<Topic> {
    let open = question.find('[')?;
    let close = open + question[open..].find(']')?;
    let name = question[open + 1..close].trim();
    let lexicon = graph.lexicon();
    let mut found = entities(lexicon, name, lexicon.lookup(name).iter().map(|entry| entry.meaning));
    if found.is_empty() {
        found = entities(lexicon, name, lexicon.similar(name).iter().map(|entry| entry.meaning));
    }
    let topic = Topic { range: open..close + 1, name: name.to_owned(), entities: found, score: 0.0 };
    (!topic.entities.is_empty()).then_some(topic)
}

/// Those that are written just so stand first, then the best known.
fn entities(lexicon: &Lexicon, name: &str, meanings: impl Iterator<Item = Meaning>) -> Vec<EntityId> {
    let mut found: Vec<EntityId> = meanings
        .filter_map(|meaning| match meaning {
            Meaning::Entity(id) => Some(id),
            _ => None,
        })
        .collect();
    let exact =
        |id: EntityId| Language::ALL.iter().any(|language| lexicon.entity(id).label(*language) == name);
    found.sort_by(|a, b| {
        let prior = |id: EntityId| lexicon.entity(id).prior;
        prior(*b).total_cmp(&prior(*a)).then(exact(*b).cmp(&exact(*a)))
    });
    found.dedup();
    found.truncate(MAX_MEANINGS);
    found
}

/// Capitals inside a sentence, several words and digits make a name likelier;
/// a name of function words only is hardly one.
fn form(name: &str, question: &str, range: &Range<usize>) -> f32 {
    let words: Vec<&str> = name.split_whitespace().collect();
    let content = words.iter().filter(|word| !is_light(&fold(word))).count();
    let inside = question[..range.start].chars().any(char::is_alphanumeric);
    let capitals = words.iter().filter(|word| word.starts_with(char::is_uppercase)).count();
    let mut score = 0.6 * content as f32 + 0.2 * (words.len() - content.min(words.len())) as f32;
    // The first word of a sentence has its capital anyway.
    if capitals > usize::from(!inside) {
        score += 1.5 + 0.3 * capitals as f32;
    }
    if content == 0 {
        score -= 1.0;
    }
    score
}

/// What it costs that a name is written in small letters where its thing has
/// capitals: all of it, in a question that has capitals elsewhere ("fall" for
/// "Fall"), or its article alone ("the Blade" for "The Blade").
fn unlike(lexicon: &Lexicon, entities: &[EntityId], name: &str, question: &str) -> f32 {
    let capital = |text: &str| text.split_whitespace().any(|word| word.starts_with(char::is_uppercase));
    let written = |id: &EntityId| lexicon.entity(*id).label(Language::English).to_owned();
    let labels: Vec<String> =
        entities.iter().map(written).filter(|label| fold(label) == fold(name)).collect();
    if labels.is_empty() || labels.iter().any(|label| label == name) {
        return 0.0;
    }
    let inside = question.split_whitespace().skip(1).any(|word| word.starts_with(char::is_uppercase));
    let article = name.starts_with(char::is_lowercase) && capital(name);
    match (capital(name), labels.iter().all(|label| capital(label))) {
        (false, true) if inside => SMALL_LETTERS,
        (true, true) if article => SMALL_ARTICLE,
        _ => 0.0,
    }
}
