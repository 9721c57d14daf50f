use half::f16;
use pgvector::{HalfVector, Vector};
use proptest::prelude::*;
use sqlx::Encode as _;
use sqlx::postgres::PgArgumentBuffer;

use super::*;

#[derive(Debug, Clone, PartialEq)]
struct Row {
    int2: i16,
    int4: i32,
    int8: Option<i64>,
    float4: f32,
    float8: f64,
    flag: bool,
    text: Option<String>,
    json: String,
    uuid: u128,
    time: i64,
    vector: Vec<f32>,
    half: Vec<f32>,
}

fn row() -> impl Strategy<Value = Row> {
    let element = || -1e4_f32..1e4;
    let numbers = (any::<i16>(), any::<i32>(), any::<Option<i64>>());
    let others = (
        -1e30_f32..1e30,
        -1e300..1e300,
        any::<bool>(),
        any::<u128>(),
        -1_i64 << 60..1 << 60,
    );
    let texts = (prop::option::of("\\PC{0,20}"), "\"\\w{0,9}\"");
    let vectors = (
        prop::collection::vec(element(), 1..40),
        prop::collection::vec(element(), 1..40),
    );
    (numbers, others, texts, vectors).prop_map(|(numbers, others, texts, vectors)| Row {
        int2: numbers.0,
        int4: numbers.1,
        int8: numbers.2,
        float4: others.0,
        float8: others.1,
        flag: others.2,
        uuid: others.3,
        time: others.4,
        text: texts.0,
        json: texts.1,
        vector: vectors.0,
        half: vectors.1.iter().map(|value| to_half(*value).to_f32()).collect(),
    })
}

fn write(encoder: &mut CopyEncoder, row: &Row) {
    encoder.begin_row();
    encoder.int2(row.int2);
    encoder.int4(row.int4);
    match row.int8 {
        Some(value) => encoder.int8(value),
        None => encoder.null(),
    }
    encoder.float4(row.float4);
    encoder.float8(row.float8);
    encoder.bool(row.flag);
    match &row.text {
        Some(text) => encoder.text(text).unwrap(),
        None => encoder.null(),
    }
    encoder.jsonb(&row.json).unwrap();
    encoder.uuid(uuid::Uuid::from_u128(row.uuid));
    encoder.timestamptz(row.time);
    encoder.vector(&row.vector).unwrap();
    let half: Vec<f16> = row.half.iter().map(|value| to_half(*value)).collect();
    encoder.halfvec(&half).unwrap();
}

fn read(row: RowView<'_>) -> Row {
    let fields: Vec<Option<&[u8]>> = row.fields().collect();
    let must = |index: usize| fields[index].unwrap();
    Row {
        int2: field::int2(must(0)).unwrap(),
        int4: field::int4(must(1)).unwrap(),
        int8: fields[2].map(|bytes| field::int8(bytes).unwrap()),
        float4: field::float4(must(3)).unwrap(),
        float8: field::float8(must(4)).unwrap(),
        flag: field::bool(must(5)).unwrap(),
        text: fields[6].map(|bytes| field::text(bytes).unwrap().to_owned()),
        json: field::jsonb(must(7)).unwrap().to_owned(),
        uuid: field::uuid(must(8)).unwrap().as_u128(),
        time: field::timestamptz(must(9)).unwrap(),
        vector: field::vector(must(10)).unwrap(),
        half: field::halfvec(must(11))
            .unwrap()
            .iter()
            .map(|half| half.to_f32())
            .collect(),
    }
}

fn stream(rows: &[Row]) -> Vec<u8> {
    let mut encoder = CopyEncoder::new(12).unwrap();
    for row in rows {
        write(&mut encoder, row);
    }
    [&HEADER[..], &encoder.take(0), &TRAILER].concat()
}

/// Everything the decoder makes of bytes pushed in pieces: the rows, and how it ended.
fn decode(bytes: &[u8], piece: usize) -> (Vec<Row>, Result<(), DecodeError>) {
    let mut decoder = CopyDecoder::new();
    let mut rows = Vec::new();
    for piece in bytes.chunks(piece) {
        decoder.push(piece);
        loop {
            match decoder.next_row() {
                Ok(Some(row)) => rows.push(read(row)),
                Ok(None) => break,
                Err(error) => return (rows, Err(error)),
            }
        }
    }
    (rows, decoder.finish())
}

