//! One question's case: what is known, judged and told of it. It writes
//! nothing; that is the authors' part.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use touchstone_check::deep::Library;
use touchstone_check::{Asked, Checker, StepContext, read};
use touchstone_core::{
    Answer, AskReport, Claim, ClaimKind, Evidence, Language, ReasonCode, Step, StepStatus, Term, Usage,
    Verdict,
};
use touchstone_text::Passage;

use crate::derivation::{Derivation, Work, status};
use crate::prompts::Words;
use crate::reasoner::{Listener, Reasoner};
use crate::{Event, ReasonError, ReasonOptions, conclude, dependence, draft, guided, origin, repair};

pub(crate) struct Case<'a> {
    pub(crate) reasoner: &'a Reasoner,
    pub(crate) question: &'a str,
    pub(crate) options: &'a ReasonOptions,
    pub(crate) on_event: Listener<'a>,
    /// `None`: no reader supports the question's language.
    pub(crate) language: Option<Language>,
    /// The language that prompts are written in.
    pub(crate) written: Language,
    pub(crate) words: &'a Words,
    pub(crate) derivation: Derivation,
    /// Where claims are looked up that the graph leaves open.
    pub(crate) library: Option<Arc<Library>>,
    /// What the model has read before it writes.
    pub(crate) passages: Vec<Passage>,
    /// The least probability, to their models, of the lines that stand
    /// without being verified.
    pub(crate) doubt: f64,
    /// The least probability of the verified ones that calculate: that they
    /// are right does not say that the question asks for them.
    pub(crate) reading: Option<f64>,
}

/// A step that is to stand.
pub(crate) struct Candidate {
    pub(crate) text: String,
    pub(crate) claims: Vec<Claim>,
    /// The refuted draft in whose place it stands, and why that fell.
    pub(crate) repaired: Option<(String, String)>,
    pub(crate) line: String,
    pub(crate) probability: f64,
    pub(crate) model: Option<String>,
}

/// A check that can be made beside other work.
pub(crate) struct Check {
    checker: Arc<Checker>,
    library: Option<Arc<Library>>,
    question: String,
    accepted: Vec<String>,
    /// Steps among them that nothing verifies, by their place.
    unverified: Vec<bool>,
    language: Option<Language>,
    text: String,
}

impl Check {
    /// The claims, and how long it took to judge them.
    pub(crate) fn run(&self) -> (Result<Vec<Claim>, ReasonError>, Duration) {
        let begun = Instant::now();
        (self.judged(), begun.elapsed())
    }

    fn judged(&self) -> Result<Vec<Claim>, ReasonError> {
        let mut claims = self.by_graph();
        let Some(library) = &self.library else { return Ok(claims) };
        // What only an unverified step speaks against, a passage may support:
        // then it is the earlier step that falls.
        let before = claims.clone();
        for claim in claims.iter_mut().filter(|claim| self.is_word_against_word(claim)) {
            claim.verdict = Verdict::Unverifiable;
            claim.reason_code = ReasonCode::NoEvidence;
        }
        library.consult_claims(&mut claims)?;
        for (claim, before) in claims.iter_mut().zip(before) {
            if before.verdict == Verdict::Refuted && claim.verdict == Verdict::Unverifiable {
                *claim = before;
            }
        }
        Ok(claims)
    }

    fn is_word_against_word(&self, claim: &Claim) -> bool {
        let unverified = |index: usize| self.unverified.get(index.wrapping_sub(1)) == Some(&true);
        claim.reason_code == ReasonCode::ContradictsStep
            && claim.evidence.iter().any(|evidence| match evidence {
                Evidence::Step { index, .. } => unverified(*index),
                _ => false,
            })
    }

    fn by_graph(&self) -> Vec<Claim> {
        let accepted: Vec<&str> = self.accepted.iter().map(String::as_str).collect();
        match self.language {
            Some(language) => {
                let context = StepContext { question: &self.question, accepted: &accepted, language };
                self.checker.check_step(&self.text, &context)
            }
            // Whatever language the step is in, the question was not read.
            None => self.checker.check(&self.text).claims,
        }
    }
}

