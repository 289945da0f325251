//! Claims in English and Chinese against the demonstration graph.
#![allow(clippy::unwrap_used)]

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use touchstone_check::Checker;
use touchstone_core::Verdict::{self, Refuted, Supported, Unverifiable};
use touchstone_graph::model::NamedNode;
use touchstone_graph::{Graph, ImportOptions, ImportSource, Store};

static CHECKER: LazyLock<Checker> = LazyLock::new(|| {
    let kg = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../kg");
    let store = Store::in_memory().unwrap();
    let ontology = NamedNode::new("https://w3id.org/touchstone/world/graph/ontology").unwrap();
    for (file, graph) in [("ontology.ttl", Some(ontology)), ("facts.nq.zst", None)] {
        let options = ImportOptions { graph, ..ImportOptions::default() };
        store
            .import(&ImportSource::Rdf(kg.join(file)), &options, &mut |_| ControlFlow::Continue(()))
            .unwrap();
    }
    Checker::new(Arc::new(Graph::from_store(store).unwrap()))
});

fn verdicts(text: &str) -> Vec<Verdict> {
    CHECKER.check(text).claims.iter().map(|claim| claim.verdict).collect()
}

/// Every sentence must have the one verdict.
fn each_is(verdict: Verdict, sentences: &[&str]) {
    let wrong: Vec<String> = sentences
        .iter()
        .filter(|sentence| verdicts(sentence) != [verdict])
        .map(|sentence| {
            let claims: Vec<String> = CHECKER
                .check(sentence)
                .claims
                .iter()
                .map(|c| format!("{:?} {:?} [{}] {}", c.verdict, c.kind, c.text, c.reason))
                .collect();
            format!("{sentence}\n    {}", claims.join("\n    "))
        })
        .collect();
    assert!(wrong.is_empty(), "not {verdict:?}:\n{}", wrong.join("\n"));
}

#[test]
fn the_first_six() {
    let text = "Quito is the capital of Ecuador. Gold has atomic number 78. France borders Portugal. \
                法国的首都是里昂。 Kazakhstan's area is about 2.7 million square kilometres. \
                The mayor of Quito likes football.";
    assert_eq!(verdicts(text), [Supported, Refuted, Refuted, Refuted, Supported, Unverifiable]);
}

#[test]
fn true_claims_are_supported() {
    each_is(
        Supported,
        &[
            "Ecuador's capital is Quito.",
            "The capital of Japan is Tokyo.",
            "Spain borders Portugal.",
            "Peru is in South America.",
            "Peru is a country.",
            "The currency of Ecuador is the United States dollar.",
            "The chemical symbol of gold is Au.",
            "Iron has the atomic number 26.",
            "Brazil is larger than Argentina.",
            "Canada is larger than China by area.",
            "China is larger than Canada in terms of population.",
            "Canada is not in Europe.",
            "日本的首都是东京。",
            "西班牙与葡萄牙接壤。",
            "金的原子序数是79。",
            "秘鲁位于南美洲。",
            "巴西的面积比阿根廷大。",
            "厄瓜多尔的货币是美元。",
            "The country whose capital is Lima is Peru.",
            "Peru is the country whose capital is Lima.",
            "首都是利马的国家是秘鲁。",
            "以利马为首都的国家是秘鲁。",
            "巴西比阿根廷大。",
            "The area of Brazil is larger than that of Argentina.",
            "Quito is the capital of Ecuador.",
            "加拿大不在欧洲。",
        ],
    );
}

#[test]
fn false_claims_are_refuted() {
    each_is(
        Refuted,
        &[
            "The capital of Japan is Osaka.",
            "The capital of Australia is Sydney.",
            "Iron has the atomic number 27.",
            "The chemical symbol of gold is Ag.",
            "Peru is in Africa.",
            "Germany borders Spain.",
            "Argentina is larger than Brazil.",
            "China is larger than Canada by area.",
            "Canada is not in North America.",
            "The currency of Ecuador is the euro.",
            "日本的首都是大阪。",
            "金的原子序数是78。",
            "秘鲁位于非洲。",
            "德国与西班牙接壤。",
            "The country whose capital is Lima is Bolivia.",
            "首都是利马的国家是玻利维亚。",
            "阿根廷的面积比巴西大。",
            "2 + 2 = 5.",
        ],
    );
}

