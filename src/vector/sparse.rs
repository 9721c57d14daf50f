//! Sparse vectors: `{1:0.5,3:2}/5` as pgvector writes them, places counted from 1 in text and from 0 in bytes.
//!
//! Rules: `sparsevec_in` and `sparsevec_recv` of pgvector: places ascend, no value is zero, 16,000 values at most.

/// The most values that are not zero.
pub(super) const MOST_VALUES: usize = 16_000;

/// A sparse vector.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sparse {
    /// How many dimensions it has, zeros included.
    pub dimensions: u32,
    /// The places of its values, from 0, ascending.
    pub places: Vec<u32>,
    /// The values that are not zero.
    pub values: Vec<f32>,
}

impl Sparse {
    /// One of values at places, in any order; zeros are left out. The error follows what it is about: "has ...".
    pub fn new(dimensions: u32, places: &[u32], values: &[f32]) -> Result<Self, String> {
        if places.len() != values.len() {
            return Err(format!("has {} places and {} values", places.len(), values.len()));
        }
        let mut pairs: Vec<(u32, f32)> = places.iter().copied().zip(values.iter().copied()).collect();
        pairs.sort_by_key(|(place, _)| *place);
        if let Some(twice) = pairs.windows(2).find_map(|pair| match pair {
            [(one, _), (other, _)] if one == other => Some(*one),
            _ => None,
        }) {
            return Err(format!(
                "has two values for the dimension {}",
                u64::from(twice) + 1
            ));
        }
        if let Some((last, _)) = pairs.last().filter(|(place, _)| *place >= dimensions) {
            let beyond = u64::from(*last) + 1;
            return Err(format!(
                "has a value for the dimension {beyond}, beyond its {dimensions}"
            ));
        }
        pairs.retain(|(_, value)| *value != 0.0);
        let (places, values) = pairs.into_iter().unzip();
        Ok(Self {
            dimensions,
            places,
            values,
        })
    }

    /// The values of a vector that are not zero.
    pub fn of_dense(elements: &[f32]) -> Result<Self, String> {
        let dimensions = u32::try_from(elements.len()).map_err(|_| "has too many dimensions".to_owned())?;
        let kept = (0_u32..).zip(elements).filter(|(_, value)| **value != 0.0);
        let (places, values) = kept.map(|(place, value)| (place, *value)).unzip();
        Ok(Self {
            dimensions,
            places,
            values,
        })
    }

    /// Reads `{1:0.5,3:2}/5`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let form = || "is no sparse vector such as {1:0.5,3:2}/5".to_owned();
        let (inside, dimensions) = text
            .trim()
            .strip_prefix('{')
            .and_then(|rest| rest.split_once('}'))
            .ok_or_else(form)?;
        let dimensions = dimensions.trim().strip_prefix('/').ok_or_else(form)?;
        let dimensions = dimensions.trim().parse().map_err(|_| form())?;
        let (mut places, mut values) = (Vec::new(), Vec::new());
        for pair in inside.split(',').filter(|_| !inside.trim().is_empty()) {
            let (place, value) = pair.split_once(':').ok_or_else(form)?;
            let place: u32 = place.trim().parse().map_err(|_| form())?;
            let place = place
                .checked_sub(1)
                .ok_or("has the dimension 0; the first one is 1")?;
            places.push(place);
            values.push(value.trim().parse().map_err(|_| form())?);
        }
        Self::new(dimensions, &places, &values)
    }

    /// Writes it as [`Self::parse`] reads it.
    pub fn format(&self) -> String {
        let pairs: Vec<String> = self
            .places
            .iter()
            .zip(&self.values)
            .map(|(place, value)| format!("{}:{value:e}", u64::from(*place) + 1))
            .collect();
        format!("{{{}}}/{}", pairs.join(","), self.dimensions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sparse_vectors_are_read_and_mistakes_named() {
        let read = Sparse::parse(" { 3:2, 1 : 0.5,2:0 } / 5 ").unwrap();
        assert_eq!(
            (read.dimensions, read.places, read.values),
            (5, vec![0, 2], vec![0.5, 2.0])
        );
        assert!(Sparse::parse("{}/3").unwrap().values.is_empty());
        let error = |text: &str| Sparse::parse(text).unwrap_err();
        assert_eq!(error("{1:1,1:2}/3"), "has two values for the dimension 1");
        assert_eq!(error("{4:1}/3"), "has a value for the dimension 4, beyond its 3");
        assert_eq!(error("{0:1}/3"), "has the dimension 0; the first one is 1");
        for text in [
            "", "{", "{1:1}", "{1}/2", "{1:x}/2", "[1,2]", "{1:1}/x", "{1:1,}/2",
        ] {
            assert!(Sparse::parse(text).is_err(), "{text}");
        }
        assert_eq!(Sparse::of_dense(&[0.0, 2.0]).unwrap().format(), "{2:2e0}/2");
    }

    proptest! {
        #[test]
        fn writing_and_reading_are_inverse(
            elements in prop::collection::vec(prop_oneof![Just(0.0), any::<f32>().prop_filter("finite", |x| x.is_finite())], 1..30),
        ) {
            let sparse = Sparse::of_dense(&elements).unwrap();
            prop_assert_eq!(Sparse::parse(&sparse.format()).unwrap(), sparse);
        }
    }
}
