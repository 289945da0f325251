//! Decides whether an answer is right by the gold answers alone. It shares no
//! code and no verdict with the systems it judges, and it is the same for all.

mod normal;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use normal::{normalise, same};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Right,
    Wrong,
    /// Nothing is asserted.
    Withheld,
    /// Something is asserted, but there is no gold to judge it by.
    Undecided,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    pub verdict: Verdict,
    /// One sentence for people.
    pub reason: String,
}

/// What a system asserts as its final answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asserted<'a> {
    /// The bare values, where the system names them.
    pub values: &'a [String],
    /// The whole answer: judged where there are no values.
    pub text: &'a str,
}

/// Judges a final answer by a list of right ones, any of which will do: every
/// value must be a gold answer. A text without values is right when it names
/// a gold answer.
pub fn by_gold_answers(
    question: &str,
    gold: &[String],
    asserted: Option<Asserted<'_>>,
) -> Judgement {
    let judged = |verdict, reason: String| Judgement { verdict, reason };
    let blank = |value: &String| value.trim().is_empty();
    let Some(asserted) = asserted else {
        return judged(Verdict::Withheld, "no answer is given".into());
    };
    let values: Vec<&String> = asserted.values.iter().filter(|value| !blank(value)).collect();
    if values.is_empty() && asserted.text.trim().is_empty() {
        return judged(Verdict::Withheld, "the answer is empty".into());
    }
    let gold: Vec<&String> = gold.iter().filter(|gold| !blank(gold)).collect();
    if gold.is_empty() {
        return judged(Verdict::Undecided, "there is no gold answer".into());
    }

    if values.is_empty() {
        return match gold.iter().find(|gold| normal::names(asserted.text, gold, question)) {
            Some(gold) => judged(Verdict::Right, format!("the text names \"{gold}\"")),
            None => judged(Verdict::Wrong, format!("the text names none of {}", list(&gold))),
        };
    }
    let other =
        values.iter().find(|value| !gold.iter().any(|gold| normal::answers(value, gold, question)));
    match other {
        Some(other) => judged(Verdict::Wrong, format!("\"{other}\" is none of {}", list(&gold))),
        None => judged(Verdict::Right, format!("{} is among {}", list(&values), list(&gold))),
    }
}

fn list(names: &[&String]) -> String {
    names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(question: &str, gold: &[&str], values: &[&str], text: &str) -> Verdict {
        let gold: Vec<String> = gold.iter().map(|&g| g.to_owned()).collect();
        let values: Vec<String> = values.iter().map(|&v| v.to_owned()).collect();
        by_gold_answers(question, &gold, Some(Asserted { values: &values, text })).verdict
    }

    const SPRING: &str = "In which town does the Danube rise?";

    #[test]
    fn an_answer_with_another_value_is_wrong() {
        let gold = ["Donaueschingen", "Furtwangen"];
        assert_eq!(judge(SPRING, &gold, &["donaueschingen"], ""), Verdict::Right);
        assert_eq!(judge(SPRING, &gold, &["Furtwangen", "Donaueschingen"], ""), Verdict::Right);
        assert_eq!(judge(SPRING, &gold, &["Furtwangen", "Ulm"], ""), Verdict::Wrong);
        assert_eq!(judge(SPRING, &gold, &["Ulm"], "Furtwangen"), Verdict::Wrong);
    }

    #[test]
    fn flipping_the_gold_flips_the_verdict() {
        assert_eq!(judge(SPRING, &["Ulm"], &["Ulm"], ""), Verdict::Right);
        assert_eq!(judge(SPRING, &["Linz"], &["Ulm"], ""), Verdict::Wrong);
        assert_eq!(judge(SPRING, &["Linz"], &["Linz"], ""), Verdict::Right);
    }

    #[test]
    fn a_text_without_values_is_judged_by_what_it_names() {
        let text = "The Danube rises in Donaueschingen.";
        assert_eq!(judge(SPRING, &["Donaueschingen"], &[], text), Verdict::Right);
        assert_eq!(judge(SPRING, &["Eschingen"], &[], text), Verdict::Wrong);
        assert_eq!(judge("多瑙河流经哪座首都?", &["维也纳"], &[], "它流经维也纳。"), Verdict::Right);
    }

    #[test]
    fn silence_is_no_claim_and_no_gold_is_no_verdict() {
        assert_eq!(judge(SPRING, &["Ulm"], &[" "], ""), Verdict::Withheld);
        assert_eq!(by_gold_answers(SPRING, &[], None).verdict, Verdict::Withheld);
        assert_eq!(judge(SPRING, &[], &["Ulm"], ""), Verdict::Undecided);
    }
}
