//! Plots as SVG. Legends stand beside them, in the page, so that nothing can
//! lie over a curve.

use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use serde::Serialize;

use super::Column;
use crate::error::EvalError;
use crate::metrics::Metric;

#[derive(Serialize)]
pub(super) struct Plot {
    title: String,
    about: String,
    svg: String,
    legend: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    name: String,
    colour: String,
}

/// Told apart by people who see colours differently too (Okabe and Ito).
const COLOURS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(60, 60, 60),
];
const INK: RGBColor = RGBColor(28, 36, 48);
const QUIET: RGBColor = RGBColor(91, 102, 117);
const GRID: RGBColor = RGBColor(226, 231, 237);
const WIDTH: u32 = 560;
const HEIGHT: u32 = 340;
/// Of a row of the plot by system.
const ROW: u32 = 44;
/// A letter of the labels, about.
const LETTER: u32 = 8;
const FONT: &str = "sans-serif";

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;
type Drawn = Result<(), Box<dyn std::error::Error>>;

pub(super) fn all(columns: &[Column<'_>]) -> Result<Vec<Plot>, EvalError> {
    let plots =
        [by_system(columns)?, by_graph(columns)?, risk(columns)?, calibration(columns)?, cost(columns)?];
    Ok(plots.into_iter().flatten().collect())
}

fn colour(at: usize) -> RGBColor {
    COLOURS[at % COLOURS.len()]
}

fn legend(names: impl Iterator<Item = (usize, String)>) -> Vec<Entry> {
    names
        .map(|(at, name)| {
            let RGBColor(r, g, b) = colour(at);
            Entry { name, colour: format!("#{r:02x}{g:02x}{b:02x}") }
        })
        .collect()
}

fn svg(height: u32, draw: impl FnOnce(&Area<'_>) -> Drawn) -> Result<String, EvalError> {
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, (WIDTH, height)).into_drawing_area();
        draw(&area)
            .and_then(|()| Ok(area.present()?))
            .map_err(|error| EvalError::Report { reason: error.to_string() })?;
    }
    // The page's own width decides.
    Ok(text.replacen(&format!("width=\"{WIDTH}\" height=\"{height}\" "), "role=\"img\" ", 1))
}

fn percent(value: &f64) -> String {
    format!("{:.0}%", 100.0 * value)
}

/// Room above the largest value.
fn top(values: impl Iterator<Item = f64>) -> f64 {
    let most = values.fold(0.0, f64::max);
    let steps = [0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0];
    steps.into_iter().find(|step| most * 1.05 <= *step).unwrap_or(1.0)
}

fn chart<'a, 'b>(
    area: &'a Area<'b>,
    x: (f64, f64),
    y: (f64, f64),
    names: (&str, &str),
    x_format: &dyn Fn(&f64) -> String,
) -> Result<Chart<'a, 'b>, Box<dyn std::error::Error>> {
    let mut chart = ChartBuilder::on(area)
        .margin(10)
        .margin_right(24)
        .x_label_area_size(48)
        .y_label_area_size(62)
        .build_cartesian_2d(x.0..x.1, y.0..y.1)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .bold_line_style(GRID)
        .light_line_style(TRANSPARENT)
        .axis_style(QUIET)
        .x_labels(6)
        .y_labels(6)
        .x_label_formatter(x_format)
        .y_label_formatter(&percent)
        .x_desc(names.0)
        .y_desc(names.1)
        .label_style((FONT, 13).into_font().color(&QUIET))
        .axis_desc_style((FONT, 14).into_font().color(&INK))
        .draw()?;
    Ok(chart)
}

