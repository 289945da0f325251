//! Whatever a graph holds and however its ontology declares it: a true fact
//! said with the graph's own words is never refuted, and its denial never
//! supported.
#![allow(clippy::unwrap_used)]

mod small;

use std::fmt::Write;

use proptest::prelude::*;
use proptest::sample::Index;
use touchstone_core::Verdict;

/// Names that share no word with a label, in both languages.
const NAMES: &[(&str, &str)] = &[
    ("Brakka", "布拉卡"),
    ("Sunnifold", "松尼福"),
    ("Port Elmir", "埃尔米港"),
    ("Vantor", "凡托"),
    ("New Vantor", "新凡托"),
    ("Ostrel", "奥斯特雷"),
    ("Kimbo", "金博"),
    ("Quell", "奎尔"),
];

#[derive(Clone, Copy, Debug)]
enum Kind {
    Entity,
    Number,
    Measure,
    Date,
    Text,
}

/// Label and phrase in both languages.
const RELATIONS: &[(Kind, &str, &str)] = &[
    (Kind::Entity, "capital", "首都"),
    (Kind::Entity, "founder", "创始人"),
    (Kind::Entity, "borders", "接壤"),
    (Kind::Entity, "located in", "位于"),
    (Kind::Number, "population", "人口"),
    (Kind::Measure, "area", "面积"),
    (Kind::Date, "date of foundation", "成立日期"),
    (Kind::Text, "postal code", "邮政编码"),
];

#[derive(Clone, Debug)]
struct Relation {
    at: usize,
    functional: bool,
    closed: bool,
    symmetric: bool,
    transitive: bool,
    changing: Option<bool>,
}

#[derive(Clone, Debug)]
struct Drawn {
    relations: Vec<Relation>,
    facts: Vec<(usize, Index, Index, u32)>,
    classes: Vec<u8>,
}

fn relation(at: usize) -> impl Strategy<Value = Relation> {
    (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), proptest::option::of(any::<bool>()))
        .prop_map(move |(functional, closed, symmetric, transitive, changing)| Relation {
            at,
            // Neighbours are so both ways, whatever the ontology says.
            functional: functional && RELATIONS[at].1 != "borders",
            closed,
            symmetric: symmetric && !functional,
            transitive: transitive && !functional,
            changing,
        })
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let relations: Vec<_> = (0..RELATIONS.len()).map(relation).collect();
    let fact = (0..RELATIONS.len(), any::<Index>(), any::<Index>(), 1u32..2_000_000_000);
    (relations, proptest::collection::vec(fact, 1..24), proptest::collection::vec(0u8..2, NAMES.len()))
        .prop_map(|(relations, facts, classes)| Drawn { relations, facts, classes })
}

/// What is true, with the words that say it in each language.
struct Fact {
    relation: usize,
    subject: usize,
    words: [String; 2],
    value: Value,
}

enum Value {
    Entity(usize),
    Literal(String),
}

fn facts(drawn: &Drawn) -> Vec<Fact> {
    let mut found: Vec<Fact> = Vec::new();
    for (relation, subject, object, number) in &drawn.facts {
        let (subject, object) = (subject.index(NAMES.len()), object.index(NAMES.len()));
        let taken = found.iter().any(|fact| fact.relation == *relation && fact.subject == subject);
        let kind = RELATIONS[*relation].0;
        let one = drawn.relations[*relation].functional || !matches!(kind, Kind::Entity);
        if (one && taken) || subject == object {
            continue;
        }
        let (words, value) = match kind {
            Kind::Entity => ([NAMES[object].0.to_owned(), NAMES[object].1.to_owned()], Value::Entity(object)),
            Kind::Number => ([number.to_string(), number.to_string()], Value::Literal(format!("{number}"))),
            Kind::Measure => {
                let miles = f64::from(*number) / 2.589_988_110_336;
                (
                    [format!("about {miles:.0} square miles"), format!("约{number}平方公里")],
                    Value::Literal(format!("{number}")),
                )
            }
            Kind::Date => {
                let (year, month, day) = (1000 + number % 1000, 1 + number % 12, 1 + number % 28);
                let months = [
                    "January",
                    "February",
                    "March",
                    "April",
                    "May",
                    "June",
                    "July",
                    "August",
                    "September",
                    "October",
                    "November",
                    "December",
                ];
                (
                    [
                        format!("{day} {} {year}", months[month as usize - 1]),
                        format!("{year}年{month}月{day}日"),
                    ],
                    Value::Literal(format!("\"{year:04}-{month:02}-{day:02}\"^^xsd:date")),
                )
            }
            Kind::Text => {
                ([format!("Z{number}"), format!("Z{number}")], Value::Literal(format!("\"Z{number}\"")))
            }
        };
        found.push(Fact { relation: *relation, subject, words, value });
    }
    found
}

