//! What stands around numbers and bounds them: hedges, bounds and ranges.

use num_traits::Zero;

use super::number::{Comparator, Number};

use Comparator::{About, AtLeast, AtMost, LessThan, MoreThan};

const BEFORE: &[(&str, Comparator)] = &[
    ("a little more than", MoreThan),
    ("slightly more than", MoreThan),
    ("no more than", AtMost),
    ("not more than", AtMost),
    ("no fewer than", AtLeast),
    ("no less than", AtLeast),
    ("not less than", AtLeast),
    ("more than", MoreThan),
    ("greater than", MoreThan),
    ("larger than", MoreThan),
    ("higher than", MoreThan),
    ("fewer than", LessThan),
    ("less than", LessThan),
    ("smaller than", LessThan),
    ("lower than", LessThan),
    ("just over", MoreThan),
    ("just under", LessThan),
    ("well over", MoreThan),
    ("at least", AtLeast),
    ("at most", AtMost),
    ("up to", AtMost),
    ("over", MoreThan),
    ("above", MoreThan),
    ("exceeding", MoreThan),
    ("exceeds", MoreThan),
    ("under", LessThan),
    ("below", LessThan),
    ("approximately", About),
    ("roughly", About),
    ("around", About),
    ("about", About),
    ("nearly", About),
    ("almost", About),
    ("some", About),
    ("circa", About),
    ("approx.", About),
    ("c.", About),
    ("ca.", About),
    ("close to", About),
    ("大约", About),
    ("约为", About),
    ("大概", About),
    ("左右", About),
    ("约", About),
    ("将近", About),
    ("接近", About),
    ("近", About),
    ("超过", MoreThan),
    ("多于", MoreThan),
    ("大于", MoreThan),
    ("高于", MoreThan),
    ("不少于", AtLeast),
    ("不低于", AtLeast),
    ("至少", AtLeast),
    ("不到", LessThan),
    ("不足", LessThan),
    ("少于", LessThan),
    ("小于", LessThan),
    ("低于", LessThan),
    ("不超过", AtMost),
    ("至多", AtMost),
    ("最多", AtMost),
    ("~", About),
    ("≈", About),
    ("～", About),
];
const AFTER: &[(&str, Comparator)] = &[
    ("or more", AtLeast),
    ("or so", About),
    ("or less", AtMost),
    ("or fewer", AtMost),
    ("左右", About),
    ("上下", About),
    ("以上", AtLeast),
    ("以下", AtMost),
    ("+", AtLeast),
];
const CURRENCY: [char; 5] = ['$', '€', '£', '¥', '￥'];

/// Gives every number its bound and the phrase that holds both.
pub(super) fn bound(text: &str, found: &mut [Number]) {
    let mut from = 0;
    for number in found {
        let lead = &text[from.min(number.phrase.start)..number.phrase.start];
        let lead = lead.trim_end_matches(CURRENCY).trim_end();
        let hedge = BEFORE
            .iter()
            .filter(|(words, _)| ends_with_words(lead, words))
            .max_by_key(|(words, _)| words.len());
        if let Some((words, comparator)) = hedge {
            number.comparator = *comparator;
            number.phrase.start = from.min(number.phrase.start) + lead.len() - words.len();
        }
        let tail = &text[number.span.end..];
        let trimmed = tail.trim_start_matches(' ');
        let followed = AFTER.iter().find(|(words, _)| {
            // In "2 +12" and "2+(3" the sign adds.
            let adds = |tail: &str| {
                let tail = tail.trim_start();
                tail.starts_with(|c: char| c.is_alphanumeric() || "($¥€£.".contains(c))
            };
            trimmed.strip_prefix(words).is_some_and(|tail| *words != "+" || !adds(tail))
        });
        if let Some((words, comparator)) = followed {
            number.comparator = *comparator;
            number.phrase.end = number.span.end + (tail.len() - trimmed.len()) + words.len();
        }
        from = number.phrase.end;
    }
}

