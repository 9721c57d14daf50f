//! Databases with rows, backups of them, and what a test looks at afterwards.

use std::path::PathBuf;

use sqlx::Row as _;
use vecops::sql::{self, QualifiedName};

use crate::backup::rich;
use crate::support::{Sandbox, TestDatabase};

/// Rows for every table of the rich schema.
const ROWS: &str = r#"
insert into auth.users (id) values ('00000000-0000-0000-0000-000000000001');
insert into app.documents (team, title, body, tags, mood, moods, share, place, span, spans, metadata, made_at,
    embedding, half, thin, signs, flags, free)
select
    n % 3 + 1, 'title ' || n, repeat('body', n), array['a', null, 'tag ' || n],
    (array['sad', 'o''k', 'Hap"py'])[n % 3 + 1]::app.mood,
    case when n % 4 = 0 then array['sad', 'o''k']::app.moods end,
    n % 12, row('street', '12345', 'sad')::app.place,
    app.span(n, n + 0.5), app.spans_of_it(app.span(n, n + 0.25)),
    jsonb_build_object('n', n, 'text', 'ä"\'), '2026-01-01 00:00:00.123+00'::timestamptz + n * interval '1 hour',
    array[n, sin(n), cos(n)]::extensions.vector, array[n % 7, 1, 2, 3]::extensions.halfvec,
    ('{1:1,' || n % 900 + 2 || ':2}/1000')::extensions.sparsevec, (n % 65536)::bit(16), (n % 512)::bit(9)::varbit(9),
    case when n % 2 = 0 then array[1, 2, 3, n, 5]::extensions.vector end
from generate_series(1, 300) n;
delete from app.documents where title = 'title 5';
insert into "App ""2"""."Mixed Case" ("Id", team, document, note)
select '00000000-0000-0000-0000-000000000001', team, id, 'note' from app.documents limit 1;
insert into app.keys_of_events select n from generate_series(1, 50) n;
alter table app.events disable trigger touch;
insert into app.events (at, embedding)
select '2025-06-01'::timestamptz + n * interval '1 month', array[n, 1, 1]::extensions.vector from generate_series(1, 50) n;
alter table app.events enable trigger touch;
insert into app.tags values ('b', 'a'), ('a', null), ('c', 'b');
insert into app."LONG" select n, array[n, 1]::extensions.vector from generate_series(1, 20) n;
"#;

/// Makes the rich schema, with rows where they are wanted.
pub(super) async fn rich_database(database: &TestDatabase) {
    let mut connection = database.connection().await;
    sql::run(&mut connection, rich::schema()).await.unwrap();
    // What reads one's own row of a table with FORCE is no matter of this test.
    sql::run(&mut connection, ROWS.replace("LONG", rich::LONG))
        .await
        .unwrap();
}

/// A table of several chunks, called `public.items`, with a policy and a grant.
pub(super) async fn items(database: &TestDatabase) {
    run(
        database,
        "create extension if not exists vector with schema extensions;
         create table public.items (id bigint generated always as identity primary key, body text,
             embedding extensions.vector(64), made_at timestamptz default now());
         insert into public.items (body, embedding)
         select 'body ' || n, (select array_agg(sin(n * k)) from generate_series(1, 64) k)::extensions.vector
         from generate_series(1, 5000) n;
         create index items_hnsw on public.items using hnsw (embedding extensions.vector_cosine_ops) with (m = 6, ef_construction = 24);
         create index items_body on public.items (body);
         create function public.touch() returns trigger language plpgsql as $$ begin new.body = 'touched'; return new; end $$;
         create trigger touch before insert or update on public.items for each row execute function public.touch();
         alter table public.items enable row level security;
         create policy readable on public.items for select to authenticated using (id > 0);
         grant select on public.items to authenticated;",
    )
    .await;
}

/// The same in small: 60 rows of 64 kB in chunks of sixteen.
pub(crate) const FEW_ITEMS: &str = "create extension if not exists vector with schema extensions;
create table public.items (id bigint generated always as identity primary key, body text,
    embedding extensions.vector(3), noise bytea);
insert into public.items (body, embedding, noise)
select 'body ' || n, array[n, sin(n), cos(n)]::extensions.vector, decode(repeat(md5(n::text), 4000), 'hex')
from generate_series(1, 60) n;
create index items_hnsw on public.items using hnsw (embedding extensions.vector_cosine_ops);
create index items_body on public.items (body);
create function public.touch() returns trigger language plpgsql as $$ begin new.body = 'touched'; return new; end $$;
create trigger touch before insert on public.items for each row execute function public.touch();
alter table public.items enable row level security;
create policy readable on public.items for select to authenticated using (id > 0);
grant select on public.items to authenticated;
analyze public.items";

/// Makes it.
pub(crate) async fn few_items(database: &TestDatabase) {
    run(database, FEW_ITEMS).await;
}

/// Dumps everything with vectors and what the arguments add; returns the repository.
pub(super) fn dump(sandbox: &Sandbox, database: &TestDatabase, arguments: &[&str]) -> PathBuf {
    let repository = sandbox.path().join("repository");
    let (url, to) = (database.url(), repository.display().to_string());
    let mut all = vec!["dump", "--db-url", &url, "--to", &to, "--chunk-size", "1"];
    all.extend(arguments);
    sandbox.vecops(&all).assert().success();
    repository
}

/// Dumps the rich tables.
pub(super) fn dump_rich(sandbox: &Sandbox, database: &TestDatabase) {
    let names: Vec<String> = rich::tables().iter().map(QualifiedName::plain).collect();
    dump(
        sandbox,
        database,
        &names.iter().map(String::as_str).collect::<Vec<_>>(),
    );
}

pub(super) async fn run(database: &TestDatabase, statements: &str) {
    let mut connection = database.connection().await;
    sql::run(&mut connection, statements).await.unwrap();
}

/// The only value that a statement returns, as text.
pub(super) async fn value(database: &TestDatabase, statement: &str) -> String {
    let mut connection = database.administrator().await;
    let wrapped = format!("select (x)::text as value from ({statement}) y (x)");
    let row = sql::dynamic(wrapped).fetch_one(&mut connection).await.unwrap();
    row.try_get::<Option<String>, _>("value")
        .unwrap()
        .unwrap_or_default()
}

/// All rows of a table in one digest.
pub(super) async fn digest(database: &TestDatabase, table: &str) -> String {
    let statement =
        format!("select md5(string_agg(t::text, ';' order by t::text)) || count(*) from {table} t");
    value(database, &statement).await
}
