//! Numbers of several things put together: how much more one has than the
//! other, how many times as much, and what they have in all or on average.
//! Each number is a fact of the graph, and what is made of them a calculation
//! that is checked like any other.

use std::ops::Range;

use num_rational::BigRational;
use num_traits::{Signed, Zero};
use touchstone_check::read::{Number, Unit, asked_unit, format_plain};
use touchstone_core::{Answer, ClaimKind, Language, Step, Verdict};
use touchstone_graph::{Degree, EntityId, Folded, GraphError, Hop, Meaning, PredicateId, Reached};

use super::degrees::{LEAST, LESS, MORE, MOST};
use super::derive::{claims, conclusion, shown_by, step_of};
use super::index::Sense;
use super::link::{self, Topic};
use super::operations::{Planner, blank, rounded, significant, word_starts, words};
use super::words::render;
use super::{Followed, index};
use crate::ReasonError;
use crate::reasoner::Reasoner;

/// A name of much lower form is none of those that are meant.
const TOPIC_MARGIN: f32 = 1.5;
/// Things whose numbers are put together.
const MAX_THINGS: usize = 8;
/// Digits of a quotient that does not come out even.
const DIGITS: usize = 4;
/// Confidence in a question that was read to its last word.
const COMPLETE: f64 = 0.97;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Figure {
    Difference,
    Ratio,
    Sum,
    Mean,
}

/// Which of two is said to be the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Greater {
    First,
    Second,
    Unsaid,
}

const FIGURES: &[(Figure, &[&str])] = &[
    (Figure::Ratio, &["how many times", "ratio"]),
    (Figure::Mean, &["average", "mean"]),
    (Figure::Sum, &["combined", "in total", "total", "sum", "altogether", "together"]),
    (Figure::Difference, &["difference", "differ", "apart", "exceed", "exceeds", "exceeded"]),
];
/// A difference is asked for by these with a comparative, or by years.
const HOW_MUCH: &[&str] = &["how much", "how many", "how far"];
const YEARS: &[&str] = &["years"];
/// Of what happened at two times: whether the first that is named is later.
const LATER: &[(&str, Greater)] = &[
    ("later", Greater::First),
    ("earlier", Greater::Second),
    ("before", Greater::First),
    ("after", Greater::Second),
];
/// Words of such questions that ask for nothing more.
const AROUND: &[&str] = &[
    "than",
    "between",
    "compared",
    "taken",
    "added",
    "put",
    "up",
    "passed",
    "pass",
    "lie",
    "lies",
    "lay",
    "separate",
    "separated",
    "large",
    "big",
    "high",
    "great",
    "long",
    "heavy",
    "each",
    "value",
    "values",
];

const FIGURES_ZH: &[(Figure, &[&str])] = &[
    (Figure::Ratio, &["的多少倍", "的几倍", "多少倍", "几倍", "之比", "比值"]),
    (Figure::Mean, &["平均值", "平均数", "平均"]),
    (Figure::Sum, &["总和", "之和", "合计", "一共", "总共", "总计", "加起来", "相加"]),
    (Figure::Difference, &["相差", "之差", "差值", "差距", "的差"]),
];
const HOW_MUCH_ZH: &[&str] = &["多少", "几"];
const AROUND_ZH: &[&str] = &["相比", "之间", "比", "较", "要", "更", "放在一起", "合在一起", "等于", "年"];

/// What a question makes of the numbers.
struct Asked {
    figure: Figure,
    greater: Greater,
    /// The relations that may be meant.
    predicates: Vec<PredicateId>,
    /// The unit that the numbers must have.
    unit: Option<Unit>,
}

/// One thing's number.
struct Valued {
    entity: EntityId,
    reached: Reached,
    number: BigRational,
}

