//! What people say of what the judge said: a sample to label, and how far
//! they agree.

use std::io::Write;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::bootstrap;
use crate::error::EvalError;
use crate::judge::{Truth, Verdict};
use crate::metrics::Metric;
use crate::record::Record;
use crate::results::{StoredRun, write_whole};

/// A line of the sample. What the judge said is left out, so that people are
/// not led by it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Line {
    id: String,
    question: String,
    gold: String,
    claim: String,
    /// "true", "false" or "undecided": for people to fill in.
    label: String,
}

/// How far people and the judge agree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Agreement {
    /// Claims with a label.
    pub n: usize,
    /// Claims whose label is missing.
    pub unlabelled: usize,
    /// Cohen's kappa: 1 is agreement, 0 is chance.
    pub kappa: Metric,
    pub agreed: Metric,
    /// What the judge said, what people said, how often.
    pub table: Vec<(Truth, Truth, usize)>,
}

/// Every claim of a run: an answer, or what a step says.
struct Judged<'a> {
    id: String,
    record: &'a Record,
    text: String,
    truth: Truth,
}

fn judged(run: &StoredRun) -> Vec<Judged<'_>> {
    let mut found = Vec::new();
    for record in &run.records {
        let truth = match record.verdict {
            Verdict::Right => Truth::True,
            Verdict::Wrong => Truth::False,
            Verdict::Withheld | Verdict::Undecided => Truth::Undecided,
        };
        if record.verdict != Verdict::Withheld
            && let Some(report) = &record.report
        {
            let text = report.answer.text.clone();
            found.push(Judged { id: format!("{}#answer", record.id), record, text, truth });
        }
        for (claim, at) in record.claims.iter().zip(0..) {
            let text =
                format!("{} [{} | {} | {}]", claim.sentence, claim.subject, claim.relation, claim.object);
            found.push(Judged { id: format!("{}#{at}", record.id), record, text, truth: claim.truth });
        }
    }
    found
}

/// Writes a seeded sample of judged claims as CSV, for people to label.
pub fn export(run: &StoredRun, n: usize, seed: u64, path: &Path) -> Result<usize, EvalError> {
    let mut sample = judged(run);
    sample.sort_by_cached_key(|judged| {
        let mut hash = Sha256::new();
        hash.update(seed.to_le_bytes());
        hash.update(judged.id.as_bytes());
        <[u8; 32]>::from(hash.finalize())
    });
    sample.truncate(n);
    let mut writer = csv::Writer::from_writer(Vec::new());
    for judged in &sample {
        let line = Line {
            id: judged.id.clone(),
            question: judged.record.question.clone(),
            gold: judged.record.gold.join(" | "),
            claim: judged.text.clone(),
            label: String::new(),
        };
        writer.serialize(line).map_err(|error| EvalError::write(path)(error.into()))?;
    }
    writer.flush().map_err(EvalError::write(path))?;
    let bytes = writer.into_inner().map_err(|error| EvalError::write(path)(error.into_error()))?;
    // Some spreadsheets take UTF-8 for it only with this mark.
    let mut marked = Vec::from(*b"\xef\xbb\xbf");
    marked.write_all(&bytes).map_err(EvalError::write(path))?;
    write_whole(path, &marked)?;
    Ok(sample.len())
}

/// Reads the labels back, and counts.
pub fn agreement(run: &StoredRun, path: &Path) -> Result<Agreement, EvalError> {
    let bytes = std::fs::read(path).map_err(EvalError::read(path))?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let all = judged(run);
    let known: std::collections::HashMap<&str, &Judged<'_>> =
        all.iter().map(|judged| (judged.id.as_str(), judged)).collect();
    let mut pairs: Vec<(Truth, Truth)> = Vec::new();
    let mut unlabelled = 0;
    for (line, at) in csv::Reader::from_reader(bytes).deserialize::<Line>().zip(2..) {
        let bad = |reason: String| EvalError::Data { path: path.to_owned(), line: at, reason };
        let line = line.map_err(|error| bad(error.to_string()))?;
        let Some(judged) = known.get(line.id.as_str()) else {
            return Err(bad(format!("no claim of this run has the id \"{}\"", line.id)));
        };
        match line.label.trim().to_lowercase().as_str() {
            "" => unlabelled += 1,
            "true" => pairs.push((judged.truth, Truth::True)),
            "false" => pairs.push((judged.truth, Truth::False)),
            "undecided" => pairs.push((judged.truth, Truth::Undecided)),
            other => {
                return Err(bad(format!("the label is true, false or undecided, not \"{other}\"")));
            }
        }
    }
    let seed = run.info.seed;
    let metric = |statistic: fn(&[(Truth, Truth)]) -> Option<f64>| {
        let Some(value) = statistic(&pairs) else { return Metric::NONE };
        let interval = bootstrap::percentiles(bootstrap::resampled(&pairs, seed, statistic));
        Metric { value: Some(value), n: pairs.len(), low: interval.map(|i| i.0), high: interval.map(|i| i.1) }
    };
    let mut table: Vec<(Truth, Truth, usize)> = Vec::new();
    for (judge, person) in &pairs {
        match table.iter_mut().find(|(a, b, _)| (a, b) == (judge, person)) {
            Some((.., count)) => *count += 1,
            None => table.push((*judge, *person, 1)),
        }
    }
    Ok(Agreement { n: pairs.len(), unlabelled, kappa: metric(kappa), agreed: metric(agreed), table })
}

fn agreed(pairs: &[(Truth, Truth)]) -> Option<f64> {
    let same = pairs.iter().filter(|(judge, person)| judge == person).count();
    (!pairs.is_empty()).then(|| same as f64 / pairs.len() as f64)
}

/// Agreement beyond what the shares of the labels alone would give.
fn kappa(pairs: &[(Truth, Truth)]) -> Option<f64> {
    let observed = agreed(pairs)?;
    let n = pairs.len() as f64;
    let expected: f64 = [Truth::True, Truth::False, Truth::Undecided]
        .into_iter()
        .map(|truth| {
            let judge = pairs.iter().filter(|pair| pair.0 == truth).count() as f64;
            let person = pairs.iter().filter(|pair| pair.1 == truth).count() as f64;
            judge * person / (n * n)
        })
        .sum();
    // Where both say one thing only, chance agrees too.
    (expected < 1.0).then(|| (observed - expected) / (1.0 - expected))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn kappa_is_cohens() {
        use Truth::{False, True};
        // The example of 20 and 15 agreements among 50.
        let mut pairs = vec![(True, True); 20];
        pairs.extend(vec![(True, False); 5]);
        pairs.extend(vec![(False, True); 10]);
        pairs.extend(vec![(False, False); 15]);
        assert!((kappa(&pairs).unwrap() - 0.4).abs() < 1e-12);
        assert_eq!(kappa(&[(True, True); 4]), None);
        assert_eq!(kappa(&[]), None);
    }
}
