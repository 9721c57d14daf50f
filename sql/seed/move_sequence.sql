-- Moves a sequence so that its next value follows a key. No row where it is already beyond.
-- $1 text: the sequence, quoted
-- $2 int8: the key
select pg_catalog.setval($1::text::pg_catalog.regclass, $2::int8, true) as moved_to
from pg_catalog.pg_sequence s
where s.seqrelid = $1::text::pg_catalog.regclass::oid
  and s.seqincrement > 0
  and $2::int8 >= s.seqmin
  and $2::int8 <= s.seqmax
  and coalesce(pg_catalog.pg_sequence_last_value(s.seqrelid), s.seqstart - s.seqincrement) < $2::int8
