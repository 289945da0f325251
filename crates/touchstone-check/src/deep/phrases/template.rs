//! What a sentence says of two names, with the names left out.

use std::ops::Range;

use touchstone_core::Language;
use touchstone_graph::model::Term as RdfTerm;
use touchstone_graph::{ClassId, EntityId, Graph, Predicate, PredicateId, ValueKind, fold};

use crate::grammar::words::{
    CONJUNCTIONS, NEGATED_COPULAS, NEGATED_DO, NEGATED_HAVE, NEGATIONS, PRONOUNS, QUALIFYING, WH, ZH_AND,
    ZH_NEGATED_COPULAS, ZH_NEGATIONS, ZH_PRONOUNS,
};
use crate::grammar::{Content, Object, Proposition, Reference, Time, Value};
use crate::items::Item;

/// Longer phrases say more than one relation.
const MAX_ITEMS: usize = 16;
const MAX_CHARACTERS: usize = 160;
/// Relations that a phrase is held against.
const MAX_CANDIDATES: usize = 64;
/// Words that make another claim of the one around them, or a second one.
const OTHER_CLAIMS: &[&str] = &[
    "or", "but", "if", "unless", "although", "because", "may", "might", "could", "would", "should", "must",
    "can", "will", "almost", "nearly", "hardly", "barely", "only", "refused", "denied", "failed", "wanted",
    "或", "或者", "但", "但是", "如果", "可能", "也许", "几乎", "仅", "只", "拒绝", "否认", "未能", "想",
];

/// A sentence of two names in which nothing else is a name, a number or a
/// date.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    /// "X was stationed in Y", folded; the first name of the sentence is X.
    pub(crate) phrase: String,
    x: Reference,
    y: Reference,
    range: Range<usize>,
}

impl Template {
    /// `None` for sentences of another shape, and for those that deny,
    /// qualify or join claims.
    pub(crate) fn of(text: &str, items: &[Item], language: Language) -> Option<Template> {
        let last = items.iter().rposition(|item| !item.is_punctuation())?;
        let items = &items[..=last];
        let names: Vec<usize> = (0..items.len()).filter(|at| !items[*at].entities.is_empty()).collect();
        let [first, second] = names[..] else { return None };
        if items.len() > MAX_ITEMS || items.iter().any(|item| item.quantity.is_some() || item.date.is_some())
        {
            return None;
        }
        let joins = |at: usize| at > first && at < second && second - first == 2;
        let claims_more = |(at, item): (usize, &Item)| {
            [NEGATIONS, NEGATED_COPULAS, NEGATED_DO, NEGATED_HAVE, QUALIFYING, PRONOUNS, WH, OTHER_CLAIMS]
                .iter()
                .any(|words| item.is(words) && !(item.is(&["who", "which"]) && at > first))
                || (item.is(CONJUNCTIONS) && !joins(at))
                || (language == Language::Chinese
                    && (item.is(ZH_NEGATIONS)
                        || item.is(ZH_NEGATED_COPULAS)
                        || item.is(ZH_PRONOUNS)
                        || (item.is(ZH_AND) && !joins(at))))
        };
        let plain = |at: &usize| *at != first && *at != second;
        let words = (0..items.len()).filter(plain);
        if words.clone().any(|at| claims_more((at, &items[at])))
            || !words.clone().any(|at| items[at].folded.chars().any(char::is_alphabetic))
        {
            return None;
        }
        let (x, y) = (&items[first], &items[second]);
        let range = items[0].range.start..items[last].range.end;
        let phrase = format!(
            "{}X{}Y{}",
            fold(&text[range.start..x.range.start]),
            fold(&text[x.range.end..y.range.start]),
            fold(&text[y.range.end..range.end]),
        );
        let phrase = phrase.split_whitespace().collect::<Vec<_>>().join(" ");
        let reference = |item: &Item| Reference {
            candidates: item.entities.clone(),
            range: item.range.clone(),
            indirect: false,
        };
        (phrase.chars().count() <= MAX_CHARACTERS).then(|| Template {
            phrase,
            x: reference(x),
            y: reference(y),
            range,
        })
    }

    /// Whether the second name is the subject of a relation with a label such
    /// as "owned by", of which the phrase takes up the participle: "X, which
    /// is owned in part by Y", "the X-owned Y". `None` where it does not.
    fn voice(&self, predicate: &Predicate) -> Option<bool> {
        const AUXILIARIES: &[&str] = &["is", "was", "are", "were", "been", "being", "be"];
        let (from, to) = (self.phrase.find('X')? + 1, self.phrase.find('Y')?);
        let between = self.phrase.get(from..to)?;
        let participles = predicate.labels.iter().filter(|label| label.language != Some(Language::Chinese));
        participles.filter_map(|label| participle(&label.text)).find_map(|participle| {
            if between.strip_prefix('-').is_some_and(|rest| rest.trim_end() == participle) {
                return Some(true);
            }
            let words: Vec<&str> =
                between.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
            let at = words.iter().position(|word| *word == participle)?;
            let passive = match at.checked_sub(1) {
                Some(before) => AUXILIARIES.contains(&words[before]),
                None => between.trim_start().starts_with(','),
            };
            passive.then_some(false)
        })
    }

