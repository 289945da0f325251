//! How questions ask for a relation, and how it is put into words: the labels
//! of a predicate, taken apart where they are a program's names, and what the
//! thesaurus knows of them.

use touchstone_core::Language;

use super::super::inflect::{english_forms, plural};
use super::super::verb;
use super::{INDEX, Relation, ThingKind, by_name, inflected, plural_phrase, variants};
use crate::lexicon::{fold, is_han};
use crate::ontology::{Label, Predicate, ValueKind};

/// What a cue says of the side that it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CueRole {
    /// Names the value: "director".
    Noun,
    /// The subject does it: "lives in".
    Verb,
    /// The value does it: "directs".
    Reverse,
    /// Names the subject by its relation: "native of".
    Role,
    /// Points to the relation, from no side.
    Hint,
}

/// A phrase that asks for a predicate.
#[derive(Clone, Debug, PartialEq)]
pub struct Cue {
    /// Folded.
    pub phrase: String,
    pub language: Language,
    pub role: CueRole,
    /// 0 to 1: how surely it means this relation and no other.
    pub weight: f32,
    /// Joins two of a kind: "co-directed with".
    pub mutual: bool,
}

/// How a predicate is asked for and spoken of.
#[derive(Clone, Debug, Default)]
pub struct Wording {
    pub cues: Vec<Cue>,
    /// What kind of thing the value is.
    pub kind: Option<ThingKind>,
    /// Nouns for what has the relation, folded: "film".
    pub subjects: Vec<String>,
    noun: [Option<String>; 2],
    /// The value does this to the subject, as a participle: "directed".
    passive: Option<String>,
}

const CERTAIN: f32 = 1.0;
const RELATED: f32 = 0.9;
const HEAD: f32 = 0.85;
/// "mother of" says child, but a graph with parents means those.
const ROLE: f32 = 0.9;
const HINT: f32 = 0.6;

impl Wording {
    /// The noun for the value, in a language.
    pub fn noun(&self, language: Language) -> Option<&str> {
        self.noun[language as usize].as_deref()
    }

    /// "directed", where the value does it to the subject.
    pub fn passive(&self) -> Option<&str> {
        self.passive.as_deref()
    }

    fn add(&mut self, phrase: &str, language: Language, role: CueRole, weight: f32) {
        let phrase = fold(phrase);
        let phrase = phrase.trim();
        if phrase.is_empty() {
            return;
        }
        match self.cues.iter_mut().find(|cue| cue.phrase == phrase && cue.role == role) {
            Some(known) => known.weight = known.weight.max(weight),
            None => self.cues.push(Cue { phrase: phrase.to_owned(), language, role, weight, mutual: false }),
        }
    }

    fn relation(&mut self, relation: &Relation, weight: f32) {
        let english = Language::English;
        for noun in &relation.nouns {
            self.add(noun, english, CueRole::Noun, weight);
            self.add(&plural_phrase(noun), english, CueRole::Noun, weight);
        }
        for phrase in relation.roles.iter().flat_map(|phrase| variants(phrase)) {
            let noun = without_preposition(&phrase).to_owned();
            self.add(&plural(&noun), english, CueRole::Role, weight * ROLE);
            self.add(&noun, english, CueRole::Role, weight * ROLE);
        }
        for phrase in relation.verbs.iter().flat_map(|phrase| variants(phrase)) {
            self.verb(&phrase, CueRole::Verb, weight);
        }
        for phrase in relation.participles.iter().flat_map(|phrase| variants(phrase)) {
            self.add(&phrase, english, CueRole::Verb, weight);
        }
        for phrase in &relation.reverse {
            self.verb(phrase, CueRole::Reverse, weight);
            let (head, tail) = phrase.split_once(' ').unwrap_or((phrase, ""));
            if head.len() > 2 {
                for joined in ["co", "co-"] {
                    let first = self.cues.len();
                    self.verb(&format!("{joined}{head} {tail}"), CueRole::Reverse, weight * RELATED);
                    self.cues[first..].iter_mut().for_each(|cue| cue.mutual = true);
                }
            }
        }
        for noun in &relation.kinds {
            self.add(noun, english, CueRole::Noun, weight * HEAD);
        }
        for noun in &relation.people {
            self.add(noun, english, CueRole::Role, weight);
            self.add(&plural(noun), english, CueRole::Role, weight);
        }
        for hint in &relation.hints {
            self.add(hint, english, CueRole::Hint, weight * HINT);
            if !hint.contains(' ') {
                self.add(&plural(hint), english, CueRole::Hint, weight * HINT);
            }
        }
        let chinese = Language::Chinese;
        for (phrases, role, weight) in [
            (&relation.nouns_zh, CueRole::Noun, weight),
            (&relation.verbs_zh, CueRole::Verb, weight),
            (&relation.reverse_zh, CueRole::Reverse, weight),
            (&relation.kinds_zh, CueRole::Noun, weight * HEAD),
            (&relation.people_zh, CueRole::Role, weight),
            (&relation.hints_zh, CueRole::Hint, weight * HINT),
        ] {
            phrases.iter().for_each(|phrase| self.add(phrase, chinese, role, weight));
        }
    }