/// A row for each system with its interval.
fn by_system(columns: &[Column<'_>]) -> Result<Option<Plot>, EvalError> {
    let rows: Vec<(usize, &str, f64, f64, f64)> = columns
        .iter()
        .enumerate()
        .filter_map(|(at, column)| {
            let Metric { value, low, high, .. } = *column.summary.metrics.get("false_claim_rate")?;
            Some((at, column.name.as_str(), value?, low?, high?))
        })
        .collect();
    if rows.is_empty() {
        return Ok(None);
    }
    let longest = rows.iter().map(|(_, name, ..)| name.chars().count() as u32).max().unwrap_or(0);
    let height = ROW * rows.len() as u32 + 70;
    let most = top(rows.iter().map(|row| row.4));
    let svg = svg(height, |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(10)
            .margin_right(56)
            .x_label_area_size(44)
            .y_label_area_size((longest * LETTER + 12).min(WIDTH / 2))
            .build_cartesian_2d(0.0..most, -0.5..rows.len() as f64 - 0.5)?;
        chart
            .configure_mesh()
            .disable_y_mesh()
            .bold_line_style(GRID)
            .light_line_style(TRANSPARENT)
            .axis_style(QUIET)
            .x_labels(6)
            .y_labels(0)
            .x_label_formatter(&percent)
            .x_desc("false claims, of those made")
            .label_style((FONT, 13).into_font().color(&QUIET))
            .axis_desc_style((FONT, 14).into_font().color(&INK))
            .draw()?;
        for (place, (at, name, value, low, high)) in rows.iter().rev().enumerate() {
            let y = place as f64;
            let style = colour(*at).stroke_width(2);
            chart.draw_series([PathElement::new(vec![(*low, y), (*high, y)], style)])?;
            chart.draw_series([Circle::new((*value, y), 5, colour(*at).filled())])?;
            let left = chart.backend_coord(&(0.0, y));
            let right = chart.backend_coord(&(*high, y));
            let style = (FONT, 14).into_font().color(&INK);
            area.draw(&Text::new(
                (*name).to_owned(),
                (left.0 - 10, left.1),
                style.clone().pos(Pos::new(HPos::Right, VPos::Center)),
            ))?;
            area.draw(&Text::new(
                format!("{:.1}%", 100.0 * value),
                (right.0 + 8, right.1),
                style.pos(Pos::new(HPos::Left, VPos::Center)),
            ))?;
        }
        Ok(())
    })?;
    Ok(Some(Plot {
        title: "False claims by system".to_owned(),
        about: "Of the claims made in answers, with 95% intervals.".to_owned(),
        svg,
        legend: Vec::new(),
    }))
}

/// Where it stands, the value, and the interval's ends.
type Interval = (f64, f64, f64, f64);

