//! The SVG of a chart.

use std::fmt::Write as _;

use super::labels::{Area, Room, width};
use super::scale::{Span, number};
use super::{Across, Chart, Point, Rule, Series, Shape};
use crate::render::markup::escape;

const WIDTH: f64 = 720.0;
const PLOT_HEIGHT: f64 = 320.0;
const LEFT: f64 = 68.0;
const RIGHT: f64 = 20.0;
const BELOW: f64 = 50.0;
const TITLE: f64 = 34.0;
const KEY_HEIGHT: f64 = 20.0;
const KEY_MARK: f64 = 30.0;
const KEY_GAP: f64 = 18.0;

/// How many series differ in colour, marker and dash; later ones begin anew.
const KINDS: usize = 6;

const STYLE: &str = include_str!("plot.css");

/// A chart on its page.
struct Page<'a> {
    chart: &'a Chart,
    out: String,
    frame: Area,
    x: Span,
    y: Span,
    height: f64,
}

pub(super) fn svg(chart: &Chart) -> String {
    let keys = keys(chart);
    let rows = keys
        .iter()
        .map(|key| key.row)
        .max()
        .map_or(0.0, |row| f64::from(row) + 1.0);
    let top = TITLE + rows * KEY_HEIGHT + 12.0;
    let frame = Area {
        left: LEFT,
        top,
        right: WIDTH - RIGHT,
        bottom: top + PLOT_HEIGHT,
    };
    let xs = chart
        .series
        .iter()
        .flat_map(|series| series.values(Across::Vertical));
    let ys = chart
        .series
        .iter()
        .flat_map(|series| series.values(Across::Horizontal));
    let rules = |across| {
        chart
            .rules
            .iter()
            .filter(move |rule| rule.across == across)
            .map(|rule| rule.at)
    };
    let mut page = Page {
        chart,
        out: String::new(),
        frame,
        x: Span::over(
            &chart.x,
            xs.chain(rules(Across::Vertical)),
            frame.left,
            frame.right,
        ),
        y: Span::over(
            &chart.y,
            ys.chain(rules(Across::Horizontal)),
            frame.bottom,
            frame.top,
        ),
        height: frame.bottom + BELOW,
    };
    page.head();
    page.keys(&keys);
    page.axes();
    page.rules();
    page.series();
    page.words();
    page.out.push_str("</svg>");
    page.out
}

/// An entry of the legend.
struct Key<'a> {
    series: &'a Series,
    kind: usize,
    x: f64,
    row: u32,
}

/// The legend, where there is more than one series; in rows as wide as the chart.
fn keys(chart: &Chart) -> Vec<Key<'_>> {
    if chart.series.len() < 2 {
        return Vec::new();
    }
    let (mut x, mut row) = (LEFT, 0);
    let mut keys = Vec::new();
    for (place, series) in chart.series.iter().enumerate() {
        let wide = KEY_MARK + width(&series.name);
        if x > LEFT && x + wide > WIDTH - RIGHT {
            x = LEFT;
            row += 1;
        }
        keys.push(Key {
            series,
            kind: place % KINDS,
            x,
            row,
        });
        x += wide + KEY_GAP;
    }
    keys
}