    /// The relations between such things, by what the ontology declares of
    /// both sides; where they are too many, those of which the graph knows a
    /// fact of one of the two.
    pub(crate) fn candidates(&self, graph: &Graph, language: Language) -> Vec<PredicateId> {
        let ontology = graph.ontology();
        let fits = |reference: &Reference, wanted: &[ClassId]| {
            let types = |id: &EntityId| graph.lexicon().entity(*id).types;
            reference.candidates.iter().any(|id| ontology.fits(types(id), wanted))
        };
        let connects = |p: &&Predicate| {
            (fits(&self.x, &p.domain) && fits(&self.y, &p.range))
                || (fits(&self.y, &p.domain) && fits(&self.x, &p.range))
        };
        let mut candidates: Vec<PredicateId> = ontology
            .predicates()
            .iter()
            .filter(|p| p.value_kind == ValueKind::Entity && is_named(p, language))
            .filter(connects)
            .map(|p| p.id)
            .collect();
        if candidates.len() > MAX_CANDIDATES {
            candidates.retain(|id| {
                [&self.x, &self.y].iter().any(|side| stands(graph, side, *id, Side::Subject))
                    || [&self.x, &self.y].iter().any(|side| stands(graph, side, *id, Side::Object))
            });
            candidates.truncate(MAX_CANDIDATES);
        }
        candidates
    }

    /// The sentence as a fact of a relation. `None` where the graph does not
    /// tell which of the two is the subject: of a relation that does not hold
    /// both ways, what the participle of its label is said of, or else only
    /// what stands on one side of its facts and never on the other has its
    /// side.
    pub(crate) fn proposition(&self, graph: &Graph, predicate: PredicateId) -> Option<Proposition> {
        let p = graph.ontology().predicate(predicate);
        let subject_of = |side: &Reference| stands(graph, side, predicate, Side::Subject);
        let object_of = |side: &Reference| stands(graph, side, predicate, Side::Object);
        let reversed = if p.symmetric {
            false
        } else {
            let forward = subject_of(&self.x) || object_of(&self.y);
            let backward = subject_of(&self.y) || object_of(&self.x);
            match self.voice(p) {
                Some(reversed) => reversed,
                None if forward == backward || mixes_sides(graph, p) => return None,
                None => backward,
            }
        };
        let (subject, object) = if reversed { (&self.y, &self.x) } else { (&self.x, &self.y) };
        let value = Value {
            range: object.range.clone(),
            readings: vec![Object::Entity(object.clone()), Object::Text],
        };
        let content = Content::Fact {
            subject: subject.clone(),
            predicates: vec![predicate],
            reversed: Vec::new(),
            value,
            flexible: false,
        };
        Some(Proposition { content, negated: false, range: self.range.clone(), time: Time::default() })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Subject,
    Object,
}

/// Whether the graph has a fact of the predicate with one of these on a side.
fn stands(graph: &Graph, reference: &Reference, predicate: PredicateId, side: Side) -> bool {
    let predicate = graph.ontology().predicate(predicate).iri.as_ref();
    let store = graph.store().inner();
    reference.candidates.iter().any(|id| {
        let iri = graph.lexicon().entity(*id).iri;
        let quads = match side {
            Side::Subject => store.quads_for_pattern(Some(iri.into()), Some(predicate), None, None).next(),
            Side::Object => store.quads_for_pattern(None, Some(predicate), Some(iri.into()), None).next(),
        };
        quads.is_some()
    })
}

/// Whether the same things stand on both sides of a predicate, as companies
/// do that own each other: then the sides of one pair say nothing of a
/// sentence. Looks at so many facts as tell.
fn mixes_sides(graph: &Graph, predicate: &Predicate) -> bool {
    const LOOKED_AT: usize = 400;
    const MIXED: usize = 4;
    let store = graph.store().inner();
    let iri = predicate.iri.as_ref();
    let mut mixed = 0;
    for quad in store.quads_for_pattern(None, Some(iri), None, None).take(LOOKED_AT).filter_map(Result::ok) {
        let RdfTerm::NamedNode(object) = &quad.object else { continue };
        let both =
            store.quads_for_pattern(Some(object.as_ref().into()), Some(iri), None, None).next().is_some();
        mixed += usize::from(both);
        if mixed == MIXED {
            return true;
        }
    }
    false
}

/// "named" of "named after".
fn participle(label: &str) -> Option<String> {
    let label = fold(label);
    let (first, last) = label.split_once(' ')?;
    let behind = ["by", "after", "for", "in", "from", "with", "at", "on", "to"].contains(&last);
    (behind && (first.ends_with("ed") || first.ends_with("en"))).then(|| first.to_owned())
}

fn is_named(predicate: &Predicate, language: Language) -> bool {
    predicate.labels.iter().any(|label| label.language.is_none_or(|l| l == language))
}
