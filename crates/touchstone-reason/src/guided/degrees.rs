//! The most and the least, and which of two is more: the words for them, and
//! by which relation they are meant.

use touchstone_core::Language;
use touchstone_graph::{CueRole, Degree, Folded, Meaning, PredicateId, fold};

use super::index::Sense;
use super::operations::{Planner, Selection, word_starts, words};

pub(super) const MOST: &[&str] = &["highest", "largest", "greatest", "biggest", "most", "best", "longest"];
pub(super) const LEAST: &[&str] = &["lowest", "smallest", "least", "fewest", "worst", "shortest"];
pub(super) const MORE: &[&str] = &["higher", "larger", "greater", "bigger", "more", "longer", "heavier"];
pub(super) const LESS: &[&str] = &["lower", "smaller", "less", "fewer", "shorter", "lighter"];
const LATEST: &[&str] = &["latest", "newest", "most recent", "last"];
const EARLIEST: &[&str] = &["earliest", "oldest", "first"];

impl Planner<'_> {
    pub(super) fn selection(&self, question: &str) -> Option<(Selection, Vec<std::ops::Range<usize>>)> {
        if self.language == Language::Chinese
            && let Some((range, predicate, most)) = self.extreme_zh(question, &["最"])
        {
            let text = question[range.clone()].to_owned();
            return Some((Selection::new(vec![predicate], most, text), vec![range]));
        }
        self.extreme_noun(question)
            .or_else(|| self.adjective(question))
            .or_else(|| self.extreme_time(question))
    }

    /// "largest", as the ontology declares it.
    fn adjective(&self, question: &str) -> Option<(Selection, Vec<std::ops::Range<usize>>)> {
        let mut best: Option<(std::ops::Range<usize>, bool, Vec<PredicateId>)> = None;
        for mention in self.graph.lexicon().find(question) {
            for (most, degree) in [(true, Degree::Most), (false, Degree::Least)] {
                let predicates: Vec<PredicateId> = mention
                    .entries
                    .iter()
                    .filter(|entry| entry.language.is_none_or(|language| language == self.language))
                    .filter_map(|entry| match entry.meaning {
                        Meaning::Adjective(id, found) if found == degree => Some(id),
                        _ => None,
                    })
                    .collect();
                let longer = best.as_ref().is_none_or(|(range, ..)| mention.range.len() > range.len());
                if !predicates.is_empty() && longer {
                    best = Some((mention.range.clone(), most, predicates));
                }
            }
        }
        if let Some((range, most, predicates)) = best {
            let text = question[range.clone()].to_owned();
            return Some((Selection::new(predicates, most, text), vec![range]));
        }
        None
    }

    /// "highest population"
    fn extreme_noun(&self, question: &str) -> Option<(Selection, Vec<std::ops::Range<usize>>)> {
        if self.language != Language::English {
            return None;
        }
        let lower = question.to_ascii_lowercase();
        let starts = word_starts(&lower);
        for (most, words_of) in [(true, MOST), (false, LEAST)] {
            for start in &starts {
                let rest = &lower[*start..];
                let Some(word) = words_of
                    .iter()
                    .find(|word| rest.strip_prefix(**word).is_some_and(|tail| tail.starts_with(' ')))
                else {
                    continue;
                };
                let tail = rest[word.len()..].trim_start();
                let at = *start + rest.len() - tail.len();
                let words = words(tail);
                let found: Vec<(usize, PredicateId)> = self
                    .index
                    .beginning(&words)
                    .filter(|(_, sense)| matches!(sense, Sense::Relation { role: CueRole::Noun, .. }))
                    .filter_map(|(length, sense)| Some((length, self.numeric(sense)?)))
                    .collect();
                let Some(length) = found.iter().map(|(length, _)| *length).max() else { continue };
                let end = at + word_starts(tail).get(length - 1)? + words[length - 1].len();
                let predicates = found.into_iter().filter(|(l, _)| *l == length).map(|(_, id)| id).collect();
                let text = question[*start..end].to_owned();
                let range = *start..end;
                return Some((Selection::new(predicates, most, text), Vec::from([range])));
            }
        }
        None
    }

    /// "latest", "earliest"
    fn extreme_time(&self, question: &str) -> Option<(Selection, Vec<std::ops::Range<usize>>)> {
        if self.language != Language::English {
            return None;
        }
        let lower = question.to_ascii_lowercase();
        for (most, words_of) in [(true, LATEST), (false, EARLIEST)] {
            for word in words_of {
                let padded = format!(" {word} ");
                if let Some(at) = lower.find(&padded) {
                    let range = at + 1..at + 1 + word.len();
                    let selection = Selection::new(self.times(), most, (*word).to_owned());
                    return (!selection.predicates.is_empty()).then_some((selection, vec![range]));
                }
            }
        }
        None
    }

    /// Whether the question asks something of the things that the superlative
    /// at this place selects, and not for them.
    pub(super) fn asks_of(&self, question: &str, place: &std::ops::Range<usize>) -> bool {
        let (head, tail) = (&question[..place.start], &question[place.end..]);
        match self.language {
            Language::English => {
                let lower = tail.to_ascii_lowercase();
                if self.index.beginning(&words(&lower)).next().is_none() {
                    return false;
                }
                // What stands before the noun, names aside.
                let mut head = head.to_owned();
                for mention in self.graph.lexicon().find(&head.clone()) {
                    let entity = |meaning: &Meaning| matches!(meaning, Meaning::Entity(_));
                    if mention.entries.iter().any(|entry| entity(&entry.meaning)) {
                        super::operations::blank(&mut head, mention.range);
                    }
                }
                let lower = head.to_ascii_lowercase();
                let starts = word_starts(&lower);
                starts.iter().any(|start| {
                    self.index
                        .beginning(&words(&lower[*start..]))
                        .any(|(_, sense)| !matches!(sense, Sense::Kind(_)))
                })
            }
            Language::Chinese => {
                let tail = fold(tail);
                let tail = tail.strip_prefix('的').unwrap_or(&tail);
                let phrase = |text: &str| {
                    let known =
                        self.index.chinese().iter().filter(|(phrase, _)| text.starts_with(phrase.as_str()));
                    known.map(|(phrase, _)| phrase.len()).max()
                };
                phrase(tail).is_some_and(|length| {
                    let rest = &tail[length..];
                    rest.strip_prefix('的').or_else(|| rest.strip_prefix('有')).is_some_and(|rest| {
                        phrase(rest.trim_start_matches("多少").trim_start_matches('几')).is_some()
                    })
                })
            }
        }
    }

    /// The relations that the first words name.
    pub(super) fn named_behind(&self, tail: &str) -> Vec<PredicateId> {
        let relation = |sense: &Sense| match sense {
            Sense::Relation { predicate, .. } => Some(*predicate),
            _ => None,
        };
        match self.language {
            Language::English => {
                let lower = tail.to_ascii_lowercase();
                self.index.beginning(&words(&lower)).filter_map(|(_, sense)| relation(sense)).collect()
            }
            Language::Chinese => {
                let tail = fold(tail);
                let tail = tail.strip_prefix('的').unwrap_or(&tail);
                let named =
                    self.index.chinese().iter().filter(|(phrase, _)| tail.starts_with(phrase.as_str()));
                named.filter_map(|(_, sense)| relation(sense)).collect()
            }
        }
    }

    /// The relation by which a question compares, and whether it asks for the
    /// greater.
    pub(crate) fn comparison(&self, question: &str) -> Option<(PredicateId, bool)> {
        match self.language {
            Language::English => {
                let lower = question.to_ascii_lowercase();
                let more = lower.split(|c: char| !c.is_alphanumeric()).find_map(|word| {
                    [(MORE, true), (MOST, true), (LESS, false), (LEAST, false)]
                        .iter()
                        .find(|(known, _)| known.contains(&word))
                        .map(|(_, more)| *more)
                })?;
                let noun = word_starts(&lower).into_iter().find_map(|start| {
                    let words = words(&lower[start..]);
                    let senses = self.index.beginning(&words);
                    senses.filter_map(|(length, sense)| Some((length, self.numeric(sense)?))).max()
                })?;
                Some((noun.1, more))
            }
            Language::Chinese => {
                let (range, predicate, more) = self.extreme_zh(question, &["更", "较", "比较", ""])?;
                (!range.is_empty()).then_some((predicate, more))
            }
        }
    }

    /// A numeric relation with "large" or "small" behind it, and what stands
    /// between them.
    fn extreme_zh(
        &self,
        question: &str,
        between: &[&str],
    ) -> Option<(std::ops::Range<usize>, PredicateId, bool)> {
        let folded = Folded::new(question);
        let text = folded.text.as_str();
        self.index.chinese().iter().find_map(|(phrase, sense)| {
            let predicate = self.numeric(sense)?;
            let at = text.find(phrase.as_str())?;
            let behind = &text[at + phrase.len()..];
            let behind = behind.strip_prefix('的').unwrap_or(behind);
            between.iter().find_map(|word| {
                let tail = behind.strip_prefix(word)?;
                let degree = tail.chars().next()?;
                let more = match degree {
                    '大' | '高' | '多' | '长' | '重' => true,
                    '小' | '低' | '少' | '短' | '轻' => false,
                    _ => return None,
                };
                let end = text.len() - tail.len() + degree.len_utf8();
                Some((folded.original(at..end), predicate, more))
            })
        })
    }
}
