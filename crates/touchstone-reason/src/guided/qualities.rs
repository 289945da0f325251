//! What things must be, or must not: "landlocked", "not radioactive", "have no
//! coastline", 没有海岸线. That something is so is no answer to what is asked, but
//! a condition on it.

use std::ops::Range;

use touchstone_core::Language;
use touchstone_graph::model::Term;
use touchstone_graph::{Folded, GraphError, Hop, Meaning, PredicateId, Reached, ValueKind};

use super::operations::{Chosen, Planner};

/// Truth values of one thing.
const MAX_VALUES: usize = 10;
/// What a label begins with that says that something is missing.
const WITHOUT: &[&str] = &["without a ", "without an ", "without any ", "without "];
const WITHOUT_ZH: &[&str] = &["没有", "无", "不"];
/// Behind these the thing is there, or is not.
const HAVING: &[&str] = &["have", "has", "having", "with", "had"];
const LACKING: &[&str] = &["lack", "lacks", "lacking", "no", "without"];
const DENYING: &[&str] = &["not", "don't", "doesn't", "aren't", "isn't", "never", "non"];
const ARTICLES: &[&str] = &["a", "an", "any", "the"];
const HAVING_ZH: &[&str] = &["拥有", "具有", "有"];
const DENYING_ZH: &[&str] = &["并没有", "没有", "不具有", "并不", "不是", "并非", "不", "非", "无"];

/// What is so, or is not: "landlocked", "without a coast".
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Quality {
    pub(crate) predicates: Vec<PredicateId>,
    pub(crate) holds: bool,
}

impl Planner<'_> {
    /// The first quality that the question names, and where.
    pub(super) fn quality(&self, question: &str) -> Option<(Quality, Range<usize>)> {
        let folded = Folded::new(question);
        let text = folded.text.as_str();
        // A longer name of something else is not cut: 内陆 in 内陆国.
        let mentions = self.graph.lexicon().find(question);
        let cut = |range: &Range<usize>| {
            mentions.iter().any(|mention| {
                mention.range.start <= range.start
                    && range.end <= mention.range.end
                    && mention.range.len() > range.len()
                    && !mention.entries.iter().any(|entry| self.is_quality(entry.meaning))
            })
        };
        let mut found: Vec<(Range<usize>, bool, PredicateId)> = Vec::new();
        for predicate in self.graph.ontology().predicates() {
            if predicate.value_kind != ValueKind::Boolean {
                continue;
            }
            for label in &predicate.labels {
                let label = touchstone_graph::fold(&label.text);
                let place = match self.language {
                    Language::English => english(text, &label),
                    Language::Chinese => chinese(text, &label),
                };
                if let Some((range, holds)) = place {
                    found.push((folded.original(range), holds, predicate.id));
                }
            }
        }
        found.retain(|(range, ..)| !cut(range));
        let (range, holds) = found
            .iter()
            .max_by_key(|(range, ..)| range.len())
            .map(|(range, holds, _)| (range.clone(), *holds))?;
        let mut predicates: Vec<PredicateId> =
            found.iter().filter(|one| one.0 == range && one.1 == holds).map(|one| one.2).collect();
        predicates.dedup();
        Some((Quality { predicates, holds }, range))
    }

    fn is_quality(&self, meaning: Meaning) -> bool {
        matches!(meaning, Meaning::Predicate(id)
            if self.graph.ontology().predicate(id).value_kind == ValueKind::Boolean)
    }

    /// The things of which the graph says so.
    pub(super) fn hold(&self, things: &[Reached], quality: &Quality) -> Result<Option<Chosen>, GraphError> {
        self.best_of(
            &quality.predicates,
            |predicate| {
                let (mut kept, mut without) = (Vec::new(), 0);
                for thing in things {
                    let Term::NamedNode(node) = &thing.term else {
                        without += 1;
                        continue;
                    };
                    let hop = Hop { predicate, inverse: false };
                    let (values, _) = self.graph.follow(node.as_ref(), hop, MAX_VALUES)?;
                    let truths: Vec<(Reached, bool)> = values
                        .into_iter()
                        .filter_map(|value| Some((value.clone(), truth(&value.term)?)))
                        .collect();
                    // Where sources disagree, nothing is known.
                    let agreed = truths.windows(2).all(|pair| pair[0].1 == pair[1].1);
                    match truths.into_iter().next().filter(|_| agreed) {
                        Some((fact, value)) if value == quality.holds => kept.push((thing.clone(), fact)),
                        Some(_) => {}
                        None => without += 1,
                    }
                }
                Ok(Chosen { predicate, kept, without })
            },
            things.len(),
        )
    }
}

