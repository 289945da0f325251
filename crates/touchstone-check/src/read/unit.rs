//! Quantities: numbers with their units, converted exactly. Units are named
//! as in QUDT; factors are those of the SI brochure (9th edition) and NIST
//! Special Publication 811.

use std::ops::Range;

use num_bigint::BigInt;
use num_rational::BigRational;

use super::number::{Number, Stated, numbers};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dimension {
    /// Things counted: people, inhabitants.
    Count,
    Length,
    Area,
    Mass,
    Temperature,
    Density,
    /// Mass of one atom, and of a mole of them.
    AtomicMass,
    Angle,
    Time,
}

/// `base = factor.0 / factor.1 × value + offset.0 / offset.1`
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    qudt: &'static str,
    dimension: Dimension,
    factor: (i64, i64),
    offset: (i64, i64),
    names: &'static [&'static str],
}

const fn entry(
    qudt: &'static str,
    dimension: Dimension,
    factor: (i64, i64),
    names: &'static [&'static str],
) -> Entry {
    Entry { qudt, dimension, factor, offset: (0, 1), names }
}

use Dimension::{Angle, Area, AtomicMass, Count, Density, Length, Mass, Temperature, Time};

static UNITS: &[Entry] = &[
    entry(
        "NUM",
        Count,
        (1, 1),
        &["people", "inhabitants", "residents", "citizens", "persons", "人", "居民", "名居民", "口人"],
    ),
    entry(
        "KiloM2",
        Area,
        (1_000_000, 1),
        &[
            "km²",
            "km2",
            "km^2",
            "square kilometres",
            "square kilometers",
            "square kilometre",
            "square kilometer",
            "sq km",
            "sq. km",
            "平方公里",
            "平方千米",
        ],
    ),
    entry(
        "M2",
        Area,
        (1, 1),
        &["m²", "m2", "m^2", "square metres", "square meters", "square metre", "square meter", "平方米"],
    ),
    entry("HA", Area, (10_000, 1), &["ha", "hectares", "hectare", "公顷"]),
    entry("AC", Area, (40_468_564_224, 10_000_000), &["acres", "acre", "英亩"]),
    entry(
        "MI2",
        Area,
        (2_589_988_110_336, 1_000_000),
        &["sq mi", "sq. mi", "mi²", "square miles", "square mile", "平方英里"],
    ),
    entry(
        "KiloM",
        Length,
        (1_000, 1),
        &["km", "kilometres", "kilometers", "kilometre", "kilometer", "公里", "千米"],
    ),
    entry("M", Length, (1, 1), &["m", "metres", "meters", "metre", "meter", "米"]),
    entry(
        "CentiM",
        Length,
        (1, 100),
        &["cm", "centimetres", "centimeters", "centimetre", "centimeter", "厘米"],
    ),
    entry(
        "MilliM",
        Length,
        (1, 1_000),
        &["mm", "millimetres", "millimeters", "millimetre", "millimeter", "毫米"],
    ),
    entry("MI", Length, (1_609_344, 1_000), &["mi", "miles", "mile", "英里"]),
    entry("FT", Length, (3_048, 10_000), &["ft", "feet", "foot", "英尺"]),
    entry("IN", Length, (254, 10_000), &["inches", "inch", "英寸"]),
    entry("K", Temperature, (1, 1), &["K", "kelvins", "kelvin", "开尔文", "开"]),
    Entry {
        qudt: "DEG_C",
        dimension: Temperature,
        factor: (1, 1),
        offset: (27_315, 100),
        names: &["°C", "℃", "° C", "degrees Celsius", "degree Celsius", "degrees centigrade", "摄氏度"],
    },
    Entry {
        qudt: "DEG_F",
        dimension: Temperature,
        factor: (5, 9),
        offset: (45_967, 180),
        names: &["°F", "℉", "° F", "degrees Fahrenheit", "degree Fahrenheit", "华氏度"],
    },
    entry(
        "GM-PER-CentiM3",
        Density,
        (1_000, 1),
        &[
            "g/cm³",
            "g/cm3",
            "g/cm^3",
            "g/cc",
            "g/mL",
            "g/ml",
            "grams per cubic centimetre",
            "grams per cubic centimeter",
            "克每立方厘米",
            "克/立方厘米",
        ],
    ),
    entry(
        "KiloGM-PER-M3",
        Density,
        (1, 1),
        &[
            "kg/m³",
            "kg/m3",
            "kg/m^3",
            "kilograms per cubic metre",
            "kilograms per cubic meter",
            "千克每立方米",
            "千克/立方米",
        ],
    ),
    entry(
        "U",
        AtomicMass,
        (1, 1),
        &["u", "Da", "amu", "daltons", "dalton", "atomic mass units", "原子质量单位", "道尔顿"],
    ),
    entry("GM-PER-MOL", AtomicMass, (1, 1), &["g/mol", "grams per mole", "克/摩尔", "克每摩尔"]),
    entry("KiloGM", Mass, (1_000, 1), &["kg", "kilograms", "kilogram", "千克", "公斤"]),
    entry("GM", Mass, (1, 1), &["g", "grams", "gram", "克"]),
    entry("TONNE", Mass, (1_000_000, 1), &["tonnes", "tonne", "metric tons", "吨"]),
    entry("DEG", Angle, (1, 1), &["°", "degrees", "degree", "度"]),
    entry("YR", Time, (31_557_600, 1), &["years", "year", "年"]),
    entry("DAY", Time, (86_400, 1), &["days", "day", "天"]),
    entry("HR", Time, (3_600, 1), &["h", "hours", "hour", "小时"]),
    entry("MIN", Time, (60, 1), &["min", "minutes", "minute", "分钟"]),
    entry("SEC", Time, (1, 1), &["s", "seconds", "second", "秒"]),
];

