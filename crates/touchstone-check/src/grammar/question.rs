//! Questions that ask for one place of one fact: "What is the capital of E?",
//! "E 的首都是哪里？", "Which country has the capital E?".

use touchstone_core::Language;
use touchstone_graph::{EntityId, Graph, Meaning, PredicateId, ValueKind};

use super::cursor::Cursor;
use super::words::{CONJUNCTIONS, OF_LIKE, WH, ZH_AND, ZH_OF, ZH_QUESTIONS, is_function_word};
use super::{Setting, Value, chinese, english};
use crate::items::{Item, itemize};

/// What a question asks for.
#[derive(Clone, Debug)]
pub(crate) struct OpenSlot {
    pub(crate) predicates: Vec<PredicateId>,
    /// The entity that the question names.
    pub(crate) given: Vec<EntityId>,
    /// The subject is asked for, the object given.
    pub(crate) asks_subject: bool,
    /// The words for the relation and the entity, as the question writes them.
    pub(crate) phrase: String,
    pub(crate) name: String,
    /// The graph knows the entity by a name that is spelt a little otherwise.
    pub(crate) misspelt: bool,
    /// The number or text that is given in place of an entity, with the text
    /// that its ranges are of.
    pub(crate) literal: Option<(Value, String)>,
}

/// More parts than this are no question that a person asks.
const MAX_PARTS: usize = 6;

/// The open slots of a question each of whose parts asks for one place of one
/// fact ("What is the capital of E, and what is its currency?"); empty for
/// everything else, such as comparisons.
pub(crate) fn open_slots(graph: &Graph, question: &str, language: Language) -> Vec<OpenSlot> {
    let items = itemize(graph, question, 0..question.len(), language);
    let asks = items.iter().any(|item| match language {
        Language::English => item.is(WH) || item.is(&["name", "give", "tell"]),
        Language::Chinese => item.is(ZH_QUESTIONS),
    }) || question.trim_end().ends_with(['?', '？']);
    if !asks {
        return Vec::new();
    }
    let items = with_described(graph, question, items, language);
    let parts = parts(&items);
    if parts.len() > MAX_PARTS {
        return Vec::new();
    }
    let mut slots: Vec<OpenSlot> = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        // "its currency" and "the capital and the currency of E" mean the
        // thing that a neighbouring part names.
        let named = |part: &&[Item]| part.iter().find(|item| !item.entities.is_empty()).cloned();
        let carried =
            parts[..at].iter().rev().chain(&parts[at + 1..]).find_map(|part| named(&part.as_slice()));
        match open_slot(graph, question, part, carried.as_ref(), language) {
            Some(slot) => slots.push(slot),
            None => return Vec::new(),
        }
    }
    slots
}

/// "the country whose capital is E" as one item that names what it describes.
fn with_described(graph: &Graph, question: &str, items: Vec<Item>, language: Language) -> Vec<Item> {
    let setting = Setting { graph, text: question, discourse: &[] };
    let mut result: Vec<Item> = Vec::new();
    let mut at = 0;
    while at < items.len() {
        let mut cursor = Cursor::new(&setting, &items);
        cursor.at = at;
        let reference = match language {
            Language::English => english::reference(&mut cursor),
            Language::Chinese => chinese::reference(&mut cursor),
        };
        let end = cursor.at;
        match reference {
            Some(reference) if !cursor.descriptions.is_empty() => {
                let mut item = Item::word(question, reference.range.clone());
                item.entities = reference.candidates;
                result.push(item);
                at = end.max(at + 1);
            }
            _ => {
                result.push(items[at].clone());
                at += 1;
            }
        }
    }
    result
}

