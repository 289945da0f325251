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
    /// Bytes of "square kilometres" in "in square kilometres".
    pub name: Range<usize>,
    /// Bytes of all of it.
    pub span: Range<usize>,
}

/// "in square kilometres", "in grams per cubic centimetre", 多少平方公里.
pub fn asked_unit(question: &str) -> Option<AskedUnit> {
    let english =
        question.match_indices("in ").filter(|(at, _)| !question[..*at].ends_with(char::is_alphanumeric));
    let chinese = question.match_indices("多少");
    let leads = english.chain(chinese).map(|(at, lead)| (at, at + lead.len()));
    leads.into_iter().find_map(|(start, at)| {
        let (end, unit) = unit_at(question, at)?;
        let (end, unit) = per(question, end, unit).unwrap_or((end, unit));
        let long = question[at..end].len() >= MIN_LETTERS;
        (long && !unit.is_count()).then_some(AskedUnit { unit, name: at..end, span: start..end })
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn asked(question: &str) -> Option<(&str, Unit)> {
        asked_unit(question).map(|asked| (&question[asked.name], asked.unit))
    }

    #[test]
    fn units_that_a_question_asks_for() {
        let unit = |name: &str| Unit::from_qudt(name).unwrap();
        assert_eq!(asked("How large is Chad in square miles?"), Some(("square miles", unit("MI2"))));
        assert_eq!(
            asked("What is the density of tin in grams per cubic centimetre?"),
            Some(("grams per cubic centimetre", unit("GM-PER-CentiM3")))
        );
        assert_eq!(asked("乍得的面积是多少平方公里？"), Some(("平方公里", unit("KiloM2"))));
        assert_eq!(asked("Which rivers are in Chad?"), None);
        assert_eq!(asked("乍得有多少人？"), None);
        assert_eq!(asked("Who was born in March?"), None);
    }
}
