//! Strings of bits: `0101` as text, packed into bytes from the highest bit of each on the wire.

/// Some bits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bits {
    /// How many there are.
    pub length: u32,
    /// Eight to a byte, the first one highest; what is left of the last byte is zero.
    pub bytes: Vec<u8>,
}

impl Bits {
    /// Reads `0101`; none where anything else stands there.
    pub fn parse(text: &str) -> Option<Self> {
        Self::of(text.bytes().map(|digit| match digit {
            b'0' => Some(false),
            b'1' => Some(true),
            _ => None,
        }))
    }

    /// Packs bits; none where one of them is none.
    pub fn of(bits: impl Iterator<Item = Option<bool>>) -> Option<Self> {
        let mut packed = Self::default();
        for bit in bits {
            let place = packed.length % 8;
            if place == 0 {
                packed.bytes.push(0);
            }
            if bit? && let Some(last) = packed.bytes.last_mut() {
                *last |= 0x80 >> place;
            }
            packed.length = packed.length.checked_add(1)?;
        }
        Some(packed)
    }

    /// Writes it as [`Self::parse`] reads it.
    pub fn format(&self) -> String {
        let length = usize::try_from(self.length).unwrap_or(usize::MAX);
        let bits = self
            .bytes
            .iter()
            .flat_map(|byte| (0..8).map(move |place| byte & (0x80 >> place) != 0));
        bits.take(length).map(|bit| if bit { '1' } else { '0' }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_first_bit_is_the_highest() {
        let bits = Bits::parse("100000001").unwrap();
        assert_eq!((bits.length, bits.bytes), (9, vec![0x80, 0x80]));
        assert_eq!(Bits::parse("012"), None);
    }

    proptest! {
        #[test]
        fn writing_and_reading_are_inverse(text in "[01]{0,40}") {
            prop_assert_eq!(Bits::parse(&text).unwrap().format(), text);
        }
    }
}
