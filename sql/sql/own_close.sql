-- Closes the tables of vecops that somebody other than their owner may use, or that lack row-level security: what default
-- privileges gave to API roles is taken away again. Tables that are closed are not touched. No parameters.
do $$
declare
    own record;
    grantee record;
begin
    for own in
        select c.oid::pg_catalog.regclass as name, c.relrowsecurity as is_secured, c.relowner as owner, c.relacl as acl
        from pg_catalog.pg_class c
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'vecops'
          and c.relkind = 'r'
          and pg_catalog.pg_has_role(c.relowner, 'USAGE')
    loop
        if not own.is_secured then
            execute pg_catalog.format('alter table %s enable row level security', own.name);
        end if;
        for grantee in
            select distinct g.grantee as oid from pg_catalog.aclexplode(own.acl) g where g.grantee <> own.owner
        loop
            execute pg_catalog.format(
                'revoke all on table %s from %s',
                own.name,
                case grantee.oid when 0 then 'public' else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(grantee.oid)) end
            );
        end loop;
    end loop;
end
$$