proptest! {
    #[test]
    fn rows_come_back_equal_in_pieces_of_any_size(
        rows in prop::collection::vec(row(), 0..6),
        piece in 1_usize..300,
    ) {
        prop_assert_eq!(decode(&stream(&rows), piece), (rows, Ok(())));
    }

    #[test]
    fn a_cut_stream_is_never_taken_for_a_whole_one(
        rows in prop::collection::vec(row(), 1..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let whole = stream(&rows);
        let (read, ended) = decode(&whole[..cut.index(whole.len())], 64);
        prop_assert!(ended.is_err());
        prop_assert!(rows.starts_with(&read));
    }

    #[test]
    fn no_bytes_make_the_decoder_panic(
        start in prop::sample::select(vec![0, 11, 19]),
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        piece in 1_usize..50,
    ) {
        let mut decoder = CopyDecoder::new();
        for piece in [&HEADER[..start], &bytes].concat().chunks(piece) {
            decoder.push(piece);
            while let Ok(Some(row)) = decoder.next_row() {
                for bytes in row.fields().flatten() {
                    let read = (field::vector(bytes), field::halfvec(bytes), field::jsonb(bytes), field::int8(bytes));
                    prop_assert!(read.3.is_err() || bytes.len() == 8);
                }
            }
        }
    }

    #[test]
    fn vectors_are_written_as_the_pgvector_crate_writes_them(
        elements in prop::collection::vec(-7e4_f32..7e4, 1..60),
    ) {
        let half: Vec<f16> = elements.iter().map(|value| to_half(*value)).collect();
        let mut encoder = CopyEncoder::new(2).unwrap();
        encoder.begin_row();
        encoder.vector(&elements).unwrap();
        encoder.halfvec(&half).unwrap();

        let mut vector = PgArgumentBuffer::default();
        let mut halfvec = PgArgumentBuffer::default();
        assert!(!Vector::from(elements).encode_by_ref(&mut vector).unwrap().is_null());
        assert!(!HalfVector::from(half).encode_by_ref(&mut halfvec).unwrap().is_null());
        let prefixed = |bytes: &[u8]| [&u32::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat();
        let expected = [&[0, 2], &prefixed(&vector)[..], &prefixed(&halfvec)].concat();
        prop_assert_eq!(encoder.take(0), expected);
    }
}

#[test]
fn an_abandoned_row_leaves_no_byte() {
    let mut encoder = CopyEncoder::new(2).unwrap();
    encoder.begin_row();
    encoder.int8(1);
    encoder.null();
    let before = encoder.len();
    encoder.begin_row();
    encoder.text("half a row").unwrap();
    encoder.abandon_row();
    assert_eq!(encoder.len(), before);
    assert_eq!(
        encoder.vector(&vec![0.0; 16_001]),
        Err(EncodeError::TooManyDimensions(16_001))
    );
}

#[test]
fn foreign_streams_are_refused_for_what_they_are() {
    let end = |bytes: &[u8]| decode(bytes, 7).1.unwrap_err().to_string();
    assert_eq!(
        end(b"PK\x03\x04"),
        "the data is not binary COPY: its signature is missing"
    );
    let mut with_oids = HEADER;
    with_oids[12] = 1;
    assert!(end(&with_oids).contains("0x00010000"));
    assert!(end(&[&HEADER[..], &[0xff, 0xfe]].concat()).contains("row 1: the number of fields is -2"));
    assert_eq!(
        end(&[&HEADER[..], &TRAILER, &[0]].concat()),
        "the data goes on after its end"
    );
    assert_eq!(end(&HEADER), "the data ends in the middle, after 0 whole rows");
    let extended = [&HEADER[..15], &[0, 0, 0, 3, 9, 9, 9], &TRAILER].concat();
    assert_eq!(decode(&extended, 2), (Vec::new(), Ok(())));
}
