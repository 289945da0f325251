//! A graph with a million names, and prose that mentions some of them.

use std::path::Path;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use touchstone_graph::model::{GraphName, Literal, NamedNode, Quad};
use touchstone_graph::vocabulary::rdfs;
use touchstone_graph::{GraphError, Store};

const SEED: u64 = 20_260;
/// Facts in one transaction, so that a small machine holds it.
const BATCH: usize = 100_000;

const SYLLABLES: &[&str] = &[
    "ka", "ben", "dor", "mi", "ster", "wick", "lan", "tho", "ra", "vel", "quin", "sha", "mor", "ton", "ber",
    "gen", "fal", "hu", "jo", "pra", "na", "ti", "sel", "ur", "den", "gra", "lo", "wes", "kir", "bal",
];
const WORDS: &[&str] = &[
    "the",
    "of",
    "and",
    "in",
    "was",
    "is",
    "a",
    "to",
    "for",
    "with",
    "on",
    "by",
    "that",
    "as",
    "at",
    "from",
    "his",
    "which",
    "city",
    "people",
    "during",
    "between",
    "company",
    "government",
    "several",
    "largest",
    "population",
    "university",
    "located",
    "founded",
    "published",
    "national",
    "after",
    "their",
    "known",
];
/// Common characters are many; rare ones are rare.
const HAN: u32 = 3_000;

/// English and Chinese labels of as many entities as half the number.
pub(crate) fn labels(count: usize) -> Vec<(String, String)> {
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    (0..count / 2)
        .map(|_| {
            let words: Vec<String> = (0..random.random_range(1..4)).map(|_| name_word(&mut random)).collect();
            let han = (0..random.random_range(2..6)).map(|_| han(&mut random)).collect();
            (words.join(" "), han)
        })
        .collect()
}

fn name_word(random: &mut ChaCha8Rng) -> String {
    let word: String = (0..random.random_range(2..4)).map(|_| pick(SYLLABLES, random)).collect();
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn han(random: &mut ChaCha8Rng) -> char {
    let rank: f64 = random.random_range(0.0..1.0);
    char::from_u32(0x4e00 + (rank * rank * f64::from(HAN)) as u32).unwrap_or('一')
}

fn pick<T: Copy>(from: &[T], random: &mut ChaCha8Rng) -> T {
    from[random.random_range(0..from.len())]
}

/// Prose of about so many bytes, in which every sixth word is a name.
pub(crate) fn english(labels: &[(String, String)], bytes: usize) -> String {
    let mut random = ChaCha8Rng::seed_from_u64(SEED + 1);
    let mut text = String::with_capacity(bytes + 100);
    while text.len() < bytes {
        match random.random_range(0..60) {
            0..10 => text.push_str(&labels[random.random_range(0..labels.len())].0),
            10..13 => text.push_str("1987"),
            _ => text.push_str(pick(WORDS, &mut random)),
        }
        text.push_str(if random.random_range(0..12) == 0 { ". " } else { " " });
    }
    text
}

pub(crate) fn chinese(labels: &[(String, String)], bytes: usize) -> String {
    let mut random = ChaCha8Rng::seed_from_u64(SEED + 2);
    let mut text = String::with_capacity(bytes + 100);
    while text.len() < bytes {
        match random.random_range(0..20) {
            0..3 => text.push_str(&labels[random.random_range(0..labels.len())].1),
            3 => text.push('。'),
            _ => text.push(han(&mut random)),
        }
    }
    text
}

/// Writes a store of these labels, unless it lies there already.
pub(crate) fn store(folder: &Path, labels: &[(String, String)]) -> Result<Store, GraphError> {
    let store = Store::create_or_open(folder)?;
    let batches = labels.len().div_ceil(BATCH) as u64;
    for batch in store.epoch()?..batches {
        let from = batch as usize * BATCH;
        store.change(|transaction| {
            for (at, (english, chinese)) in labels.iter().enumerate().skip(from).take(BATCH) {
                let node = NamedNode::new_unchecked(format!("https://example.org/entity/{at}"));
                for (text, language) in [(english, "en"), (chinese, "zh")] {
                    let label = Literal::new_language_tagged_literal_unchecked(text, language);
                    let quad =
                        Quad::new(node.clone(), rdfs::LABEL.into_owned(), label, GraphName::DefaultGraph);
                    transaction.insert(quad.as_ref());
                }
            }
            Ok(())
        })?;
    }
    // As an import does.
    store.inner().flush()?;
    Ok(store)
}
