//! What a sentence claims, by the labels of the full facts, and whether it is
//! so. A sentence is decided only where one relation is named in it and it is
//! clear between which things; everything else is passed over or undecided.

use std::collections::{HashMap, HashSet, VecDeque};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use touchstone_graph::model::{NamedOrBlankNode, Term};
use touchstone_graph::vocabulary::{rdfs, skos};
use touchstone_graph::{Graph, GraphError, Predicate, ValueKind};

use super::tokens::{POSSESSIVE, Token, cased, tokens};
use crate::error::EvalError;
use crate::judge::numbers;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Truth {
    True,
    False,
    Undecided,
}

/// What a step claims, and what the full facts say of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct JudgedClaim {
    /// The step's number, from 1.
    pub step: usize,
    /// Whether it was drafted and taken back, so that it is not asserted.
    pub taken_back: bool,
    pub sentence: String,
    pub subject: String,
    pub relation: String,
    pub object: String,
    pub truth: Truth,
    /// For people.
    pub reason: String,
}

impl JudgedClaim {
    /// The same for the same claim, in whatever words.
    pub(crate) fn key(&self) -> (&str, &str, &str) {
        (&self.subject, &self.relation, &self.object)
    }
}

/// Words that deny a sentence, and words that take it back halfway.
const DENIALS: &[&str] = &["not", "no", "never", "isnt", "wasnt", "不", "没", "非"];
const HEDGES: &[&str] = &["may", "might", "perhaps", "possibly", "probably", "if", "可", "或"];
/// Steps of a transitive relation that are followed.
const MAX_HOPS: usize = 12;
/// Chinese characters beside which a name of one character can stand.
const BESIDE: &str = "是的为和与即、";

pub(super) type Node = u32;
type RelationId = usize;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    Thing(Node),
    Relation(RelationId),
}

/// The facts of a graph with the labels of everything in it.
pub struct FactBase {
    phrases: HashMap<Vec<String>, Vec<(Meaning, String)>>,
    longest: usize,
    pub(super) names: Vec<String>,
    relations: Vec<Relation>,
    pub(super) links: HashMap<(Node, RelationId), HashSet<Node>>,
    pub(super) amounts: HashMap<(Node, RelationId), Vec<String>>,
}

struct Relation {
    label: String,
    kind: ValueKind,
    tolerance: f64,
    unit: Option<String>,
    transitive: bool,
    symmetric: bool,
    /// Itself and what is below it.
    forward: Vec<RelationId>,
    backward: Vec<RelationId>,
    subjects: HashSet<Node>,
    objects: HashSet<Node>,
}

impl FactBase {
    pub(super) fn of(graph: &Graph) -> Result<FactBase, EvalError> {
        let mut base = FactBase {
            phrases: HashMap::new(),
            longest: 0,
            names: Vec::new(),
            relations: graph.ontology().predicates().iter().map(Relation::of).collect(),
            links: HashMap::new(),
            amounts: HashMap::new(),
        };
        let mut nodes: HashMap<String, Node> = HashMap::new();
        let mut number = |base: &mut FactBase, iri: &str| {
            let next = base.names.len() as Node;
            *nodes.entry(iri.to_owned()).or_insert_with(|| {
                base.names.push(String::new());
                next
            })
        };
        for quad in graph.store().inner().iter() {
            let quad = quad.map_err(GraphError::from)?;
            let NamedOrBlankNode::NamedNode(subject) = &quad.subject else { continue };
            let predicate = quad.predicate.as_ref();
            let preferred = predicate == rdfs::LABEL || predicate == skos::PREF_LABEL;
            if preferred || predicate == skos::ALT_LABEL {
                let Term::Literal(label) = &quad.object else { continue };
                if graph.ontology().class_by_iri(subject.as_ref()).is_some() {
                    continue;
                }
                let meaning = match graph.ontology().predicate_by_iri(subject.as_ref()) {
                    Some(id) => Meaning::Relation(id.0 as usize),
                    None => {
                        let node = number(&mut base, subject.as_str());
                        let name = &mut base.names[node as usize];
                        if preferred && (name.is_empty() || label.language() == Some("en")) {
                            label.value().clone_into(name);
                        }
                        Meaning::Thing(node)
                    }
                };
                base.learn(label.value(), meaning);
            } else if let Some(id) = graph.ontology().predicate_by_iri(predicate) {
                let relation = id.0 as usize;
                let subject = number(&mut base, subject.as_str());
                base.relations[relation].subjects.insert(subject);
                match &quad.object {
                    Term::NamedNode(object) => {
                        let object = number(&mut base, object.as_str());
                        base.relations[relation].objects.insert(object);
                        base.links.entry((subject, relation)).or_default().insert(object);
                    }
                    Term::Literal(value) => {
                        base.amounts.entry((subject, relation)).or_default().push(value.value().to_owned());
                    }
                    _ => {}
                }
            }
        }
        Ok(base)
    }

