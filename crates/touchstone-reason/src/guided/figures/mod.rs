//! Numbers of several things put together: how much more one has than the
//! other, how many times as much, and what they have in all or on average.
//! Each number is a fact of the graph, and what is made of them a calculation
//! that is checked like any other.

mod read;

use num_rational::BigRational;
use num_traits::{Signed, Zero};
use touchstone_check::read::{Number, Unit, format_plain};
use touchstone_core::{Answer, ClaimKind, Language, Step, Verdict};
use touchstone_graph::{EntityId, GraphError, Hop, PredicateId, Reached};

use read::{Asked, Figure, Greater};

use super::Followed;
use super::derive::{COMPLETE, claims, conclusion, shown_by, step_of};
use super::link::{self, Topic};
use super::operations::{blank, rounded, significant};
use super::words::render;
use crate::ReasonError;
use crate::reasoner::Reasoner;

/// Things whose numbers are put together.
const MAX_THINGS: usize = 8;
/// Digits of a quotient that does not come out even.
const DIGITS: usize = 4;

/// One thing's number.
struct Valued {
    entity: EntityId,
    reached: Reached,
    number: BigRational,
}

impl Reasoner {
    /// `None` where the question asks for something else, or not every word of
    /// it has its place, or one of the things has not exactly one such number.
    pub(crate) fn figures(
        &self,
        question: &str,
        language: Language,
    ) -> Result<Option<(Vec<Step>, Answer)>, ReasonError> {
        let topics = link::apart(self.checker().graph(), question);
        if !(2..=MAX_THINGS).contains(&topics.len()) {
            return Ok(None);
        }
        let mut rest = question.to_owned();
        topics.iter().for_each(|topic| blank(&mut rest, topic.range.clone()));
        let planner = self.guide().planner(language);
        let asked = match language {
            Language::English => planner.figure_en(&rest, topics[0].range.start),
            Language::Chinese => planner.figure_zh(&rest),
        };
        let Some(asked) = asked else { return Ok(None) };
        let two = matches!(asked.figure, Figure::Difference | Figure::Ratio);
        if two && topics.len() != 2 {
            return Ok(None);
        }
        let measured_so = |predicate: &&PredicateId| {
            let own = self.checker().graph().ontology().predicate(**predicate).unit.as_deref();
            asked.unit.is_none() || own.and_then(Unit::from_qudt) == asked.unit
        };
        for predicate in asked.predicates.iter().filter(measured_so) {
            let valued = topics.iter().map(|topic| self.valued(topic, *predicate, language));
            let valued: Option<Vec<Valued>> = valued.collect::<Result<_, GraphError>>()?;
            if let Some(valued) = valued {
                return Ok(self.put_together(&asked, *predicate, &valued, language));
            }
        }
        Ok(None)
    }

    /// The one number that the thing has by the predicate.
    fn valued(
        &self,
        topic: &Topic,
        predicate: PredicateId,
        language: Language,
    ) -> Result<Option<Valued>, GraphError> {
        let graph = self.checker().graph();
        let writer = self.guide().writer(self.prompts().graph_words(language), language);
        let hop = Hop { predicate, inverse: false };
        for entity in &topic.entities {
            let (mut reached, _) = graph.follow(graph.lexicon().entity(*entity).iri, hop, 2)?;
            let (Some(only), true) = (reached.pop(), reached.is_empty()) else { continue };
            if let Some(number) = Number::parse(&writer.label(&only.term)) {
                return Ok(Some(Valued { entity: *entity, reached: only, number: number.value }));
            }
        }
        Ok(None)
    }

