use proptest::prelude::*;

use super::*;
use crate::seed::destination::Field;
use crate::sql::{Ident, QualifiedName};
use crate::vector::copy::{CopyDecoder, HEADER, TRAILER, field};
use crate::vector::{ElementType, Metric};

fn column(name: &'static str, kind: FieldKind, type_text: &str, nullable: bool, absent: Absent) -> Field {
    Field {
        column: Ident::constant(name),
        key: name.to_owned(),
        kind,
        type_text: type_text.to_owned(),
        nullable,
        absent,
        is_mapped: false,
    }
}

/// A collection with a few columns more.
fn destination(element: ElementType) -> Destination {
    let mut fields = vec![
        column("id", FieldKind::Int8, "bigint", false, Absent::Default),
        column("body", FieldKind::Text, "text", false, Absent::Refused),
        column("metadata", FieldKind::Object, "jsonb", false, Absent::EmptyObject),
        column(
            "embedding",
            FieldKind::Vector(element, Some(3)),
            "vector(3)",
            true,
            Absent::Refused,
        ),
        column("rating", FieldKind::Float4, "real", true, Absent::Null),
        column(
            "seen",
            FieldKind::Timestamptz,
            "timestamp with time zone",
            true,
            Absent::Null,
        ),
        column("owner_id", FieldKind::Uuid, "uuid", true, Absent::Null),
        column("public", FieldKind::Bool, "boolean", true, Absent::Null),
    ];
    fields[1].key = "content".to_owned();
    Destination {
        table: QualifiedName::new(Ident::constant("public"), Ident::constant("items")),
        fields,
        id: Some(0),
        embedding: Some(3),
        id_type: "bigint".to_owned(),
        owner: None,
        sequence: None,
        metric: Metric::Cosine,
        vector_indexes: Vec::new(),
        estimated_rows: -1.0,
        may_analyze: true,
        texts: None,
    }
}

/// What becomes of some lines: the bytes of each row, or why not.
fn read_into(destination: &Destination, lines: &[&str]) -> Vec<Result<Vec<Option<Vec<u8>>>, String>> {
    let mut reader = RowReader::with_layout(destination, None);
    let numbered = (1_u64..).zip(lines);
    let read = numbered.map(|(number, line)| {
        let why = |rejection: Rejection| rejection.why;
        let parsed = Keys::new(destination).parse(line.as_bytes()).map_err(why)?;
        reader.learn_layout(number, &parsed).map_err(why)?;
        let mut encoder = CopyEncoder::new(reader.layout().unwrap().fields.len()).unwrap();
        let written = reader.write(&parsed, &mut encoder).map_err(why);
        assert!(
            written.is_ok() || encoder.is_empty(),
            "a rejected row leaves no byte"
        );
        written?;
        let mut decoder = CopyDecoder::new();
        decoder.push(&[&HEADER[..], &encoder.take(0), &TRAILER].concat());
        let row = decoder.next_row().unwrap().unwrap();
        Ok(row.fields().map(|field| field.map(<[u8]>::to_vec)).collect())
    });
    read.collect()
}

fn read(lines: &[&str]) -> Vec<Result<Vec<Option<Vec<u8>>>, String>> {
    read_into(&destination(ElementType::Vector), lines)
}

/// Why a line is rejected that follows a good one with an id.
fn rejection(line: &str) -> String {
    let good = r#"{"id": 1, "content": "c", "embedding": [1, 2, 3]}"#;
    read(&[good, line]).pop().unwrap().unwrap_err()
}