    fn learn(&mut self, label: &str, meaning: Meaning) {
        let words = tokens(label);
        let mut forms = vec![words.clone()];
        // "genre" and "genres" name one relation.
        if let (Meaning::Relation(_), Some(last)) = (meaning, words.last()) {
            let other = last.strip_suffix('s').map_or_else(|| format!("{last}s"), str::to_owned);
            let mut form = words;
            form.pop();
            form.push(other);
            forms.push(form);
        }
        for form in forms.into_iter().filter(|form| !form.is_empty()) {
            self.longest = self.longest.max(form.len());
            let entries = self.phrases.entry(form).or_default();
            if !entries.iter().any(|(known, _)| *known == meaning) {
                entries.push((meaning, label.to_owned()));
            }
        }
    }

    /// The claims of a text.
    pub fn judge(&self, text: &str) -> Vec<JudgedClaim> {
        sentences(text).into_iter().flat_map(|sentence| self.sentence(sentence)).collect()
    }

    fn sentence(&self, sentence: &str) -> Vec<JudgedClaim> {
        let words = cased(sentence);
        let (things, relations) = self.mentions(&words);
        // "非洲" denies nothing.
        let free: Vec<&Token> = outside(&words, &things).collect();
        let says = |list: &[&str]| free.iter().any(|token| list.contains(&token.word.as_str()));
        if sentence.ends_with(['?', '？']) || says(HEDGES) {
            return Vec::new();
        }
        let [relation] = relations.as_slice() else { return Vec::new() };
        let denied = says(DENIALS);
        let claims = relation.ids.iter().map(|id| {
            if self.relations[*id].kind == ValueKind::Entity {
                self.linked(*id, relation, &things, &words)
            } else {
                self.measured(*id, &things, &words)
            }
        });
        // A phrase may name several relations: the one that decides most.
        let decided =
            |claims: &Vec<Found>| claims.iter().filter(|claim| claim.truth != Truth::Undecided).count();
        let found = claims.max_by_key(decided).unwrap_or_default();
        found
            .into_iter()
            .map(|Found { subject, relation, object, truth, reason }| JudgedClaim {
                step: 0,
                taken_back: false,
                sentence: sentence.to_owned(),
                subject,
                relation: if denied { format!("not {relation}") } else { relation },
                object,
                truth: match (truth, denied) {
                    (Truth::True, true) => Truth::False,
                    (Truth::False, true) => Truth::True,
                    (truth, _) => truth,
                },
                reason,
            })
            .collect()
    }

