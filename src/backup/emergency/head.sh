#!/bin/sh
# Restores this backup with zstd and psql alone (and python3 where chunks are planes): see EMERGENCY.md.
#
#     sh emergency.sh 'postgresql://postgres:PASSWORD@HOST:5432/postgres'
#
# It stops at the first thing that is not right, and says what.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
repository=${REPOSITORY:-$here/../../..}
target=${1:?name the database: sh emergency.sh postgresql://USER:PASSWORD@HOST:5432/DATABASE}
export PGCLIENTENCODING=UTF8
settings="set search_path = pg_catalog, pg_temp; set statement_timeout = 0; set datestyle = 'ISO, YMD'; set intervalstyle = 'postgres'; set timezone = 'UTC'"

say() { printf '%s\n' "$*" >&2; }
run() { psql -X -q -v ON_ERROR_STOP=1 -c "$settings" "$@" "$target" > /dev/null; }
sum() { if command -v sha256sum > /dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1; }

# check FILE SHA256
check() {
    [ -f "$repository/objects/$1" ] || { say "the chunk $1 is missing"; exit 1; }
    [ "$(sum "$repository/objects/$1")" = "$2" ] || { say "the chunk $1 is damaged"; exit 1; }
}

# load FILE STATEMENT...: the rows of a chunk; each statement is one of psql's, all in one session
load() {
    file=$1
    shift
    for statement in "$@"; do
        set -- "$@" -c "$statement"
        shift
    done
    case $file in
        *.planes.zst) zstd -q -dc "$repository/objects/$file" | python3 "$here/decode.py" | run "$@" ;;
        *) zstd -q -dc "$repository/objects/$file" | run "$@" ;;
    esac
}

# count TABLE ROWS
count() {
    found=$(psql -X -A -t -q -v ON_ERROR_STOP=1 -c "set row_security = off" -c "select count(*) from $1" "$target")
    [ "$found" = "$2" ] || { say "$1 holds $found rows instead of $2"; exit 1; }
    say "$1: $2 rows"
}

command -v zstd > /dev/null || { say "zstd is not here: install it"; exit 1; }
command -v psql > /dev/null || { say "psql is not here: install it"; exit 1; }

