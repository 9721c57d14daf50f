//! What depends on a live table when a restored one takes its place.

use super::fixture::{digest, dump, items, run, value};
use crate::support::{Sandbox, TestDatabase, on_each_server};

/// Everything that can follow.
const FOLLOWERS: &str = "
create view public.short with (security_invoker = true) as select id, body from public.items where id > 10;
comment on view public.short is 'few columns';
grant select on public.short to anon;
create view public.shorter as select id from public.short;
create table public.remarks (id int primary key, item bigint constraint remarks_item references public.items on delete cascade);
comment on constraint remarks_item on public.remarks is 'which item';
insert into public.remarks values (1, 5);
alter table public.remarks enable row level security;
create policy of_items on public.remarks using (exists (select from public.items i where i.id = item));
create publication live_items for table public.items (id, body) where (id > 7);
create function public.count_items() returns bigint stable begin atomic select count(*) from public.items; end;
create function public.match_items(most int) returns setof public.items language sql stable
    as $$ select * from public.items order by id limit most $$;
comment on function public.match_items is 'the nearest';
revoke execute on function public.match_items from public;
grant execute on function public.match_items to authenticated;
alter default privileges grant all on functions to anon;
alter default privileges grant all on tables to anon;
create materialized view public.counted with (fillfactor = 90) as select id, body from public.items where id > 90;
create unique index counted_id on public.counted (id);
revoke all on public.counted from anon;
grant select on public.counted to authenticated;
grant select (id) on public.counted to service_role;
comment on materialized view public.counted is 'the last ones';
comment on column public.counted.id is 'which';
comment on index public.counted_id is 'one each';
create index counted_length on public.counted (length(body));
alter index public.counted_length alter column 1 set statistics 77;
alter materialized view public.counted alter column body set statistics 33;
create materialized view public.empty_yet as select count(*) from public.items with no data;
create materialized view public.by_function as select public.count_items() as rows from public.items limit 1;
create statistics public.of_items on id, body from public.items;
alter statistics public.of_items set statistics 55;
comment on statistics public.of_items is 'both';";

async fn lessened(database: &TestDatabase, sandbox: &Sandbox) -> String {
    items(database).await;
    dump(sandbox, database, &["public.items"]);
    let before = digest(database, "public.items").await;
    run(
        database,
        "alter table public.items disable trigger touch; delete from public.items where id > 100; \
        update public.items set body = 'other'; alter table public.items enable trigger touch",
    )
    .await;
    before
}

fn swap(sandbox: &Sandbox, database: &TestDatabase, arguments: &[&str]) -> assert_cmd::assert::Assert {
    let url = database.url();
    let mut all = vec![
        "restore",
        "repository",
        "--db-url",
        &url,
        "--yes",
        "--table",
        "public.items",
        "--swap",
    ];
    all.extend(arguments);
    sandbox.vecops(&all).assert()
}

fn said(done: &assert_cmd::assert::Assert) -> String {
    let output = done.get_output();
    [&output.stdout[..], &output.stderr[..]]
        .map(String::from_utf8_lossy)
        .concat()
}

