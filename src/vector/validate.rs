//! What a column refuses or an index would lose, found before a byte is sent.

use super::copy::to_half;
use super::{ElementType, Metric};

/// Why a vector does not belong into a column. Elements are counted from 1.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Invalid {
    /// Another length than the column's.
    #[error("has {found} dimensions, the column {expected}")]
    Dimensions {
        /// The column's.
        expected: u32,
        /// The vector's.
        found: usize,
    },
    /// More than the type holds.
    #[error("has {found} dimensions, more than the {most} of `{element}`")]
    TooManyDimensions {
        /// The type's bound.
        most: u32,
        /// The vector's.
        found: usize,
        /// The type.
        element: ElementType,
    },
    /// No dimension at all.
    #[error("is empty")]
    Empty,
    /// Not a number that a vector holds.
    #[error("holds {value} as element {element}; a vector holds finite numbers only")]
    NotFinite {
        /// Which element.
        element: usize,
        /// NaN or an infinity.
        value: f32,
    },
    /// Beyond 16 bits.
    #[error("holds {value} as element {element}, beyond the 65504 that `halfvec` holds")]
    BeyondHalf {
        /// Which element.
        element: usize,
        /// Its value.
        value: f32,
    },
    /// Without a direction, so that cosine distance is not defined.
    #[error("is a zero vector, which has no direction: cosine cannot compare it and its index leaves it out")]
    Zero,
}

/// Checks a vector against its column. `dimensions` is `None` where the column takes any.
pub fn validate(
    elements: &[f32],
    dimensions: Option<u32>,
    metric: Metric,
    element_type: ElementType,
) -> Result<(), Invalid> {
    length(elements.len(), dimensions, element_type)?;
    let find = |wrong: fn(f32) -> bool| {
        let found = elements.iter().enumerate().find(|(_, value)| wrong(**value));
        found.map(|(index, value)| (index + 1, *value))
    };
    // Nothing is searched for in vectors without it.
    let greatest = greatest_magnitude(elements);
    if !greatest.is_finite()
        && let Some((element, value)) = find(|value| !value.is_finite())
    {
        return Err(Invalid::NotFinite { element, value });
    }
    let half = element_type == ElementType::Halfvec;
    if half
        && to_half(greatest).is_infinite()
        && let Some((element, value)) = find(|value| to_half(value).is_infinite())
    {
        return Err(Invalid::BeyondHalf { element, value });
    }
    if metric == Metric::Cosine && has_no_direction(elements, half) {
        return Err(Invalid::Zero);
    }
    Ok(())
}

/// The greatest magnitude of all; NaN is greater than infinity. As bits, magnitudes have the order of whole numbers.
fn greatest_magnitude(elements: &[f32]) -> f32 {
    let bits = elements.iter().map(|value| value.abs().to_bits());
    f32::from_bits(bits.fold(0, u32::max))
}

fn length(found: usize, dimensions: Option<u32>, element: ElementType) -> Result<(), Invalid> {
    let is = |count: u32| usize::try_from(count).is_ok_and(|count| count == found);
    match dimensions {
        _ if found == 0 => Err(Invalid::Empty),
        Some(expected) if !is(expected) => Err(Invalid::Dimensions { expected, found }),
        _ if u32::try_from(found).is_ok_and(|found| found <= element.most_dimensions()) => Ok(()),
        _ => Err(Invalid::TooManyDimensions {
            most: element.most_dimensions(),
            found,
            element,
        }),
    }
}

/// Whether the squares add up to zero the way the server adds them, in 32 bits: then cosine distance is NaN.
fn has_no_direction(elements: &[f32], half: bool) -> bool {
    elements.iter().all(|&value| {
        let stored = if half { to_half(value).to_f32() } else { value };
        stored * stored == 0.0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_bad_vector_is_found() {
        let check = |elements: &[f32], metric, element| {
            validate(elements, Some(2), metric, element).map_err(|error| error.to_string())
        };
        let vector = |elements: &[f32]| check(elements, Metric::Cosine, ElementType::Vector);
        assert_eq!(vector(&[0.0, 1.0]), Ok(()));
        assert_eq!(vector(&[1.0]).unwrap_err(), "has 1 dimensions, the column 2");
        assert_eq!(vector(&[]).unwrap_err(), "is empty");
        assert!(
            vector(&[1.0, f32::NAN])
                .unwrap_err()
                .starts_with("holds NaN as element 2")
        );
        assert!(
            vector(&[f32::NEG_INFINITY, 0.0])
                .unwrap_err()
                .starts_with("holds -inf as element 1")
        );
        assert!(vector(&[0.0, -0.0]).unwrap_err().starts_with("is a zero vector"));
        assert_eq!(check(&[0.0, 0.0], Metric::L2, ElementType::Vector), Ok(()));
    }

    #[test]
    fn halfvec_is_checked_as_it_will_be_stored() {
        let halfvec = |elements: &[f32]| validate(elements, None, Metric::Cosine, ElementType::Halfvec);
        assert_eq!(halfvec(&[65_519.0]), Ok(()), "rounds down to 65504");
        let beyond = Invalid::BeyondHalf {
            element: 2,
            value: -65_520.0,
        };
        assert_eq!(halfvec(&[1.0, -65_520.0]), Err(beyond));
        assert_eq!(halfvec(&[1e-9, 0.0]), Err(Invalid::Zero), "rounds to zero");
        assert_eq!(halfvec(&vec![1.0; 16_000]), Ok(()));
        assert!(matches!(
            halfvec(&vec![1.0; 16_001]),
            Err(Invalid::TooManyDimensions { .. })
        ));
    }
}
