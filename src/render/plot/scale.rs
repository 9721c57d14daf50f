//! From values to places: which part of an axis is shown, and where its ticks stand.

use super::Axis;
use crate::render::units;

/// How many ticks an axis has, about.
const TICKS: f64 = 6.0;

/// How much room there is beside the outermost values.
const PADDING: f64 = 0.06;

/// How values are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Equal differences are equally far apart.
    Linear,
    /// Equal ratios are.
    Log,
    /// Shares of a whole, where equal ratios of what is missing are: 0.9 is as far from 0.99 as that is from 0.999.
    Share,
}

/// An axis that knows its ends, in values and on the page.
#[derive(Debug)]
pub(super) struct Span {
    scale: Scale,
    /// What is missing from a whole share where one is shown: half of the least that is missing elsewhere.
    nothing: f64,
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

/// A labelled place on an axis.
#[derive(Debug, PartialEq)]
pub(super) struct Tick {
    pub(super) at: f64,
    pub(super) label: String,
}

impl Scale {
    /// Whether a value has a place.
    pub(super) fn has(self, value: f64) -> bool {
        value.is_finite()
            && match self {
                Self::Linear => true,
                Self::Log => value > 0.0,
                Self::Share => value <= 1.0,
            }
    }

    fn project(self, value: f64, nothing: f64) -> f64 {
        match self {
            Self::Linear => value,
            Self::Log => value.max(f64::MIN_POSITIVE).log10(),
            Self::Share => -(1.0 - value).max(nothing).log10(),
        }
    }

    fn back(self, projected: f64) -> f64 {
        match self {
            Self::Linear => projected,
            Self::Log => 10_f64.powf(projected),
            Self::Share => 1.0 - 10_f64.powf(-projected),
        }
    }
}

impl Span {
    /// Shows all of the values between two places on the page.
    pub(super) fn over(axis: &Axis, values: impl Iterator<Item = f64>, from: f64, to: f64) -> Self {
        let scale = axis.scale;
        let shown: Vec<f64> = values
            .chain(axis.include.iter().copied())
            .filter(|value| scale.has(*value))
            .collect();
        let missing = shown
            .iter()
            .map(|value| 1.0 - value)
            .filter(|missing| *missing > 1e-9);
        let nothing = missing.fold(0.1, f64::min) / 2.0;
        let project = |value: f64| scale.project(value, nothing);
        let (low, high) = shown
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
                (low.min(project(*value)), high.max(project(*value)))
            });
        let (low, high) = if low > high { (0.0, 1.0) } else { (low, high) };
        let padding = match (high - low) * PADDING {
            // One value alone stands in the middle of something.
            none if none <= 0.0 => (low.abs() * 0.1).max(0.05),
            padding => padding,
        };
        let floor = axis.floor.filter(|floor| scale.has(*floor)).map(project);
        let ceiling = axis.ceiling.map(project);
        let low = floor.map_or(low - padding, |floor| (low - padding).max(floor));
        let high = ceiling.map_or(high + padding, |ceiling| (high + padding).min(ceiling));
        let high = if high > low { high } else { low + padding };
        Self {
            scale,
            nothing,
            low,
            high,
            from,
            to,
        }
    }

    /// Where a value stands on the page.
    pub(super) fn at(&self, value: f64) -> f64 {
        let share = (self.scale.project(value, self.nothing) - self.low) / (self.high - self.low);
        self.from + share.clamp(0.0, 1.0) * (self.to - self.from)
    }

    /// The places that are labelled.
    pub(super) fn ticks(&self) -> Vec<Tick> {
        let tick = |value: f64, step: f64| Tick {
            at: self.at(value),
            label: number(value, step),
        };
        // Each of them has as many digits as it needs for itself.
        let own: Vec<Tick> = match self.scale {
            Scale::Linear => Vec::new(),
            Scale::Log => powers(self.low, self.high)
                .into_iter()
                .map(|value| tick(value, value))
                .collect(),
            Scale::Share => {
                let missing = powers(-self.high, -self.low).into_iter().rev();
                let whole = (self.high > -self.nothing.log10() - 1e-9).then(|| tick(1.0, 1.0));
                let near = |missing: &f64| *missing > self.nothing * 1.2;
                missing
                    .filter(near)
                    .map(|missing| tick(1.0 - missing, missing))
                    .chain(whole)
                    .collect()
            }
        };
        if own.len() >= 3 {
            return own;
        }
        let values = evenly(self.scale.back(self.low), self.scale.back(self.high));
        let step = values
            .windows(2)
            .filter_map(|pair| Some(pair.last()? - pair.first()?))
            .fold(f64::INFINITY, f64::min);
        values.into_iter().map(|value| tick(value, step)).collect()
    }
}

