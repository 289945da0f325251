//! What a question takes for granted, as statements: "Ecuador's capital Lima"
//! says that Ecuador's capital is Lima.

use std::ops::Range;

use touchstone_core::{Claim, ClaimKind, Language};
use touchstone_graph::{Graph, PredicateId, ValueKind};

use crate::checker::Checker;
use crate::items::{Item, itemize};
use crate::read;

/// More statements than this are no question.
const MAX_PREMISES: usize = 8;

/// Openings of a question that asks whether its own statement holds.
const POLAR: &[&str] = &[
    "is", "are", "was", "were", "do", "does", "did", "has", "have", "had", "can", "could", "will", "would",
    "should",
];
const WH: &[&str] = &["which", "what", "whose", "how", "who", "whom", "where", "when"];
/// Openings of a clause that the question rests on.
const GIVEN_THAT: &[&str] =
    &["given that ", "since ", "because ", "now that ", "considering that ", "seeing that ", "knowing that "];
const GIVEN_THAT_ZH: &[&str] = &["既然", "由于", "因为", "鉴于", "已知"];
const WHY: &[&str] = &["why ", "how come ", "for what reason ", "since when ", "how long "];
const WHY_ZH: &[&str] = &["为什么", "为何", "为啥", "何以", "怎么会"];

/// Something that a question takes for granted.
#[derive(Clone, Debug, PartialEq)]
pub struct Premise {
    /// What it claims, each with its verdict and the statement in which it
    /// was put.
    pub claims: Vec<Claim>,
    /// Bytes of the question: the clause that says it, where the question asks
    /// the same without it. What "given that …" introduces may be what "its"
    /// means.
    pub aside: Option<Range<usize>>,
}

impl Checker {
    /// What a question takes for granted. What it asks itself is none of it.
    pub fn premises(&self, question: &str, language: Language) -> Vec<Premise> {
        let mut premises: Vec<Premise> = Vec::new();
        for Statement { text, aside } in statements(self.graph(), question, language) {
            let mut claims = self.check(&text).claims;
            claims.retain(|claim| {
                let known = premises.iter().flat_map(|premise| &premise.claims);
                let repeats = |known: &Claim| known.sentence == claim.sentence && known.text == claim.text;
                !matches!(claim.kind, ClaimKind::Statement | ClaimKind::Calculation)
                    && !known.into_iter().any(repeats)
            });
            if !claims.is_empty() {
                premises.push(Premise { claims, aside });
            }
        }
        premises
    }
}

/// A premise in words of its own, and the clause that says it.
struct Statement {
    text: String,
    aside: Option<Range<usize>>,
}

impl From<String> for Statement {
    fn from(text: String) -> Statement {
        Statement { text, aside: None }
    }
}

fn statements(graph: &Graph, question: &str, language: Language) -> Vec<Statement> {
    let mut found: Vec<Statement> = Vec::new();
    let sentences = read::sentences(question);
    for (at, sentence) in sentences.iter().enumerate() {
        let body = sentence.body();
        let text = &question[body.clone()];
        let asks = text.trim_end().ends_with(['?', '？']) || at + 1 == sentences.len();
        if !asks {
            continue;
        }
        let items = itemize(graph, text, 0..text.len(), language);
        let reader = Reader { graph, text, items: &items };
        let before = found.len();
        match language {
            Language::English => reader.english(&mut found),
            Language::Chinese => reader.chinese(&mut found),
        }
        for aside in found[before..].iter_mut().filter_map(|statement| statement.aside.as_mut()) {
            *aside = aside.start + body.start..aside.end + body.start;
        }
    }
    found.dedup_by(|next, kept| next.text == kept.text);
    found.truncate(MAX_PREMISES);
    found
}

struct Reader<'a> {
    graph: &'a Graph,
    text: &'a str,
    items: &'a [Item],
}

