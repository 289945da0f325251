//! Judging a claim against a passage: a calibrated probability for each of
//! supported, refuted and not enough.
//!
//! A small model's own choice of a label is little better than chance, but
//! its state in front of the answer carries the information. A linear probe
//! reads it: the log-probabilities of some hundred ordinary words behind
//! several questions, which are projections of the model's last hidden state,
//! are the features of a logistic regression (`probe`).

use std::sync::Arc;

use serde::Serialize;
use touchstone_core::Verdict;
use touchstone_llm::{Engine, LlmError, Message, Role};

use super::probe::{self, Probe};

/// Characters of a passage that the model is shown.
const MAX_PASSAGE: usize = 2_400;
const MAX_CLAIM: usize = 600;

/// The probabilities of the three verdicts; they add up to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Opinion {
    pub supported: f64,
    pub refuted: f64,
    pub not_enough: f64,
}

/// How common supported, refuted and not enough are among pairs of a claim and
/// a passage that was found for it (HealthVer's development set).
const COMMON: [f64; 3] = [0.28, 0.20, 0.52];

impl Opinion {
    /// The verdict to give where one has to be given, with its probability:
    /// the likeliest one, a rare one where it is likelier than usual. Without
    /// that, "not enough" would swallow what is rare.
    pub fn balanced(&self) -> (Verdict, f64) {
        let verdicts = [Verdict::Supported, Verdict::Refuted, Verdict::Unverifiable];
        let chances = [self.supported, self.refuted, self.not_enough];
        let gain = |at: &usize| chances[*at] / COMMON[*at].sqrt();
        let best = (0..3).max_by(|a, b| gain(a).total_cmp(&gain(b))).unwrap_or(2);
        (verdicts[best], chances[best])
    }
}

/// Says what a passage says of a claim.
pub trait PassageJudge: Send + Sync {
    fn judge(&self, claim: &str, passage: &str) -> Result<Opinion, LlmError>;
}

const SYSTEM: &str =
    "You compare a claim with a passage. You use nothing but the passage, and what it says may be wrong.";

/// Worked pairs, written for this program: what the three verdicts mean. The
/// claim stands first, so that the passage is read with it in mind.
const EXAMPLES: [(&str, &str, &str); 9] = [
    (
        "Adults who sleep less than six hours gain more weight over time than those who sleep longer.",
        "In this cohort of 4,120 adults followed for nine years, those reporting fewer than six hours of sleep gained on average 2.3 kg more than those reporting seven to eight hours (95% CI 1.6 to 3.0), after adjustment for diet and activity.",
        "supported",
    ),
    (
        "Fluoride varnish does not protect children's teeth",
        "A meta-analysis of 22 trials with 12,455 children found that applying fluoride varnish two to four times a year was associated with a 43% reduction in decayed, missing and filled tooth surfaces.",
        "refuted",
    ),
    (
        "Green roofs lower the temperature inside buildings",
        "We surveyed 310 owners of green roofs about the cost of maintenance, the plants that they chose and the reasons for which they had a roof planted.",
        "neutral",
    ),
    (
        "Statins commonly cause muscle pain",
        "In the blinded part of the trial, muscle symptoms were reported as often by participants who received the statin as by those who received placebo (hazard ratio 1.03).",
        "refuted",
    ),
    (
        "Is the honey bee threatened by neonicotinoid pesticides?",
        "Colonies exposed to field-realistic doses of clothianidin had fewer adult bees at the next census and produced fewer queens, which suggests that these compounds may contribute to losses.",
        "supported",
    ),
    (
        "Drinking coffee raises the risk of stroke in women.",
        "Coffee drinkers in the registry were older, smoked more often and lived more often in cities. Data on tea were available for 61% of the participants.",
        "neutral",
    ),
    (
        "Exercise helps people with knee arthritis to walk farther",
        "Although the samples were small, supervised strength training may improve walking distance in patients with osteoarthritis of the knee.",
        "supported",
    ),
    (
        "Biochar always increases the yield of maize",
        "On the sandy soils, plots with biochar yielded 18% more maize; on the clay soils no difference was found in any of the four seasons.",
        "refuted",
    ),
    (
        "Vitamin A prevents measles",
        "Measles is caused by a virus of the genus Morbillivirus. Complications include pneumonia, which is more frequent in malnourished children.",
        "neutral",
    ),
];

/// What is asked of each pair. The probe depends on every letter of it.
pub(super) const QUESTIONS: [&str; 4] = [
    "Verdict:",
    "Does the passage support the claim? The answer is",
    "Does the passage contradict the claim? The answer is",
    "If the passage is right, the claim is",
];

/// Asks the language model.
pub struct ModelJudge {
    engine: Arc<dyn Engine>,
    probe: &'static Probe,
}

impl ModelJudge {
    pub fn new(engine: Arc<dyn Engine>, probe: &'static Probe) -> ModelJudge {
        ModelJudge { engine, probe }
    }
}

impl PassageJudge for ModelJudge {
    fn judge(&self, claim: &str, passage: &str) -> Result<Opinion, LlmError> {
        let state = state(self.engine.as_ref(), claim, passage, probe::words())?;
        Ok(self.probe.opinion(&state, &probe::surface(claim, passage)))
    }
}

/// The log-probabilities of the words behind each question about the pair.
pub fn state(
    engine: &dyn Engine,
    claim: &str,
    passage: &str,
    words: &[&str],
) -> Result<Vec<Vec<f64>>, LlmError> {
    let line = |text: &str, limit: usize| -> String {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        text.chars().take(limit).collect()
    };
    let pair = |claim: &str, passage: &str| {
        Message::new(Role::User, format!("Claim: {claim}\n\nPassage: {passage}"))
    };
    let mut chat = vec![Message::new(Role::System, SYSTEM)];
    for (claim, passage, verdict) in EXAMPLES {
        chat.push(pair(claim, passage));
        chat.push(Message::new(Role::Assistant, format!("Verdict: {verdict}")));
    }
    engine.prepare(&chat)?;
    chat.push(pair(&line(claim, MAX_CLAIM), &line(passage, MAX_PASSAGE)));
    let mut session = engine.open(&chat)?;
    let mut state = Vec::with_capacity(QUESTIONS.len());
    for question in QUESTIONS {
        let before = session.checkpoint();
        session.append(question)?;
        state.push(session.score(words)?);
        session.rewind(before)?;
    }
    Ok(state)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rare_verdict_is_given_where_it_is_likelier_than_usual() {
        let opinion =
            |supported, refuted| Opinion { supported, refuted, not_enough: 1.0 - supported - refuted };
        assert_eq!(opinion(0.2, 0.35).balanced(), (Verdict::Refuted, 0.35));
        assert_eq!(opinion(0.2, 0.2).balanced().0, Verdict::Unverifiable);
        assert_eq!(opinion(0.9, 0.05).balanced(), (Verdict::Supported, 0.9));
    }
}
