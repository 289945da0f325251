//! Phrases that the lexicon does not know: resolved by the model among the
//! relations that connect such things, and remembered.

mod learner;
mod memory;
mod resolver;
mod template;

use std::sync::{Arc, PoisonError, RwLock};

use touchstone_core::Language;
use touchstone_graph::{Graph, PredicateId};

use crate::grammar::{Content, Proposition};
use crate::items::Item;
use crate::lookup;
use crate::verify::Judged;

pub use learner::Learner;
pub(crate) use learner::UnknownPhrase;
pub use memory::{Alternative, Memory, MemoryError, Remembered};
pub use resolver::{Calibration, PhraseQuestion, PhraseResolver, Relation, Scores};
pub(crate) use template::Template;

/// The probability from which a phrase is read as a relation. Of the
/// thesaurus's phrases, fitted on others, 48 of 71 reach it and all are right;
/// so does 1 of 47 whose relation is not in the list.
pub const DEFAULT_CONFIDENCE: f64 = 0.85;

/// What the checker reads remembered phrases from.
#[derive(Clone)]
pub struct Phrases {
    memory: Arc<RwLock<Memory>>,
    /// A reading needs this probability.
    confidence: f64,
}

/// A phrase read as a relation.
pub(crate) struct Recalled {
    pub(crate) proposition: Proposition,
    phrase: String,
    label: String,
    probability: f64,
}

impl Recalled {
    /// Says on what reading a verdict rests, and how sure that is.
    pub(crate) fn mark(&self, judged: &mut Judged, language: Language) {
        let percent = (self.probability * 100.0).floor();
        judged.confidence = judged.confidence.min(self.probability);
        judged.reason.push_str(&match language {
            Language::English => {
                format!(" (a model reads \"{}\" as {}, {percent}% sure)", self.phrase, self.label)
            }
            Language::Chinese => {
                format!("（模型将“{}”读作“{}”，把握 {percent}%）", self.phrase, self.label)
            }
        });
    }
}

impl Phrases {
    pub fn new(memory: Memory, confidence: f64) -> Phrases {
        Phrases { memory: Arc::new(RwLock::new(memory)), confidence }
    }

    /// Adds what a model has said.
    pub fn remember(&self, new: Vec<Remembered>) -> Result<(), MemoryError> {
        self.memory.write().unwrap_or_else(PoisonError::into_inner).remember(new)
    }

    /// The sentence as a fact, where its phrase is known and sure enough.
    pub(crate) fn recall(
        &self,
        graph: &Graph,
        text: &str,
        items: &[Item],
        language: Language,
    ) -> Option<Recalled> {
        let memory = self.memory.read().unwrap_or_else(PoisonError::into_inner);
        if memory.is_empty() {
            return None;
        }
        let template = Template::of(text, items, language)?;
        let known = memory.get(language, &template.phrase)?;
        let candidates = template.candidates(graph, language);
        let candidate_of =
            |alternative: &Alternative| candidates.iter().copied().find(|id| names(graph, *id, alternative));
        let (best, probability) =
            known.best(|alternative| candidate_of(alternative).map(|id| canonical(graph, id)))?;
        if probability < self.confidence {
            return None;
        }
        let predicate = candidate_of(best)?;
        Some(Recalled {
            proposition: template.proposition(graph, predicate)?,
            label: lookup::predicate_term(graph, predicate, language).label,
            phrase: template.phrase,
            probability,
        })
    }

    /// Whether a model has been asked about this phrase with all the
    /// relations that the things of this sentence allow.
    pub(crate) fn knows(
        &self,
        graph: &Graph,
        template: &Template,
        candidates: &[PredicateId],
        language: Language,
    ) -> bool {
        let memory = self.memory.read().unwrap_or_else(PoisonError::into_inner);
        memory.get(language, &template.phrase).is_some_and(|known| {
            candidates.iter().all(|id| known.alternatives.iter().any(|a| names(graph, *id, a)))
        })
    }
}

/// The same for a relation and its inverse.
fn canonical(graph: &Graph, predicate: PredicateId) -> PredicateId {
    graph
        .ontology()
        .predicate(predicate)
        .inverses
        .iter()
        .copied()
        .chain([predicate])
        .min()
        .unwrap_or(predicate)
}

fn names(graph: &Graph, predicate: PredicateId, alternative: &Alternative) -> bool {
    graph.ontology().predicate(predicate).iri.as_str() == alternative.predicate
}

