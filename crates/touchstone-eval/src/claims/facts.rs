//! True sentences with numbers, written from the facts of a graph by its own
//! labels, and each again with the number changed so that it is surely wrong.

use rand::rngs::ChaCha8Rng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{RngExt, SeedableRng};
use touchstone_core::Language;
use touchstone_graph::model::{NamedOrBlankNode, Term};
use touchstone_graph::{EntityId, Graph, Meaning, Predicate, ValueKind};

use super::{Case, Gold};
use crate::error::EvalError;

/// Facts taken of one predicate.
const PER_PREDICATE: usize = 150;
/// A change must exceed the predicate's tolerance so many times.
const BEYOND: f64 = 1.5;

pub(super) fn cases(graph: &Graph, seed: u64) -> Result<(Vec<Case>, Vec<String>), EvalError> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut writer = Writer { graph, random: &mut random, cases: Vec::new() };
    for predicate in graph.ontology().predicates() {
        match predicate.value_kind {
            ValueKind::Number => writer.numbers(predicate)?,
            ValueKind::Date => writer.years(predicate)?,
            ValueKind::Entity if predicate.closed => writer.counts(predicate)?,
            _ => {}
        }
    }
    let mut skipped = Vec::new();
    if writer.cases.is_empty() {
        skipped.push("the graph has no predicate with numbers".to_owned());
    }
    Ok((writer.cases, skipped))
}

/// Things whose label stands for nothing else, so that the sentence is about them.
pub(crate) fn unique_label(graph: &Graph, id: EntityId, language: Language) -> Option<String> {
    let lexicon = graph.lexicon();
    let label = lexicon.entity(id).label(language).to_owned();
    let meanings: Vec<EntityId> = lexicon
        .lookup(&label)
        .iter()
        .filter_map(|entry| if let Meaning::Entity(id) = entry.meaning { Some(id) } else { None })
        .collect();
    (meanings == [id]).then_some(label)
}

/// The label of a predicate in exactly this language.
pub(crate) fn own_label(labels: &[touchstone_graph::Label], language: Language) -> Option<String> {
    labels.iter().find(|l| l.preferred && l.language == Some(language)).map(|l| l.text.clone())
}

struct Writer<'a> {
    graph: &'a Graph,
    random: &'a mut ChaCha8Rng,
    cases: Vec<Case>,
}

