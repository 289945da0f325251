use std::ops::ControlFlow;
use std::sync::{Arc, OnceLock};

use touchstone_check::deep::Library;
use touchstone_check::{Asked, Checker, StepContext};
use touchstone_core::{
    Answer, AnswerStatus, AskReport, Claim, ClaimKind, Language, Step, StepStatus, Usage, Verdict,
    Withholding,
};
use touchstone_llm::{Checkpoint, Engine, FinishReason, Session, Until};

use crate::derivation::{Derivation, Replacement, Work, status};
use crate::draft::{self, Line};
use crate::prompts::{Prompts, Words};
use crate::{Event, Guide, Mode, ReasonError, ReasonOptions, conclude, origin, repair};

/// Refuted steps in a row after which the answer is asked for.
const MAX_REJECTED_IN_A_ROW: usize = 2;

/// Answers questions with derivations whose every step is checked.
pub struct Reasoner {
    engine: Arc<dyn Engine>,
    checker: Arc<Checker>,
    prompts: Prompts,
    options: ReasonOptions,
    guide: OnceLock<Guide>,
    library: Option<Arc<Library>>,
}

pub(crate) type Listener<'a> = &'a mut dyn FnMut(Event<'_>) -> ControlFlow<()>;

impl Reasoner {
    pub fn new(
        engine: Arc<dyn Engine>,
        checker: Arc<Checker>,
        prompts: Prompts,
        options: ReasonOptions,
    ) -> Reasoner {
        Reasoner { engine, checker, prompts, options, guide: OnceLock::new(), library: None }
    }

    /// Looks up passages for what the graph cannot decide. A judge among them
    /// needs a session of the engine beside the question's own.
    pub fn with_library(self, library: Arc<Library>) -> Reasoner {
        Reasoner { library: Some(library), ..self }
    }

    pub fn engine(&self) -> &Arc<dyn Engine> {
        &self.engine
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
        let Some(threshold) = options.threshold else {
            return self.ask_all(question, options, on_event);
        };
        let language = options.language.or_else(|| self.checker.language_of(question));
        let words = self.prompts.words(language.unwrap_or(Language::English));
        let mut report = self.ask_all(question, options, &mut |event: Event<'_>| match event {
            Event::Answered { answer } => {
                on_event(Event::Answered { answer: &threshold.applied(answer, words).0 })
            }
            other => on_event(other),
        })?;
        let (answer, withheld) = threshold.applied(&report.answer, words);
        report.answer = answer;
        report.withholding = Some(Withholding {
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
        let premises = self.open_premises(question, options);
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
            Mode::Auto | Mode::Graph => self.ask_graph(question, options, &mut *on_event)?,
        };
        let mut report = match from_graph {
            Some(report) => report,
            None => self.begin(question, options, on_event)?.checked()?,
        };
        report.answer = assumed(&report.answer);
        report.premises = premises;
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
        self.begin(question, options, on_event)?.plain()
    }

    fn begin<'a>(
        &'a self,
        question: &'a str,
        options: &'a ReasonOptions,
        on_event: Listener<'a>,
    ) -> Result<Run<'a>, ReasonError> {
        let question = valid(question, options)?;
        let mut derivation = Derivation::begin();
        let read = derivation.timed(Work::Checking, || self.checker.language_of(question));
        let language = options.language.or(read);
        let written = language.unwrap_or(Language::English);
        let chat = self.prompts.chat(written, question)?;
        let session = derivation.timed(Work::Generating, || {
            // All but the question is the same for every question.
            self.engine.prepare(&chat[..chat.len() - 1])?;
            self.engine.open(&chat)
        })?;
        let words = self.prompts.words(written);
        Ok(Run {
            reasoner: self,
            question,
            options,
            on_event,
            language,
            written,
            words,
            session,
            derivation,
            line_probability: 1.0,
            unverified_probability: 1.0,
        })
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

/// One question being worked on. Between lines the session ends with a line
/// break.
struct Run<'a> {
    reasoner: &'a Reasoner,
    question: &'a str,
    options: &'a ReasonOptions,
    on_event: Listener<'a>,
    /// `None`: no reader supports the question's language.
    language: Option<Language>,
    /// The language that prompts are written in.
    written: Language,
    words: &'a Words,
    session: Box<dyn Session>,
    derivation: Derivation,
    /// How probable the model's last line was to itself: the geometric mean
    /// over its tokens.
    line_probability: f64,
    /// The least of the lines that stand without being verified.
    unverified_probability: f64,
}

