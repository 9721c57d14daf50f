use std::path::PathBuf;

use super::super::{Collections, IterativeScan};
use super::*;

fn file(text: &str) -> ManifestFile {
    ManifestFile {
        path: PathBuf::from("vecops.toml"),
        text: text.to_owned(),
    }
}

/// The whole error as a person reads it: message, then hints.
fn refused(text: &str) -> String {
    format!("{:?}", Collections::read(&file(text)).unwrap_err())
}

fn refused_docs(lines: &str) -> String {
    refused(&format!(
        "default_profile = \"local\"\n\n[collections.docs]\n{lines}"
    ))
}

#[test]
fn what_is_left_out_has_a_default() {
    let text = "[collections.docs]\ndimensions = 384\n[profiles.x]\nurl = 'y'";
    let collections = Collections::read(&file(text)).unwrap();
    assert_eq!(
        collections.named("docs").unwrap(),
        &Collection::new("docs", 384).unwrap()
    );
}

#[test]
fn every_key_is_read() {
    let text = r#"
        [collections.notes]
        schema = "app"
        table = "Notes"
        id = "uuid"
        dimensions = 3072
        element = "halfvec"
        metric = "inner-product"
        content = "body"
        metadata = "attributes"
        embedding = "meaning"
        owner = "user_id"
        model = "text-embedding-3-large"
        provider = "openai"
        normalized = true
        policy = "public-read"
        index_metadata = true
        match_limit = 20
        match_limit_max = 50
        index = { method = "hnsw", m = 24, ef_construction = 100, ef_search = 200, iterative_scan = "strict_order" }
    "#;
    let notes = Collections::read(&file(text))
        .unwrap()
        .named("notes")
        .unwrap()
        .clone();
    let mut expected = Collection::new("notes", 3072).unwrap();
    expected.table = "app.\"Notes\"".parse().unwrap();
    expected.id = IdType::Uuid;
    expected.element = ElementType::Halfvec;
    expected.metric = Metric::InnerProduct;
    expected.content = Ident::constant("body");
    expected.metadata = Ident::constant("attributes");
    expected.embedding = Ident::constant("meaning");
    expected.owner = Ident::constant("user_id");
    expected.model = Some("text-embedding-3-large".into());
    expected.provider = Some("openai".into());
    expected.normalized = true;
    expected.policy = Policy::PublicRead;
    expected.index_metadata = true;
    expected.match_limit = 20;
    expected.match_limit_max = 50;
    expected.index = Some(HnswIndex {
        m: 24,
        ef_construction: 100,
        ef_search: 200,
        iterative_scan: IterativeScan::StrictOrder,
    });
    assert_eq!(notes, expected);
    assert_eq!(notes.checked().unwrap(), expected);
}