    /// Names and relation phrases, the longest first at each place.
    fn mentions(&self, words: &[Token]) -> (Vec<Mention>, Vec<RelationMention>) {
        let (mut things, mut relations) = (Vec::new(), Vec::new());
        let mut at = 0;
        while at < words.len() {
            let longest = self.longest.min(words.len() - at);
            let found = (1..=longest).rev().find_map(|length| {
                let phrase: Vec<String> = words[at..at + length].iter().map(|t| t.word.clone()).collect();
                let entries = self.phrases.get(&phrase)?;
                let nodes: Vec<Node> = entries
                    .iter()
                    .filter(|(_, label)| written_so(label, words, at, length))
                    .filter_map(|(meaning, _)| match meaning {
                        Meaning::Thing(node) => Some(*node),
                        Meaning::Relation(_) => None,
                    })
                    .collect();
                let ids: Vec<RelationId> = entries
                    .iter()
                    .filter_map(|(meaning, _)| match meaning {
                        Meaning::Relation(id) => Some(*id),
                        Meaning::Thing(_) => None,
                    })
                    .collect();
                (!nodes.is_empty() || !ids.is_empty()).then_some((length, nodes, ids))
            });
            let Some((length, nodes, ids)) = found else {
                at += 1;
                continue;
            };
            if ids.is_empty() {
                things.push(Mention { start: at, end: at + length, nodes });
            } else {
                relations.push(RelationMention { start: at, end: at + length, ids });
            }
            at += length;
        }
        (things, relations)
    }

    /// Claims of a relation between things.
    fn linked(
        &self,
        id: RelationId,
        phrase: &RelationMention,
        things: &[Mention],
        words: &[Token],
    ) -> Vec<Found> {
        let relation = &self.relations[id];
        // What can stand on neither side of the relation is beside the point.
        let fits = |node: &Node| self.known(id, *node);
        let mut fitting: Vec<&Mention> = things.iter().filter(|m| m.nodes.iter().any(fits)).collect();
        if fitting.len() < 2 {
            // One side may be a name that stands nowhere in this relation.
            fitting = things.iter().collect();
        }
        let subject = fitting.iter().position(|mention| {
            let word = |at: usize| words.get(at).map(|token| token.word.as_str());
            let possessive = word(mention.end).is_some_and(|w| w == POSSESSIVE || w == "的");
            (possessive && mention.end + 1 == phrase.start)
                || (word(phrase.end) == Some("of") && skips_article(words, phrase.end + 1) == mention.start)
        });
        let before: Vec<&&Mention> = fitting.iter().filter(|m| m.end <= phrase.start).collect();
        let after: Vec<&&Mention> = fitting.iter().filter(|m| m.start >= phrase.end).collect();
        let (hub, others): (&Mention, Vec<&Mention>) = if let Some(subject) = subject {
            let hub = fitting[subject];
            (hub, fitting.iter().filter(|m| m.start != hub.start).copied().collect())
        } else if fitting.len() == 2 {
            (fitting[0], vec![fitting[1]])
        } else if before.len() == 1 && !after.is_empty() {
            (before[0], after.iter().map(|m| **m).collect())
        } else if after.len() == 1 && !before.is_empty() {
            (after[0], before.iter().map(|m| **m).collect())
        } else {
            return Vec::new();
        };
        let directed = subject.is_some();
        others.into_iter().map(|other| self.pair(relation, id, hub, other, directed)).collect()
    }

    fn pair(
        &self,
        relation: &Relation,
        id: RelationId,
        hub: &Mention,
        other: &Mention,
        directed: bool,
    ) -> Found {
        let pairs = || hub.nodes.iter().flat_map(|a| other.nodes.iter().map(move |b| (*a, *b)));
        let both_ways = !directed || relation.symmetric;
        let holds = pairs().find_map(|(a, b)| {
            if self.holds(id, a, b) {
                Some((a, b))
            } else {
                (both_ways && self.holds(id, b, a)).then_some((b, a))
            }
        });
        // Where the words give the direction, the object need not stand on
        // that side anywhere else.
        let tells = |a: Node, b: Node| {
            self.is_subject(id, a) && (self.is_object(id, b) || (directed && self.is_subject(id, b)))
        };
        let against = pairs().find_map(|(a, b)| {
            if tells(a, b) { Some((a, b)) } else { (both_ways && tells(b, a)).then_some((b, a)) }
        });
        let ((subject, object), truth, reason) = match (holds, against) {
            (Some(pair), _) => (pair, Truth::True, "the facts say so".to_owned()),
            (None, Some(pair)) => (pair, Truth::False, format!("the facts say: {}", self.values(id, pair.0))),
            (None, None) => {
                let first = |mention: &Mention| mention.nodes.first().copied().unwrap_or_default();
                let reason = "the facts say nothing of it".to_owned();
                ((first(hub), first(other)), Truth::Undecided, reason)
            }
        };
        let name = |node: Node| self.names[node as usize].clone();
        Found {
            subject: name(subject),
            relation: relation.label.clone(),
            object: name(object),
            truth,
            reason,
        }
    }

