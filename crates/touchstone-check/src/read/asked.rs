//! The unit in which a question wants its number.

use std::ops::Range;

use super::quantity::per;
use super::unit::{Unit, unit_at};

/// Shorter names of units are words of other kinds too.
const MIN_LETTERS: usize = 3;

/// A unit that is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct AskedUnit {
    pub unit: Unit,
    /// "square kilometres", for "in square kilometres".
    pub name: String,
    /// Bytes of all of it.
    pub span: Range<usize>,
}

/// "in square kilometres", "in grams per cubic centimetre", 多少平方公里.
pub fn asked_unit(question: &str) -> Option<AskedUnit> {
    let english =
        question.match_indices("in ").filter(|(at, _)| !question[..*at].ends_with(char::is_alphanumeric));
    let chinese = question.match_indices("多少");
    let each = question.match_indices('每').find_map(|(start, each)| per_unit(question, start, each.len()));
    if let Some(asked) = each {
        return Some(asked);
    }
    let leads = english.chain(chinese).map(|(at, lead)| (at, at + lead.len()));
    leads.into_iter().find_map(|(start, at)| {
        let (end, unit) = unit_at(question, at)?;
        let (end, unit) = per(question, end, unit).unwrap_or((end, unit));
        let long = question[at..end].len() >= MIN_LETTERS;
        (long && !unit.is_count()).then_some(AskedUnit {
            unit,
            name: question[at..end].to_owned(),
            span: start..end,
        })
    })
}

/// 每立方厘米多少克: the unit that is counted for stands first.
fn per_unit(question: &str, start: usize, each: usize) -> Option<AskedUnit> {
    let (end, below) = unit_at(question, start + each)?;
    let at = end + question[end..].strip_prefix("多少").map(|_| "多少".len())?;
    let (end, above) = unit_at(question, at)?;
    let unit = above.per(below)?;
    let name = format!("{}{}", &question[start..at - "多少".len()], &question[at..end]);
    Some(AskedUnit { unit, name, span: start..end })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn asked(question: &str) -> Option<(String, Unit)> {
        asked_unit(question).map(|asked| (asked.name, asked.unit))
    }

    #[test]
    fn units_that_a_question_asks_for() {
        let unit = |name: &str| Unit::from_qudt(name).unwrap();
        assert_eq!(
            asked("How large is Chad in square miles?"),
            Some(("square miles".to_owned(), unit("MI2")))
        );
        assert_eq!(
            asked("What is the density of tin in grams per cubic centimetre?"),
            Some(("grams per cubic centimetre".to_owned(), unit("GM-PER-CentiM3")))
        );
        assert_eq!(asked("乍得的面积是多少平方公里？"), Some(("平方公里".to_owned(), unit("KiloM2"))));
        assert_eq!(asked("锡的密度是每立方厘米多少克？").map(|(_, unit)| unit), Some(unit("GM-PER-CentiM3")));
        assert_eq!(asked("Which rivers are in Chad?"), None);
        assert_eq!(asked("乍得有多少人？"), None);
        assert_eq!(asked("Who was born in March?"), None);
    }
}