    fn put_together(
        &self,
        asked: &Asked,
        predicate: PredicateId,
        valued: &[Valued],
        language: Language,
    ) -> Option<(Vec<Step>, Answer)> {
        let guide = self.guide();
        let words = self.prompts().graph_words(language);
        let writer = guide.writer(words, language);
        let name =
            |one: &Valued| writer.label(&guide.graph().lexicon().entity(one.entity).iri.into_owned().into());
        let mut steps = Vec::new();
        for one in valued {
            let hop = Hop { predicate, inverse: false };
            let followed = Followed { hop, reached: vec![one.reached.clone()], cut: false };
            let text = writer.sentence(Some(&name(one)), &followed, false);
            let claims = claims(guide.graph(), &followed, &text, &writer);
            steps.push(step_of(steps.len() + 1, text, claims));
        }
        let numbers: Vec<&BigRational> = valued.iter().map(|one| &one.number).collect();
        let swapped = match asked.greater {
            Greater::First => false,
            Greater::Second => true,
            Greater::Unsaid => asked.figure == Figure::Difference && numbers[0] < numbers[1],
        };
        let (first, second) = if swapped { (1, 0) } else { (0, 1) };
        let other_way = asked.figure == Figure::Difference && numbers[first] < numbers[second];
        let (first, second) = if other_way { (second, first) } else { (first, second) };
        let written: Vec<String> = numbers.iter().map(|number| operand(number)).collect();
        let (expression, result) = match asked.figure {
            Figure::Difference => {
                (format!("{} - {}", written[first], written[second]), numbers[first] - numbers[second])
            }
            Figure::Ratio if numbers[second].is_zero() => return None,
            Figure::Ratio => {
                (format!("{} ÷ {}", written[first], written[second]), numbers[first] / numbers[second])
            }
            Figure::Sum => (written.join(" + "), numbers.iter().copied().sum()),
            Figure::Mean => {
                let count = BigRational::from_integer(numbers.len().into());
                let sum: BigRational = numbers.iter().copied().sum();
                (format!("({}) ÷ {}", written.join(" + "), numbers.len()), sum / count)
            }
        };
        let given = match asked.figure {
            Figure::Ratio => rounded(&result, whole_digits(&result).max(DIGITS)),
            Figure::Mean => {
                let known = valued.iter().map(|one| significant(&one.reached.term)).min();
                rounded(&result, known.unwrap_or_default().max(whole_digits(&result)).max(DIGITS))
            }
            Figure::Difference | Figure::Sum => result.clone(),
        };
        let sign = if given == result { "=" } else { "≈" };
        let value = format_plain(&given);
        if other_way {
            let relation = guide.graph().ontology().predicate(predicate).label(language).to_owned();
            let (one, other) = (name(&valued[first]), name(&valued[second]));
            let values = [("relation", relation.as_str()), ("one", &one), ("other", &other)];
            steps.push(self.checked_step(steps.len() + 1, render(&words.compare_more, &values))?);
        }
        let stop = if language == Language::Chinese { "。" } else { "." };
        let calculation = format!("{expression} {sign} {}{stop}", operand(&given));
        let step = self.checked_step(steps.len() + 1, calculation)?;
        if step.claims.iter().any(|claim| claim.kind != ClaimKind::Calculation) {
            return None;
        }
        steps.push(step);
        // What was taken for the greater is not.
        let said = steps.iter().rev().nth(1).filter(|_| other_way);
        let text = said.map_or_else(|| value.clone(), |step| format!("{} {value}", step.text));
        let grounds: Vec<&Step> = steps.iter().skip(valued.len()).collect();
        let mut answer = shown_by(&text, &value, vec![conclusion(&text, &grounds, language)]);
        answer.confidence = COMPLETE;
        Some((steps, answer))
    }

    /// The text as a step, where all that it claims is supported.
    fn checked_step(&self, index: usize, text: String) -> Option<Step> {
        let claims = self.checker().check(&text).claims;
        let holds = !claims.is_empty() && claims.iter().all(|claim| claim.verdict == Verdict::Supported);
        holds.then(|| step_of(index, text, claims))
    }
}

fn whole_digits(number: &BigRational) -> usize {
    number.abs().to_integer().to_string().len()
}

/// A number as part of a calculation.
fn operand(number: &BigRational) -> String {
    let plain = format_plain(number);
    if number.is_negative() { format!("({plain})") } else { plain }
}