/// The same system with fewer and fewer facts.
fn by_graph(columns: &[Column<'_>]) -> Result<Option<Plot>, EvalError> {
    let mut systems: Vec<(String, Vec<Interval>)> = Vec::new();
    for column in columns {
        let name = format!("{}, {}", column.summary.mode.name(), column.summary.model);
        let Some(metric) = column.summary.metrics.get("false_claim_rate") else { continue };
        let (Some(value), Some(low), Some(high)) = (metric.value, metric.low, metric.high) else { continue };
        let point = (1.0 - column.summary.kg_drop.unwrap_or(0.0), value, low, high);
        match systems.iter_mut().find(|(known, _)| *known == name) {
            Some((_, points)) => points.push(point),
            None => systems.push((name, vec![point])),
        }
    }
    systems.retain(|(_, points)| points.iter().any(|point| point.0 != points[0].0));
    if systems.is_empty() {
        return Ok(None);
    }
    let most = top(systems.iter().flat_map(|(_, points)| points.iter().map(|point| point.3)));
    let svg = svg(HEIGHT, |area| {
        let names = ("facts that the system may use", "false claims, of those made");
        let mut chart = chart(area, (0.0, 1.02), (0.0, most), names, &percent)?;
        for (at, (_, points)) in systems.iter_mut().enumerate() {
            points.sort_by(|a, b| a.0.total_cmp(&b.0));
            chart.draw_series(LineSeries::new(
                points.iter().map(|p| (p.0, p.1)),
                colour(at).stroke_width(2),
            ))?;
            for (x, value, low, high) in points.iter().copied() {
                chart.draw_series([ErrorBar::new_vertical(x, low, value, high, colour(at).filled(), 8)])?;
            }
        }
        Ok(())
    })?;
    let names = systems.into_iter().map(|(name, _)| name).enumerate();
    Ok(Some(Plot {
        title: "False claims against the graph's coverage".to_owned(),
        about: "Facts are left out of the system's graph, never of the judge's.".to_owned(),
        svg,
        legend: legend(names),
    }))
}

fn risk(columns: &[Column<'_>]) -> Result<Option<Plot>, EvalError> {
    let curves = || columns.iter().enumerate().filter(|(_, column)| !column.summary.risk_coverage.is_empty());
    let points = curves().flat_map(|(_, column)| column.summary.risk_coverage.iter());
    let most = top(points.map(|point| point.risk));
    if curves().next().is_none() {
        return Ok(None);
    }
    let svg = svg(HEIGHT, |area| {
        let names = ("questions answered, the surest first", "wrong, of those answered");
        let mut chart = chart(area, (0.0, 1.02), (0.0, most), names, &percent)?;
        for (at, column) in curves() {
            let points = column.summary.risk_coverage.iter().map(|point| (point.coverage, point.risk));
            chart.draw_series(LineSeries::new(points.clone(), colour(at).stroke_width(2)))?;
            // The points of coarse confidences are few.
            if column.summary.risk_coverage.len() <= 30 {
                chart.draw_series(points.map(|point| Circle::new(point, 4, colour(at).filled())))?;
            }
        }
        Ok(())
    })?;
    Ok(Some(Plot {
        title: "Risk and coverage".to_owned(),
        about:
            "How wrong answers grow when less sure ones are given too; a point is a confidence that occurs."
                .to_owned(),
        svg,
        legend: legend(curves().map(|(at, column)| (at, column.name.clone()))),
    }))
}

fn calibration(columns: &[Column<'_>]) -> Result<Option<Plot>, EvalError> {
    let curves = || columns.iter().enumerate().filter(|(_, column)| !column.summary.reliability.is_empty());
    if curves().next().is_none() {
        return Ok(None);
    }
    let svg = svg(HEIGHT, |area| {
        let names = ("confidence", "right, of those answered");
        let mut chart = chart(area, (0.0, 1.02), (0.0, 1.02), names, &percent)?;
        chart.draw_series(DashedLineSeries::new([(0.0, 0.0), (1.0, 1.0)], 5, 5, QUIET.stroke_width(1)))?;
        for (at, column) in curves() {
            let bins = &column.summary.reliability;
            let points = bins.iter().map(|bin| (bin.confidence, bin.accuracy));
            chart.draw_series(LineSeries::new(points, colour(at).stroke_width(2)))?;
            let all: usize = bins.iter().map(|bin| bin.n).sum();
            for bin in bins {
                let size = 3.0 + 7.0 * (bin.n as f64 / all as f64).sqrt();
                let place = (bin.confidence, bin.accuracy);
                chart.draw_series([Circle::new(place, size as i32, colour(at).mix(0.75).filled())])?;
            }
        }
        Ok(())
    })?;
    Ok(Some(Plot {
        title: "Calibration".to_owned(),
        about: "On the dashed line a system is right as often as it is sure; larger points are more answers."
            .to_owned(),
        svg,
        legend: legend(curves().map(|(at, column)| (at, column.name.clone()))),
    }))
}

fn cost(columns: &[Column<'_>]) -> Result<Option<Plot>, EvalError> {
    let points: Vec<(usize, &str, f64, f64)> = columns
        .iter()
        .enumerate()
        .filter_map(|(at, column)| {
            let value = |name: &str| column.summary.metrics.get(name).and_then(|metric| metric.value);
            let tokens = value("tokens_per_question").filter(|tokens| *tokens > 0.0)?;
            Some((at, column.name.as_str(), tokens, value("accuracy")?))
        })
        .collect();
    if points.len() < 2 {
        return Ok(None);
    }
    let most = points.iter().map(|point| point.2).fold(0.0, f64::max) * 1.15;
    let svg = svg(HEIGHT, |area| {
        let names = ("tokens a question", "questions answered right");
        let mut chart = chart(area, (0.0, most), (0.0, 1.02), names, &|value| format!("{value:.0}"))?;
        chart.draw_series(points.iter().map(|p| Circle::new((p.2, p.3), 6, colour(p.0).filled())))?;
        Ok(())
    })?;
    Ok(Some(Plot {
        title: "Cost against accuracy".to_owned(),
        about: "Tokens that the model chose, drafts that were taken back included.".to_owned(),
        svg,
        legend: legend(points.iter().map(|point| (point.0, point.1.to_owned()))),
    }))
}
