//! Vectors as text: `[1,2,3]`, as pgvector reads and writes them and as JSON writes arrays of numbers.

use std::fmt::Write as _;

use super::array;

/// Why a text is not a vector. Elements are counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LiteralError {
    /// The brackets are missing.
    #[error("a vector is written `[1,2,3]`, not `{0}`")]
    NotBracketed(String),
    /// A vector has at least one dimension.
    #[error("the vector is empty")]
    Empty,
    /// Something else stands where a number belongs.
    #[error("element {element} is `{found}`, not a number")]
    NotANumber {
        /// Which one.
        element: usize,
        /// What stands there, shortened.
        found: String,
    },
    /// The number does not fit.
    #[error("element {element}, `{found}`, is beyond what a 32-bit float holds")]
    OutOfRange {
        /// Which one.
        element: usize,
        /// What stands there, shortened.
        found: String,
    },
}

/// Reads a vector.
pub fn parse(text: &str) -> Result<Vec<f32>, LiteralError> {
    let mut elements = Vec::new();
    parse_into(text, &mut elements)?;
    Ok(elements)
}

/// Reads a vector into a buffer, whose earlier content goes away.
pub fn parse_into(text: &str, elements: &mut Vec<f32>) -> Result<(), LiteralError> {
    let is_plain = array::read(text.trim_ascii().as_bytes(), elements).is_some_and(<[u8]>::is_empty);
    if is_plain {
        return Ok(());
    }
    parse_each(text, elements)
}

/// The same, number after number, with what is wrong.
pub(super) fn parse_each(text: &str, elements: &mut Vec<f32>) -> Result<(), LiteralError> {
    elements.clear();
    let inside = text
        .trim_ascii()
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .ok_or_else(|| LiteralError::NotBracketed(shortened(text)))?;
    if inside.trim_ascii().is_empty() {
        return Err(LiteralError::Empty);
    }
    for part in inside.split(',') {
        elements.push(element(part.trim_ascii(), elements.len() + 1)?);
    }
    Ok(())
}

fn element(text: &str, place: usize) -> Result<f32, LiteralError> {
    let not_a_number = || LiteralError::NotANumber {
        element: place,
        found: shortened(text),
    };
    // Rust reads `inf` and `nan`, too, which no vector holds: a number has a digit.
    let value: f32 = text.parse().map_err(|_| not_a_number())?;
    if value.is_finite() {
        Ok(value)
    } else if text.contains(|c: char| c.is_ascii_digit()) {
        Err(LiteralError::OutOfRange {
            element: place,
            found: shortened(text),
        })
    } else {
        Err(not_a_number())
    }
}

/// Writes a vector so that reading it gives the same floats.
pub fn format(elements: &[f32]) -> String {
    let mut text = String::with_capacity(elements.len() * 12 + 2);
    text.push('[');
    for (place, element) in elements.iter().enumerate() {
        if place > 0 {
            text.push(',');
        }
        // Writing into a String cannot fail. The exponent form keeps extreme values short.
        let magnitude = element.abs();
        let plain = magnitude == 0.0 || (1e-5..1e16).contains(&magnitude);
        let written = if plain {
            write!(text, "{element}")
        } else {
            write!(text, "{element:e}")
        };
        written.unwrap_or_default();
    }
    text.push(']');
    text
}

/// The start of a text, for a message.
fn shortened(text: &str) -> String {
    const MOST: usize = 40;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_mistake_is_named_with_its_place() {
        let error = |text: &str| parse(text).unwrap_err().to_string();
        assert_eq!(parse(" [1, -2.5e1 ,3] ").unwrap(), [1.0, -25.0, 3.0]);
        assert_eq!(error("1,2"), "a vector is written `[1,2,3]`, not `1,2`");
        assert_eq!(error("["), "a vector is written `[1,2,3]`, not `[`");
        assert_eq!(error("[ ]"), "the vector is empty");
        assert_eq!(error("[1,,2]"), "element 2 is ``, not a number");
        assert_eq!(error("[1,2,null]"), "element 3 is `null`, not a number");
        assert_eq!(error("[NaN]"), "element 1 is `NaN`, not a number");
        assert_eq!(error("[1,-infinity]"), "element 2 is `-infinity`, not a number");
        assert_eq!(
            error("[1,1e39]"),
            "element 2, `1e39`, is beyond what a 32-bit float holds"
        );
        assert_eq!(error("[[1]]"), "element 1 is `[1]`, not a number");
        assert!(error(&format!("[{}]", "x".repeat(99))).contains('…'));
    }

    #[test]
    fn decimals_go_straight_to_32_bits() {
        // Through 64 bits this would round twice, to the float below.
        let text = "[1.00000017881393432617187499]";
        assert_eq!(parse(text).unwrap(), [1.000_000_1_f32]);
        assert_eq!(
            parse("[1.00000017881393432617187501]").unwrap(),
            [1.000_000_2_f32]
        );
    }

    proptest! {
        #[test]
        fn writing_and_reading_are_inverse(
            elements in prop::collection::vec(any::<f32>().prop_filter("finite", |x| x.is_finite()), 1..50),
        ) {
            let read = parse(&format(&elements)).unwrap();
            let bits = |v: &[f32]| v.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            prop_assert_eq!(bits(&read), bits(&elements));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}") {
            if let Ok(elements) = parse(&text) {
                prop_assert!(elements.iter().all(|element| element.is_finite()));
            }
        }
    }
}
