//! Units: what texts and ontologies call them (`units.toml`), converted
//! exactly with the factors of Unicode CLDR.

use std::collections::HashMap;
use std::sync::{LazyLock, PoisonError, RwLock};

use icu_experimental::measure::measureunit::MeasureUnit;
use icu_experimental::units::converter_factory::ConverterFactory;
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Zero};
use serde::Deserialize;
use touchstone_graph::is_han;

#[derive(Deserialize)]
struct File {
    unit: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    cldr: String,
    /// How many of the CLDR unit it is, where that has none of its own.
    #[serde(default)]
    factor: Option<String>,
    #[serde(default)]
    qudt: Vec<String>,
    #[serde(default)]
    symbols: Vec<String>,
    /// Signs that stand before the number.
    #[serde(default)]
    signs: Vec<String>,
    #[serde(default)]
    words: Vec<String>,
    #[serde(default)]
    han: Vec<String>,
    #[serde(default)]
    count: bool,
    #[serde(default)]
    currency: Option<String>,
}

struct Name {
    text: String,
    entry: u16,
    any_case: bool,
}

struct Table {
    entries: Vec<Entry>,
    /// By the lower-case first character, longest first.
    names: HashMap<char, Vec<Name>>,
    signs: Vec<(String, u16)>,
    by_qudt: HashMap<String, u16>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    // The file is part of the program; a test reads it strictly.
    let entries =
        toml::from_str::<File>(include_str!("units.toml")).map(|file| file.unit).unwrap_or_default();
    let mut names: HashMap<char, Vec<Name>> = HashMap::new();
    let (mut signs, mut by_qudt) = (Vec::new(), HashMap::new());
    for (at, entry) in entries.iter().enumerate() {
        let Ok(at) = u16::try_from(at) else { break };
        let exact = entry.symbols.iter().chain(&entry.han).map(|name| (name.clone(), false));
        let words = entry.words.iter().flat_map(|word| forms(word)).map(|word| (word, true));
        for (text, any_case) in exact.chain(words) {
            let Some(first) = text.chars().next() else { continue };
            names.entry(lower(first)).or_default().push(Name { text, entry: at, any_case });
        }
        signs.extend(entry.signs.iter().map(|sign| (sign.clone(), at)));
        by_qudt.extend(entry.qudt.iter().map(|name| (name.clone(), at)));
    }
    for list in names.values_mut() {
        list.sort_by_key(|name| std::cmp::Reverse(name.text.len()));
    }
    signs.sort_by_key(|(sign, _): &(String, u16)| std::cmp::Reverse(sign.len()));
    Table { entries, names, signs, by_qudt }
});

fn lower(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

/// A word with its plural, in British and American spelling.
fn forms(word: &str) -> Vec<String> {
    let mut forms = vec![word.to_owned(), format!("{word}s")];
    for (british, american) in [("metre", "meter"), ("litre", "liter")] {
        if word.ends_with(british) {
            let stem = word.strip_suffix(british).unwrap_or(word);
            forms.extend([format!("{stem}{american}"), format!("{stem}{american}s")]);
        }
    }
    forms
}

/// A unit that a text or an ontology names: one, or one per another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Unit {
    /// `None`: things are counted, in "100 per km²".
    above: Option<u16>,
    below: Option<u16>,
}

/// `target = factor × source + offset`
#[derive(Clone, Debug)]
struct Conversion {
    factor: BigRational,
    offset: BigRational,
}

impl Unit {
    /// The unit that an ontology gives a predicate (`qudt:hasUnit`), by IRI or
    /// local name ("KiloM2", "GM-PER-CentiM3"); `None` where it is not known.
    pub fn from_qudt(name: &str) -> Option<Unit> {
        let local = name.rsplit(['/', '#', ':']).next().unwrap_or(name);
        if let Some(at) = TABLE.by_qudt.get(local) {
            return Some(Unit { above: Some(*at), below: None });
        }
        let (above, below) = local.split_once("-PER-")?;
        let above = if above.is_empty() { None } else { Some(*TABLE.by_qudt.get(above)?) };
        Some(Unit { above, below: Some(*TABLE.by_qudt.get(below)?) })
    }

    /// Whether things are counted in it, so that it stands for no dimension.
    pub fn is_count(&self) -> bool {
        self.below.is_none() && self.entry().is_none_or(|entry| entry.count)
    }

