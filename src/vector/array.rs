//! JSON arrays of numbers, read straight into 32-bit floats: the quick way for text that is as it should be.
//!
//! Whatever is not such an array is nobody's error here: the caller reads it the slow way ([`super::literal`]), which
//! knows what to say. Both give the same floats: the value is computed in 64 bits, and where the rounding to 32 could
//! depend on what was lost on the way, the number is read the slow way, too.

/// Powers of ten that 64 bits hold exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];

/// Powers of ten by which digits are moved to the left.
const SHIFTS: [u64; 17] = [
    1,
    10,
    100,
    1_000,
    10_000,
    100_000,
    1_000_000,
    10_000_000,
    100_000_000,
    1_000_000_000,
    10_000_000_000,
    100_000_000_000,
    1_000_000_000_000,
    10_000_000_000_000,
    100_000_000_000_000,
    1_000_000_000_000_000,
    10_000_000_000_000_000,
];

/// What is lost of 64 bits at the middle between two 32-bit floats.
const MIDDLE: u64 = 1 << 28;

/// So many digits always fit into 64 bits.
const MOST_DIGITS: usize = 19;

/// Reads the array that the text starts with into a buffer, whose earlier content goes away; returns what follows it.
/// `None` where it is no array of numbers that 32 bits hold, or an empty one.
pub fn read<'t>(text: &'t [u8], elements: &mut Vec<f32>) -> Option<&'t [u8]> {
    elements.clear();
    let mut rest = text.strip_prefix(b"[")?;
    loop {
        let (value, after) = number(skip_spaces(rest))?;
        elements.push(value);
        match skip_spaces(after).split_first()? {
            (b',', after) => rest = after,
            (b']', after) => return Some(after),
            _ => return None,
        }
    }
}

/// What follows the whitespace of JSON.
pub fn skip_spaces(text: &[u8]) -> &[u8] {
    let mut rest = text;
    while let Some((b' ' | b'\n' | b'\r' | b'\t', after)) = rest.split_first() {
        rest = after;
    }
    rest
}

/// Reads the number that the text starts with.
fn number(text: &[u8]) -> Option<(f32, &[u8])> {
    // Signs come as they like, so that a processor guesses each second one wrong: no branch on them.
    let is_negative = text.first()? == &b'-';
    let unsigned = text.get(usize::from(is_negative)..)?;
    let mut mantissa = 0;
    let mut rest = match unsigned {
        [digit @ b'0'..=b'9', after @ ..] if after.first() == Some(&b'.') => {
            mantissa = u64::from(digit - b'0');
            after
        }
        _ => digits(unsigned, &mut mantissa),
    };
    let whole = unsigned.len() - rest.len();
    if whole == 0 || (whole > 1 && unsigned.first() == Some(&b'0')) {
        return None;
    }
    let mut fraction = 0;
    if let Some(after) = rest.strip_prefix(b".") {
        rest = digits(after, &mut mantissa);
        fraction = after.len() - rest.len();
        if fraction == 0 {
            return None;
        }
    }
    let mut exponent = 0;
    if let Some((b'e' | b'E', after)) = rest.split_first() {
        (exponent, rest) = signed_exponent(after)?;
    }
    let exponent = exponent - i32::try_from(fraction).ok()?;
    let quick = (whole + fraction <= MOST_DIGITS)
        .then(|| quick_value(mantissa, exponent))
        .flatten();
    let value = match quick {
        Some(value) => f32::from_bits(value.to_bits() | u32::from(is_negative) << 31),
        None => slow_value(text.get(..text.len() - rest.len())?)?,
    };
    Some((value, rest))
}

/// Adds the digits that the text starts with to the right of a number; returns what follows them. Of too many digits
/// the number is nonsense.
fn digits<'t>(text: &'t [u8], number: &mut u64) -> &'t [u8] {
    let mut rest = text;
    while let Some((sixteen, after)) = rest.split_first_chunk::<16>() {
        let (value, count) = leading_digits(u128::from_le_bytes(*sixteen));
        let shift = SHIFTS.get(count).copied().unwrap_or_default();
        *number = number.wrapping_mul(shift).wrapping_add(value);
        if count < 16 {
            return rest.get(count..).unwrap_or_default();
        }
        rest = after;
    }
    while let Some((digit @ b'0'..=b'9', after)) = rest.split_first() {
        *number = number.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
        rest = after;
    }
    rest
}

/// The number that the digits at the start of sixteen bytes are, the first byte being the lowest, and how many they are.
/// All at once, as in Lemire, "Number Parsing at a Gigabyte per Second", <https://arxiv.org/abs/2101.11408>.
fn leading_digits(sixteen: u128) -> (u64, usize) {
    const ONES: u128 = u128::from_ne_bytes([1; 16]);
    let values = sixteen ^ (ONES * 0x30);
    // The highest bit of each byte that is above 9; beyond the first one of them a carry may have set others.
    let others = (values.wrapping_add(ONES * 0x76) | values) & (ONES * 0x80);
    let count = others.trailing_zeros() / 8;
    // Zeros in front, so that the digits are the last of sixteen; without a digit all are zeros.
    let values = values.checked_shl(128 - 8 * count).unwrap_or_default();
    let [first, last] = [values, values >> 64].map(|half| eight_digits(half & u128::from(u64::MAX)));
    (
        first * 100_000_000 + last,
        usize::try_from(count).unwrap_or_default(),
    )
}

