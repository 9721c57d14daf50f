#!/usr/bin/env python3
"""Loads the same rows by every way there is, side by side, into an embedded server of its own.

    python3 benches/seed.py [--rows 250000] [--dimensions 384] [--vecs-rows 5000] [--json FILE]
    python3 benches/seed.py --data embeddings.jsonl     # real embeddings: id, content, metadata, embedding

Time is wall time from start to commit. For the programs it includes their start and, for vecops, ANALYZE; for the
Python libraries it leaves out the import and the reading of arrays into memory. Each way loads into a new table without
a vector index and its rows are counted afterwards. The ceiling is `psql \\copy` of a prepared binary COPY file, which
only passes bytes on. Everything happens in a temporary folder; the libraries are installed into target/bench-venv.
"""
import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIBRARIES = ["numpy", "psycopg[binary]", "psycopg2-binary", "pgvector", "vecs"]

PGVECTOR_PYTHON = """
import json, resource, sys, time, numpy, psycopg
from pgvector.psycopg import register_vector
url, array, side = sys.argv[1:]
vectors = numpy.load(array)
rows = [json.loads(line) for line in open(side)]
rows = [(row["id"], row["content"], json.dumps(row["metadata"])) for row in rows]
started = time.perf_counter()
with psycopg.connect(url, options="-c search_path=public,extensions") as connection:
    register_vector(connection)
    with connection.cursor() as cursor:
        with cursor.copy("copy bench (id, content, metadata, embedding) from stdin with (format binary)") as copy:
            copy.set_types(["int8", "text", "jsonb", "vector"])
            for (id, content, metadata), vector in zip(rows, vectors):
                copy.write_row((id, content, metadata, vector))
print(time.perf_counter() - started)
"""

VECS = """
import json, sys, time, numpy, vecs
url, array, side, count = sys.argv[1:]
count = int(count)
vectors = numpy.load(array, mmap_mode="r")[:count]
rows = [json.loads(line) for line, _ in zip(open(side), range(count))]
client = vecs.create_client(url)
collection = client.get_or_create_collection(name="bench", dimension=vectors.shape[1])
records = [(str(row["id"]), vector, {"content": row["content"], **row["metadata"]}) for row, vector in zip(rows, vectors)]
started = time.perf_counter()
collection.upsert(records=records)
print(time.perf_counter() - started)
"""


def main():
    options = arguments()
    folder = Path(tempfile.mkdtemp(prefix="vecops-bench-"))
    folder.chmod(0o711)
    bench = Bench(options, folder)
    try:
        bench.start()
        results = bench.run()
    finally:
        bench.stop()
        shutil.rmtree(folder, ignore_errors=True)
    show(results, options)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=250_000)
    parser.add_argument("--dimensions", type=int, default=384)
    parser.add_argument("--vecs-rows", type=int, default=5_000, help="rows for the slow `vecs` upsert")
    parser.add_argument("--data", type=Path, help="JSON Lines or Parquet that this vecops reads, instead of made-up rows")
    parser.add_argument("--vecops", type=Path, default=ROOT / "target/release/vecops")
    parser.add_argument("--venv", type=Path, default=ROOT / "target/bench-venv")
    parser.add_argument("--json", type=Path, default=ROOT / "target/bench-seed.json")
    options = parser.parse_args()
    options.vecops, options.venv = options.vecops.absolute(), options.venv.absolute()
    if not options.vecops.exists():
        sys.exit(f"{options.vecops} is not there: run `cargo build --release`, or name another with --vecops")
    return options


