//! Tables with everything that a vector table may have.

use vecops::sql::QualifiedName;

/// A name of 63 bytes that are not all ASCII.
pub(crate) const LONG: &str = "ein_sehr_langer_Name_mit_Umlauten_äöüß_und_noch_viel_mehr_D";

/// The tables of [`SCHEMA`].
pub(crate) fn tables() -> Vec<QualifiedName> {
    [
        "app.documents",
        "\"App \"\"2\"\"\".\"Mixed Case\"",
        "app.events",
        "app.tags",
        "app.keys_of_events",
    ]
    .iter()
    .map(|name| name.parse().unwrap())
    .chain([format!("app.\"{LONG}\"").parse().unwrap()])
    .collect()
}

/// The statements that make them.
pub(crate) fn schema() -> String {
    SCHEMA.replace("LONG", LONG)
}

const SCHEMA: &str = r#"
create extension if not exists vector with schema extensions;
create schema app;
grant usage on schema app to anon, authenticated;
comment on schema app is 'it''s \ the app';
create schema "App ""2""";
create type app.mood as enum ('sad', 'o''k', 'Hap"py');
comment on type app.mood is 'how it feels';
create domain app.percent as numeric(5, 2) default 1.5 not null
    constraint in_range check (value between 0 and 100) constraint "Odd name" check (value <> 13);
create type app.place as (street text collate "C", "Zip Code" varchar(9), feeling app.mood);
create type app.span as range (subtype = float8, subtype_diff = float8mi, multirange_type_name = app.spans_of_it);
create domain app.moods as app.mood[];
create function app.shorten(value text) returns text language sql immutable strict
    return pg_catalog.left(value, 10);
revoke all on function app.shorten(text) from public;
grant execute on function app.shorten(text) to authenticated with grant option;
create function app.is_member(of_team int) returns boolean language plpgsql stable security definer
    set search_path = '' as $f$ begin return of_team > 0; end $f$;

create sequence app.shared_numbers as integer start 7 increment 3 minvalue -5 maxvalue 900 cache 4 cycle;
select pg_catalog.setval('app.shared_numbers', 22, false);
grant usage on sequence app.shared_numbers to authenticated;

create table app.documents (
    gone_1 text,
    id bigint generated always as identity (start 10 increment 5 cache 2),
    team int not null default 1,
    number int default nextval('app.shared_numbers'),
    code serial,
    title text collate "C" not null default 'un\titled "x"',
    short text generated always as (app.shorten(title)) stored,
    body text compression pglz,
    tags text[] not null default '{}'::text[],
    numbers int[][] default '{{1,2},{3,4}}',
    mood app.mood default 'o''k',
    moods app.moods,
    share app.percent,
    place app.place,
    span app.span,
    spans app.spans_of_it,
    gone_2 int,
    metadata jsonb not null default '{}'::jsonb,
    made_at timestamptz(3) default now(),
    embedding extensions.vector(3),
    half extensions.halfvec(4),
    thin extensions.sparsevec(1000),
    signs bit(16),
    flags bit varying(9),
    free extensions.vector,
    "Quoted ""column""" uuid default gen_random_uuid(),
    constraint documents_pkey primary key (team, id) include (code),
    constraint short_enough check (length(title) < 500 and app.is_member(team)),
    constraint "Unique title" unique nulls not distinct (title, mood) deferrable initially deferred,
    constraint apart exclude using gist (span with &&) where (team > 3)
) with (fillfactor = 90, autovacuum_enabled = false, toast.autovacuum_enabled = false);
alter table app.documents drop column gone_1, drop column gone_2;
alter table app.documents alter column metadata set storage main, alter column team set statistics 500;
alter table app.documents alter column team set (n_distinct = 50);
alter table app.documents add constraint later check (code > 0) not valid;
comment on table app.documents is E'line 1\nline ''2''';
comment on column app.documents."Quoted ""column""" is 'a comment with "quotes"';
comment on constraint short_enough on app.documents is 'not too long';
comment on constraint documents_pkey on app.documents is 'the key';