/// A unit that a text names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unit(&'static Entry);

/// A unit that the ontology gives a predicate (`qudt:hasUnit`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QudtUnit(&'static Entry);

impl QudtUnit {
    /// By IRI or local name ("KiloM2"); `None` where the unit is not known.
    pub fn new(name: &str) -> Option<QudtUnit> {
        let local = name.rsplit(['/', '#']).next().unwrap_or(name);
        UNITS.iter().find(|entry| entry.qudt == local).map(QudtUnit)
    }
}

impl Unit {
    /// Whether things are counted in it, so that it stands for no dimension.
    pub fn is_count(&self) -> bool {
        self.0.dimension == Count
    }

    pub(super) fn same_dimension(&self, other: &Unit) -> bool {
        self.0.dimension == other.0.dimension
    }

    /// Whether plain numbers of the two units must not be calculated with
    /// together: km with m, km with m².
    pub(super) fn conflicts_with(&self, other: &Unit) -> bool {
        let square =
            |length: &Unit| (length.0.factor.0 * length.0.factor.0, length.0.factor.1 * length.0.factor.1);
        match (self.0.dimension, other.0.dimension) {
            (Length, Area) => ratio(square(self)) != ratio(other.0.factor),
            (Area, Length) => other.conflicts_with(self),
            (own, its) => own == its && self != other,
        }
    }

    /// `value`, given in `from`, in this unit; `None` across dimensions.
    pub fn from_qudt(&self, from: &QudtUnit, value: &BigRational) -> Option<BigRational> {
        if self.0.dimension != from.0.dimension {
            return None;
        }
        let base = value * ratio(from.0.factor) + ratio(from.0.offset);
        Some((base - ratio(self.0.offset)) / ratio(self.0.factor))
    }
}

fn ratio((above, below): (i64, i64)) -> BigRational {
    BigRational::new(BigInt::from(above), BigInt::from(below))
}

/// The unit whose name starts exactly at `at`: its end and what it is.
pub(super) fn unit_at(text: &str, at: usize) -> Option<(usize, Unit)> {
    let rest = text.get(at..)?;
    let mut best: Option<(usize, Unit)> = None;
    for entry in UNITS {
        for name in entry.names {
            if best.is_none_or(|(length, _)| name.len() > length) && named(rest, name) {
                best = Some((name.len(), Unit(entry)));
            }
        }
    }
    best.map(|(length, unit)| (at + length, unit))
}