#[tokio::test]
async fn everything_that_can_follows_the_table_that_takes_the_place() {
    on_each_server(async |database| {
        let sandbox = Sandbox::new();
        let before = lessened(database, &sandbox).await;
        run(database, FOLLOWERS).await;
        let plan = said(&swap(&sandbox, database, &["--dry-run"]).success());
        for object in [
            "view public.short",
            "constraint remarks_item",
            "policy of_items",
            "publication of table",
            "function public.count_items()",
            "function public.match_items(integer)",
            "statistics object public.of_items",
            "materialized view public.counted",
            "materialized view public.empty_yet",
        ] {
            assert!(plan.contains(object), "{object} in {plan}");
        }
        assert!(!plan.contains("shorter"), "{plan}");
        swap(&sandbox, database, &[]).success();
        assert_eq!(digest(database, "public.items").await, before);
        for (question, answer) in [
            ("select count(*) from public.shorter", "4990"),
            ("select reloptions[1] from pg_class where oid = 'public.short'::regclass", "security_invoker=true"),
            ("select obj_description('public.short'::regclass)", "few columns"),
            ("select has_table_privilege('anon', 'public.short', 'select')", "true"),
            ("select confrelid = 'public.items'::regclass from pg_constraint where conname = 'remarks_item'", "true"),
            ("select pg_get_constraintdef(oid) from pg_constraint where conname = 'remarks_item'",
                "FOREIGN KEY (item) REFERENCES items(id) ON DELETE CASCADE"),
            ("select obj_description(oid, 'pg_constraint') from pg_constraint where conname = 'remarks_item'", "which item"),
            ("select count(*) from pg_policy p join pg_depend d on d.objid = p.oid where polname = 'of_items' and refobjid = 'public.items'::regclass and refobjsubid > 0", "1"),
            ("select schemaname || '.' || tablename || attnames::text || rowfilter from pg_publication_tables where pubname = 'live_items'",
                "public.items{id,body}(id > 7)"),
            ("select public.count_items()", "5000"),
            ("select count(*) from public.match_items(200)", "200"),
            ("select has_function_privilege('anon', 'public.match_items(int)', 'execute')", "false"),
            ("select has_function_privilege('authenticated', 'public.match_items(int)', 'execute')", "true"),
            ("select obj_description('public.match_items(int)'::regprocedure)", "the nearest"),
            ("select count(*) from public.counted", "4910"),
            ("select reloptions[1] from pg_class where oid = 'public.counted'::regclass", "fillfactor=90"),
            ("select indexdef from pg_indexes where indexname = 'counted_id'", "CREATE UNIQUE INDEX counted_id ON public.counted USING btree (id)"),
            ("select has_table_privilege('anon', 'public.counted', 'select')", "false"),
            ("select has_table_privilege('authenticated', 'public.counted', 'select')", "true"),
            ("select has_column_privilege('service_role', 'public.counted', 'id', 'select')", "true"),
            ("select obj_description('public.counted'::regclass) || col_description('public.counted'::regclass, 1)", "the last oneswhich"),
            ("select relispopulated from pg_class where oid = 'public.empty_yet'::regclass", "false"),
            ("select rows from public.by_function", "5000"),
            ("select stxrelid = 'public.items'::regclass from pg_statistic_ext where stxname = 'of_items'", "true"),
            ("select stxstattarget || obj_description(oid, 'pg_statistic_ext') from pg_statistic_ext where stxname = 'of_items'", "55both"),
            ("select obj_description('public.counted_id'::regclass)", "one each"),
            ("select string_agg(attstattarget::text, ',' order by attstattarget) from pg_attribute where attstattarget > 0 and attrelid in ('public.counted'::regclass, 'public.counted_length'::regclass)", "33,77"),
        ] {
            assert_eq!(value(database, question).await, answer, "{question}");
        }
        swap(&sandbox, database, &["--dry-run"]).success();
    })
    .await;
}

