//! Answers to questions that ask for one place of one fact.

use touchstone_core::{Claim, ClaimKind, Correction, Language, ReasonCode, Term, Verdict};
use touchstone_graph::model::NamedNode;
use touchstone_graph::{Graph, ValueKind, is_han};

use crate::grammar::{self, Content, Object, OpenSlot, Proposition, Reference, Setting, Time, Value};
use crate::items::{Item, itemize};
use crate::lookup;
use crate::verify::{self, Case, Judged};

/// The graph's values for the slot, as the likeliest entity of that name has
/// them.
pub(crate) fn values(graph: &Graph, slot: &OpenSlot, language: Language) -> Vec<Term> {
    let lexicon = graph.lexicon();
    if let Some((value, question)) = &slot.literal {
        let case = Case::new(graph, question, language);
        let subjects = verify::subjects_with(&case, &slot.predicates, value);
        return subjects.into_iter().map(|id| lookup::entity_term(graph, id, language)).collect();
    }
    let mut given = slot.given.clone();
    given.sort_by(|a, b| lexicon.prior(*b).total_cmp(&lexicon.prior(*a)));
    for id in given {
        let mut terms: Vec<Term> = Vec::new();
        for predicate in &slot.predicates {
            if slot.asks_subject {
                let subjects = lookup::subjects(graph, &[*predicate], &[id]);
                terms.extend(subjects.into_iter().map(|s| lookup::entity_term(graph, s, language)));
            } else {
                let facts = lookup::facts(graph, lexicon.iri(id), *predicate);
                terms.extend(facts.iter().map(|fact| lookup::term(graph, &fact.value, language)));
            }
        }
        terms.dedup();
        let mut distinct: Vec<Term> = Vec::new();
        for term in terms {
            if !distinct.contains(&term) {
                distinct.push(term);
            }
        }
        if !distinct.is_empty() {
            return distinct;
        }
    }
    Vec::new()
}

/// What stands at the place that a superlative names, where that is all that
/// the phrase says.
pub(crate) fn ranked(graph: &Graph, phrase: &str, language: Language) -> Vec<Term> {
    let items = itemize(graph, phrase, 0..phrase.len(), language);
    let setting = Setting { graph, text: phrase, discourse: &[] };
    let Some(rank) = grammar::superlative(&setting, &items, language) else { return Vec::new() };
    let things = verify::at_place(&Case::new(graph, phrase, language), &rank);
    things.into_iter().map(|id| lookup::entity_term(graph, id, language)).collect()
}

/// Confidence in what is said of a thing whose name the question misspells.
const MISSPELT: f64 = 0.8;

/// One thing that a question asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The words for the relation, as the question has them.
    pub relation: String,
    /// The preferred name of the entity that it is asked of.
    pub entity: String,
    /// What the graph says.
    pub values: Vec<Term>,
}

pub(crate) fn asked(graph: &Graph, slot: &OpenSlot, language: Language) -> Asked {
    let lexicon = graph.lexicon();
    let likeliest = slot.given.iter().max_by(|a, b| lexicon.prior(**a).total_cmp(&lexicon.prior(**b)));
    let entity =
        likeliest.map_or_else(|| slot.name.clone(), |id| lexicon.entity(*id).label(language).to_owned());
    Asked { relation: slot.phrase.clone(), entity, values: values(graph, slot, language) }
}

