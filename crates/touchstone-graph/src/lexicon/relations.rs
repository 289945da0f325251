//! How a language speaks of the relations that most graphs have: from the
//! label of a predicate to the phrases that state it.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;
use touchstone_core::Language;

use super::inflect::{PREPOSITIONS, plural};
use super::verb::{self, VerbForms};
use super::{fold, is_han};
use crate::ontology::Label;

/// What a phrase says of the relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Role {
    /// The subject stands before it, or the value fills its place.
    Forward,
    /// The value stands before it: "Y owns X".
    Reversed,
    /// A noun behind the value: "the French language".
    ValueNoun,
    /// A noun for the subject, with the value before it: "a French citizen".
    SubjectNoun,
    /// Joined to the value by a hyphen: "Paris-based".
    Compound,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Expression {
    pub(crate) text: String,
    pub(crate) language: Language,
    pub(crate) role: Role,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Thesaurus {
    relation: Vec<Relation>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Relation {
    names: Vec<String>,
    nouns: Vec<String>,
    roles: Vec<String>,
    verbs: Vec<String>,
    participles: Vec<String>,
    reverse: Vec<String>,
    reverse_participles: Vec<String>,
    kinds: Vec<String>,
    people: Vec<String>,
    compounds: Vec<String>,
    reciprocal: bool,
    classifies: bool,
    nouns_zh: Vec<String>,
    verbs_zh: Vec<String>,
    reverse_zh: Vec<String>,
    kinds_zh: Vec<String>,
    people_zh: Vec<String>,
    kind: Option<ThingKind>,
    subjects: Vec<String>,
    hints: Vec<String>,
    also: Vec<String>,
    hints_zh: Vec<String>,
}

/// What kind of thing a relation leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThingKind {
    Person,
    Place,
    Time,
    Number,
    Language,
    Group,
    Thing,
}

struct Index {
    relations: Vec<Relation>,
    by_name: HashMap<String, Vec<usize>>,
}

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    // The file is part of the program; a test reads it.
    let relations = toml::from_str::<Thesaurus>(include_str!("relations/thesaurus.toml"))
        .map_or_else(|_| Vec::new(), |thesaurus| thesaurus.relation);
    let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, relation) in relations.iter().enumerate() {
        for name in &relation.names {
            by_name.entry(fold(name)).or_default().push(at);
        }
    }
    Index { relations, by_name }
});

/// The relation that the labels name: by the preferred label, where the
/// thesaurus has it, else by the alternative that names the most.
fn named(labels: &[Label]) -> Option<&'static Relation> {
    let of = |label: &Label| by_name(&label.text);
    let preferred = labels.iter().filter(|label| label.preferred).flat_map(of).next();
    let best = preferred.copied().or_else(|| {
        let mut votes: HashMap<usize, usize> = HashMap::new();
        for at in labels.iter().flat_map(of) {
            *votes.entry(*at).or_default() += 1;
        }
        votes.into_iter().max_by_key(|(at, count)| (*count, usize::MAX - at)).map(|(at, _)| at)
    })?;
    INDEX.relations.get(best)
}

fn by_name(name: &str) -> &'static [usize] {
    INDEX.by_name.get(&fold(name)).map(Vec::as_slice).unwrap_or_default()
}

/// Whether a relation of this name holds both ways by its meaning.
pub(crate) fn reciprocal(labels: &[Label]) -> bool {
    named(labels).is_some_and(|relation| relation.reciprocal)
}

/// Whether "X is a V" states a relation of this name.
pub(crate) fn classifies(labels: &[Label]) -> bool {
    named(labels).is_some_and(|relation| relation.classifies)
}

/// What says the relation besides its own labels.
pub(crate) fn expressions(labels: &[Label]) -> Vec<Expression> {
    let mut found = Vec::new();
    if let Some(relation) = named(labels) {
        relation.express(&mut found);
    }
    for label in labels.iter().filter(|label| label.language != Some(Language::Chinese)) {
        passive(&label.text, &mut found);
    }
    found
}

/// "composed by" says that the value composes: of a label that the thesaurus
/// may not have.
fn passive(label: &str, found: &mut Vec<Expression>) {
    let Some(participle) = label.strip_suffix(" by").filter(|verb| !verb.contains(' ')) else { return };
    let Some(stem) = participle.strip_suffix("ed").filter(|stem| stem.len() > 1) else { return };
    for base in [stem.to_owned(), format!("{stem}e")] {
        let VerbForms { base, third, past, progressive, .. } = verb::forms(&base);
        for form in [base, third, past, progressive] {
            found.push(english(form, Role::Reversed));
        }
    }
}

