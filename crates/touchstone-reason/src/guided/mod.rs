//! Answers from the graph: the question's topic is linked, every path that
//! leaves it is laid against the question's words, and the one that fits is
//! followed as sets. No step can state a fact that is not there.

mod agree;
mod asked;
mod beyond;
mod choose;
mod compare;
mod degrees;
mod derive;
mod driver;
mod extreme;
mod figures;
mod index;
mod link;
mod operations;
mod polar;
mod qualities;
mod rank;
mod reading;
mod rephrase;
mod several;
mod vocabulary;
mod words;

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use touchstone_core::Language;
use touchstone_graph::model::{NamedNode, Term};
use touchstone_graph::{
    ClassId, EntityId, Graph, GraphError, Hop, PredicateId, Reached, Routes, ThingKind, ValueKind,
};

pub use choose::Opinion;
pub use driver::ReadingView;
use index::CueIndex;
pub(crate) use link::{Topic, topics};
use operations::Planner;
use rank::{MAX_HOPS, Ranked, Ranker};
use reading::Reading;
use words::Writer;
pub(crate) use words::{GraphWords, render};

/// Things that one hop may be followed from.
const MAX_SET: usize = 5_000;
/// Ends of one thing's hop.
const MAX_FAN_OUT: usize = 5_000;
/// Paths that are ranked for one topic.
const MAX_PATHS: usize = 20_000;
/// A name of much lower form does not compete.
const TOPIC_MARGIN: f32 = 3.0;
/// What a word costs that nothing explains.
const UNKNOWN_WORD: f32 = 0.8;

/// Words and nouns of a question that may be left over where it is answered.
const MAX_LEFT_OVER: usize = 2;

/// A hop that so large a share of the things of a kind has is one that a
/// thing of that kind should have.
const USUAL: f32 = 0.25;

/// Which first hops are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leaving {
    /// Those that leave the thing.
    Held,
    /// Those that the graph lacks for this thing, and holds for its like.
    Lacking,
}

/// What reads questions against one graph.
pub struct Guide {
    graph: Arc<Graph>,
    index: CueIndex,
    routes: Routes,
}

/// One way to read a question: from a topic along a path.
#[derive(Clone, Debug)]
pub struct Interpretation {
    pub(crate) entity: EntityId,
    pub(crate) ranked: Ranked,
    /// Score of the topic and of the path together.
    pub score: f32,
    pub(crate) unknown: Vec<String>,
    pub(crate) counts: bool,
    /// Words that narrow or turn what is asked, and have no place: "not",
    /// "largest", a year.
    pub(crate) restricted: bool,
    /// What the question calls the things that it asks for: any of these.
    pub(crate) classes: Vec<ClassId>,
}

impl Interpretation {
    pub fn hops(&self) -> &[Hop] {
        &self.ranked.hops
    }

    /// Words that nothing explains, and stretches that found no place.
    fn left_over(&self) -> usize {
        self.unknown.len() + self.ranked.unplaced.count()
    }

    /// Every word has its place, and at most one hop is asked for by no word;
    /// or every hop is asked for, and what is left over asks for nothing: verbs
    /// of belonging ("fall", "apply") and nouns that say again what a name or a
    /// relation said.
    pub(crate) fn is_likely_meant(&self) -> bool {
        if self.restricted {
            return false;
        }
        if self.left_over() == 0 {
            return self.ranked.silent <= 1;
        }
        self.left_over() <= MAX_LEFT_OVER
            && self.ranked.silent == 0
            && self.ranked.unplaced.asking == 0
            && !self.counts
            && self.unknown.iter().all(|word| vocabulary::says_belonging(word))
    }

    /// Some word asks for each hop, and none narrows what is asked.
    pub(crate) fn asks_for_every_hop(&self) -> bool {
        !self.restricted && !self.counts && self.ranked.silent == 0
    }

    /// Every word of the question has its place on the path, and every hop
    /// its word.
    pub fn is_complete(&self) -> bool {
        !self.restricted && self.ranked.silent == 0 && self.left_over() == 0
    }
}

/// One hop followed from a set of things.
#[derive(Clone, Debug)]
pub struct Followed {
    pub hop: Hop,
    pub reached: Vec<Reached>,
    /// More was there than the limits allow.
    pub cut: bool,
}

