#!/usr/bin/env bash
# The migration of `vecops setup migration` through the real Supabase CLI: pushed to an embedded server, after
# which `vecops setup plan` must find no difference and the CLI's advisors nothing about vecops' objects.
#
#   tests/supabase_cli.sh [MAJOR]...      (18 and 16 unless named)
#
# Needs npm (the CLI is the package `supabase`, version 3). VECOPS names another `vecops` than the one built here.
set -euo pipefail

cd "$(dirname "$0")/.."
if ! command -v npx >/dev/null; then
    echo "supabase_cli.sh: npm is not here, so the real Supabase CLI cannot run: NOTHING WAS CHECKED" >&2
    exit 3
fi
vecops=${VECOPS:-$PWD/target/debug/vecops}
if [ -z "${VECOPS:-}" ]; then
    cargo build --quiet
fi

supabase() {
    SUPABASE_TELEMETRY_DISABLED=1 DO_NOT_TRACK=1 npx --yes supabase@3 "$@"
}

# The embedded server runs as another user when this is root: its folder must be passable.
work=$(mktemp -d)
chmod 711 "$work"
majors=("$@")
[ ${#majors[@]} -gt 0 ] || majors=(18 16)
trap 'for major in "${majors[@]}"; do "$vecops" embedded stop --major "$major" --dir "$work/data$major" >/dev/null 2>&1 || true; done; rm -rf "$work"' EXIT

mkdir -p "$work/project/supabase"
cd "$work/project"
cat > vecops.toml <<'TOML'
[collections.passages]
dimensions = 384
model = "all-MiniLM-L6-v2"
normalized = true
index_metadata = true

[collections.notes]
dimensions = 1536
element = "halfvec"
id = "uuid"
policy = "owner"

[collections.facts]
schema = "library"
dimensions = 768
id = "text"
metric = "inner-product"
policy = "public-read"
index = { m = 24, iterative_scan = "strict_order" }
TOML
printf 'project_id = "vecops"\n' > supabase/config.toml

"$vecops" setup migration --name vector_collections
supabase --version

for major in "${majors[@]}"; do
    echo "== PostgreSQL $major"
    "$vecops" embedded start --major "$major" --dir "$work/data$major" >/dev/null
    VECOPS_DB_URL=$("$vecops" embedded url --major "$major" --dir "$work/data$major")
    export VECOPS_DB_URL

    echo "-- supabase db push"
    supabase db push --remote="$VECOPS_DB_URL" --yes
    echo "-- supabase migration list"
    supabase migration list --remote="$VECOPS_DB_URL"
    echo "-- vecops setup plan"
    "$vecops" setup plan
    # The URL already has parameters. Most lints look only at the schemas that the API serves, which PostgREST's setting names on Supabase.
    api="$VECOPS_DB_URL&options=-c%20pgrst.db_schemas%3Dpublic%2Clibrary"
    echo "-- supabase db advisors"
    supabase db advisors --remote="$api" --output-format json | tee advisors.json
    if grep -Eq 'passages|notes|facts|match_|vecops' advisors.json; then
        echo "supabase_cli.sh: the advisors report something about vecops' objects" >&2
        exit 1
    fi
    # At the level info there is one more lint that a new database cannot satisfy: an index that no query used yet.
    supabase db advisors --remote="$api" --level info --output-format json > advisors.json
    others=$(grep -o '"name":"[a-z_]*","title"' advisors.json | sort | uniq -c | grep -v '"unused_index"' || true)
    if [ -n "$others" ]; then
        echo "supabase_cli.sh: at the level info the advisors report: $others" >&2
        exit 1
    fi
    # The same advisors do find what is wrong: a table of the API without row-level security.
    supabase db query --remote="$VECOPS_DB_URL" --yes 'create table control (id int primary key)' > /dev/null
    supabase db query --remote="$VECOPS_DB_URL" --yes 'grant select on control to anon' > /dev/null
    supabase db advisors --remote="$api" --output-format json > advisors.json
    if ! grep -q '"rls_disabled_in_public"' advisors.json; then
        echo "supabase_cli.sh: the advisors found nothing wrong with a table without row-level security" >&2
        exit 1
    fi
    echo "-- supabase db push, a second time"
    supabase db push --remote="$VECOPS_DB_URL" --yes
done
echo "the Supabase CLI applied vecops' migration, the plan found no difference, the advisors nothing to say"