impl Writer<'_> {
    /// Subjects with the lexical forms of all their values.
    fn subjects(&mut self, predicate: &Predicate) -> Result<Vec<(EntityId, Vec<Term>)>, EvalError> {
        let mut found: std::collections::BTreeMap<EntityId, Vec<Term>> = std::collections::BTreeMap::new();
        let quads =
            self.graph.store().inner().quads_for_pattern(None, Some(predicate.iri.as_ref()), None, None);
        for quad in quads {
            let quad = quad.map_err(touchstone_graph::GraphError::from)?;
            let NamedOrBlankNode::NamedNode(node) = &quad.subject else { continue };
            if let Some(id) = self.graph.lexicon().entity_by_iri(node.as_ref()) {
                let values = found.entry(id).or_default();
                if !values.contains(&quad.object) {
                    values.push(quad.object);
                }
            }
        }
        let mut all: Vec<(EntityId, Vec<Term>)> = found.into_iter().collect();
        all.shuffle(self.random);
        Ok(all)
    }

    fn push(&mut self, id: String, true_text: String, false_text: Option<(String, &str)>, group: &str) {
        self.cases.push(Case::new(format!("{id}:true"), true_text, Gold::True, &format!("{group}: true")));
        if let Some((text, how)) = false_text {
            self.cases.push(Case::new(format!("{id}:false"), text, Gold::False, &format!("{group}: {how}")));
        }
    }

    fn numbers(&mut self, predicate: &Predicate) -> Result<(), EvalError> {
        if !predicate.functional && !predicate.closed {
            return Ok(());
        }
        for (at, (id, values)) in self.subjects(predicate)?.into_iter().take(PER_PREDICATE).enumerate() {
            let [Term::Literal(value)] = values.as_slice() else { continue };
            let Ok(number) = value.value().parse::<f64>() else { continue };
            if number <= 0.0 {
                continue;
            }
            let language = if at % 2 == 0 { Language::English } else { Language::Chinese };
            let (Some(name), Some(label)) =
                (unique_label(self.graph, id, language), own_label(&predicate.labels, language))
            else {
                continue;
            };
            let integer = value.value().parse::<u64>().is_ok();
            let Some(measure) = measure(predicate, number, integer, language, self.random) else { continue };
            let written = |value: f64, measure: &Measure| {
                let amount = measure.write(value);
                match language {
                    Language::English => format!("The {label} of {name} is {amount}."),
                    Language::Chinese => format!("{name}的{label}是{amount}。"),
                }
            };
            let tolerance = predicate.tolerance.unwrap_or(0.0);
            let wrong = wrong_number(&measure, tolerance, self.random).map(|(value, how)| match how {
                Change::Unit(other) => (written(measure.value, &other), "another unit"),
                Change::Digit => (written(value, &measure), "one digit"),
                Change::Tenfold => (written(value, &measure), "ten times"),
            });
            let case_id = format!("{}:{at}", predicate.iri.as_str());
            self.push(case_id, written(measure.value, &measure), wrong, "quantity");
        }
        Ok(())
    }

    fn years(&mut self, predicate: &Predicate) -> Result<(), EvalError> {
        for (at, (id, values)) in self.subjects(predicate)?.into_iter().take(PER_PREDICATE).enumerate() {
            let [Term::Literal(value)] = values.as_slice() else { continue };
            let Some(year) = value.value().get(..4).and_then(|y| y.parse::<i32>().ok()) else { continue };
            let language = if at % 2 == 0 { Language::English } else { Language::Chinese };
            let (Some(name), Some(label)) =
                (unique_label(self.graph, id, language), own_label(&predicate.labels, language))
            else {
                continue;
            };
            let written = |year: i32| match language {
                Language::English => format!("The {label} of {name} is {year}."),
                Language::Chinese => format!("{name}的{label}是{year}年。"),
            };
            let away = self.random.random_range(31..90) * if self.random.random_bool(0.5) { 1 } else { -1 };
            let wrong = (written(year + away), "another year");
            self.push(format!("{}:{at}", predicate.iri.as_str()), written(year), Some(wrong), "date");
        }
        Ok(())
    }

    fn counts(&mut self, predicate: &Predicate) -> Result<(), EvalError> {
        let ontology = self.graph.ontology();
        for (at, (id, values)) in self.subjects(predicate)?.into_iter().take(PER_PREDICATE).enumerate() {
            // What is known by the other side of the relation counts too.
            if predicate.symmetric && values.iter().any(|v| !matches!(v, Term::NamedNode(_))) {
                continue;
            }
            let language = if at % 2 == 0 { Language::English } else { Language::Chinese };
            let (Some(name), Some(label)) =
                (unique_label(self.graph, id, language), own_label(&predicate.labels, language))
            else {
                continue;
            };
            let verb = label.ends_with('s') || predicate.symmetric;
            let class =
                predicate.range.first().and_then(|class| own_label(&ontology.class(*class).labels, language));
            let Some(class) = class.filter(|class| !class.contains(" or ")).or(Some(match language {
                Language::English => "country".to_owned(),
                Language::Chinese => "国家".to_owned(),
            })
            .filter(|_| verb)) else {
                continue;
            };
            let count = values.len();
            if !(2..=20).contains(&count) {
                continue;
            }
            let number = |n: usize| match language {
                Language::English => {
                    ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
                        .get(n)
                        .map_or_else(|| n.to_string(), |word| (*word).to_owned())
                }
                Language::Chinese => n.to_string(),
            };
            let written = |n: usize| match (language, verb) {
                (Language::English, true) => format!("{name} {label} {} {}.", number(n), plural(&class)),
                (Language::English, false) => format!("{name} has {} {}.", number(n), plural(&label)),
                (Language::Chinese, true) => format!("{name}与{}个{class}{label}。", number(n)),
                (Language::Chinese, false) => format!("{name}有{}种{label}。", number(n)),
            };
            // Values of other kinds than the class named do not count.
            if verb && !self.all_of_class(&values, &class, language) {
                continue;
            }
            let wrong = if count > 2 && self.random.random_bool(0.5) { count - 1 } else { count + 1 };
            self.push(
                format!("{}:{at}", predicate.iri.as_str()),
                written(count),
                Some((written(wrong), "another count")),
                "count",
            );
        }
        Ok(())
    }

    fn all_of_class(&self, values: &[Term], class: &str, language: Language) -> bool {
        let (ontology, lexicon) = (self.graph.ontology(), self.graph.lexicon());
        let wanted: Vec<_> = ontology
            .classes()
            .iter()
            .filter(|c| own_label(&c.labels, language).as_deref() == Some(class))
            .map(|c| c.id)
            .collect();
        values.iter().all(|value| match value {
            Term::NamedNode(node) => lexicon.entity_by_iri(node.as_ref()).is_some_and(|id| {
                let types = lexicon.entity(id).types;
                !types.is_empty() && !wanted.is_empty() && ontology.fits(types, &wanted)
            }),
            _ => false,
        })
    }
}