/// Round values between two, about [`TICKS`] of them.
fn evenly(low: f64, high: f64) -> Vec<f64> {
    let rough = (high - low) / TICKS;
    if rough <= 0.0 || !rough.is_finite() {
        return Vec::new();
    }
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|step| *step >= rough)
        .unwrap_or(rough);
    let first = (low / step - 1e-9).ceil();
    (0..64_u32)
        .map(|number| (first + f64::from(number)) * step)
        .take_while(|value| *value <= high + step * 1e-9)
        .map(|value| if value.abs() < step * 1e-9 { 0.0 } else { value })
        .collect()
}

/// 1, 2 and 5 of every power of ten between two (given by their exponents), or the powers alone where there are many.
fn powers(low: f64, high: f64) -> Vec<f64> {
    let factors: &[f64] = if high - low <= 2.4 {
        &[1.0, 2.0, 5.0]
    } else {
        &[1.0]
    };
    let first = low.floor();
    (0..64_u32)
        .map(|number| first + f64::from(number))
        .take_while(|power| *power <= high)
        .flat_map(|power| factors.iter().map(move |factor| factor * 10_f64.powf(power)))
        .filter(|value| (low - 1e-9..=high + 1e-9).contains(&value.log10()))
        .collect()
}

/// A value with as many digits as a step needs.
pub(super) fn number(value: f64, step: f64) -> String {
    let digits = if step.is_finite() && step > 0.0 {
        (-step.log10() - 1e-9).ceil().clamp(0.0, 9.0)
    } else {
        2.0
    };
    let digits = (0..10_usize)
        .zip(0..10_u32)
        .find(|(_, digit)| f64::from(*digit) >= digits);
    let plain = format!("{value:.*}", digits.map_or(2, |(digits, _)| digits));
    match plain.parse::<u64>() {
        Ok(whole) if whole >= 10_000 => units::count(whole),
        _ => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis, values: &[f64]) -> Vec<String> {
        let span = Span::over(axis, values.iter().copied(), 0.0, 100.0);
        span.ticks().into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn ticks_are_round_and_have_the_digits_they_need() {
        let recall = Axis::linear("recall").at_most(1.0);
        assert_eq!(
            labels(&recall, &[0.91, 0.999]),
            ["0.92", "0.94", "0.96", "0.98", "1.00"]
        );
        assert_eq!(
            labels(&Axis::linear("rows").at_least(0.0), &[0.0, 50_000.0]),
            ["0", "10,000", "20,000", "30,000", "40,000", "50,000"]
        );
        assert_eq!(
            labels(&Axis::logarithmic("ms"), &[0.4, 30.0]),
            ["0.5", "1", "2", "5", "10", "20"]
        );
        assert_eq!(
            labels(&Axis::logarithmic("ms"), &[0.01, 9_000.0]),
            ["0.01", "0.1", "1", "10", "100", "1000", "10,000"]
        );
        assert_eq!(
            labels(&Axis::logarithmic("ms"), &[2.1, 2.9]),
            ["2.2", "2.4", "2.6", "2.8"]
        );
    }

    #[test]
    fn every_value_has_a_place_on_the_page_whatever_it_is() {
        for (axis, values) in [
            (Axis::linear(""), vec![]),
            (Axis::linear(""), vec![0.0]),
            (Axis::linear(""), vec![1.0, 1.0]),
            (Axis::linear("").at_most(1.0).at_least(0.0), vec![1.0]),
            (Axis::logarithmic(""), vec![0.0, -3.0, f64::NAN]),
            (Axis::logarithmic(""), vec![7.0]),
            (Axis::linear(""), vec![f64::INFINITY, 3.0]),
            (Axis::share(""), vec![]),
            (Axis::share(""), vec![1.0]),
            (Axis::share(""), vec![0.0, 1.0, 1.5]),
        ] {
            let span = Span::over(&axis, values.iter().copied(), 10.0, 90.0);
            assert!(
                values
                    .iter()
                    .all(|value| value.is_nan() || (10.0..=90.0).contains(&span.at(*value))),
                "{values:?}"
            );
            assert!(span.ticks().len() < 20, "{values:?}");
        }
    }
}
