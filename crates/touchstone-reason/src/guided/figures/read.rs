//! What a question makes of the numbers of several things, and of which.

use std::ops::Range;

use touchstone_check::read::{Unit, asked_unit};
use touchstone_graph::{Degree, Folded, Meaning, PredicateId};

use crate::guided::degrees::{LEAST, LESS, MORE, MOST};
use crate::guided::index::Sense;
use crate::guided::operations::{Planner, blank, word_starts, words};
use crate::guided::vocabulary;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Figure {
    Difference,
    Ratio,
    Sum,
    Mean,
}

/// Which of two is said to be the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Greater {
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
    "value",
    "values",
];

const FIGURES_ZH: &[(Figure, &[&str])] = &[
    (Figure::Ratio, &["的多少倍", "的几倍", "多少倍", "几倍", "之比", "比值"]),
    (Figure::Mean, &["平均值", "平均数", "平均"]),
    (Figure::Sum, &["总和", "之和", "合计", "一共", "总共", "总计", "加起来", "相加"]),
    (Figure::Difference, &["相差", "之差", "差值", "差距", "的差"]),
];
const HOW_MUCH_ZH: &[&str] = &["多少个", "多少", "几个", "几"];
const AROUND_ZH: &[&str] = &["相比", "之间", "比", "较", "要", "更", "放在一起", "合在一起", "等于", "年"];

/// What a question makes of the numbers.
pub(super) struct Asked {
    pub(super) figure: Figure,
    pub(super) greater: Greater,
    /// The relations that may be meant.
    pub(super) predicates: Vec<PredicateId>,
    /// The unit that the numbers must have.
    pub(super) unit: Option<Unit>,
}

impl Planner<'_> {
    /// `rest`: the question without its names, of which the first stood there.
    pub(super) fn figure_en(&self, rest: &str, first: usize) -> Option<Asked> {
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
        let than = find(&rest, &["than"]).map(|range| range.start);
        let compares = degree.is_some() || adjective.is_some();
        // "the combined area of A and B" against that of C is more than a sum.
        let against = compares || than.is_some();
        let (figure, mut explained) = match named {
            Some((Figure::Sum | Figure::Mean, _)) if against => return None,
            Some((figure, range)) => (figure, vec![range]),
            None if how.is_some() && (compares || years) => (Figure::Difference, Vec::new()),
            None => return None,
        };
        // "how many times the area of A is that of B" may be said either way.
        if figure == Figure::Ratio && find(&rest, &["ratio"]).is_none() && (than.is_none() || !compares) {
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
        let said = |word: &str| !vocabulary::is_light(word) && !AROUND.contains(&word) && !again(word);
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
            (!ids.is_empty()).then_some((ids, range.end..range.end))
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

    pub(super) fn figure_zh(&self, rest: &str) -> Option<Asked> {
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
            (Some((Figure::Sum | Figure::Mean, _)), _) if degree.is_some() || rest.contains('比') => {
                return None;
            }
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
        let mut left = vocabulary::content_zh(&rest);
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
