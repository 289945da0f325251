//! Judging a claim against a passage: a calibrated probability for each of
//! supported, refuted and not enough.
//!
//! A small model's own choice of a label is little better than chance, but the
//! log-probabilities of several questions carry the information: they are the
//! features of a logistic regression whose weights come with the program
//! (`calibration.toml`, with where they were fitted).

use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};
use touchstone_llm::{Engine, LlmError, Message, Role, Session};

/// Characters of a passage that the model is shown.
const MAX_PASSAGE: usize = 2_400;
const MAX_CLAIM: usize = 600;

/// Names of the features, in their order.
pub const FEATURES: [&str; 10] = [
    "supports: yes over no",
    "contradicts: yes over no",
    "supported over neutral",
    "refuted over neutral",
    "true over unclear",
    "false over unclear",
    "claim likelier behind the passage",
    "words of the claim in the passage",
    "negation in one of them only",
    "numbers of the claim in the passage",
];

/// The probabilities of the three verdicts; they add up to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Opinion {
    pub supported: f64,
    pub refuted: f64,
    pub not_enough: f64,
}

/// Says what a passage says of a claim.
pub trait PassageJudge: Send + Sync {
    fn judge(&self, claim: &str, passage: &str) -> Result<Opinion, LlmError>;
}

/// Weights of the logistic regression: for each verdict one for each feature
/// and a constant, over standardised features.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Where the weights come from.
    #[serde(rename = "provenance")]
    _provenance: String,
    mean: [f64; 10],
    deviation: [f64; 10],
    supported: [f64; 11],
    refuted: [f64; 11],
    not_enough: [f64; 11],
}

impl Calibration {
    /// The weights that come with the program.
    pub fn shipped() -> Option<&'static Calibration> {
        static SHIPPED: LazyLock<Option<Calibration>> =
            LazyLock::new(|| toml::from_str(include_str!("calibration.toml")).ok());
        SHIPPED.as_ref()
    }

    pub fn opinion(&self, features: &[f64; 10]) -> Opinion {
        let standard = |at: usize| (features[at] - self.mean[at]) / self.deviation[at].max(1e-9);
        let score =
            |weights: &[f64; 11]| weights[10] + (0..10).map(|at| weights[at] * standard(at)).sum::<f64>();
        let scores = [score(&self.supported), score(&self.refuted), score(&self.not_enough)];
        let highest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let parts = scores.map(|score| (score - highest).exp());
        let sum: f64 = parts.iter().sum();
        Opinion { supported: parts[0] / sum, refuted: parts[1] / sum, not_enough: parts[2] / sum }
    }
}

/// Worked pairs, written for this program: what the three verdicts mean.
const EXAMPLES: [(&str, &str, &str); 6] = [
    (
        "In a survey of 1,200 households, those with a garden reported eating vegetables on 1.4 more days a week.",
        "People who have gardens eat vegetables more often",
        "supported",
    ),
    (
        "The bridge was closed for repairs in March and has carried traffic again since the first week of June.",
        "The bridge stayed closed throughout the summer",
        "refuted",
    ),
    (
        "Engineers measured how much noise the new trams make at several speeds.",
        "The new trams are cheaper to run than buses",
        "neutral",
    ),
    (
        "No difference in test scores was found between pupils who took the course online and those in class.",
        "Online courses lower the test scores of pupils",
        "refuted",
    ),
    (
        "Reading aloud to infants may be associated with a larger vocabulary, although the samples were small.",
        "Reading to babies can help them learn words",
        "supported",
    ),
    (
        "Sales of electric bicycles doubled in the region; the shops name better batteries as the reason.",
        "Electric bicycles are safer than cars",
        "neutral",
    ),
];

/// Asks the language model.
pub struct ModelJudge {
    engine: Arc<dyn Engine>,
    calibration: &'static Calibration,
}

impl ModelJudge {
    /// `None` where the program was built without weights.
    pub fn new(engine: Arc<dyn Engine>) -> Option<ModelJudge> {
        Some(ModelJudge { engine, calibration: Calibration::shipped()? })
    }
}

impl PassageJudge for ModelJudge {
    fn judge(&self, claim: &str, passage: &str) -> Result<Opinion, LlmError> {
        Ok(self.calibration.opinion(&features(self.engine.as_ref(), claim, passage)?))
    }
}

