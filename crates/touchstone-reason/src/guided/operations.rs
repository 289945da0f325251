//! What a question does with the things that a path leads to: numbers and
//! years that they must have, and the most or least of them. Its words are
//! blanked out, so that what is left asks for the things alone.

use num_rational::BigRational;
use num_traits::{One, Signed, Zero};
use touchstone_check::read::{Comparator, Date, Number, Unit, asked_unit, format_plain, numbers};
use touchstone_core::Language;
use touchstone_graph::model::{Literal, Term};
use touchstone_graph::{Graph, GraphError, Hop, PredicateId, Reached, ThingKind, ValueKind, fold};

use super::index::{CueIndex, Sense};
use super::qualities::Quality;
use super::vocabulary::is_function_word;

/// Values of one thing's predicate that are looked at.
const MAX_VALUES: usize = 50;
/// Operations of one question.
const MAX_OPERATIONS: usize = 6;
/// Words before a number in which its relation is looked for.
const WORDS_BEFORE: usize = 4;

/// What a number must be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Condition {
    /// The predicates that may be meant.
    pub(crate) predicates: Vec<PredicateId>,
    low: Option<(BigRational, bool)>,
    high: Option<(BigRational, bool)>,
    /// As the question has it: "after 1990".
    pub(crate) text: String,
}

/// The most or the least by one of the predicates.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Selection {
    pub(crate) predicates: Vec<PredicateId>,
    pub(crate) most: bool,
    pub(crate) text: String,
    /// The relations that the noun right behind it names: "largest neighbour".
    pub(crate) head: Vec<PredicateId>,
    /// Something is asked of what it selects: "the capital of the largest
    /// country".
    pub(crate) asked_of: bool,
}

impl Selection {
    /// Of what stands around it nothing is known yet.
    pub(super) fn new(predicates: Vec<PredicateId>, most: bool, text: String) -> Selection {
        Selection { predicates, most, text, head: Vec::new(), asked_of: false }
    }
}

/// What narrows the things down, or says them otherwise.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Operation {
    Filter(Condition),
    Select(Selection),
    Hold(Quality),
    /// Numbers in the unit that the question names.
    Convert {
        unit: Unit,
        /// As the question has it: "square miles".
        name: String,
    },
}

/// A question without the words of its operations.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Plan {
    /// As long as the question, in bytes.
    pub(crate) question: String,
    /// Filters first, the unit last.
    pub(crate) operations: Vec<Operation>,
}

/// Things that satisfy an operation, each with the fact and the number by
/// which it does.
#[derive(Clone, Debug)]
pub(crate) struct Chosen {
    pub(crate) predicate: PredicateId,
    pub(crate) kept: Vec<(Reached, Reached)>,
    /// Things without a number.
    pub(crate) without: usize,
}

const AFTER: &[&str] = &["after", "later than", "more recently than"];
const SINCE: &[&str] = &["since", "from", "starting in"];
const BEFORE: &[&str] = &["before", "earlier than", "prior to"];
const UNTIL: &[&str] = &["until", "till", "up to", "by"];
const IN: &[&str] = &["in", "during", "in the year", "of", "in year"];
pub(crate) struct Planner<'a> {
    pub(crate) graph: &'a Graph,
    pub(crate) index: &'a CueIndex,
    pub(crate) language: Language,
}