impl Page<'_> {
    fn add(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        self.out.write_fmt(text).unwrap_or_default();
    }

    fn head(&mut self) {
        let (height, title) = (self.height, escape(&self.chart.title));
        self.add(format_args!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" class="vp" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img" aria-label="{title}"><style>{STYLE}</style>"#
        ));
        if !self.chart.description.is_empty() {
            let description = escape(&self.chart.description);
            self.add(format_args!("<desc>{description}</desc>"));
        }
        self.add(format_args!(
            r#"<rect class="paper" width="{WIDTH}" height="{height}"/><text class="title" x="{LEFT}" y="22">{title}</text>"#
        ));
    }

    fn keys(&mut self, keys: &[Key<'_>]) {
        for key in keys {
            let y = TITLE + f64::from(key.row) * KEY_HEIGHT + 8.0;
            self.open(key.kind, key.series);
            match &key.series.shape {
                Shape::Points { joined, .. } => {
                    if *joined {
                        let to = key.x + 24.0;
                        self.add(format_args!(
                            r#"<path class="line" d="M{:.1} {y:.1}H{to:.1}"/>"#,
                            key.x
                        ));
                    }
                    self.marker(key.kind, key.x + 12.0, y);
                }
                Shape::Steps { .. } => {
                    self.add(format_args!(
                        r#"<rect class="steps" x="{:.1}" y="{:.1}" width="20" height="10"/>"#,
                        key.x,
                        y - 5.0
                    ));
                }
            }
            self.close();
            let (x, y, name) = (key.x + KEY_MARK, y + 4.0, escape(&key.series.name));
            self.add(format_args!(
                r#"<text class="key" x="{x:.1}" y="{y:.1}">{name}</text>"#
            ));
        }
    }

    fn axes(&mut self) {
        let Area {
            left,
            top,
            right,
            bottom,
        } = self.frame;
        for tick in self.x.ticks() {
            self.add(format_args!(
                r#"<path class="grid" d="M{0:.1} {top}V{bottom}"/><text x="{0:.1}" y="{1:.1}" text-anchor="middle">{2}</text>"#,
                tick.at, bottom + 17.0, tick.label
            ));
        }
        for tick in self.y.ticks() {
            self.add(format_args!(
                r#"<path class="grid" d="M{left} {0:.1}H{right}"/><text x="{1:.1}" y="{2:.1}" text-anchor="end">{3}</text>"#,
                tick.at, left - 8.0, tick.at + 4.0, tick.label
            ));
        }
        let (x, y) = (escape(&self.chart.x.label), escape(&self.chart.y.label));
        let (across, up) = (f64::midpoint(left, right), f64::midpoint(top, bottom));
        let below = bottom + 40.0;
        self.add(format_args!(
            r#"<path class="frame" d="M{left} {top}V{bottom}H{right}"/><text class="axis" x="{across:.1}" y="{below:.1}" text-anchor="middle">{x}</text><text class="axis" transform="translate(16 {up:.1}) rotate(-90)" text-anchor="middle">{y}</text>"#
        ));
    }

    fn rules(&mut self) {
        let Area {
            left,
            top,
            right,
            bottom,
        } = self.frame;
        for Rule { across, at, label } in &self.chart.rules {
            let label = escape(label);
            match across {
                Across::Horizontal => {
                    let y = self.y.at(*at);
                    let (end, above) = (right - 4.0, y - 5.0);
                    self.add(format_args!(
                        r#"<path class="rule" d="M{left} {y:.1}H{right}"/><text class="rule-label" x="{end:.1}" y="{above:.1}" text-anchor="end">{label}</text>"#
                    ));
                }
                Across::Vertical => {
                    let x = self.x.at(*at);
                    let (beside, under) = (x + 5.0, top + 12.0);
                    self.add(format_args!(
                        r#"<path class="rule" d="M{x:.1} {top}V{bottom}"/><text class="rule-label" x="{beside:.1}" y="{under:.1}">{label}</text>"#
                    ));
                }
            }
        }
    }

    fn series(&mut self) {
        let chart = self.chart;
        for (place, series) in chart.series.iter().enumerate() {
            let kind = place % KINDS;
            self.open(kind, series);
            match &series.shape {
                Shape::Steps { edges, heights } => self.steps(edges, heights),
                Shape::Points { points, joined } => {
                    let points: Vec<&Point> = points.iter().filter(|point| chart.has(point)).collect();
                    if *joined {
                        self.joined(&points);
                    }
                    for point in points {
                        self.point(kind, &series.name, point);
                    }
                }
            }
            self.close();
        }
    }

    fn joined(&mut self, points: &[&Point]) {
        let mut path = String::new();
        for point in points {
            let step = if path.is_empty() { 'M' } else { 'L' };
            let (x, y) = (self.x.at(point.x), self.y.at(point.y));
            write!(path, "{step}{x:.1} {y:.1}").unwrap_or_default();
        }
        self.add(format_args!(r#"<path class="line" d="{path}"/>"#));
    }

    /// A marker with its ranges; what it says when pointed at.
    fn point(&mut self, kind: usize, series: &str, point: &Point) {
        let (x, y) = (self.x.at(point.x), self.y.at(point.y));
        let words = self.words_of(series, point);
        self.add(format_args!("<g><title>{words}</title>"));
        if let Some((low, high)) = point.y_range {
            let (low, high) = (self.y.at(low), self.y.at(high));
            let (left, right) = (x - 4.0, x + 4.0);
            self.add(format_args!(
                r#"<path class="range" d="M{x:.1} {low:.1}V{high:.1}M{left:.1} {low:.1}H{right:.1}M{left:.1} {high:.1}H{right:.1}"/>"#
            ));
        }
        if let Some((low, high)) = point.x_range {
            let (low, high) = (self.x.at(low), self.x.at(high));
            let (above, below) = (y - 4.0, y + 4.0);
            self.add(format_args!(
                r#"<path class="range" d="M{low:.1} {y:.1}H{high:.1}M{low:.1} {above:.1}V{below:.1}M{high:.1} {above:.1}V{below:.1}"/>"#
            ));
        }
        self.marker(kind, x, y);
        self.out.push_str("</g>");
    }

    fn words_of(&self, series: &str, point: &Point) -> String {
        let value = |value: f64, range: Option<(f64, f64)>| {
            let step = value.abs() / 1_000.0;
            let range = range.map_or_else(String::new, |(low, high)| {
                format!(" ({} to {})", number(low, step), number(high, step))
            });
            format!("{}{range}", number(value, step))
        };
        let label = point
            .label
            .as_ref()
            .map_or_else(String::new, |label| format!(", {label}"));
        escape(&format!(
            "{series}{label}; {}: {}; {}: {}",
            self.chart.x.label,
            value(point.x, point.x_range),
            self.chart.y.label,
            value(point.y, point.y_range)
        ))
    }

    fn marker(&mut self, kind: usize, x: f64, y: f64) {
        let shape = match kind {
            0 => {
                return self.add(format_args!(
                    r#"<circle class="mark" cx="{x:.1}" cy="{y:.1}" r="3.6"/>"#
                ));
            }
            1 => "m-3.4 -3.4h6.8v6.8h-6.8z",
            2 => "m0 -4.4l4.2 7.4h-8.4z",
            3 => "m0 -4.8l4.8 4.8l-4.8 4.8l-4.8 -4.8z",
            4 => "m0 4.4l4.2 -7.4h-8.4z",
            _ => "m-4 0h8m-4 -4v8",
        };
        self.add(format_args!(r#"<path class="mark" d="M{x:.1} {y:.1}{shape}"/>"#));
    }

    fn steps(&mut self, edges: &[f64], heights: &[f64]) {
        let floor = self.frame.bottom;
        let Some(first) = edges.first() else { return };
        let mut path = format!("M{:.1} {floor:.1}", self.x.at(*first));
        for (edge, height) in edges.iter().skip(1).zip(heights) {
            write!(path, "V{:.1}H{:.1}", self.y.at(*height), self.x.at(*edge)).unwrap_or_default();
        }
        self.add(format_args!(r#"<path class="steps" d="{path}V{floor:.1}Z"/>"#));
    }

    /// What stands beside points, as far as there is room.
    fn words(&mut self) {
        let chart = self.chart;
        let mut room = Room::new(self.frame);
        let points = || {
            chart
                .series
                .iter()
                .flat_map(Series::points)
                .filter(|point| chart.has(point))
        };
        for rule in chart
            .rules
            .iter()
            .filter(|rule| rule.across == Across::Horizontal)
        {
            let y = self.y.at(rule.at);
            room.take(Area {
                left: self.frame.right - 4.0 - width(&rule.label),
                top: y - 16.0,
                right: self.frame.right,
                bottom: y,
            });
        }
        for point in points() {
            let (x, y) = (self.x.at(point.x), self.y.at(point.y));
            room.take(Area {
                left: x - 4.0,
                top: y - 4.0,
                right: x + 4.0,
                bottom: y + 4.0,
            });
        }
        for point in points() {
            let Some(label) = &point.label else { continue };
            if let Some(place) = room.find(self.x.at(point.x), self.y.at(point.y), label) {
                let label = escape(label);
                self.add(format_args!(
                    r#"<text class="near" x="{:.1}" y="{:.1}">{label}</text>"#,
                    place.x, place.y
                ));
            }
        }
    }

    fn open(&mut self, kind: usize, series: &Series) {
        let estimate = if series.is_estimate { " estimate" } else { "" };
        self.add(format_args!(r#"<g class="s{kind}{estimate}">"#));
    }

    fn close(&mut self) {
        self.out.push_str("</g>");
    }
}