/// What the regression sees of a pair.
pub fn features(engine: &dyn Engine, claim: &str, passage: &str) -> Result<[f64; 10], LlmError> {
    let claim: String = claim.chars().take(MAX_CLAIM).collect();
    let passage: String = passage.chars().take(MAX_PASSAGE).collect();
    let system = Message::new(
        Role::System,
        "You compare a claim with a passage. You use nothing but the passage, and what it says may be wrong.",
    );
    let mut chat = vec![system.clone()];
    for (passage, claim, verdict) in EXAMPLES {
        chat.push(Message::new(Role::User, format!("Passage: {passage}\n\nClaim: {claim}")));
        chat.push(Message::new(Role::Assistant, format!("Verdict: {verdict}")));
    }
    chat.push(Message::new(Role::User, format!("Passage: {passage}\n\nClaim: {claim}")));
    let mut session = engine.open(&chat)?;
    let yes_no = |session: &mut dyn Session, question: &str| -> Result<f64, LlmError> {
        let scores = asked(session, question, &[" yes", " no"])?;
        Ok(scores[0] - scores[1])
    };
    let supports = yes_no(session.as_mut(), "Does the passage support the claim? The answer is")?;
    let contradicts = yes_no(session.as_mut(), "Does the passage contradict the claim? The answer is")?;
    let relation = asked(session.as_mut(), "Verdict:", &[" supported", " refuted", " neutral"])?;
    let truth =
        asked(session.as_mut(), "If the passage is right, the claim is", &[" true", " false", " unclear"])?;
    // How much likelier the claim is behind the passage than alone.
    let with = Message::new(Role::User, format!("Passage: {passage}\n\nState one claim that follows."));
    let without = Message::new(Role::User, "State one claim.".to_owned());
    let behind = engine.open(&[system.clone(), with])?.score(&[&claim])?[0];
    let alone = engine.open(&[system, without])?.score(&[&claim])?[0];
    let length = claim.chars().count().max(1) as f64;
    Ok([
        supports,
        contradicts,
        relation[0] - relation[2],
        relation[1] - relation[2],
        truth[0] - truth[2],
        truth[1] - truth[2],
        10.0 * (behind - alone) / length,
        shared(&words(&claim), &words(&passage)),
        f64::from(denies(&claim) != denies(&passage)),
        shared(&numbers(&claim), &numbers(&passage)),
    ])
}

/// The log-probabilities of answers to a question put in the model's mouth.
fn asked(session: &mut dyn Session, question: &str, answers: &[&str]) -> Result<Vec<f64>, LlmError> {
    let before = session.checkpoint();
    session.append(question)?;
    let scores = session.score(answers)?;
    session.rewind(before)?;
    Ok(scores)
}

fn words(text: &str) -> Vec<String> {
    let latin = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.chars().count() > 3)
        .map(|word| touchstone_graph::fold(word).chars().take(6).collect::<String>());
    let han = text.chars().filter(|c| touchstone_graph::is_han(*c)).map(|c| c.to_string());
    latin.filter(|word| !word.chars().any(touchstone_graph::is_han)).chain(han).collect()
}

fn numbers(text: &str) -> Vec<String> {
    crate::read::numbers(text).iter().map(|number| number.value.to_string()).collect()
}

/// The share of the first that the second has too; half where there is none.
fn shared(part: &[String], whole: &[String]) -> f64 {
    if part.is_empty() {
        return 0.5;
    }
    part.iter().filter(|word| whole.contains(word)).count() as f64 / part.len() as f64
}

fn denies(text: &str) -> bool {
    const WORDS: &[&str] =
        &["not", "no", "never", "cannot", "without", "neither", "nor", "unlikely", "fails", "lack"];
    let folded = touchstone_graph::fold(text);
    folded
        .split(|c: char| !c.is_alphanumeric() && c != '\'')
        .any(|w| WORDS.contains(&w) || w.ends_with("n't"))
        || ["不", "没有", "未", "无"].iter().any(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn probabilities_add_up() {
        let calibration = Calibration::shipped().unwrap();
        let opinion = calibration.opinion(&[0.0; 10]);
        assert!((opinion.supported + opinion.refuted + opinion.not_enough - 1.0).abs() < 1e-9);
        let sure = calibration.opinion(&[1e6; 10]);
        assert!(sure.supported.is_finite());
    }

    #[test]
    fn surface_features_are_counted() {
        assert!((shared(&words("Masks reduce spread"), &words("masks reduced it")) - 2.0 / 3.0).abs() < 1e-9);
        assert!(denies("It isn't so") && denies("并不有效") && !denies("It is so"));
    }
}
