//! Values of every kind: what the client digests is what the server digests, and they come back as they were.

use vecops::backup::chunk::{Codec, Cutter, Range};
use vecops::backup::digest::{RowsDigest, SETTINGS, SentColumn, on_server, sent_columns};
use vecops::backup::manifest::Transport;
use vecops::backup::repository::Repository;
use vecops::sql;

use super::fixture::{number, run};
use crate::support::{Sandbox, TestDatabase, on_each_server};

pub(crate) const VALUES: &str = r#"
create extension if not exists vector with schema extensions;
create schema "Od""d";
create type "Od""d".mood as enum ('sad', 'ok', 'Ha''ppy');
create type "Od""d".pair as (n int, label text);
create type "Od""d".place as (street text, mood "Od""d".mood, at extensions.vector(2));
create domain "Od""d".percent as numeric(5, 2) check (value < 101);
create domain "Od""d".moods as "Od""d".mood[];
create type "Od""d".spans as range (subtype = float8);
create table "Od""d"."Val ues" (
    dropped int,
    "Key ""k""" text,
    n smallint not null,
    a_int4 int, a_int8 bigint, a_float4 real, a_float8 double precision, a_numeric numeric, a_bool boolean,
    a_varchar varchar(9), a_bpchar char(5), a_bytea bytea, a_uuid uuid, a_json json, a_jsonb jsonb, a_char "char",
    a_name name, a_oid oid, a_money money, a_date date, a_time time, a_timetz timetz, a_timestamp timestamp,
    a_timestamptz timestamptz(3), an_interval interval, an_inet inet, a_cidr cidr, a_macaddr macaddr,
    a_point point, a_polygon polygon, a_bit bit(11), a_varbit varbit, a_range int4range, a_multirange int4multirange,
    some_texts text[], some_numbers int[][], a_mood "Od""d".mood, moods "Od""d".mood[], domain_moods "Od""d".moods,
    percent "Od""d".percent, pair "Od""d".pair, place "Od""d".place, places "Od""d".place[], span "Od""d".spans,
    a_class regclass, a_type regtype, a_tsvector tsvector, a_tsquery tsquery, a_path jsonpath, an_lsn pg_lsn, a_tid tid,
    a_vector extensions.vector(3), a_half extensions.halfvec(3), a_sparse extensions.sparsevec(1000),
    vectors extensions.vector[], free extensions.vector, doubled int generated always as (n + 1) stored,
    primary key ("Key ""k""", n)
);
alter table "Od""d"."Val ues" drop column dropped;
insert into "Od""d"."Val ues" values
    ('', -32768, -1, -9223372036854775808, 'NaN', '-Infinity', 'NaN', true, '', '', '', '00000000-0000-0000-0000-000000000000',
     '{"a" :1}', '{"b": [1, null], "a": "\u00e9"}', 'x', 'name', 4294967295, '-1.5', '-infinity', '24:00', '12:00+05:30',
     'infinity', '-infinity', '-1 year 2 days 03:04:05.000006', '::1/64', '10.0.0.0/8', '08:00:2b:01:02:03', '(1e300,-0)',
     '((0,0),(1,1),(2,0))', B'10101010101', B'', 'empty', '{[1,3),[5,8)}', '{}', '{{1,2},{3,4}}', 'Ha''ppy',
     '{sad,"Ha''ppy",null}', '{ok}', 99.99, '(1,"a ""b"", c")', '("x, y",ok,"[1,2]")', '{"(x,sad,\"[1,2]\")",null}',
     '[1.5,)', 'pg_class', 'int4', 'a:1A b:2,3', 'a & (b | !c)', '$.a[*]', '0/16B3748', '(1,2)',
     '[1,2.5,-3e38]', '[1,0.5,-65504]', '{1:1.5,1000:-2}/1000', array['[1,2]', '[3]']::extensions.vector[], '[7]'),
    ('ключ 鍵', 7, 2147483647, 1, -0.0, 1.7976931348623157e308, 123456789012345678901234567890.123456789, false, 'ä€😀', 'x', '\x00ff',
     'ffffffff-ffff-ffff-ffff-ffffffffffff', 'null', '{}', '', '', 0, '0', '4713-01-01 BC', '00:00', '00:00-12', '0001-01-01',
     '2026-01-01 00:00:00.123456+00', '0', '192.168.0.1', '::/0', '00:00:00:00:00:00', '(NaN,Infinity)', '((0,0))', B'00000000000',
     B'1', '[,5)', '{}', '{"", null, "a,b", "\"q\""}', '[0:1]={1,2}', 'sad', '{}', null, 0, '(,)', '(,,)', '{}', 'empty',
     null, 'extensions.vector', '', '', '$', '0/0', '(0,0)', '[0,0,0]', '[0,0,0]', '{}/1000', '{}', null);
