//! What retrieval finds for a question: facts about the things that it names,
//! and of its passages those that the reasoner reads too.

use std::collections::HashSet;

use touchstone_check::deep::{DEFAULT_CONFIDENCE, DeepError, Library};
use touchstone_core::Language;
use touchstone_graph::model::{NamedOrBlankNode, Quad, Term, TermRef};
use touchstone_graph::{EntityId, Graph, GraphError, Meaning, Predicate, fold};
use touchstone_reason::Passage;

use super::local::passages_of;
use crate::questions::Question;

const MAX_FACTS: usize = 30;
/// Facts of one thing in one relation.
const MAX_VALUES: usize = 8;
/// Things that one name may mean.
const MAX_MEANINGS: usize = 3;

#[derive(Debug, thiserror::Error)]
pub(super) enum EvidenceError {
    #[error(transparent)]
    Graph(#[from] GraphError),
    #[error(transparent)]
    Passages(#[from] DeepError),
}

#[derive(Debug)]
pub(super) struct Evidence {
    pub(super) facts: Vec<String>,
    pub(super) passages: Vec<Passage>,
}

impl Evidence {
    pub(super) fn for_question(
        graph: &Graph,
        question: &Question,
        language: Language,
    ) -> Result<Evidence, EvidenceError> {
        let asked: HashSet<String> = words(&question.text).collect();
        let mut facts: Vec<(usize, String)> = Vec::new();
        for id in things(graph, &question.text) {
            for (predicate, sentences) in about(graph, id, language)? {
                // Relations that the question names come first.
                let label = label(predicate, language);
                let shared = words(&label).filter(|word| asked.contains(word)).count();
                facts.extend(sentences.into_iter().take(MAX_VALUES).map(|fact| (shared, fact)));
            }
        }
        facts.sort_by_key(|(shared, _)| std::cmp::Reverse(*shared));
        facts.truncate(MAX_FACTS);
        // The same that the reasoner would have read.
        let library = Library::given(passages_of(question), None, DEFAULT_CONFIDENCE);
        let passages = library.to_read(&question.text)?;
        Ok(Evidence { facts: facts.into_iter().map(|(_, fact)| fact).collect(), passages })
    }
}

/// What the question names: the longest names, the likeliest meanings.
fn things(graph: &Graph, text: &str) -> Vec<EntityId> {
    let mut found = Vec::new();
    let mut end = 0;
    for mention in graph.lexicon().find(text) {
        if mention.range.start < end {
            continue;
        }
        let mut meanings: Vec<EntityId> = mention
            .entries
            .iter()
            .filter_map(|entry| if let Meaning::Entity(id) = entry.meaning { Some(id) } else { None })
            .collect();
        if meanings.is_empty() {
            continue;
        }
        end = mention.range.end;
        meanings.sort_by(|a, b| {
            let prior = |id: &EntityId| graph.lexicon().entity(*id).prior;
            prior(b).total_cmp(&prior(a))
        });
        for id in meanings.into_iter().take(MAX_MEANINGS) {
            if !found.contains(&id) {
                found.push(id);
            }
        }
    }
    found
}

/// Facts with the thing on either side, by relation.
fn about(
    graph: &Graph,
    id: EntityId,
    language: Language,
) -> Result<Vec<(&Predicate, Vec<String>)>, GraphError> {
    let node = graph.lexicon().entity(id).iri;
    let subject = NamedOrBlankNode::from(node);
    let store = graph.store().inner();
    let outgoing = store.quads_for_pattern(Some(subject.as_ref()), None, None, None);
    let incoming = store.quads_for_pattern(None, None, Some(TermRef::NamedNode(node)), None);
    let mut found: Vec<(&Predicate, Vec<String>)> = Vec::new();
    for quad in outgoing.chain(incoming) {
        let quad = quad?;
        let Some(predicate) = graph.ontology().predicate_by_iri(quad.predicate.as_ref()) else { continue };
        let predicate = graph.ontology().predicate(predicate);
        let Some(fact) = fact(graph, &quad, predicate, language) else { continue };
        match found.iter_mut().find(|(known, _)| known.id == predicate.id) {
            Some((_, facts)) if !facts.contains(&fact) => facts.push(fact),
            Some(_) => {}
            None => found.push((predicate, vec![fact])),
        }
    }
    Ok(found)
}

fn fact(graph: &Graph, quad: &Quad, predicate: &Predicate, language: Language) -> Option<String> {
    let name = |node: &touchstone_graph::model::NamedNode| {
        let id = graph.lexicon().entity_by_iri(node.as_ref())?;
        Some(graph.lexicon().entity(id).label(language).to_owned())
    };
    let NamedOrBlankNode::NamedNode(subject) = &quad.subject else { return None };
    let object = match &quad.object {
        Term::NamedNode(node) => name(node)?,
        Term::Literal(value) => value.value().to_owned(),
        _ => return None,
    };
    Some(format!("{}: {}: {object}", name(subject)?, label(predicate, language)))
}

fn label(predicate: &Predicate, language: Language) -> String {
    let own = predicate.labels.iter().find(|l| l.preferred && l.language == Some(language));
    let any = || predicate.labels.iter().find(|label| label.preferred);
    own.or_else(any).map_or_else(String::new, |label| label.text.clone())
}

fn words(text: &str) -> impl Iterator<Item = String> {
    let folded = fold(text);
    let words: Vec<String> = folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.chars().count() > 2 || !word.is_ascii())
        .map(str::to_owned)
        .collect();
    words.into_iter()
}