impl Reasoner {
    /// `None` where the question asks for something else, or not every word of
    /// it has its place, or one of the things has not exactly one such number.
    pub(crate) fn figures(
        &self,
        question: &str,
        language: Language,
    ) -> Result<Option<(Vec<Step>, Answer)>, ReasonError> {
        let mut topics = link::topics(self.checker().graph(), question);
        let best = topics.iter().map(|topic| topic.score).fold(f32::MIN, f32::max);
        topics.retain(|topic| topic.score >= best - TOPIC_MARGIN);
        topics.sort_by_key(|topic| topic.range.start);
        topics.dedup_by(|next, kept| next.range.start < kept.range.end);
        if !(2..=MAX_THINGS).contains(&topics.len()) {
            return Ok(None);
        }
        let mut rest = question.to_owned();
        topics.iter().for_each(|topic| blank(&mut rest, topic.range.clone()));
        let planner = self.guide().planner(language);
        let asked = match language {
            Language::English => planner.figure_en(&rest, topics[0].range.start),
            Language::Chinese => planner.figure_zh(&rest),
        };
        let Some(asked) = asked else { return Ok(None) };
        let two = matches!(asked.figure, Figure::Difference | Figure::Ratio);
        if two && topics.len() != 2 {
            return Ok(None);
        }
        let measured_so = |predicate: &&PredicateId| {
            let own = self.checker().graph().ontology().predicate(**predicate).unit.as_deref();
            asked.unit.is_none() || own.and_then(Unit::from_qudt) == asked.unit
        };
        for predicate in asked.predicates.iter().filter(measured_so) {
            let valued = topics.iter().map(|topic| self.valued(topic, *predicate, language));
            let valued: Option<Vec<Valued>> = valued.collect::<Result<_, GraphError>>()?;
            if let Some(valued) = valued {
                return Ok(self.put_together(&asked, *predicate, &valued, language));
            }
        }
        Ok(None)
    }

    /// The one number that the thing has by the predicate.
    fn valued(
        &self,
        topic: &Topic,
        predicate: PredicateId,
        language: Language,
    ) -> Result<Option<Valued>, GraphError> {
        let graph = self.checker().graph();
        let writer = self.guide().writer(self.prompts().graph_words(language), language);
        let hop = Hop { predicate, inverse: false };
        for entity in &topic.entities {
            let (mut reached, _) = graph.follow(graph.lexicon().entity(*entity).iri, hop, 2)?;
            let (Some(only), true) = (reached.pop(), reached.is_empty()) else { continue };
            if let Some(number) = Number::parse(&writer.label(&only.term)) {
                return Ok(Some(Valued { entity: *entity, reached: only, number: number.value }));
            }
        }
        Ok(None)
    }

