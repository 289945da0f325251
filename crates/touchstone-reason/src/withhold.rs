//! Keeping back answers that are not sure enough for what was promised.

use touchstone_core::{Answer, AnswerStatus};

use crate::prompts::Words;

/// The confidence that keeps the share of false answers at the promised one,
/// as conformal calibration found it (Mohri and Hashimoto 2024).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Threshold {
    /// Of all questions, those that may get a false answer.
    pub max_false_rate: f64,
    /// Answers that are no surer are withheld; 1 withholds everything.
    pub confidence: f64,
}

impl Threshold {
    /// The answer as it is given, and whether it is kept back. Its claims go
    /// with it: they are what may be false.
    pub(crate) fn applied(self, answer: &Answer, words: &Words) -> (Answer, bool) {
        if answer.status == AnswerStatus::Withheld || answer.confidence > self.confidence {
            return (answer.clone(), false);
        }
        let reason = words
            .below_threshold
            .replace("{confidence}", &format!("{:.2}", answer.confidence))
            .replace("{threshold}", &format!("{:.2}", self.confidence))
            .replace("{rate}", &format!("{}", (self.max_false_rate * 1000.0).round() / 10.0));
        (kept_back(answer, words, &reason), true)
    }
}

/// The answer as it is given: of those that are not verified, less sure ones
/// are kept back.
pub(crate) fn sure_enough(answer: &Answer, below: f64, words: &Words) -> Answer {
    if answer.status != AnswerStatus::PartlyVerified || answer.confidence >= below {
        return answer.clone();
    }
    let reason = words
        .unsure
        .replace("{confidence}", &format!("{:.2}", answer.confidence))
        .replace("{below}", &format!("{below:.2}"));
    kept_back(answer, words, &reason)
}

fn kept_back(answer: &Answer, words: &Words, reason: &str) -> Answer {
    Answer {
        text: format!("{} {reason}", words.withheld),
        values: Vec::new(),
        status: AnswerStatus::Withheld,
        confidence: answer.confidence,
        claims: Vec::new(),
        model: answer.model.clone(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use touchstone_core::Language;

    use super::*;
    use crate::Prompts;

    fn answer(confidence: f64, status: AnswerStatus) -> Answer {
        Answer {
            text: "Quito".into(),
            values: vec!["Quito".into()],
            status,
            confidence,
            claims: vec![],
            model: None,
        }
    }

    #[test]
    fn what_nothing_verifies_is_given_where_the_model_is_sure() {
        let prompts = Prompts::load(None).unwrap();
        let words = prompts.words(Language::English);
        let unsure = answer(0.45, AnswerStatus::PartlyVerified);
        let kept = sure_enough(&unsure, 0.46, words);
        assert_eq!((kept.status, kept.values.len()), (AnswerStatus::Withheld, 0));
        assert!(kept.text.contains("0.45"), "{}", kept.text);
        assert_eq!(sure_enough(&unsure, 0.0, words), unsure);
        let sure = answer(0.46, AnswerStatus::PartlyVerified);
        assert_eq!(sure_enough(&sure, 0.46, words), sure);
        let verified = answer(0.3, AnswerStatus::Verified);
        assert_eq!(sure_enough(&verified, 0.46, words), verified);
    }

    #[test]
    fn what_is_not_above_the_threshold_is_kept_back_and_says_why() {
        let prompts = Prompts::load(None).unwrap();
        let words = prompts.words(Language::English);
        let threshold = Threshold { max_false_rate: 0.05, confidence: 0.4 };
        let (kept, withheld) = threshold.applied(&answer(0.41, AnswerStatus::Verified), words);
        assert!(!withheld && kept.values == ["Quito"]);
        let (kept, withheld) = threshold.applied(&answer(0.4, AnswerStatus::PartlyVerified), words);
        assert!(withheld && kept.values.is_empty() && kept.status == AnswerStatus::Withheld);
        assert_eq!(
            kept.text,
            "No answer is given: its confidence would be 0.40, and at most 5% false answers need more than 0.40."
        );
        assert!(!threshold.applied(&answer(0.0, AnswerStatus::Withheld), words).1);
    }
}
