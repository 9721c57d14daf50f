//! `numeric`: decimals of any length, in groups of four digits.
//!
//! Layout: `numeric_recv` of PostgreSQL: int16 count of groups, int16 weight of the first one, int16 sign, int16 digits
//! behind the point, then the groups.

/// The most digits in front of the point.
const MOST_BEFORE: i64 = 131_072;

/// The most digits behind the point.
const MOST_BEHIND: i64 = 16_383;

/// A decimal, or one of the words for what is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numeric {
    groups: Vec<i16>,
    weight: i16,
    sign: u16,
    scale: u16,
}

const POSITIVE: u16 = 0x0000;
const NEGATIVE: u16 = 0x4000;
const NAN: u16 = 0xc000;
const INFINITY: u16 = 0xd000;
const MINUS_INFINITY: u16 = 0xf000;

impl Numeric {
    /// Reads `-12.50`, `1.5e-7`, `NaN` or `Infinity`; none where it is something else, or longer than `numeric` holds.
    pub fn parse(text: &str) -> Option<Self> {
        let (unsigned, negative) = match text.strip_prefix('-') {
            Some(rest) => (rest, true),
            None => (text.strip_prefix('+').unwrap_or(text), false),
        };
        let word = |sign| Self {
            groups: Vec::new(),
            weight: 0,
            sign,
            scale: 0,
        };
        match unsigned.to_ascii_lowercase().as_str() {
            "nan" => return (unsigned == text).then(|| word(NAN)),
            "infinity" | "inf" => return Some(word(if negative { MINUS_INFINITY } else { INFINITY })),
            _ => {}
        }
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (unsigned, 0),
        };
        let (before, behind) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits: Vec<u8> = before.bytes().chain(behind.bytes()).collect();
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let scale = (i64::try_from(behind.len()).ok()? - i64::from(exponent)).max(0);
        let point = i64::try_from(before.len()).ok()? + i64::from(exponent);
        Self::of_digits(&digits, point, negative, scale)
    }

    /// `point` is how many of the digits stand in front of the point; it may lie outside of them.
    fn of_digits(digits: &[u8], point: i64, negative: bool, scale: i64) -> Option<Self> {
        let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
        let digits = digits.get(zeros..)?;
        let end = digits
            .iter()
            .rposition(|digit| *digit != b'0')
            .map_or(0, |at| at + 1);
        let digits = digits.get(..end)?;
        let point = point - i64::try_from(zeros).ok()?;
        if scale > MOST_BEHIND || (point > MOST_BEFORE && !digits.is_empty()) {
            return None;
        }
        let scale = u16::try_from(scale).ok()?;
        if digits.is_empty() {
            return Some(Self {
                groups: Vec::new(),
                weight: 0,
                sign: POSITIVE,
                scale,
            });
        }
        let weight = (point - 1).div_euclid(4);
        let ahead = usize::try_from((weight + 1) * 4 - point).ok()?;
        let padded: Vec<u8> = std::iter::repeat_n(b'0', ahead)
            .chain(digits.iter().copied())
            .collect();
        let value = |group: &[u8]| {
            let places = (0..4).map(|at| group.get(at).map_or(0, |digit| i16::from(digit - b'0')));
            places.fold(0_i16, |value, digit| value * 10 + digit)
        };
        Some(Self {
            groups: padded.chunks(4).map(value).collect(),
            weight: i16::try_from(weight).ok()?,
            sign: if negative { NEGATIVE } else { POSITIVE },
            scale,
        })
    }

    /// Appends its binary form.
    pub(super) fn append(&self, buffer: &mut Vec<u8>) {
        // Never more than 131,072 + 16,383 digits.
        let count = u16::try_from(self.groups.len()).unwrap_or_default();
        buffer.extend_from_slice(&count.to_be_bytes());
        buffer.extend_from_slice(&self.weight.to_be_bytes());
        buffer.extend_from_slice(&self.sign.to_be_bytes());
        buffer.extend_from_slice(&self.scale.to_be_bytes());
        for group in &self.groups {
            buffer.extend_from_slice(&group.to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Option<(Vec<i16>, i16, u16, u16)> {
        let numeric = Numeric::parse(text)?;
        Some((numeric.groups, numeric.weight, numeric.sign, numeric.scale))
    }

    #[test]
    fn digits_stand_in_groups_of_four_around_the_point() {
        assert_eq!(parts("12345.678"), Some((vec![1, 2345, 6780], 1, POSITIVE, 3)));
        assert_eq!(parts("-0.00012"), Some((vec![1, 2000], -1, NEGATIVE, 5)));
        assert_eq!(parts("0.00001"), Some((vec![1000], -2, POSITIVE, 5)));
        assert_eq!(parts("10000"), Some((vec![1], 1, POSITIVE, 0)));
        assert_eq!(parts("1.5e3"), Some((vec![1500], 0, POSITIVE, 0)));
        assert_eq!(parts("15e-1"), Some((vec![1, 5000], 0, POSITIVE, 1)));
        assert_eq!(parts("-000.000"), Some((vec![], 0, POSITIVE, 3)));
        assert_eq!(parts(".5").map(|found| found.0), Some(vec![5000]));
        assert_eq!(parts("-Infinity").map(|found| found.2), Some(MINUS_INFINITY));
        assert_eq!(parts("NaN").map(|found| found.2), Some(NAN));
        let bad = [
            "",
            ".",
            "-",
            "1,5",
            "1e",
            "--1",
            "-NaN",
            "1e131072",
            "1e-16384",
            "0x10",
            "1e9999999999",
        ];
        assert!(bad.iter().all(|text| parts(text).is_none()));
        assert!(parts("1e131071").is_some() && parts("1e-16383").is_some());
    }
}
