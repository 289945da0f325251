use touchstone_core::AskReport;

use super::{Boxes, Level, Tone};

/// Characters of a box.
const MAX_CHARS: usize = 160;

/// The derivation in Graphviz's DOT language: from the answer and the steps to
/// their claims and what those rest on.
pub fn to_dot(report: &AskReport) -> String {
    let boxes = Boxes::of(report);
    let mut dot = String::from("digraph derivation {\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n");
    for (at, (level, text, tone)) in boxes.boxes.iter().enumerate() {
        let shape = match level {
            Level::Step => "box",
            Level::Claim => "ellipse",
            Level::Evidence => "note",
        };
        let colour = match tone {
            Tone::Holds => "darkgreen",
            Tone::Falls => "firebrick",
            Tone::Open => "goldenrod",
            Tone::Plain => "gray40",
        };
        dot.push_str(&format!("  n{at} [shape={shape}, color={colour}, label=\"{}\"];\n", quoted(text)));
    }
    for (from, to) in &boxes.links {
        dot.push_str(&format!("  n{from} -> n{to};\n"));
    }
    dot.push_str("}\n");
    dot
}

/// A quoted string ends at a quotation mark only, and backslashes escape.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().take(MAX_CHARS) {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn quotation_marks_and_backslashes_are_escaped() {
        assert_eq!(quoted("a \"b\" \\N\n c"), "a \\\"b\\\" \\\\N  c");
    }
}