insert into "Od""d"."Val ues" ("Key ""k""", n) values ('only nulls', 0);
insert into "Od""d"."Val ues" ("Key ""k""", n, a_bytea, some_texts, free)
    values ('huge', 0, decode(repeat('5a', 300000), 'hex'), array_fill('x'::text, array[20000]),
            array_fill(0.25, array[16000])::extensions.vector);
"#;

pub(super) async fn make(database: &TestDatabase) {
    let mut connection = database.connection().await;
    run(&mut connection, VALUES).await;
}

#[tokio::test]
async fn client_and_server_digest_alike() {
    on_each_server(async |database| {
        make(database).await;
        let mut connection = database.connection().await;
        run(
            &mut connection,
            format!("begin; set local search_path = pg_catalog; {SETTINGS}"),
        )
        .await;
        let oid = number(&mut connection, r#"select '"Od""d"."Val ues"'::regclass::int8"#).await;
        let columns = sent_columns(&mut connection, oid).await.unwrap();
        let text: Vec<&str> = columns
            .iter()
            .filter(|column| column.transport == Transport::Text)
            .map(|column| column.name.as_str())
            .collect();
        assert_eq!(
            text,
            [
                "moods",
                "domain_moods",
                "place",
                "places",
                "a_class",
                "a_type",
                "a_tsvector",
                "a_tsquery",
                "vectors"
            ]
        );
        assert!(!columns.iter().any(|column| column.name.as_str() == "doubled"));

        let from = r#""Od""d"."Val ues""#;
        let selected: Vec<String> = columns.iter().map(SentColumn::selected).collect();
        let query = format!("select {} from {from} t", selected.join(", "));
        let mut stream = Vec::new();
        {
            use futures_util::StreamExt as _;
            let mut copy = sql::copy_out(&mut connection, query).await.unwrap();
            while let Some(piece) = copy.next().await {
                stream.extend_from_slice(piece.unwrap().as_ref());
            }
        }
        let sandbox = Sandbox::new();
        let repository = Repository::open_or_create(&sandbox.path().join("r")).unwrap();
        for codec in [Codec::Zstd, Codec::Planes] {
            let mut cutter = Cutter::new(repository.clone(), codec, 1, Range::Whole).largest(100_000);
            for piece in stream.chunks(1000) {
                cutter.push(piece).unwrap();
            }
            let chunks = cutter.finish().unwrap();
            assert!(chunks.len() >= 2, "one row is longer than a chunk");
            let rows: u64 = chunks.iter().map(|chunk| chunk.rows).sum();
            let digest: RowsDigest = chunks.iter().map(|chunk| chunk.digest).collect();
            let server = on_server(&mut connection, from, &columns, None).await.unwrap();
            assert_eq!(server, (rows, digest));
            let some = on_server(&mut connection, from, &columns, Some("t.n = 0"))
                .await
                .unwrap();
            assert_eq!(some.0, 2);
            assert_ne!(some.1, digest);
        }
    })
    .await;
}