    fn put_together(
        &self,
        asked: &Asked,
        predicate: PredicateId,
        valued: &[Valued],
        language: Language,
    ) -> Option<(Vec<Step>, Answer)> {
        let guide = self.guide();
        let words = self.prompts().graph_words(language);
        let writer = guide.writer(words, language);
        let name =
            |one: &Valued| writer.label(&guide.graph().lexicon().entity(one.entity).iri.into_owned().into());
        let mut steps = Vec::new();
        for one in valued {
            let hop = Hop { predicate, inverse: false };
            let followed = Followed { hop, reached: vec![one.reached.clone()], cut: false };
            let text = writer.sentence(Some(&name(one)), &followed, false);
            let claims = claims(guide.graph(), &followed, &text, &writer);
            steps.push(step_of(steps.len() + 1, text, claims));
        }
        let numbers: Vec<&BigRational> = valued.iter().map(|one| &one.number).collect();
        let swapped = match asked.greater {
            Greater::First => false,
            Greater::Second => true,
            Greater::Unsaid => asked.figure == Figure::Difference && numbers[0] < numbers[1],
        };
        let (first, second) = if swapped { (1, 0) } else { (0, 1) };
        let other_way = asked.figure == Figure::Difference && numbers[first] < numbers[second];
        let (first, second) = if other_way { (second, first) } else { (first, second) };
        let written: Vec<String> = numbers.iter().map(|number| operand(number)).collect();
        let (expression, result) = match asked.figure {
            Figure::Difference => {
                (format!("{} - {}", written[first], written[second]), numbers[first] - numbers[second])
            }
            Figure::Ratio if numbers[second].is_zero() => return None,
            Figure::Ratio => {
                (format!("{} ÷ {}", written[first], written[second]), numbers[first] / numbers[second])
            }
            Figure::Sum => (written.join(" + "), numbers.iter().copied().sum()),
            Figure::Mean => {
                let count = BigRational::from_integer(numbers.len().into());
                let sum: BigRational = numbers.iter().copied().sum();
                (format!("({}) ÷ {}", written.join(" + "), numbers.len()), sum / count)
            }
        };
        let given = match asked.figure {
            Figure::Ratio => rounded(&result, whole_digits(&result).max(DIGITS)),
            Figure::Mean => {
                let known = valued.iter().map(|one| significant(&one.reached.term)).min();
                rounded(&result, known.unwrap_or_default().max(whole_digits(&result)).max(DIGITS))
            }
            Figure::Difference | Figure::Sum => result.clone(),
        };
        let sign = if given == result { "=" } else { "≈" };
        let value = format_plain(&given);
        if other_way {
            let relation = guide.graph().ontology().predicate(predicate).label(language).to_owned();
            let (one, other) = (name(&valued[first]), name(&valued[second]));
            let values = [("relation", relation.as_str()), ("one", &one), ("other", &other)];
            steps.push(self.checked_step(steps.len() + 1, render(&words.compare_more, &values))?);
        }
        let stop = if language == Language::Chinese { "。" } else { "." };
        let calculation = format!("{expression} {sign} {}{stop}", operand(&given));
        let step = self.checked_step(steps.len() + 1, calculation)?;
        if step.claims.iter().any(|claim| claim.kind != ClaimKind::Calculation) {
            return None;
        }
        steps.push(step);
        // What was taken for the greater is not.
        let said = steps.iter().rev().nth(1).filter(|_| other_way);
        let text = said.map_or_else(|| value.clone(), |step| format!("{} {value}", step.text));
        let grounds: Vec<&Step> = steps.iter().skip(valued.len()).collect();
        let mut answer = shown_by(&text, &value, vec![conclusion(&text, &grounds, language)]);
        answer.confidence = COMPLETE;
        Some((steps, answer))
    }

    /// The text as a step, where all that it claims is supported.
    fn checked_step(&self, index: usize, text: String) -> Option<Step> {
        let claims = self.checker().check(&text).claims;
        let holds = !claims.is_empty() && claims.iter().all(|claim| claim.verdict == Verdict::Supported);
        holds.then(|| step_of(index, text, claims))
    }
}

fn whole_digits(number: &BigRational) -> usize {
    number.abs().to_integer().to_string().len()
}

/// A number as part of a calculation.
fn operand(number: &BigRational) -> String {
    let plain = format_plain(number);
    if number.is_negative() { format!("({plain})") } else { plain }
}

