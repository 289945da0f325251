//! Which relation a phrase states: a choice among those that the graph has,
//! and none of them, by the model's log-probabilities.
//!
//! The model sees X and Y in the places of the names, so that what it knows
//! of the things themselves cannot answer for the sentence.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use touchstone_graph::{fold, is_han};
use touchstone_llm::{Alternative as LlmAlternative, Engine, LlmError, Message, Role};

/// Alternatives that are asked about one by one.
const MAX_ASKED: usize = 4;
/// Other names of a relation that the model is shown.
const MAX_ALIASES: usize = 4;

/// A relation by its names. From which side a phrase says it is not asked: a
/// small model cannot tell.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Relation {
    pub label: String,
    pub aliases: Vec<String>,
}

impl Relation {
    /// The label, with so many of the other names in brackets.
    fn named(&self, aliases: usize) -> String {
        let names: Vec<&str> = self.aliases.iter().take(aliases).map(String::as_str).collect();
        match names.is_empty() {
            true => self.label.clone(),
            false => format!("{} ({})", self.label, names.join(", ")),
        }
    }
}

#[derive(Clone, Debug)]
pub struct PhraseQuestion<'a> {
    /// "X was stationed in Y"
    pub phrase: &'a str,
    pub relations: &'a [Relation],
}

/// What speaks for one relation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Scores {
    /// Log-probability of the relation's label behind the phrase.
    pub behind: f64,
    /// The same behind a phrase that says nothing.
    pub alone: f64,
    /// Log-odds that the phrase states the relation; absent where it was not
    /// asked.
    pub stated: Option<f64>,
    /// Words of the relation's names that the phrase has.
    pub words: f64,
    /// Log-probability of the phrase as a sentence that states the relation,
    /// above the most that another one of the list gives it, or below.
    pub written: f64,
}

/// Weights of a conditional logistic regression over [`Scores`], for one
/// model.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// SHA-256 of the model's file.
    model: String,
    /// Where the weights come from.
    #[serde(rename = "provenance")]
    _provenance: String,
    behind: f64,
    alone: f64,
    stated: f64,
    /// In the place of `stated` where it was not asked.
    unasked: f64,
    words: f64,
    written: f64,
    /// Of "none of these": a constant, and its own likelihood.
    none: f64,
    none_behind: f64,
}

#[derive(Deserialize)]
struct Calibrations {
    calibration: Vec<Calibration>,
}

impl Calibration {
    /// The weights that come with the program for a model.
    pub fn shipped(model_sha256: &str) -> Option<&'static Calibration> {
        static SHIPPED: LazyLock<Vec<Calibration>> = LazyLock::new(|| {
            // The file is part of the program; a test reads it.
            toml::from_str::<Calibrations>(include_str!("calibration.toml"))
                .map_or_else(|_| Vec::new(), |file| file.calibration)
        });
        SHIPPED.iter().find(|calibration| calibration.model == model_sha256)
    }
}

const SYSTEM: &str = "A sentence says how X and Y stand to each other. You name the relation between them that it states, from the list; \"none\" where the list does not have what the sentence says.";
const NEUTRAL: &str = "X … Y";
const NONE: &str = "none\"";
const STATED_SYSTEM: &str = "You decide whether a sentence states a relation between X and Y, from whichever side: not only that it could be so.";
/// Written for this program.
const STATED_EXAMPLES: [(&str, &str, bool); 10] = [
    ("X is married to Y", "spouse", true),
    ("X admired Y", "spouse", false),
    ("X taught Y to play chess", "teacher", true),
    ("X visited the school of Y", "teacher", false),
    ("Y, the daughter of X", "child", true),
    ("X moved to Y", "place of burial", false),
    ("X lost the final against Y", "opponent", true),
    ("X swam across Y", "mouth of the river", false),
    ("the plans of X were drawn by Y", "architect", true),
    ("X was repaired by Y", "architect", false),
];

const WRITTEN_SYSTEM: &str = "You write, for each relation, one sentence with X and Y that states it.";
const WRITTEN_REQUEST: &str = "Write the sentences.";
/// More than this, in either direction, says no more (natural logarithm).
const MOST_ABOVE: f64 = 3.0;
/// Other names of a relation for which a sentence is written.
const WRITTEN_ALIASES: usize = 2;

