use std::ops::ControlFlow;
use std::sync::{Arc, OnceLock};

use touchstone_check::Checker;
use touchstone_check::deep::{DEFAULT_CONFIDENCE, Library};
use touchstone_core::{Answer, AnswerStatus, AskReport, Language, Verdict, Withholding};
use touchstone_llm::{Engine, LlmError};

use crate::author::Authors;
use crate::case::Case;
use crate::derivation::{Derivation, Work};
use crate::premise::{Granted, Posed};
use crate::prompts::Prompts;
use crate::run::Run;
use crate::withhold::sure_enough;
use crate::{Event, Guide, Mode, ReasonError, ReasonOptions};

/// Answers questions with derivations whose every step is checked.
pub struct Reasoner {
    engine: Arc<dyn Engine>,
    checker: Arc<Checker>,
    prompts: Prompts,
    options: ReasonOptions,
    guide: OnceLock<Guide>,
    library: Option<Arc<Library>>,
    larger: Option<Arc<dyn Engine>>,
}

pub(crate) type Listener<'a> = &'a mut dyn FnMut(Event<'_>) -> ControlFlow<()>;

impl Reasoner {
    pub fn new(
        engine: Arc<dyn Engine>,
        checker: Arc<Checker>,
        prompts: Prompts,
        options: ReasonOptions,
    ) -> Reasoner {
        Reasoner { engine, checker, prompts, options, guide: OnceLock::new(), library: None, larger: None }
    }

    /// Has the model read passages before it drafts, and looks them up for what
    /// the graph cannot decide. A judge among them needs a session of the engine
    /// beside the question's own.
    pub fn with_library(self, library: Arc<Library>) -> Reasoner {
        Reasoner { library: Some(library), ..self }
    }

    /// The engine drafts; what is refuted, or what it is not sure of
    /// ([`ReasonOptions::cascade_below`]), this larger one writes anew.
    pub fn with_larger(self, larger: Arc<dyn Engine>) -> Reasoner {
        Reasoner { larger: Some(larger), ..self }
    }

    /// Where this question's passages are.
    fn library(&self, options: &ReasonOptions) -> Option<Arc<Library>> {
        if options.passages.is_empty() {
            return self.library.clone();
        }
        let given = options.passages.clone();
        Some(Arc::new(match &self.library {
            Some(library) => library.with_given(given),
            None => Library::given(given, None, DEFAULT_CONFIDENCE),
        }))
    }

    pub fn engine(&self) -> &Arc<dyn Engine> {
        &self.engine
    }

    /// Whether every model that may be needed would answer now.
    pub fn reachable(&self) -> Result<(), LlmError> {
        self.engine.reachable()?;
        self.larger.as_ref().map_or(Ok(()), |larger| larger.reachable())
    }

    pub fn checker(&self) -> &Arc<Checker> {
        &self.checker
    }

    /// The options that this reasoner was made with.
    pub fn options(&self) -> &ReasonOptions {
        &self.options
    }

    pub(crate) fn prompts(&self) -> &Prompts {
        &self.prompts
    }

    /// What reads questions against the graph; made when it is first needed.
    pub fn guide(&self) -> &Guide {
        self.guide.get_or_init(|| Guide::new(Arc::clone(self.checker.graph())))
    }

    /// Answers from the graph where it can. Else drafts one step, checks it,
    /// takes it back and repairs it when it is refuted, goes on, and answers
    /// with what held, where that is sure enough for what was promised.
    pub fn ask(
        &self,
        question: &str,
        options: &ReasonOptions,
        on_event: Listener<'_>,
    ) -> Result<AskReport, ReasonError> {
        let language = options.language.or_else(|| self.checker.language_of(question));
        let words = self.prompts.words(language.unwrap_or(Language::English));
        let given = |answer: &Answer| {
            let (answer, withheld) = match options.threshold {
                Some(threshold) => threshold.applied(answer, words),
                None => (answer.clone(), false),
            };
            (sure_enough(&answer, options.withhold_below, words), withheld)
        };
        let mut report = self.ask_all(question, options, &mut |event: Event<'_>| match event {
            Event::Answered { answer } => on_event(Event::Answered { answer: &given(answer).0 }),
            other => on_event(other),
        })?;
        let (answer, withheld) = given(&report.answer);
        report.answer = answer;
        report.withholding = options.threshold.map(|threshold| Withholding {
            max_false_rate: threshold.max_false_rate,
            threshold: threshold.confidence,
            withheld,
        });
        Ok(report)
    }

    fn ask_all(
        &self,
        question: &str,
        options: &ReasonOptions,
        on_event: Listener<'_>,
    ) -> Result<AskReport, ReasonError> {
        let question = valid(question, options)?;
        let Granted { open: premises, posed } = self.granted(question, options);
        if premises.iter().any(|claim| claim.verdict == Verdict::Refuted) {
            return self.decline(question, options, premises, on_event);
        }
        if !premises.is_empty() && on_event(Event::Premises { claims: &premises }).is_break() {
            return Err(ReasonError::Cancelled);
        }
        // What rests on something assumed is not verified.
        let assumed = |answer: &Answer| {
            let mut answer = answer.clone();
            if !premises.is_empty() && answer.status == AnswerStatus::Verified {
                answer.status = AnswerStatus::PartlyVerified;
            }
            answer
        };
        let on_event: Listener<'_> = &mut |event: Event<'_>| match event {
            Event::Answered { answer } => on_event(Event::Answered { answer: &assumed(answer) }),
            other => on_event(other),
        };
        let from_graph = match options.mode {
            Mode::Draft => None,
            Mode::Auto | Mode::Graph => self.ask_graph(&posed, options, &mut *on_event)?,
        };
        let mut report = match from_graph {
            Some(report) => report,
            None => self.drafted(question, &posed, options, on_event)?,
        };
        report.question = question.to_owned();
        report.answer = assumed(&report.answer);
        report.premises = premises;
        Ok(report)
    }

    /// What the model drafts; in automatic mode, surer where the graph comes to
    /// the same.
    fn drafted(
        &self,
        question: &str,
        posed: &Posed,
        options: &ReasonOptions,
        on_event: Listener<'_>,
    ) -> Result<AskReport, ReasonError> {
        if options.mode != Mode::Auto {
            return self.begin(question, options, self.library(options), on_event)?.checked();
        }
        let mut met = None;
        let mut report = self
            .begin(question, options, self.library(options), &mut |event: Event<'_>| match event {
                Event::Answered { answer } => {
                    let found = met.insert(self.met_by_graph(posed, options, answer));
                    on_event(Event::Answered { answer: found.as_ref().unwrap_or(answer) })
                }
                other => on_event(other),
            })?
            .checked()?;
        if let Some(met) = met {
            report.answer = met?;
        }
        Ok(report)
    }

    /// The same prompt, sampling and limits, with nothing checked: what the
    /// model says by itself. Claims stay empty.
    pub fn ask_plain(
        &self,
        question: &str,
        options: &ReasonOptions,
        on_event: Listener<'_>,
    ) -> Result<AskReport, ReasonError> {
        self.begin(question, options, None, on_event)?.plain()
    }

    fn begin<'a>(
        &'a self,
        question: &'a str,
        options: &'a ReasonOptions,
        library: Option<Arc<Library>>,
        on_event: Listener<'a>,
    ) -> Result<Run<'a>, ReasonError> {
        let question = valid(question, options)?;
        let mut derivation = Derivation::begin();
        let read = derivation.timed(Work::Checking, || self.checker.language_of(question));
        let language = options.language.or(read);
        let written = language.unwrap_or(Language::English);
        let passages = match &library {
            Some(library) => derivation.timed(Work::Checking, || library.to_read(question))?,
            None => Vec::new(),
        };
        let chat = self.prompts.chat_after(written, &passages, question)?;
        let larger = self.larger.as_deref();
        let authors =
            derivation.timed(Work::Generating, || Authors::open(self.engine.as_ref(), larger, chat))?;
        let case = Case {
            reasoner: self,
            question,
            options,
            on_event,
            language,
            written,
            words: self.prompts.words(written),
            derivation,
            library,
            passages,
            doubt: 1.0,
            reading: None,
        };
        Ok(Run { authors, case })
    }
}

/// The question without the space around it, if it is one.
fn valid<'a>(question: &'a str, options: &ReasonOptions) -> Result<&'a str, ReasonError> {
    let question = question.trim();
    if question.is_empty() {
        return Err(ReasonError::EmptyQuestion);
    }
    let characters = question.chars().count();
    if characters > options.max_question_chars {
        return Err(ReasonError::QuestionTooLong { characters, limit: options.max_question_chars });
    }
    Ok(question)
}
