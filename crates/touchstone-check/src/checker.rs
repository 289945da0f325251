use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use touchstone_core::{CheckReport, Claim, ClaimKind, Correction, Language, ReasonCode, Span, Term, Verdict};
use touchstone_graph::{EntityId, Graph};

use crate::answer;
use crate::answer::Asked;
use crate::arithmetic::{self, Calculation};
use crate::deep::phrases::{self, Phrases, Template, UnknownPhrase};
use crate::grammar::{self, OpenSlot, Setting};
use crate::items::{Item, itemize};
use crate::policy::Policies;
use crate::read::{self, Sentence};
use crate::steps::{self, Earlier};
use crate::verify::{self, Case, Judged};

/// How many entities back a pronoun may point.
const MAX_DISCOURSE: usize = 64;
/// Longer sentences are not read: no writer means them as one.
const MAX_SENTENCE_BYTES: usize = 20_000;

/// Finds the claims of a text and judges them against a graph, without a model.
pub struct Checker {
    graph: Arc<Graph>,
    policies: Policies,
    today: Option<read::Day>,
    phrases: Option<Phrases>,
}

/// What a step of a derivation is read with.
pub struct StepContext<'a> {
    pub question: &'a str,
    /// Texts of the accepted steps, oldest first.
    pub accepted: &'a [&'a str],
    pub language: Language,
}

impl Checker {
    pub fn new(graph: Arc<Graph>) -> Checker {
        Checker { graph, policies: Policies::default(), today: None, phrases: None }
    }

    /// The rules of an organisation, enforced in every text and step.
    #[must_use]
    pub fn with_policies(mut self, policies: Policies) -> Checker {
        self.policies = policies;
        self
    }

    /// The day that "is" means, instead of today's.
    #[must_use]
    pub fn as_of(mut self, day: read::Day) -> Checker {
        self.today = Some(day);
        self
    }

    /// Phrases that a model has resolved: they read sentences that the
    /// lexicon and the grammar leave unread.
    #[must_use]
    pub fn with_phrases(mut self, phrases: Phrases) -> Checker {
        self.phrases = Some(phrases);
        self
    }

    pub fn graph(&self) -> &Arc<Graph> {
        &self.graph
    }

    /// The language of a text; `None` where it is not supported.
    pub fn language_of(&self, text: &str) -> Option<Language> {
        match read::language_of(text) {
            read::Reading::Supported(language) => Some(language),
            read::Reading::Unsupported => None,
            read::Reading::Undecided => Some(Language::English),
        }
    }

    /// The claims of a text, in its order. Sentences of which nothing could
    /// be read are claims too, and unverifiable.
    pub fn check(&self, text: &str) -> CheckReport {
        let mut languages = [0usize; 2];
        let mut claims = self.check_sentences(text, Discourse::default(), |sentence| {
            let language = self.language_of(&text[sentence.span.clone()]);
            match language {
                Some(Language::English) => languages[0] += sentence.span.len(),
                Some(Language::Chinese) => languages[1] += sentence.span.len(),
                None => {}
            }
            language
        });
        let language = match languages {
            [0, 0] => None,
            [english, chinese] if english >= chinese => Some(Language::English),
            _ => Some(Language::Chinese),
        };
        let notes =
            self.policies.apply(&self.graph, text, language.unwrap_or(Language::English), &mut claims);
        let mut report = CheckReport::new(language, claims);
        report.policy = notes;
        report
    }

    /// The claims of one step; spans count in Unicode characters of `text`.
    pub fn check_step(&self, text: &str, context: &StepContext<'_>) -> Vec<Claim> {
        let mut claims = self.check_sentences(text, self.discourse_of(context), |sentence| {
            Some(self.language_of(&text[sentence.span.clone()]).unwrap_or(context.language))
        });
        if claims.iter().any(steps::is_open) {
            let earlier: Vec<Earlier<'_>> = (1..)
                .zip(context.accepted)
                .map(|(index, text)| Earlier { index, text, claims: self.check(text).claims })
                .collect();
            steps::hold_against(&self.graph, &mut claims, &earlier, context.language);
        }
        self.policies.apply(&self.graph, text, context.language, &mut claims);
        claims
    }

