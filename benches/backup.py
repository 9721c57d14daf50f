#!/usr/bin/env python3
"""Dumps the same tables by vecops, by pg_dump at its best, and by psql's binary COPY, side by side.

    python3 benches/backup.py [--rows 250000] [--wide-rows 50000] [--data embeddings.parquet] [--rounds 3]

One table of 384 dimensions and one of 1,536, each with an id, a text and a jsonb column, in an embedded server of its own.
With --data (Parquet or JSON Lines that `vecops seed` reads) the first table is those rows, repeated with noise until there
are enough; otherwise rows are made up. Each way dumps both tables to files, `--rounds` times in turns, so that a busy
moment of the machine meets all of them; the median counts. Everything happens in a temporary folder. pg_dump is the first
that can read the server; where it was built without zstd, `-Z0` goes through `zstd -1`.
"""
import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main():
    options = arguments()
    folder = Path(tempfile.mkdtemp(prefix="vecops-bench-", dir=options.folder))
    folder.chmod(0o711)
    bench = Bench(options, folder)
    try:
        bench.start()
        bench.fill()
        results = bench.run()
    finally:
        bench.stop()
        shutil.rmtree(folder, ignore_errors=True)
    show(results, bench, options)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=250_000, help="rows of 384 dimensions")
    parser.add_argument("--wide-rows", type=int, default=50_000, help="rows of 1,536 dimensions")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--data", type=Path, default=os.environ.get("VECOPS_BENCH_DATA"))
    parser.add_argument("--folder", type=Path, help="where the temporary folder is made")
    parser.add_argument("--pg-dump", help="the pg_dump to compare with; without it the first that can read the server")
    parser.add_argument("--vecops", type=Path, default=ROOT / "target/release/vecops")
    parser.add_argument("--json", type=Path, default=ROOT / "target/bench-backup.json")
    options = parser.parse_args()
    options.vecops = options.vecops.absolute()
    if options.data:
        options.data = Path(options.data).resolve()
    if not options.vecops.exists():
        sys.exit(f"{options.vecops} is not there: run `cargo build --release`, or name another with --vecops")
    return options