/// Asks the language model.
pub struct PhraseResolver {
    engine: Arc<dyn Engine>,
    calibration: Calibration,
    /// The likelihood of each list's labels behind no phrase.
    alone: Mutex<HashMap<Vec<Relation>, Vec<f64>>>,
}

impl PhraseResolver {
    pub fn new(engine: Arc<dyn Engine>, calibration: &Calibration) -> PhraseResolver {
        PhraseResolver { engine, calibration: calibration.clone(), alone: Mutex::default() }
    }

    /// For fitting weights: only [`PhraseResolver::scores`] says anything.
    pub fn uncalibrated(engine: Arc<dyn Engine>) -> PhraseResolver {
        PhraseResolver::new(engine, &Calibration::default())
    }

    /// The probability of each relation, and last that of none of them.
    pub fn resolve(&self, question: &PhraseQuestion<'_>) -> Result<Vec<f64>, LlmError> {
        Ok(self.calibration.probabilities(&self.scores(question)?))
    }

    /// What the regression sees: of each relation, and last of none of them.
    pub fn scores(&self, question: &PhraseQuestion<'_>) -> Result<Vec<Scores>, LlmError> {
        let labels: Vec<String> = question
            .relations
            .iter()
            .map(|relation| format!("{}\"", relation.label))
            .chain([NONE.to_owned()])
            .collect();
        let behind = self.likelihoods(question.relations, question.phrase, &labels)?;
        let alone = self.alone(question.relations, &labels)?;
        let written = self.written(question)?;
        let mut scores: Vec<Scores> = (0..labels.len())
            .map(|at| Scores {
                behind: behind[at],
                alone: alone[at],
                stated: None,
                words: question.relations.get(at).map_or(0.0, |r| shared_words(r, question.phrase)),
                written: written.get(at).copied().unwrap_or_default(),
            })
            .collect();
        let mut order: Vec<usize> = (0..question.relations.len()).collect();
        let gain = |score: &Scores| score.behind - 0.5 * score.alone + 2.0 * score.words;
        order.sort_by(|a, b| gain(&scores[*b]).total_cmp(&gain(&scores[*a])));
        for at in order.into_iter().take(MAX_ASKED) {
            scores[at].stated = Some(self.is_stated(question.phrase, &question.relations[at].label)?);
        }
        Ok(scores)
    }

    fn alone(&self, relations: &[Relation], labels: &[String]) -> Result<Vec<f64>, LlmError> {
        let known = self.alone.lock().unwrap_or_else(PoisonError::into_inner).get(relations).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let scores = self.likelihoods(relations, NEUTRAL, labels)?;
        let mut all = self.alone.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(relations.to_vec(), scores.clone());
        Ok(scores)
    }