#[tokio::test]
async fn the_restored_table_belongs_to_whom_the_live_one_did() {
    on_each_server(async |database| {
        let sandbox = Sandbox::new();
        lessened(database, &sandbox).await;
        let own = "create policy own on public.items to postgres, anon using (id < 50)";
        run(database, own).await;
        dump(&sandbox, database, &["public.items"]);
        let before = digest(database, "public.items").await;
        let owner = format!("owner_{}_{}", database.major(), std::process::id());
        let mut administrator = database.administrator().await;
        vecops::sql::run(
            &mut administrator,
            format!("create role {owner}; grant {owner} to postgres; grant usage, create on schema public to {owner}; \
                alter table public.items owner to {owner}"),
        )
        .await
        .unwrap();
        swap(&sandbox, database, &[]).success();
        assert_eq!(digest(database, "public.items").await, before);
        let owners = "select string_agg(distinct relowner::regrole::text, ',') from pg_class \
            where oid in ('public.items'::regclass, pg_get_serial_sequence('public.items', 'id')::regclass)";
        assert_eq!(value(database, owners).await, owner);
        let policy = "select string_agg(role::regrole::text, ',' order by role = 'anon'::regrole)
            from pg_policy, unnest(polroles) role where polname = 'own' and polrelid = 'public.items'::regclass";
        assert_eq!(value(database, policy).await, format!("{owner},anon"));
        assert_eq!(value(database, "select has_table_privilege('authenticated', 'public.items', 'select')").await, "true");
        assert_eq!(value(database, "select has_table_privilege('anon', 'public.items', 'select')").await, "false");
        let gone = format!("revoke create on schema public from {owner}");
        vecops::sql::run(&mut administrator, gone).await.unwrap();
        let refused = said(&swap(&sandbox, database, &["--restart"]).code(12));
        assert!(refused.contains(&format!("cannot be given to its owner {owner}")), "{refused}");
        vecops::sql::run(&mut administrator, format!("drop owned by {owner} cascade; drop role {owner}"))
            .await
            .unwrap();
    })
    .await;
}

#[tokio::test]
async fn what_cannot_follow_is_named_and_nothing_is_made() {
    on_each_server(async |database| {
        let sandbox = Sandbox::new();
        lessened(database, &sandbox).await;
        run(
            database,
            "alter table public.items add extra int;
             create materialized view public.counted as select count(*) from public.items;
             create view public.upon as select * from public.counted;
             create rule quiet as on delete to public.items where old.id < 0 do instead nothing;
             create table public.logged (id int);
             create rule copied as on insert to public.logged do also delete from public.items where id = new.id;
             create table public.kept (item public.items);
             create table public.child () inherits (public.items);
             create table public.counts (id bigint default nextval('public.items_id_seq'));
             create view public.extras as select extra from public.items;",
        )
        .await;
        let rows = digest(database, "public.items").await;
        let refused = said(&swap(&sandbox, database, &[]).code(12));
        for object in [
            "materialized view public.counted: other objects use it, and it would have to be dropped",
            "rule quiet on table public.items: a rule of the live table is not in the backup",
            "rule copied on table public.logged: a rule stays with its table",
            "table public.kept",
            "it uses the type of the table's rows",
            "table public.child: it is a part of the live table",
            "table public.counts: it counts with a sequence of the live table",
            "view public.extras: it uses the column extra, which the backup's table does not have",
        ] {
            assert!(refused.contains(object), "{object} in {refused}");
        }
        assert_eq!(digest(database, "public.items").await, rows);
        let made = "select count(*) from pg_namespace where nspname in ('vecops', 'public_vecops_restoring')";
        assert_eq!(value(database, made).await, "0");
    })
    .await;
}

#[tokio::test]
async fn rows_that_refer_to_lost_ones_stop_the_swap_until_they_are_mended() {
    on_each_server(async |database| {
        let sandbox = Sandbox::new();
        let before = lessened(database, &sandbox).await;
        run(
            database,
            "insert into public.items (body) values ('newer than the backup');
             create table public.remarks (item bigint references public.items);
             insert into public.remarks select max(id) from public.items",
        )
        .await;
        let live = digest(database, "public.items").await;
        let refused = said(&swap(&sandbox, database, &[]).failure());
        assert!(refused.contains("remarks_item_fkey"), "{refused}");
        assert_eq!(
            digest(database, "public.items").await,
            live,
            "the live table is as it was"
        );
        let referred = "select confrelid = 'public.items'::regclass from pg_constraint where conname = 'remarks_item_fkey'";
        assert_eq!(value(database, referred).await, "true");
        run(database, "delete from public.remarks").await;
        swap(&sandbox, database, &[]).success();
        assert_eq!(digest(database, "public.items").await, before);
    })
    .await;
}
