//! Passages for the claims that the graph cannot decide: found in a text
//! index or among those that came with a question, and judged where a judge is
//! at hand.

use std::sync::Arc;

use touchstone_core::{CheckReport, Claim, Evidence, Language, ReasonCode, Summary, Verdict};
use touchstone_llm::LlmError;
use touchstone_text::{Passage, TextError, TextIndex};

use super::judge::{Opinion, PassageJudge};
use super::phrases::MemoryError;
use super::retrieve;
use crate::{read, reasons};

/// Passages shown with a claim.
pub const MAX_SHOWN: usize = 3;
/// Claims of one text that are looked up; more are left as they are.
const MAX_CLAIMS: usize = 1_000;
/// A verdict needs this calibrated probability.
pub const DEFAULT_CONFIDENCE: f64 = 0.9;

#[derive(Debug, thiserror::Error)]
pub enum DeepError {
    #[error("the text index cannot be searched: {0}")]
    Search(#[from] TextError),
    #[error("the model could not judge a passage or a phrase: {0}")]
    Model(#[from] LlmError),
    #[error(transparent)]
    Memory(#[from] MemoryError),
}

/// Passages with, perhaps, a judge of what they say.
pub struct Library {
    shelf: Shelf,
    judge: Option<Arc<dyn PassageJudge>>,
    confidence: f64,
}

enum Shelf {
    Index(Arc<TextIndex>),
    Given(Vec<Passage>),
}

impl Library {
    /// Without a judge, passages are shown and no verdict changes.
    pub fn new(
        index: impl Into<Arc<TextIndex>>,
        judge: Option<Arc<dyn PassageJudge>>,
        confidence: f64,
    ) -> Library {
        Library { shelf: Shelf::Index(index.into()), judge, confidence }
    }

    /// Just these passages.
    pub fn given(passages: Vec<Passage>, judge: Option<Arc<dyn PassageJudge>>, confidence: f64) -> Library {
        Library { shelf: Shelf::Given(passages), judge, confidence }
    }

    /// These passages in place of its own, before the same judge.
    pub fn with_given(&self, passages: Vec<Passage>) -> Library {
        Library::given(passages, self.judge.clone(), self.confidence)
    }

    /// What shares words with the query, the best first.
    pub fn search(&self, query: &str, most: usize) -> Result<Vec<Passage>, DeepError> {
        let query: String = query.chars().take(touchstone_text::MAX_QUERY_CHARS).collect();
        Ok(match &self.shelf {
            Shelf::Index(index) => index.search(&query, None, most)?,
            Shelf::Given(passages) => retrieve::among(passages, &query, most),
        })
    }

    /// The few passages to read before a question is answered; none where
    /// nothing seems to speak of it.
    pub fn to_read(&self, question: &str) -> Result<Vec<Passage>, DeepError> {
        Ok(retrieve::to_read(self.search(question, retrieve::CANDIDATES)?, question))
    }

    /// Adds passages to the claims that are still open; how many claims were
    /// beyond the limit.
    pub fn consult(&self, report: &mut CheckReport) -> Result<usize, DeepError> {
        let beyond = self.consult_claims(&mut report.claims)?;
        report.summary = Summary::of(&report.claims);
        Ok(beyond)
    }

    /// [`consult`](Library::consult) for claims outside a report.
    pub fn consult_claims(&self, claims: &mut [Claim]) -> Result<usize, DeepError> {
        let mut open: Vec<&mut Claim> = claims.iter_mut().filter(|claim| is_open(claim)).collect();
        let beyond = open.len().saturating_sub(MAX_CLAIMS);
        for claim in open.iter_mut().take(MAX_CLAIMS) {
            self.consult_for(claim)?;
        }
        Ok(beyond)
    }

    fn consult_for(&self, claim: &mut Claim) -> Result<(), DeepError> {
        let names = [&claim.subject, &claim.object].into_iter().flatten().map(|term| term.label.as_str());
        let query: String = std::iter::once(claim.text.as_str()).chain(names).collect::<Vec<_>>().join(" ");
        let found = self.search(&query, MAX_SHOWN)?;
        let Some(judge) = &self.judge else {
            claim.evidence.extend(found.iter().map(|passage| quoted(passage, &claim.text)));
            return Ok(());
        };
        let mut opinions: Vec<(Opinion, Evidence)> = Vec::new();
        for passage in &found {
            let opinion = judge.judge(&claim.text, &passage.text)?;
            opinions.push((opinion, quoted(passage, &claim.text)));
        }
        decide(claim, opinions, self.confidence);
        Ok(())
    }
}

fn decide(claim: &mut Claim, opinions: Vec<(Opinion, Evidence)>, confidence: f64) {
    let best = |of: fn(&Opinion) -> f64| opinions.iter().map(|(opinion, _)| of(opinion)).fold(0.0, f64::max);
    let (supported, refuted) = (best(|o| o.supported), best(|o| o.refuted));
    let code = match (supported >= confidence, refuted >= confidence) {
        (true, true) => Some((ReasonCode::SourcesDisagree, 1.0)),
        (true, false) => Some((ReasonCode::PassageSupports, supported)),
        (false, true) => Some((ReasonCode::PassageRefutes, refuted)),
        (false, false) => None,
    };
    claim.evidence.extend(opinions.into_iter().map(|(_, evidence)| evidence));
    if let Some((code, probability)) = code {
        let language = if claim.text.chars().any(touchstone_graph::is_han) {
            Language::Chinese
        } else {
            Language::English
        };
        claim.reason_code = code;
        claim.verdict = reasons::verdict_of(code);
        claim.reason = reasons::plain(code, language);
        claim.confidence = probability;
    }
}

/// What the graph leaves open, and a passage might decide.
fn is_open(claim: &Claim) -> bool {
    claim.verdict == Verdict::Unverifiable
        && matches!(
            claim.reason_code,
            ReasonCode::NoEvidence
                | ReasonCode::UnknownEntity
                | ReasonCode::UnknownRelation
                | ReasonCode::NotUnderstood
        )
}

/// The sentence of the passage that shares the most words with the claim.
fn quoted(passage: &Passage, claim: &str) -> Evidence {
    let wanted = retrieve::words(claim);
    let sentences = read::sentences(&passage.text);
    let best = sentences.iter().map(|sentence| sentence.span.clone()).max_by_key(|range| {
        let own = retrieve::words(&passage.text[range.clone()]);
        (wanted.iter().filter(|word| own.contains(word)).count(), usize::MAX - range.start)
    });
    let range = best.unwrap_or(0..passage.text.len());
    passage.part(range).into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use touchstone_graph::{Graph, Store};
    use touchstone_text::Document;

    use super::*;
    use crate::Checker;

    struct Fixed(Opinion);

    impl PassageJudge for Fixed {
        fn judge(&self, _: &str, _: &str) -> Result<Opinion, LlmError> {
            Ok(self.0)
        }
    }

    fn consulted(judge: Option<Opinion>) -> Claim {
        let folder = tempfile::tempdir().unwrap();
        let index = TextIndex::create(folder.path()).unwrap();
        let document =
            Document::new("d", "Masks", "Weather was fine. Masks reduce the spread of droplets. The end.");
        index.add("s", vec![Ok(document)]).unwrap();
        let library = Library::new(index, judge.map(|o| Arc::new(Fixed(o)) as Arc<dyn PassageJudge>), 0.9);
        let checker = Checker::new(Arc::new(Graph::from_store(Store::in_memory().unwrap()).unwrap()));
        let mut report = checker.check("Masks reduce spread.");
        library.consult(&mut report).unwrap();
        report.claims.remove(0)
    }

    #[test]
    fn without_a_judge_passages_are_only_shown() {
        let claim = consulted(None);
        assert_eq!(claim.verdict, Verdict::Unverifiable);
        let Evidence::Passage { text, span, .. } = &claim.evidence[0] else { panic!("{claim:?}") };
        assert_eq!(text, "Masks reduce the spread of droplets.");
        assert_eq!(*span, [18, 54]);
    }

    #[test]
    fn a_sure_judge_decides_and_an_unsure_one_does_not() {
        let opinion =
            |supported, refuted| Opinion { supported, refuted, not_enough: 1.0 - supported - refuted };
        assert_eq!(consulted(Some(opinion(0.95, 0.01))).verdict, Verdict::Supported);
        assert_eq!(consulted(Some(opinion(0.01, 0.95))).verdict, Verdict::Refuted);
        assert_eq!(consulted(Some(opinion(0.8, 0.1))).verdict, Verdict::Unverifiable);
    }
}