/// The question cut at commas and conjunctions; what names no relation stays
/// with what stands before it.
fn parts(items: &[Item]) -> Vec<Vec<Item>> {
    let mut parts: Vec<Vec<Item>> = vec![Vec::new()];
    for item in items {
        let cuts = item.is_plain() && (item.is(CONJUNCTIONS) || item.is(CUTS) || item.is(ZH_AND));
        if cuts {
            parts.push(Vec::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(item.clone());
        }
    }
    let mut joined: Vec<Vec<Item>> = Vec::new();
    for part in parts {
        let relates = part.iter().any(|item| !item.predicates.is_empty());
        match joined.last_mut() {
            Some(last) if !(relates && last.iter().any(|item| !item.predicates.is_empty())) => {
                last.extend(part)
            }
            _ => joined.push(part),
        }
    }
    joined
}

const CUTS: &[&str] = &[",", "，", ";", "；", "?", "？", "并且", "而且", "以及", "并"];

/// The open slot of a part with exactly one relation and one entity.
fn open_slot(
    graph: &Graph,
    question: &str,
    items: &[Item],
    carried: Option<&Item>,
    language: Language,
) -> Option<OpenSlot> {
    let ontology = graph.ontology();
    let (relation, asked) = relation_of(items, language)?;
    let mut items = items.to_vec();
    let own = items.len();
    let mut misspelt = false;
    if !items.iter().any(|item| !item.entities.is_empty()) {
        if let Some((at, item)) = misspelt_name(graph, question, &items, &asked, language) {
            items[at] = item;
            misspelt = true;
        } else if let Some(slot) = slot_of_literal(graph, question, &items, relation, &asked, language) {
            return Some(slot);
        } else if let Some(carried) = carried {
            items.push(carried.clone());
        }
    }
    let items = items.as_slice();
    let entity = given_entity(items, relation, language)?;
    let phrase = &items[relation];
    let given = items[entity].entities.clone();
    let lexicon = graph.lexicon();
    let fits = |predicate: PredicateId, subject: bool| {
        let p = ontology.predicate(predicate);
        let wanted = if subject { &p.domain } else { &p.range };
        given.iter().any(|id| ontology.fits(lexicon.types(*id), wanted))
    };
    // "capital of E" is said of the value: its given side is the object.
    let inverse = phrase.folded.ends_with(" of");
    let forward: Vec<PredicateId> = asked.iter().copied().filter(|p| fits(*p, true) && !inverse).collect();
    let backward: Vec<PredicateId> = asked
        .iter()
        .copied()
        .filter(|p| ontology.predicate(*p).value_kind == ValueKind::Entity && fits(*p, false))
        .collect();
    let possessive = entity >= own || possessive(items, relation, entity, language);
    let (predicates, asks_subject) = match (forward.is_empty(), backward.is_empty()) {
        (false, true) => (forward, false),
        (true, false) => (backward, true),
        (false, false) if possessive => (forward, false),
        // "Which country borders E?": the same either way only when symmetric.
        (false, false) if forward.iter().all(|p| ontology.predicate(*p).symmetric) => (forward, false),
        _ => return None,
    };
    // Of the things that the name may mean, those that such a fact can be of.
    let fitting: Vec<EntityId> = given
        .iter()
        .copied()
        .filter(|id| {
            predicates.iter().any(|p| {
                let p = ontology.predicate(*p);
                let wanted = if asks_subject { &p.range } else { &p.domain };
                ontology.fits(lexicon.types(*id), wanted)
            })
        })
        .collect();
    Some(OpenSlot {
        predicates,
        given: fitting,
        asks_subject,
        phrase: question[phrase.range.clone()].to_owned(),
        name: question[items[entity].range.clone()].to_owned(),
        misspelt,
        literal: None,
    })
}

/// The one relation that a part asks about, and what it can mean there.
fn relation_of(items: &[Item], language: Language) -> Option<(usize, Vec<PredicateId>)> {
    let mut relations: Vec<usize> = (0..items.len())
        .filter(|i| !items[*i].predicates.is_empty() && items[*i].entities.is_empty())
        .collect();
    // A word such as "in" can be a relation too: nouns and verbs go first.
    let strong = |i: &usize| items[*i].folded.chars().count() > 2 || language == Language::Chinese;
    if relations.iter().any(strong) {
        relations.retain(strong);
    }
    // "Which country …": the kind of thing that is asked for.
    let asked_kind = |i: &usize| {
        let wh = match language {
            Language::English => *i > 0 && items[*i - 1].is(WH),
            Language::Chinese => *i > 0 && items[*i - 1].is(ZH_QUESTIONS),
        };
        wh && !items[*i].classes.is_empty()
    };
    if relations.len() > 1 {
        relations.retain(|i| !asked_kind(i));
    }
    let first = *relations.first()?;
    // "What currency is used in E?" says one thing twice.
    let mut shared = items[first].predicates.clone();
    for other in &relations[1..] {
        shared.retain(|p| items[*other].predicates.contains(p));
    }
    (!shared.is_empty()).then_some((first, shared))
}

/// "Which element has atomic number 47?": the value is given, and what has it
/// is asked for.
fn slot_of_literal(
    graph: &Graph,
    question: &str,
    items: &[Item],
    relation: usize,
    asked: &[PredicateId],
    language: Language,
) -> Option<OpenSlot> {
    let of_kind = |kind: ValueKind| -> Vec<PredicateId> {
        asked.iter().copied().filter(|p| graph.ontology().predicate(*p).value_kind == kind).collect()
    };
    let (numbers, texts) = (of_kind(ValueKind::Number), of_kind(ValueKind::Text));
    let quantity = items.iter().find(|item| item.quantity.is_some()).filter(|_| !numbers.is_empty());
    let (predicates, item) = match quantity {
        Some(item) => (numbers, item),
        None if texts.is_empty() => return None,
        None => {
            let code = |item: &&Item| {
                let written = &question[item.range.clone()];
                item.is_plain()
                    && written.starts_with(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '.')
                    && !is_function_word(&item.folded, language)
            };
            (texts, items[relation + 1..].iter().find(code)?)
        }
    };
    let setting = Setting { graph, text: question, discourse: &[] };
    let value = Cursor::new(&setting, items).value_of(item);
    Some(OpenSlot {
        predicates,
        given: Vec::new(),
        asks_subject: true,
        phrase: question[items[relation].range.clone()].to_owned(),
        name: question[item.range.clone()].to_owned(),
        misspelt: false,
        literal: Some((value, question.to_owned())),
    })
}

/// The place of a word that nearly names a thing that such facts are of, and
/// what it names.
fn misspelt_name(
    graph: &Graph,
    question: &str,
    items: &[Item],
    predicates: &[PredicateId],
    language: Language,
) -> Option<(usize, Item)> {
    let (ontology, lexicon) = (graph.ontology(), graph.lexicon());
    let says =
        |item: &&Item| item.is_plain() && !item.is_punctuation() && !is_function_word(&item.folded, language);
    // In a longer story a word that is nearly a name is hardly one, and one in
    // small letters is none where names have capitals.
    let content = items.iter().filter(says).count();
    let capitals = question.split_whitespace().skip(1).any(|word| word.starts_with(char::is_uppercase));
    let written = |item: &Item| {
        let first = question[item.range.clone()].chars().next();
        !capitals || first.is_some_and(|c| c.is_uppercase() || !c.is_lowercase())
    };
    let fits = |id: EntityId| {
        let types = lexicon.types(id);
        predicates.iter().any(|p| {
            let p = ontology.predicate(*p);
            ontology.fits(types, &p.domain)
                || (p.value_kind == ValueKind::Entity && ontology.fits(types, &p.range))
        })
    };
    for first in 0..items.len() {
        for last in (first..items.len().min(first + MAX_NAME_WORDS)).rev() {
            let words = &items[first..=last];
            let named = words.iter().all(|item| {
                item.is_plain()
                    && !item.is_punctuation()
                    && !is_function_word(&item.folded, Language::English)
            });
            if !named || content > words.len() + MAX_UNREAD || !written(&words[0]) {
                continue;
            }
            let range = words[0].range.start..words[words.len() - 1].range.end;
            let mut meant: Vec<EntityId> = Vec::new();
            for entry in lexicon.similar(&question[range.clone()]) {
                if let Meaning::Entity(id) = entry.meaning
                    && fits(id)
                    && !meant.contains(&id)
                {
                    meant.push(id);
                }
            }
            // Two things with such names leave it open which is meant.
            if let [one] = meant.as_slice() {
                let mut item = Item::word(question, range);
                item.entities = vec![*one];
                return Some((first, item));
            }
        }
    }
    None
}

/// Words of a question that nothing explains beside a misspelt name.
const MAX_UNREAD: usize = 1;
/// Words of a name that may be misspelt.
const MAX_NAME_WORDS: usize = 3;

/// The entity that belongs to the relation: behind its "of", before its "'s",
/// or the only one in the question.
fn given_entity(items: &[Item], relation: usize, language: Language) -> Option<usize> {
    let mut entities: Vec<usize> =
        (0..items.len()).filter(|i| !items[*i].entities.is_empty() && *i != relation).collect();
    // "Myanmar (Burma)" names one thing twice.
    entities.dedup_by(|later, earlier| {
        let bracketed = *later > 0 && items[*later - 1].is(&["(", "（"]);
        bracketed && items[*later].entities.iter().any(|id| items[*earlier].entities.contains(id))
    });
    if language == Language::English {
        let of = (relation + 1..items.len())
            .find(|i| items[*i].is(OF_LIKE) || items[relation].folded.ends_with(" of"))
            .filter(|i| *i <= relation + 1);
        if of.is_some() {
            let behind: Vec<usize> = entities.iter().copied().filter(|i| *i > relation).collect();
            return match behind.as_slice() {
                [one] => Some(*one),
                _ => None,
            };
        }
    }
    match entities.as_slice() {
        [one] => Some(*one),
        _ => None,
    }
}

fn possessive(items: &[Item], relation: usize, entity: usize, language: Language) -> bool {
    match language {
        Language::English => {
            items.get(relation + 1).is_some_and(|item| item.is(OF_LIKE))
                || items.get(entity + 1).is_some_and(|item| item.is(&["'s", "’s", "'"]))
        }
        Language::Chinese => {
            entity + 1 == relation || (entity + 2 == relation && items[entity + 1].is(ZH_OF))
        }
    }
}
