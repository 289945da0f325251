//! What no one means as a text still gets a clear verdict, in linear time.
#![allow(clippy::unwrap_used)]

mod small;

use std::sync::LazyLock;

use small::{each_is, only};
use touchstone_check::Checker;
use touchstone_core::ClaimKind;
use touchstone_core::ReasonCode::{self, ArithmeticWrong, LimitReached, UnsupportedLanguage};
use touchstone_core::Verdict::{Refuted, Supported, Unverifiable};

const FACTS: &str = r#"
:Metal a owl:Class ; rdfs:label "metal"@en , "金属"@zh .
:gold a :Metal ; rdfs:label "gold"@en , "金"@zh . :silver a :Metal ; rdfs:label "silver"@en , "银"@zh .
:number a owl:DatatypeProperty , owl:FunctionalProperty ; rdfs:label "atomic number"@en , "原子序数"@zh ;
    rdfs:domain :Metal ; rdfs:range xsd:integer .
:gold :number 79 . :silver :number 47 .
:seen a owl:DatatypeProperty , owl:FunctionalProperty ; rdfs:label "discovered in"@en , "发现于"@zh ;
    rdfs:domain :Metal ; rdfs:range xsd:date .
:gold :seen "1850-02-28"^^xsd:date .
"#;

static CHECKER: LazyLock<Checker> = LazyLock::new(|| small::checker(FACTS));

#[test]
fn a_sentence_of_a_million_characters_is_refused() {
    for text in ["gold is a metal and ".repeat(50_000), "金是金属，".repeat(200_000), "x".repeat(1_000_000)]
    {
        let claim = only(&CHECKER, &text);
        assert_eq!((claim.verdict, claim.reason_code), (Unverifiable, LimitReached), "{}", &text[..20]);
    }
}

#[test]
fn a_long_text_of_short_sentences_is_read_to_its_end() {
    let text = "Gold has atomic number 79. 银的原子序数是46。\n".repeat(5_000);
    let claims = CHECKER.check(&text).claims;
    assert_eq!(claims.len(), 10_000);
    assert_eq!(claims[9_998].verdict, Supported);
    assert_eq!(claims[9_999].verdict, Refuted);
}

#[test]
fn brackets_may_be_nested_as_deep_as_one_likes() {
    for (open, close) in
        [("(", ")"), ("（", "）"), ("[", "]"), ("{", "}"), ("\\frac{", "}"), ("√", ""), ("-", "")]
    {
        for depth in [30, 3_000, 300_000] {
            let text = format!("{}2 + 2{} = 4.", open.repeat(depth), close.repeat(depth));
            for claim in CHECKER.check(&text).claims {
                assert_ne!(claim.verdict, Refuted, "{open} {depth}");
            }
        }
    }
    assert_eq!(only(&CHECKER, "((((2 + 2)))) = 4.").verdict, Supported);
}

#[test]
fn letters_that_hide_or_turn_text_change_nothing_else() {
    // Zero-width characters and accents are folded away.
    each_is(
        &CHECKER,
        Supported,
        None,
        &["Go\u{200b}ld has atomic number 79.", "Gold\u{200d} has\u{feff} atomic number 79."],
    );
    each_is(&CHECKER, Refuted, None, &["Go\u{200b}ld has atomic number 78."]);
    // Cyrillic о, fullwidth letters, right-to-left marks: never another name by mistake.
    for text in [
        "G\u{43e}ld has atomic number 79.",
        "\u{202e}Gold has atomic number 79.\u{202c}",
        "\u{200f}Gold has atomic number 78.",
        "Ｇｏｌｄ has atomic number 79.",
        "Gold has atomic number ٧٩.",
        "Gold has atomic number 7\u{200b}8.",
        "G\u{301}\u{301}\u{301}old has atomic number 79.",
    ] {
        for claim in CHECKER.check(text).claims {
            assert_ne!((claim.verdict, text.contains("79")), (Refuted, true), "{text:?} {claim:?}");
            assert_ne!((claim.verdict, text.contains("78")), (Supported, true), "{text:?} {claim:?}");
        }
    }
}

