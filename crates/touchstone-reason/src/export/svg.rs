use touchstone_core::AskReport;

use super::{Boxes, Level, Tone};

const COLUMN: usize = 380;
const GAP: usize = 60;
const LINE: usize = 18;
const PADDING: usize = 8;
/// Characters of a line; wide ones count twice.
const WIDTH: usize = 50;
const MAX_LINES: usize = 6;

/// The derivation as a picture in three columns: steps, claims, and what they
/// rest on.
pub fn to_svg(report: &AskReport) -> String {
    let boxes = Boxes::of(report);
    let mut bottoms = [PADDING; 3];
    let mut places: Vec<(usize, usize, usize)> = Vec::new();
    let mut body = String::new();
    for (level, text, tone) in &boxes.boxes {
        let column = match level {
            Level::Step => 0,
            Level::Claim => 1,
            Level::Evidence => 2,
        };
        // A step begins below the claims of the one before.
        let top = match level {
            Level::Step => bottoms[0].max(bottoms[1]),
            Level::Claim => bottoms[1].max(bottoms[0].saturating_sub(LINE * 2)),
            Level::Evidence => bottoms[2],
        };
        let lines = wrapped(text);
        let height = lines.len() * LINE + 2 * PADDING;
        let left = PADDING + column * (COLUMN + GAP);
        bottoms[column] = top + height + PADDING;
        places.push((left, top, height));
        let colour = match tone {
            Tone::Holds => "#1a7f37",
            Tone::Falls => "#cf222e",
            Tone::Open => "#9a6700",
            Tone::Plain => "#57606a",
        };
        body.push_str(&format!(
            "<rect x=\"{left}\" y=\"{top}\" width=\"{COLUMN}\" height=\"{height}\" rx=\"6\" fill=\"#fff\" stroke=\"{colour}\"/>\n"
        ));
        for (at, line) in lines.iter().enumerate() {
            let baseline = top + PADDING + at * LINE + 13;
            body.push_str(&format!(
                "<text x=\"{}\" y=\"{baseline}\">{}</text>\n",
                left + PADDING,
                html_escape::encode_text(line)
            ));
        }
    }
    let mut lines = String::new();
    for (from, to) in &boxes.links {
        let (Some((x1, y1, h1)), Some((x2, y2, h2))) = (places.get(*from), places.get(*to)) else { continue };
        // Back to an earlier step from the left side, on to the right otherwise.
        let (start, end) = if x2 > x1 { (x1 + COLUMN, *x2) } else { (*x1, x2 + COLUMN) };
        lines.push_str(&format!(
            "<line x1=\"{start}\" y1=\"{}\" x2=\"{end}\" y2=\"{}\" stroke=\"#8c959f\"/>\n",
            y1 + h1 / 2,
            y2 + h2 / 2
        ));
    }
    let width = 3 * COLUMN + 2 * GAP + 2 * PADDING;
    let height = bottoms.iter().max().copied().unwrap_or(0) + PADDING;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"13\">\n{lines}{body}</svg>\n"
    )
}

/// Lines of bounded width, broken at spaces where there are some.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    let mut width = 0;
    for c in text.chars().map(|c| if c.is_control() { ' ' } else { c }) {
        let wide = if c.is_ascii() { 1 } else { 2 };
        if width + wide > WIDTH {
            let rest = match line.rfind(' ') {
                Some(space) if space > 0 => line.split_off(space).trim_start().to_owned(),
                _ => String::new(),
            };
            lines.push(std::mem::replace(&mut line, rest));
            width = line.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
            if lines.len() == MAX_LINES {
                line = "…".to_owned();
                break;
            }
        }
        line.push(c);
        width += wide;
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}
