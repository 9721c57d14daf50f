//! Charts as SVG: scatters, lines and step histograms with intervals, on linear, logarithmic or share axes.
//!
//! A chart is text that stands alone: no script, no network, no font of its own. It follows the reader's dark mode, and
//! never tells two series apart by colour alone: each has its own marker and dash. The colours are those of M. Okabe and
//! K. Ito, "Color Universal Design" (2008), darkened where they would be faint on white. This module knows no domain.

mod draw;
mod labels;
mod scale;
mod values;

pub use scale::Scale;

/// A chart under construction.
#[derive(Debug, Clone)]
pub struct Chart {
    title: String,
    description: String,
    x: Axis,
    y: Axis,
    series: Vec<Series>,
    rules: Vec<Rule>,
}

/// What an axis shows.
#[derive(Debug, Clone)]
pub struct Axis {
    label: String,
    scale: Scale,
    floor: Option<f64>,
    ceiling: Option<f64>,
    include: Vec<f64>,
}

/// Values that belong together.
#[derive(Debug, Clone)]
pub struct Series {
    name: String,
    shape: Shape,
    is_estimate: bool,
}

#[derive(Debug, Clone)]
enum Shape {
    Points { points: Vec<Point>, joined: bool },
    Steps { edges: Vec<f64>, heights: Vec<f64> },
}

/// A value, with the ranges that it may as well have had.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    x: f64,
    y: f64,
    x_range: Option<(f64, f64)>,
    y_range: Option<(f64, f64)>,
    label: Option<String>,
}

/// A line across the chart that values are held against, such as a target.
#[derive(Debug, Clone)]
struct Rule {
    across: Across,
    at: f64,
    label: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Across {
    Horizontal,
    Vertical,
}

impl Chart {
    /// A chart without values; the title says what it shows.
    pub fn new(title: &str, x: Axis, y: Axis) -> Self {
        Self {
            title: title.to_owned(),
            description: String::new(),
            x,
            y,
            series: Vec::new(),
            rules: Vec::new(),
        }
    }

    /// Says what the chart shows to those who do not see it.
    #[must_use]
    pub fn described(mut self, description: &str) -> Self {
        description.clone_into(&mut self.description);
        self
    }

    /// Adds values.
    #[must_use]
    pub fn with(mut self, series: Series) -> Self {
        self.series.push(series);
        self
    }

    /// Adds a line across at a height.
    #[must_use]
    pub fn with_target_y(self, at: f64, label: &str) -> Self {
        self.with_rule(Across::Horizontal, at, label)
    }

    /// Adds a line from bottom to top.
    #[must_use]
    pub fn with_target_x(self, at: f64, label: &str) -> Self {
        self.with_rule(Across::Vertical, at, label)
    }

    fn with_rule(mut self, across: Across, at: f64, label: &str) -> Self {
        let label = label.to_owned();
        self.rules.push(Rule { across, at, label });
        self
    }

    /// What it shows.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// What it shows, for those who do not see it.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Whether there is no value to show.
    pub fn is_empty(&self) -> bool {
        self.series.iter().all(Series::is_empty)
    }

    /// The chart as an `<svg>` element that stands alone.
    pub fn svg(&self) -> String {
        draw::svg(self)
    }
}

impl Axis {
    /// An axis with equal steps; the label names the unit.
    pub fn linear(label: &str) -> Self {
        Self::new(label, Scale::Linear)
    }

    /// An axis with equal ratios, for values above 0; others are left out.
    pub fn logarithmic(label: &str) -> Self {
        Self::new(label, Scale::Log)
    }

    /// An axis for shares of a whole, most of them near to it, such as recall.
    pub fn share(label: &str) -> Self {
        Self::new(label, Scale::Share)
    }

    fn new(label: &str, scale: Scale) -> Self {
        Self {
            label: label.to_owned(),
            scale,
            floor: None,
            ceiling: None,
            include: Vec::new(),
        }
    }

    /// The least value that there can be: the axis does not go beyond it.
    #[must_use]
    pub fn at_least(mut self, floor: f64) -> Self {
        self.floor = Some(floor);
        self
    }

    /// The greatest value that there can be: the axis does not go beyond it.
    #[must_use]
    pub fn at_most(mut self, ceiling: f64) -> Self {
        self.ceiling = Some(ceiling);
        self
    }

    /// Reaches to this value, whether or not there is one.
    #[must_use]
    pub fn including(mut self, value: f64) -> Self {
        self.include.push(value);
        self
    }
}

impl Series {
    /// Values that stand for themselves.
    pub fn scatter(name: &str, points: Vec<Point>) -> Self {
        Self::new(
            name,
            Shape::Points {
                points,
                joined: false,
            },
        )
    }

    /// Values joined by a line, in their order.
    pub fn line(name: &str, points: Vec<Point>) -> Self {
        Self::new(name, Shape::Points { points, joined: true })
    }

    /// A histogram: `heights[i]` from `edges[i]` to `edges[i + 1]`.
    pub fn steps(name: &str, edges: Vec<f64>, heights: Vec<f64>) -> Self {
        Self::new(name, Shape::Steps { edges, heights })
    }

    fn new(name: &str, shape: Shape) -> Self {
        let name = name.to_owned();
        Self {
            name,
            shape,
            is_estimate: false,
        }
    }

    /// Shows that nobody measured these values: hollow markers, broken lines.
    #[must_use]
    pub fn estimated(mut self) -> Self {
        self.is_estimate = true;
        self
    }

    fn is_empty(&self) -> bool {
        match &self.shape {
            Shape::Points { points, .. } => points.is_empty(),
            Shape::Steps { heights, .. } => heights.is_empty(),
        }
    }
}

impl Point {
    /// A value.
    pub fn new(x: f64, y: f64) -> Self {
        Self {
            x,
            y,
            x_range: None,
            y_range: None,
            label: None,
        }
    }

    /// With the range that its `x` may as well have had.
    #[must_use]
    pub fn x_between(mut self, low: f64, high: f64) -> Self {
        self.x_range = Some((low, high));
        self
    }

    /// With the range that its `y` may as well have had.
    #[must_use]
    pub fn y_between(mut self, low: f64, high: f64) -> Self {
        self.y_range = Some((low, high));
        self
    }

    /// With a word beside it, where there is room.
    #[must_use]
    pub fn labelled(mut self, label: &str) -> Self {
        self.label = Some(label.to_owned());
        self
    }
}

#[cfg(test)]
mod tests;