#[test]
fn languages_without_support_are_named_as_such() {
    each_is(
        &CHECKER,
        Unverifiable,
        Some(UnsupportedLanguage),
        &[
            "الذهب عنصر كيميائي وعدده الذري 79.",
            "זהב הוא יסוד כימי שמספרו האטומי 79.",
            "Золото имеет атомный номер 79.",
            "L'or est un élément chimique dont le numéro atomique est 79.",
            "金は原子番号79の元素です。",
            "금의 원자 번호는 79이다.",
        ],
    );
}

#[test]
fn numbers_beyond_all_bounds_are_no_match() {
    for text in [
        "Gold has atomic number 1e999999.",
        "Gold has atomic number 7.9e1000000000000000000000.",
        "Gold has atomic number 10^999999.",
        "金的原子序数是1e999999。",
        "金的原子序数是九九九九九九九九九九九九九九九九九九九九。",
    ] {
        for claim in CHECKER.check(text).claims {
            assert_ne!(claim.verdict, Supported, "{text}");
        }
    }
    let long = format!("Gold has atomic number {}.", "9".repeat(10_000));
    assert!(CHECKER.check(&long).claims.iter().all(|claim| claim.verdict != Supported));
    let power = "2^9999999999 = 1, 9^9^9^9^9 = 1, (9^64)^64 = 2.";
    assert!(CHECKER.check(power).claims.iter().all(|claim| claim.verdict != Supported));
}

#[test]
fn division_by_zero_is_wrong_whatever_it_is_said_to_be() {
    each_is(
        &CHECKER,
        Refuted,
        Some(ArithmeticWrong),
        &["4 / 0 = 0.", "1 ÷ (2 − 2) = 5.", "4除以0等于0。", "0^-1 = 0."],
    );
    assert!(CHECKER.check("The share is 3/0 of gold.").claims.iter().all(|claim| claim.verdict != Supported));
}

#[test]
fn days_that_do_not_exist_match_nothing() {
    each_is(
        &CHECKER,
        Refuted,
        Some(ReasonCode::DateDiffers),
        &["Gold was discovered in 30 February 1850.", "金发现于1850年2月30日。"],
    );
    each_is(
        &CHECKER,
        Unverifiable,
        Some(ReasonCode::ImpossibleDate),
        &["Silver was discovered in February 30, 1850."],
    );
    each_is(&CHECKER, Supported, None, &["Gold was discovered in February 1850.", "金发现于1850年2月28日。"]);
}

#[test]
fn no_character_is_too_much() {
    for text in [
        "",
        " ",
        "\0",
        "\u{fffd}\u{fffd}",
        "....",
        "?!?!",
        "。。。",
        "\r\n\r\n",
        "=",
        "= = = =",
        "1 1 1 1",
        "'s's's",
        "的的的的",
    ] {
        assert!(CHECKER.check(text).claims.iter().all(|claim| claim.verdict == Unverifiable), "{text:?}");
    }
    let same = "79 ".repeat(6_000);
    let _ = CHECKER.check(&same);
    let names = "gold silver ".repeat(1_600);
    let _ = CHECKER.check(&names);
    let signs = "+-*/=".repeat(3_900);
    let _ = CHECKER.check(&signs);
    let sums = "1+".repeat(9_000);
    let _ = CHECKER.check(&sums);
    let equals = "1=".repeat(9_000);
    let _ = CHECKER.check(&equals);
}

#[test]
fn a_number_alone_behind_a_relation_is_no_count() {
    let checker = small::checker(
        r#"
        :tags a owl:ObjectProperty ; ts:closed true ; rdfs:label "has tags"@en .
        :run rdfs:label "Chicken Run"@en ; :tags :hens , :farms , :pies .
        :hens rdfs:label "hens"@en . :farms rdfs:label "farms"@en . :pies rdfs:label "pies"@en .
        "#,
    );
    let claims = checker.check("Chicken Run has tags 2.").claims;
    assert!(claims.iter().all(|claim| claim.kind != ClaimKind::Count), "{claims:#?}");
    assert!(claims.iter().all(|claim| claim.verdict == Unverifiable), "{claims:#?}");
}
