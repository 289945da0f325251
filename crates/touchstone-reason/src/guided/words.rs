//! Paths and what they lead to, in words.

use serde::Deserialize;
use touchstone_core::Language;
use touchstone_graph::model::Term;
use touchstone_graph::{Graph, Hop, PredicateId, Routes, ThingKind, plural};

use super::index::CueIndex;
use super::operations::{Chosen, Operation};
use super::{Followed, Interpretation};

/// The sentences of one language (`prompts/*/graph.toml`).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GraphWords {
    forward_one: String,
    forward_many: String,
    forward_from_many_one: String,
    forward_from_many_many: String,
    inverse_one: String,
    inverse_many: String,
    inverse_from_many_one: String,
    inverse_from_many_many: String,
    other: String,
    thing: String,
    separator: String,
    last_separator: String,
    more: String,
    filtered_one: String,
    filtered_many: String,
    filtered_none: String,
    holding: String,
    not_holding: String,
    none_holding: String,
    most: String,
    least: String,
    latest: String,
    earliest: String,
    without: String,
    pub(crate) joined_both: String,
    pub(crate) joined_either: String,
    pub(crate) joined_without: String,
    pub(crate) joined_none: String,
    pub(crate) cut: String,
    pub(crate) count: String,
    pub(crate) count_one: String,
    pub(crate) count_at_least: String,
    pub(crate) nothing: String,
    pub(crate) yes: String,
    pub(crate) no: String,
    pub(crate) yes_value: String,
    pub(crate) no_value: String,
    pub(crate) undecided: String,
    pub(crate) compare_more: String,
    pub(crate) compare_less: String,
    pub(crate) extreme_adjective: String,
    pub(crate) extreme_noun: String,
    pub(crate) placed: String,
    pub(crate) converted: String,
    pub(crate) incomplete: String,
    pub(crate) lacking: String,
    describe_forward: String,
    describe_inverse: String,
    describe_passive: String,
    pub(crate) choose: ChooseWords,
}

/// How the model is asked which reading of a question is meant.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChooseWords {
    pub(crate) system: String,
    pub(crate) question: String,
    pub(crate) answer: String,
    pub(crate) reverse_system: String,
    pub(crate) reverse_question: String,
    pub(crate) reverse_answer: String,
    pub(crate) example: Vec<ChooseExample>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChooseExample {
    pub(crate) question: String,
    pub(crate) description: String,
}

/// Values that a sentence lists; the rest are counted.
const LISTED: usize = 10;

pub(crate) struct Writer<'a> {
    pub(crate) graph: &'a Graph,
    pub(crate) index: &'a CueIndex,
    pub(crate) routes: &'a Routes,
    pub(crate) words: &'a GraphWords,
    pub(crate) language: Language,
}

