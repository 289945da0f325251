//! Answers to which no single path from one thing leads.

use touchstone_core::{Answer, Language, Step};

use super::derive::Extent;
use super::several::Several;
use crate::ReasonError;
use crate::reasoner::Reasoner;

/// What looking beyond single paths comes to.
pub(super) enum Beyond {
    Found(Box<Derived>),
    /// It compares two things, and the graph does not decide which is more.
    Undecided,
    Nothing,
}

/// What a question was found to ask, with the steps to its answer.
pub(super) struct Derived {
    /// In words.
    pub(super) reading: String,
    pub(super) steps: Vec<Step>,
    pub(super) answer: Answer,
}

impl Derived {
    /// One step says it all.
    pub(super) fn in_one(step: Step, answer: Answer) -> Derived {
        Derived { reading: step.text.clone(), steps: vec![step], answer }
    }
}

impl Reasoner {
    /// Numbers of several things, several paths joined, one thing held against
    /// another, the most and the least of all.
    pub(super) fn beyond_paths(&self, question: &str, language: Language) -> Result<Beyond, ReasonError> {
        let found = |derived| Ok(Beyond::Found(Box::new(derived)));
        if let Some((steps, answer)) = self.figures(question, language)? {
            let reading = steps.last().map(|step| step.text.clone()).unwrap_or_default();
            return found(Derived { reading, steps, answer });
        }
        if let Some(several) = self.guide().several(question, language)? {
            return found(self.joined(&several, language));
        }
        let compared = self.compared(question, language);
        if let Some(Some((step, answer))) = compared {
            return found(Derived::in_one(step, answer));
        }
        match self.extreme(question, language)? {
            Some((step, answer)) => found(Derived::in_one(step, answer)),
            None if compared.is_some() => Ok(Beyond::Undecided),
            None => Ok(Beyond::Nothing),
        }
    }

    fn joined(&self, several: &Several, language: Language) -> Derived {
        let guide = self.guide();
        let writer = guide.writer(self.prompts().graph_words(language), language);
        let mut steps = Vec::new();
        for part in &several.parts {
            for mut step in guide.steps(&writer, part) {
                step.index = steps.len() + 1;
                steps.push(step);
            }
        }
        steps.push(guide.joined_step(&writer, several, &steps));
        let cut = several.parts.iter().any(|part| part.followed.iter().any(|step| step.cut));
        let answer = guide.answer_of(
            &writer,
            several.things.clone(),
            several.parts[0].one.counts,
            Extent { whole: true, cut, open: guide.lets_more_in(several) },
            &steps,
        );
        let descriptions: Vec<String> =
            several.parts.iter().map(|part| writer.description(&part.one)).collect();
        Derived { reading: descriptions.join("; "), steps, answer }
    }
}
