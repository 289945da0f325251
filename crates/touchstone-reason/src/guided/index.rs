//! Every phrase by which a question may ask for something of a graph, by its
//! first content word.

use std::collections::{BTreeSet, HashMap, HashSet};

use touchstone_core::Language;
use touchstone_graph::{
    ClassId, Cue, CueRole, Degree, Graph, PredicateId, ThingKind, ValueKind, Wording, fold, is_han,
};

use super::vocabulary::{DOES, KINDS, KINDS_ZH, content, positives};

/// What a stretch of a question may mean.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Sense {
    Relation {
        predicate: PredicateId,
        role: CueRole,
        weight: f32,
        mutual: bool,
    },
    /// A noun for what has or fills a relation: "films".
    Noun(String),
    Class(ClassId),
    Kind(ThingKind),
}

struct Phrase {
    words: Vec<String>,
    sense: Sense,
}

/// What the predicates of a graph are called.
pub(crate) struct CueIndex {
    by_first: HashMap<String, Vec<Phrase>>,
    chinese: Vec<(String, Sense)>,
    wordings: HashMap<PredicateId, Wording>,
    value_nouns: HashMap<PredicateId, BTreeSet<String>>,
    places: Vec<PredicateId>,
    symmetric: HashSet<PredicateId>,
    /// Labels of the predicates that lead to dates, folded.
    events: HashMap<PredicateId, Vec<String>>,
}

/// Letters that a verb has in common with the noun for what it tells of
/// ("discovered", "discovery"), and those in which they may differ.
const STEM: usize = 5;
const ENDING: usize = 3;

/// How surely "in X" means a relation to a place.
const IN: f32 = 0.4;

impl CueIndex {
    pub(crate) fn new(graph: &Graph) -> CueIndex {
        let mut index = CueIndex {
            by_first: HashMap::new(),
            chinese: Vec::new(),
            wordings: HashMap::new(),
            value_nouns: HashMap::new(),
            places: Vec::new(),
            symmetric: HashSet::new(),
            events: HashMap::new(),
        };
        let mut nouns: BTreeSet<String> = BTreeSet::new();
        for predicate in graph.ontology().predicates() {
            let wording = predicate.wording();
            for Cue { phrase, language, role, weight, mutual } in &wording.cues {
                let sense = Sense::Relation {
                    predicate: predicate.id,
                    role: *role,
                    weight: *weight,
                    mutual: *mutual,
                };
                index.add(phrase, *language, sense);
            }
            let values = wording
                .cues
                .iter()
                .filter(|cue| cue.role == CueRole::Noun)
                .map(|cue| cue.phrase.clone())
                .collect();
            index.value_nouns.insert(predicate.id, values);
            for (degree, label) in &predicate.adjectives {
                if *degree == Degree::More {
                    index.add_measure(&fold(&label.text), predicate.id);
                }
            }
            if wording.kind == Some(ThingKind::Time) || predicate.value_kind == ValueKind::Date {
                let labels = predicate.labels.iter().map(|label| fold(&label.text)).collect();
                index.events.insert(predicate.id, labels);
            }
            if predicate.symmetric {
                index.symmetric.insert(predicate.id);
            }
            // What lies beside a place is not in it.
            if wording.kind == Some(ThingKind::Place) && !predicate.symmetric {
                index.places.push(predicate.id);
            }
            nouns.extend(wording.subjects.iter().cloned());
            index.wordings.insert(predicate.id, wording);
        }
        for noun in nouns {
            index.add(&noun, Language::English, Sense::Noun(noun.clone()));
            index.add(&touchstone_graph::plural(&noun), Language::English, Sense::Noun(noun.clone()));
        }
        for class in graph.ontology().classes() {
            for label in &class.labels {
                let text = fold(&label.text);
                if text.chars().any(is_han) {
                    index.add(&text, Language::Chinese, Sense::Class(class.id));
                } else {
                    index.add(&text, Language::English, Sense::Class(class.id));
                    index.add(&touchstone_graph::plural(&text), Language::English, Sense::Class(class.id));
                }
            }
        }
        for (kind, words) in KINDS {
            for word in *words {
                let phrase = Phrase { words: vec![(*word).to_owned()], sense: Sense::Kind(*kind) };
                index.by_first.entry((*word).to_owned()).or_default().push(phrase);
            }
        }
        for (kind, words) in KINDS_ZH {
            index.chinese.extend(words.iter().map(|word| ((*word).to_owned(), Sense::Kind(*kind))));
        }
        // The longest phrases first.
        index.chinese.sort_by_key(|(phrase, _)| std::cmp::Reverse(phrase.len()));
        index
    }