#[test]
fn what_the_graph_does_not_hold_is_unverifiable() {
    each_is(
        Unverifiable,
        &[
            "The mayor of Quito likes football.",
            "Freedonia borders France.",
            "The capital of Freedonia is Quito.",
            "Gold is beautiful.",
            // Palaú is a town in Mexico, of the same size.
            "Palau is not in North America.",
            "巴黎的市长喜欢足球。",
            "Der Himmel ist blau und die Sonne scheint.",
        ],
    );
}

#[test]
fn ranks_counts_and_existence() {
    each_is(
        Supported,
        &[
            "Algeria is the largest country in Africa.",
            "Canada is the second-largest country in the world.",
            "The smallest country in the world is Vatican City.",
            "Brazil has the largest area of any country in South America.",
            "Ecuador borders two countries.",
            "Switzerland has four official languages.",
            "There are 54 countries in Africa.",
            "There is an element with atomic number 79.",
            "There is a country called Chad.",
            "Ecuador does not border three countries.",
            "阿尔及利亚是非洲面积最大的国家。",
            "加拿大是世界第二大国家。",
            "厄瓜多尔与两个国家接壤。",
            "瑞士有四种官方语言。",
            "非洲有54个国家。",
        ],
    );
    each_is(
        Refuted,
        &[
            "The largest country in Africa is Nigeria.",
            "Canada is the third-largest country in the world.",
            "Lyon is the largest city in France.",
            "Ecuador borders three countries.",
            "Switzerland has five official languages.",
            "There are 40 countries in Africa.",
            "There is an element with atomic number 250.",
            "There is no country called Chad.",
            "尼日利亚是非洲面积最大的国家。",
            "厄瓜多尔与三个国家接壤。",
        ],
    );
    // The graph does not hold every city, nor every melting point.
    each_is(
        Unverifiable,
        &["Paris is the largest city in France.", "Tungsten is the element with the highest melting point."],
    );
}

/// Whatever the ontology calls a relation, a true fact said with its label is
/// never refuted.
#[test]
fn no_true_fact_is_refuted_in_the_words_of_its_label() {
    let graph = CHECKER.graph();
    let (ontology, lexicon) = (graph.ontology(), graph.lexicon());
    let mut checked = 0;
    for predicate in ontology.predicates() {
        let quads = graph.store().inner().quads_for_pattern(None, Some(predicate.iri.as_ref()), None, None);
        for quad in quads.map(Result::unwrap).step_by(31).take(60) {
            let (
                touchstone_graph::model::NamedOrBlankNode::NamedNode(subject),
                touchstone_graph::model::Term::NamedNode(object),
            ) = (&quad.subject, &quad.object)
            else {
                continue;
            };
            let (Some(subject), Some(object)) =
                (lexicon.entity_by_iri(subject.as_ref()), lexicon.entity_by_iri(object.as_ref()))
            else {
                continue;
            };
            for language in touchstone_core::Language::ALL {
                let name = |id| lexicon.entity(id).label(language).to_owned();
                let label = predicate.label(language);
                let sentence = match language {
                    touchstone_core::Language::English => {
                        format!("The {label} of {} is {}.", name(subject), name(object))
                    }
                    touchstone_core::Language::Chinese => {
                        format!("{}的{label}是{}。", name(subject), name(object))
                    }
                };
                checked += 1;
                assert!(!verdicts(&sentence).contains(&Refuted), "{sentence}");
            }
        }
    }
    assert!(checked > 300, "{checked}");
}

#[test]
fn a_name_is_refuted_only_of_what_it_can_mean() {
    // Georgia is a country and a state, and a state borders no country's list.
    each_is(Unverifiable, &["Georgia borders Florida.", "France borders Bavaria."]);
    each_is(Supported, &["Georgia borders Armenia."]);
    each_is(Refuted, &["France borders Portugal.", "Peru borders Africa."]);
}

