//! "Which element has the highest melting point?", "What is the third-largest
//! country in Africa?": what stands at a place of an order, put as a statement
//! that is checked.

use touchstone_core::{Answer, AnswerStatus, Language, Step, StepStatus, Verdict};
use touchstone_graph::model::{NamedOrBlankNode, Term};
use touchstone_graph::vocabulary::rdf;
use touchstone_graph::{ClassId, GraphError, Reached};

use super::asked;
use super::derive::{shown_by, step_of};
use super::operations::Operation;
use super::words::render;
use super::{MAX_SET, reading};
use crate::ReasonError;
use crate::reasoner::Reasoner;

/// Confidence where the graph does not have the number of all of them.
const SOME_UNKNOWN: f64 = 0.8;

impl Reasoner {
    /// `None` where the question asks for something else than the one thing
    /// of a kind at a place of an order.
    pub(crate) fn extreme(
        &self,
        question: &str,
        language: Language,
    ) -> Result<Option<(Step, Answer)>, ReasonError> {
        Ok(match self.placed(question, language) {
            Some(found) => Some(found),
            None => self.end_of_order(question, language)?,
        })
    }

    /// The one thing that the checker finds at the place that the question
    /// names, where it then finds that nothing else stands there.
    fn placed(&self, question: &str, language: Language) -> Option<(Step, Answer)> {
        let words = self.prompts().graph_words(language);
        let mut found: Vec<(Step, Answer)> = Vec::new();
        for phrase in asked::places(self.checker().graph(), question, language) {
            for thing in self.checker().ranked(&phrase, language) {
                let text = render(&words.placed, &[("label", &thing.label), ("place", &phrase)]);
                let claims = self.checker().check(&text).claims;
                if !claims.is_empty() && claims.iter().all(|claim| claim.verdict == Verdict::Supported) {
                    let answer = shown_by(&thing.label, &thing.label, claims.clone());
                    found.push((step_of(1, text, claims), answer));
                }
            }
        }
        let (first, others) = found.split_first()?;
        others.iter().all(|(_, other)| other.values == first.1.values).then(|| first.clone())
    }

    /// The most or the least of all things of a class.
    fn end_of_order(
        &self,
        question: &str,
        language: Language,
    ) -> Result<Option<(Step, Answer)>, ReasonError> {
        let guide = self.guide();
        let planner = guide.planner(language);
        let plan = planner.plan(question);
        let [Operation::Select(selection)] = plan.operations.as_slice() else { return Ok(None) };
        let end = plan.question.len();
        let read = reading::read(&guide.index, guide.graph.composed(), &plan.question, &(end..end), language);
        let class = read.classes(None, language).first().copied();
        let Some(class) = class.filter(|_| read.unknown.is_empty() && read.names_one_kind()) else {
            return Ok(None);
        };
        let Some(things) = self.things_of(class)? else { return Ok(None) };
        let Some(chosen) = planner.apply(&things, &plan.operations[0])? else { return Ok(None) };
        let [(thing, _)] = chosen.kept.as_slice() else { return Ok(None) };
        let words = self.prompts().graph_words(language);
        let label = guide.writer(words, language).label(&thing.term);
        let kind = self.checker().graph().ontology().class(class).label(language).to_owned();
        let adjective = !selection.text.contains(' ');
        let template = if adjective { &words.extreme_adjective } else { &words.extreme_noun };
        let text = render(
            template,
            &[("label", &label), ("extreme", &selection.text.to_lowercase()), ("class", &kind)],
        );
        let claims = self.checker().check(&text).claims;
        if claims.is_empty() || claims.iter().any(|claim| claim.verdict == Verdict::Refuted) {
            return Ok(None);
        }
        let shown = claims.iter().all(|claim| claim.verdict == Verdict::Supported);
        let why = claims.iter().find(|claim| claim.verdict != Verdict::Supported);
        let step = Step {
            status: if shown { StepStatus::Accepted } else { StepStatus::Unverified },
            why: why.map(|claim| claim.reason.clone()),
            ..step_of(1, text, claims.clone())
        };
        let mut answer = shown_by(&label, &label, claims);
        if !shown {
            answer.status = AnswerStatus::PartlyVerified;
            // The true extreme is as likely among those that have a number.
            let known = (things.len() - chosen.without) as f64 / things.len() as f64;
            answer.confidence = known.min(SOME_UNKNOWN);
        }
        Ok(Some((step, answer)))
    }

    /// Everything that the graph declares to be of the class, or of one below
    /// it; `None` where that is too much.
    fn things_of(&self, class: ClassId) -> Result<Option<Vec<Reached>>, ReasonError> {
        let graph = self.checker().graph();
        let ontology = graph.ontology();
        let mut found: Vec<Reached> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for below in ontology.classes().iter().filter(|known| known.ancestors.contains(&class)) {
            let object = ontology.class(below.id).iri.as_ref();
            for fact in
                graph.store().inner().quads_for_pattern(None, Some(rdf::TYPE), Some(object.into()), None)
            {
                let fact = fact.map_err(GraphError::from)?;
                let NamedOrBlankNode::NamedNode(node) = fact.subject.clone() else {
                    continue;
                };
                let term = Term::from(node);
                if seen.insert(term.clone()) {
                    found.push(Reached { term, fact });
                }
                if found.len() > MAX_SET {
                    return Ok(None);
                }
            }
        }
        Ok(Some(found))
    }
}