impl<'a> Case<'a> {
    pub(crate) fn tell(&mut self, event: Event<'_>) -> Result<(), ReasonError> {
        match (self.on_event)(event) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(ReasonError::Cancelled),
        }
    }

    /// The check of a step, with passages for what the graph leaves open.
    pub(crate) fn check_of(&self, text: &str) -> Check {
        let library = self.library.clone();
        Check { library, ..self.check_after(text, self.derivation.standing()) }
    }

    /// The check of a text that stands after these steps, by the graph alone.
    fn check_after<'s>(&self, text: &str, steps: impl Iterator<Item = &'s Step>) -> Check {
        let steps: Vec<&Step> = steps.collect();
        Check {
            checker: Arc::clone(self.reasoner.checker()),
            library: None,
            question: self.question.to_owned(),
            accepted: steps.iter().map(|step| step.text.clone()).collect(),
            unverified: steps.iter().map(|step| step.status == StepStatus::Unverified).collect(),
            language: self.language,
            text: text.to_owned(),
        }
    }

    pub(crate) fn check_step(&mut self, text: &str) -> Result<Vec<Claim>, ReasonError> {
        let (claims, time) = self.check_of(text).run();
        self.derivation.add_checking(time);
        claims
    }

    pub(crate) fn check(&mut self, text: &str) -> Vec<Claim> {
        let check = self.check_after(text, self.derivation.standing());
        self.derivation.timed(Work::Checking, || check.by_graph())
    }

    pub(crate) fn check_answer(&mut self, text: &str) -> Vec<Claim> {
        let mut claims = match self.language {
            None => return self.check(text),
            Some(language) => {
                let asked = self.asked_fact();
                self.with_context(language, |checker, context| checker.check_answer(asked, text, context))
            }
        };
        // What the graph does not say of the bare values, the steps may.
        if claims.iter().all(|claim| claim.kind == ClaimKind::Statement) {
            let values = draft::values_with(text, &self.names(text), self.words);
            let concluded = conclude::claims(text, &values, &self.derivation, self.words);
            if !concluded.is_empty() {
                claims = concluded;
            }
        }
        // Nor need the graph have a fact that a step took from a passage.
        conclude::from_steps(&mut claims, &self.derivation, self.words);
        conclude::quote(&mut claims, &self.passages);
        claims
    }

    /// Whether a step or the answer speaks of what the question names: true
    /// steps about something else verify no answer. A calculation that holds
    /// does: its operands come from the question.
    pub(crate) fn speaks_of_the_question(&self, answer: &[Claim]) -> bool {
        let graph = self.reasoner.checker().graph();
        let topics = guided::topics(graph, self.question);
        let is_named = |text: &str, claims: &[Claim]| {
            topics.iter().any(|topic| {
                let named = |term: &Term| {
                    topic
                        .entities
                        .iter()
                        .any(|id| term.iri.as_deref() == Some(graph.lexicon().entity(*id).iri.as_str()))
                };
                text.contains(&topic.name)
                    || claims
                        .iter()
                        .any(|claim| [&claim.subject, &claim.object].into_iter().flatten().any(named))
            })
        };
        let calculates = |step: &Step| {
            let claims = &step.claims;
            step.status != StepStatus::Unverified
                && claims.iter().any(|claim| claim.kind == ClaimKind::Calculation)
        };
        topics.is_empty()
            || self.derivation.standing().any(calculates)
            || self.derivation.standing().next().is_none()
            || is_named("", answer)
            || self.derivation.standing().any(|step| is_named(&step.text, &step.claims))
    }

    /// Whether the question asks for a calculation and no line has one: what
    /// the lines say may be true, and is hardly the answer ("twice the atomic
    /// number of iron").
    pub(crate) fn lacks_calculation(&self, answer: &str) -> bool {
        let calculates = |text: &str| !read::equations(text).is_empty();
        self.asks_calculation()
            && !calculates(answer)
            && !self.derivation.standing().any(|step| calculates(&step.text))
    }

    fn asks_calculation(&self) -> bool {
        let question = self.question.to_lowercase();
        let letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphabetic());
        self.words.operations.iter().any(|operation| {
            question.match_indices(operation.as_str()).any(|(at, _)| {
                !letter(question[..at].chars().next_back())
                    && !letter(question[at + operation.len()..].chars().next())
            })
        })
    }

    /// The question, as far as it asks for a fact of the graph: what is to be
    /// calculated is none, though facts are asked for on the way.
    fn asked_fact(&self) -> &'a str {
        if self.asks_calculation() { "" } else { self.question }
    }

    /// What a question with several parts asks for and the answer leaves out.
    pub(crate) fn unanswered(&mut self, answer: &str) -> Vec<Asked> {
        let Some(language) = self.language else { return Vec::new() };
        let asked = self.asked_fact();
        self.with_context(language, |checker, context| checker.unanswered(asked, answer, context))
    }

    fn with_context<T>(
        &mut self,
        language: Language,
        work: impl FnOnce(&Checker, &StepContext<'_>) -> T,
    ) -> T {
        let (checker, question) = (self.reasoner.checker(), self.question);
        let accepted: Vec<String> = self.derivation.texts().into_iter().map(str::to_owned).collect();
        let accepted: Vec<&str> = accepted.iter().map(String::as_str).collect();
        let context = StepContext { question, accepted: &accepted, language };
        self.derivation.timed(Work::Checking, || work(checker, &context))
    }

    /// The values of an answer, by the graph's preferred names where it knows
    /// them: "Tarawa" names South Tarawa. A code stays one: it may be what was
    /// asked for.
    pub(crate) fn values(&self, text: &str) -> Vec<String> {
        let terms = match self.language {
            Some(language) => self.reasoner.checker().answer_terms(self.question, text, language),
            None => Vec::new(),
        };
        let named = |value: &String| {
            terms.iter().find_map(|([start, end], term)| {
                let written: String = text.chars().skip(*start).take(end.saturating_sub(*start)).collect();
                (written.to_lowercase() == value.to_lowercase() && !is_code(value))
                    .then(|| term.label.clone())
            })
        };
        let values = draft::values_with(text, &self.names(text), self.words);
        values.into_iter().map(|value| named(&value).unwrap_or(value)).collect()
    }

    /// The names in a text that the graph knows.
    pub(crate) fn names(&self, text: &str) -> Vec<std::ops::Range<usize>> {
        self.reasoner
            .checker()
            .graph()
            .lexicon()
            .find(text)
            .into_iter()
            .map(|mention| mention.range)
            .collect()
    }

    /// The graph's own values, where the question asks for one place of one
    /// fact.
    pub(crate) fn known_answer(&mut self) -> Option<String> {
        let (checker, question) = (self.reasoner.checker(), self.asked_fact());
        let values = self.derivation.timed(Work::Checking, || checker.answer_values(question))?;
        let labels: Vec<String> = values.into_iter().map(|value| value.label).collect();
        Some(labels.join(self.words.separators.first().map_or(", ", String::as_str)))
    }

    /// The step stands, and later ones may build on it.
    pub(crate) fn accept(&mut self, candidate: Candidate) -> Result<(), ReasonError> {
        let Candidate { text, claims, repaired, line, probability, model } = candidate;
        let (before, why) = repaired.unzip();
        let mut step = Step {
            index: self.derivation.next_index(),
            status: status(&claims, before.is_some()),
            text,
            before,
            claims,
            why,
            model,
        };
        self.hold_operands(&mut step, &self.derivation.texts());
        if step.status == StepStatus::Unverified {
            self.doubt = self.doubt.min(probability);
        } else if step.claims.iter().any(|claim| claim.kind == ClaimKind::Calculation) {
            self.reading = Some(self.reading.map_or(probability, |least| least.min(probability)));
        }
        self.tell(Event::Accepted { step: &step })?;
        self.derivation.push_line(step, line);
        Ok(())
    }

    /// A step that calculates with a number from nowhere is not verified.
    fn hold_operands(&self, step: &mut Step, earlier: &[&str]) {
        let prompts = self.reasoner.prompts();
        let unknown = origin::unknown_operand(&step.text, self.question, earlier, prompts, self.written);
        if let (Some(operand), false) = (unknown, step.claims.is_empty()) {
            step.status = StepStatus::Unverified;
            step.why = Some(self.words.operand_unknown.replace("{operand}", &operand));
        }
    }

    /// Takes a refuted step out of the derivation.
    pub(crate) fn reject(&mut self, text: String, claims: Vec<Claim>, why: String, model: Option<String>) {
        let (index, status) = (self.derivation.next_index(), StepStatus::Rejected);
        self.derivation.push(Step { index, text, status, before: None, claims, why: Some(why), model });
    }

    /// What the newest step verifies may speak against earlier ones that
    /// nothing verifies: they fall, and what builds on them is checked again.
    /// Whether anything changed.
    pub(crate) fn reconsider(&mut self) -> Result<bool, ReasonError> {
        let Some(newest) = self.derivation.steps.last().cloned() else { return Ok(false) };
        if !matches!(newest.status, StepStatus::Accepted | StepStatus::Repaired) {
            return Ok(false);
        }
        let unverified: Vec<Step> = self
            .derivation
            .standing()
            .filter(|step| step.status == StepStatus::Unverified && step.index != newest.index)
            .cloned()
            .collect();
        let mut changed = false;
        for step in unverified {
            let check = self.check_after(&step.text, std::iter::once(&newest));
            let mut claims = self.derivation.timed(Work::Checking, || check.by_graph());
            if !claims.iter().any(|claim| claim.reason_code == ReasonCode::ContradictsStep) {
                continue;
            }
            for evidence in claims.iter_mut().flat_map(|claim| &mut claim.evidence) {
                if let Evidence::Step { index, .. } = evidence {
                    *index = newest.index;
                }
            }
            changed = true;
            let fallen = step.index;
            self.withdraw(step, claims)?;
            for index in dependence::descendants(&self.derivation.steps, fallen, self.question) {
                self.check_again(index)?;
            }
        }
        Ok(changed)
    }

    fn withdraw(&mut self, mut step: Step, claims: Vec<Claim>) -> Result<(), ReasonError> {
        let words = repair::wrong_words(&step.text, &claims);
        self.derivation.rejected_words.extend(words);
        step.status = StepStatus::Rejected;
        step.why = Some(repair::why(&claims));
        step.claims = claims;
        self.tell(Event::Revised { step: &step })?;
        self.derivation.revise(step);
        Ok(())
    }

    /// A step whose foundation fell.
    fn check_again(&mut self, index: usize) -> Result<(), ReasonError> {
        let Some(mut step) = self.derivation.standing().find(|step| step.index == index).cloned() else {
            return Ok(());
        };
        let earlier = self.derivation.standing().take_while(|step| step.index < index);
        let library = self.library.clone();
        let check = Check { library, ..self.check_after(&step.text, earlier) };
        let (claims, time) = check.run();
        self.derivation.add_checking(time);
        let claims = claims?;
        if repair::is_refuted(&claims) {
            return self.withdraw(step, claims);
        }
        let was = (step.status, step.claims.clone());
        step.status = status(&claims, step.before.is_some());
        step.claims = claims;
        let texts: Vec<&str> = self
            .derivation
            .standing()
            .take_while(|step| step.index < index)
            .map(|step| step.text.as_str())
            .collect();
        self.hold_operands(&mut step, &texts);
        if was != (step.status, step.claims.clone()) {
            self.tell(Event::Revised { step: &step })?;
            self.derivation.revise(step);
        }
        Ok(())
    }

    pub(crate) fn report(mut self, answer: Answer, usage: Usage) -> Result<AskReport, ReasonError> {
        self.tell(Event::Answered { answer: &answer })?;
        Ok(AskReport {
            premises: Vec::new(),
            reading: None,
            withholding: None,
            passages: self.passages.into_iter().map(Evidence::from).collect(),
            question: self.question.to_owned(),
            language: self.language,
            answer,
            timings: self.derivation.timings(),
            steps: self.derivation.steps,
            model: self.reasoner.engine().info().model,
            usage,
        })
    }
}

/// Written in capitals and digits alone.
fn is_code(value: &str) -> bool {
    value.len() > 1 && value.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
}