/// The claims that the answer's values fill the slot: all of them where it is
/// the `only` one, else those of its kind.
pub(crate) fn slot_claims(
    graph: &Graph,
    slot: &OpenSlot,
    answer: &str,
    language: Language,
    only: bool,
) -> Vec<Claim> {
    // A value that the question gives is quoted from behind the answer.
    let text = slot
        .literal
        .as_ref()
        .map_or_else(|| answer.to_owned(), |(_, question)| format!("{answer}\n{question}"));
    let case = Case::new(graph, &text, language);
    let literal = slot.literal.as_ref().map(|(value, _)| {
        let shift = answer.len() + 1;
        Value { range: value.range.start + shift..value.range.end + shift, readings: value.readings.clone() }
    });
    let known = slot.literal.as_ref().map(|_| values(graph, slot, language));
    let given = Reference { candidates: slot.given.clone(), range: 0..0, indirect: false };
    stated_values(graph, slot, answer, language)
        .into_iter()
        .filter(|value| only || fits(graph, slot, value))
        .map(|value| {
            let range = value.range.clone();
            let content = match (slot.asks_subject, value.readings.iter().find_map(as_entity)) {
                (true, Some(subject)) => Content::Fact {
                    subject,
                    predicates: slot.predicates.clone(),
                    reversed: Vec::new(),
                    value: literal.clone().unwrap_or_else(|| Value {
                        range: 0..0,
                        readings: vec![Object::Entity(given.clone())],
                    }),
                    flexible: false,
                },
                _ => Content::Fact {
                    subject: given.clone(),
                    predicates: slot.predicates.clone(),
                    reversed: Vec::new(),
                    value,
                    flexible: false,
                },
            };
            let proposition =
                Proposition { content, negated: false, range: range.clone(), time: Time::default() };
            let mut judged = verify::judge(&case, &proposition);
            if let (Verdict::Unverifiable, Some([one])) = (judged.verdict, known.as_deref())
                && let Some(other) = only_subject(graph, slot, one, &answer[range.clone()], language)
            {
                judged = other;
            }
            let characters = |byte: usize| answer[..byte].chars().count();
            let span = [characters(range.start), characters(range.end)];
            let right = match known.as_deref() {
                Some([one]) if judged.verdict == Verdict::Refuted => Some(one.label.clone()),
                Some(_) => None,
                None => judged.correction.filter(|(written, _)| *written == range).map(|(_, right)| right),
            };
            let correction = right.map(|replacement| Correction { span, replacement });
            Claim {
                text: sentence(slot, &answer[range], language),
                kind: match proposition.kind(graph) {
                    ClaimKind::Statement => ClaimKind::Relation,
                    kind => kind,
                },
                negated_kind: None,
                sentence: answer.trim().to_owned(),
                span,
                subject: judged.subject,
                predicate: judged.predicate,
                object: judged.object,
                verdict: judged.verdict,
                reason_code: judged.code,
                reason: judged.reason,
                evidence: judged.evidence,
                confidence: if slot.misspelt { judged.confidence.min(MISSPELT) } else { judged.confidence },
                correction,
                rule: None,
                readings: judged.readings,
            }
        })
        .collect()
}

/// No two things have the same value of an inverse functional predicate: what
/// is not the one that has it is refuted, unless it may be another spelling.
fn only_subject(
    graph: &Graph,
    slot: &OpenSlot,
    one: &Term,
    stated: &str,
    language: Language,
) -> Option<Judged> {
    let unique = slot.predicates.iter().all(|id| graph.ontology().predicate(*id).inverse_functional);
    let similar = strsim::normalized_levenshtein(&stated.to_lowercase(), &one.label.to_lowercase());
    if !unique || similar >= SIMILAR {
        return None;
    }
    let subject = NamedNode::new(one.iri.as_deref()?).ok()?;
    let facts = slot.predicates.iter().flat_map(|id| lookup::facts(graph, subject.as_ref(), *id));
    let evidence = facts.map(|fact| lookup::evidence(graph, &fact.quad, language)).collect();
    let mut judged = Judged::new(ReasonCode::FunctionalOther, language).with_evidence(evidence, language);
    judged.subject = Some(Term::literal(stated));
    Some(judged)
}

/// As far as two spellings of one name may be apart.
const SIMILAR: f64 = 0.84;