fn plural(noun: &str) -> String {
    match noun.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'o', 'u'])) {
        Some(stem) => format!("{stem}ies"),
        None if noun.ends_with('s') => noun.to_owned(),
        None => format!("{noun}s"),
    }
}

/// How an amount is written: in which unit, at which scale, to how many digits.
#[derive(Clone, Debug)]
struct Measure {
    /// In the unit that is written.
    value: f64,
    /// Divided by before it is written.
    scale: f64,
    decimals: usize,
    grouped: bool,
    suffix: String,
    /// Other units in which the same number would be wrong.
    others: Vec<String>,
    language: Language,
}

impl Measure {
    fn write(&self, value: f64) -> String {
        let text = format!("{:.*}", self.decimals, value / self.scale);
        let text = if self.grouped { grouped(&text) } else { text };
        match self.language {
            Language::English if !self.suffix.is_empty() => format!("{text} {}", self.suffix),
            _ => format!("{text}{}", self.suffix),
        }
    }

    /// Half of the last written place, in the written unit.
    fn precision(&self) -> f64 {
        0.5 * 10f64.powi(-(self.decimals as i32)) * self.scale
    }
}

fn grouped(number: &str) -> String {
    let (whole, fraction) = number.split_once('.').map_or((number, None), |(w, f)| (w, Some(f)));
    let mut out = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    fraction.map_or(out.clone(), |fraction| format!("{out}.{fraction}"))
}

/// Units of a QUDT unit: name in both languages, factor and offset from it.
fn units(qudt: &str) -> &'static [(&'static str, &'static str, f64, f64)] {
    match qudt {
        "KiloM2" => &[
            ("km²", "平方公里", 1.0, 0.0),
            ("square miles", "平方英里", 1.0 / 2.589_988_110_336, 0.0),
            ("hectares", "公顷", 100.0, 0.0),
        ],
        "K" => &[("K", "K", 1.0, 0.0), ("°C", "摄氏度", 1.0, -273.15), ("°F", "华氏度", 1.8, -459.67)],
        "GM-PER-CentiM3" => &[("g/cm³", "克/立方厘米", 1.0, 0.0), ("kg/m³", "千克/立方米", 1000.0, 0.0)],
        "KiloM" => {
            &[("km", "公里", 1.0, 0.0), ("miles", "英里", 1.0 / 1.609_344, 0.0), ("m", "米", 1000.0, 0.0)]
        }
        "M" => &[("m", "米", 1.0, 0.0), ("feet", "英尺", 1.0 / 0.3048, 0.0), ("km", "公里", 0.001, 0.0)],
        "U" => &[("u", "u", 1.0, 0.0)],
        _ => &[],
    }
}