impl Guide {
    pub fn new(graph: Arc<Graph>) -> Guide {
        let index = CueIndex::new(&graph);
        Guide { graph, index, routes: Routes::new() }
    }

    pub fn graph(&self) -> &Arc<Graph> {
        &self.graph
    }

    fn planner(&self, language: Language) -> Planner<'_> {
        Planner { graph: &self.graph, index: &self.index, language }
    }

    /// Keeps the things of the classes that the question asks for; whether it
    /// is left with what was asked for. What has no class may be of any.
    fn keep_classes(&self, classes: &[ClassId], things: &mut Vec<Reached>) -> bool {
        if classes.is_empty() {
            return true;
        }
        let lexicon = self.graph.lexicon();
        let fits = |reached: &Reached| {
            let Term::NamedNode(node) = &reached.term else { return true };
            let types = lexicon.entity_by_iri(node.as_ref()).map(|id| lexicon.entity(id).types);
            let types = types.unwrap_or_default();
            types.is_empty()
                || types.iter().any(|known| {
                    let up = &self.graph.ontology().class(*known).ancestors;
                    classes.iter().any(|class| up.contains(class))
                })
        };
        things.retain(fits);
        !things.is_empty()
    }

    /// Whether one of the relations is followed on the path, and is not its
    /// last.
    fn is_on_the_way(&self, hops: &[Hop], relations: &[PredicateId]) -> bool {
        let is = |hop: &Hop| relations.iter().any(|relation| follows(&self.graph, *hop, *relation));
        hops.split_last().is_some_and(|(last, before)| !is(last) && before.iter().any(is))
    }

    fn leads_to_number(&self, hops: &[Hop]) -> bool {
        let kind = |hop: &Hop| self.graph.ontology().predicate(hop.predicate).value_kind;
        hops.last().is_some_and(|hop| !hop.inverse && kind(hop) == ValueKind::Number)
    }

    pub(crate) fn writer<'a>(&'a self, words: &'a GraphWords, language: Language) -> Writer<'a> {
        Writer { graph: &self.graph, index: &self.index, routes: &self.routes, words, language }
    }

    /// The ways to read the question, the best first, at most `limit`. A name
    /// of something in `known` means nothing else.
    pub fn interpret(
        &self,
        question: &str,
        known: &[EntityId],
        language: Language,
        limit: usize,
    ) -> Result<Vec<Interpretation>, GraphError> {
        self.interpret_topics(question, self.topics(question, known), language, limit, Leaving::Held)
    }

    /// The best way to read the question to its last word along a path whose
    /// first hop the graph lacks, though things of that kind have it.
    pub(crate) fn lacking(
        &self,
        question: &str,
        known: &[EntityId],
        language: Language,
    ) -> Result<Option<Interpretation>, GraphError> {
        let named = self.topics(question, known);
        let found = self.interpret_topics(question, named, language, usize::MAX, Leaving::Lacking)?;
        Ok(found.into_iter().find(Interpretation::is_complete))
    }

    fn topics(&self, question: &str, known: &[EntityId]) -> Vec<Topic> {
        let mut topics = topics(&self.graph, question);
        for topic in &mut topics {
            if topic.entities.iter().any(|entity| known.contains(entity)) {
                topic.entities.retain(|entity| known.contains(entity));
            }
        }
        topics
    }

    fn interpret_topics(
        &self,
        question: &str,
        topics: Vec<Topic>,
        language: Language,
        limit: usize,
        leaving: Leaving,
    ) -> Result<Vec<Interpretation>, GraphError> {
        let best = topics.iter().map(|topic| topic.score).fold(f32::MIN, f32::max);
        let mut found: Vec<Interpretation> = Vec::new();
        for topic in topics.into_iter().filter(|topic| topic.score >= best - TOPIC_MARGIN) {
            let reading = reading::read(&self.index, self.graph.composed(), question, &topic.range, language);
            let ranker =
                Ranker { graph: &self.graph, index: &self.index, reading: &reading, routes: &self.routes };
            let mut seen: HashSet<Vec<Hop>> = HashSet::new();
            for entity in topic.entities.clone() {
                for hops in self.paths(entity, &reading, leaving)? {
                    // Of things of one name, the likeliest stands first.
                    if !seen.insert(hops.clone()) {
                        continue;
                    }
                    if reading.asks_when() && ranker.leads_to(ThingKind::Time, &hops) == Some(false) {
                        continue;
                    }
                    // What something is called is no number.
                    if reading.asks_name && self.leads_to_number(&hops) {
                        continue;
                    }
                    let ranked = ranker.rank(&hops)?;
                    // A number is not counted, it counts.
                    let counts = reading.counts && !self.leads_to_number(&hops);
                    let mut unknown = self.unexplained(&reading, &hops);
                    unknown.extend(self.longer_name(&reading, entity));
                    found.push(Interpretation {
                        entity,
                        score: ranked.score + topic.score - UNKNOWN_WORD * unknown.len() as f32,
                        ranked,
                        unknown,
                        counts,
                        restricted: reading.restricted,
                        classes: reading.classes(hops.last().map(|hop| hop.predicate), language),
                    });
                }
            }
        }
        found.sort_by(|a, b| {
            b.score.total_cmp(&a.score).then_with(|| match a.ranked.hops.len().cmp(&b.ranked.hops.len()) {
                Ordering::Equal => a.ranked.hops.cmp(&b.ranked.hops),
                other => other,
            })
        });
        found.truncate(limit);
        Ok(found)
    }

    /// 乔治亚州 is no name of the country 乔治亚: a noun of one character right
    /// behind a name is part of it, and says of what kind its bearer is.
    fn longer_name(&self, reading: &Reading, entity: EntityId) -> Option<String> {
        let unit = reading.after.first().filter(|unit| {
            unit.adjacent && unit.text.chars().count() == 1 && unit.text.chars().all(touchstone_graph::is_han)
        })?;
        let classes: Vec<ClassId> = unit
            .senses
            .iter()
            .filter_map(|sense| match sense {
                index::Sense::Class(class) => Some(*class),
                _ => None,
            })
            .collect();
        let types = self.graph.lexicon().types(entity);
        (!classes.is_empty() && !self.graph.ontology().fits(types, &classes)).then(|| unit.text.clone())
    }

    /// The words that nothing explains: those aside that other names of the
    /// path's relations have, as "group of the periodic table" is one of
    /// "group".
    fn unexplained(&self, reading: &Reading, hops: &[Hop]) -> Vec<String> {
        let composed = self.graph.composed();
        let says = |word: &str| {
            let of = |hop: &Hop| composed.has_word(hop.predicate, word) && self.is_asked(*hop, reading);
            !vocabulary::restricts(word) && hops.iter().any(of)
        };
        reading.unknown.iter().filter(|word| !says(word)).cloned().collect()
    }

    /// The paths that leave the entity, pruned by what the question asks for:
    /// one hop may be silent, besides those that go back.
    fn paths(
        &self,
        entity: EntityId,
        reading: &Reading,
        leaving: Leaving,
    ) -> Result<Vec<Vec<Hop>>, GraphError> {
        let start = self.graph.lexicon().entity(entity).iri.into_owned();
        let held = self.graph.hops_from(start.as_ref())?;
        let first = match leaving {
            Leaving::Held => held,
            Leaving::Lacking => {
                let mut usual: Vec<Hop> = Vec::new();
                for hop in &held {
                    let after = self.routes.after(&self.graph, self.graph.canonical(hop.back()))?;
                    usual.extend(after.iter().filter(|(_, share)| **share >= USUAL).map(|(hop, _)| *hop));
                }
                usual.sort_unstable();
                usual.dedup();
                usual.retain(|hop| !held.contains(hop));
                usual
            }
        };
        let mut found: Vec<Vec<Hop>> = Vec::new();
        let mut open: Vec<(Vec<Hop>, usize)> = vec![(Vec::new(), 0)];
        while let Some((path, silent)) = open.pop() {
            let next: Vec<Hop> = match path.last() {
                None => first.clone(),
                Some(last) => self.routes.after(&self.graph, *last)?.keys().copied().collect(),
            };
            for hop in next {
                // Whether something is so is no answer to what is asked.
                if self.graph.ontology().predicate(hop.predicate).value_kind == ValueKind::Boolean {
                    continue;
                }
                let back = path.last().is_some_and(|last| hop == self.graph.canonical(last.back()));
                let asked = self.is_asked(hop, reading);
                let silent = silent + usize::from(!asked && !back);
                if silent > 1 {
                    continue;
                }
                let mut longer = path.clone();
                longer.push(hop);
                if longer.len() < MAX_HOPS {
                    open.push((longer.clone(), silent));
                }
                found.push(longer);
                if found.len() >= MAX_PATHS {
                    return Ok(found);
                }
            }
        }
        Ok(found)
    }

    fn is_asked(&self, hop: Hop, reading: &Reading) -> bool {
        let predicate = self.graph.ontology().predicate(hop.predicate);
        let same = std::iter::once(&predicate.id).chain(&predicate.sub_properties).chain(&predicate.inverses);
        let kind = self.index.wording(hop.predicate).and_then(|wording| wording.kind);
        same.into_iter().any(|id| reading.units().any(|unit| unit.asks_for(*id)))
            || !hop.inverse && kind.is_some() && reading.asked_kind() == kind
    }

    /// Follows the path from the entity as sets: what most ways lead to comes
    /// first. No hop comes back to the entity itself, unless it leads nowhere
    /// else. `None` where a hop leads nowhere.
    pub fn follow(&self, entity: EntityId, hops: &[Hop]) -> Result<Option<Vec<Followed>>, GraphError> {
        let start = self.graph.lexicon().entity(entity).iri.into_owned();
        let origin: Term = start.clone().into();
        let mut from: Vec<(NamedNode, u64)> = vec![(start, 1)];
        let mut steps = Vec::new();
        for hop in hops {
            let mut ways: HashMap<Term, (usize, u64)> = HashMap::new();
            let mut step = Followed { hop: *hop, reached: Vec::new(), cut: false };
            let mut back: Option<Reached> = None;
            for (node, weight) in &from {
                let (reached, more) = self.graph.follow(node.as_ref(), *hop, MAX_FAN_OUT)?;
                step.cut |= more;
                for one in reached {
                    if one.term == origin {
                        back.get_or_insert(one);
                        continue;
                    }
                    let next = step.reached.len();
                    let (_, count) = ways.entry(one.term.clone()).or_insert((next, 0));
                    if *count == 0 {
                        step.reached.push(one);
                    }
                    *count = count.saturating_add(*weight);
                }
                if step.reached.len() > MAX_SET {
                    step.cut = true;
                    break;
                }
            }
            if step.reached.is_empty() {
                step.reached.extend(back);
            }
            if step.reached.is_empty() {
                return Ok(None);
            }
            let count = |one: &Reached| ways.get(&one.term).map_or(1, |(_, count)| *count);
            step.reached.sort_by_key(|one| std::cmp::Reverse(count(one)));
            step.reached.truncate(MAX_SET);
            from = step
                .reached
                .iter()
                .filter_map(|one| match &one.term {
                    Term::NamedNode(node) => Some((node.clone(), count(one))),
                    _ => None,
                })
                .collect();
            steps.push(step);
        }
        Ok(Some(steps))
    }
}

/// Whether a hop follows this relation, a narrower one, or one the other way.
fn follows(graph: &Graph, hop: Hop, relation: PredicateId) -> bool {
    let known = graph.ontology().predicate(hop.predicate);
    known.id == relation || known.sub_properties.contains(&relation) || known.inverses.contains(&relation)
}

impl Interpretation {
    pub fn entity(&self) -> EntityId {
        self.entity
    }
}

impl Guide {
    /// The path in short, for people who look into it: the topic, and each
    /// hop with its direction.
    pub fn describe(&self, one: &Interpretation) -> String {
        let mut text = format!("[{}]", self.graph.lexicon().entity(one.entity).label(Language::English));
        for hop in &one.ranked.hops {
            let label = self.graph.ontology().predicate(hop.predicate).label(Language::English);
            text.push_str(if hop.inverse { " ← " } else { " → " });
            text.push_str(label);
        }
        if !one.unknown.is_empty() {
            text.push_str(&format!(" (unknown: {})", one.unknown.join(", ")));
        }
        text.push_str(&format!(" silent {} unplaced {}", one.ranked.silent, one.ranked.unplaced.count()));
        text
    }
}