class Bench:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.environment = dict(os.environ, XDG_DATA_HOME=str(folder / "data"))
        self.environment.pop("VECOPS_PROFILE", None)
        self.tables = []

    def vecops(self, *arguments):
        return [str(self.options.vecops), *map(str, arguments)]

    def output(self, command):
        done = subprocess.run(command, env=self.environment, stdout=subprocess.PIPE, cwd=self.folder, text=True)
        if done.returncode != 0:
            sys.exit(f"{Path(command[0]).name} ended with {done.returncode}")
        return done.stdout.strip()

    def start(self):
        self.output(self.vecops("embedded", "start", "--quiet"))
        self.url = self.output(self.vecops("embedded", "url", "--quiet"))
        self.environment["VECOPS_DB_URL"] = self.url
        self.server = int(self.sql("show server_version_num")) // 10_000
        self.sql("create extension if not exists vector with schema extensions")

    def stop(self):
        environment = {name: value for name, value in self.environment.items() if name != "VECOPS_DB_URL"}
        subprocess.run(self.vecops("embedded", "stop", "--quiet"), env=environment, stdout=subprocess.DEVNULL)

    def sql(self, text):
        return self.output(["psql", self.url, "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", "set statement_timeout = 0", "-c", text])

    def fill(self):
        if self.options.rows:
            self.table("small", self.options.rows, 384, self.options.data)
        if self.options.wide_rows:
            self.table("wide", self.options.wide_rows, 1536, None)

    def table(self, name, rows, dimensions, data):
        """Makes a table of so many rows; real ones are repeated with noise, so that no two vectors are the same."""
        columns = f"(id bigint primary key, content text, metadata jsonb, embedding extensions.vector({dimensions}))"
        self.sql(f"create table public.{name} {columns}; create table public.seeded (like public.{name} including all)")
        rows_file = data
        if rows_file is None:
            rows_file = self.folder / f"{name}.jsonl"
            shape = ["--rows", rows, "--dimensions", dimensions, "--quiet"]
            self.output(self.vecops("synthesize", *shape, "--to", rows_file))
        self.output(self.vecops("seed", "public.seeded", "--yes", "--quiet", "--from", rows_file))
        noise = "(random() - 0.5) * 0.02" if data else "0"
        self.sql(
            "select setseed(0.5); create table public.noise as select n, (select array_agg(%s) "
            "from generate_series(1, %d) where n >= 0)::extensions.vector as noise from generate_series(0, 996) n; "
            "insert into public.%s select row_number() over (), content, metadata, "
            "embedding operator(extensions.+) noise from (select s.content, s.metadata, s.embedding, "
            "(s.id * 31 + copy * 7) %% 997 as n from generate_series(0, %d) copy cross join public.seeded s "
            "order by copy, s.id limit %d) rows join public.noise using (n); "
            "drop table public.seeded, public.noise" % (noise, dimensions, name, 0 if data is None else rows // 1000, rows)
        )
        self.sql(f"vacuum (analyze, freeze) public.{name}")
        self.tables.append(f"public.{name}")
        print(f"public.{name}: {self.sql(f'select count(*) from public.{name}')} rows", file=sys.stderr)

    def ways(self):
        """Each way: a name, and a function from a new folder to its command."""
        pg_dump = self.find_pg_dump()
        tables = [word for table in self.tables for word in ("-t", table)]
        ways = []
        for jobs in (1, 2):
            for codec in ("zstd", "planes"):
                ways.append((
                    f"vecops dump, {jobs} job{'s' if jobs > 1 else ''}, {codec}",
                    lambda out, jobs=jobs, codec=codec: self.vecops(
                        "dump", *self.tables, "--to", out, "--jobs", jobs, "--codec", codec, "--quiet"
                    ),
                ))
        shell = lambda script: ["bash", "-o", "pipefail", "-c", script]
        if pg_dump:
            words = " ".join(tables)
            if self.has_zstd(pg_dump):
                ways += [
                    ("pg_dump -Fc zstd:1", lambda out: [pg_dump, self.url, "-Fc", "-Z", "zstd:1", *tables, "-f", f"{out}"]),
                    ("pg_dump -Fd -j2 zstd:1", lambda out: [pg_dump, self.url, "-Fd", "-j2", "-Z", "zstd:1", *tables, "-f", f"{out}"]),
                ]
            ways.append((
                "pg_dump -Fc -Z0 | zstd -1",
                lambda out: shell(f"'{pg_dump}' '{self.url}' -Fc -Z0 {words} | zstd -q -1 > '{out}'"),
            ))
        else:
            print(f"NOT RUN: no pg_dump here reads PostgreSQL {self.server}", file=sys.stderr)
        copies = lambda out: "; ".join(
            f"psql '{self.url}' -Xq -c 'copy {table} to stdout (format binary)' | zstd -q -1 > '{out}.{number}'"
            for number, table in enumerate(self.tables)
        )
        ways.append(("psql binary COPY | zstd -1", lambda out: shell("set -e; " + copies(out))))
        return ways

    def find_pg_dump(self):
        """The one that was named, one on the machine, or the one beside the server: the first that reads its version."""
        status = json.loads(self.output(self.vecops("embedded", "status", "--json")))
        candidates = [self.options.pg_dump, shutil.which("pg_dump"), f"{status['data']['programs']}/pg_dump"]
        for program in candidates:
            if program and os.path.exists(program) and self.pg_dump_major(program) >= self.server:
                return program
        return None

    def pg_dump_major(self, program):
        words = self.output([program, "--version"]).split()
        return int(next(word for word in words if word[0].isdigit()).split(".")[0])

    def has_zstd(self, program):
        probe = [program, self.url, "-Fc", "-s", "-Z", "zstd:1", "-t", self.tables[0], "-f", "/dev/null"]
        return subprocess.run(probe, capture_output=True, env=self.environment).returncode == 0

    def run(self):
        ways = self.ways()
        runs = {name: [] for name, _ in ways}
        for round in range(self.options.rounds):
            for number, (name, command) in enumerate(ways):
                out = self.folder / f"out-{round}-{number}"
                runs[name].append(self.measure(name, command(out)))
                written = list(self.folder.glob(f"{out.name}*"))
                runs[name][-1]["bytes"] = sum(size(path) for path in written)
                for path in written:
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
        results = []
        for name, measured in runs.items():
            results.append({
                "way": name,
                "seconds": statistics.median(run["seconds"] for run in measured),
                "all_seconds": [run["seconds"] for run in measured],
                "bytes": measured[0]["bytes"],
                "peak_bytes": max(run["peak_bytes"] for run in measured),
            })
        return results

    def measure(self, name, command):
        started = time.perf_counter()
        process = subprocess.Popen(command, env=self.environment, cwd=self.folder, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        if os.waitstatus_to_exitcode(status) != 0:
            sys.exit(f"{name} failed")
        peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        print(f"{name}: {seconds:.2f} s", file=sys.stderr)
        return {"seconds": seconds, "peak_bytes": peak}


def size(path):
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file()) if path.is_dir() else path.stat().st_size


def show(results, bench, options):
    rivals = [result for result in results if result["way"].startswith("pg_dump")]
    best_time = min((rival["seconds"] for rival in rivals), default=None)
    best_bytes = min((rival["bytes"] for rival in rivals), default=None)
    print(f"{'way':<30} {'seconds':>8} {'MB':>7} {'peak MB':>8} {'times as fast':>14} {'of its size':>12}")
    for result in results:
        result["times_as_fast_as_best_pg_dump"] = best_time and best_time / result["seconds"]
        result["of_size_of_smallest_pg_dump"] = best_bytes and result["bytes"] / best_bytes
        number = lambda value: "-" if value is None else f"{value:.2f}"
        print(
            f"{result['way']:<30} {result['seconds']:>8.2f} {result['bytes'] / 1e6:>7.0f} {result['peak_bytes'] / 1e6:>8.0f}"
            f" {number(result['times_as_fast_as_best_pg_dump']):>14} {number(result['of_size_of_smallest_pg_dump']):>12}"
        )
    document = {
        "kind": "bench-backup",
        "machine": {"processors": os.cpu_count(), "system": platform.system(), "architecture": platform.machine()},
        "server": bench.server,
        "rows": {"384": options.rows, "1536": options.wide_rows},
        "made_up": options.data is None,
        "rounds": options.rounds,
        "results": results,
    }
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(document, indent=2) + "\n")
    print(f"written: {options.json}", file=sys.stderr)


if __name__ == "__main__":
    main()
