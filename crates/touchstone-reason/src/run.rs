//! A question drafted line by line. A line is checked while the next one is
//! being drafted; where it falls, that draft is broken off and rewound.

use std::ops::ControlFlow;
use std::sync::mpsc::{self, TryRecvError};
use std::time::Duration;

use touchstone_core::{Answer, AnswerStatus, AskReport, Claim, Verdict};
use touchstone_llm::{FinishReason, LlmError, Until};

use crate::author::{Authors, Draft, Model};
use crate::case::{Candidate, Case};
use crate::derivation::{Replacement, Work};
use crate::draft::{self, Line};
use crate::{Event, ReasonError, conclude, dependence, repair};

/// Refuted steps in a row after which the answer is asked for.
const MAX_REJECTED_IN_A_ROW: usize = 2;

/// One question being worked on.
pub(crate) struct Run<'a> {
    pub(crate) authors: Authors<'a>,
    pub(crate) case: Case<'a>,
}

/// What became of a drafted step.
pub(crate) enum Outcome {
    /// With the next line, where it has been drafted already.
    Kept(Option<Draft>),
    Dropped,
}

/// A judged step, and the line that was drafted meanwhile.
type Judged = (Vec<Claim>, Option<Draft>);

impl Run<'_> {
    pub(crate) fn plain(mut self) -> Result<AskReport, ReasonError> {
        for _ in 0..self.case.options.max_steps {
            let draft = self.write(Model::First, "", &[])?;
            match draft::parse(&draft.line, self.case.words) {
                Line::Answer(text) if !text.is_empty() => {
                    let text = text.to_owned();
                    return self.plain_answer(text, draft.probability);
                }
                Line::Step { text, .. } if !text.is_empty() && draft.finish != FinishReason::EndOfText => {
                    let text = text.to_owned();
                    self.stand(&draft, text, Vec::new(), None)?;
                }
                _ => break,
            }
        }
        let opening = self.case.words.answer_line.clone();
        let draft = self.write(Model::First, &opening, &[])?;
        let text = self.after(&opening, &draft);
        self.plain_answer(text, draft.probability)
    }

    fn plain_answer(self, text: String, probability: f64) -> Result<AskReport, ReasonError> {
        let values = draft::values_with(&text, &self.case.names(&text), self.case.words);
        let doubt = self.case.doubt.min(probability);
        let confidence = conclude::confidence(&[], self.case.language, doubt);
        let status = AnswerStatus::PartlyVerified;
        let answer = Answer { text, values, status, confidence, claims: Vec::new(), model: None };
        let usage = self.authors.usage();
        self.case.report(answer, usage)
    }

    pub(crate) fn checked(mut self) -> Result<AskReport, ReasonError> {
        let mut forbidden: Vec<String> = Vec::new();
        let mut rejected = 0;
        let mut ahead: Option<Draft> = None;
        let most = self.case.options.max_steps;
        for round in 1..=most {
            let draft = match ahead.take() {
                Some(draft) => draft,
                None => self.write(Model::First, "", &forbidden)?,
            };
            let draft = self.surer(draft, "", &forbidden)?;
            let text = match draft::parse(&draft.line, self.case.words) {
                Line::Answer(text) if !text.is_empty() => {
                    let text = text.to_owned();
                    return self.answer(text, &draft);
                }
                Line::Step { text, .. } if !text.is_empty() => text,
                _ => break,
            };
            // A model that repeats itself has nothing more to say.
            if self.case.derivation.standing().any(|step| step.text == text) {
                break;
            }
            let ends = draft.finish == FinishReason::EndOfText;
            match self.step(draft, round < most && !ends)? {
                Outcome::Kept(next) => {
                    rejected = 0;
                    forbidden.clear();
                    ahead = next;
                }
                Outcome::Dropped => {
                    rejected += 1;
                    forbidden.clone_from(&self.case.derivation.rejected_words);
                }
            }
            if rejected >= MAX_REJECTED_IN_A_ROW || ends {
                break;
            }
        }
        let forbidden = self.case.derivation.rejected_words.clone();
        let (text, draft) = self.forced_answer(&forbidden)?;
        self.answer(text, &draft)
    }

    /// A line of a model, after the lines that stand.
    pub(crate) fn write(
        &mut self,
        model: Model,
        opening: &str,
        forbidden: &[String],
    ) -> Result<Draft, ReasonError> {
        let lines = self.case.derivation.lines();
        self.write_after(&lines, model, opening, forbidden)
    }

    fn write_after(
        &mut self,
        lines: &[String],
        model: Model,
        opening: &str,
        forbidden: &[String],
    ) -> Result<Draft, ReasonError> {
        let until = self.until(forbidden);
        let index = self.case.derivation.next_index();
        let Run { authors, case, .. } = self;
        let Case { derivation, on_event, .. } = case;
        let mut so_far = String::new();
        let mut listen = |text: &str| {
            so_far.push_str(text);
            on_event(Event::Drafting { index, text_so_far: so_far.trim_start() })
        };
        let write = || authors.write(model, lines, opening, &until, &mut listen);
        Ok(derivation.timed(Work::Generating, write)?)
    }

    fn until(&self, forbidden: &[String]) -> Until {
        let options = self.case.options;
        let mut until = Until::line(options.max_step_tokens, options.sampling);
        until.forbidden = forbidden.to_vec();
        until
    }

    /// The larger model's line, where the first one was not sure of its own and
    /// nothing shows that it is right.
    fn surer(&mut self, draft: Draft, opening: &str, forbidden: &[String]) -> Result<Draft, ReasonError> {
        let unsure = draft.probability < self.case.options.cascade_below;
        let asks = unsure && draft.by == Model::First && self.authors.has_larger();
        if !asks || self.is_shown(&draft, opening) {
            return Ok(draft);
        }
        self.write(Model::Larger, opening, forbidden)
    }

    /// Whether the graph, or the steps before it, support all that a line says,
    /// or put it right.
    fn is_shown(&mut self, draft: &Draft, opening: &str) -> bool {
        let forced = opening == self.case.words.answer_line;
        let (text, answers) = match draft::parse(&draft.line, self.case.words) {
            Line::Step { .. } if forced => (self.after(opening, draft), true),
            Line::Step { text, .. } => (text.to_owned(), false),
            Line::Answer(text) => (text.to_owned(), true),
        };
        // As the answer will be given.
        let text = if answers { conclude::with_replacements(&text, &self.case.derivation) } else { text };
        let mut check = |text: &str| {
            if answers { self.case.check_answer(text) } else { self.case.check(text) }
        };
        let supported = |claims: &[Claim]| {
            !claims.is_empty() && claims.iter().all(|claim| claim.verdict == Verdict::Supported)
        };
        let claims = check(&text);
        supported(&claims) || repair::corrected(&text, &claims).is_some_and(|right| supported(&check(&right)))
    }

    /// The answer line, whatever the model would have written next.
    pub(crate) fn forced_answer(&mut self, forbidden: &[String]) -> Result<(String, Draft), ReasonError> {
        let opening = self.case.words.answer_line.clone();
        let draft = self.write(Model::First, &opening, forbidden)?;
        let draft = self.surer(draft, &opening, forbidden)?;
        Ok((self.after(&opening, &draft), draft))
    }

    fn after(&self, opening: &str, draft: &Draft) -> String {
        draft.line.strip_prefix(opening).unwrap_or(&draft.line).trim().to_owned()
    }

    /// A step on what the answer left out.
    pub(crate) fn asked_for(&mut self, opening: &str) -> Result<(), ReasonError> {
        let draft = self.write(Model::First, opening, &[])?;
        let draft = self.surer(draft, opening, &[])?;
        self.step(draft, false)?;
        Ok(())
    }

    /// Checks a drafted step, repairs it or takes it out. `go_on`: the next
    /// line may be drafted meanwhile.
    fn step(&mut self, draft: Draft, go_on: bool) -> Result<Outcome, ReasonError> {
        let index = self.case.derivation.next_index();
        let (number, text) = match draft::parse(&draft.line, self.case.words) {
            Line::Step { number, text } => (number.to_owned(), text.to_owned()),
            Line::Answer(text) => (String::new(), text.to_owned()),
        };
        self.case.tell(Event::Drafted { index, text: &text })?;
        let (claims, ahead) = if go_on {
            self.check_and_go_on(&draft, &text)?
        } else {
            (self.check_alone(&draft, &text)?, None)
        };
        if !repair::is_refuted(&claims) {
            let ahead = if self.case.reconsider()? { None } else { ahead };
            return Ok(Outcome::Kept(ahead));
        }
        let why = repair::why(&claims);
        self.case.tell(Event::Rewound { index, draft: &text, why: &why })?;
        let outcome = self.repaired(&draft, &number, text, claims, why)?;
        if matches!(outcome, Outcome::Dropped) {
            return Ok(Outcome::Dropped);
        }
        let changed = self.case.reconsider()?;
        Ok(Outcome::Kept(ahead.filter(|ahead| !changed && self.stands_apart(ahead))))
    }

    /// Whether a line that was drafted behind a wrong one may stay now that
    /// it is put right.
    fn stands_apart(&mut self, ahead: &Draft) -> bool {
        let Line::Step { text, .. } = draft::parse(&ahead.line, self.case.words) else { return false };
        let text = text.to_owned();
        let claims = self.case.check(&text);
        let Some(repaired) = self.case.derivation.steps.last() else { return false };
        !claims.is_empty() && !dependence::builds_on(&text, &claims, repaired, self.case.question)
    }

    fn check_alone(&mut self, draft: &Draft, text: &str) -> Result<Vec<Claim>, ReasonError> {
        let claims = self.case.check_step(text)?;
        self.case.tell(Event::Checked { index: self.case.derivation.next_index(), claims: &claims })?;
        if !repair::is_refuted(&claims) {
            self.stand(draft, text.to_owned(), claims.clone(), None)?;
        }
        Ok(claims)
    }

    /// Checks the step while the first model drafts the next line. The
    /// listener hears of that line once the step stands, and the model is
    /// stopped as soon as it falls.
    fn check_and_go_on(&mut self, draft: &Draft, text: &str) -> Result<Judged, ReasonError> {
        let mut lines = self.case.derivation.lines();
        let line = format!("{}\n", draft.line);
        self.authors.keep(&lines, draft)?;
        lines.push(line.clone());
        let until = self.until(&[]);
        let check = self.case.check_of(text);
        let model = self.authors.name(draft.by);
        let Run { authors, case, .. } = self;
        std::thread::scope(|scope| {
            let (done, checked) = mpsc::channel();
            scope.spawn(move || {
                // Nobody listens any more where the model failed meanwhile.
                let _ = done.send(check.run());
            });
            let settle = |case: &mut Case<'_>, (claims, time): (Result<_, _>, Duration)| {
                case.derivation.add_checking(time);
                let claims: Vec<Claim> = claims?;
                case.tell(Event::Checked { index: case.derivation.next_index(), claims: &claims })?;
                if !repair::is_refuted(&claims) {
                    case.accept(Candidate {
                        text: text.to_owned(),
                        claims: claims.clone(),
                        repaired: None,
                        line: line.clone(),
                        probability: draft.probability,
                        model: model.clone(),
                    })?;
                }
                Ok::<_, ReasonError>(claims)
            };
            let mut verdict: Option<Result<Vec<Claim>, ReasonError>> = None;
            let mut so_far = String::new();
            let begun = std::time::Instant::now();
            let next = authors.write(Model::First, &lines, "", &until, &mut |piece| {
                so_far.push_str(piece);
                if verdict.is_none() {
                    match checked.try_recv() {
                        Ok(done) => verdict = Some(settle(case, done)),
                        Err(TryRecvError::Empty) => return ControlFlow::Continue(()),
                        Err(TryRecvError::Disconnected) => return ControlFlow::Break(()),
                    }
                }
                match &verdict {
                    Some(Ok(claims)) if !repair::is_refuted(claims) => {
                        let index = case.derivation.next_index();
                        (case.on_event)(Event::Drafting { index, text_so_far: so_far.trim_start() })
                    }
                    _ => ControlFlow::Break(()),
                }
            });
            case.derivation.add_generating(begun.elapsed());
            let claims = match verdict {
                Some(claims) => claims?,
                None => match checked.recv() {
                    Ok(done) => settle(case, done)?,
                    Err(_) => return Err(ReasonError::Cancelled),
                },
            };
            let fell = repair::is_refuted(&claims);
            match next {
                Ok(next) => Ok((claims, Some(next))),
                Err(LlmError::Cancelled) if fell => Ok((claims, None)),
                Err(error) => Err(error.into()),
            }
        })
    }

    /// A draft without mistakes stands as it is.
    fn stand(
        &mut self,
        draft: &Draft,
        text: String,
        claims: Vec<Claim>,
        repaired: Option<(String, String)>,
    ) -> Result<(), ReasonError> {
        let Run { authors, case, .. } = self;
        let lines = case.derivation.lines();
        case.derivation.timed(Work::Generating, || authors.keep(&lines, draft))?;
        self.case.accept(Candidate {
            text,
            claims,
            repaired,
            line: format!("{}\n", draft.line),
            probability: draft.probability,
            model: self.authors.name(draft.by),
        })
    }

    /// The refuted step put right, or written anew, or taken out.
    fn repaired(
        &mut self,
        draft: &Draft,
        number: &str,
        text: String,
        claims: Vec<Claim>,
        why: String,
    ) -> Result<Outcome, ReasonError> {
        let mut forbidden = repair::wrong_words(&text, &claims);
        let (mut by, mut probability) = (draft.by, draft.probability);
        let mut refuted = (text.clone(), claims.clone());
        for attempt in 0..=self.case.options.max_repairs {
            let mut right = self.put_right(&refuted.0, &refuted.1)?;
            if right.is_none() {
                if attempt == self.case.options.max_repairs {
                    break;
                }
                let Some((next, draft)) = self.redraft(number, &refuted.1, &forbidden)? else { break };
                (by, probability) = (draft.by, draft.probability);
                let claims = self.case.check_step(&next)?;
                let index = self.case.derivation.next_index();
                self.case.tell(Event::Checked { index, claims: &claims })?;
                if repair::is_refuted(&claims) {
                    forbidden.extend(repair::wrong_words(&next, &claims));
                    refuted = (next, claims);
                    continue;
                }
                right = Some((next, claims));
            } else {
                self.remember_replacements(&refuted.0, &refuted.1);
            }
            if let Some((right, claims)) = right {
                self.case.accept(Candidate {
                    line: format!("{number}{right}\n"),
                    text: right,
                    claims,
                    repaired: Some((text, why)),
                    probability,
                    model: self.authors.name(by),
                })?;
                return Ok(Outcome::Kept(None));
            }
        }
        self.case.derivation.rejected_words.extend(forbidden);
        let model = self.authors.name(draft.by);
        self.case.reject(text, claims, why, model);
        Ok(Outcome::Dropped)
    }

    /// The draft with the graph's or the calculation's own values, if it
    /// holds then.
    fn put_right(
        &mut self,
        draft: &str,
        claims: &[Claim],
    ) -> Result<Option<(String, Vec<Claim>)>, ReasonError> {
        let Some(text) = repair::corrected(draft, claims) else { return Ok(None) };
        let claims = self.case.check_step(&text)?;
        Ok((!repair::is_refuted(&claims)).then_some((text, claims)))
    }

    fn remember_replacements(&mut self, draft: &str, claims: &[Claim]) {
        for claim in repair::refuted(claims) {
            let wrong = repair::wrong_words(draft, std::slice::from_ref(claim)).into_iter().next();
            if let (Some(wrong), Some(correction)) = (wrong, &claim.correction) {
                let right = correction.replacement.clone();
                self.case.derivation.replacements.push(Replacement { wrong, right });
            }
        }
    }

    /// A new draft with the evidence in view and the wrong words forbidden,
    /// by the larger model where there is one. The evidence does not stay.
    pub(crate) fn redraft(
        &mut self,
        opening: &str,
        refuted: &[Claim],
        forbidden: &[String],
    ) -> Result<Option<(String, Draft)>, ReasonError> {
        let mut lines = self.case.derivation.lines();
        let evidence = repair::evidence(refuted);
        if !evidence.is_empty() {
            let note = self.case.reasoner.prompts().note(self.case.written, &evidence)?;
            lines.push(format!("{note}\n"));
        }
        let (opening, model) = (opening.trim_end(), self.authors.best());
        let draft = self.write_after(&lines, model, opening, forbidden)?;
        let line = draft.line.strip_prefix(opening).unwrap_or(&draft.line);
        let text = match draft::parse(line, self.case.words) {
            Line::Step { text, .. } | Line::Answer(text) => text.to_owned(),
        };
        Ok((!text.is_empty()).then_some((text, draft)))
    }
}