#[test]
fn dimensions_keep_to_the_limits_of_type_and_index() {
    insta::assert_snapshot!(refused_docs("dimensions = 3072"), @r#"
    vecops.toml:4: `collections.docs.dimensions`: 3072 is more than an index on `vector` holds, 2000 [configuration]
      hint: Choose `element = "halfvec"`, whose index holds 4000, or `index.method = "none"`.
    "#);
    insta::assert_snapshot!(refused_docs("element = 'halfvec'\ndimensions = 4096"), @r#"
    vecops.toml:5: `collections.docs.dimensions`: 4096 is more than an index on `halfvec` holds, 4000 [configuration]
      hint: Choose a model with fewer dimensions, or `index.method = "none"`.
    "#);
    insta::assert_snapshot!(refused_docs("dimensions = 20000\nindex.method = 'none'"), @"vecops.toml:4: `collections.docs.dimensions`: 20000 is more than `vector` holds, 16000 [configuration]");
    insta::assert_snapshot!(refused_docs("dimensions = 0"), @"vecops.toml:4: `collections.docs.dimensions`: a vector has at least one dimension [configuration]");
    insta::assert_snapshot!(refused_docs("metric = 'l2'"), @"vecops.toml:3: missing field `dimensions` [configuration]");
    let without_index = "[collections.docs]\ndimensions = 3072\nindex.method = 'none'";
    assert!(Collections::read(&file(without_index)).is_ok());
}

#[test]
fn index_parameters_keep_to_pgvectors_limits() {
    insta::assert_snapshot!(refused_docs("dimensions = 3\n\n[collections.docs.index]\nm = 101"), @"vecops.toml:7: `collections.docs.index.m`: 101 is not between 2 and 100 [configuration]");
    insta::assert_snapshot!(refused_docs("dimensions = 3\nindex.m = 48\nindex.ef_construction = 90"), @"
    vecops.toml:6: `collections.docs.index.ef_construction`: 90 is less than twice `m`, 48 [configuration]
      hint: Choose at least 96.
    ");
    insta::assert_snapshot!(refused_docs("dimensions = 3\nindex.ef_construction = 3"), @"vecops.toml:5: `collections.docs.index.ef_construction`: 3 is not between 4 and 1000 [configuration]");
    insta::assert_snapshot!(refused_docs("dimensions = 3\nindex.ef_search = 1001"), @"vecops.toml:5: `collections.docs.index.ef_search`: 1001 is not between 1 and 1000 [configuration]");
    insta::assert_snapshot!(refused_docs("dimensions = 3\nindex.method = 'ivfflat'"), @"vecops.toml:5: `collections.docs.index.method`: `ivfflat` is not one of `hnsw`, `none` [configuration]");
    insta::assert_snapshot!(refused_docs("dimensions = 3\nindex.iterative_scan = true"), @"vecops.toml:5: invalid type: boolean `true`, expected a string [configuration]");
}

#[test]
fn element_and_metric_belong_together() {
    insta::assert_snapshot!(refused_docs("dimensions = 3\nelement = 'bit'"), @"vecops.toml:5: `collections.docs.element`: `bit` is not one of `vector`, `halfvec` [configuration]");
    insta::assert_snapshot!(refused_docs("dimensions = 3\nmetric = 'hamming'"), @"vecops.toml:5: `collections.docs.metric`: `hamming` is not one of `cosine`, `inner-product`, `l2`, `l1` [configuration]");
    insta::assert_snapshot!(refused_docs("dimensions = 3\nmetric = 'cosinus'"), @"vecops.toml:5: `collections.docs.metric`: `cosinus` is not one of `cosine`, `inner-product`, `l2`, `l1` [configuration]");
}

#[test]
fn names_are_names() {
    insta::assert_snapshot!(refused("[collections.my-docs]\ndimensions = 3"), @"
    vecops.toml:1: `collections.my-docs`: `my-docs` is not made of lower-case letters, digits and `_`, starting with a letter [configuration]
      hint: Choose a plain name; `table` may name a table that has another one.
    ");
    insta::assert_snapshot!(refused(&format!("[collections.{}]\ndimensions = 3", "d".repeat(60))), @"
    vecops.toml:1: `collections.dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd`: `dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd` is longer than 57 bytes, so `match_dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd` would be cut off [configuration]
      hint: Choose a shorter name; `table` may name a table that has a longer one.
    ");
    insta::assert_snapshot!(refused_docs("dimensions = 3\ntable = ''"), @"vecops.toml:5: `collections.docs.table`: the name is empty [configuration]");
    insta::assert_snapshot!(refused_docs("dimensions = 3\ncontent = 'id'"), @r#"vecops.toml:5: `collections.docs.content`: column "id" is already the column of `id` [configuration]"#);
    insta::assert_snapshot!(refused_docs("dimensions = 3\npolicy = 'owner'\nowner = 'metadata'"), @r#"vecops.toml:6: `collections.docs.owner`: column "metadata" is already the column of `metadata` [configuration]"#);
}

#[test]
fn keys_and_tables_are_known_and_declared_once() {
    insta::assert_snapshot!(refused_docs("dimensions = 3\ndimension = 4"), @"vecops.toml:5: unknown field `dimension`, expected one of `schema`, `table`, `id`, `dimensions`, `element`, `metric`, `content`, `metadata`, `embedding`, `owner`, `model`, `provider`, `normalized`, `policy`, `index_metadata`, `index`, `match_limit`, `match_limit_max` [configuration]");
    insta::assert_snapshot!(refused("[collection.docs]\ndimensions = 3"), @"vecops.toml:1: `collection` is not a section; collections are declared as `[collections.NAME]` [configuration]");
    insta::assert_snapshot!(refused_docs("dimensions = 3\nmatch_limit = 2000"), @"vecops.toml:5: `collections.docs.match_limit`: 2000 is not between 1 and 1000 [configuration]");
    insta::assert_snapshot!(
        refused("[collections.a]\ndimensions = 3\n[collections.b]\ndimensions = 3\ntable = 'a'"), @"vecops.toml:5: `collections.b.table`: collection `a` already declares the table public.a [configuration]"
    );
}

#[test]
fn an_unknown_collection_suggests_a_known_one() {
    let text = "[collections.documents]\ndimensions = 3\n[collections.items]\ndimensions = 3";
    let collections = Collections::read(&file(text)).unwrap();
    insta::assert_snapshot!(format!("{:?}", collections.named("document").unwrap_err()), @"
    no collection is called `document` [configuration]
      hint: Did you mean `documents`?
    ");
    insta::assert_snapshot!(format!("{:?}", collections.named("xyz").unwrap_err()), @"
    no collection is called `xyz` [configuration]
      hint: `vecops.toml` declares `documents`, `items`.
    ");
    insta::assert_snapshot!(format!("{:?}", Collections::default().named("xyz").unwrap_err()), @"
    no collection is called `xyz` [configuration]
      hint: Declare it in `vecops.toml`, or run `vecops init`.
    ");
}
