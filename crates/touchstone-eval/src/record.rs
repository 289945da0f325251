use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use touchstone_core::AskReport;

use crate::judge::{Judge, JudgedClaim, Judgement, Verdict, by_gold_answers};
use crate::questions::Question;
use crate::suite::Answers;

/// How the questions are asked: the system under test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Every step checked.
    Touchstone,
    /// The same prompt, sampling and limits with nothing checked.
    Plain,
    /// Plain, with evidence from the same graph and passages in the prompt.
    Rag,
    /// Chain-of-verification (Dhuliawala et al. 2023) with the same model.
    Cove,
    /// The answer that most of five samples give (Wang et al. 2022).
    SelfConsistency,
    /// A model behind an OpenAI-compatible server.
    Endpoint,
    /// A file of answers from anywhere.
    Answers,
}

impl Mode {
    /// Whether another model answers than the one that is asked plainly.
    pub fn is_from_elsewhere(self) -> bool {
        matches!(self, Mode::Endpoint | Mode::Answers)
    }

    pub const ALL: [Mode; 7] = [
        Mode::Touchstone,
        Mode::Plain,
        Mode::Rag,
        Mode::Cove,
        Mode::SelfConsistency,
        Mode::Endpoint,
        Mode::Answers,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Mode::Touchstone => "touchstone",
            Mode::Plain => "plain",
            Mode::Rag => "rag",
            Mode::Cove => "cove",
            Mode::SelfConsistency => "self-consistency",
            Mode::Endpoint => "endpoint",
            Mode::Answers => "answers",
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
    /// Which of the gold answers are wanted.
    #[serde(default)]
    pub answers: Answers,
    /// The kind of question.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub group: Option<String>,
    /// Shared by questions that say the same in other words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cluster: Option<String>,
    pub mode: Mode,
    pub verdict: Verdict,
    /// Why, for people.
    pub reason: String,
    pub true_claims: usize,
    pub false_claims: usize,
    /// Whether the first value of the answer is right.
    #[serde(default)]
    pub first_right: bool,
    /// Gold answers that are given.
    #[serde(default)]
    pub gold_found: usize,
    /// Whether the whole graph holds all gold answers and tells them from
    /// others, where that can be told.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub held: Option<bool>,
    /// What the steps claim, judged by the facts.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub claims: Vec<JudgedClaim>,
    /// Seconds of the run since the answer before; over a run they add up to
    /// its time, however many questions are asked at once.
    #[serde(default)]
    pub elapsed_s: f64,
    /// Joules of the processor since the answer before, where it tells.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub energy_j: Option<f64>,
    /// Withheld by the threshold of a calibration: what was answered.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub below_threshold: Option<Verdict>,
    /// Absent where the question could not be asked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub report: Option<AskReport>,
    /// Why it could not be asked; such a question counts as withheld.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<String>,
}

impl Record {
    pub(crate) fn answered(question: &Question, mode: Mode, report: AskReport, judge: &Judge) -> Record {
        let judgement = judge.answer(question, &report);
        let claims = judge.steps(&report);
        let held = judge.holds(question);
        Record { claims, held, ..Record::new(question, mode, judgement, Some(report), None) }
    }

    pub(crate) fn failed(question: &Question, mode: Mode, error: String, judge: &Judge) -> Record {
        let judgement = by_gold_answers(&question.text, &question.gold, None);
        Record { held: judge.holds(question), ..Record::new(question, mode, judgement, None, Some(error)) }
    }

    /// How sure the system is of an answer that it gives.
    pub(crate) fn confidence(&self) -> Option<f64> {
        let answered = self.verdict != Verdict::Withheld;
        self.report.as_ref().filter(|_| answered).map(|report| report.answer.confidence)
    }

    /// Claims of the steps that stand.
    pub(crate) fn asserted(&self) -> impl Iterator<Item = &JudgedClaim> {
        self.claims.iter().filter(|claim| !claim.taken_back)
    }

    /// As if the answer had not been given, where it is no surer than this.
    pub(crate) fn withhold_up_to(&mut self, threshold: f64) {
        if self.confidence().is_some_and(|confidence| confidence <= threshold) {
            self.below_threshold = Some(self.verdict);
            self.verdict = Verdict::Withheld;
            (self.true_claims, self.false_claims, self.gold_found) = (0, 0, 0);
            self.first_right = false;
        }
    }

    fn new(
        question: &Question,
        mode: Mode,
        judgement: Judgement,
        report: Option<AskReport>,
        error: Option<String>,
    ) -> Record {
        let Judgement { verdict, reason, true_claims, false_claims, first_right, gold_found } = judgement;
        Record {
            id: question.id.clone(),
            question: question.text.clone(),
            gold: question.gold.clone(),
            answers: question.answers,
            group: question.group.clone(),
            cluster: question.cluster.clone(),
            mode,
            verdict,
            reason,
            true_claims,
            false_claims,
            first_right,
            gold_found,
            held: None,
            claims: Vec::new(),
            elapsed_s: 0.0,
            energy_j: None,
            below_threshold: None,
            report,
            error,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used)]
    use touchstone_core::{Answer, AnswerStatus, Timings, Usage};

    use super::*;

    /// No answer stands for a withheld one.
    pub(crate) fn report(question: &str, answer: Option<&str>) -> AskReport {
        let status = if answer.is_some() { AnswerStatus::Verified } else { AnswerStatus::Withheld };
        AskReport {
            premises: Vec::new(),
            reading: None,
            withholding: None,
            passages: Vec::new(),
            question: question.to_owned(),
            language: None,
            answer: Answer {
                text: answer.unwrap_or("I cannot say.").to_owned(),
                values: answer.map(str::to_owned).into_iter().collect(),
                status,
                confidence: 1.0,
                claims: vec![],
                model: None,
            },
            steps: vec![],
            model: "m".to_owned(),
            usage: Usage { prompt_tokens: 5, generated_tokens: 10, model_calls: 1 },
            timings: Timings { total_s: 3.0, generating_s: 2.0, checking_s: 0.5, first_step_s: 1.0 },
        }
    }

    pub(crate) fn record(id: &str, mode: Mode, gold: &[&str], answer: Option<&str>) -> Record {
        let gold = gold.iter().map(|&gold| gold.to_owned()).collect();
        let text = "Where?".to_owned();
        let question = Question { id: id.to_owned(), text, gold, ..Question::default() };
        Record::answered(&question, mode, report("Where?", answer), &Judge::default())
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
    fn an_answer_below_the_threshold_claims_nothing() {
        let mut sure = record("1", Mode::Touchstone, &["Ulm"], Some("Linz"));
        let mut unsure = sure.clone();
        unsure.report.as_mut().unwrap().answer.confidence = 0.6;
        for record in [&mut sure, &mut unsure] {
            record.withhold_up_to(0.8);
        }
        assert_eq!((sure.verdict, sure.below_threshold), (Verdict::Wrong, None));
        assert_eq!((unsure.verdict, unsure.false_claims), (Verdict::Withheld, 0));
        assert_eq!(unsure.below_threshold, Some(Verdict::Wrong));
    }

    #[test]
    fn a_line_is_read_as_it_was_written() {
        let record = record("1", Mode::Plain, &["Ulm"], Some("Ulm"));
        let line = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<Record>(&line).unwrap(), record);
    }
}
