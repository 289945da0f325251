//! The answer: checked like a step, completed, repaired or withheld.

use touchstone_core::{Answer, AnswerStatus, AskReport, Claim, Verdict};

use crate::author::Draft;
use crate::run::Run;
use crate::{Event, ReasonError, conclude, repair};

impl Run<'_> {
    /// Checks the answer, and that it follows from the steps; repairs it or
    /// withholds it.
    pub(crate) fn answer(mut self, text: String, draft: &Draft) -> Result<AskReport, ReasonError> {
        let (text, mut draft) = self.completed(text, draft)?;
        let index = self.case.derivation.next_index();
        let mut text = conclude::with_replacements(&text, &self.case.derivation);
        let mut claims = self.case.check_answer(&text);
        self.case.tell(Event::Checked { index, claims: &claims })?;
        let mut forbidden = self.case.derivation.rejected_words.clone();
        for _ in 0..self.case.options.max_repairs {
            if !repair::is_refuted(&claims) {
                break;
            }
            let why = repair::why(&claims);
            self.case.tell(Event::Rewound { index, draft: &text, why: &why })?;
            if let Some(right) = repair::corrected(&text, &claims) {
                let checked = self.case.check_answer(&right);
                if !repair::is_refuted(&checked) {
                    (text, claims) = (right, checked);
                    break;
                }
            }
            forbidden.extend(repair::wrong_words(&text, &claims));
            let opening = self.case.words.answer_line.clone();
            let Some((next, by)) = self.redraft(&opening, &claims, &forbidden)? else { break };
            (text, draft) = (next, by);
            claims = self.case.check_answer(&text);
            self.case.tell(Event::Checked { index, claims: &claims })?;
        }
        if repair::is_refuted(&claims)
            && let Some(known) = self.case.known_answer()
        {
            let checked = self.case.check_answer(&known);
            if !repair::is_refuted(&checked) {
                (text, claims) = (known, checked);
            }
        }
        if claims.iter().any(|claim| claim.verdict != Verdict::Supported) {
            self.case.doubt = self.case.doubt.min(draft.probability);
        }
        let mut answer = self.judged(text, claims);
        answer.model = self.authors.name(draft.by);
        let usage = self.authors.usage();
        self.case.report(answer, usage)
    }

    /// Where the question asks for several things and the answer leaves one
    /// out, a step on it is asked for, and the answer again.
    fn completed(&mut self, text: String, draft: &Draft) -> Result<(String, Draft), ReasonError> {
        let unanswered = self.case.unanswered(&text);
        if unanswered.is_empty() {
            return Ok((text, draft.clone()));
        }
        for asked in unanswered {
            let template = &self.case.words.asked_step;
            let opening = template.replace("{relation}", &asked.relation).replace("{entity}", &asked.entity);
            let number = self.case.derivation.next_index();
            self.asked_for(&format!("{number}. {opening}"))?;
        }
        let forbidden = self.case.derivation.rejected_words.clone();
        let (again, draft) = self.forced_answer(&forbidden)?;
        if self.case.unanswered(&again).is_empty() {
            return Ok((again, draft));
        }
        // The steps hold what the model does not repeat.
        Ok((self.case.known_answer().unwrap_or(again), draft))
    }

    fn judged(&self, text: String, claims: Vec<Claim>) -> Answer {
        let case = &self.case;
        if repair::is_refuted(&claims) {
            let text = format!("{} {}", case.words.withheld, repair::why(&claims));
            return Answer { claims, ..Answer::withheld(text) };
        }
        let confidence = conclude::confidence(&claims, case.language, case.doubt);
        let holds = !claims.is_empty() && claims.iter().all(|claim| claim.verdict == Verdict::Supported);
        let to_the_point = case.speaks_of_the_question(&claims) && !case.lacks_calculation(&text);
        let verified = holds && to_the_point && case.derivation.all_supported() && case.language.is_some();
        let confidence = match to_the_point {
            true if verified => confidence,
            true => confidence.min(conclude::PARTLY),
            false => conclude::confidence(&[], None, case.doubt),
        };
        let confidence =
            case.reading.map_or(confidence, |probability| confidence.min(conclude::as_read(probability)));
        let status = if verified { AnswerStatus::Verified } else { AnswerStatus::PartlyVerified };
        Answer { values: case.values(&text), text, status, confidence, claims, model: None }
    }
}
