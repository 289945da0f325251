//! Chain-of-verification, factored (Dhuliawala et al. 2023): draft, plan
//! questions that would show a mistake, answer each by itself, answer again.

use std::ops::ControlFlow;

use touchstone_core::{AskReport, Usage};
use touchstone_llm::{LlmError, Message, Role, StopRule, Until};

use super::local::{Local, added};
use super::{SystemError, language_of};
use crate::questions::Question;

/// Questions that are asked of a draft.
const MAX_CHECKS: usize = 5;

impl Local {
    pub(super) fn cove(
        &self,
        question: &Question,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<AskReport, SystemError> {
        let language = language_of(question);
        let options = self.augmented(question);
        let draft = self.plain(&question.text, &options, stop)?;
        let steps: Vec<&str> = draft.steps.iter().map(|step| step.text.as_str()).collect();
        let system = self.wording.plan_system(language);
        let plan = self.wording.plan(language, &question.text, &steps, &draft.answer.text)?;
        let begun = std::time::Instant::now();
        let (planned, usage) = self.complete(&system, &plan, stop)?;
        let planning_s = begun.elapsed().as_secs_f64();
        let mut reports = vec![draft];
        let mut checks = Vec::new();
        for line in planned.lines().map(bare).filter(|line| line.ends_with(['?', '？'])).take(MAX_CHECKS) {
            let report = self.plain(line, &options, stop)?;
            checks.push((line.to_owned(), report.answer.text.clone()));
            reports.push(report);
        }
        let answer = &reports[0].answer.text;
        let again = self.wording.revise(language, &checks, answer, &question.text)?;
        let mut last = self.plain(&again, &options, stop)?;
        for report in &reports {
            last.usage = added(last.usage, report.usage);
            last.timings.total_s += report.timings.total_s;
            last.timings.generating_s += report.timings.generating_s;
        }
        last.usage = added(last.usage, usage);
        last.timings.total_s += planning_s;
        last.timings.generating_s += planning_s;
        Ok(last)
    }

    fn complete(
        &self,
        system: &str,
        prompt: &str,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<(String, Usage), SystemError> {
        let failed = |error: LlmError| match error {
            LlmError::Cancelled => SystemError::Stopped,
            LlmError::ContextFull { .. } => SystemError::Question(error.to_string()),
            other => SystemError::Fatal(other.to_string()),
        };
        let chat = [Message::new(Role::System, system), Message::new(Role::User, prompt)];
        let mut session = self.reasoner.engine().open(&chat).map_err(failed)?;
        let until = Until {
            stop: StopRule::Strings(vec!["\n\n\n".to_owned()]),
            ..Until::line(self.options.max_step_tokens * MAX_CHECKS, self.options.sampling)
        };
        let mut flow = |_: &str| if stop() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
        let text = session.generate(&until, &mut flow).map_err(failed)?.text;
        let used = session.usage();
        let usage = Usage {
            prompt_tokens: used.prompt_tokens,
            generated_tokens: used.generated_tokens,
            model_calls: 1,
        };
        Ok((text, usage))
    }
}

/// A line without its number.
fn bare(line: &str) -> &str {
    line.trim()
        .trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | ')' | '-' | '*' | '、' | ' '))
}

#[cfg(test)]
mod tests {
    use super::bare;

    #[test]
    fn numbers_before_a_question_go() {
        assert_eq!(bare(" 2. Where does it rise?"), "Where does it rise?");
        assert_eq!(bare("- 它在哪里发源？"), "它在哪里发源？");
    }
}