/// Whether a value is of the kind that the slot takes.
fn fits(graph: &Graph, slot: &OpenSlot, value: &Value) -> bool {
    let (ontology, lexicon) = (graph.ontology(), graph.lexicon());
    slot.predicates.iter().any(|id| {
        let predicate = ontology.predicate(*id);
        let wanted = if slot.asks_subject { &predicate.domain } else { &predicate.range };
        value.readings.iter().any(|reading| match reading {
            Object::Entity(entity) => {
                let entities = predicate.value_kind == ValueKind::Entity;
                entities && entity.candidates.iter().any(|e| ontology.fits(lexicon.types(*e), wanted))
            }
            Object::Quantity(_) => predicate.value_kind == ValueKind::Number,
            Object::Date(_) => predicate.value_kind == ValueKind::Date,
            Object::Text => predicate.value_kind == ValueKind::Text,
            Object::True => false,
        })
    })
}

/// What the short answer claims, written out.
fn sentence(slot: &OpenSlot, value: &str, language: Language) -> String {
    match language {
        Language::English => format!("{} – {}: {}", slot.name, slot.phrase, value.trim()),
        Language::Chinese => format!("{}－{}：{}", slot.name, slot.phrase, value.trim()),
    }
}

fn as_entity(object: &Object) -> Option<Reference> {
    if let Object::Entity(reference) = object { Some(reference.clone()) } else { None }
}

/// The values of a short answer: its names, numbers or dates, else its words.
fn stated_values(graph: &Graph, slot: &OpenSlot, answer: &str, language: Language) -> Vec<Value> {
    let kinds: Vec<ValueKind> =
        slot.predicates.iter().map(|p| graph.ontology().predicate(*p).value_kind).collect();
    let Some(words) = words_range(answer) else { return Vec::new() };
    let items = itemize(graph, answer, words.clone(), language);
    let text_only = !slot.asks_subject && kinds.iter().all(|k| *k == ValueKind::Text);
    let wanted = |item: &&Item| {
        // Luxembourg can be the country that is asked about, and its capital.
        let named = item.entities.iter().any(|id| !slot.given.contains(id));
        (named && (slot.asks_subject || kinds.contains(&ValueKind::Entity)))
            || (item.quantity.is_some() && kinds.contains(&ValueKind::Number))
            || ((item.date.is_some() || item.quantity.is_some()) && kinds.contains(&ValueKind::Date))
    };
    let mut stated: Vec<Value> = if text_only {
        Vec::new()
    } else {
        items.iter().filter(wanted).map(|item| value_of(item, slot)).collect()
    };
    if stated.is_empty() {
        // A sentence is no name: only a short phrase can be a value.
        let phrase = &answer[words.clone()];
        let long =
            phrase.split_whitespace().count() > 6 || phrase.chars().filter(|c| is_han(*c)).count() > 12;
        if !long {
            let unknown = Reference { candidates: Vec::new(), range: words.clone(), indirect: false };
            stated.push(Value { range: words, readings: vec![Object::Entity(unknown), Object::Text] });
        }
    }
    stated
}

fn value_of(item: &Item, slot: &OpenSlot) -> Value {
    let mut readings = Vec::new();
    readings.extend(item.quantity.clone().map(|q| Object::Quantity(Box::new(q))));
    readings.extend(item.date.clone().map(Object::Date));
    if !item.entities.is_empty() {
        readings.push(Object::Entity(Reference {
            candidates: item.entities.iter().copied().filter(|id| !slot.given.contains(id)).collect(),
            range: item.range.clone(),
            indirect: false,
        }));
    }
    readings.push(Object::Text);
    Value { range: item.range.clone(), readings }
}

/// The answer without the white space and punctuation around it.
fn words_range(answer: &str) -> Option<std::ops::Range<usize>> {
    let inner = |c: char| c.is_alphanumeric();
    let start = answer.find(inner)?;
    let end = answer.char_indices().filter(|(_, c)| inner(*c)).map(|(i, c)| i + c.len_utf8()).next_back()?;
    Some(start..end)
}
