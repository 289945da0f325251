//! What holds of the judge for any names.

use proptest::prelude::*;
use touchstone_eval::judge::{Asserted, Verdict, by_gold_answers, normalise, same};

proptest! {
    #[test]
    fn normalising_twice_is_normalising_once(name in any::<String>()) {
        let once = normalise(&name);
        // A leading article goes once: what it stood before is no article then.
        let articles = ["the", "a", "an"];
        prop_assume!(!once.first().is_some_and(|first| articles.contains(&first.as_str())));
        prop_assert_eq!(normalise(&once.join(" ")), once);
    }

    #[test]
    fn a_name_is_the_same_as_itself_in_any_case(name in "[\\p{Alphabetic}0-9 .'-]{0,30}") {
        prop_assume!(!normalise(&name).is_empty());
        prop_assert!(same(&name, &name));
        let ascii = name.to_ascii_uppercase();
        prop_assert!(same(&name, &ascii) && same(&ascii, &name));
    }

    #[test]
    fn sameness_has_no_direction(one in any::<String>(), other in any::<String>()) {
        prop_assert_eq!(same(&one, &other), same(&other, &one));
    }

    #[test]
    fn a_judgement_counts_what_it_says(
        question in any::<String>(),
        gold in proptest::collection::vec(any::<String>(), 0..4),
        values in proptest::collection::vec(any::<String>(), 0..4),
        text in any::<String>(),
    ) {
        let judged = by_gold_answers(&question, &gold, Some(Asserted { values: &values, text: &text }));
        match judged.verdict {
            Verdict::Right => prop_assert!(judged.true_claims > 0 && judged.false_claims == 0),
            Verdict::Wrong => prop_assert!(judged.false_claims > 0),
            Verdict::Withheld | Verdict::Undecided => {
                prop_assert_eq!((judged.true_claims, judged.false_claims), (0, 0));
            }
        }
        prop_assert!(judged.true_claims + judged.false_claims <= values.len().max(1));
    }

    #[test]
    fn a_gold_answer_is_right_however_it_is_asked(
        question in any::<String>(),
        gold in "[a-zA-Z]{4,12}( [a-zA-Z]{4,12})?",
    ) {
        let gold = [gold];
        let values = gold.clone();
        let judged = by_gold_answers(&question, &gold, Some(Asserted { values: &values, text: "" }));
        prop_assert_eq!(judged.verdict, Verdict::Right);
    }
}