    fn entry(&self) -> Option<&'static Entry> {
        self.above.map(|at| &TABLE.entries[usize::from(at)])
    }

    fn is_degrees(&self) -> bool {
        self.below.is_none() && self.entry().is_some_and(|entry| entry.cldr == "degree")
    }

    /// North or south may follow.
    pub(super) fn is_angle(&self) -> bool {
        self.is_degrees()
    }

    /// This unit per another.
    pub(super) fn per(self, below: Unit) -> Option<Unit> {
        match (self.below, below.below) {
            (None, None) => Some(Unit { above: self.above, below: below.above }),
            _ => None,
        }
    }

    pub(super) const COUNT: Unit = Unit { above: None, below: None };

    pub(super) fn same_dimension(&self, other: &Unit) -> bool {
        other.conversion(self).is_some()
    }

    /// Whether plain numbers of the two units must not be calculated with
    /// together: km with m, km with m².
    pub(super) fn conflicts_with(&self, other: &Unit) -> bool {
        self != other
            && (self.same_dimension(other) || self.is_other_square(other) || other.is_other_square(self))
    }

    /// Whether `area` measures areas, but not those of squares of this length.
    fn is_other_square(&self, area: &Unit) -> bool {
        let (Some(own), None) = (self.entry(), self.below) else { return false };
        let Some(conversion) = converted(&format!("square-{}", own.cldr), &area.id()) else { return false };
        let squared = own.factor().pow(2);
        !(conversion.factor * squared / area.scale()).is_one()
    }

    /// `value`, given in `from`, in this unit; `None` across dimensions.
    pub fn convert(&self, from: &Unit, value: &BigRational) -> Option<BigRational> {
        let conversion = self.conversion(from)?;
        Some(value * conversion.factor + conversion.offset)
    }

    fn conversion(&self, from: &Unit) -> Option<Conversion> {
        type Known = HashMap<(Unit, Unit), Option<Conversion>>;
        static KNOWN: LazyLock<RwLock<Known>> = LazyLock::new(|| RwLock::new(HashMap::new()));
        let pair = (*from, *self);
        if let Some(known) = KNOWN.read().unwrap_or_else(PoisonError::into_inner).get(&pair) {
            return known.clone();
        }
        let found = self.compute(from);
        KNOWN.write().unwrap_or_else(PoisonError::into_inner).insert(pair, found.clone());
        found
    }

    fn compute(&self, from: &Unit) -> Option<Conversion> {
        // Also where it has no identifier that the converter knows: "per psi".
        if self == from {
            return Some(Conversion { factor: BigRational::one(), offset: BigRational::zero() });
        }
        let currency = |unit: &Unit| unit.entry().and_then(|entry| entry.currency.as_deref());
        if currency(self) != currency(from) {
            return None;
        }
        let mut found = converted(&from.id(), &self.id())?;
        let plain = from.scale().is_one() && self.scale().is_one();
        if !(plain || found.offset.is_zero()) {
            return None;
        }
        found.factor *= from.scale() / self.scale();
        Some(found)
    }

    /// The CLDR identifier, its own factors aside.
    fn id(&self) -> String {
        let name = |at: Option<u16>| at.map_or("item", |at| TABLE.entries[usize::from(at)].cldr.as_str());
        match self.below {
            None => name(self.above).to_owned(),
            Some(_) => format!("{}-per-{}", name(self.above), name(self.below)),
        }
    }

    /// How many of the CLDR unit it is.
    fn scale(&self) -> BigRational {
        let factor =
            |at: Option<u16>| at.map_or_else(BigRational::one, |at| TABLE.entries[usize::from(at)].factor());
        factor(self.above) / factor(self.below)
    }
}

impl Entry {
    fn factor(&self) -> BigRational {
        let parsed = self.factor.as_ref().and_then(|factor| factor.parse().ok());
        parsed.filter(|factor: &BigRational| !factor.is_zero()).unwrap_or_else(BigRational::one)
    }
}

fn converted(from: &str, to: &str) -> Option<Conversion> {
    let (from, to) = (MeasureUnit::try_from_str(from).ok()?, MeasureUnit::try_from_str(to).ok()?);
    let [one, two, four] = [1, 2, 4].map(|value| BigRational::from_integer(BigInt::from(value)));
    let converter = ConverterFactory::new().converter::<&BigRational>(&from, &to).ok()?;
    let [one, two, four] = [&one, &two, &four].map(|value| converter.convert(value));
    let factor = &two - &one;
    // Miles per gallon against litres per 100 km runs the other way round.
    let linear = &four - &two == &factor + &factor;
    linear.then(|| Conversion { offset: one - &factor, factor })
}

/// Words that begin like a unit: 人口 counts no 人, 周期 no 周.
const LONGER_WORDS: &[&str] =
    &["人口", "周期", "周围", "周边", "周年", "周长", "年级", "天然", "分区", "米饭"];

