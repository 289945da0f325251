//! What can be done about a refuted draft without the model, and what a new
//! draft is given and denied.

use touchstone_core::{Claim, Evidence, Verdict};

/// Evidence shown to the model before a new draft.
const MAX_EVIDENCE: usize = 4;

/// The draft with every refuted claim put right; `None` where one has no
/// single right value.
pub(crate) fn corrected(draft: &str, claims: &[Claim]) -> Option<String> {
    let mut corrections = Vec::new();
    for claim in refuted(claims) {
        corrections.push(claim.correction.as_ref()?);
    }
    corrections.sort_by_key(|correction| correction.span);
    corrections.dedup();
    let apart = corrections.windows(2).all(|pair| pair[0].span[1] <= pair[1].span[0]);
    if corrections.is_empty() || !apart {
        return None;
    }
    let mut text = draft.to_owned();
    for correction in corrections.iter().rev() {
        let [start, end] = correction.span;
        let (start, end) = (byte_of(draft, start)?, byte_of(draft, end)?);
        if start > end {
            return None;
        }
        text.replace_range(start..end, &correction.replacement);
    }
    (text != draft).then_some(text)
}

fn byte_of(text: &str, character: usize) -> Option<usize> {
    let ends = std::iter::once(text.len());
    text.char_indices().map(|(at, _)| at).chain(ends).nth(character)
}

pub(crate) fn refuted(claims: &[Claim]) -> impl Iterator<Item = &Claim> {
    claims.iter().filter(|claim| claim.verdict == Verdict::Refuted)
}

pub(crate) fn is_refuted(claims: &[Claim]) -> bool {
    refuted(claims).next().is_some()
}

/// Why the draft does not stand, in the words of its first refuted claim.
pub(crate) fn why(claims: &[Claim]) -> String {
    refuted(claims).next().map(|claim| claim.reason.clone()).unwrap_or_default()
}

/// The evidence against a draft.
pub(crate) fn evidence(claims: &[Claim]) -> Vec<Evidence> {
    refuted(claims).flat_map(|claim| claim.evidence.iter().cloned()).take(MAX_EVIDENCE).collect()
}

/// The wrong words, which a new draft must not hold: of each refuted claim
/// the value, as the draft has it.
pub(crate) fn wrong_words(draft: &str, claims: &[Claim]) -> Vec<String> {
    let mut words = Vec::new();
    for claim in refuted(claims) {
        let marked = claim.correction.as_ref().and_then(|correction| {
            let [start, end] = correction.span;
            draft.get(byte_of(draft, start)?..byte_of(draft, end)?)
        });
        let object = claim.object.as_ref().map(|object| object.label.as_str());
        let word = marked.or(object.filter(|label| draft.contains(label)));
        if let Some(word) = word.map(str::trim).filter(|word| word.chars().count() > 1) {
            words.push(word.to_owned());
        }
    }
    words.sort();
    words.dedup();
    words
}
