#!/usr/bin/env python3
"""Finds the exact neighbours of many queries twice: by vecops on this machine, and by one SQL statement on the server.

    python3 benches/exact.py                          # 250,000 rows of 384 dimensions, 500 queries
    VECOPS_BENCH_DATA=packages.parquet VECOPS_BENCH_QUERIES=queries.parquet python3 benches/exact.py
    python3 benches/exact.py --rows 20000 --queries 50

Rows come as in benches/seed.py; without a file of queries, rows with noise are the queries. Both are timed from the start
of a program to its end; the server may use its parallel workers. The ids must be equal, but for rows whose distances
agree to seven digits, where the server adds up in 32 bits.
"""
import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from seed import ROOT, Bench

QUERIES = """
import json, sys, numpy, pyarrow.parquet as parquet
source, count, noisy = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "noisy"
vectors = numpy.stack(parquet.read_table(source, columns=["embedding"])["embedding"].to_numpy()).astype(numpy.float32)
random = numpy.random.default_rng(7)
if noisy:
    vectors = vectors[random.choice(len(vectors), count)]
    vectors = vectors + random.normal(0, 0.03, vectors.shape).astype(numpy.float32)
with open("queries.jsonl", "w") as file:
    for vector in vectors[:count]:
        print(json.dumps({"embedding": [float(x) for x in vector]}), file=file)
"""

BY_SERVER = """
set client_min_messages = error; set statement_timeout = 0;
create temp table questions (n serial, line jsonb);
\\copy questions (line) from 'queries.jsonl' with (format csv, quote e'\\x01', delimiter e'\\x02')
create temp table asked as select n, (line ->> 'embedding')::extensions.vector as vector from questions;
analyze asked;
select q.n - 1, array_to_json(array_agg(array[s.id, s.distance] order by s.distance, s.id))
from asked q cross join lateral (
  select b.id::float8 as id, extensions.cosine_distance(b.embedding, q.vector) as distance
  from public.bench b order by 2 limit 10) s
group by q.n order by q.n;
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=250_000)
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--data", type=Path, default=os.environ.get("VECOPS_BENCH_DATA"))
    parser.add_argument("--asked", type=Path, default=os.environ.get("VECOPS_BENCH_QUERIES"), help="queries in Parquet")
    parser.add_argument("--vecops", type=Path, default=ROOT / "target/release/vecops")
    parser.add_argument("--venv", type=Path, default=ROOT / "target/bench-venv")
    parser.add_argument("--json", type=Path, default=ROOT / "target/bench-exact.json")
    options = parser.parse_args()
    options.vecops, options.venv = options.vecops.absolute(), options.venv.absolute()
    options.data = options.data and Path(options.data).absolute()
    options.asked = options.asked and Path(options.asked).absolute()
    folder = Path(tempfile.mkdtemp(prefix="vecops-bench-"))
    folder.chmod(0o711)
    bench = Bench(options, folder)
    try:
        bench.start()
        result = compare(bench, options)
    finally:
        bench.stop()
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(result, indent=2))
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(result, indent=2) + "\n")


def compare(bench, options):
    bench.dimensions = 384
    is_real = bench.prepare(384, options.rows)
    asked = [options.asked, options.queries, "as they are"] if options.asked else ["rows.parquet", options.queries, "noisy"]
    bench.output(bench.python(QUERIES, *asked))
    bench.table()
    bench.output(bench.vecops("seed", "public.bench", "--yes", "--quiet", "--from", "rows.parquet"))
    bench.sql("vacuum analyze public.bench")
    ours, seconds = timed(bench, bench.vecops("bench", "exact", "public.bench", "--queries", "queries.jsonl", "--json"))
    (bench.folder / "exact.sql").write_text(BY_SERVER)
    script = ["psql", bench.url, "-XAtq", "-v", "ON_ERROR_STOP=1", "-f", "exact.sql"]
    theirs, server_seconds = timed(bench, script)
    ours = json.loads(ours)["data"]["queries"]
    theirs = [json.loads(line.split("|", 1)[1]) for line in theirs.splitlines()]
    different = [query["query"] for query, rows in zip(ours, theirs, strict=True) if not same(query, rows)]
    return {
        "kind": "bench-exact",
        "rows": options.rows,
        "made_up": not is_real,
        "queries": len(ours),
        "server": bench.server,
        "vecops_seconds": seconds,
        "sql_seconds": server_seconds,
        "times_as_fast": server_seconds / seconds,
        "queries_with_other_ids": different,
    }


def same(query, rows):
    """Whether the server's rows are ours, up to ties in 32 bits."""
    bound = query["distances"][9]
    ids = set(query["ids"])
    return all(str(int(id)) in ids or abs(distance - bound) <= 2e-7 for id, distance in rows)


def timed(bench, command):
    started = time.perf_counter()
    output = bench.output(command)
    return output, time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())