#[test]
fn neighbours_may_be_counted_as_countries() {
    each_is(
        Supported,
        &["China has 14 neighbours.", "中国有14个邻国。", "China does not have 15 neighbours."],
    );
    each_is(Refuted, &["China has 15 neighbours.", "中国有15个邻国。", "China has 7 neighbours."]);
}

#[test]
fn things_are_compared_by_how_many_times() {
    each_is(
        Supported,
        &[
            "Brazil is about three times as large as Argentina.",
            "Russia is more than twice as large as Argentina.",
            "Chile is not as large as Brazil.",
            "The area of Brazil is about three times that of Argentina.",
            "Chile is less than half as large as Brazil.",
        ],
    );
    each_is(
        Refuted,
        &[
            "Chile is as large as Brazil.",
            "Canada is twice as large as Russia.",
            "Brazil is not as large as Chile.",
            "Chile is twice as populous as Brazil.",
        ],
    );
    each_is(Unverifiable, &["Brazil is as large as Chile.", "Brazil is twice as small as Chile."]);
}

#[test]
fn things_are_described_by_what_they_have() {
    each_is(
        Supported,
        &[
            "The element with atomic number 26 is iron.",
            "The element with the symbol Fe is iron.",
            "Gold is the element with atomic number 79.",
            "The element whose atomic number is 26 is iron.",
        ],
    );
    each_is(
        Refuted,
        &["The element with atomic number 26 is gold.", "Gold is the element with the symbol Fe."],
    );
    let claims = CHECKER.check("Iron (symbol Fe) has atomic number 26.").claims;
    assert_eq!(claims[0].text, "Iron (symbol Fe)");
    assert!(claims.len() == 2 && claims.iter().all(|claim| claim.verdict == Supported), "{claims:#?}");
    assert_eq!(verdicts("Iron (symbol Au) has atomic number 26."), [Refuted, Supported]);
    assert_eq!(verdicts("Lima (the capital of Peru) is a city."), [Supported, Supported]);
    // What was mentioned before is not what a description speaks of.
    assert_eq!(
        verdicts("Iron is a metal. The element with atomic number 79 is gold.").last(),
        Some(&Supported)
    );
}

#[test]
fn a_value_stands_behind_the_noun_of_its_relation() {
    each_is(
        Supported,
        &[
            "Selenium is in group 16.",
            "Iodine belongs to period 5 of the periodic table.",
            "Iodine lies in the period 5.",
            "碘位于元素周期表的第5周期。",
            "硒属于第16族。",
        ],
    );
    each_is(Refuted, &["Selenium belongs to group 17.", "Iodine is not in period 5.", "碘位于第4周期。"]);
    each_is(Unverifiable, &["Selenium is in group therapy.", "Selenium is in group 16 of the finalists."]);
}

#[test]
fn a_relation_is_named_by_words_of_several_labels() {
    each_is(
        Supported,
        &[
            "Peru's two-letter ISO code is PE.",
            "The ISO code of Peru is PER.",
            "Peru's country code top-level domain is .pe.",
            "The country with the ISO code PER is Peru.",
            "The country that uses the domain .pe is Peru.",
            "The country with the code PER is Peru.",
            "秘鲁的三位字母国家代码是PER。",
        ],
    );
    each_is(Refuted, &["Peru's three-letter ISO code is PE.", "秘鲁的三位字母国家代码是PE。"]);
    each_is(Unverifiable, &["Peru's secret code is PE.", "Peru's country code of honour is PE."]);
}

#[test]
fn a_name_before_a_noun_is_not_the_thing() {
    each_is(Unverifiable, &["Astana is in the Central Asia time zone.", "Bern is in the Germany office."]);
    each_is(Supported, &["Bern is in Switzerland."]);
}

#[test]
fn the_narrowest_kinds_of_a_thing_decide_what_it_is_not() {
    each_is(Refuted, &["Peru is a landlocked country.", "秘鲁是内陆国。"]);
    each_is(Supported, &["Mongolia is a landlocked country.", "Peru is not a landlocked country."]);
}

