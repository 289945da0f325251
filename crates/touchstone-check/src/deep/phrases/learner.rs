use std::collections::HashSet;

use touchstone_core::Language;
use touchstone_graph::PredicateId;

use super::{Alternative, PhraseQuestion, PhraseResolver, Phrases, Relation, Remembered};
use crate::deep::DeepError;
use crate::{Checker, lookup};

/// New phrases of one text that are asked about; more stay unread.
const MAX_PHRASES: usize = 200;

/// A phrase that neither the lexicon nor the memory has.
#[derive(Clone, Debug)]
pub(crate) struct UnknownPhrase {
    pub(crate) phrase: String,
    pub(crate) language: Language,
    pub(crate) candidates: Vec<PredicateId>,
    pub(crate) sentence: String,
}

/// Resolves the unknown phrases of texts and has them remembered.
pub struct Learner {
    resolver: PhraseResolver,
    phrases: Phrases,
    model: String,
    model_sha256: String,
}

impl Learner {
    /// `phrases` are those that the checker reads.
    pub fn new(
        resolver: PhraseResolver,
        phrases: Phrases,
        model: impl Into<String>,
        model_sha256: impl Into<String>,
    ) -> Learner {
        Learner { resolver, phrases, model: model.into(), model_sha256: model_sha256.into() }
    }

    /// Asks about the phrases of a text that are not known yet; how many. The
    /// text has to be checked again where there were some.
    pub fn learn(&self, checker: &Checker, text: &str) -> Result<usize, DeepError> {
        let mut asked = HashSet::new();
        let mut learnt = Vec::new();
        for unknown in checker.unknown_phrases(text, &self.phrases) {
            if learnt.len() == MAX_PHRASES {
                break;
            }
            if asked.insert((unknown.language, unknown.phrase.clone())) {
                learnt.push(self.resolve(checker, unknown)?);
            }
        }
        let count = learnt.len();
        if count > 0 {
            self.phrases.remember(learnt)?;
        }
        Ok(count)
    }

    fn resolve(&self, checker: &Checker, unknown: UnknownPhrase) -> Result<Remembered, DeepError> {
        let ontology = checker.graph().ontology();
        let relations: Vec<Relation> = unknown
            .candidates
            .iter()
            .map(|candidate| {
                let predicate = ontology.predicate(*candidate);
                let label = lookup::predicate_term(checker.graph(), *candidate, unknown.language).label;
                let aliases = predicate
                    .labels
                    .iter()
                    .filter(|l| l.language.is_none_or(|l| l == unknown.language) && l.text != label)
                    .map(|l| l.text.clone())
                    .collect();
                Relation { label, aliases }
            })
            .collect();
        let mut probabilities =
            self.resolver.resolve(&PhraseQuestion { phrase: &unknown.phrase, relations: &relations })?;
        let none = probabilities.pop().unwrap_or(1.0);
        let mut alternatives: Vec<Alternative> = unknown
            .candidates
            .iter()
            .zip(relations)
            .zip(probabilities)
            .map(|((candidate, relation), weight)| Alternative {
                predicate: ontology.predicate(*candidate).iri.as_str().to_owned(),
                label: relation.label,
                weight,
            })
            .collect();
        alternatives.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        let now = jiff::Timestamp::now();
        Ok(Remembered {
            phrase: unknown.phrase,
            language: unknown.language,
            alternatives,
            none,
            model: self.model.clone(),
            model_sha256: self.model_sha256.clone(),
            time: now.round(jiff::Unit::Second).unwrap_or(now).to_string(),
            sentence: unknown.sentence,
        })
    }
}