impl Planner<'_> {
    /// `rest`: the question without its names, of which the first stood there.
    fn figure_en(&self, rest: &str, first: usize) -> Option<Asked> {
        let (mut rest, unit) = without_unit(rest);
        rest.make_ascii_lowercase();
        let years = find(&rest, YEARS).is_some();
        let (predicates, range) = self.measured_en(&rest, years)?;
        blank(&mut rest, range);
        let how = find(&rest, HOW_MUCH);
        let degree = [(MORE, true), (MOST, true), (LESS, false), (LEAST, false)]
            .iter()
            .find_map(|(words, more)| Some((find(&rest, words)?, *more)));
        let adjective = self.comparative(&rest);
        let named = FIGURES.iter().find_map(|(figure, words)| Some((*figure, find(&rest, words)?)));
        let (figure, mut explained) = match named {
            Some((figure, range)) => (figure, vec![range]),
            None if how.is_some() && (degree.is_some() || adjective.is_some() || years) => {
                (Figure::Difference, Vec::new())
            }
            None => return None,
        };
        let than = find(&rest, &["than"]).map(|range| range.start);
        // "how many times the area of A is that of B" may be said either way.
        if figure == Figure::Ratio
            && find(&rest, &["ratio"]).is_none()
            && (than.is_none() || degree.is_none() && adjective.is_none())
        {
            return None;
        }
        let exceeds = find(&rest, &["exceed", "exceeds", "exceeded"]).is_some();
        let ordered = years.then(|| LATER.iter().find_map(|(word, way)| Some((find(&rest, &[word])?, *way))));
        let greater = match (&degree, &adjective, ordered.flatten()) {
            (_, _, Some((range, way))) => {
                explained.push(range);
                way
            }
            (Some((_, more)), ..) | (None, Some((_, more)), _) if *more => Greater::First,
            (Some(_), ..) | (None, Some(_), _) => Greater::Second,
            _ if exceeds || figure == Figure::Ratio => Greater::First,
            _ => Greater::Unsaid,
        };
        // "how much larger than A is B"
        let greater = match greater {
            Greater::First if than.is_some_and(|than| than < first) => Greater::Second,
            Greater::Second if than.is_some_and(|than| than < first) => Greater::First,
            other => other,
        };
        explained.extend(how);
        explained.extend(degree.map(|(range, _)| range));
        explained.extend(adjective.map(|(range, _)| range));
        explained.extend(find(&rest, YEARS).filter(|_| years));
        explained.into_iter().for_each(|range| blank(&mut rest, range));
        // "the discovery of A … was B discovered" says the relation twice.
        let again = |word: &str| {
            let named =
                |(_, sense): (usize, &Sense)| self.numeric(sense).is_some_and(|id| predicates.contains(&id));
            self.index.beginning(&[word]).any(named)
                || years && predicates.iter().any(|id| self.index.dates(*id, word))
        };
        let said = |word: &str| !index::is_light(word) && !AROUND.contains(&word) && !again(word);
        let unread = rest.split(|c: char| !c.is_alphanumeric()).any(|word| !word.is_empty() && said(word));
        (!unread).then_some(Asked { figure, greater, predicates, unit })
    }

    /// The relations of numbers that the longest phrase may mean, and where it
    /// stands; of two that happened, those of their times.
    fn measured_en(&self, rest: &str, years: bool) -> Option<(Vec<PredicateId>, Range<usize>)> {
        let mut best: Option<(Vec<PredicateId>, Range<usize>)> = None;
        let mut offer = |id: PredicateId, range: Range<usize>| match &mut best {
            Some((ids, known)) if *known == range => {
                if !ids.contains(&id) {
                    ids.push(id);
                }
            }
            Some((_, known)) if known.len() >= range.len() => {}
            best => *best = Some((vec![id], range)),
        };
        for start in word_starts(rest) {
            let tail = &rest[start..];
            let phrase = words(tail);
            let starts = word_starts(tail);
            let end = |length: usize| Some(start + starts.get(length - 1)? + phrase.get(length - 1)?.len());
            for (length, sense) in self.index.beginning(&phrase) {
                // "how large" is for one thing.
                if let (Some(id), Some(end), false) = (self.numeric(sense), end(length), phrase[0] == "how") {
                    offer(id, start..end);
                }
            }
            if let (true, Some(word), Some(end)) = (years, phrase.first(), end(1)) {
                for id in self.times().into_iter().filter(|id| self.index.dates(*id, word)) {
                    offer(id, start..end);
                }
            }
        }
        best.or_else(|| {
            let (range, _) = self.comparative(rest)?;
            let ids = self.compares(&rest[range.clone()]);
            // The comparative stays: it says which of them is more.
            (!ids.is_empty()).then(|| (ids, range.end..range.end))
        })
    }

    /// "larger", as the ontology declares it, and whether it means more.
    fn comparative(&self, rest: &str) -> Option<(Range<usize>, bool)> {
        self.graph.lexicon().find(rest).into_iter().find_map(|mention| {
            let degree = mention.entries.iter().find_map(|entry| match entry.meaning {
                Meaning::Adjective(_, Degree::More) => Some(true),
                Meaning::Adjective(_, Degree::Less) => Some(false),
                _ => None,
            })?;
            Some((mention.range, degree))
        })
    }

    /// The relations by which the comparative compares.
    fn compares(&self, comparative: &str) -> Vec<PredicateId> {
        let entries = self.graph.lexicon().lookup(comparative);
        let compared = entries.iter().filter_map(|entry| match entry.meaning {
            Meaning::Adjective(id, Degree::More | Degree::Less) => Some(id),
            _ => None,
        });
        compared.collect()
    }

    fn figure_zh(&self, rest: &str) -> Option<Asked> {
        let (rest, unit) = without_unit(rest);
        let folded = Folded::new(&rest);
        let mut rest = folded.text.clone();
        let noun = self.index.chinese().iter().find_map(|(phrase, sense)| {
            let id = self.numeric(sense).filter(|_| !phrase.starts_with('多'))?;
            let at = rest.find(phrase.as_str())?;
            Some((id, at..at + phrase.len()))
        });
        let mut predicates: Vec<PredicateId> = Vec::new();
        if let Some((_, range)) = &noun {
            let phrase = &rest[range.clone()];
            let same = self.index.chinese().iter().filter(|(known, _)| known == phrase);
            predicates.extend(same.filter_map(|(_, sense)| self.numeric(sense)));
            blank(&mut rest, range.clone());
        }
        let named = FIGURES_ZH.iter().find_map(|(figure, words)| {
            let word = words.iter().find(|word| rest.contains(**word))?;
            let at = rest.find(word)?;
            Some((*figure, at..at + word.len()))
        });
        // 大多少, 早几年: the degree stands before what is asked for.
        let degree = HOW_MUCH_ZH.iter().find_map(|how| {
            let at = rest.find(how)?;
            let before = rest[..at].trim_end();
            let c = before.chars().next_back()?;
            let more = match c {
                '大' | '高' | '多' | '长' | '重' | '晚' => true,
                '小' | '低' | '少' | '短' | '轻' | '早' => false,
                _ => return None,
            };
            Some((c, more, before.len() - c.len_utf8()..at + how.len()))
        });
        let (figure, greater) = match (named, &degree) {
            (Some((figure, range)), _) => {
                blank(&mut rest, range);
                let greater = if figure == Figure::Ratio { Greater::First } else { Greater::Unsaid };
                (figure, greater)
            }
            (None, Some((_, more, _))) => {
                (Figure::Difference, if *more { Greater::First } else { Greater::Second })
            }
            (None, None) => return None,
        };
        let in_years = rest.contains('年');
        if let Some((c, _, range)) = degree {
            blank(&mut rest, range);
            if predicates.is_empty() {
                predicates = self.compares(&format!("更{c}"));
            }
        }
        AROUND_ZH.iter().for_each(|word| rest = rest.replace(word, &" ".repeat(word.len())));
        let mut left = index::content_zh(&rest);
        if predicates.is_empty() && in_years {
            for id in self.times() {
                if left.iter().any(|word| self.index.dates(id, word)) {
                    predicates.push(id);
                }
            }
            left.retain(|word| !predicates.iter().any(|id| self.index.dates(*id, word)));
        }
        (left.is_empty() && !predicates.is_empty()).then_some(Asked { figure, greater, predicates, unit })
    }
}

/// The question without the unit that it names, and that unit.
fn without_unit(rest: &str) -> (String, Option<Unit>) {
    let mut rest = rest.to_owned();
    // Years lie between two times, whatever these are measured in.
    let Some(asked) = asked_unit(&rest).filter(|asked| asked.name != "年") else { return (rest, None) };
    // 多少平方公里: how much is still asked for.
    let lead = if rest[asked.span.clone()].starts_with("多少") { "多少".len() } else { 0 };
    blank(&mut rest, asked.span.start + lead..asked.span.end);
    (rest, Some(asked.unit))
}

/// Where one of the phrases stands as whole words.
fn find(text: &str, phrases: &[&str]) -> Option<Range<usize>> {
    let whole = |at: usize, phrase: &str| {
        !text[..at].ends_with(char::is_alphanumeric)
            && !text[at + phrase.len()..].starts_with(char::is_alphanumeric)
    };
    phrases.iter().find_map(|phrase| {
        let (at, _) = text.match_indices(phrase).find(|(at, _)| whole(*at, phrase))?;
        Some(at..at + phrase.len())
    })
}