/// What became of a drafted step.
enum Outcome {
    Kept,
    Dropped,
}

impl Run<'_> {
    fn plain(mut self) -> Result<AskReport, ReasonError> {
        for _ in 0..self.options.max_steps {
            let (line, finish) = self.generate(&[])?;
            match draft::parse(&line, self.words) {
                Line::Answer(text) if !text.is_empty() => return self.plain_answer(text.to_owned()),
                Line::Step { text, .. } if !text.is_empty() && finish != FinishReason::EndOfText => {
                    let text = text.to_owned();
                    self.append("\n")?;
                    self.keep(text, Vec::new(), None, None)?;
                }
                _ => break,
            }
        }
        let text = self.forced_answer(&[])?;
        self.plain_answer(text)
    }

    fn plain_answer(mut self, text: String) -> Result<AskReport, ReasonError> {
        let values = draft::values_with(&text, &self.names(&text), self.words);
        let status = AnswerStatus::PartlyVerified;
        self.doubt_line();
        let confidence = conclude::confidence(&[], self.language, self.unverified_probability);
        let answer = Answer { text, values, status, confidence, claims: Vec::new() };
        self.report(answer)
    }

    fn checked(mut self) -> Result<AskReport, ReasonError> {
        let mut forbidden: Vec<String> = Vec::new();
        let mut rejected = 0;
        for _ in 0..self.options.max_steps {
            let line_start = self.session.checkpoint();
            let (line, finish) = self.generate(&forbidden)?;
            let (number, text) = match draft::parse(&line, self.words) {
                Line::Answer(text) if !text.is_empty() => {
                    let text = text.to_owned();
                    return self.answer(line_start, text);
                }
                Line::Step { number, text } if !text.is_empty() => (number.to_owned(), text.to_owned()),
                _ => {
                    self.session.rewind(line_start)?;
                    break;
                }
            };
            // A model that repeats itself has nothing more to say.
            if self.derivation.standing().any(|step| step.text == text) {
                self.session.rewind(line_start)?;
                break;
            }
            match self.step(line_start, &number, text)? {
                Outcome::Kept => {
                    rejected = 0;
                    forbidden.clear();
                }
                Outcome::Dropped => {
                    rejected += 1;
                    forbidden.clone_from(&self.derivation.rejected_words);
                }
            }
            if rejected >= MAX_REJECTED_IN_A_ROW || finish == FinishReason::EndOfText {
                break;
            }
        }
        let line_start = self.session.checkpoint();
        let forbidden = self.derivation.rejected_words.clone();
        let text = self.forced_answer(&forbidden)?;
        self.answer(line_start, text)
    }

    /// Checks a drafted step, repairs it or takes it out.
    fn step(&mut self, line_start: Checkpoint, number: &str, draft: String) -> Result<Outcome, ReasonError> {
        let index = self.derivation.next_index();
        self.tell(Event::Drafted { index, text: &draft })?;
        let claims = self.check_step(&draft)?;
        self.tell(Event::Checked { index, claims: &claims })?;
        if !repair::is_refuted(&claims) {
            self.append("\n")?;
            self.keep(draft, claims, None, None)?;
            return Ok(Outcome::Kept);
        }
        let why = repair::why(&claims);
        self.tell(Event::Rewound { index, draft: &draft, why: &why })?;
        self.session.rewind(line_start)?;
        let mut forbidden = repair::wrong_words(&draft, &claims);
        let mut refuted = (draft.clone(), claims.clone());
        for attempt in 0..=self.options.max_repairs {
            if let Some((text, claims)) = self.put_right(&refuted.0, &refuted.1) {
                self.remember_replacements(&refuted.0, &refuted.1);
                self.append(&format!("{number}{text}\n"))?;
                self.keep(text, claims, Some(draft), Some(why))?;
                return Ok(Outcome::Kept);
            }
            if attempt == self.options.max_repairs {
                break;
            }
            let Some(text) = self.redraft(line_start, number, &refuted.1, &forbidden)? else { break };
            let claims = self.check_step(&text)?;
            self.tell(Event::Checked { index, claims: &claims })?;
            if !repair::is_refuted(&claims) {
                self.append(&format!("{number}{text}\n"))?;
                self.keep(text, claims, Some(draft), Some(why))?;
                return Ok(Outcome::Kept);
            }
            forbidden.extend(repair::wrong_words(&text, &claims));
            refuted = (text, claims);
        }
        self.derivation.rejected_words.extend(forbidden);
        let status = StepStatus::Rejected;
        self.derivation.push(Step { index, text: draft, status, before: None, claims, why: Some(why) });
        Ok(Outcome::Dropped)
    }

    /// The draft with the graph's or the calculation's own values, if it
    /// holds then.
    fn put_right(&mut self, draft: &str, claims: &[Claim]) -> Option<(String, Vec<Claim>)> {
        let text = repair::corrected(draft, claims)?;
        let claims = self.check(&text);
        (!repair::is_refuted(&claims)).then_some((text, claims))
    }

    fn remember_replacements(&mut self, draft: &str, claims: &[Claim]) {
        for claim in repair::refuted(claims) {
            let wrong = repair::wrong_words(draft, std::slice::from_ref(claim)).into_iter().next();
            if let (Some(wrong), Some(correction)) = (wrong, &claim.correction) {
                self.derivation
                    .replacements
                    .push(Replacement { wrong, right: correction.replacement.clone() });
            }
        }
    }

    /// A new draft with the evidence in view and the wrong words forbidden;
    /// the session is back at the line's start afterwards.
    fn redraft(
        &mut self,
        line_start: Checkpoint,
        opening: &str,
        refuted: &[Claim],
        forbidden: &[String],
    ) -> Result<Option<String>, ReasonError> {
        let evidence = repair::evidence(refuted);
        if !evidence.is_empty() {
            let note = self.reasoner.prompts.note(self.written, &evidence)?;
            self.append(&format!("{note}\n"))?;
        }
        self.append(opening.trim_end())?;
        let (line, _) = self.generate(forbidden)?;
        self.session.rewind(line_start)?;
        let text = match draft::parse(&line, self.words) {
            Line::Step { text, .. } | Line::Answer(text) => text.to_owned(),
        };
        Ok((!text.is_empty()).then_some(text))
    }

    fn forced_answer(&mut self, forbidden: &[String]) -> Result<String, ReasonError> {
        let opening = self.words.answer_line.clone();
        self.append(&opening)?;
        let (line, _) = self.generate(forbidden)?;
        Ok(line.trim().to_owned())
    }

    /// Checks the answer, and that it follows from the steps; repairs it or
    /// withholds it.
    fn answer(mut self, line_start: Checkpoint, draft: String) -> Result<AskReport, ReasonError> {
        let (line_start, draft) = self.completed(line_start, draft)?;
        let index = self.derivation.next_index();
        let mut text = conclude::with_replacements(&draft, &self.derivation);
        let mut claims = self.check_answer(&text);
        self.tell(Event::Checked { index, claims: &claims })?;
        let mut forbidden = self.derivation.rejected_words.clone();
        for _ in 0..self.options.max_repairs {
            if !repair::is_refuted(&claims) {
                break;
            }
            let why = repair::why(&claims);
            self.tell(Event::Rewound { index, draft: &text, why: &why })?;
            self.session.rewind(line_start)?;
            if let Some(right) = repair::corrected(&text, &claims) {
                let checked = self.check_answer(&right);
                if !repair::is_refuted(&checked) {
                    (text, claims) = (right, checked);
                    break;
                }
            }
            forbidden.extend(repair::wrong_words(&text, &claims));
            let opening = self.words.answer_line.clone();
            let Some(next) = self.redraft(line_start, &opening, &claims, &forbidden)? else { break };
            text = next;
            claims = self.check_answer(&text);
            self.tell(Event::Checked { index, claims: &claims })?;
        }
        if repair::is_refuted(&claims)
            && let Some(known) = self.known_answer()
        {
            let checked = self.check_answer(&known);
            if !repair::is_refuted(&checked) {
                (text, claims) = (known, checked);
            }
        }
        if claims.iter().any(|claim| claim.verdict != Verdict::Supported) {
            self.doubt_line();
        }
        let answer = self.judged_answer(text, claims);
        self.report(answer)
    }

    /// Where the question asks for several things and the answer leaves one
    /// out, a step on it is asked for, and the answer again.
    fn completed(
        &mut self,
        line_start: Checkpoint,
        draft: String,
    ) -> Result<(Checkpoint, String), ReasonError> {
        let unanswered = self.unanswered(&draft);
        if unanswered.is_empty() {
            return Ok((line_start, draft));
        }
        self.session.rewind(line_start)?;
        for asked in unanswered {
            let step_start = self.session.checkpoint();
            let number = format!("{}. ", self.derivation.next_index());
            let opening = self
                .words
                .asked_step
                .replace("{relation}", &asked.relation)
                .replace("{entity}", &asked.entity);
            self.append(&format!("{number}{opening}"))?;
            let (line, _) = self.generate(&[])?;
            self.step(step_start, &number, format!("{opening}{}", line.trim_end()))?;
        }
        let line_start = self.session.checkpoint();
        let forbidden = self.derivation.rejected_words.clone();
        let again = self.forced_answer(&forbidden)?;
        if self.unanswered(&again).is_empty() {
            return Ok((line_start, again));
        }
        // The steps hold what the model does not repeat.
        let known = self.known_answer();
        Ok((line_start, known.unwrap_or(again)))
    }

    fn unanswered(&mut self, answer: &str) -> Vec<Asked> {
        let Some(language) = self.language else { return Vec::new() };
        let checker = Arc::clone(&self.reasoner.checker);
        let question = self.question;
        let accepted: Vec<String> = self.derivation.texts().into_iter().map(str::to_owned).collect();
        let accepted: Vec<&str> = accepted.iter().map(String::as_str).collect();
        let context = StepContext { question, accepted: &accepted, language };
        self.derivation.timed(Work::Checking, || checker.unanswered(question, answer, &context))
    }

    fn judged_answer(&self, text: String, claims: Vec<Claim>) -> Answer {
        let confidence = conclude::confidence(&claims, self.language, self.unverified_probability);
        if repair::is_refuted(&claims) {
            let text = format!("{} {}", self.words.withheld, repair::why(&claims));
            return Answer {
                text,
                values: Vec::new(),
                status: AnswerStatus::Withheld,
                confidence: 0.0,
                claims,
            };
        }
        let holds = !claims.is_empty() && claims.iter().all(|claim| claim.verdict == Verdict::Supported);
        let verified = holds && self.derivation.all_supported() && self.language.is_some();
        let status = if verified { AnswerStatus::Verified } else { AnswerStatus::PartlyVerified };
        Answer { values: self.values(&text), text, status, confidence, claims }
    }

    /// The values of an answer, by the graph's preferred names where it knows
    /// them: "Tarawa" names South Tarawa.
    fn values(&self, text: &str) -> Vec<String> {
        let terms = match self.language {
            Some(language) => self.reasoner.checker.answer_terms(self.question, text, language),
            None => Vec::new(),
        };
        let named = |value: &String| {
            terms.iter().find_map(|([start, end], term)| {
                let written: String = text.chars().skip(*start).take(end.saturating_sub(*start)).collect();
                (written.to_lowercase() == value.to_lowercase()).then(|| term.label.clone())
            })
        };
        let values = draft::values_with(text, &self.names(text), self.words);
        values.into_iter().map(|value| named(&value).unwrap_or(value)).collect()
    }

    /// The names in a text that the graph knows.
    fn names(&self, text: &str) -> Vec<std::ops::Range<usize>> {
        self.reasoner.checker.graph().lexicon().find(text).into_iter().map(|mention| mention.range).collect()
    }

    /// The graph's own values, where the question asks for one place of one
    /// fact.
    fn known_answer(&mut self) -> Option<String> {
        let (checker, question) = (&self.reasoner.checker, self.question);
        let values = self.derivation.timed(Work::Checking, || checker.answer_values(question))?;
        let labels: Vec<String> = values.into_iter().map(|value| value.label).collect();
        Some(labels.join(self.words.separators.first().map_or(", ", String::as_str)))
    }

    /// With passages for what the graph leaves open.
    fn check_step(&mut self, text: &str) -> Result<Vec<Claim>, ReasonError> {
        let mut claims = self.check(text);
        if let Some(library) = self.reasoner.library.clone() {
            self.derivation.timed(Work::Checking, || library.consult_claims(&mut claims))?;
        }
        Ok(claims)
    }

    fn check(&mut self, text: &str) -> Vec<Claim> {
        let checker = Arc::clone(&self.reasoner.checker);
        let accepted: Vec<String> = self.derivation.texts().into_iter().map(str::to_owned).collect();
        let accepted: Vec<&str> = accepted.iter().map(String::as_str).collect();
        let (question, language) = (self.question, self.language);
        self.derivation.timed(Work::Checking, || match language {
            Some(language) => {
                checker.check_step(text, &StepContext { question, accepted: &accepted, language })
            }
            // Whatever language the step is in, the question was not read.
            None => checker.check(text).claims,
        })
    }

    fn check_answer(&mut self, text: &str) -> Vec<Claim> {
        let Some(language) = self.language else { return self.check(text) };
        let checker = Arc::clone(&self.reasoner.checker);
        let accepted: Vec<String> = self.derivation.texts().into_iter().map(str::to_owned).collect();
        let accepted: Vec<&str> = accepted.iter().map(String::as_str).collect();
        let question = self.question;
        let mut claims = self.derivation.timed(Work::Checking, || {
            checker.check_answer(question, text, &StepContext { question, accepted: &accepted, language })
        });
        // What the graph does not say of the bare values, the steps may.
        if claims.iter().all(|claim| claim.kind == ClaimKind::Statement) {
            let values = draft::values(text, self.words);
            let concluded = conclude::claims(text, &values, &self.derivation, self.words);
            if !concluded.is_empty() {
                claims = concluded;
            }
        }
        claims
    }

    fn keep(
        &mut self,
        text: String,
        claims: Vec<Claim>,
        before: Option<String>,
        why: Option<String>,
    ) -> Result<(), ReasonError> {
        let mut status = status(&claims, before.is_some());
        let mut why = why;
        let texts = self.derivation.texts();
        let unknown =
            origin::unknown_operand(&text, self.question, &texts, &self.reasoner.prompts, self.written);
        if let (Some(operand), false) = (unknown, claims.is_empty()) {
            status = StepStatus::Unverified;
            why = Some(self.words.operand_unknown.replace("{operand}", &operand));
        }
        if status == StepStatus::Unverified {
            self.doubt_line();
        }
        let step = Step { index: self.derivation.next_index(), text, status, before, claims, why };
        self.tell(Event::Accepted { step: &step })?;
        self.derivation.push(step);
        Ok(())
    }

    fn generate(&mut self, forbidden: &[String]) -> Result<(String, FinishReason), ReasonError> {
        let mut until = Until::line(self.options.max_step_tokens, self.options.sampling);
        until.forbidden = forbidden.to_vec();
        let index = self.derivation.next_index();
        let mut so_far = String::new();
        let Run { session, derivation, on_event, .. } = self;
        let generated = derivation.timed(Work::Generating, || {
            session.generate(&until, &mut |text| {
                so_far.push_str(text);
                on_event(Event::Drafting { index, text_so_far: so_far.trim_start() })
            })
        })?;
        self.line_probability = generated.mean_log_probability.exp().clamp(0.0, 1.0);
        Ok((generated.text, generated.finish))
    }

    /// Counts the last line among those that nothing verifies.
    fn doubt_line(&mut self) {
        self.unverified_probability = self.unverified_probability.min(self.line_probability);
    }

    fn append(&mut self, text: &str) -> Result<(), ReasonError> {
        let Run { session, derivation, .. } = self;
        Ok(derivation.timed(Work::Generating, || session.append(text))?)
    }

    fn tell(&mut self, event: Event<'_>) -> Result<(), ReasonError> {
        match (self.on_event)(event) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(ReasonError::Cancelled),
        }
    }

    fn report(&mut self, answer: Answer) -> Result<AskReport, ReasonError> {
        self.tell(Event::Answered { answer: &answer })?;
        let usage = self.session.usage();
        Ok(AskReport {
            premises: Vec::new(),
            reading: None,
            withholding: None,
            question: self.question.to_owned(),
            language: self.language,
            answer,
            steps: std::mem::take(&mut self.derivation.steps),
            model: self.reasoner.engine.info().model,
            usage: Usage {
                prompt_tokens: usage.prompt_tokens,
                generated_tokens: usage.generated_tokens,
                model_calls: 1,
            },
            timings: self.derivation.timings(),
        })
    }
}
