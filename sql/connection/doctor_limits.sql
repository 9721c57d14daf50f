-- The time limits of this session in milliseconds (0: none) and where each was set.
select settings.name::text       as name,
       settings.setting::float8 * case settings.unit when 's' then 1000 when 'min' then 60000 else 1 end as milliseconds,
       settings.source::text     as source
from pg_catalog.pg_settings settings
where settings.name in ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout',
                        'idle_session_timeout', 'transaction_timeout')
order by settings.name
