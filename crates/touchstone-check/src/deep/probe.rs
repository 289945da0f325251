//! The weights with which the model's state is read, one file for each model.

use std::sync::LazyLock;

use serde::Deserialize;
use touchstone_graph::{fold, is_han};

use super::judge::Opinion;

/// The words whose log-probabilities are read, with a space before each:
/// ordinary ones that are single tokens, some of them answers to the
/// questions and the rest drawn at random.
pub fn words() -> &'static [&'static str] {
    static WORDS: LazyLock<Vec<&'static str>> =
        LazyLock::new(|| include_str!("probe/words.txt").lines().collect());
    &WORDS
}

/// Names of the features that need no model, in their order.
pub const SURFACE: [&str; 5] = [
    "words of the claim in the passage",
    "negation in one of them only",
    "numbers of the claim in the passage",
    "the passage hedges",
    "the claim is a question",
];

/// A multinomial logistic regression over the log-probabilities of words and
/// the features of the surface, and what turns its scores into probabilities.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    /// SHA-256 of the model's file.
    model: String,
    /// Where the weights come from.
    #[serde(rename = "provenance")]
    _provenance: String,
    supported: Weights,
    refuted: Weights,
    not_enough: Weights,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Weights {
    constant: f64,
    surface: [f64; SURFACE.len()],
    /// For each question one for each of the [`words`], in thousandths.
    state: Vec<Vec<f64>>,
}

impl Weights {
    fn score(&self, state: &[Vec<f64>], surface: &[f64; SURFACE.len()]) -> f64 {
        let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let read: f64 = self.state.iter().zip(state).map(|(weights, own)| product(weights, own)).sum();
        self.constant + product(&self.surface, surface) + read / 1000.0
    }
}

impl Probe {
    /// The weights that come with the program for a model.
    pub fn shipped(model_sha256: &str) -> Option<&'static Probe> {
        static SHIPPED: LazyLock<Vec<Probe>> = LazyLock::new(|| {
            // The files are part of the program; a test reads them.
            [include_str!("probe/qwen2.5-coder-1.5b.toml")]
                .iter()
                .filter_map(|text| toml::from_str(text).ok())
                .collect()
        });
        SHIPPED.iter().find(|probe| probe.model == model_sha256)
    }

    /// `state` holds the log-probabilities of the words behind each question.
    pub fn opinion(&self, state: &[Vec<f64>], surface: &[f64; SURFACE.len()]) -> Opinion {
        // How likely all the words are together says nothing of the pair.
        let centred: Vec<Vec<f64>> = state
            .iter()
            .map(|own| {
                let mean = own.iter().sum::<f64>() / own.len().max(1) as f64;
                own.iter().map(|value| value - mean).collect()
            })
            .collect();
        let scores = [&self.supported, &self.refuted, &self.not_enough].map(|w| w.score(&centred, surface));
        let highest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let parts = scores.map(|score| (score - highest).exp());
        let sum: f64 = parts.iter().sum();
        Opinion { supported: parts[0] / sum, refuted: parts[1] / sum, not_enough: parts[2] / sum }
    }
}

/// What can be seen of a pair without a model.
pub fn surface(claim: &str, passage: &str) -> [f64; SURFACE.len()] {
    [
        shared(&stems(claim), &stems(passage)),
        f64::from(denies(claim) != denies(passage)),
        shared(&numbers(claim), &numbers(passage)),
        f64::from(hedges(passage)),
        f64::from(claim.trim_end().ends_with(['?', '？'])),
    ]
}

/// Longer words by their first letters, Chinese by its characters.
fn stems(text: &str) -> Vec<String> {
    const LETTERS: usize = 6;
    let folded = fold(text);
    let latin = folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.chars().count() > 3 && !word.chars().any(is_han))
        .map(|word| word.chars().take(LETTERS).collect());
    let han = folded.chars().filter(|c| is_han(*c)).map(|c| c.to_string());
    latin.chain(han).collect()
}

fn numbers(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_ascii_digit()).filter(|digits| !digits.is_empty()).map(str::to_owned).collect()
}

/// The share of the first that the second has too; half where there is none.
fn shared(part: &[String], whole: &[String]) -> f64 {
    if part.is_empty() {
        return 0.5;
    }
    part.iter().filter(|word| whole.contains(word)).count() as f64 / part.len() as f64
}

fn has(text: &str, words: &[&str], chinese: &[&str]) -> bool {
    let folded = fold(text);
    folded.split(|c: char| !c.is_alphanumeric() && c != '\'').any(|word| words.contains(&word))
        || chinese.iter().any(|word| text.contains(word))
}

fn denies(text: &str) -> bool {
    const WORDS: &[&str] =
        &["not", "no", "never", "cannot", "without", "neither", "nor", "unlikely", "fails", "lack"];
    let folded = fold(text);
    has(text, WORDS, &["不", "没有", "未", "无"])
        || folded.split(|c: char| !c.is_alphanumeric() && c != '\'').any(|word| word.ends_with("n't"))
}

fn hedges(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "may",
        "might",
        "could",
        "suggest",
        "suggests",
        "possible",
        "possibly",
        "potential",
        "potentially",
        "likely",
        "unclear",
        "unknown",
        "insufficient",
        "hypothesis",
        "hypothesize",
        "whether",
    ];
    has(text, WORDS, &["可能", "或许", "尚不清楚", "提示"])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_shipped_probes_are_whole() {
        let probe: Probe = toml::from_str(include_str!("probe/qwen2.5-coder-1.5b.toml")).unwrap();
        for weights in [&probe.supported, &probe.refuted, &probe.not_enough] {
            assert_eq!(weights.state.len(), super::super::judge::QUESTIONS.len());
            assert!(weights.state.iter().all(|own| own.len() == words().len()));
        }
        assert!(Probe::shipped(&probe.model).is_some());
        assert!(Probe::shipped("another model").is_none());
    }

    #[test]
    fn probabilities_add_up_and_a_shift_of_all_words_changes_nothing() {
        let probe: Probe = toml::from_str(include_str!("probe/qwen2.5-coder-1.5b.toml")).unwrap();
        let state = |shift: f64| -> Vec<Vec<f64>> {
            (0..4).map(|q| (0..words().len()).map(|w| shift - ((q + w) % 7) as f64).collect()).collect()
        };
        let opinion = probe.opinion(&state(0.0), &[0.5; SURFACE.len()]);
        assert!((opinion.supported + opinion.refuted + opinion.not_enough - 1.0).abs() < 1e-9);
        let shifted = probe.opinion(&state(-9.0), &[0.5; SURFACE.len()]);
        assert!((opinion.supported - shifted.supported).abs() < 1e-9);
    }

    #[test]
    fn the_surface_is_counted() {
        assert!((shared(&stems("Masks reduce spread"), &stems("masks reduced it")) - 2.0 / 3.0).abs() < 1e-9);
        assert!(denies("It isn't so") && denies("并不有效") && !denies("It is so"));
        assert!(hedges("This may help.") && !hedges("This helps."));
        assert_eq!(surface("It takes 12 days?", "It takes 12 days."), [1.0, 0.0, 1.0, 0.0, 1.0]);
    }
}