    /// Claims of a number or a date.
    fn measured(&self, id: RelationId, things: &[Mention], words: &[Token]) -> Vec<Found> {
        let relation = &self.relations[id];
        let about: Vec<&Mention> =
            things.iter().filter(|m| m.nodes.iter().any(|node| relation.subjects.contains(node))).collect();
        let [mention] = about.as_slice() else { return Vec::new() };
        let free: Vec<&Token> = outside(words, things).collect();
        let written = numbers::read(&free);
        let foreign = numbers::foreign_unit(&free, relation.unit.as_deref());
        let values: Vec<&String> =
            mention.nodes.iter().filter_map(|node| self.amounts.get(&(*node, id))).flatten().collect();
        if written.is_empty() || values.is_empty() {
            return Vec::new();
        }
        let date = relation.kind == ValueKind::Date;
        let agrees = written.iter().find(|number| {
            values.iter().any(|value| numbers::agree(number, value, relation.tolerance, date))
        });
        let said = agrees.unwrap_or(&written[0]);
        let known = values.iter().map(|value| value.as_str()).collect::<Vec<_>>().join(", ");
        let (truth, reason) = match (agrees, foreign || written.len() > 1) {
            (Some(_), _) => (Truth::True, "the facts say so".to_owned()),
            (None, true) => (Truth::Undecided, "several numbers, or another unit".to_owned()),
            (None, false) => (Truth::False, format!("the facts say: {known}")),
        };
        let subject = self.names[mention.nodes[0] as usize].clone();
        vec![Found { subject, relation: relation.label.clone(), object: said.text.clone(), truth, reason }]
    }

    fn holds(&self, id: RelationId, subject: Node, object: Node) -> bool {
        let relation = &self.relations[id];
        if self.step(relation, subject, object) {
            return true;
        }
        if !relation.transitive {
            return false;
        }
        let mut seen = HashSet::from([subject]);
        let mut queue = VecDeque::from([(subject, 0)]);
        while let Some((node, hops)) = queue.pop_front() {
            if node == object && hops > 0 {
                return true;
            }
            if hops < MAX_HOPS {
                for next in relation.forward.iter().filter_map(|id| self.links.get(&(node, *id))).flatten() {
                    if seen.insert(*next) {
                        queue.push_back((*next, hops + 1));
                    }
                }
            }
        }
        false
    }

    fn step(&self, relation: &Relation, subject: Node, object: Node) -> bool {
        let has = |from: Node, id: &RelationId, to: Node| {
            self.links.get(&(from, *id)).is_some_and(|values| values.contains(&to))
        };
        relation.forward.iter().any(|id| has(subject, id, object))
            || relation.backward.iter().any(|id| has(object, id, subject))
            || (relation.symmetric && relation.forward.iter().any(|id| has(object, id, subject)))
    }

    fn is_subject(&self, id: RelationId, node: Node) -> bool {
        let relation = &self.relations[id];
        relation.forward.iter().any(|id| self.relations[*id].subjects.contains(&node))
            || relation.backward.iter().any(|id| self.relations[*id].objects.contains(&node))
    }

    fn is_object(&self, id: RelationId, node: Node) -> bool {
        let relation = &self.relations[id];
        relation.forward.iter().any(|id| self.relations[*id].objects.contains(&node))
            || relation.backward.iter().any(|id| self.relations[*id].subjects.contains(&node))
    }

