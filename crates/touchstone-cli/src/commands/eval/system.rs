use touchstone_core::{AskReport, Language};
use touchstone_eval::{Mode, System, SystemError};
use touchstone_llm::LlmError;
use touchstone_reason::{ReasonError, ReasonOptions, Reasoner};

/// The reasoner as what is measured.
pub(super) struct Asker {
    reasoner: Reasoner,
    options: ReasonOptions,
}

impl Asker {
    pub(super) fn new(reasoner: Reasoner, options: ReasonOptions) -> Asker {
        Asker { reasoner, options }
    }
}

impl System for Asker {
    fn ask(
        &self,
        mode: Mode,
        question: &str,
        language: Option<Language>,
        stop: &dyn Fn() -> bool,
    ) -> Result<AskReport, SystemError> {
        let mut options = self.options.clone();
        options.language = language;
        let mut on_event = |_: touchstone_reason::Event<'_>| {
            if stop() { std::ops::ControlFlow::Break(()) } else { std::ops::ControlFlow::Continue(()) }
        };
        let result = match mode {
            Mode::Touchstone => self.reasoner.ask(question, &options, &mut on_event),
            Mode::Plain => self.reasoner.ask_plain(question, &options, &mut on_event),
        };
        result.map_err(|error| match error {
            ReasonError::Cancelled if stop() => SystemError::Stopped,
            ReasonError::EmptyQuestion
            | ReasonError::QuestionTooLong { .. }
            | ReasonError::Engine(LlmError::ContextFull { .. }) => SystemError::Question(error.to_string()),
            other => SystemError::Fatal(other.to_string()),
        })
    }
}