impl Relation {
    fn express(&self, found: &mut Vec<Expression>) {
        for noun in &self.nouns {
            found.push(english(noun.clone(), Role::Forward));
            found.push(english(plural_phrase(noun), Role::Forward));
        }
        let verbatim = self.roles.iter().chain(&self.participles);
        found.extend(verbatim.flat_map(|phrase| variants(phrase)).map(|text| english(text, Role::Forward)));
        if self.reciprocal {
            // "they are married", "X and Y share a border"
            let verbs = self.verbs.iter().flat_map(|phrase| variants(phrase));
            let stems = verbs.filter_map(|phrase| without_preposition(&phrase).map(inflected)).flatten();
            let participles =
                self.participles.iter().filter_map(|p| without_preposition(p).map(str::to_owned));
            found.extend(stems.chain(participles).map(|text| english(text, Role::Forward)));
        }
        found.extend(self.reverse_participles.iter().map(|text| english(text.clone(), Role::Reversed)));
        for phrase in self.verbs.iter().flat_map(|phrase| variants(phrase)) {
            found.extend(inflected(&phrase).into_iter().map(|text| english(text, Role::Forward)));
            if !phrase.contains(' ') {
                let participle = verb::forms(&phrase).participle;
                found.push(english(format!("{participle} by"), Role::Reversed));
            }
        }
        for phrase in &self.reverse {
            found.extend(inflected(phrase).into_iter().map(|text| english(text, Role::Reversed)));
            if !phrase.contains(' ') {
                let participle = verb::forms(phrase).participle;
                found.push(english(format!("{participle} by"), Role::Forward));
            }
        }
        found.extend(self.kinds.iter().map(|noun| english(noun.clone(), Role::ValueNoun)));
        let people = self.people.iter().flat_map(|noun| [noun.clone(), plural_phrase(noun)]);
        found.extend(people.map(|noun| english(noun, Role::SubjectNoun)));
        found.extend(self.compounds.iter().map(|word| english(word.clone(), Role::Compound)));
        let chinese =
            |text: &String, role| Expression { text: text.clone(), language: Language::Chinese, role };
        found.extend(self.nouns_zh.iter().chain(&self.verbs_zh).map(|text| chinese(text, Role::Forward)));
        found.extend(self.reverse_zh.iter().map(|text| chinese(text, Role::Reversed)));
        found.extend(self.people_zh.iter().map(|text| chinese(text, Role::SubjectNoun)));
        found.extend(self.kinds_zh.iter().map(|text| chinese(text, Role::ValueNoun)));
    }
}

fn english(text: String, role: Role) -> Expression {
    Expression { text, language: Language::English, role }
}

/// "(a)" is an article or none, "one's" any possessive.
fn variants(phrase: &str) -> Vec<String> {
    let mut all = vec![phrase.to_owned()];
    if phrase.contains("(a) ") {
        all = ["", "a ", "an ", "the "].iter().map(|article| phrase.replace("(a) ", article)).collect();
    }
    if phrase.contains("one's") {
        let possessives = ["his", "her", "their", "its"];
        all = all.iter().flat_map(|p| possessives.map(|own| p.replace("one's", own))).collect();
    }
    all
}

fn without_preposition(phrase: &str) -> Option<&str> {
    let (stem, last) = phrase.rsplit_once(' ')?;
    PREPOSITIONS.contains(&last).then_some(stem)
}

/// The verb at the head of a phrase in all its forms.
fn inflected(phrase: &str) -> Vec<String> {
    let (head, tail) = phrase.split_once(' ').map_or((phrase, String::new()), |(h, t)| (h, format!(" {t}")));
    if head == "be" {
        return ["is", "are", "was", "were", "been"].iter().map(|form| format!("{form}{tail}")).collect();
    }
    // No participle: what "is written in" is another relation than "writes in".
    let VerbForms { base, third, past, progressive, .. } = verb::forms(head);
    let mut all: Vec<String> =
        [base, third, past, progressive].iter().map(|form| format!("{form}{tail}")).collect();
    all.push(format!("used to {phrase}"));
    all.dedup();
    all
}

/// "places of birth", "official languages".
fn plural_phrase(noun: &str) -> String {
    match noun.split_once(" of ") {
        Some((head, tail)) => format!("{} of {tail}", plural(head)),
        None if noun.chars().any(is_han) => noun.to_owned(),
        None => plural(noun),
    }
}

mod wording;

pub use wording::{Cue, CueRole, Wording};

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn label(text: &str) -> Label {
        Label { text: text.to_owned(), language: Some(Language::English), preferred: true }
    }

    #[test]
    fn the_thesaurus_is_well_formed() {
        let thesaurus: Thesaurus = toml::from_str(include_str!("relations/thesaurus.toml")).unwrap();
        for relation in &thesaurus.relation {
            assert!(!relation.names.is_empty());
            for role in &relation.roles {
                assert!(role.contains(' '), "{role} ends with no preposition");
            }
        }
    }

    #[test]
    fn labels_lead_to_phrases() {
        let found = expressions(&[label("place of death")]);
        let has = |text: &str, role| found.iter().any(|e| e.text == text && e.role == role);
        assert!(has("passed away in", Role::Forward));
        assert!(has("lost her life at", Role::Forward));
        let owned = expressions(&[label("Owned by")]);
        assert!(owned.iter().any(|e| e.text == "owns" && e.role == Role::Reversed));
        let unknown = expressions(&[label("curated by")]);
        assert!(unknown.iter().any(|e| e.text == "curated" && e.role == Role::Reversed));
        assert!(reciprocal(&[label("twin city")]));
    }
}