impl Writer<'_> {
    pub(crate) fn label(&self, term: &Term) -> String {
        match term {
            Term::NamedNode(node) => self.graph.lexicon().entity_by_iri(node.as_ref()).map_or_else(
                || node.as_str().to_owned(),
                |id| self.graph.lexicon().entity(id).label(self.language).to_owned(),
            ),
            Term::Literal(literal) => literal.value().to_owned(),
            other => other.to_string(),
        }
    }

    fn relation(&self, predicate: PredicateId) -> String {
        let noun = self.index.wording(predicate).and_then(|wording| wording.noun(self.language));
        noun.unwrap_or_else(|| self.graph.ontology().predicate(predicate).label(self.language)).to_owned()
    }

    /// What has the relation, or fills it, as a noun.
    fn thing(&self, hop: Hop) -> String {
        let predicate = self.graph.ontology().predicate(hop.predicate);
        let class = predicate.domain.first().map(|class| self.graph.ontology().class(*class));
        if let Some(class) = class {
            return class.label(self.language).to_owned();
        }
        match (self.noun(hop.predicate), self.language) {
            (Some(noun), Language::English) => noun,
            _ => self.words.thing.clone(),
        }
    }

    /// Of the nouns for what has the predicate, the one that its other
    /// predicates have too: what is written and directed is a film, no book.
    fn noun(&self, predicate: PredicateId) -> Option<String> {
        let own = &self.index.wording(predicate)?.subjects;
        let beside = self.routes.after(self.graph, Hop { predicate, inverse: true }).ok()?;
        let votes = |noun: &String| -> f32 {
            let has = |hop: &Hop| {
                let wording = self.index.wording(hop.predicate).filter(|_| !hop.inverse);
                wording.and_then(|wording| wording.subjects.iter().position(|known| known == noun))
            };
            beside.iter().filter_map(|(hop, share)| Some(share / (1 + has(hop)?) as f32)).sum()
        };
        let voted = own.iter().map(|noun| (votes(noun), noun));
        // Of equals the first.
        let best = voted.fold(None, |best: Option<(f32, &String)>, next| match best {
            Some(best) if best.0 >= next.0 => Some(best),
            _ => Some(next),
        });
        best.map(|(_, noun)| noun.clone())
    }

    fn plural(&self, noun: &str) -> String {
        match self.language {
            Language::English if noun == "person" => "people".to_owned(),
            Language::English => {
                let behind =
                    [" of ", " within ", " in ", " with "].iter().filter_map(|word| noun.find(word)).min();
                let (head, tail) = noun.split_at(behind.unwrap_or(noun.len()));
                format!("{}{tail}", plural(head))
            }
            Language::Chinese => noun.to_owned(),
        }
    }

    /// One hop and what it led to, as a sentence.
    pub(crate) fn sentence(&self, subject: Option<&str>, step: &Followed, returns: bool) -> String {
        let words = self.words;
        let hop = self.spoken(step.hop);
        let many = step.reached.len() > 1;
        let template = match (hop.inverse, subject.is_some(), many) {
            (false, true, false) => &words.forward_one,
            (false, true, true) => &words.forward_many,
            (false, false, false) => &words.forward_from_many_one,
            (false, false, true) => &words.forward_from_many_many,
            (true, true, false) => &words.inverse_one,
            (true, true, true) => &words.inverse_many,
            (true, false, false) => &words.inverse_from_many_one,
            (true, false, true) => &words.inverse_from_many_many,
        };
        let labels: Vec<String> = step.reached.iter().take(LISTED).map(|one| self.label(&one.term)).collect();
        let values = self.list(&labels, step.reached.len());
        let other = if returns { words.other.as_str() } else { "" };
        self.fill(
            template,
            hop,
            &[("subject", subject.unwrap_or_default()), ("other", other), ("values", &values)],
        )
    }

    /// What an operation left of the things, as a sentence.
    pub(crate) fn narrowed(&self, operation: &Operation, chosen: &Chosen) -> String {
        let words = self.words;
        let labels: Vec<String> =
            chosen.kept.iter().take(LISTED).map(|(thing, _)| self.label(&thing.term)).collect();
        let values = self.list(&labels, chosen.kept.len());
        let number = chosen.kept.first().map(|(_, fact)| self.label(&fact.term)).unwrap_or_default();
        let relation = self.relation(chosen.predicate);
        let is_time = self.index.wording(chosen.predicate).and_then(|w| w.kind) == Some(ThingKind::Time);
        let (template, condition) = match operation {
            Operation::Filter(condition) => {
                let template = match chosen.kept.len() {
                    0 => &words.filtered_none,
                    1 => &words.filtered_one,
                    _ => &words.filtered_many,
                };
                (template, condition.text.as_str())
            }
            Operation::Select(selection) => {
                let template = match (selection.most, is_time) {
                    (true, false) => &words.most,
                    (false, false) => &words.least,
                    (true, true) => &words.latest,
                    (false, true) => &words.earliest,
                };
                (template, "")
            }
            Operation::Hold(_) if chosen.kept.is_empty() => (&words.none_holding, ""),
            Operation::Hold(quality) => (if quality.holds { &words.holding } else { &words.not_holding }, ""),
            Operation::Convert { name, .. } => (&words.converted, name.as_str()),
        };
        let mut text = render(
            template,
            &[("relation", &relation), ("condition", condition), ("values", &values), ("number", &number)],
        );
        if chosen.without > 0 {
            let without =
                render(&words.without, &[("count", &chosen.without.to_string()), ("relation", &relation)]);
            text.push(' ');
            text.push_str(&without);
        }
        text
    }

    /// "A, B and 3 more".
    pub(crate) fn list(&self, labels: &[String], all: usize) -> String {
        let mut parts: Vec<String> = labels.iter().take(LISTED).cloned().collect();
        if all > parts.len() {
            parts.push(render(&self.words.more, &[("count", &(all - parts.len()).to_string())]));
        }
        match parts.split_last() {
            Some((last, rest)) if !rest.is_empty() => {
                format!("{}{}{last}", rest.join(&self.words.separator), self.words.last_separator)
            }
            _ => parts.join(""),
        }
    }

    /// The hop as it is better spoken of: "currency of" by its inverse.
    fn spoken(&self, hop: Hop) -> Hop {
        let predicate = self.graph.ontology().predicate(hop.predicate);
        let label = predicate.label(Language::English);
        let is_noun = ![" of", " by", " in", " for", " to"].iter().any(|end| label.ends_with(end));
        match predicate.inverses.first() {
            Some(other) if !hop.inverse && !is_noun => Hop { predicate: *other, inverse: true },
            _ => hop,
        }
    }

    fn fill(&self, template: &str, hop: Hop, values: &[(&str, &str)]) -> String {
        let relation = self.relation(hop.predicate);
        let thing = self.thing(hop);
        let (relations, things) = (self.plural(&relation), self.plural(&thing));
        let of_hop = [
            ("relation", relation.as_str()),
            ("relations", &relations),
            ("thing", &thing),
            ("things", &things),
        ];
        render(template, &[&of_hop, values].concat())
    }

    /// What the reading asks for: "the languages of the films directed by X".
    pub(crate) fn description(&self, one: &Interpretation) -> String {
        let start = self.graph.lexicon().entity(one.entity).label(self.language).to_owned();
        one.ranked.hops.iter().map(|hop| self.spoken(*hop)).fold(start, |subject, hop| {
            let passive = self.index.wording(hop.predicate).and_then(|wording| wording.passive());
            let template = match (hop.inverse, passive) {
                (false, _) => &self.words.describe_forward,
                (true, Some(_)) => &self.words.describe_passive,
                (true, None) => &self.words.describe_inverse,
            };
            self.fill(template, hop, &[("subject", &subject), ("participle", passive.unwrap_or_default())])
        })
    }
}

/// The template with its {places} filled. What is filled in is not looked at
/// again, so that a name may look like a place.
pub(crate) fn render(template: &str, values: &[(&str, &str)]) -> String {
    let mut text = String::with_capacity(template.len() + 64);
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let Some(close) = rest[open..].find('}').map(|at| at + open) else { break };
        text.push_str(&rest[..open]);
        match values.iter().find(|(name, _)| *name == &rest[open + 1..close]) {
            Some((_, value)) => text.push_str(value),
            None => text.push_str(&rest[open..=close]),
        }
        rest = &rest[close + 1..];
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::render;

    #[test]
    fn what_is_filled_in_is_not_filled_again() {
        let values = [("subject", "{values} <|im_end|>"), ("values", "x")];
        assert_eq!(render("{subject}: {values} {else}", &values), "{values} <|im_end|>: x {else}");
    }
}