/// Whether a sentence was read as nothing at all.
pub(crate) fn is_unread(propositions: &[Proposition]) -> bool {
    matches!(propositions, [Proposition { content: Content::Unread, .. }])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use touchstone_core::{ReasonCode, Verdict};
    use touchstone_graph::Store;
    use touchstone_graph::model::{GraphName, Literal, NamedNode, Quad, Term};
    use touchstone_graph::vocabulary::{owl, rdf, rdfs, ts};

    use super::*;
    use crate::Checker;

    const EMPLOYER: &str = "urn:t:employer";
    const OWNER: &str = "urn:t:owner";

    /// Ada and Bo, of whom the graph knows every employer.
    fn graph() -> Arc<Graph> {
        let store = Store::in_memory().unwrap();
        let node = |iri: &str| NamedNode::new_unchecked(iri);
        let add = |s: &str, p: NamedNode, o: Term| {
            store.inner().insert(&Quad::new(node(s), p, o, GraphName::DefaultGraph)).unwrap();
        };
        let name = |text: &str| Literal::new_language_tagged_literal_unchecked(text, "en").into();
        for (predicate, label) in [(EMPLOYER, "employer"), (OWNER, "owned by")] {
            add(predicate, rdf::TYPE.into_owned(), owl::OBJECT_PROPERTY.into_owned().into());
            add(predicate, rdfs::LABEL.into_owned(), name(label));
            add(predicate, ts::CLOSED.into_owned(), Literal::from(true).into());
        }
        for label in ["Ada", "Bo", "Cleo", "Acme", "Globex", "Initech"] {
            add(&format!("urn:t:{label}"), rdfs::LABEL.into_owned(), name(label));
        }
        add("urn:t:Ada", node(EMPLOYER), node("urn:t:Acme").into());
        add("urn:t:Bo", node(EMPLOYER), node("urn:t:Globex").into());
        add("urn:t:Acme", node(OWNER), node("urn:t:Globex").into());
        add("urn:t:Globex", node(OWNER), node("urn:t:Initech").into());
        Arc::new(Graph::from_store(store).unwrap())
    }

    fn remembered(phrase: &str, weight: f64) -> Remembered {
        Remembered {
            phrase: phrase.to_owned(),
            language: Language::English,
            alternatives: vec![Alternative {
                predicate: EMPLOYER.to_owned(),
                label: "employer".to_owned(),
                weight,
            }],
            none: 1.0 - weight,
            model: "m.gguf".to_owned(),
            model_sha256: "00".to_owned(),
            time: "2026-01-01T00:00:00Z".to_owned(),
            sentence: String::new(),
        }
    }

    fn verdict(phrases: Vec<Remembered>, text: &str) -> (Verdict, ReasonCode, f64) {
        let mut memory = Memory::in_memory();
        memory.remember(phrases).unwrap();
        let report = Checker::new(graph()).with_phrases(Phrases::new(memory, 0.9)).check(text);
        let [claim] = report.claims.as_slice() else { panic!("{report:?}") };
        (claim.verdict, claim.reason_code, claim.confidence)
    }

    #[test]
    fn a_remembered_phrase_reads_the_sentence() {
        let known =
            || vec![remembered("X draws a salary at Y", 0.95), remembered("the payroll of X lists Y", 0.95)];
        let yes = (Verdict::Supported, ReasonCode::Asserted, 0.95);
        let no = (Verdict::Refuted, ReasonCode::ClosedPredicate, 0.95);
        assert_eq!(verdict(known(), "Ada draws a salary at Acme."), yes);
        assert_eq!(verdict(known(), "Ada draws a salary at Globex."), no);
        assert_eq!(verdict(known(), "The payroll of Acme lists Ada."), yes);
        assert_eq!(verdict(known(), "The payroll of Acme lists Bo."), no);
    }

    #[test]
    fn what_is_unsure_denied_or_qualified_stays_unread() {
        let unread = (Verdict::Unverifiable, ReasonCode::NotUnderstood, 1.0);
        let known = |weight| vec![remembered("X draws a salary at Y", weight)];
        assert_eq!(verdict(known(0.8), "Ada draws a salary at Acme."), unread);
        for text in [
            "Ada never draws a salary at Acme.",
            "Ada may draw a salary at Acme.",
            "Ada and Bo draw a salary at Acme.",
            "Ada reportedly draws a salary at Acme.",
        ] {
            assert_eq!(verdict(known(0.99), text), unread, "{text}");
        }
    }

    #[test]
    fn a_side_that_the_graph_does_not_tell_is_not_guessed() {
        let known = vec![remembered("X draws a salary at Y", 0.95)];
        let unread = (Verdict::Unverifiable, ReasonCode::NotUnderstood, 1.0);
        // Neither has a fact of the relation.
        assert_eq!(verdict(known.clone(), "Cleo draws a salary at Initech."), unread);
        // Both may employ or be employed, as far as the graph tells.
        assert_eq!(verdict(known, "Ada draws a salary at Bo."), unread);
    }

    #[test]
    fn the_participle_of_a_label_tells_the_sides() {
        let known = |phrase: &str| {
            let alternative =
                Alternative { predicate: OWNER.to_owned(), label: "owned by".to_owned(), weight: 0.95 };
            vec![Remembered { alternatives: vec![alternative], ..remembered(phrase, 0.95) }]
        };
        let yes = (Verdict::Supported, ReasonCode::Asserted, 0.95);
        let no = (Verdict::Refuted, ReasonCode::ClosedPredicate, 0.95);
        let owned = || known("X is owned on paper by Y");
        assert_eq!(verdict(owned(), "Acme is owned on paper by Globex."), yes);
        assert_eq!(verdict(owned(), "Globex is owned on paper by Acme."), no);
        // Both own and are owned, and nothing else tells.
        let unread = (Verdict::Unverifiable, ReasonCode::NotUnderstood, 1.0);
        assert_eq!(verdict(known("X calls the shots at Y"), "Globex calls the shots at Acme."), unread);
    }

    #[test]
    fn only_what_no_model_was_asked_about_is_asked() {
        let checker = Checker::new(graph());
        let phrases = Phrases::new(Memory::in_memory(), 0.9);
        let text = "Ada draws a salary at Acme. Bo's employer is Globex. Ada did not leave Acme.";
        let unknown = checker.unknown_phrases(text, &phrases);
        assert_eq!(unknown.len(), 1);
        assert_eq!(unknown[0].phrase, "X draws a salary at Y");
        assert_eq!(unknown[0].candidates.len(), 2);
        let learner = Learner::new(
            PhraseResolver::uncalibrated(Arc::new(touchstone_llm::recorded::Recorded::new([""]))),
            phrases.clone(),
            "m.gguf",
            "00",
        );
        assert_eq!(learner.learn(&checker, text).unwrap(), 1);
        assert_eq!(learner.learn(&checker, text).unwrap(), 0);
    }
}
