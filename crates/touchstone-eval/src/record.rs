use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use touchstone_core::{AnswerStatus, AskReport};

use crate::judge::{Asserted, Judgement, Verdict, by_gold_answers};
use crate::questions::Question;

/// How the questions are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Every step checked.
    Touchstone,
    /// The same prompt, sampling and limits with nothing checked.
    Plain,
}

impl Mode {
    pub fn name(self) -> &'static str {
        match self {
            Mode::Touchstone => "touchstone",
            Mode::Plain => "plain",
        }
    }
}

/// One question as it was asked, answered and judged: a line of
/// `results.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Record {
    pub id: String,
    pub question: String,
    pub gold: Vec<String>,
    pub mode: Mode,
    pub verdict: Verdict,
    /// Why, for people.
    pub reason: String,
    pub true_claims: usize,
    pub false_claims: usize,
    /// Absent where the question could not be asked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub report: Option<AskReport>,
    /// Why it could not be asked; such a question counts as withheld.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<String>,
}

impl Record {
    pub(crate) fn judged(question: &Question, mode: Mode, report: AskReport) -> Record {
        let answer = &report.answer;
        let asserted = (answer.status != AnswerStatus::Withheld)
            .then_some(Asserted { values: &answer.values, text: &answer.text });
        let judgement = by_gold_answers(&question.text, &question.gold, asserted);
        Record::new(question, mode, judgement, Some(report), None)
    }

    pub(crate) fn failed(question: &Question, mode: Mode, error: String) -> Record {
        let judgement = by_gold_answers(&question.text, &question.gold, None);
        Record::new(question, mode, judgement, None, Some(error))
    }

    fn new(
        question: &Question,
        mode: Mode,
        judgement: Judgement,
        report: Option<AskReport>,
        error: Option<String>,
    ) -> Record {
        let Judgement { verdict, reason, true_claims, false_claims } = judgement;
        Record {
            id: question.id.clone(),
            question: question.text.clone(),
            gold: question.gold.clone(),
            mode,
            verdict,
            reason,
            true_claims,
            false_claims,
            report,
            error,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used)]
    use touchstone_core::{Answer, Timings, Usage};

    use super::*;

    /// No answer stands for a withheld one.
    pub(crate) fn report(question: &str, answer: Option<&str>) -> AskReport {
        let status = if answer.is_some() { AnswerStatus::Verified } else { AnswerStatus::Withheld };
        AskReport {
            premises: Vec::new(),
            reading: None,
            question: question.to_owned(),
            language: None,
            answer: Answer {
                text: answer.unwrap_or("I cannot say.").to_owned(),
                values: answer.map(str::to_owned).into_iter().collect(),
                status,
                confidence: 1.0,
                claims: vec![],
            },
            steps: vec![],
            model: "m".to_owned(),
            usage: Usage { prompt_tokens: 5, generated_tokens: 10, model_calls: 1 },
            timings: Timings { total_s: 3.0, generating_s: 2.0, checking_s: 0.5, first_step_s: 1.0 },
        }
    }

    pub(crate) fn record(id: &str, mode: Mode, gold: &[&str], answer: Option<&str>) -> Record {
        let gold = gold.iter().map(|&gold| gold.to_owned()).collect();
        let question = Question { id: id.to_owned(), text: "Where?".to_owned(), gold };
        Record::judged(&question, mode, report("Where?", answer))
    }

    #[test]
    fn what_is_withheld_claims_nothing_whatever_its_words() {
        let withheld = record("1", Mode::Touchstone, &["Ulm"], None);
        assert_eq!(
            (withheld.verdict, withheld.true_claims, withheld.false_claims),
            (Verdict::Withheld, 0, 0)
        );
        let wrong = record("1", Mode::Touchstone, &["Ulm"], Some("Linz"));
        assert_eq!((wrong.verdict, wrong.true_claims, wrong.false_claims), (Verdict::Wrong, 0, 1));
    }

    #[test]
    fn a_line_is_read_as_it_was_written() {
        let record = record("1", Mode::Plain, &["Ulm"], Some("Ulm"));
        let line = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<Record>(&line).unwrap(), record);
    }
}