#[test]
fn a_line_becomes_a_row() {
    let line = r#"{"embedding":[1, -2.5e0 ,3],"content":"caf\u00e9 \"☕\"","metadata": {"a": [1, {"b": null}]},
        "rating": 1.5, "seen": "2026-01-31T12:00:00+01:00", "owner_id": "6F1C0AB2-6d0f-4a43-9d0c-0f1f7a1b2c3d"}"#;
    let row = read(&[line]).pop().unwrap().unwrap();
    let bytes = |place: usize| row[place].as_deref().unwrap();
    assert_eq!(row.len(), 7, "without the id, which the table makes");
    assert_eq!(field::text(bytes(0)).unwrap(), "café \"☕\"");
    assert_eq!(field::jsonb(bytes(1)).unwrap(), r#"{"a": [1, {"b": null}]}"#);
    assert_eq!(field::vector(bytes(2)).unwrap(), [1.0, -2.5, 3.0]);
    assert_eq!(field::float4(bytes(3)), Ok(1.5));
    assert_eq!(field::timestamptz(bytes(4)).unwrap(), 1_769_857_200_000_000);
    assert_eq!(
        field::uuid(bytes(5)).unwrap().to_string(),
        "6f1c0ab2-6d0f-4a43-9d0c-0f1f7a1b2c3d"
    );
    assert_eq!(row[6], None);
}

#[test]
fn columns_go_by_their_own_names_too_and_vectors_may_be_text() {
    let rows = read(&[
        r#"{"body": "c", "embedding": "[1,2,3]"}"#,
        r#"{"content": "c", "embedding": null, "metadata": {}}"#,
    ]);
    let vector = rows[0].as_ref().unwrap()[2].as_deref();
    assert_eq!(field::vector(vector.unwrap()).unwrap(), [1.0, 2.0, 3.0]);
    assert_eq!(
        field::jsonb(rows[0].as_ref().unwrap()[1].as_deref().unwrap()).unwrap(),
        "{}"
    );
    assert_eq!(rows[1].as_ref().unwrap()[2], None);
}

#[test]
fn halfvec_rounds_to_the_nearest_even() {
    let line = r#"{"content": "c", "embedding": [1.00048828125, 1.00146484375, 65519]}"#;
    let row = read_into(&destination(ElementType::Halfvec), &[line])
        .pop()
        .unwrap()
        .unwrap();
    let elements = field::halfvec(row[2].as_deref().unwrap()).unwrap();
    let wide: Vec<f32> = elements.iter().map(|half| half.to_f32()).collect();
    assert_eq!(wide, [1.0, 1.001_953_1, 65_504.0]);
}