    fn verb(&mut self, phrase: &str, role: CueRole, weight: f32) {
        let phrase = phrase.trim();
        let (head, tail) =
            phrase.split_once(' ').map_or((phrase, String::new()), |(h, t)| (h, format!(" {t}")));
        for form in inflected(phrase).iter().filter(|form| !form.starts_with("used to")) {
            self.add(form, Language::English, role, weight);
        }
        self.add(&format!("{}{tail}", verb::forms(head).participle), Language::English, role, weight);
    }

    fn label(&mut self, label: &Label) {
        let chinese = label.language == Some(Language::Chinese) || label.text.chars().any(is_han);
        if chinese {
            self.add(&label.text, Language::Chinese, CueRole::Noun, CERTAIN);
            return;
        }
        let name = plain_name(&label.text);
        let english = Language::English;
        if let Some(participle) = name.strip_suffix(" by").filter(|rest| !rest.contains(' ')) {
            for base in bases(participle) {
                self.verb(&base, CueRole::Reverse, CERTAIN);
            }
        } else if let Some(role) = name.strip_suffix(" of") {
            self.add(role, english, CueRole::Role, CERTAIN);
        } else {
            let words = name.split(' ').count();
            let preposition = words > 1 && without_preposition(&name) != name;
            let role = if preposition { CueRole::Verb } else { CueRole::Noun };
            for form in english_forms(&name) {
                self.add(&form, english, role, CERTAIN);
            }
        }
    }
}

impl Predicate {
    /// How this predicate is asked for and spoken of.
    pub fn wording(&self) -> Wording {
        let mut wording = Wording::default();
        for label in &self.labels {
            wording.label(label);
        }
        let mut found = relations_of(&self.labels);
        // A predicate between things is no date or number of that name.
        if self.value_kind == ValueKind::Entity && !(self.range.is_empty() && self.inverses.is_empty()) {
            found.retain(|(relation, _)| !matches!(relation.kind, Some(ThingKind::Time | ThingKind::Number)));
        }
        for (relation, weight) in &found {
            wording.relation(relation, *weight);
        }
        if let Some((relation, _)) = found.first() {
            wording.kind = relation.kind;
            wording.subjects = relation.subjects.iter().map(|noun| fold(noun)).collect();
            wording.passive = relation
                .reverse
                .first()
                .filter(|phrase| !phrase.contains(' '))
                .map(|phrase| verb::forms(phrase).participle);
        }
        wording.noun =
            Language::ALL.map(|language| self.value_noun(language, found.first().map(|(r, _)| *r)));
        wording
    }

    /// The label where it is a noun, else the thesaurus's.
    fn value_noun(&self, language: Language, relation: Option<&Relation>) -> Option<String> {
        let chinese = language == Language::Chinese;
        let known = relation.and_then(|r| if chinese { r.nouns_zh.first() } else { r.nouns.first() });
        let own = self
            .labels
            .iter()
            .filter(|label| {
                let han = label.text.chars().any(is_han);
                label.language == Some(language) || label.language.is_none() && han == chinese
            })
            .max_by_key(|label| label.preferred)
            .map(|label| if chinese { label.text.clone() } else { plain_name(&label.text) });
        let noun_like = |name: &String| {
            chinese || {
                let has_relation = relation.is_some_and(|r| r.nouns.iter().any(|noun| noun == name));
                has_relation || (without_preposition(name) == name && relation.is_none())
            }
        };
        own.clone().filter(noun_like).or_else(|| known.cloned()).or(own)
    }
}