fn truth(term: &Term) -> Option<bool> {
    match term {
        Term::Literal(literal) => match literal.value() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// Where the words before a place begin and what they are, the nearest first.
fn words_before(text: &str, at: usize) -> impl Iterator<Item = (usize, &str)> {
    let mut end = at;
    std::iter::from_fn(move || {
        let head = text[..end].trim_end_matches([' ', '-']);
        let start = head.rfind([' ', '-', ',']).map_or(0, |at| at + 1);
        let word = &head[start..];
        (!word.is_empty()).then(|| {
            end = start;
            (start, word)
        })
    })
}

fn whole_word(text: &str, phrase: &str) -> Option<Range<usize>> {
    text.match_indices(phrase).map(|(at, _)| at..at + phrase.len()).find(|range| {
        !text[..range.start].ends_with(char::is_alphanumeric)
            && !text[range.end..].starts_with(char::is_alphanumeric)
    })
}

/// Where a question names the quality of this label, and whether it must hold.
fn english(text: &str, label: &str) -> Option<(Range<usize>, bool)> {
    let missing = WITHOUT.iter().find_map(|lead| label.strip_prefix(lead));
    let named = missing.unwrap_or(label);
    let place = whole_word(text, named)?;
    let mut from = place.start;
    let mut before = words_before(text, place.start).peekable();
    let mut holds = missing.is_none();
    if missing.is_some() {
        while before.next_if(|(_, word)| ARTICLES.contains(word)).is_some() {}
        let (start, word) = before.next()?;
        holds = match () {
            () if LACKING.contains(&word) => true,
            () if HAVING.contains(&word) => false,
            () => return None,
        };
        from = start;
    }
    if let Some((start, _)) = before.next_if(|(_, word)| DENYING.contains(word)) {
        from = start;
        holds = !holds;
    }
    Some((from..place.end, holds))
}

fn chinese(text: &str, label: &str) -> Option<(Range<usize>, bool)> {
    let whole = text.find(label).map(|at| at..at + label.len());
    let missing = WITHOUT_ZH.iter().find_map(|lead| Some((*lead, label.strip_prefix(lead)?)));
    // A single character is part of too many words.
    let place = match (&whole, missing) {
        (Some(place), _) => Some((place.clone(), true)),
        (None, Some((lead, named))) if named.chars().count() > 1 => {
            let at = text.find(named)?;
            let had = HAVING_ZH.iter().find_map(|word| text[..at].strip_suffix(word));
            let from = match (had, lead) {
                (Some(head), _) => head.len(),
                (None, "不") => at,
                (None, _) => return None,
            };
            Some((from..at + named.len(), false))
        }
        _ => None,
    };
    let (place, mut holds) = place?;
    let mut from = place.start;
    if let Some(head) = HAVING_ZH.iter().find_map(|word| text[..from].strip_suffix(word)) {
        from = head.len();
    }
    if let Some(head) = DENYING_ZH.iter().find_map(|word| text[..from].strip_suffix(word)) {
        from = head.len();
        holds = !holds;
    }
    // 没 of 没有 stands before what was read over as 有.
    if let Some(head) = text[..from].strip_suffix('没') {
        from = head.len();
        holds = !holds;
    }
    Some((from..place.end, holds))
}

#[cfg(test)]
mod tests {
    use super::{chinese, english};

    #[test]
    fn english_qualities_and_their_denials() {
        let read = |text: &str, label: &str| {
            english(text, label).map(|(range, holds)| (text[range].to_owned(), holds))
        };
        let is = |words: &str, holds: bool| Some((words.to_owned(), holds));
        assert_eq!(read("which of them are landlocked", "landlocked"), is("landlocked", true));
        assert_eq!(read("which are not landlocked", "landlocked"), is("not landlocked", false));
        assert_eq!(read("which have no coastline", "without a coastline"), is("no coastline", true));
        assert_eq!(read("which have a coastline", "without a coastline"), is("have a coastline", false));
        assert_eq!(read("which lack a coastline", "without a coastline"), is("lack a coastline", true));
        assert_eq!(
            read("which do not have a coastline", "without a coastline"),
            is("not have a coastline", true)
        );
        assert_eq!(read("how long is the coastline", "without a coastline"), None);
    }

    #[test]
    fn chinese_qualities_and_their_denials() {
        let read = |text: &str, label: &str| {
            chinese(text, label).map(|(range, holds)| (text[range].to_owned(), holds))
        };
        let is = |words: &str, holds: bool| Some((words.to_owned(), holds));
        assert_eq!(read("哪些国家没有海岸线", "没有海岸线"), is("没有海岸线", true));
        assert_eq!(read("哪些国家有海岸线", "没有海岸线"), is("有海岸线", false));
        assert_eq!(read("哪些国家不临海", "不临海"), is("不临海", true));
        assert_eq!(read("哪些国家临海", "不临海"), is("临海", false));
        assert_eq!(read("哪些元素有放射性", "放射性"), is("有放射性", true));
        assert_eq!(read("哪些元素没有放射性", "放射性"), is("没有放射性", false));
        assert_eq!(read("海岸线有多长", "没有海岸线"), None);
    }
}
