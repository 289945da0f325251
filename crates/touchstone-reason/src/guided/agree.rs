//! An unverified answer that the graph comes to as well, by a reading of the
//! question that leaves words unexplained: two that do not know of each other
//! say the same.

use touchstone_check::read::Number;
use touchstone_core::{Answer, AnswerStatus};
use touchstone_graph::fold;

use crate::conclude::PARTLY;
use crate::premise::Posed;
use crate::reasoner::Reasoner;
use crate::{ReasonError, ReasonOptions};

/// More values than this are no answer that another one meets by itself.
const MAX_VALUES: usize = 3;

impl Reasoner {
    /// The answer, as sure as such a meeting makes it, with the facts of the
    /// graph that it meets.
    pub(crate) fn met_by_graph(
        &self,
        posed: &Posed,
        options: &ReasonOptions,
        answer: &Answer,
    ) -> Result<Answer, ReasonError> {
        let language = options.language.or_else(|| self.checker().language_of(&posed.text));
        let open = answer.status == AnswerStatus::PartlyVerified && answer.confidence < PARTLY;
        let Some(language) = language.filter(|_| open) else { return Ok(answer.clone()) };
        let found = self.candidates(posed, language)?;
        let Some(best) = found.candidates.first().filter(|best| best.one.asks_for_every_hop()) else {
            return Ok(answer.clone());
        };
        let writer = self.guide().writer(self.prompts().graph_words(language), language);
        let labels: Vec<String> = best.things().iter().map(|thing| writer.label(&thing.term)).collect();
        if !(1..=MAX_VALUES).contains(&labels.len()) || !same(&labels, &answer.values) {
            return Ok(answer.clone());
        }
        let mut met = Answer { confidence: PARTLY, ..answer.clone() };
        met.claims.extend(self.guide().steps(&writer, best).into_iter().flat_map(|step| step.claims));
        Ok(met)
    }
}

/// Whether both say the same, in whatever order.
fn same(labels: &[String], values: &[String]) -> bool {
    let means = |label: &str, value: &str| {
        let number = |text: &str| Number::parse(text).map(|number| number.value);
        fold(label) == fold(value) || number(label).is_some_and(|known| number(value) == Some(known))
    };
    labels.len() == values.len()
        && labels.iter().all(|label| values.iter().any(|value| means(label, value)))
        && values.iter().all(|value| labels.iter().any(|label| means(label, value)))
}