class Bench:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.environment = dict(os.environ, XDG_DATA_HOME=str(folder / "data"))
        self.environment.pop("VECOPS_PROFILE", None)
        self.results = []
        self.rows = options.rows
        self.dimensions = options.dimensions

    def vecops(self, *arguments):
        return [str(self.options.vecops), *map(str, arguments)]

    def output(self, command):
        done = subprocess.run(command, env=self.environment, stdout=subprocess.PIPE, cwd=self.folder, text=True)
        if done.returncode != 0:
            sys.exit(f"{command[0]} {command[1]} ended with {done.returncode}")
        return done.stdout.strip()

    def start(self):
        if not self.options.venv.exists():
            subprocess.run([sys.executable, "-m", "venv", self.options.venv], check=True)
            subprocess.run([self.options.venv / "bin/pip", "install", "--quiet", *LIBRARIES], check=True)
        self.output(self.vecops("embedded", "start", "--quiet"))
        self.url = self.output(self.vecops("embedded", "url", "--quiet"))
        self.environment["VECOPS_DB_URL"] = self.url
        self.sql("create extension if not exists vector with schema extensions")

    def stop(self):
        environment = {name: value for name, value in self.environment.items() if name != "VECOPS_DB_URL"}
        subprocess.run(self.vecops("embedded", "stop", "--quiet"), env=environment, stdout=subprocess.DEVNULL)

    def sql(self, text):
        return self.output(["psql", self.url, "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", text])

    def table(self):
        self.sql(
            "drop table if exists public.bench; create table public.bench (id bigint primary key, "
            f"content text, metadata jsonb, embedding extensions.vector({self.dimensions}))"
        )

    def measure(self, name, command, own_time=False, rows=None, table="public.bench"):
        """Runs a way to its end and keeps its rate and its peak memory."""
        started = time.perf_counter()
        process = subprocess.Popen(command, env=self.environment, cwd=self.folder, stdout=subprocess.PIPE, text=True)
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        if os.waitstatus_to_exitcode(status) != 0:
            sys.exit(f"{name} failed")
        if own_time:
            seconds = float(said)
        expected = rows or self.rows
        found = int(self.sql(f"select count(*) from {table}"))
        if found != expected:
            sys.exit(f"{name} loaded {found} rows of {expected}")
        peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        result = {"way": name, "rows": expected, "seconds": seconds, "rows_per_second": expected / seconds}
        self.results.append(dict(result, peak_bytes=peak))
        print(f"{name}: {seconds:.1f} s", file=sys.stderr)

    def run(self):
        rows, array, side = "rows.jsonl", "vectors.npy", "vectors.jsonl"
        if self.options.data:
            self.real_rows()
        else:
            shape = ["--rows", self.rows, "--dimensions", self.dimensions, "--quiet"]
            self.output(self.vecops("synthesize", *shape, "--to", rows))
        self.table()
        seed = ["seed", "public.bench", "--yes", "--quiet", "--from"]
        self.measure("vecops, JSON Lines", self.vecops(*seed, rows))
        self.output(self.vecops("export", "public.bench", "--to", "rows.pgcopy", "--quiet"))
        self.output(self.vecops("export", "public.bench", "--to", array, "--quiet"))
        help_text = self.output(self.vecops("seed", "--help"))
        if ".npy" in help_text or "NumPy" in help_text:
            self.table()
            self.measure("vecops, npy", self.vecops(*seed, array))
        if self.options.data and self.options.data.suffix == ".parquet":
            self.table()
            self.measure("vecops, Parquet", self.vecops(*seed, self.options.data.resolve()))
        self.table()
        copy = "\\copy public.bench from 'rows.pgcopy' with (format binary)"
        self.measure("psql \\copy, PGCOPY", ["psql", self.url, "-Xq", "-v", "ON_ERROR_STOP=1", "-c", copy])
        python = str(self.options.venv / "bin/python")
        self.table()
        self.measure("pgvector-python, COPY", [python, "-c", PGVECTOR_PYTHON, self.url, array, side], own_time=True)
        few = min(self.rows, self.options.vecs_rows)
        command = [python, "-c", VECS, self.url.replace("postgres://", "postgresql://"), array, side, str(few)]
        self.measure("vecs, upsert", command, own_time=True, rows=few, table="vecs.bench")
        return self.results

    def real_rows(self):
        """Loads the data once, to know their shape, and writes them as the other ways need them."""
        self.sql(
            "drop table if exists public.bench; create table public.bench (id bigint primary key, "
            "content text, metadata jsonb, embedding extensions.vector)"
        )
        self.output(self.vecops("seed", "public.bench", "--yes", "--quiet", "--from", self.options.data.resolve()))
        self.rows = int(self.sql("select count(*) from public.bench"))
        self.dimensions = int(self.sql("select extensions.vector_dims(embedding) from public.bench limit 1"))
        self.output(self.vecops("export", "public.bench", "--to", "rows.jsonl", "--quiet"))


def show(results, options):
    ceiling = next(result for result in results if result["way"].startswith("psql"))["rows_per_second"]
    for result in results:
        result["of_ceiling"] = result["rows_per_second"] / ceiling
    print(f"{'way':<24} {'rows':>9} {'seconds':>8} {'rows/s':>9} {'of psql':>8} {'peak MB':>8}")
    for result in results:
        print(
            f"{result['way']:<24} {result['rows']:>9,} {result['seconds']:>8.1f} {result['rows_per_second']:>9,.0f}"
            f" {result['of_ceiling']:>8.2f} {result['peak_bytes'] / 1e6:>8.0f}"
        )
    document = {
        "kind": "bench-seed",
        "machine": {"processors": os.cpu_count(), "system": platform.system(), "architecture": platform.machine()},
        "made_up": options.data is None,
        "dimensions": options.dimensions if options.data is None else None,
        "results": results,
    }
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(document, indent=2) + "\n")
    print(f"written: {options.json}", file=sys.stderr)


if __name__ == "__main__":
    main()