    /// The claims of an answer. Where the question asks for places of single
    /// facts, the answer claims that its values stand there.
    pub fn check_answer(&self, question: &str, answer: &str, context: &StepContext<'_>) -> Vec<Claim> {
        let claims = self.check_step(answer, context);
        let slots = grammar::open_slots(&self.graph, question, context.language);
        let mut stated: Vec<Claim> = Vec::new();
        for slot in slots.iter().filter(|slot| !claims.iter().any(|claim| self.is_about(claim, slot))) {
            let only = slots.len() == 1;
            stated.extend(answer::slot_claims(&self.graph, slot, answer, context.language, only));
        }
        if stated.is_empty() {
            return claims;
        }
        stated.extend(claims.into_iter().filter(|claim| claim.kind != ClaimKind::Statement));
        stated
    }

    /// What a question with several parts asks for and the answer does not
    /// say, of what the graph knows.
    pub fn unanswered(&self, question: &str, answer: &str, context: &StepContext<'_>) -> Vec<Asked> {
        let slots = grammar::open_slots(&self.graph, question, context.language);
        if slots.len() < 2 {
            return Vec::new();
        }
        let claims = self.check_step(answer, context);
        slots
            .iter()
            .filter(|slot| !claims.iter().any(|claim| self.is_about(claim, slot)))
            .filter(|slot| answer::slot_claims(&self.graph, slot, answer, context.language, false).is_empty())
            .map(|slot| answer::asked(&self.graph, slot, context.language))
            .filter(|asked| !asked.values.is_empty())
            .collect()
    }

    /// The things that an answer's values name, where the graph supports them
    /// in the question's places: spans in Unicode characters of the answer.
    pub fn answer_terms(&self, question: &str, answer: &str, language: Language) -> Vec<(Span, Term)> {
        let slots = grammar::open_slots(&self.graph, question, language);
        let mut terms = Vec::new();
        for slot in &slots {
            for claim in answer::slot_claims(&self.graph, slot, answer, language, slots.len() == 1) {
                // Inverse relations turn claims round: the value is the side
                // that the question does not give.
                let lexicon = self.graph.lexicon();
                let given = |term: &Term| {
                    slot.given.iter().any(|id| term.iri.as_deref() == Some(lexicon.entity(*id).iri.as_str()))
                };
                let mut sides = [claim.object, claim.subject].into_iter().flatten();
                let named = sides
                    .find(|term| term.iri.is_some() && !given(term))
                    .filter(|_| claim.verdict == Verdict::Supported);
                terms.extend(named.map(|term| (claim.span, term)));
            }
        }
        terms
    }

    /// What stands at the place that a phrase like "the third-largest country
    /// in Africa" names, as far as the graph tells. Whether it does, and no
    /// other, is for a statement to say and for [`Checker::check`] to judge.
    pub fn ranked(&self, phrase: &str, language: Language) -> Vec<Term> {
        if phrase.len() > MAX_SENTENCE_BYTES {
            return Vec::new();
        }
        answer::ranked(&self.graph, phrase, language)
    }

    fn is_about(&self, claim: &Claim, slot: &OpenSlot) -> bool {
        let iri = claim.predicate.as_ref().and_then(|p| p.iri.as_deref());
        iri.is_some_and(|iri| {
            slot.predicates.iter().any(|p| self.graph.ontology().predicate(*p).iri.as_str() == iri)
        })
    }

    /// The graph's own values for a question whose parts each ask for one
    /// place of one fact; `None` for other questions, or when the graph lacks
    /// a value.
    pub fn answer_values(&self, question: &str) -> Option<Vec<Term>> {
        let language = self.language_of(question)?;
        let slots = grammar::open_slots(&self.graph, question, language);
        let mut values = Vec::new();
        for slot in &slots {
            let own = answer::values(&self.graph, slot, language);
            if own.is_empty() {
                return None;
            }
            values.extend(own);
        }
        (!values.is_empty()).then_some(values)
    }

    fn discourse_of(&self, context: &StepContext<'_>) -> Discourse {
        let mut discourse = Discourse::default();
        for text in std::iter::once(&context.question).chain(context.accepted) {
            let items = itemize(&self.graph, text, 0..text.len(), context.language);
            discourse.mention(&self.graph, &items);
        }
        discourse
    }

