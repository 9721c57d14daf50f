#!/bin/sh
# Which lines of the backup's format, chunks, repository and restore ledger no test reaches. Needs `rustup component add
# llvm-tools`. The package alone is instrumented, so that its dependencies are not built again.
set -eu
cd "$(dirname "$0")/.."
work=${COVERAGE_FOLDER:-target/coverage}
mkdir -p "$work"
work=$(cd "$work" && pwd)
rm -f "$work"/*.profraw
printf '#!/bin/sh\nexec "$@" -C instrument-coverage\n' > "$work/rustc"
chmod +x "$work/rustc"
export RUSTC_WORKSPACE_WRAPPER="$work/rustc" LLVM_PROFILE_FILE="$work/vecops-%4m.profraw"

cargo test --no-run --lib --test integration --message-format=json-render-diagnostics > "$work/built.json"
programs=$(sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' "$work/built.json")
rm -f "$work"/*.profraw
lib= integration= vecops=
for program in $programs; do
    case $program in
        */integration-*) integration=$program ;;
        */deps/vecops-*) lib=$program ;;
        */vecops) vecops=$program ;;
    esac
done
"$lib" --quiet backup::
"$integration" --quiet backup:: restore::

tools=$(rustc --print target-libdir)/../bin
"$tools/llvm-profdata" merge -sparse "$work"/*.profraw -o "$work/merged.profdata"
files="src/backup/manifest.rs src/backup/chunk.rs src/backup/chunk/*.rs src/backup/chunk/planes/*.rs src/backup/digest.rs src/backup/key.rs
    src/backup/repository.rs src/backup/repository/*.rs src/backup/restore/ledger.rs src/backup/dump/journal.rs src/backup/prune.rs"
cover() {
    kind=$1
    shift
    "$tools/llvm-cov" "$kind" "$lib" -object "$integration" -object "$vecops" -instr-profile "$work/merged.profdata" "$@" $files
}
# The table counts a line that generic code repeats once for each of its instances, what follows counts it once.
cover report --show-region-summary=false --show-branch-summary=false
cover export -format=lcov | awk -F'[:,]' '
    /^DA:/ { lines++; reached += $3 > 0 }
    END { printf "lines that tests reach: %d of %d\n", reached, lines }'
echo "lines that no test reaches:"
cover show --show-instantiations=false | awk '
    /^\/.*:$/ { file = $0 }
    /^ *[0-9]+\| *0\|/ { print file, $0 }'