    fn known(&self, id: RelationId, node: Node) -> bool {
        self.is_subject(id, node) || self.is_object(id, node)
    }

    /// The first few values of a subject.
    fn values(&self, id: RelationId, subject: Node) -> String {
        const SHOWN: usize = 5;
        let relation = &self.relations[id];
        let mut names: Vec<&str> = relation
            .forward
            .iter()
            .filter_map(|id| self.links.get(&(subject, *id)))
            .flatten()
            .map(|node| self.names[*node as usize].as_str())
            .collect();
        names.sort_unstable();
        let more = if names.len() > SHOWN { ", …" } else { "" };
        names.truncate(SHOWN);
        format!("{}{more}", names.join(", "))
    }
}

impl Relation {
    fn of(predicate: &Predicate) -> Relation {
        let ids =
            |ids: &[touchstone_graph::PredicateId]| ids.iter().map(|id| id.0 as usize).collect::<Vec<_>>();
        let label = predicate.labels.iter().find(|label| label.preferred).or(predicate.labels.first());
        Relation {
            label: label.map_or_else(|| predicate.iri.as_str().to_owned(), |label| label.text.clone()),
            kind: predicate.value_kind,
            tolerance: predicate.tolerance.unwrap_or(0.0),
            unit: predicate.unit.clone(),
            transitive: predicate.transitive,
            symmetric: predicate.symmetric,
            forward: ids(&predicate.sub_properties),
            backward: ids(&predicate.inverses),
            subjects: HashSet::new(),
            objects: HashSet::new(),
        }
    }
}

struct Mention {
    start: usize,
    end: usize,
    nodes: Vec<Node>,
}

struct RelationMention {
    start: usize,
    end: usize,
    ids: Vec<RelationId>,
}

struct Found {
    subject: String,
    relation: String,
    object: String,
    truth: Truth,
    reason: String,
}

/// The words that are part of no name.
fn outside<'a>(words: &'a [Token], things: &'a [Mention]) -> impl Iterator<Item = &'a Token> {
    let named = |at: usize| things.iter().any(|mention| mention.start <= at && at < mention.end);
    words.iter().enumerate().filter(move |(at, _)| !named(*at)).map(|(_, token)| token)
}

fn skips_article(words: &[Token], at: usize) -> usize {
    let article = words.get(at).is_some_and(|token| ["the", "a", "an"].contains(&token.word.as_str()));
    at + usize::from(article)
}

/// Whether these words can be this label: names keep their capital, short
/// ones all their letters, and one Chinese character stands alone.
fn written_so(label: &str, words: &[Token], at: usize, length: usize) -> bool {
    let here = &words[at..at + length];
    if length == 1 && here[0].han() {
        let beside = |token: Option<&Token>| {
            token.is_none_or(|token| !token.han() || BESIDE.contains(token.word.as_str()))
        };
        return beside(at.checked_sub(1).and_then(|before| words.get(before))) && beside(words.get(at + 1));
    }
    let letters = label.chars().count();
    if length == 1 && letters <= 3 && !label.bytes().all(|b| b.is_ascii_digit()) {
        // "He" opens a sentence without being helium.
        return here[0].raw == label && (at > 0 || letters > 2);
    }
    !label.starts_with(char::is_uppercase) || here[0].capital()
}

fn sentences(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut from = 0;
    let mut letters = text.char_indices().peekable();
    while let Some((at, c)) = letters.next() {
        let next = letters.peek().map(|(_, c)| *c);
        let ends = matches!(c, '。' | '！' | '？' | '!' | '?' | ';' | '；' | '\n')
            || (c == '.' && next.is_none_or(char::is_whitespace));
        if ends {
            found.push(text[from..at + c.len_utf8()].trim());
            from = at + c.len_utf8();
        }
    }
    found.push(text[from..].trim());
    found.retain(|sentence| !sentence.is_empty());
    found
}

#[cfg(test)]
#[path = "facts_tests.rs"]
pub(super) mod facts_tests;