create index documents_hnsw on app.documents using hnsw (embedding extensions.vector_cosine_ops)
    with (m = 8, ef_construction = 40);
create index documents_partial on app.documents
    using hnsw (((free)::extensions.vector(5)) extensions.vector_l2_ops) where (team = 1 and mood = 'sad'::app.mood);
create index documents_half on app.documents using hnsw (half extensions.halfvec_ip_ops);
create index documents_bits on app.documents
    using hnsw ((extensions.binary_quantize(embedding)::bit(3)) extensions.bit_hamming_ops);
create index documents_thin on app.documents using hnsw (thin extensions.sparsevec_l2_ops);
create index documents_lists on app.documents using ivfflat (embedding extensions.vector_l2_ops) with (lists = 2);
create index documents_text on app.documents using gin (tags);
create unique index " USING odd" on app.documents (lower(title) desc nulls last, team) include (code)
    where title <> 'a USING b';
comment on index app.documents_hnsw is 'the index';

alter table app.documents enable row level security;
alter table app.documents force row level security;
create policy "Team reads" on app.documents for select to authenticated, anon
    using (team in (select d.team from app.documents d where d.id = 1) and app.is_member(team));
create policy writes on app.documents as restrictive for all
    using (auth.uid() is not null) with check ((select auth.role()) = 'authenticated');
comment on policy writes on app.documents is 'only who is known';
grant select, insert on app.documents to authenticated;
grant select (id, title), update ("Quoted ""column""") on app.documents to anon;
grant select on app.documents to service_role with grant option;
grant select on sequence app.documents_code_seq to anon;

create function app.touch() returns trigger language plpgsql as $$ begin new.made_at = now(); return new; end $$;
create trigger touch before update of title, body on app.documents
    for each row when (old.title is distinct from new.title) execute function app.touch('an ''argument''');
create trigger "Sleeping one" after insert on app.documents
    referencing new table as fresh for each statement execute function app.touch();
alter table app.documents disable trigger "Sleeping one";
comment on trigger touch on app.documents is 'keeps made_at';

create function app.match_documents(query extensions.vector(3), n int default 5)
returns table (id bigint, distance float8) language sql stable set search_path = '' as $$
    select d.id, d.embedding operator(extensions.<=>) query from app.documents d order by 2 limit n
$$;
comment on function app.match_documents(extensions.vector, int) is 'finds';
grant execute on function app.match_documents to anon;
create function app.count_documents() returns bigint language sql stable
begin atomic
    select count(*) from app.documents;
end;
create procedure app.tidy() language plpgsql as $$ begin delete from app.documents where team = -1; end $$;

create table "App ""2"""."Mixed Case" (
    "Id" uuid primary key default gen_random_uuid(),
    team int,
    document bigint,
    note text,
    foreign key (team, document) references app.documents (team, id) on delete cascade deferrable,
    foreign key ("Id") references auth.users (id) not valid
);
alter table "App ""2"""."Mixed Case" replica identity full;
create index on "App ""2"""."Mixed Case" (document);

create table app.tags (name text primary key, parent text references app.tags (name)) ;
create unlogged table app."LONG" ("LONG" int primary key, v extensions.vector(2));
create index on app."LONG" using hnsw (v extensions.vector_l2_ops);

create table app.keys_of_events (id bigint primary key);
create table app.events (
    id bigint generated by default as identity,
    at timestamptz not null,
    embedding extensions.vector(3),
    primary key (id, at)
) partition by range (at);
create table app.events_2025 partition of app.events for values from ('2025-01-01') to ('2026-01-01');
create table app.events_rest partition of app.events default;
alter table app.events_rest add constraint rest_only check (id > 0);
create index events_hnsw on app.events using hnsw (embedding extensions.vector_l2_ops);
create index events_rest_at on app.events_rest (at);
create trigger touch before insert on app.events for each row execute function app.touch();
alter table app.events add foreign key (id) references app.keys_of_events (id);
"#;