    /// Phrases between two names that leave a sentence of the text unread and
    /// of which no model was asked.
    pub(crate) fn unknown_phrases(&self, text: &str, known: &Phrases) -> Vec<UnknownPhrase> {
        let mut unknown = Vec::new();
        for sentence in read::sentences(text) {
            let span = sentence.body();
            let whole = &text[span.clone()];
            let Some(language) = self.language_of(whole) else { continue };
            if span.len() > MAX_SENTENCE_BYTES || whole.trim_end().ends_with(['?', '？']) {
                continue;
            }
            let items = itemize(&self.graph, text, span.clone(), language);
            let Some(template) = Template::of(text, &items, language) else { continue };
            let setting = Setting { graph: &self.graph, text, discourse: &[] };
            if !phrases::is_unread(&grammar::read(&setting, &items, language)) {
                continue;
            }
            let candidates = template.candidates(&self.graph, language);
            if !candidates.is_empty() && !known.knows(&self.graph, &template, &candidates, language) {
                let sentence = whole.trim().to_owned();
                unknown.push(UnknownPhrase { phrase: template.phrase, language, candidates, sentence });
            }
        }
        unknown
    }

    fn check_sentences(
        &self,
        text: &str,
        mut discourse: Discourse,
        mut language_of: impl FnMut(&Sentence) -> Option<Language>,
    ) -> Vec<Claim> {
        let mut claims = Vec::new();
        let mut place = Place::default();
        // What is no prose is blanked out once for the whole text.
        let sentences = read::sentences(text);
        let hints = sentences.iter().flat_map(|sentence| hints(text, &sentence.body()));
        let hidden = mask(Cow::Borrowed(text), hints);
        let mut readings = Vec::with_capacity(sentences.len());
        for sentence in &sentences {
            let span = sentence.body();
            let whole = &text[span.clone()];
            let language = language_of(sentence);
            if !whole.chars().any(char::is_alphanumeric) || whole.trim_end().ends_with(['?', '？']) {
                continue;
            }
            let calculations = match language {
                Some(language) if span.len() <= MAX_SENTENCE_BYTES => {
                    arithmetic::judge_all(&hidden, span.clone(), language)
                }
                _ => Vec::new(),
            };
            readings.push((span, language, calculations));
        }
        let calculated = readings.iter().flat_map(|(_, _, all)| all.iter().map(|c| c.range.clone()));
        let masked = mask(Cow::Borrowed(&hidden), calculated);
        for (span, language, calculations) in readings {
            let sentence = &text[span.clone()];
            let mut writer = Writer { text, sentence, place: &mut place, claims: &mut claims };
            match language {
                None => writer.unread(&span, ReasonCode::UnsupportedLanguage, Language::English),
                Some(language) if span.len() > MAX_SENTENCE_BYTES => {
                    writer.unread(&span, ReasonCode::LimitReached, language);
                }
                Some(language) => {
                    self.check_sentence(&masked, (span, language), calculations, &mut discourse, &mut writer);
                }
            }
        }
        claims
    }

    /// One sentence of a text in which all calculations are blanked out.
    fn check_sentence(
        &self,
        masked: &str,
        (span, language): (Range<usize>, Language),
        calculations: Vec<Calculation>,
        discourse: &mut Discourse,
        writer: &mut Writer<'_>,
    ) {
        let calculated = !calculations.is_empty();
        for calculation in calculations {
            writer.push(calculation.kind, None, &calculation.range, calculation.judged);
        }
        let items = itemize(&self.graph, masked, span, language);
        let setting = Setting { graph: &self.graph, text: masked, discourse: &discourse.entities };
        let today = self.today.unwrap_or_else(verify::today);
        let case = Case { graph: &self.graph, text: masked, language, today };
        let mut seen = HashSet::new();
        let mut propositions = grammar::read(&setting, &items, language);
        let recalled = self
            .phrases
            .as_ref()
            .filter(|_| !calculated && phrases::is_unread(&propositions))
            .and_then(|phrases| phrases.recall(&self.graph, masked, &items, language));
        if let Some(recalled) = &recalled {
            propositions = vec![recalled.proposition.clone()];
        }
        for proposition in propositions {
            let kind = proposition.kind(&self.graph);
            // Around a calculation, words explain it; what it rests on is
            // asked by the reasoner.
            if kind == ClaimKind::Statement && calculated {
                continue;
            }
            let mut judged = verify::judge(&case, &proposition);
            if let Some(recalled) = &recalled {
                recalled.mark(&mut judged, language);
            }
            if seen.insert((
                proposition.range.clone(),
                judged.object.clone(),
                judged.predicate.clone(),
                judged.subject.clone(),
            )) {
                let negated = proposition.negated.then_some(kind);
                writer.push(kind, negated, &proposition.range, judged);
            }
        }
        discourse.mention(&self.graph, &items);
    }
}