impl Reader<'_> {
    fn english(&self, found: &mut Vec<Statement>) {
        let lower = self.text.to_ascii_lowercase();
        if let Some(statement) = english_given(self.text, &lower) {
            found.push(statement.into());
        }
        if let Some(why) = WHY.iter().find(|why| lower.starts_with(**why)) {
            found.extend(self.asked_why(why.len()).map(Statement::from));
        }
        let opening = self.items.iter().find(|item| !item.is_punctuation());
        if opening.is_some_and(|item| item.is(POLAR)) {
            return;
        }
        for at in 0..self.items.len() {
            let put_beside =
                self.possessive(at).or_else(|| self.of_phrase(at)).or_else(|| self.apposition(at));
            found.extend(put_beside);
            found.extend(self.kind_named(at).map(Statement::from));
            found.extend(self.relative_clause(at));
        }
    }

    fn at(&self, at: usize) -> Option<&Item> {
        self.items.get(at)
    }

    fn named(&self, at: usize) -> Option<&Item> {
        self.at(at).filter(|item| !item.entities.is_empty())
    }

    fn relation(&self, at: usize) -> Option<&Item> {
        self.at(at).filter(|item| !item.predicates.is_empty())
    }

    fn words(&self, range: Range<usize>) -> &str {
        self.text[range].trim()
    }

    fn is(&self, at: usize, words: &[&str]) -> bool {
        self.at(at).is_some_and(|item| item.is(words))
    }

    /// "Ecuador's capital Lima", "Ecuador's capital, Lima,"
    fn possessive(&self, at: usize) -> Option<Statement> {
        let owner = self.named(at)?;
        let mark = self.at(at + 1)?;
        let possessive = ["'s", "'", "’s", "s"];
        if !(mark.is(&possessive) || mark.is(&["'"]) && self.is(at + 2, &["s"])) {
            return None;
        }
        let mut next = at + 2;
        if mark.is(&["'", "’"]) && self.is(next, &["s"]) {
            next += 1;
        }
        let relation = self.relation(next)?;
        let value = self.value_after(next + 1)?;
        let text = format!(
            "{} is {}.",
            self.words(owner.range.start..relation.range.end),
            self.words(value.range.clone())
        );
        Some(Statement { text, aside: Some(owner.range.start..value.range.start) })
    }

    /// "capital of Ecuador", "capital of the Netherlands": the relation, its
    /// owner, and what comes after them.
    fn relation_of(&self, at: usize) -> Option<(&Item, &Item, usize)> {
        let relation = self.relation(at)?;
        let of = self.is(at + 1, &["of"]);
        if !of && !relation.folded.ends_with(" of") {
            return None;
        }
        let next = at + 1 + usize::from(of);
        let next = next + usize::from(self.is(next, &["the"]));
        Some((relation, self.named(next)?, next + 1))
    }

    /// "the capital of Ecuador, Lima,"
    fn of_phrase(&self, at: usize) -> Option<Statement> {
        let (relation, owner, next) = self.relation_of(at)?;
        let comma = self.is(next, &[","]);
        let value = self.value_after(next)?;
        // "the capitals of Ecuador, Peru and Chile" lists owners.
        if comma && !self.fills(&relation.predicates, value) {
            return None;
        }
        let text = format!(
            "The {} is {}.",
            self.words(relation.range.start..owner.range.end),
            self.words(value.range.clone())
        );
        Some(Statement { text, aside: Some(relation.range.start..value.range.start) })
    }

    /// "Lima, the capital of Ecuador,"; "As the capital of Ecuador, Lima"
    fn apposition(&self, at: usize) -> Option<Statement> {
        let value = self.named(at)?;
        if !self.is(at + 1, &[","]) || !self.is(at + 2, &["the"]) {
            return None;
        }
        let (relation, owner, _) = self.relation_of(at + 3)?;
        let text = format!(
            "{} is the {}.",
            self.words(value.range.clone()),
            self.words(relation.range.start..owner.range.end)
        );
        Some(Statement { text, aside: Some(self.between_commas(at + 1, owner.range.end)) })
    }

    /// A name right here, or behind a comma: the value in an apposition.
    fn value_after(&self, at: usize) -> Option<&Item> {
        let at = if self.is(at, &[","]) { at + 1 } else { at };
        let at = if self.is(at, &["the"]) { at + 1 } else { at };
        let value = self.named(at)?;
        // "Ecuador's capital Lima's mayor" is about Lima; "… and Quito" lists.
        let lists = self.is(at + 1, &["and", "or", "、", "和"]);
        (!lists).then_some(value)
    }

    /// Whether the named thing is of a kind that the predicates lead to, and
    /// not of one that has them.
    fn fills(&self, predicates: &[PredicateId], value: &Item) -> bool {
        let ontology = self.graph.ontology();
        predicates.iter().any(|id| {
            let predicate = ontology.predicate(*id);
            let named = predicate.value_kind == ValueKind::Entity;
            value.entities.iter().any(|entity| {
                let types = self.graph.lexicon().types(*entity);
                named
                    && !types.is_empty()
                    && ontology.fits(types, &predicate.range)
                    && (predicate.domain.is_empty() || !ontology.fits(types, &predicate.domain))
            })
        })
    }

    /// "the country Lima", "the city of Lima"
    fn kind_named(&self, at: usize) -> Option<String> {
        let kind = self.at(at).filter(|item| !item.classes.is_empty() && item.entities.is_empty())?;
        if at == 0 || !self.is(at - 1, &["the"]) {
            return None;
        }
        // "of the capital Lima" says more than a kind; "which the country" asks.
        if at >= 2 && self.is(at - 2, WH) {
            return None;
        }
        let of = self.is(at + 1, &["of"]);
        // "the country of X" is where X lies.
        if of && !kind.predicates.is_empty() {
            return None;
        }
        // "the cities of X" are in X, and none is called so.
        let ontology = self.graph.ontology();
        let one = kind.classes.iter().any(|id| {
            ontology.class(*id).labels.iter().any(|label| touchstone_graph::fold(&label.text) == kind.folded)
        });
        if of && !one {
            return None;
        }
        let next = if of { at + 2 } else { at + 1 };
        let name = self.named(next)?;
        let noun = self.words(kind.range.clone());
        let article =
            if noun.starts_with(['a', 'e', 'i', 'o', 'u', 'A', 'E', 'I', 'O']) { "an" } else { "a" };
        Some(format!("{} is {article} {noun}.", self.words(name.range.clone())))
    }

    /// "Ecuador, whose capital is Lima,"
    fn whose(&self, at: usize) -> Option<Statement> {
        let owner = self.named(at)?;
        if !self.is(at + 1, &[","]) || !self.is(at + 2, &["whose"]) {
            return None;
        }
        let relation = self.relation(at + 3)?;
        if !self.is(at + 4, &["is", "was", "are", "were"]) {
            return None;
        }
        let value = self.at(at + 5)?;
        let end = self.clause_end(at + 5);
        let text = format!(
            "{}'s {} {} {}.",
            self.words(owner.range.clone()),
            self.words(relation.range.clone()),
            self.words(self.items[at + 4].range.clone()),
            self.words(value.range.start..end)
        );
        Some(Statement { text, aside: Some(self.between_commas(at + 1, end)) })
    }

    /// A clause with the commas that part it from the rest.
    fn between_commas(&self, comma: usize, end: usize) -> Range<usize> {
        let closed = self.text[end..].starts_with(',');
        self.items[comma].range.start..end + usize::from(closed)
    }

    /// Where the clause of the item ends: at the next comma or question mark.
    fn clause_end(&self, at: usize) -> usize {
        let mark = self.items[at..].iter().find(|item| item.is(&[",", "?"]));
        mark.map_or(self.text.len(), |item| item.range.start)
    }

    /// "Lima, which lies in Ecuador,"
    fn relative_clause(&self, at: usize) -> Option<Statement> {
        if let Some(statement) = self.whose(at) {
            return Some(statement);
        }
        let name = self.named(at)?;
        if !self.is(at + 1, &[","]) || !self.is(at + 2, &["which", "who", "that"]) {
            return None;
        }
        let first = self.at(at + 3)?;
        let end = self.clause_end(at + 3);
        let clause = self.words(first.range.start..end);
        (!clause.is_empty()).then(|| Statement {
            text: format!("{} {clause}.", self.words(name.range.clone())),
            aside: Some(self.between_commas(at + 1, end)),
        })
    }

    /// "Why is Lima the capital of Ecuador?", "Why does Ecuador use the euro?"
    fn asked_why(&self, opening: usize) -> Option<String> {
        let mut at =
            self.items.iter().position(|item| item.range.start >= opening && !item.is_punctuation())?;
        let auxiliary = self.at(at).filter(|item| item.is(POLAR))?;
        at += 1;
        let start = self.at(at)?.range.start;
        let first = (at..self.items.len()).find(|at| self.named(*at).is_some())?;
        // "Ecuador's capital", "the capital of Ecuador": up to where the
        // subject ends.
        let mut end = first;
        let possessive = |at: usize| self.is(at, &["'s", "’s"]);
        while possessive(end + 1) && self.relation(end + 2).is_some() {
            end += 2;
        }
        let subject = self.words(start..self.items[end].range.end);
        let rest = self.words(self.items[end].range.end..self.text.len()).trim_end_matches(['?', ' ']);
        if rest.is_empty() {
            return None;
        }
        Some(if auxiliary.is(&["do", "does", "did"]) {
            format!("{subject} {rest}.")
        } else {
            format!("{subject} {} {rest}.", auxiliary.folded)
        })
    }

    fn chinese(&self, found: &mut Vec<Statement>) {
        let text = self.text.trim_end_matches(['?', '？', ' ']);
        for opening in GIVEN_THAT_ZH {
            if let Some(rest) = text.strip_prefix(opening)
                && let Some((clause, _)) = rest.split_once(['，', ','])
            {
                found.push(format!("{clause}。").into());
            }
        }
        if let Some(why) = WHY_ZH.iter().find(|why| text.contains(**why)) {
            let text = format!("{}。", text.replacen(why, "", 1).trim_start_matches(['，', ',']));
            found.push(text.into());
        }
        if text.ends_with(['吗', '嘛']) || text.contains("是否") || text.contains("是不是") {
            return;
        }
        for at in 0..self.items.len() {
            found.extend(self.chinese_apposition(at));
            found.extend(self.chinese_clause(at));
            found.extend(self.chinese_kind(at).map(Statement::from));
        }
    }

    /// 厄瓜多尔的首都利马, 厄瓜多尔首都利马, 作为厄瓜多尔的首都，利马
    fn chinese_apposition(&self, at: usize) -> Option<Statement> {
        let owner = self.named(at)?;
        let next = if self.is(at + 1, &["的"]) { at + 2 } else { at + 1 };
        let relation = self.relation(next)?;
        let as_one = at > 0 && self.is(at - 1, &["作为", "身为"]);
        let value_at = if as_one && self.is(next + 1, &["，", ","]) { next + 2 } else { next + 1 };
        let value = self.named(value_at)?;
        if self.is(value_at + 1, &["、", "和", "与", "或", "还是"]) {
            return None;
        }
        let aside = (!as_one).then_some(owner.range.start..value.range.start);
        Some(Statement { text: self.chinese_fact(owner, relation, value), aside })
    }

    fn chinese_fact(&self, owner: &Item, relation: &Item, value: &Item) -> String {
        let [owner, relation, value] = [owner, relation, value].map(|item| self.words(item.range.clone()));
        format!("{owner}的{relation}是{value}。")
    }

    /// 首都是利马的厄瓜多尔
    fn chinese_clause(&self, at: usize) -> Option<Statement> {
        let relation = self.relation(at)?;
        if !self.is(at + 1, &["是", "为"]) || !self.is(at + 3, &["的"]) {
            return None;
        }
        let (value, owner) = (self.named(at + 2)?, self.named(at + 4)?);
        let aside = Some(relation.range.start..owner.range.start);
        Some(Statement { text: self.chinese_fact(owner, relation, value), aside })
    }

    /// 国家利马
    fn chinese_kind(&self, at: usize) -> Option<String> {
        let kind = self.at(at).filter(|item| !item.classes.is_empty() && item.entities.is_empty())?;
        if !kind.predicates.is_empty() || at > 0 && !self.is(at - 1, &["在", "，", "从", "于", "对于"])
        {
            return None;
        }
        let name = self.named(at + 1)?;
        Some(format!("{}是{}。", self.words(name.range.clone()), self.words(kind.range.clone())))
    }
}

/// "Given that Lima is the capital of Ecuador, which …"; "…, given that …".
fn english_given(text: &str, lower: &str) -> Option<String> {
    for opening in GIVEN_THAT {
        if lower.starts_with(opening) {
            let rest = &text[opening.len()..];
            // The clause ends before what asks.
            let end = rest.match_indices(',').map(|(at, _)| at).find(|at| {
                let after = rest[at + 1..].trim_start().to_ascii_lowercase();
                WH.iter()
                    .chain(POLAR)
                    .any(|word| after.strip_prefix(word).is_some_and(|tail| tail.starts_with([' ', '\''])))
                    || after.starts_with("in which")
                    || after.starts_with("on which")
            })?;
            return Some(format!("{}.", rest[..end].trim()));
        }
        let inside = format!(", {opening}");
        if let Some(at) = lower.find(&inside) {
            let clause = text[at + inside.len()..].trim_end_matches(['?', ' ', '.']);
            return Some(format!("{clause}."));
        }
    }
    None
}