/// The unit whose name starts exactly at `at`: its end and what it is.
pub(super) fn unit_at(text: &str, at: usize) -> Option<(usize, Unit)> {
    let rest = text.get(at..)?;
    let names = TABLE.names.get(&lower(rest.chars().next()?))?;
    let other_word = |name: &Name| {
        let begins = |word: &&str| word.len() > name.text.len() && word.starts_with(&name.text);
        LONGER_WORDS.iter().any(|word| begins(word) && rest.starts_with(word))
    };
    let name = names.iter().find(|name| named(rest, &name.text, name.any_case) && !other_word(name))?;
    Some((at + name.text.len(), Unit { above: Some(name.entry), below: None }))
}

/// The currency whose sign ends the text: where it starts and what it is.
pub(super) fn sign_before(text: &str) -> Option<(usize, Unit)> {
    let (sign, entry) = TABLE.signs.iter().find(|(sign, _)| text.ends_with(sign.as_str()))?;
    let start = text.len() - sign.len();
    // A$, HK$: another dollar.
    let glued = text[..start].ends_with(|c: char| c.is_alphanumeric() && !is_han(c));
    (!glued).then_some((start, Unit { above: Some(*entry), below: None }))
}

fn named(rest: &str, name: &str, any_case: bool) -> bool {
    let Some(found) = rest.get(..name.len()) else { return false };
    // In symbols the case tells one unit from another.
    let same = found == name || (any_case && found.eq_ignore_ascii_case(name));
    let last = |c: char| c.is_ascii_alphanumeric() || matches!(c, '²' | '³');
    let joins = |c: char| (c.is_alphanumeric() && !is_han(c)) || matches!(c, '²' | '³');
    same && !(rest[name.len()..].starts_with(joins) && name.ends_with(last))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_unit_of_the_file_is_one_of_cldr_and_named_once() {
        let file: File = toml::from_str(include_str!("units.toml")).unwrap();
        let mut seen: HashMap<String, String> = HashMap::new();
        for entry in &file.unit {
            assert!(converted(&entry.cldr, &entry.cldr).is_some(), "{}", entry.cldr);
            assert!(entry.factor.as_ref().is_none_or(|f| f.parse::<BigRational>().is_ok()));
            for name in entry.symbols.iter().chain(&entry.words).chain(&entry.han).chain(&entry.qudt) {
                let own = format!("{}{:?}{:?}", entry.cldr, entry.factor, entry.currency);
                let before = seen.insert(name.clone(), own.clone());
                assert!(before.as_ref().is_none_or(|before| *before == own), "{name}: {before:?} and {own}");
            }
        }
    }

    fn from_to(from: &str, to: &str) -> Option<String> {
        let unit = |name: &str| unit_at(name, 0).filter(|(end, _)| *end == name.len()).map(|(_, unit)| unit);
        let one = BigRational::one();
        Some(unit(to)?.convert(&unit(from)?, &one)?.to_string())
    }

    #[test]
    fn conversions_are_exact() {
        for (from, to, factor) in [
            ("mile", "km", "25146/15625"),
            ("亩", "平方米", "2000/3"),
            ("斤", "g", "500"),
            ("knots", "kph", "463/250"),
            ("°F", "摄氏度", "-155/9"),
            ("celsius", "K", "5483/20"),
            ("light-years", "km", "47303652362904/5"),
        ] {
            assert_eq!(from_to(from, to).as_deref(), Some(factor), "{from} {to}");
        }
        assert_eq!(from_to("km", "kg"), None);
        assert_eq!(from_to("美元", "欧元"), None);
        assert_eq!(from_to("years", "days"), None, "years differ in length");
    }

    #[test]
    fn qudt_names_one_unit_per_another() {
        let density = Unit::from_qudt("http://qudt.org/vocab/unit/GM-PER-CentiM3").unwrap();
        let other = Unit::from_qudt("KiloGM-PER-M3").unwrap();
        assert_eq!(other.convert(&density, &BigRational::one()).unwrap().to_string(), "1000");
        assert!(Unit::from_qudt("FURLONG-PER-FORTNIGHT").is_none());
        let per_area = Unit::from_qudt("NUM-PER-KiloM2").unwrap();
        let per_mile = Unit::COUNT.per(Unit::from_qudt("MI2").unwrap()).unwrap();
        assert!(per_mile.convert(&per_area, &BigRational::one()).is_some());
        let per_psi = Unit::COUNT.per(Unit::from_qudt("PSI").unwrap()).unwrap();
        assert_eq!(per_psi.convert(&per_psi, &BigRational::one()), Some(BigRational::one()));
    }

    #[test]
    fn lengths_conflict_with_the_squares_of_others() {
        let unit = |name: &str| Unit::from_qudt(name).unwrap();
        assert!(!unit("M").conflicts_with(&unit("M2")));
        assert!(unit("KiloM").conflicts_with(&unit("M2")));
        assert!(unit("KiloM").conflicts_with(&unit("M")));
        assert!(!unit("M").conflicts_with(&unit("SEC")));
    }
}