/// The entities that were mentioned, the latest last.
#[derive(Default)]
struct Discourse {
    entities: Vec<EntityId>,
}

impl Discourse {
    fn mention(&mut self, graph: &Graph, items: &[Item]) {
        let lexicon = graph.lexicon();
        for item in items {
            let likeliest =
                item.entities.iter().copied().max_by(|a, b| lexicon.prior(*a).total_cmp(&lexicon.prior(*b)));
            if let Some(id) = likeliest {
                self.entities.retain(|known| *known != id);
                self.entities.push(id);
            }
        }
        let excess = self.entities.len().saturating_sub(MAX_DISCOURSE);
        self.entities.drain(..excess);
    }
}

/// Bytes to characters, going forward through the text once.
#[derive(Default)]
struct Place {
    byte: usize,
    character: usize,
}

impl Place {
    /// The character at a byte; near enough to the last one asked for.
    fn characters(&mut self, text: &str, byte: usize) -> usize {
        if byte >= self.byte {
            self.character += text[self.byte..byte].chars().count();
        } else {
            self.character -= text[byte..self.byte].chars().count();
        }
        self.byte = byte;
        self.character
    }
}

struct Writer<'a> {
    text: &'a str,
    sentence: &'a str,
    place: &'a mut Place,
    claims: &'a mut Vec<Claim>,
}

impl Writer<'_> {
    fn push(&mut self, kind: ClaimKind, negated: Option<ClaimKind>, range: &Range<usize>, judged: Judged) {
        let span = self.span(range);
        let correction =
            judged.correction.map(|(range, replacement)| Correction { span: self.span(&range), replacement });
        self.claims.push(Claim {
            text: self.text[range.clone()].trim().to_owned(),
            kind: if negated.is_some() { ClaimKind::Negation } else { kind },
            negated_kind: negated,
            sentence: self.sentence.trim().to_owned(),
            span,
            subject: judged.subject,
            predicate: judged.predicate,
            object: judged.object,
            verdict: judged.verdict,
            reason_code: judged.code,
            reason: judged.reason,
            evidence: judged.evidence,
            confidence: judged.confidence,
            correction,
            rule: None,
            readings: judged.readings,
        });
    }

    fn unread(&mut self, range: &Range<usize>, code: ReasonCode, language: Language) {
        self.push(ClaimKind::Statement, None, range, Judged::new(code, language));
    }

    fn span(&mut self, range: &Range<usize>) -> [usize; 2] {
        [self.place.characters(self.text, range.start), self.place.characters(self.text, range.end)]
    }
}

/// The `[subject | relation | object]` hints of a sentence: a hint is never a
/// substitute for the sentence.
fn hints(text: &str, span: &Range<usize>) -> Vec<Range<usize>> {
    let mut hints = Vec::new();
    let part = &text[span.clone()];
    let mut from = 0;
    while let Some(open) = part[from..].find('[').map(|i| i + from) {
        let Some(close) = part[open..].find(']').map(|i| i + open) else { break };
        if part[open..close].contains('|') {
            hints.push(span.start + open..span.start + close + 1);
        }
        from = close + 1;
    }
    hints
}

/// Blanks out stretches; all offsets stay.
fn mask<'a>(text: Cow<'a, str>, ranges: impl Iterator<Item = Range<usize>>) -> Cow<'a, str> {
    let mut ranges = ranges.peekable();
    if ranges.peek().is_none() {
        return text;
    }
    let mut bytes = text.into_owned().into_bytes();
    for range in ranges {
        if let Some(stretch) = bytes.get_mut(range) {
            stretch.fill(b' ');
        }
    }
    Cow::Owned(
        String::from_utf8(bytes)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
    )
}
