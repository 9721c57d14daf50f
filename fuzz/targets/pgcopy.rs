//! The decoder of binary COPY, with the bytes pushed in pieces of any size and every field read as every type.

#![no_main]

use vecops::vector::copy::{CopyDecoder, HEADER, field};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((size, bytes)) = bytes.split_first() else { return };
    for whole in [bytes.to_vec(), [&HEADER, bytes].concat()] {
        let one = rows(whole.chunks(usize::from(*size).max(1)));
        let other = rows(std::iter::once(whole.as_slice()));
        assert_eq!(one, other, "the pieces make a difference");
    }
});

/// The rows up to the end or the first error, and whether there was one.
fn rows<'b>(pieces: impl Iterator<Item = &'b [u8]>) -> (Vec<Vec<Option<Vec<u8>>>>, bool) {
    let mut decoder = CopyDecoder::new();
    let mut rows = Vec::new();
    for piece in pieces {
        decoder.push(piece);
        loop {
            match decoder.next_row() {
                Ok(Some(row)) => {
                    row.fields().flatten().for_each(read);
                    rows.push(row.fields().map(|field| field.map(<[u8]>::to_vec)).collect());
                }
                Ok(None) => break,
                Err(_) => return (rows, true),
            }
        }
    }
    let failed = decoder.finish().is_err();
    (rows, failed)
}

fn read(bytes: &[u8]) {
    let _ = (field::int2(bytes), field::int4(bytes), field::int8(bytes));
    let _ = (field::float4(bytes), field::float8(bytes), field::bool(bytes));
    let _ = (field::uuid(bytes), field::timestamptz(bytes));
    let _ = (field::text(bytes), field::jsonb(bytes));
    let _ = (field::vector(bytes), field::halfvec(bytes));
}