/// The thesaurus's relations that the labels may mean, the surest first.
fn relations_of(labels: &[Label]) -> Vec<(&'static Relation, f32)> {
    let mut found: Vec<(usize, f32)> = Vec::new();
    let mut add = |at: usize, weight: f32| {
        if !found.iter().any(|(known, _)| *known == at) {
            found.push((at, weight));
        }
    };
    let exact = super::named(labels)
        .and_then(|relation| INDEX.relations.iter().position(|known| std::ptr::eq(known, relation)));
    exact.into_iter().for_each(|at| add(at, CERTAIN));
    for label in labels.iter().filter(|label| !label.text.chars().any(is_han)) {
        let name = plain_name(&label.text);
        by_name(&name).iter().for_each(|at| add(*at, CERTAIN));
        // Of "imdb rating" the thesaurus knows the last word.
        let head = name.rsplit(' ').next().unwrap_or_default();
        if exact.is_none() && head.len() < name.len() {
            by_name(head).iter().for_each(|at| add(*at, HEAD));
        }
    }
    let others: Vec<usize> = found
        .iter()
        .filter_map(|(at, _)| INDEX.relations.get(*at))
        .flat_map(|relation| relation.also.iter().flat_map(|name| by_name(name)))
        .copied()
        .collect();
    for at in others {
        if !found.iter().any(|(known, _)| *known == at) {
            found.push((at, RELATED));
        }
    }
    found.into_iter().filter_map(|(at, weight)| Some((INDEX.relations.get(at)?, weight))).collect()
}

/// A program's name as words: `has_genre`, `birthPlace`,
/// `/people/person/place_of_birth`.
pub(crate) fn plain_name(label: &str) -> String {
    let text = label.trim();
    let last = match text.rsplit(['/', '#']).next() {
        Some(last) if !text.contains(' ') && !last.is_empty() => last,
        _ => text,
    };
    let last = if last.contains(' ') { last } else { last.rsplit('.').next().unwrap_or(last) };
    let mut spaced = String::with_capacity(last.len() + 4);
    let mut lower = false;
    for c in last.chars() {
        if c == '_' || c == '-' && !last.contains(' ') {
            spaced.push(' ');
        } else {
            if lower && c.is_uppercase() {
                spaced.push(' ');
            }
            spaced.push(c);
        }
        lower = c.is_lowercase();
    }
    let folded = fold(&spaced);
    let mut name = folded.split_whitespace().collect::<Vec<_>>().join(" ");
    for opening in ["has ", "is ", "was ", "in "] {
        if let Some(rest) = name.strip_prefix(opening).filter(|rest| !rest.is_empty()) {
            name = rest.to_owned();
            break;
        }
    }
    name
}

fn without_preposition(phrase: &str) -> &str {
    const LAST: [&str; 12] =
        [" of", " in", " by", " to", " with", " at", " on", " for", " from", " as", " into", " than"];
    LAST.iter().find_map(|preposition| phrase.strip_suffix(preposition)).unwrap_or(phrase)
}

/// The base forms that a participle in -ed may have.
fn bases(participle: &str) -> Vec<String> {
    match participle.strip_suffix("ed").filter(|stem| stem.len() > 1) {
        Some(stem) => vec![stem.to_owned(), format!("{stem}e")],
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ontology::Label;

    #[test]
    fn names_of_programs_become_words() {
        assert_eq!(plain_name("has_genre"), "genre");
        assert_eq!(plain_name("birthPlace"), "birth place");
        assert_eq!(plain_name("people.person.place_of_birth"), "place of birth");
        assert_eq!(plain_name("http://example.org/ns#in_language"), "language");
        assert_eq!(plain_name("has imdb rating"), "imdb rating");
    }

    #[test]
    fn relations_are_found_by_name_by_plain_name_and_by_head() {
        let of = |text: &str| {
            let label = Label { text: text.to_owned(), language: None, preferred: true };
            relations_of(&[label]).into_iter().map(|(r, _)| r.names[0].as_str()).collect::<Vec<_>>()
        };
        assert_eq!(of("has genre")[0], "genre");
        assert_eq!(of("has imdb rating")[0], "rating");
        assert_eq!(of("written by"), ["author", "screenwriter"]);
        assert!(of("curated by").is_empty());
    }
}