#[test]
fn every_mistake_is_named() {
    let content = |rest: &str| rejection(&format!(r#"{{"id": 2, "content": "c", {rest}}}"#));
    let vector = |vector: &str| content(&format!(r#""embedding": {vector}"#));
    let with = |rest: &str| content(&format!(r#""embedding": [1, 2, 3], {rest}"#));
    let rejections = [
        rejection("{"),
        rejection(r#"{"id": 2} x"#),
        rejection("[1, 2]"),
        rejection("7"),
        rejection("nonsense"),
        rejection(r#"{"id": 2, "embedding": [1, 2, 3]}"#),
        rejection(r#"{"content": "c", "embedding": [1, 2, 3]}"#),
        rejection(r#"{"id": 2, "content": "c"}"#),
        rejection(r#"{"id": null, "content": "c", "embedding": [1, 2, 3]}"#),
        rejection(r#"{"id": "2", "content": "c", "embedding": [1, 2, 3]}"#),
        rejection(r#"{"id": 2.5, "content": "c", "embedding": [1, 2, 3]}"#),
        rejection(r#"{"id": 9223372036854775808, "content": "c", "embedding": [1, 2, 3]}"#),
        rejection(r#"{"id": 2, "id": 3, "content": "c", "embedding": [1, 2, 3]}"#),
        rejection(r#"{"id": 2, "content": "c", "body": "c", "embedding": [1, 2, 3]}"#),
        rejection(r#"{"id": 2, "content": 5, "embedding": [1, 2, 3]}"#),
        rejection(r#"{"id": 2, "content": "a\u0000b", "embedding": [1, 2, 3]}"#),
        rejection(r#"{"id": 2, "content": "\ud800", "embedding": [1, 2, 3]}"#),
        vector("[1, 2]"),
        vector("[]"),
        vector("{}"),
        vector("\"1,2,3\""),
        vector("[1, null, 3]"),
        vector("[1, NaN, 3]"),
        vector("[1, 2, -Infinity]"),
        vector("[1, 2, 1e39]"),
        vector("[0, -0.0, 0e5]"),
        with(r#""metadata": "{}""#),
        with(r#""metadata": [{}]"#),
        with(r#""contents": "c""#),
        with(r#""seen": "yesterday""#),
        with(r#""owner_id": "me""#),
        with(r#""rating": 1e99"#),
        with(r#""public": "yes""#),
    ];
    insta::assert_snapshot!(rejections.join("\n"), @r#"
    bad JSON: EOF while parsing an object at column 1
    bad JSON: trailing characters at column 11
    not an object
    not an object
    bad JSON: expected ident at column 2
    key `content` is missing
    it lacks `id`, which line 1 has
    key `embedding` is missing
    `id` is null, which its column does not take
    `id` is the text "2", but its column is bigint
    `id` is 2.5, which no bigint holds
    `id` is 9223372036854775808, which no bigint holds
    key `id` stands twice
    key `content` stands twice
    `content` is the number 5, but its column is text
    `content` holds a NUL character, which PostgreSQL's text cannot
    `content` holds a bad escape: unexpected end of hex escape
    `embedding` has 2 dimensions, the column 3
    `embedding` is empty
    `embedding` is an object, not an array of numbers
    `embedding` is text that is no vector: a vector is written `[1,2,3]`, not `1,2,3`
    `embedding` holds no vector: element 2 is `null`, not a number
    bad JSON in `embedding`: `NaN` at column 44
    bad JSON in `embedding`: `-Infinity` at column 47
    `embedding` holds no vector: element 3, `1e39`, is beyond what a 32-bit float holds
    `embedding` is a zero vector, which has no direction: cosine cannot compare it and its index leaves it out
    `metadata` is the text "{}", not an object
    `metadata` is an array, not an object
    key `contents` has no column in `public.items`
    `seen` is `yesterday`, which is no time such as 2026-01-31T12:00:00Z
    `owner_id` is `me`, which is no uuid
    `rating` is 1e99, which no real holds
    `public` is the text "yes", but its column is boolean
    "#);
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    let destination = destination(ElementType::Vector);
    let reader = Keys::new(&destination);
    let rejection = reader.parse(b"{\"content\": \"\xff\"}").unwrap_err();
    assert_eq!(rejection.why, "not UTF-8 from byte 14");
}

#[test]
fn a_slip_in_a_key_gets_a_suggestion() {
    let destination = destination(ElementType::Vector);
    let reader = Keys::new(&destination);
    let rejection = reader.parse(br#"{"embeding": [1]}"#).unwrap_err();
    insta::assert_snapshot!(rejection.hint.unwrap(), @"Did you mean `embedding`? A line may have the keys `id`, `content`, `metadata`, `embedding`, `rating`, `seen`, `owner_id`, `public`.");
}

proptest! {
    #[test]
    fn what_json_wrote_is_what_the_row_holds(
        content in "[^\0]{0,30}",
        elements in prop::collection::vec((1e-30_f32..1e30).prop_union(-1e30_f32..-1e-30), 3),
        id in any::<i64>(),
    ) {
        let line = serde_json::json!({"id": id, "content": content}).to_string();
        // As text, because a JSON value holds 64-bit floats.
        let vector = crate::vector::literal::format(&elements);
        let line = line.replacen('{', &format!("{{\"embedding\": {vector}, "), 1);
        let row = read(&[&line]).pop().unwrap().unwrap();
        prop_assert_eq!(field::int8(row[0].as_deref().unwrap()).unwrap(), id);
        prop_assert_eq!(field::text(row[1].as_deref().unwrap()).unwrap(), content);
        prop_assert_eq!(field::vector(row[3].as_deref().unwrap()).unwrap(), elements);
    }

    #[test]
    fn no_line_makes_the_reader_panic(line in "\\PC{0,60}", object in "[{}\\[\\]\",:0-9aeidnt\\\\ .-]{0,40}") {
        for line in [line, object] {
            for outcome in read(&[&line]) {
                prop_assert!(outcome.is_err(), "{} became a row", line);
            }
        }
    }
}

#[test]
fn paths_lead_into_objects_of_a_line() {
    let mut destination = destination(ElementType::Vector);
    let map = ["content=metadata.a.text", "embedding=data.vec"].map(|text| text.parse().unwrap());
    destination.map(&map).unwrap();
    let line = r#"{"id": 5, "metadata": {"a": {"text": "t"}}, "data": {"vec": [1, 2, 3], "more": 1}}"#;
    let row = read_into(&destination, &[line]).swap_remove(0).unwrap();
    assert_eq!(row[1].as_deref(), Some(&b"t"[..]));
    assert_eq!(field::vector(row[3].as_ref().unwrap()).unwrap(), [1.0, 2.0, 3.0]);
    let errors = read_into(
        &destination,
        &[
            r#"{"metadata": {"a": 5}, "data": {"vec": [1, 2, 3]}}"#,
            r#"{"metadata": {}, "content": "c", "data": {"vec": [1, 2, 3]}}"#,
        ],
    );
    assert_eq!(
        errors[0].as_ref().unwrap_err(),
        "key `metadata.a.text` is missing"
    );
    assert!(
        errors[1]
            .as_ref()
            .unwrap_err()
            .starts_with("key `content` has no column")
    );
}

/// The bytes of a line's row, or why there is none.
fn row_bytes(destination: &Destination, parsed: Result<Parsed<'_>, Rejection>) -> Result<Vec<u8>, String> {
    let why = |rejection: Rejection| rejection.why;
    let parsed = parsed.map_err(why)?;
    let mut reader = RowReader::with_layout(destination, None);
    reader.learn_layout(1, &parsed).map_err(why)?;
    let mut encoder = CopyEncoder::new(reader.layout().unwrap().fields.len()).unwrap();
    reader.write(&parsed, &mut encoder).map_err(why)?;
    Ok(encoder.take(0))
}

#[test]
fn plain_lines_go_the_quick_way_and_others_do_not() {
    let destination = destination(ElementType::Vector);
    let keys = Keys::new(&destination);
    let is_quick = |line: &str| object::parse(&keys, &destination, line).is_some();
    let plain =
        r#" { "id" : 7, "content":"a \"b\" ü","metadata":{"a":[1,{}]}, "embedding": [1, -2.5e0,3] } "#;
    assert!(is_quick(plain));
    for line in [
        "{}",
        "{} 1",
        r#"{"id":1} x"#,
        r#"{"id":1,}"#,
        r#"{"id":1 "rating":2}"#,
        r#"{"id":1,"id":2}"#,
        r#"{"i\u0064":1}"#,
        r#"{"other":1}"#,
        r#"{"id":01}"#,
        r#"{"id":}"#,
        r#"{"content":"a}"#,
        r#"{"embedding":[1,2,NaN]}"#,
        r#"[{"id":1}]"#,
        r#"{"embedding":[]}"#,
        r#"{"id":nul}"#,
        r#"{"id":1"#,
        "",
    ] {
        assert!(!is_quick(line), "{line}");
    }
}

proptest! {
    #[test]
    fn the_quick_way_and_the_other_make_the_same_rows(
        parts in prop::collection::vec(
            prop_oneof![
                Just("{\"content\":\"x\",\"embedding\":[0.1,2,-3e-2]"), Just(",\"id\":12"), Just(",\"rating\": 1.5"),
                Just(",\"metadata\":{\"k\":[null,\"ü\"]}"), Just(",\"public\":true"), Just(",\"owner_id\":null"), Just("}"),
                Just(" "), Just(","), Just("\""), Just(",\"other\":1"), Just("[1]"), Just(",\"id\":-0.0"), Just("\\u0000"),
            ],
            1..9,
        ),
    ) {
        let line = parts.concat();
        let destination = destination(ElementType::Halfvec);
        let keys = Keys::new(&destination);
        let both = row_bytes(&destination, keys.parse(line.as_bytes()));
        prop_assert_eq!(both, row_bytes(&destination, keys.parse_fully(&line)));
    }
}