impl Planner<'_> {
    /// Takes the operations out of a question. What is named in [brackets]
    /// stays as it is.
    pub(crate) fn plan(&self, question: &str) -> Plan {
        let mut plan = Plan { question: question.to_owned(), ..Plan::default() };
        let bracket = question.find('[').zip(question.find(']')).map(|(open, close)| open..close + 1);
        let outside = |range: &std::ops::Range<usize>| {
            bracket.as_ref().is_none_or(|b| range.end <= b.start || b.end <= range.start)
        };
        for number in numbers(question) {
            if outside(&number.phrase)
                && let Some((condition, range)) = self.condition(question, &number)
                && outside(&range)
            {
                blank(&mut plan.question, range);
                plan.operations.push(Operation::Filter(condition));
            }
        }
        while let Some((quality, range)) = self.quality(&plan.question) {
            if !outside(&range) || plan.operations.len() >= MAX_OPERATIONS {
                break;
            }
            blank(&mut plan.question, range);
            plan.operations.push(Operation::Hold(quality));
        }
        if let Some((mut selection, ranges)) = self.selection(&plan.question)
            && ranges.iter().all(outside)
        {
            selection.asked_of = ranges.last().is_some_and(|range| self.asks_of(question, range));
            selection.head =
                ranges.last().map(|range| self.named_behind(&question[range.end..])).unwrap_or_default();
            ranges.into_iter().for_each(|range| blank(&mut plan.question, range));
            plan.operations.push(Operation::Select(selection));
        }
        if let Some(asked) = asked_unit(&plan.question).filter(|asked| outside(&asked.span)) {
            blank(&mut plan.question, asked.span);
            plan.operations.push(Operation::Convert { unit: asked.unit, name: asked.name });
        }
        plan
    }

    fn condition(&self, question: &str, number: &Number) -> Option<(Condition, std::ops::Range<usize>)> {
        match self.language {
            Language::English => self.english_condition(question, number),
            Language::Chinese => self.chinese_condition(question, number),
        }
    }

    fn english_condition(
        &self,
        question: &str,
        number: &Number,
    ) -> Option<(Condition, std::ops::Range<usize>)> {
        let before = question[..number.phrase.start].to_ascii_lowercase();
        let before = before.trim_end();
        let ends = |words: &'static [&'static str]| -> Option<&'static str> {
            words.iter().copied().find(|word| {
                before.strip_suffix(word).is_some_and(|head| head.is_empty() || head.ends_with([' ', ',']))
            })
        };
        let value = number.value.clone();
        let (low, high, word) = if let Some(upper) = &number.upper {
            (Some((value, true)), Some((upper.clone(), true)), ends(IN).unwrap_or_default())
        } else if let Some(word) = ends(AFTER) {
            (Some((value, false)), None, word)
        } else if let Some(word) = ends(BEFORE) {
            (None, Some((value, false)), word)
        } else {
            match number.comparator {
                Comparator::MoreThan => (Some((value, false)), None, ""),
                Comparator::AtLeast => (Some((value, true)), None, ""),
                Comparator::LessThan => (None, Some((value, false)), ""),
                Comparator::AtMost => (None, Some((value, true)), ""),
                Comparator::About => return None,
                Comparator::Exact => match (ends(SINCE), ends(UNTIL), ends(IN)) {
                    (Some(word), ..) if is_year(number) => (Some((value, true)), None, word),
                    (_, Some(word), _) if is_year(number) => (None, Some((value, true)), word),
                    (.., Some(word)) if is_year(number) => {
                        (Some((value.clone(), true)), Some((value, true)), word)
                    }
                    _ => return None,
                },
            }
        };
        let connective = before.len() - word.len();
        let head = before[..connective].trim_end();
        let (predicates, start) = self
            .relation_before(head)
            .or_else(|| self.relation_behind(&question[number.phrase.end..]).map(|found| (found, connective)))
            .or_else(|| is_year(number).then(|| (self.times(), connective)))?;
        if predicates.is_empty() {
            return None;
        }
        let end = number.phrase.end + self.noun_behind(&question[number.phrase.end..], &predicates);
        let text = question[connective..number.phrase.end].trim().to_owned();
        Some((Condition { predicates, low, high, text }, start..end))
    }

    fn chinese_condition(
        &self,
        question: &str,
        number: &Number,
    ) -> Option<(Condition, std::ops::Range<usize>)> {
        let value = number.value.clone();
        let behind = &question[number.phrase.end..];
        let year = behind.strip_prefix('年').map_or(0, |_| '年'.len_utf8());
        let tail = &behind[year..];
        let starts =
            |words: &'static [&'static str]| words.iter().copied().find(|word| tail.starts_with(word));
        let (low, high, word) = if let Some(upper) = &number.upper {
            (Some((value, true)), Some((upper.clone(), true)), "")
        } else if let Some(word) = starts(&["之后", "以后", "后"]) {
            (Some((value, false)), None, word)
        } else if let Some(word) = starts(&["之前", "以前", "前"]) {
            (None, Some((value, false)), word)
        } else if let Some(word) = starts(&["以上"]) {
            (Some((value, true)), None, word)
        } else if let Some(word) = starts(&["以下", "以内"]) {
            (None, Some((value, true)), word)
        } else {
            match number.comparator {
                Comparator::MoreThan => (Some((value, false)), None, ""),
                Comparator::AtLeast => (Some((value, true)), None, ""),
                Comparator::LessThan => (None, Some((value, false)), ""),
                Comparator::AtMost => (None, Some((value, true)), ""),
                Comparator::Exact if year > 0 => (Some((value.clone(), true)), Some((value, true)), ""),
                _ => return None,
            }
        };
        let end = number.phrase.end + year + word.len();
        let text = question[number.phrase.start..end].to_owned();
        let head = fold(&question[..number.phrase.start]);
        let tail = fold(&question[end..]);
        let mut found: Option<(Vec<PredicateId>, std::ops::Range<usize>)> = None;
        for (phrase, sense) in self.index.chinese() {
            let Some(id) = self.numeric(sense) else { continue };
            let range = if head.trim_end_matches(['在', '于', '为', '是']).ends_with(phrase.as_str()) {
                let at = head.rfind(phrase.as_str()).unwrap_or(head.len());
                // Folding may change lengths; then nothing is taken.
                if head.len() != number.phrase.start {
                    continue;
                }
                at..end
            } else if tail.starts_with(phrase.as_str()) && tail.len() == question.len() - end {
                number.phrase.start..end + phrase.len()
            } else {
                continue;
            };
            match &mut found {
                None => found = Some((vec![id], range)),
                Some((ids, known)) if *known == range && !ids.contains(&id) => ids.push(id),
                Some(_) => {}
            }
        }
        let (predicates, range) =
            found.or_else(|| (year > 0).then(|| (self.times(), number.phrase.start..end)))?;
        (!predicates.is_empty()).then_some((Condition { predicates, low, high, text }, range))
    }

    /// The relation of a number or date that the sense asks for.
    pub(super) fn numeric(&self, sense: &Sense) -> Option<PredicateId> {
        let Sense::Relation { predicate, .. } = sense else { return None };
        self.is_numeric(*predicate).then_some(*predicate)
    }

    fn is_numeric(&self, predicate: PredicateId) -> bool {
        let kind = self.index.wording(predicate).and_then(|wording| wording.kind);
        matches!(kind, Some(ThingKind::Time | ThingKind::Number))
            || matches!(
                self.graph.ontology().predicate(predicate).value_kind,
                ValueKind::Number | ValueKind::Date
            )
    }

    pub(super) fn times(&self) -> Vec<PredicateId> {
        let predicates = self.graph.ontology().predicates().iter();
        predicates
            .filter(|predicate| {
                let kind = self.index.wording(predicate.id).and_then(|wording| wording.kind);
                kind == Some(ThingKind::Time) || predicate.value_kind == ValueKind::Date
            })
            .map(|predicate| predicate.id)
            .collect()
    }

    /// The relation that the last words ask for, and where they begin.
    fn relation_before(&self, head: &str) -> Option<(Vec<PredicateId>, usize)> {
        let mut starts: Vec<usize> = word_starts(head);
        starts.reverse();
        starts.truncate(WORDS_BEFORE);
        starts.reverse();
        for start in starts {
            let words: Vec<&str> = words(&head[start..]);
            let mut found: Vec<PredicateId> = Vec::new();
            for (length, sense) in self.index.beginning(&words) {
                let to_the_end = words[length..].iter().all(|word| is_function_word(word));
                if to_the_end && let Some(id) = self.numeric(sense).filter(|id| !found.contains(id)) {
                    found.push(id);
                }
            }
            if !found.is_empty() {
                return Some((found, start));
            }
        }
        None
    }

    /// "20 million people"
    fn relation_behind(&self, tail: &str) -> Option<Vec<PredicateId>> {
        let lower = tail.to_ascii_lowercase();
        let words = words(&lower);
        let found: Vec<PredicateId> =
            self.index.beginning(&words).filter_map(|(_, sense)| self.numeric(sense)).collect();
        (!found.is_empty()).then_some(found)
    }

    /// How far a noun of the predicates goes on behind the number.
    fn noun_behind(&self, tail: &str, predicates: &[PredicateId]) -> usize {
        let lower = tail.to_ascii_lowercase();
        let words = words(&lower);
        let fits = self
            .index
            .beginning(&words)
            .filter(|(_, sense)| self.numeric(sense).is_some_and(|id| predicates.contains(&id)))
            .map(|(length, _)| length)
            .max();
        match fits {
            Some(length) => {
                let starts = word_starts(&lower);
                starts.get(length - 1).map_or(0, |start| start + words[length - 1].len())
            }
            None => 0,
        }
    }

    /// What an operation leaves of the things; `None` where nothing has the
    /// number that it asks for.
    pub(crate) fn apply(
        &self,
        things: &[Reached],
        operation: &Operation,
    ) -> Result<Option<Chosen>, GraphError> {
        match operation {
            Operation::Filter(condition) => self.filter(things, condition),
            Operation::Select(selection) => self.select(things, selection),
            Operation::Hold(quality) => self.hold(things, quality),
            Operation::Convert { unit, .. } => Ok(self.convert(things, unit)),
        }
    }

    /// The numbers in another unit; `None` where one of them is measured in
    /// none that it can be brought to.
    fn convert(&self, things: &[Reached], unit: &Unit) -> Option<Chosen> {
        let ontology = self.graph.ontology();
        let mut measured = None;
        let mut kept = Vec::new();
        for thing in things {
            let predicate = ontology.predicate(ontology.predicate_by_iri(thing.fact.predicate.as_ref())?);
            let own = Unit::from_qudt(predicate.unit.as_deref()?)?;
            let number = self.number(&thing.term)?;
            let mut there = thing.clone();
            if own != *unit {
                let digits = significant(&thing.term);
                let value = rounded(&unit.convert(&own, &number)?, digits);
                there.term = Literal::new_simple_literal(format_plain(&value)).into();
            }
            measured = Some(predicate.id);
            kept.push((there, thing.clone()));
        }
        Some(Chosen { predicate: measured?, kept, without: 0 })
    }

    /// The things of which a number of the predicates satisfies the condition.
    fn filter(&self, things: &[Reached], condition: &Condition) -> Result<Option<Chosen>, GraphError> {
        self.best_of(
            &condition.predicates,
            |predicate| {
                let (mut kept, mut without) = (Vec::new(), 0);
                for thing in things {
                    let numbers = self.numbers_of(thing, predicate)?;
                    without += usize::from(numbers.is_empty());
                    if let Some((fact, _)) = numbers.into_iter().find(|(_, number)| condition.admits(number))
                    {
                        kept.push((thing.clone(), fact));
                    }
                }
                Ok(Chosen { predicate, kept, without })
            },
            things.len(),
        )
    }

    /// The things with the highest or lowest number.
    fn select(&self, things: &[Reached], selection: &Selection) -> Result<Option<Chosen>, GraphError> {
        self.best_of(
            &selection.predicates,
            |predicate| {
                let mut valued: Vec<(Reached, Reached, BigRational)> = Vec::new();
                let mut without = 0;
                for thing in things {
                    let numbers = self.numbers_of(thing, predicate)?;
                    let chosen = numbers
                        .into_iter()
                        .max_by(|a, b| if selection.most { a.1.cmp(&b.1) } else { b.1.cmp(&a.1) });
                    match chosen {
                        Some((fact, number)) => valued.push((thing.clone(), fact, number)),
                        None => without += 1,
                    }
                }
                let numbers = valued.iter().map(|(.., number)| number);
                let extreme = if selection.most { numbers.max().cloned() } else { numbers.min().cloned() };
                let kept = valued
                    .into_iter()
                    .filter(|(.., number)| Some(number) == extreme.as_ref())
                    .map(|(thing, fact, _)| (thing, fact))
                    .collect();
                Ok(Chosen { predicate, kept, without })
            },
            things.len(),
        )
    }

    /// Of several predicates the one that most things have.
    pub(super) fn best_of(
        &self,
        predicates: &[PredicateId],
        apply: impl Fn(PredicateId) -> Result<Chosen, GraphError>,
        things: usize,
    ) -> Result<Option<Chosen>, GraphError> {
        let mut best: Option<Chosen> = None;
        for predicate in predicates {
            let chosen = apply(*predicate)?;
            if chosen.without < things && best.as_ref().is_none_or(|known| chosen.without < known.without) {
                best = Some(chosen);
            }
        }
        Ok(best)
    }

    fn numbers_of(
        &self,
        thing: &Reached,
        predicate: PredicateId,
    ) -> Result<Vec<(Reached, BigRational)>, GraphError> {
        let Term::NamedNode(node) = &thing.term else { return Ok(Vec::new()) };
        let (values, _) = self.graph.follow(node.as_ref(), Hop { predicate, inverse: false }, MAX_VALUES)?;
        Ok(values.into_iter().filter_map(|value| Some((value.clone(), self.number(&value.term)?))).collect())
    }

    fn number(&self, term: &Term) -> Option<BigRational> {
        let text = match term {
            Term::Literal(literal) => literal.value().to_owned(),
            Term::NamedNode(node) => {
                let id = self.graph.lexicon().entity_by_iri(node.as_ref())?;
                self.graph.lexicon().entity(id).label(self.language).to_owned()
            }
            _ => return None,
        };
        let whole = Number::parse(&text).map(|number| number.value);
        whole.or_else(|| {
            let date = Date::parse_lexical(&text)?;
            Some(BigRational::from_integer(date.year().into()))
        })
    }
}