fn measure(
    predicate: &Predicate,
    number: f64,
    integer: bool,
    language: Language,
    random: &mut ChaCha8Rng,
) -> Option<Measure> {
    let name = |unit: &(&str, &str, f64, f64)| match language {
        Language::English => unit.0.to_owned(),
        Language::Chinese => unit.1.to_owned(),
    };
    let mut chosen = Measure {
        value: number,
        scale: 1.0,
        decimals: 0,
        grouped: language == Language::English && number >= 1000.0,
        suffix: String::new(),
        others: Vec::new(),
        language,
    };
    if let Some(qudt) = &predicate.unit {
        let all = units(qudt);
        let unit = all.choose(random)?;
        chosen.value = number * unit.2 + unit.3;
        chosen.suffix = name(unit);
        chosen.others = all.iter().filter(|other| other.0 != unit.0).map(name).collect();
    } else if !integer {
        chosen.decimals = 2;
    }
    if chosen.value <= 0.0 {
        return None;
    }
    if predicate.unit.is_some() && !(integer && chosen.value == number) {
        // Four significant digits.
        chosen.decimals = (3 - chosen.value.log10().floor() as i32).clamp(0, 6) as usize;
    }
    let scales: &[(f64, &str)] = match language {
        Language::English => &[(1e9, "billion"), (1e6, "million")],
        Language::Chinese => &[(1e8, "亿"), (1e4, "万")],
    };
    if chosen.value >= 1e6
        && random.random_bool(0.5)
        && let Some((scale, word)) = scales.iter().find(|(scale, _)| chosen.value >= *scale)
    {
        chosen.scale = *scale;
        chosen.decimals = (2 - (chosen.value / scale).log10().floor() as i32).clamp(0, 4) as usize;
        chosen.suffix = match language {
            Language::English => format!("{word} {}", chosen.suffix).trim().to_owned(),
            Language::Chinese => format!("{word}{}", chosen.suffix),
        };
        chosen.others = chosen
            .others
            .iter()
            .map(|unit| match language {
                Language::English => format!("{word} {unit}"),
                Language::Chinese => format!("{word}{unit}"),
            })
            .collect();
    }
    Some(chosen)
}

enum Change {
    Digit,
    Tenfold,
    Unit(Measure),
}

fn wrong_number(measure: &Measure, tolerance: f64, random: &mut ChaCha8Rng) -> Option<(f64, Change)> {
    let way = random.random_range(0..3);
    if way == 0
        && let Some(other) = measure.others.choose(random)
    {
        return Some((measure.value, Change::Unit(Measure { suffix: other.clone(), ..measure.clone() })));
    }
    if way == 1 {
        return Some((measure.value * 10.0, Change::Tenfold));
    }
    let far = |value: f64| {
        (value - measure.value).abs()
            > BEYOND * tolerance * measure.value.abs().max(value.abs()) + 2.0 * measure.precision()
    };
    let text = format!("{:.*}", measure.decimals, measure.value / measure.scale);
    for _ in 0..60 {
        let digits: Vec<usize> =
            text.char_indices().filter(|(_, c)| c.is_ascii_digit()).map(|(at, _)| at).collect();
        let at = *digits.choose(random)?;
        let new = random.random_range(0..10u32).to_string();
        let changed: f64 = format!("{}{new}{}", &text[..at], &text[at + 1..]).parse().ok()?;
        let changed = changed * measure.scale;
        if changed > 0.0 && far(changed) {
            return Some((changed, Change::Digit));
        }
    }
    Some((measure.value * 10.0, Change::Tenfold))
}