    fn likelihoods(
        &self,
        relations: &[Relation],
        phrase: &str,
        labels: &[String],
    ) -> Result<Vec<f64>, LlmError> {
        let list: Vec<String> =
            relations.iter().map(|relation| format!("- {}", relation.named(MAX_ALIASES))).collect();
        let system = format!("{SYSTEM}\n\nRelations:\n{}\n- none", list.join("\n"));
        let chat = [Message::new(Role::System, system), Message::new(Role::User, format!("{phrase}."))];
        let mut session = self.engine.open(&chat)?;
        session.append("Relation: \"")?;
        session.score(&labels.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// How likely the phrase is written for each relation, beside the others.
    fn written(&self, question: &PhraseQuestion<'_>) -> Result<Vec<f64>, LlmError> {
        let chat = [Message::new(Role::System, WRITTEN_SYSTEM), Message::new(Role::User, WRITTEN_REQUEST)];
        self.engine.prepare(&chat)?;
        let mut session = self.engine.open(&chat)?;
        let written = STATED_EXAMPLES.iter().filter(|(.., stated)| *stated);
        let examples: String = written.map(|(phrase, label, _)| format!("{label}: {phrase}.\n")).collect();
        session.append(&examples)?;
        let given: Vec<String> = question
            .relations
            .iter()
            .map(|relation| format!("{}:", relation.named(WRITTEN_ALIASES)))
            .collect();
        let text = format!(" {}.", question.phrase);
        let alternatives: Vec<LlmAlternative<'_>> =
            given.iter().map(|given| LlmAlternative { given, text: &text }).collect();
        let found = session.likelihoods(&alternatives)?;
        let all: Vec<f64> = found.into_iter().map(|likelihood| likelihood.log).collect();
        let best_but = |own: usize| {
            let others = all.iter().enumerate().filter(|(at, _)| *at != own);
            others.map(|(_, log)| *log).fold(f64::NEG_INFINITY, f64::max)
        };
        // A list of one has no other; what nothing bounds says nothing.
        let above = |at: usize| (all[at] - best_but(at)).clamp(-MOST_ABOVE, MOST_ABOVE);
        Ok((0..all.len()).map(|at| if all.len() > 1 { above(at) } else { 0.0 }).collect())
    }

    fn is_stated(&self, phrase: &str, label: &str) -> Result<f64, LlmError> {
        let ask = |phrase: &str, label: &str| {
            Message::new(Role::User, format!("Sentence: {phrase}.\nRelation: {label}"))
        };
        let mut chat = vec![Message::new(Role::System, STATED_SYSTEM)];
        for (phrase, label, stated) in STATED_EXAMPLES {
            chat.push(ask(phrase, label));
            chat.push(Message::new(Role::Assistant, if stated { "Stated: yes" } else { "Stated: no" }));
        }
        self.engine.prepare(&chat)?;
        chat.push(ask(phrase, label));
        let mut session = self.engine.open(&chat)?;
        session.append("Stated:")?;
        let scores = session.score(&[" yes", " no"])?;
        Ok(scores[0] - scores[1])
    }
}

impl Calibration {
    fn probabilities(&self, scores: &[Scores]) -> Vec<f64> {
        let Some((none, relations)) = scores.split_last() else { return Vec::new() };
        let mut utilities: Vec<f64> = relations
            .iter()
            .map(|score| {
                self.behind * score.behind
                    + self.alone * score.alone
                    + score.stated.map_or(self.unasked, |stated| self.stated * stated)
                    + self.words * score.words
                    + self.written * score.written
            })
            .collect();
        utilities.push(self.none + self.none_behind * none.behind);
        let highest = utilities.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let parts: Vec<f64> = utilities.iter().map(|utility| (utility - highest).exp()).collect();
        let sum: f64 = parts.iter().sum();
        parts.into_iter().map(|part| part / sum).collect()
    }
}

/// Of the relation's names, the one of which the phrase has the largest share
/// of words.
fn shared_words(relation: &Relation, phrase: &str) -> f64 {
    let own = stems(phrase);
    let share = |name: &String| {
        let wanted = stems(name);
        let found = wanted.iter().filter(|stem| own.contains(stem)).count();
        found as f64 / wanted.len().max(1) as f64
    };
    std::iter::once(&relation.label).chain(&relation.aliases).map(share).fold(0.0, f64::max)
}

/// Words of content by their first letters, which inflection leaves.
fn stems(text: &str) -> Vec<String> {
    const LETTERS: usize = 5;
    let folded = fold(text);
    let latin = folded
        .split(|c: char| !c.is_alphanumeric() || is_han(c))
        .filter(|word| word.chars().count() > 3)
        .map(|word| word.chars().take(LETTERS).collect());
    let han = folded.chars().filter(|c| is_han(*c)).map(|c| c.to_string());
    latin.chain(han).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn relation(label: &str, aliases: &[&str]) -> Relation {
        let aliases = aliases.iter().map(|alias| (*alias).to_owned()).collect();
        Relation { label: label.to_owned(), aliases }
    }

    #[test]
    fn the_words_of_any_name_count() {
        let employer = relation("employer", &["works for", "staff of"]);
        assert!((shared_words(&employer, "X is on the staff of Y") - 1.0).abs() < 1e-9);
        assert!(shared_words(&employer, "X owns Y") < 1e-9);
        assert!(shared_words(&relation("雇主", &[]), "X受雇于Y") > 0.4);
    }

    #[test]
    fn probabilities_add_up_and_none_is_among_them() {
        let file: Calibrations = toml::from_str(include_str!("calibration.toml")).unwrap();
        let engine = Arc::new(touchstone_llm::recorded::Recorded::new([""]));
        let resolver = PhraseResolver::new(engine, &file.calibration[0]);
        let relations = [relation("employer", &[]), relation("rival", &[])];
        let question = PhraseQuestion { phrase: "X works at Y", relations: &relations };
        let probabilities = resolver.resolve(&question).unwrap();
        assert_eq!(probabilities.len(), 3);
        assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-9);
    }
}