impl Condition {
    fn admits(&self, number: &BigRational) -> bool {
        let low = self
            .low
            .as_ref()
            .is_none_or(|(bound, inclusive)| number > bound || *inclusive && number == bound);
        let high = self
            .high
            .as_ref()
            .is_none_or(|(bound, inclusive)| number < bound || *inclusive && number == bound);
        low && high
    }
}

/// The least digits that a converted number is given with.
const MIN_DIGITS: usize = 3;

/// Digits that a number in the graph is known to.
pub(super) fn significant(term: &Term) -> usize {
    let Term::Literal(literal) = term else { return MIN_DIGITS };
    let digits =
        literal.value().chars().filter(char::is_ascii_digit).skip_while(|digit| *digit == '0').count();
    digits.max(MIN_DIGITS)
}

/// The number with so many digits.
pub(super) fn rounded(value: &BigRational, digits: usize) -> BigRational {
    if value.is_zero() {
        return value.clone();
    }
    let ten = BigRational::from_integer(10.into());
    let (mut shifted, mut places) = (value.abs(), 0i32);
    while shifted >= BigRational::one() {
        shifted /= &ten;
        places += 1;
    }
    while &shifted * &ten < BigRational::one() {
        shifted *= &ten;
        places -= 1;
    }
    let exponent = i32::try_from(digits).unwrap_or(i32::MAX).saturating_sub(places);
    let scale = ten.pow(exponent);
    (value * &scale).round() / scale
}

/// Four digits and nothing else, or a range of such.
fn is_year(number: &Number) -> bool {
    let year = |value: &BigRational| {
        let (low, high) = (BigRational::from_integer(1000.into()), BigRational::from_integer(2200.into()));
        value.is_integer() && *value >= low && *value <= high
    };
    let written = number.span.len() == 4 || number.upper.as_ref().is_some_and(year);
    !number.rounded && !number.percent && year(&number.value) && written
}

pub(super) fn blank(text: &mut String, range: std::ops::Range<usize>) {
    let spaces = " ".repeat(range.len());
    text.replace_range(range, &spaces);
}

pub(super) fn words(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).take(8).collect()
}

pub(super) fn word_starts(text: &str) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut inside = false;
    for (at, c) in text.char_indices() {
        if c.is_alphanumeric() && !inside {
            starts.push(at);
        }
        inside = c.is_alphanumeric();
    }
    starts
}