#[test]
fn a_word_of_a_story_is_no_misspelt_name() {
    let story = "Nora fills a tank with water using a hose that gives 7 gallons a minute, and her \
                 brother helps with a bucket. How long does it take them to fill 105 gallons?";
    assert!(CHECKER.answer_values(story).is_none());
    let asked = CHECKER.answer_values("What is the capital of Equador?").unwrap();
    assert_eq!(asked[0].label, "Quito");
}

#[test]
fn what_is_said_of_a_statement_decides_what_is_asserted() {
    each_is(
        Supported,
        &[
            "The claim that Lima is the capital of Chile is false.",
            "It is not true that Lima is the capital of Chile.",
            "It is true that Lima is the capital of Peru.",
            "It isn't the case that Bolivia borders Ecuador.",
            "It would be wrong to say that Lima is the capital of Chile.",
            "\"Lima is the capital of Chile\" is false.",
            "That Lima is the capital of Peru is true.",
            "说利马是智利的首都，这种说法是错的。",
            "认为悉尼是澳大利亚首都的说法是错误的。",
            "利马是智利的首都，这是错误的。",
            "金的原子序数是80的说法不正确。",
            "利马是秘鲁的首都，这是真的。",
        ],
    );
    each_is(
        Refuted,
        &[
            "The claim that Lima is the capital of Peru is false.",
            "It is simply untrue that the currency of Japan is the yen.",
            "It is true that Lima is the capital of Chile.",
            "That Lima is the capital of Peru is a myth.",
            "Lima is the capital of Peru is a false statement.",
            "说利马是秘鲁的首都，这种说法是错的。",
            "并非利马是秘鲁的首都。",
            "利马是智利的首都，这种说法是正确的。",
            "利马是秘鲁的首都是假的。",
        ],
    );
    each_is(
        Unverifiable,
        &[
            "It is possible that Lima is the capital of Chile.",
            "The claim that Lima is the capital of Chile is not entirely true.",
            "It is false that Lima is not the capital of Peru.",
            "Some say that Sydney is the capital of Australia.",
            "有人认为悉尼是澳大利亚的首都。",
            "利马是智利的首都是有争议的。",
        ],
    );
}

#[test]
fn to_have_what_a_label_says_is_missing_denies_it() {
    each_is(
        Supported,
        &[
            "Bolivia has no coastline.",
            "Bolivia does not have a coast.",
            "Bolivia lacks access to the sea.",
            "Chile has a coastline.",
            "玻利维亚没有海岸线。",
            "智利有海岸线。",
            "智利临海。",
            "智利不是内陆国。",
        ],
    );
    each_is(
        Refuted,
        &[
            "Chile has no coastline.",
            "Bolivia has access to the sea.",
            "智利没有海岸线。",
            "玻利维亚有海岸线。",
        ],
    );
    assert_eq!(verdicts("Nepal and India have no coastline."), [Supported, Refuted]);
    assert_eq!(verdicts("尼泊尔和印度都没有海岸线。"), [Supported, Refuted]);
    each_is(Unverifiable, &["Chile has a long coastline.", "Bolivia has a navy."]);
}

#[test]
fn lists_that_go_together_are_read_one_by_one() {
    let all = |text: &str| verdicts(text);
    assert_eq!(all("Lima and Quito are the capitals of Peru and Ecuador, respectively."), [Supported; 2]);
    assert_eq!(all("Lima and Quito are the capitals of Ecuador and Peru, respectively."), [Refuted; 2]);
    assert_eq!(all("利马和基多分别是秘鲁和厄瓜多尔的首都。"), [Supported; 2]);
    assert_eq!(all("利马和基多分别是厄瓜多尔和秘鲁的首都。"), [Refuted; 2]);
}

#[test]
fn what_holds_besides_is_not_refuted() {
    each_is(
        Unverifiable,
        &[
            // A language need not be official to be spoken.
            "Portuguese is spoken in Argentina.",
            // Nor is the government always in the capital.
            "The Hague is the seat of government of the Netherlands.",
            "Germany used to use the Deutsche Mark.",
        ],
    );
}
