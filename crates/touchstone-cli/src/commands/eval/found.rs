//! Claims held against passages that were found again in an index of all of
//! them, instead of the ones that the suite gives.

use std::collections::{BTreeMap, HashMap};

use anyhow::Context;
use touchstone_check::deep::MAX_SHOWN;
use touchstone_eval::claims::{Case, Gold};
use touchstone_text::{Document, TextIndex};

/// For each claim the passages that a search finds and of which the suite
/// says how they stand to the claim, and what there is to tell of the rest.
pub(super) fn again(cases: &[Case]) -> anyhow::Result<(Vec<Case>, Vec<String>)> {
    let folder = tempfile::tempdir().context("no folder for the index of the passages")?;
    let index = TextIndex::create(folder.path())?;
    let mut known: HashMap<(&str, &str), &Case> = HashMap::new();
    let mut passages: BTreeMap<&str, ()> = BTreeMap::new();
    let mut claims: Vec<&str> = Vec::new();
    for case in cases {
        let Some(passage) = case.passage.as_deref() else { continue };
        passages.insert(passage, ());
        if !claims.contains(&case.text.as_str()) {
            claims.push(&case.text);
        }
        known.insert((&case.text, passage), case);
    }
    let texts: Vec<&str> = passages.into_keys().collect();
    let documents = texts.iter().enumerate().map(|(at, text)| Ok(Document::new(at.to_string(), "", *text)));
    index.add("passages", documents)?;
    let mut found = Vec::new();
    let (mut unknown, mut none) = (0, 0);
    for claim in &claims {
        let before = found.len();
        let query: String = claim.chars().take(touchstone_text::MAX_QUERY_CHARS).collect();
        for passage in index.search(&query, None, MAX_SHOWN)? {
            let whole = passage.document.parse().ok().and_then(|at: usize| texts.get(at));
            match whole.and_then(|whole| known.get(&(*claim, *whole))) {
                // The passage as it was found: a long text is cut.
                Some(case) => found.push(Case { passage: Some(passage.text), ..(*case).clone() }),
                None => unknown += 1,
            }
        }
        none += usize::from(found.len() == before);
    }
    let decided = found.iter().filter(|case| case.gold != Gold::Neutral).count();
    let notes = vec![
        format!(
            "{unknown} passages that were found, of which the suite does not say how they stand to the claim"
        ),
        format!("{none} of {} claims, for which no passage of theirs was found", claims.len()),
        format!("{decided} of the {} pairs kept decide their claim", found.len()),
    ];
    Ok((found, notes))
}
