//! The head of a NumPy array file, of one fixed length, so that the number of rows can be set at the end.
//!
//! `numpy.lib.format`, version 1.0: magic, version, length of the description, the description padded with spaces.

/// The length of the head: a multiple of 64, with room for any shape.
pub(crate) const HEAD: usize = 128;

/// The head of a two-dimensional array in C order.
pub(crate) fn head(element: &str, rows: u64, dimensions: usize) -> [u8; HEAD] {
    let description =
        format!("{{'descr': '{element}', 'fortran_order': False, 'shape': ({rows}, {dimensions}), }}");
    let mut head = [b' '; HEAD];
    let start = b"\x93NUMPY\x01\x00\x76\x00";
    let parts = start.iter().chain(description.as_bytes());
    for (place, byte) in head.iter_mut().zip(parts) {
        *place = *byte;
    }
    if let Some(last) = head.last_mut() {
        *last = b'\n';
    }
    head
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_says_its_own_length_and_has_room() {
        let longest = head("<f4", u64::MAX, 16_000);
        let length = usize::from(u16::from_le_bytes([longest[8], longest[9]]));
        assert_eq!(length + 10, HEAD);
        assert!(longest.ends_with(b" \n"));
        let text = String::from_utf8_lossy(&longest[10..]).into_owned();
        assert!(
            text.contains("'shape': (18446744073709551615, 16000), }"),
            "{text}"
        );
    }
}
