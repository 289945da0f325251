//! No text makes a reader panic, every span lies in the text, and what exact
//! arithmetic puts right is right.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use touchstone_check::read::{self, Judgement};

/// Pieces that readers look for, joined in any order.
const PIECES: &[&str] = &[
    "12",
    "3.5",
    "1,234",
    "½",
    "20%",
    "百分之",
    "三十五",
    "万",
    "亿",
    "million",
    " × ",
    "+",
    "-",
    "/",
    "÷",
    "^",
    "√",
    "(",
    ")",
    "（",
    "=",
    "≈",
    "等于",
    " is ",
    "是",
    ">",
    "≤",
    "km",
    "m²",
    "°C",
    "元",
    "$",
    "about ",
    "约",
    "多",
    "in 1867",
    "1867年",
    "11月",
    "7 November",
    "BC",
    " to ",
    "–",
    "between ",
    " and ",
    ".",
    "。",
    ",",
    "的",
    " of ",
    "apples",
    "e6",
    "10^3",
    "²",
    "\\frac{",
    "}{",
    "}",
    "第",
    "twenty-one",
    "hundred",
    "\n",
    "é",
    "𝟙",
    "１２",
];

fn holds_for(text: &str) {
    for number in read::numbers(text) {
        assert!(text.get(number.span).is_some() && text.get(number.phrase).is_some());
    }
    for quantity in read::find_quantities(text) {
        assert!(text.get(quantity.span).is_some());
    }
    for date in read::find_dates(text) {
        assert!(text.get(date.span).is_some());
    }
    for comparison in read::comparisons(text) {
        assert!(text.get(comparison.span).is_some());
    }
    for sentence in read::sentences(text) {
        assert!(text.get(sentence.span).is_some());
    }
    for equation in read::equations(text) {
        assert!(text.get(equation.span.clone()).is_some());
        for side in &equation.sides {
            assert!(text.get(side.number_span.clone()).is_some());
        }
        let _ = equation.judge();
    }
}

proptest! {
    #[test]
    fn any_text_is_read(text in any::<String>()) {
        holds_for(&text);
    }

    #[test]
    fn any_pieces_are_read(pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..24)) {
        holds_for(&pieces.concat());
    }

    #[test]
    fn sums_are_judged_as_integers_say(a in -10_000i64..10_000, b in 0i64..10_000, c in -20_000i64..20_000) {
        let text = format!("{a} + {b} = {c}");
        let found = read::equations(&text);
        prop_assert_eq!(found.len(), 1);
        match found[0].judge() {
            Judgement::Right => prop_assert_eq!(a + b, c),
            Judgement::Wrong { side, written } => {
                prop_assert_ne!(a + b, c);
                prop_assert_eq!(side, 1);
                prop_assert_eq!(written, (a + b).to_string());
            }
            Judgement::Undefined { .. } => prop_assert!(false),
        }
    }

    #[test]
    fn what_is_put_right_holds(a in 1i64..1_000, b in 1i64..1_000, c in 1i64..1_000, sign in 0usize..4) {
        let sign = ["+", "-", "×", "÷"][sign];
        let text = format!("{a} {sign} {b} = {c}");
        if let Judgement::Wrong { side, written } = read::equations(&text)[0].judge() {
            let span = read::equations(&text)[0].sides[side].number_span.clone();
            let mut fixed = text.clone();
            fixed.replace_range(span, &written);
            prop_assert_eq!(read::equations(&fixed)[0].judge(), Judgement::Right, "{} became {}", text, fixed);
        }
    }
}
