-- What depends on tables and has to follow the ones that take their places: the statements that let go of the old ones,
-- and those that take hold of the new ones, or why that cannot be.
-- $1 text[]: tables, quoted and qualified
with moved (oid, row_type) as (
    select c.oid, c.reltype
    from pg_catalog.unnest($1::text[]) n (name)
    join pg_catalog.pg_class c on c.oid = pg_catalog.to_regclass(n.name)
),
row_types (oid) as (
    select m.row_type from moved m
    union all
    select t.typarray from moved m join pg_catalog.pg_type t on t.oid = m.row_type
),
rules (oid, relation, name, kind) as (
    select distinct r.oid, r.ev_class, r.rulename, c.relkind
    from pg_catalog.pg_depend d
    join pg_catalog.pg_rewrite r on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and r.oid = d.objid
    join pg_catalog.pg_class c on c.oid = r.ev_class
    where d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
      and d.refobjid in (select m.oid from moved m)
      and r.ev_class not in (select m.oid from moved m)
),
signatures (oid, signature, returns_rows) as (
    select p.oid, pg_catalog.max(p.oid::pg_catalog.regprocedure::text),
        pg_catalog.bool_or(d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass)
    from pg_catalog.pg_depend d
    join pg_catalog.pg_proc p on d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and p.oid = d.objid
    where (d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid in (select m.oid from moved m))
        or (d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass and d.refobjid in (select t.oid from row_types t))
    group by p.oid
),
found (class, oid, owner, why, before, after) as (
    -- Views are made again in their places, which keeps their grants and what depends on them.
    select 'pg_catalog.pg_class'::pg_catalog.regclass, c.oid, c.relowner, null::text, '{}'::text[],
        array[pg_catalog.format(
            'create or replace view %s%s as %s',
            c.oid::pg_catalog.regclass,
            (
                select ' with (' || pg_catalog.string_agg(
                    pg_catalog.format('%I = %L', o.option_name, o.option_value), ', '
                ) || ')'
                from pg_catalog.pg_options_to_table(c.reloptions) o
            ),
            pg_catalog.rtrim(pg_catalog.pg_get_viewdef(c.oid), ';')
        )]
    from rules r
    join pg_catalog.pg_class c on c.oid = r.relation
    where r.kind = 'v' and r.name = '_RETURN'
    union all
    -- A materialized view is dropped and made again, with the rows of the new table.
    select 'pg_catalog.pg_class'::pg_catalog.regclass, c.oid, c.relowner,
        case when exists (
            select
            from pg_catalog.pg_depend d
            where d.deptype in ('n', 'a')
              and (
                  (d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid = c.oid)
                  or (d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass and d.refobjid in (c.reltype, ct.typarray))
              )
              and not (
                  d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                  and d.objid in (select i.indexrelid from pg_catalog.pg_index i where i.indrelid = c.oid)
              )
              and not (
                  d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
                  and d.objid in (select own.oid from pg_catalog.pg_rewrite own where own.ev_class = c.oid)
              )
        ) then 'other objects use it, and it would have to be dropped' end,
        array[pg_catalog.format('drop materialized view %s', c.oid::pg_catalog.regclass)],
        array[
            pg_catalog.format(
                'create materialized view %s using %I%s as %s%s',
                c.oid::pg_catalog.regclass,
                am.amname,
                (
                    select ' with (' || pg_catalog.string_agg(
                        pg_catalog.format('%I = %L', o.option_name, o.option_value), ', '
                    ) || ')'
                    from pg_catalog.pg_options_to_table(c.reloptions) o
                ),
                pg_catalog.rtrim(pg_catalog.pg_get_viewdef(c.oid), ';'),
                case when c.relispopulated then '' else ' with no data' end
            ),
            pg_catalog.format(
                $close$do %L$close$,
                pg_catalog.format(
                    $close$declare grantee text; begin
                        for grantee in
                            select case g.grantee when 0 then 'public'
                                else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(g.grantee)) end
                            from pg_catalog.pg_class c cross join lateral pg_catalog.aclexplode(c.relacl) g
                            where c.oid = %1$L::pg_catalog.regclass and g.grantee <> c.relowner
                        loop
                            execute pg_catalog.format('revoke all on table %%s from %%s', %1$L, grantee);
                        end loop;
                    end$close$,
                    c.oid::pg_catalog.regclass
                )
            )
        ] || array(
            select pg_catalog.pg_get_indexdef(i.indexrelid)
            from pg_catalog.pg_index i
            where i.indrelid = c.oid
            order by i.indexrelid
        ) || array(
            select case when a.attrelid = c.oid
                then pg_catalog.format(
                    'alter materialized view %s alter column %I set statistics %s',
                    c.oid::pg_catalog.regclass, a.attname, a.attstattarget
                )
                else pg_catalog.format(
                    'alter index %s alter column %s set statistics %s',
                    a.attrelid::pg_catalog.regclass, a.attnum, a.attstattarget
                ) end
            from pg_catalog.pg_attribute a
            where a.attstattarget >= 0
              and a.attnum > 0
              and not a.attisdropped
              and (
                  a.attrelid = c.oid
                  or a.attrelid in (select i.indexrelid from pg_catalog.pg_index i where i.indrelid = c.oid)
              )
            order by a.attrelid, a.attnum
        ) || array(
            select pg_catalog.format('comment on index %s is %L', i.indexrelid::pg_catalog.regclass, d.description)
            from pg_catalog.pg_index i
            join pg_catalog.pg_description d
                on d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objoid = i.indexrelid
            where i.indrelid = c.oid
            order by i.indexrelid
        ) || array(
            select pg_catalog.format(
                'grant %s%s on table %s to %s%s',
                g.privilege_type,
                ' (' || pg_catalog.quote_ident(part.name) || ')',
                c.oid::pg_catalog.regclass,
                case g.grantee when 0 then 'public' else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(g.grantee)) end,
                case when g.is_grantable then ' with grant option' end
            )
            from (
                select c.relacl, null
                union all
                select a.attacl, a.attname
                from pg_catalog.pg_attribute a
                where a.attrelid = c.oid and not a.attisdropped
            ) part (acl, name)
            cross join lateral pg_catalog.aclexplode(part.acl) g
            where g.grantee <> c.relowner
        ) || array(
            select pg_catalog.format(
                'comment on %s is %L',
                case when d.objsubid = 0 then pg_catalog.format('materialized view %s', c.oid::pg_catalog.regclass)
                    else pg_catalog.format('column %s.%I', c.oid::pg_catalog.regclass, a.attname) end,
                d.description
            )
            from pg_catalog.pg_description d
            left join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = d.objsubid
            where d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objoid = c.oid
            order by d.objsubid
        ) || array[pg_catalog.format(
            'alter materialized view %s owner to %I',
            c.oid::pg_catalog.regclass,
            pg_catalog.pg_get_userbyid(c.relowner)
        )]
    from rules r
    join pg_catalog.pg_class c on c.oid = r.relation
    join pg_catalog.pg_am am on am.oid = c.relam
    join pg_catalog.pg_type ct on ct.oid = c.reltype
    where r.kind = 'm'
    union all
    select 'pg_catalog.pg_rewrite'::pg_catalog.regclass, r.oid, null, 'a rule stays with its table', '{}', '{}'
    from rules r
    where r.name <> '_RETURN'
    union all
    select 'pg_catalog.pg_rewrite'::pg_catalog.regclass, r.oid, null, 'a rule of the live table is not in the backup', '{}', '{}'
    from pg_catalog.pg_rewrite r
    where r.ev_class in (select m.oid from moved m)
    union all
    -- Foreign keys let go of the old table, and are checked against the new one.
    select 'pg_catalog.pg_constraint'::pg_catalog.regclass, k.oid, c.relowner, null,
        array[pg_catalog.format('alter table %s drop constraint %I', c.oid::pg_catalog.regclass, k.conname)],
        array[pg_catalog.format(
            'alter table %s add constraint %I %s', c.oid::pg_catalog.regclass, k.conname, pg_catalog.pg_get_constraintdef(k.oid)
        )] || coalesce(array[pg_catalog.format(
            'comment on constraint %I on %s is %L',
            k.conname, c.oid::pg_catalog.regclass, pg_catalog.obj_description(k.oid, 'pg_constraint')
        )], '{}')
    from pg_catalog.pg_constraint k
    join pg_catalog.pg_class c on c.oid = k.conrelid
    where k.contype = 'f'
      and k.conparentid = 0
      and k.confrelid in (select m.oid from moved m)
      and k.conrelid not in (select m.oid from moved m)
    union all
    select distinct 'pg_catalog.pg_policy'::pg_catalog.regclass, p.oid, c.relowner, null, '{}'::text[],
        array[pg_catalog.format(
            'alter policy %I on %s%s%s',
            p.polname,
            c.oid::pg_catalog.regclass,
            ' using (' || pg_catalog.pg_get_expr(p.polqual, p.polrelid) || ')',
            ' with check (' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) || ')'
        )]
    from pg_catalog.pg_depend d
    join pg_catalog.pg_policy p on d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass and p.oid = d.objid
    join pg_catalog.pg_class c on c.oid = p.polrelid
    where d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
      and d.refobjid in (select m.oid from moved m)
      and p.polrelid not in (select m.oid from moved m)
    union all
    select 'pg_catalog.pg_publication_rel'::pg_catalog.regclass, r.oid, p.pubowner, null,
        array[pg_catalog.format('alter publication %I drop table %s', p.pubname, r.prrelid::pg_catalog.regclass)],
        array[pg_catalog.format(
            'alter publication %I add table %s%s%s',
            p.pubname,
            r.prrelid::pg_catalog.regclass,
            (
                select ' (' || pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' order by a.attnum) || ')'
                from pg_catalog.pg_attribute a
                where a.attrelid = r.prrelid and a.attnum = any (r.prattrs::int2[])
            ),
            ' where (' || pg_catalog.pg_get_expr(r.prqual, r.prrelid) || ')'
        )]
    from pg_catalog.pg_publication_rel r
    join pg_catalog.pg_publication p on p.oid = r.prpubid
    where r.prrelid in (select m.oid from moved m)
    union all
    -- A function whose body the server has read takes hold of the new table when it is made again: before materialized
    -- views, which ask it for their rows. What a body that is text names may not be there again by then.
    select 'pg_catalog.pg_proc'::pg_catalog.regclass, p.oid, p.proowner, null, '{}',
        array['set local check_function_bodies = off', pg_catalog.pg_get_functiondef(p.oid)]
    from signatures s
    join pg_catalog.pg_proc p on p.oid = s.oid
    where not s.returns_rows and p.prokind in ('f', 'p')
    union all
    -- One that takes or returns the table's rows is dropped first: its type goes away with the old table.
    select 'pg_catalog.pg_proc'::pg_catalog.regclass, p.oid, p.proowner,
        case when p.prokind not in ('f', 'p') then 'only plain functions can be made again'
            when exists (
                select from pg_catalog.pg_depend d
                where d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.refobjid = p.oid
            ) then 'it uses the type of the table''s rows, and other objects use it' end,
        array[pg_catalog.format('drop routine %s', s.signature)],
        array[
            pg_catalog.pg_get_functiondef(p.oid),
            -- Default privileges open it to more than everybody, such as the API roles.
            pg_catalog.format(
                $close$do %L$close$,
                pg_catalog.format(
                    $close$declare grantee text; begin
                        for grantee in
                            select case g.grantee when 0 then 'public'
                                else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(g.grantee)) end
                            from pg_catalog.pg_proc p
                            cross join lateral pg_catalog.aclexplode(
                                coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))
                            ) g
                            where p.oid = %1$L::pg_catalog.regprocedure
                        loop
                            execute pg_catalog.format('revoke all on routine %%s from %%s', %1$L, grantee);
                        end loop;
                    end$close$,
                    s.signature
                )
            )
        ] || array(
            select pg_catalog.format(
                'grant execute on routine %s to %s%s',
                s.signature,
                case g.grantee when 0 then 'public' else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(g.grantee)) end,
                case when g.is_grantable then ' with grant option' end
            )
            from pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) g
        ) || array[pg_catalog.format(
            'comment on routine %s is %L', s.signature, pg_catalog.obj_description(p.oid, 'pg_proc')
        )] || array[pg_catalog.format(
            'alter routine %s owner to %I', s.signature, pg_catalog.pg_get_userbyid(p.proowner)
        )]
    from signatures s
    join pg_catalog.pg_proc p on p.oid = s.oid
    where s.returns_rows
    union all
    select 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass, s.oid, s.stxowner, null,
        array[pg_catalog.format('drop statistics %I.%I', n.nspname, s.stxname)],
        array[pg_catalog.pg_get_statisticsobjdef(s.oid)] || array(
            select pg_catalog.format('alter statistics %I.%I set statistics %s', n.nspname, s.stxname, s.stxstattarget)
            where s.stxstattarget >= 0
        ) || array(
            select pg_catalog.format('comment on statistics %I.%I is %L', n.nspname, s.stxname, d.description)
            from pg_catalog.pg_description d
            where d.classoid = 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass and d.objoid = s.oid
        ) || array[pg_catalog.format(
            'alter statistics %I.%I owner to %I', n.nspname, s.stxname, pg_catalog.pg_get_userbyid(s.stxowner)
        )]
    from pg_catalog.pg_statistic_ext s
    join pg_catalog.pg_namespace n on n.oid = s.stxnamespace
    where s.stxrelid in (select m.oid from moved m)
    union all
    select distinct d.classid::pg_catalog.regclass, d.objid, null::oid, 'it uses the type of the table''s rows', '{}'::text[], '{}'::text[]
    from pg_catalog.pg_depend d
    where d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass
      and d.refobjid in (select t.oid from row_types t where t.oid <> 0)
      and d.classid <> 'pg_catalog.pg_proc'::pg_catalog.regclass
      and d.deptype = 'n'
    union all
    select 'pg_catalog.pg_class'::pg_catalog.regclass, i.inhrelid, null, 'it is a part of the live table', '{}', '{}'
    from pg_catalog.pg_inherits i
    where i.inhparent in (select m.oid from moved m) and i.inhrelid not in (select m.oid from moved m)
    union all
    select 'pg_catalog.pg_class'::pg_catalog.regclass, i.inhparent, null, 'the live table is a part of it', '{}', '{}'
    from pg_catalog.pg_inherits i
    where i.inhrelid in (select m.oid from moved m) and i.inhparent not in (select m.oid from moved m)
    union all
    select 'pg_catalog.pg_attrdef'::pg_catalog.regclass, a.oid, null, 'it counts with a sequence of the live table', '{}', '{}'
    from pg_catalog.pg_depend owned
    join pg_catalog.pg_depend d
        on d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid = owned.objid
    join pg_catalog.pg_attrdef a on d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass and a.oid = d.objid
    where owned.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
      and owned.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
      and owned.refobjid in (select m.oid from moved m)
      and owned.deptype in ('a', 'i')
      and a.adrelid not in (select m.oid from moved m)
)
select
    pg_catalog.pg_describe_object(f.class, f.oid, 0) as object,
    case
        when f.why is not null then f.why
        when not pg_catalog.pg_has_role(f.owner, 'USAGE')
            then pg_catalog.format('role %I owns it', pg_catalog.pg_get_userbyid(f.owner))
    end as why,
    f.before,
    f.after,
    array(
        select distinct pg_catalog.jsonb_build_array(n.nspname, c.relname, a.attname)::text
        from pg_catalog.pg_depend used
        join pg_catalog.pg_attribute a on a.attrelid = used.refobjid and a.attnum = used.refobjsubid
        join pg_catalog.pg_class c on c.oid = used.refobjid
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where used.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
          and used.refobjid in (select m.oid from moved m)
          and used.refobjsubid > 0
          and (
              (used.classid = f.class and used.objid = f.oid)
              or (
                  used.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
                  and used.objid in (select r.oid from pg_catalog.pg_rewrite r where r.ev_class = f.oid)
                  and f.class = 'pg_catalog.pg_class'::pg_catalog.regclass
              )
          )
    ) as uses
from found f
order by
    case when f.class <> 'pg_catalog.pg_proc'::pg_catalog.regclass then 1 when f.before = '{}' then 0 else 2 end,
    1