fn named(rest: &str, name: &str) -> bool {
    let Some(found) = rest.get(..name.len()) else { return false };
    // In symbols the case tells one unit from another.
    let same = found == name || (name.len() > 3 && name.is_ascii() && found.eq_ignore_ascii_case(name));
    let goes_on =
        rest[name.len()..].starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '²' | '³'));
    same && !(goes_on && name.ends_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '²' | '³')))
}

/// A number with the unit that follows it, if any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quantity {
    pub number: Number,
    pub unit: Option<Unit>,
    /// The number with its hedges and its unit.
    pub span: Range<usize>,
}

impl Quantity {
    pub fn stated(&self) -> Stated<'_> {
        self.number.stated()
    }
}

/// Finds the quantities of a text, in order: every number of
/// [`numbers`], with its unit.
pub fn find_quantities(text: &str) -> Vec<Quantity> {
    numbers(text).into_iter().map(|number| with_unit(text, number)).collect()
}

fn with_unit(text: &str, mut number: Number) -> Quantity {
    let mut span = number.phrase.clone();
    let blank = text[number.span.end..].starts_with([' ', '-', '\u{a0}', '\u{202f}']);
    let gap = if blank { text[number.span.end..].chars().next().map_or(0, char::len_utf8) } else { 0 };
    let found = unit_at(text, number.span.end).or_else(|| unit_at(text, number.span.end + gap));
    let Some((end, unit)) = found else { return Quantity { number, unit: None, span } };
    span.end = span.end.max(end);
    if unit.0.dimension == Angle {
        let tail = text[end..].trim_start();
        let side = SOUTH_WEST.iter().find(|side| named(tail, side));
        if let Some(side) = side {
            span.end = text.len() - tail.len() + side.len();
            number.value = -number.value;
        } else if let Some(side) = NORTH_EAST.iter().find(|side| named(tail, side)) {
            span.end = text.len() - tail.len() + side.len();
        }
        let lead = &text[..span.start];
        if let Some(side) = ["南纬", "西经"].iter().find(|side| lead.ends_with(**side)) {
            span.start -= side.len();
            number.value = -number.value;
        } else if let Some(side) = ["北纬", "东经"].iter().find(|side| lead.ends_with(**side)) {
            span.start -= side.len();
        }
    }
    Quantity { number, unit: Some(unit), span }
}

const SOUTH_WEST: [&str; 4] = ["S", "W", "south", "west"];
const NORTH_EAST: [&str; 4] = ["N", "E", "north", "east"];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn converted(text: &str, from: &str, value: i64) -> String {
        let found = find_quantities(text);
        let unit = found[0].unit.unwrap();
        let value = BigRational::from_integer(value.into());
        super::super::format_plain(&unit.from_qudt(&QudtUnit::new(from).unwrap(), &value).unwrap())
    }

    #[test]
    fn units_convert_exactly() {
        assert_eq!(converted("10 °C", "K", 300), "26.85");
        assert_eq!(converted("212 degrees Fahrenheit", "DEG_C", 100), "212");
        assert_eq!(converted("about 5 sq mi", "KiloM2", 2), "0.7722");
        assert_eq!(converted("3 m", "http://qudt.org/vocab/unit/KiloM", 2), "2000");
        assert_eq!(converted("19.3克每立方厘米", "KiloGM-PER-M3", 19_300), "19.3");
    }

    #[test]
    fn dimensions_do_not_mix() {
        let kelvin = find_quantities("300 K")[0].unit.unwrap();
        assert!(
            kelvin
                .from_qudt(&QudtUnit::new("KiloM").unwrap(), &BigRational::from_integer(1.into()))
                .is_none()
        );
        assert!(QudtUnit::new("FURLONG").is_none());
    }

    #[test]
    fn spans_hold_hedge_and_unit() {
        let text = "It has about 17.8 million inhabitants.";
        let found = find_quantities(text);
        assert_eq!(&text[found[0].span.clone()], "about 17.8 million inhabitants");
        assert_eq!(&text[found[0].number.span.clone()], "17.8 million");
        assert!(found[0].unit.unwrap().is_count());
        let south = find_quantities("latitude 0.2° S")[0].number.value.clone();
        assert_eq!(south, BigRational::new((-1).into(), 5.into()));
    }
}
