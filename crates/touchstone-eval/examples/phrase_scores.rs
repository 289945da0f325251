//! Writes what a model scores for phrases of which the relation is known, from
//! which the weights in `touchstone-check/src/deep/phrases/calibration.toml`
//! are fitted: `phrase_scores MODEL.gguf THESAURUS.toml COUNT > scores.jsonl`.
//!
//! The phrases are those of the thesaurus. Each is held against a list of
//! relations with the right one, and against one without it.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rand::seq::{IndexedRandom, SliceRandom};
use serde::Deserialize;
use touchstone_check::deep::phrases::{PhraseQuestion, PhraseResolver, Relation};
use touchstone_llama::{LlamaEngine, LlamaOptions};

/// Relations of one list.
const LIST: usize = 20;
const PHRASES_PER_RELATION: usize = 3;

#[derive(Deserialize)]
struct Thesaurus {
    relation: Vec<Entry>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry {
    names: Vec<String>,
    nouns: Vec<String>,
    roles: Vec<String>,
    verbs: Vec<String>,
    participles: Vec<String>,
    reverse: Vec<String>,
    nouns_zh: Vec<String>,
    verbs_zh: Vec<String>,
    reverse_zh: Vec<String>,
}

impl Entry {
    fn phrases(&self, chinese: bool) -> Vec<String> {
        let past = touchstone_graph::past_tense;
        let plain = |text: &String| text.replace("(a)", "a").replace("one's", "their");
        let mut found = Vec::new();
        if chinese {
            found.extend(self.nouns_zh.iter().map(|n| format!("X的{n}是Y")));
            found.extend(self.verbs_zh.iter().map(|v| format!("X{v}Y")));
            found.extend(self.reverse_zh.iter().map(|v| format!("X{v}Y")));
            return found;
        }
        found.extend(self.nouns.iter().map(|n| format!("the {n} of X is Y")));
        found.extend(self.nouns.iter().map(|n| format!("X is the {n} of Y")));
        found.extend(self.roles.iter().map(|r| format!("X is a {} Y", plain(r))));
        found.extend(self.participles.iter().map(|p| format!("X was {} Y", plain(p))));
        found.extend(self.verbs.iter().map(|v| format!("X {} Y", past(&plain(v)))));
        found.extend(self.reverse.iter().map(|v| format!("X {} Y", past(&plain(v)))));
        found
    }

    fn names_in(&self, chinese: bool) -> Vec<String> {
        let han = |name: &&String| name.chars().any(touchstone_graph::is_han) == chinese;
        self.names.iter().filter(han).cloned().collect()
    }
}

fn relation(entry: &Entry, chinese: bool) -> Relation {
    let mut names = entry.names_in(chinese);
    let label = names.remove(0);
    Relation { label, aliases: names }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, thesaurus, count] = arguments.as_slice() else {
        return Err("give MODEL.gguf THESAURUS.toml COUNT".into());
    };
    let thesaurus: Thesaurus = toml::from_str(&std::fs::read_to_string(thesaurus)?)?;
    let engine = Arc::new(LlamaEngine::load(Path::new(model), &LlamaOptions::default())?);
    let resolver = PhraseResolver::uncalibrated(engine);
    let mut random = ChaCha8Rng::seed_from_u64(4);
    let mut written = 0;
    let count: usize = count.parse()?;
    for chinese in [false, true] {
        let usable =
            |entry: &&Entry| !entry.names_in(chinese).is_empty() && !entry.phrases(chinese).is_empty();
        let mut entries: Vec<&Entry> = thesaurus.relation.iter().filter(usable).collect();
        entries.shuffle(&mut random);
        let lists: Vec<&[&Entry]> = entries.chunks(LIST).collect();
        let enough = if chinese { count } else { count * 2 / 3 };
        'lists: for (at, list) in lists.iter().enumerate() {
            let other = lists[(at + 1) % lists.len()];
            let mut asked = Vec::new();
            for (number, entry) in list.iter().enumerate() {
                let phrases = entry.phrases(chinese);
                for phrase in phrases.sample(&mut random, PHRASES_PER_RELATION) {
                    asked.push((number, phrase.clone()));
                }
            }
            asked.shuffle(&mut random);
            for against in [*list, other] {
                let relations: Vec<Relation> = against.iter().map(|e| relation(e, chinese)).collect();
                for (number, phrase) in asked.iter().take(enough / lists.len()) {
                    let entry = list[*number];
                    // Some phrases are said of several relations.
                    let holds = |relation: &Relation| {
                        against
                            .iter()
                            .any(|e| e.names.contains(&relation.label) && e.phrases(chinese).contains(phrase))
                    };
                    let right: Vec<usize> = (0..relations.len()).filter(|i| holds(&relations[*i])).collect();
                    if written >= count {
                        break 'lists;
                    }
                    let scores = resolver.scores(&PhraseQuestion { phrase, relations: &relations })?;
                    written += 1;
                    let label = entry.names.first();
                    println!(
                        "{}",
                        serde_json::json!({ "phrase": phrase, "of": label, "right": right, "scores": scores })
                    );
                }
            }
        }
    }
    Ok(())
}