/// 零下5度, "minus 5", "5 degrees below zero".
pub(super) fn negate(text: &str, found: &mut Vec<Number>) {
    let mut from = 0;
    // The zero of "below zero" is no number of its own.
    let mut at = 0;
    found.retain(|number| {
        let lead = text[at..number.span.start].trim_end();
        at = number.span.end;
        !(number.value.is_zero() && lead.ends_with("below") && &text[number.span.clone()] == "zero")
    });
    for number in found {
        let lead = &text[from..number.span.start];
        let trimmed = lead.trim_end();
        from = number.span.end;
        let word = ["零下", "负", "負", "minus"].iter().find(|word| {
            // "5 minus 3" is a difference.
            let operand = |first: &str| first.trim_end().ends_with(|c: char| c.is_ascii_digit() || c == ')');
            ends_with_words(trimmed, word) && !trimmed.strip_suffix(**word).is_some_and(operand)
        });
        let below = || {
            let tail: String = text[number.span.end..].chars().take(24).collect();
            let degrees = tail.trim_start().trim_start_matches("degrees").trim_start_matches('°');
            degrees.trim_start().starts_with("below zero")
        };
        if let Some(word) = word {
            number.span.start -= lead.len() - trimmed.len() + word.len();
            number.phrase.start = number.span.start;
        } else if !below() {
            continue;
        }
        number.value = -number.value.clone();
    }
}

fn ends_with_words(text: &str, words: &str) -> bool {
    let Some(start) = text.len().checked_sub(words.len()) else { return false };
    let Some(end) = text.get(start..) else { return false };
    let latin = words.starts_with(|c: char| c.is_ascii_alphabetic());
    end.eq_ignore_ascii_case(words) && !(latin && text[..start].ends_with(char::is_alphanumeric))
}

/// Makes one number of "3–5", "3 to 5", "between 3 and 5", 3到5.
pub(super) fn join_ranges(text: &str, found: &mut Vec<Number>) {
    let mut at = 0;
    while at + 1 < found.len() {
        let between = &text[found[at].span.end..found[at + 1].span.start];
        if let Some(start) = range_start(text, &found[at], between)
            && is_range(text, &found[at], &found[at + 1])
        {
            let upper = found.remove(at + 1);
            let lower = &mut found[at];
            // "2 to 3 million" means two million.
            if upper.rounded && !lower.rounded && &lower.value * &upper.precision <= upper.value {
                let factor = upper.precision.clone();
                if factor > lower.precision {
                    lower.value *= factor;
                }
            }
            if upper.percent && !lower.percent {
                lower.value /= super::format::power_of_ten(2);
                lower.percent = true;
            }
            lower.precision = lower.precision.clone().max(upper.precision);
            lower.upper = Some(upper.value);
            lower.span.end = upper.span.end;
            lower.phrase = start..upper.span.end;
        }
        at += 1;
    }
}

fn is_range(text: &str, lower: &Number, upper: &Number) -> bool {
    let calculated = text[upper.span.end..].trim_start().starts_with(['=', '＝', '+', '*', '×', '/', '÷']);
    !calculated && lower.value < upper.value && lower.upper.is_none()
}

/// Where a range begins if `between` joins its two ends.
fn range_start(text: &str, lower: &Number, between: &str) -> Option<usize> {
    let start = lower.span.start;
    let lead = text[..start].trim_end();
    let joint = between.trim();
    if joint == "and" {
        return ends_with_words(lead, "between").then(|| lead.len() - "between".len());
    }
    let joins = matches!(joint, "-" | "–" | "—" | "~" | "～" | "to" | "到" | "至");
    if !joins || (joint == "-" && between.len() > 1) {
        return None;
    }
    let from = ["from", "从"].iter().find(|word| joint != "-" && ends_with_words(lead, word));
    Some(from.map_or(start, |word| lead.len() - word.len()))
}
