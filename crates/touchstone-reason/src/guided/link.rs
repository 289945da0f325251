//! The things in the graph that a question is about.

use std::ops::Range;

use touchstone_core::Language;
use touchstone_graph::model::Term;
use touchstone_graph::{EntityId, Graph, Hop, Lexicon, Meaning, Mention, fold, is_han};

use super::vocabulary::{is_function_word, is_light, turns};

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
/// A name of much lower form than the best is none of several that are meant.
const MARGIN: f32 = 1.5;
/// Places that one is looked for in.
const MAX_PLACES: usize = 50;

/// The names in a question, the likeliest first. A name in [brackets] is the
/// only one.
pub(crate) fn topics(graph: &Graph, question: &str) -> Vec<Topic> {
    if let Some(topic) = bracketed(graph, question) {
        return vec![topic];
    }
    let mut topics: Vec<Topic> = Vec::new();
    let mentions = graph.lexicon().find(question);
    for mention in &mentions {
        let name = &question[mention.range.clone()];
        let entities = entities(graph.lexicon(), name, mention.entries.iter().map(|entry| entry.meaning));
        // "of" is no town, as long as it is written small.
        if entities.is_empty() || is_function_word(name) || turns(name) {
            continue;
        }
        // One character is part of many words: 元 in 元素 is no currency.
        let within = |other: &Mention| {
            other.range.start <= mention.range.start
                && mention.range.end <= other.range.end
                && other.range.len() > mention.range.len()
        };
        if name.chars().all(is_han) && name.chars().count() == 1 && mentions.iter().any(within) {
            continue;
        }
        let score = form(name, question, &mention.range) - unlike(graph.lexicon(), &entities, name, question);
        topics.push(Topic { range: mention.range.clone(), name: name.to_owned(), entities, score });
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
    let kept: Vec<Topic> = topics.iter().filter(|topic| !longer(topic)).cloned().collect();
    let mut kept = with_places(graph, question, kept);
    kept.sort_by(|a, b| b.score.total_cmp(&a.score));
    kept.truncate(MAX_TOPICS);
    kept
}

/// The names that may be meant together, as they stand in the question.
pub(crate) fn in_order(graph: &Graph, question: &str) -> Vec<Topic> {
    let mut topics = topics(graph, question);
    let best = topics.iter().map(|topic| topic.score).fold(f32::MIN, f32::max);
    topics.retain(|topic| topic.score >= best - MARGIN);
    topics.sort_by_key(|topic| topic.range.start);
    topics
}

/// Of these, the ones that no earlier one overlaps.
pub(crate) fn apart(graph: &Graph, question: &str) -> Vec<Topic> {
    let mut topics = in_order(graph, question);
    topics.dedup_by(|next, kept| next.range.start < kept.range.end);
    topics
}

/// "Surat, Gujarat, India" and 加拿大曼尼托巴省 each name one place, by those
/// that it lies in.
fn with_places(graph: &Graph, question: &str, mut topics: Vec<Topic>) -> Vec<Topic> {
    topics.sort_by_key(|topic| topic.range.start);
    let mut found: Vec<Topic> = Vec::new();
    for next in topics {
        let joined = found.last().and_then(|before| {
            let between = question.get(before.range.end..next.range.start)?.trim_end();
            let owns = question[next.range.end..].starts_with(['\'', '’']);
            let (inner, outer) = match between {
                "," if !owns => (before, &next),
                "" if next.name.starts_with(is_han) => (&next, before),
                _ => return None,
            };
            let mut entities = inner.entities.clone();
            entities.retain(|entity| outer.entities.iter().any(|place| lies_in(graph, *entity, *place)));
            (!entities.is_empty()).then(|| Topic {
                range: before.range.start..next.range.end,
                name: inner.name.clone(),
                entities,
                score: inner.score.max(outer.score),
            })
        });
        match joined {
            Some(place) => {
                found.pop();
                found.push(place);
            }
            None => found.push(next),
        }
    }
    found
}

/// By a relation that the ontology declares transitive, as being a part is.
fn lies_in(graph: &Graph, inner: EntityId, outer: EntityId) -> bool {
    let lexicon = graph.lexicon();
    let outer = Term::from(lexicon.entity(outer).iri.into_owned());
    graph.ontology().predicates().iter().filter(|predicate| predicate.transitive).any(|predicate| {
        let hop = Hop { predicate: predicate.id, inverse: false };
        let places = graph.follow(lexicon.entity(inner).iri, hop, MAX_PLACES);
        places.is_ok_and(|(places, _)| places.iter().any(|place| place.term == outer))
    })
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
