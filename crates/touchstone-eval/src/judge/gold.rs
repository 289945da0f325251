//! A final answer by the gold answers alone.

use super::normal::{self, same};
use super::{Asserted, Judgement, Verdict};

/// Judges a final answer by a list of right ones, any of which will do: every
/// value must be a gold answer. A text without values is right when it names
/// a gold answer.
pub fn by_gold_answers(question: &str, gold: &[String], asserted: Option<Asserted<'_>>) -> Judgement {
    within(question, gold, 0.0, asserted)
}

/// The same, where a number may differ from the gold one by this share.
pub(super) fn within(
    question: &str,
    gold: &[String],
    tolerance: f64,
    asserted: Option<Asserted<'_>>,
) -> Judgement {
    let judged = |verdict, true_claims, false_claims, reason: String| Judgement {
        verdict,
        reason,
        true_claims,
        false_claims,
        first_right: verdict == Verdict::Right,
        gold_found: true_claims,
    };
    let Some(asserted) = asserted else {
        return judged(Verdict::Withheld, 0, 0, "no answer is given".into());
    };
    let mut values: Vec<&String> = Vec::new();
    for value in asserted.values.iter().filter(|value| !value.trim().is_empty()) {
        if !values.iter().any(|seen| same(seen, value)) {
            values.push(value);
        }
    }
    if values.is_empty() && asserted.text.trim().is_empty() {
        return judged(Verdict::Withheld, 0, 0, "the answer is empty".into());
    }
    let gold: Vec<&String> = gold.iter().filter(|gold| !gold.trim().is_empty()).collect();
    // "Yes, it does" is one claim.
    if gold.iter().any(|gold| normal::is_polar(gold))
        && values.first().is_some_and(|first| normal::is_polar(first))
    {
        values.truncate(1);
    }
    let right = |value: &str| gold.iter().any(|gold| normal::answers(value, gold, question, tolerance));
    let silent = |text: &str| normal::says_nothing(text) && !right(text);
    let given = values.len();
    values.retain(|value| !silent(value));
    if values.is_empty() && (given > 0 || silent(asserted.text)) {
        return judged(Verdict::Withheld, 0, 0, "the answer says that it is not known".into());
    }
    if gold.is_empty() {
        return judged(Verdict::Undecided, 0, 0, "there is no gold answer".into());
    }

    if values.is_empty() {
        let mut named = gold.iter().filter(|gold| normal::names(asserted.text, gold, question, tolerance));
        return match named.next() {
            Some(gold) => {
                let judged = judged(Verdict::Right, 1, 0, format!("the text names \"{gold}\""));
                Judgement { gold_found: 1 + named.count(), ..judged }
            }
            None => judged(Verdict::Wrong, 0, 1, format!("the text names none of {}", list(&gold))),
        };
    }
    // "Columbus, Ohio" reads like two values.
    let is_whole = |gold: &&&String| {
        values.len() > 1
            && same(gold, asserted.text)
            && values.iter().all(|value| gold.contains(value.as_str()))
    };
    if let Some(whole) = gold.iter().find(is_whole) {
        return judged(Verdict::Right, 1, 0, format!("the answer is \"{whole}\""));
    }
    let first_right = values.first().is_some_and(|value| right(value));
    let found =
        |gold: &&&String| values.iter().any(|value| normal::answers(value, gold, question, tolerance));
    let gold_found = gold.iter().filter(found).count();
    let (right, wrong): (Vec<&String>, Vec<&String>) = values.into_iter().partition(|value| right(value));
    let judged = match wrong.first() {
        Some(first) => {
            let reason = format!("\"{first}\" is none of {}", list(&gold));
            judged(Verdict::Wrong, right.len(), wrong.len(), reason)
        }
        None => {
            let reason = format!("{} is among {}", list(&right), list(&gold));
            judged(Verdict::Right, right.len(), 0, reason)
        }
    };
    Judgement { first_right, gold_found, ..judged }
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
    fn a_gold_answer_with_a_comma_is_one_value() {
        let values = ["Columbus", "Ohio"];
        assert_eq!(judge("Where is it?", &["Columbus, Ohio"], &values, "Columbus, Ohio."), Verdict::Right);
        assert_eq!(judge("Where is it?", &["Columbus, Ohio"], &values, "Ohio, Columbus"), Verdict::Wrong);
        assert_eq!(judge("Where is it?", &["Columbus"], &values, "Columbus, Ohio"), Verdict::Wrong);
    }

    #[test]
    fn each_different_value_is_a_claim() {
        let claims = |values: &[&str]| {
            let gold = ["Donaueschingen".to_owned(), "Furtwangen".to_owned()];
            let values: Vec<String> = values.iter().map(|&v| v.to_owned()).collect();
            let judged = by_gold_answers(SPRING, &gold, Some(Asserted { values: &values, text: "" }));
            (judged.true_claims, judged.false_claims)
        };
        assert_eq!(claims(&["Furtwangen", "furtwangen.", "Ulm", "Linz"]), (1, 2));
        assert_eq!(claims(&["Furtwangen", "Donaueschingen"]), (2, 0));
        assert_eq!(claims(&[]), (0, 0));
    }

    #[test]
    fn yes_with_words_after_it_is_yes() {
        let question = "Does the Danube rise in Germany?";
        assert_eq!(judge(question, &["yes"], &["Yes", "it does"], ""), Verdict::Right);
        assert_eq!(judge(question, &["no"], &["Yes", "it does"], ""), Verdict::Wrong);
        assert_eq!(judge("多瑙河发源于德国吗？", &["是", "对"], &["对", "它发源于德国"], ""), Verdict::Right);
    }

    #[test]
    fn the_first_value_and_the_whole_set_are_told_apart() {
        let of = |values: &[&str]| {
            let gold = ["Donaueschingen".to_owned(), "Furtwangen".to_owned()];
            let values: Vec<String> = values.iter().map(|&v| v.to_owned()).collect();
            let judged = by_gold_answers(SPRING, &gold, Some(Asserted { values: &values, text: "" }));
            (judged.first_right, judged.gold_found)
        };
        assert_eq!(of(&["Ulm", "Furtwangen"]), (false, 1));
        assert_eq!(of(&["Furtwangen", "Ulm"]), (true, 1));
        assert_eq!(of(&["Donaueschingen", "Furtwangen"]), (true, 2));
    }

    #[test]
    fn to_say_that_one_does_not_know_is_no_claim() {
        assert_eq!(judge(SPRING, &["Ulm"], &["unknown"], "It is unknown."), Verdict::Withheld);
        assert_eq!(judge(SPRING, &["Ulm"], &[], "I don't know."), Verdict::Withheld);
        assert_eq!(judge(SPRING, &["Ulm"], &[], "不知道。"), Verdict::Withheld);
        assert_eq!(judge("Who wrote it?", &["Unknown"], &["unknown"], ""), Verdict::Right);
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
