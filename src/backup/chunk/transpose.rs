//! Bytes of elements into planes and back, each in one pass over all planes, which compilers make vector instructions of.
//!
//! Pure. Bytes behind the last whole element are none of its business: callers hand over whole elements.

/// Puts the bytes of elements of this width, 2 or 4, into planes.
pub(super) fn to_planes(bytes: &[u8], width: usize, planes: &mut Vec<u8>) {
    planes.resize(bytes.len(), 0);
    let length = bytes.len() / width;
    let (first, rest) = planes.split_at_mut(length);
    if width == 2 {
        let (elements, _) = bytes.as_chunks::<2>();
        for ((element, a), b) in elements.iter().zip(first).zip(rest) {
            [*a, *b] = *element;
        }
        return;
    }
    let (second, rest) = rest.split_at_mut(length);
    let (third, fourth) = rest.split_at_mut(length);
    let (elements, _) = bytes.as_chunks::<4>();
    let places = first.iter_mut().zip(second).zip(third.iter_mut().zip(fourth));
    for (element, ((a, b), (c, d))) in elements.iter().zip(places) {
        [*a, *b, *c, *d] = *element;
    }
}

/// The elements that planes were made from.
pub(super) fn from_planes(planes: &[u8], width: usize) -> Vec<u8> {
    let mut bytes = vec![0; planes.len()];
    let length = planes.len() / width;
    let (first, rest) = planes.split_at(length);
    if width == 2 {
        let (elements, _) = bytes.as_chunks_mut::<2>();
        for ((element, a), b) in elements.iter_mut().zip(first).zip(rest) {
            *element = [*a, *b];
        }
        return bytes;
    }
    let (second, rest) = rest.split_at(length);
    let (third, fourth) = rest.split_at(length);
    let (elements, _) = bytes.as_chunks_mut::<4>();
    let places = first.iter().zip(second).zip(third.iter().zip(fourth));
    for (element, ((a, b), (c, d))) in elements.iter_mut().zip(places) {
        *element = [*a, *b, *c, *d];
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_first_bytes_of_all_elements_come_first() {
        let mut planes = vec![9; 3];
        to_planes(&[1, 2, 3, 4, 5, 6, 7, 8], 4, &mut planes);
        assert_eq!(planes, [1, 5, 2, 6, 3, 7, 4, 8]);
        to_planes(&[1, 2, 3, 4], 2, &mut planes);
        assert_eq!(planes, [1, 3, 2, 4]);
        to_planes(&[], 4, &mut planes);
        assert!(planes.is_empty());
    }

    proptest! {
        #[test]
        fn elements_come_back(quads: Vec<[u8; 4]>) {
            let bytes = quads.concat();
            let mut planes = Vec::new();
            for width in [2, 4] {
                to_planes(&bytes, width, &mut planes);
                prop_assert_eq!(from_planes(&planes, width), &bytes[..]);
            }
        }
    }
}
