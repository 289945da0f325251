//! Where the numbers of a calculation come from: the question, an earlier
//! step, or a known constant.

use num_rational::BigRational;
use num_traits::{One, Signed};
use touchstone_check::read::{self, Number};
use touchstone_core::Language;

use crate::prompts::Prompts;

/// The first operand of the step's calculations that comes from nowhere, as
/// written.
pub(crate) fn unknown_operand(
    step: &str,
    question: &str,
    accepted: &[&str],
    prompts: &Prompts,
    language: Language,
) -> Option<String> {
    let mut known: Vec<BigRational> = prompts.constants().iter().map(|number| number.value.clone()).collect();
    known.extend(worded(question, prompts, language));
    for text in accepted.iter().chain([&question]) {
        read::numbers(text).iter().for_each(|number| add(number, &mut known));
        // Numbers inside calculations, which prose readers may join.
        for equation in read::equations(text) {
            for side in &equation.sides {
                known.push(side.value_or_zero());
                side.operands().iter().for_each(|number| add(number, &mut known));
            }
        }
    }
    for equation in read::equations(step) {
        for side in &equation.sides {
            for operand in side.operands() {
                if !known.contains(&operand.value) {
                    return Some(step[operand.span.clone()].to_owned());
                }
            }
        }
        // What one side gives, the next may use.
        known.extend(equation.sides.iter().map(read::Side::value_or_zero));
    }
    None
}

/// A number, and the forms in which a calculation uses it: 20% as 0.2, 20,
/// and what is left or reached by a change of 20%.
fn add(number: &Number, known: &mut Vec<BigRational>) {
    let hundred = BigRational::from_integer(100.into());
    let value = &number.value;
    known.push(value.clone());
    known.extend(number.upper.clone());
    if number.percent {
        known.push(value * &hundred);
        for changed in [BigRational::one() - value, BigRational::one() + value] {
            known.push(&changed * &hundred);
            known.push(changed);
        }
    } else if value.is_positive() && *value < BigRational::one() {
        known.push(BigRational::one() - value);
    }
}

/// Numbers that the question gives in words: "half", 八折.
fn worded(question: &str, prompts: &Prompts, language: Language) -> Vec<BigRational> {
    let words = prompts.words(language);
    let lower = question.to_lowercase();
    let mut known = Vec::new();
    let parsed = |text: &String| Number::parse(text).map(|number| number.value);
    for (word, forms) in &words.quantities {
        let present = match language {
            Language::English => lower.split(|c: char| !c.is_alphanumeric()).any(|part| part == word),
            Language::Chinese => lower.contains(word.as_str()),
        };
        if present {
            known.extend(forms.iter().filter_map(parsed));
        }
    }
    for (word, factor) in &words.scales {
        let Some(factor) = parsed(factor) else { continue };
        for (at, _) in lower.match_indices(word.as_str()) {
            let digits: String = lower[..at].chars().rev().map_while(digit).collect();
            let digits: String = digits.chars().rev().collect();
            if let Some(number) = Number::parse(&digits) {
                // 八五折 and 85折 are both 85%.
                let whole = &number.value * &factor;
                known.push(if digits.len() == 2 { whole * &factor } else { whole });
            }
        }
    }
    known
}

fn digit(c: char) -> Option<char> {
    if c.is_ascii_digit() || c == '.' {
        return Some(c);
    }
    "零一二三四五六七八九".chars().position(|han| han == c).and_then(|at| char::from_digit(at as u32, 10))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn unknown(step: &str, question: &str, accepted: &[&str], language: Language) -> Option<String> {
        unknown_operand(step, question, accepted, &Prompts::load(None).unwrap(), language)
    }

    #[test]
    fn operands_come_from_somewhere() {
        let question = "A coat costs 50 dollars and is reduced by 20%. What do two coats cost?";
        let asked = |step| unknown(step, question, &["One coat costs 50 × 0.8 = 40."], Language::English);
        assert_eq!(asked("50 × (1 − 20%) = 40"), None);
        assert_eq!(asked("2 × 40 = 80"), None);
        assert_eq!(asked("50 × 20 / 100 = 10"), None);
        assert_eq!(asked("40 × 3 = 120").unwrap(), "3");
        assert_eq!(unknown("200 × 0.8 = 160", "原价200元，打8折", &[], Language::Chinese), None);
        assert_eq!(unknown("200 × 0.75 = 150", "原价200元，打七五折", &[], Language::Chinese), None);
        assert_eq!(unknown("200 × 0.85 = 170", "原价200元，打85折", &[], Language::Chinese), None);
    }
}