/// The number that eight digits are, each in a byte of its own, the first one in the lowest.
fn eight_digits(values: u128) -> u64 {
    let values = u64::try_from(values).unwrap_or_default();
    let pairs = (values.wrapping_mul(10)).wrapping_add(values >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs.wrapping_mul(100)).wrapping_add(pairs >> 16) & 0x0000_ffff_0000_ffff;
    (fours.wrapping_mul(10_000)).wrapping_add(fours >> 32) & 0xffff_ffff
}

fn signed_exponent(text: &[u8]) -> Option<(i32, &[u8])> {
    let (is_negative, unsigned) = match text.split_first()? {
        (b'-', rest) => (true, rest),
        (b'+', rest) => (false, rest),
        _ => (false, text),
    };
    let mut value = 0;
    let rest = digits(unsigned, &mut value);
    let length = unsigned.len() - rest.len();
    if !(1..=4).contains(&length) {
        return None;
    }
    let value = i32::try_from(value).ok()?;
    Some((if is_negative { -value } else { value }, rest))
}

/// `mantissa` times ten to the `exponent`, where the nearest 32-bit float is certain.
fn quick_value(mantissa: u64, exponent: i32) -> Option<f32> {
    if mantissa == 0 {
        return Some(0.0);
    }
    let power = *POWERS.get(usize::try_from(exponent.unsigned_abs()).ok()?)?;
    #[expect(clippy::cast_precision_loss, reason = "the error is part of the bound below")]
    let mantissa = mantissa as f64;
    let value = if exponent < 0 {
        mantissa / power
    } else {
        mantissa * power
    };
    if !(f64::from(f32::MIN_POSITIVE)..f64::from(f32::MAX)).contains(&value) {
        return None;
    }
    // Two roundings: no more than two units in the last place away from the truth. Only where the middle between two
    // 32-bit floats is that near could the truth lie on its other side.
    let beyond = value.to_bits() & (2 * MIDDLE - 1);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "rounded to the nearest, as is meant"
    )]
    (beyond.abs_diff(MIDDLE) > 8).then_some(value as f32)
}

/// The value of a number with its sign.
#[cold]
fn slow_value(text: &[u8]) -> Option<f32> {
    let value: f32 = std::str::from_utf8(text).ok()?.parse().ok()?;
    value.is_finite().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vector::literal;
    use proptest::prelude::*;

    fn all(text: &str) -> Option<(Vec<u32>, &str)> {
        let mut elements = vec![7.0];
        let rest = read(text.as_bytes(), &mut elements)?;
        let bits = elements.iter().map(|element| element.to_bits()).collect();
        Some((bits, std::str::from_utf8(rest).unwrap()))
    }

    fn bits(text: &str) -> Vec<u32> {
        let mut elements = Vec::new();
        literal::parse_each(text, &mut elements).unwrap();
        elements.iter().map(|element| element.to_bits()).collect()
    }

    #[test]
    fn arrays_of_numbers_are_read_and_what_follows_is_left() {
        let text = "[ 0,-0 ,1.5e3,\n-2.5E-7,12345678.12345678, 1e-5,3.4028235e38,1e-45]";
        assert_eq!(all(&format!("{text},\"a\"")), Some((bits(text), ",\"a\"")));
    }

    #[test]
    fn whatever_is_no_such_array_is_left_to_others() {
        for text in [
            "",
            "1",
            "[",
            "[]",
            "[ ]",
            "[1",
            "[1,",
            "[1,]",
            "[,1]",
            "[1 2]",
            "[01]",
            "[-]",
            "[.5]",
            "[1.]",
            "[+1]",
            "[1e]",
            "[1e+]",
            "[1e39]",
            "[NaN]",
            "[null]",
            "[\"1\"]",
            "[[1]]",
            "[1.2.3]",
            "[1e99999]",
            "[0x1]",
            "[-01]",
        ] {
            assert_eq!(all(text), None, "{text}");
        }
    }

    #[test]
    fn what_stands_near_the_middle_between_two_floats_is_rounded_exactly() {
        for text in [
            "[1.00000017881393432617187499]",
            "[1.00000017881393432617187501]",
            "[1.000000178813934]",
            "[1.000000178813935]",
            "[16777217]",
            "[16777217.0000001]",
            "[16777216.9999999]",
            "[9007199254740993]",
            "[0.50000002980232238]",
            "[0.50000002980232239]",
            "[1.1754943157898258e-38]",
            "[18446744073709551615]",
        ] {
            assert_eq!(all(text), Some((bits(text), "")), "{text}");
        }
    }

    proptest! {
        #[test]
        fn floats_of_either_width_come_out_as_the_slow_way_reads_them(
            singles in prop::collection::vec(any::<f32>().prop_filter("finite", |x| x.is_finite()), 1..30),
            doubles in prop::collection::vec(-1.0..1.0_f64, 1..30),
        ) {
            let doubles: Vec<String> = doubles.iter().map(|x| format!("{x:?}")).collect();
            for text in [literal::format(&singles), format!("{singles:?}"), format!("[{}]", doubles.join(", "))] {
                prop_assert_eq!(all(&text), Some((bits(&text), "")));
            }
        }

        #[test]
        fn decimals_come_out_as_the_slow_way_reads_them(
            numbers in prop::collection::vec("-?(0|[1-9][0-9]{0,8})(\\.[0-9]{1,14})?([eE][+-]?[0-2]?[0-9])?", 1..20),
        ) {
            let text = format!("[{}]", numbers.join(","));
            prop_assert_eq!(all(&text), Some((bits(&text), "")));
        }

        #[test]
        fn whatever_is_read_the_slow_way_reads_the_same(text in "[\\[\\]0-9,.eE+ -]{0,30}") {
            if let Some((read, "")) = all(&text) {
                prop_assert_eq!(read, bits(&text));
            }
        }
    }
}