fn turtle(drawn: &Drawn, facts: &[Fact]) -> String {
    let mut out = String::from(
        ":A a owl:Class ; rdfs:label \"settlement\"@en , \"聚落\"@zh .\n:B a owl:Class ; rdfs:label \"realm\"@en , \"王国\"@zh ; owl:disjointWith :A .\n",
    );
    for relation in &drawn.relations {
        let (kind, english, chinese) = RELATIONS[relation.at];
        let class = if matches!(kind, Kind::Entity) { "owl:ObjectProperty" } else { "owl:DatatypeProperty" };
        write!(out, ":p{} a {class} ; rdfs:label \"{english}\"@en , \"{chinese}\"@zh", relation.at).unwrap();
        let entity = matches!(kind, Kind::Entity);
        for (declared, words) in [
            (relation.functional, "a owl:FunctionalProperty"),
            (relation.symmetric && entity, "a owl:SymmetricProperty"),
            (relation.transitive && entity, "a owl:TransitiveProperty"),
            (relation.closed, "ts:closed true"),
            (relation.changing == Some(true), "ts:changing true"),
            (relation.changing == Some(false), "ts:changing false"),
            (matches!(kind, Kind::Number), "rdfs:range xsd:integer"),
            (matches!(kind, Kind::Measure), "rdfs:range xsd:decimal ; qudt:hasUnit unit:KiloM2"),
            (matches!(kind, Kind::Date), "rdfs:range xsd:date"),
            (matches!(kind, Kind::Text), "rdfs:range xsd:string"),
        ] {
            if declared {
                write!(out, " ; {words}").unwrap();
            }
        }
        out.push_str(" .\n");
    }
    for (at, (english, chinese)) in NAMES.iter().enumerate() {
        let class = if drawn.classes[at] == 0 { ":A" } else { ":B" };
        writeln!(out, ":e{at} a {class} ; rdfs:label \"{english}\"@en , \"{chinese}\"@zh .").unwrap();
    }
    for fact in facts {
        let value = match &fact.value {
            Value::Entity(at) => format!(":e{at}"),
            Value::Literal(literal) => literal.clone(),
        };
        writeln!(out, ":e{} :p{} {value} .", fact.subject, fact.relation).unwrap();
    }
    out
}

/// The fact in words: what states it, and what denies it.
fn sentences(fact: &Fact) -> Vec<(String, bool)> {
    let (kind, label, han) = RELATIONS[fact.relation];
    let (subject, subject_han) = NAMES[fact.subject];
    let [value, value_han] = &fact.words;
    let mut all = Vec::new();
    let verbal = matches!(label, "borders" | "located in");
    if verbal {
        let verb = if label == "located in" { "is located in" } else { label };
        all.push((format!("{subject} {verb} {value}."), false));
    } else {
        all.push((format!("The {label} of {subject} is {value}."), false));
        all.push((format!("{subject}'s {label} is {value}."), false));
        all.push((format!("The {label} of {subject} is not {value}."), true));
    }
    match (label, kind) {
        ("borders", _) => {
            all.push((format!("{subject_han}与{value_han}{han}。"), false));
            all.push((format!("{subject_han}不与{value_han}{han}。"), true));
        }
        ("located in", _) => all.push((format!("{subject_han}{han}{value_han}。"), false)),
        _ => {
            all.push((format!("{subject_han}的{han}是{value_han}。"), false));
            all.push((format!("{subject_han}的{han}不是{value_han}。"), true));
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn no_true_fact_is_refuted(drawn in drawn()) {
        let facts = facts(&drawn);
        let checker = small::checker(&turtle(&drawn, &facts));
        for fact in &facts {
            for (sentence, denies) in sentences(fact) {
                let wrong = if denies { Verdict::Supported } else { Verdict::Refuted };
                for claim in checker.check(&sentence).claims {
                    prop_assert_ne!(claim.verdict, wrong, "{}: {:?}", sentence, claim);
                }
            }
        }
    }

    /// And where the words are plain, it is supported.
    #[test]
    fn a_true_fact_is_supported(drawn in drawn()) {
        let facts = facts(&drawn);
        let checker = small::checker(&turtle(&drawn, &facts));
        for fact in facts.iter().filter(|fact| !matches!(RELATIONS[fact.relation].0, Kind::Measure)) {
            for (sentence, _) in sentences(fact).into_iter().filter(|(_, denies)| !denies) {
                let claims = checker.check(&sentence).claims;
                let supported = claims.len() == 1 && claims[0].verdict == Verdict::Supported;
                prop_assert!(supported, "{}: {:?}", sentence, claims);
            }
        }
    }
}