    fn add(&mut self, phrase: &str, language: Language, sense: Sense) {
        if language == Language::Chinese {
            self.chinese.push((phrase.to_owned(), sense));
            return;
        }
        let words = if phrase == "what do" { vec![DOES.to_owned()] } else { content(phrase) };
        let Some(first) = words.first().cloned() else { return };
        let phrases = self.by_first.entry(first).or_default();
        if !phrases.iter().any(|known| known.words == words && known.sense == sense) {
            phrases.push(Phrase { words, sense });
        }
    }

    /// "how large" for "larger", 多大 for 更大.
    fn add_measure(&mut self, comparative: &str, predicate: PredicateId) {
        let sense = |role| Sense::Relation { predicate, role, weight: 1.0, mutual: false };
        if let Some(adjective) = comparative.strip_prefix('更') {
            self.chinese.push((format!("多{adjective}"), sense(CueRole::Noun)));
            return;
        }
        for adjective in positives(comparative) {
            let words = vec!["how".to_owned(), adjective];
            // Said of the thing, though it stands before it.
            let phrase = Phrase { words, sense: sense(CueRole::Reverse) };
            self.by_first.entry("how".to_owned()).or_default().push(phrase);
        }
    }

    /// The senses of the phrases that begin the words, with their length in
    /// words.
    pub(crate) fn beginning<'a, 'w>(
        &'a self,
        words: &'w [&'w str],
    ) -> impl Iterator<Item = (usize, &'a Sense)> + use<'a, 'w> {
        let phrases = words.first().and_then(|first| self.by_first.get(*first)).map(Vec::as_slice);
        phrases.unwrap_or_default().iter().filter_map(move |phrase| {
            let fits = words.len() >= phrase.words.len()
                && phrase.words.iter().zip(words).all(|(known, word)| known == word);
            fits.then_some((phrase.words.len(), &phrase.sense))
        })
    }

    /// Whether the predicate says when what the word tells of happened: the
    /// year of discovery, for "discovered".
    pub(crate) fn dates(&self, predicate: PredicateId, word: &str) -> bool {
        let stem = |label: &str| {
            let common = label.chars().zip(word.chars()).take_while(|(a, b)| a == b).count();
            common >= STEM && common + ENDING >= label.chars().count().min(word.chars().count())
        };
        self.events.get(&predicate).is_some_and(|labels| {
            labels.iter().any(|label| match word.chars().next().is_some_and(is_han) {
                true => word.chars().count() > 1 && label.contains(word),
                false => label.split(' ').any(stem),
            })
        })
    }

    pub(crate) fn is_symmetric(&self, predicate: PredicateId) -> bool {
        self.symmetric.contains(&predicate)
    }

    pub(crate) fn knows(&self, word: &str) -> bool {
        self.by_first.contains_key(word)
    }

    /// Chinese phrases with their senses, the longest first.
    pub(crate) fn chinese(&self) -> &[(String, Sense)] {
        &self.chinese
    }

    /// The relations that lead to places, as "in" may mean them.
    pub(crate) fn places(&self) -> Vec<Sense> {
        let sense = |predicate| Sense::Relation { predicate, role: CueRole::Verb, weight: IN, mutual: false };
        self.places.iter().copied().map(sense).collect()
    }

    pub(crate) fn wording(&self, predicate: PredicateId) -> Option<&Wording> {
        self.wordings.get(&predicate)
    }

    /// Whether the noun names values of the predicate.
    pub(crate) fn names_value(&self, predicate: PredicateId, noun: &str) -> bool {
        self.value_nouns.get(&predicate).is_some_and(|nouns| nouns.contains(noun))
    }
}
