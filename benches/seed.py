#!/usr/bin/env python3
"""Loads the same rows by every way there is, side by side, into an embedded server of its own.

    python3 benches/seed.py                       # 250,000 rows of 384 dimensions, 50,000 of 1,536
    python3 benches/seed.py --quick               # a few seconds a round
    VECOPS_BENCH_DATA=packages.parquet python3 benches/seed.py
    python3 benches/seed.py --only 384 --ways Parquet,psql
    python3 benches/seed.py --memory 2            # the peak memory with sources of 2 GB

VECOPS_BENCH_DATA (or --data) names a Parquet file with id, content and embedding; its rows are repeated with noise until
there are as many as wanted. Without it, and for any other number of dimensions, the rows are made up by `vecops
synthesize`. Each round runs every way once, in turning order, so that whatever else the machine does meets all of them;
what is shown are medians, and ratios to `psql` of the same round.

The ceiling of one connection is `psql \\copy` of a prepared binary COPY file, which only passes bytes on. psql and the
Python libraries run ANALYZE afterwards, as vecops does; vecops checks every row, too. Time is wall time from the start of
the program to its end; for the Python libraries it leaves out the import and the reading of arrays into memory, which
flatters them. Each way loads into a new table with a primary key and without a vector index, and its rows are counted.
Everything happens in a temporary folder; the libraries are installed into target/bench-venv.
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
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIBRARIES = ["numpy", "pyarrow", "psycopg[binary]", "psycopg2-binary", "pgvector", "vecs"]
CEILING = "psql \\copy, PGCOPY"

# Writes rows.parquet: of a Parquet file, repeated with noise, or of an array and the JSON Lines beside it.
PREPARE = """
import json, sys, numpy, pyarrow, pyarrow.parquet as parquet
base, side, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
if side:
    vectors = numpy.load(base, mmap_mode="r")
    rows = [json.loads(line) for line in open(side)]
    contents, metadata = [row["content"] for row in rows], [json.dumps(row["metadata"]) for row in rows]
else:
    table = parquet.read_table(base)
    vectors = numpy.stack(table["embedding"].to_numpy())
    contents, others = table["content"].to_pylist(), [name for name in ("name", "section") if name in table.column_names]
    metadata = [json.dumps(row) for row in table.select(others).to_pylist()]
dimensions, noise = vectors.shape[1], numpy.random.default_rng(1)
schema = pyarrow.schema([("id", pyarrow.int64()), ("content", pyarrow.string()), ("metadata", pyarrow.string()),
                         ("embedding", pyarrow.list_(pyarrow.float32()))])
with parquet.ParquetWriter("rows.parquet", schema, compression="zstd", use_dictionary=False) as writer:
    for start in range(0, count, 10_000):
        ids = numpy.arange(start, min(start + 10_000, count))
        at = ids % len(contents)
        some = vectors[at].astype(numpy.float32)
        if not side:
            some = some + noise.normal(0, 0.01, some.shape).astype(numpy.float32)
            some /= numpy.linalg.norm(some, axis=1, keepdims=True)
        bounds = pyarrow.array(numpy.arange(len(ids) + 1, dtype=numpy.int32) * dimensions)
        lists = pyarrow.ListArray.from_arrays(bounds, pyarrow.array(some.ravel()))
        texts = [pyarrow.array([values[index] for index in at]) for values in (contents, metadata)]
        writer.write_table(pyarrow.table([pyarrow.array(ids + 1), *texts, lists], schema=schema))
print(dimensions)
"""

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
        connection.commit()
        cursor.execute("analyze public.bench")
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
        if options.memory:
            tables = [bench.memory(options.memory)]
        else:
            tables = [bench.compare(*size) for size in sizes(options)]
    finally:
        bench.stop()
        shutil.rmtree(folder, ignore_errors=True)
    for table in tables:
        show(table)
    write(tables, options)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=250_000, help="rows of 384 dimensions; a fifth of them of 1,536")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="20,000 rows and one round")
    parser.add_argument("--only", type=int, metavar="DIMENSIONS", help="one of the two sizes")
    parser.add_argument("--ways", help="parts of the names of the ways to run, with commas between; psql is always run")
    parser.add_argument("--vecs-rows", type=int, default=5_000, help="rows for the slow `vecs` upsert")
    parser.add_argument("--data", type=Path, default=os.environ.get("VECOPS_BENCH_DATA"), help="rows to repeat")
    parser.add_argument("--memory", type=float, metavar="GB", help="only measure memory, with sources of this size")
    parser.add_argument("--vecops", type=Path, default=ROOT / "target/release/vecops")
    parser.add_argument("--venv", type=Path, default=ROOT / "target/bench-venv")
    parser.add_argument("--json", type=Path, default=ROOT / "target/bench-seed.json")
    options = parser.parse_args()
    options.vecops, options.venv = options.vecops.absolute(), options.venv.absolute()
    if not options.vecops.exists():
        sys.exit(f"{options.vecops} is not there: run `cargo build --release`, or name another with --vecops")
    if options.data and not Path(options.data).exists():
        sys.exit(f"{options.data} is not there; without VECOPS_BENCH_DATA and --data the rows are made up")
    options.data = options.data and Path(options.data).absolute()
    if options.quick:
        options.rows, options.rounds, options.vecs_rows = 20_000, 1, 1_000
    return options


def sizes(options):
    both = [(384, options.rows), (1_536, options.rows // 5)]
    return [size for size in both if options.only in (None, size[0])]


class Bench:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.environment = dict(os.environ, XDG_DATA_HOME=str(folder / "data"))
        self.environment.pop("VECOPS_PROFILE", None)
        self.dimensions = None

    def vecops(self, *arguments):
        return [str(self.options.vecops), *map(str, arguments)]

    def python(self, script, *arguments):
        return [str(self.options.venv / "bin/python"), "-c", script, *map(str, arguments)]

    def output(self, command):
        done = subprocess.run(command, env=self.environment, stdout=subprocess.PIPE, cwd=self.folder, text=True)
        if done.returncode != 0:
            sys.exit(f"{command[0]} {command[1]} ended with {done.returncode}")
        return done.stdout.strip()

    def start(self):
        if not self.options.venv.exists():
            self.install()
        self.output(self.vecops("embedded", "start", "--quiet"))
        self.url = self.output(self.vecops("embedded", "url", "--quiet"))
        self.environment["VECOPS_DB_URL"] = self.url
        self.server = self.sql("show server_version")
        self.sql("create extension if not exists vector with schema extensions")

    def install(self):
        subprocess.run([sys.executable, "-m", "venv", self.options.venv], check=True)
        subprocess.run([self.options.venv / "bin/pip", "install", "--quiet", *LIBRARIES], check=True)

    def stop(self):
        environment = {name: value for name, value in self.environment.items() if name != "VECOPS_DB_URL"}
        subprocess.run(self.vecops("embedded", "stop", "--quiet"), env=environment, stdout=subprocess.DEVNULL)

    def sql(self, *statements):
        commands = [part for statement in statements for part in ("-c", statement)]
        return self.output(["psql", self.url, "-XAtq", "-v", "ON_ERROR_STOP=1", *commands])

    def table(self):
        """A new table."""
        self.sql(
            "set client_min_messages = error; drop table if exists public.bench; create table public.bench "
            f"(id bigint primary key, content text, metadata jsonb, embedding extensions.vector({self.dimensions})); "
            "drop table if exists vecs.bench",
        )

    def measure(self, name, command, rows, own_time=False, table="public.bench"):
        """Runs a way to its end: its wall time, its processor time and its peak memory."""
        self.table()
        started = time.perf_counter()
        process = subprocess.Popen(command, env=self.environment, cwd=self.folder, stdout=subprocess.PIPE, text=True)
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        if os.waitstatus_to_exitcode(status) != 0:
            sys.exit(f"{name} failed")
        if own_time:
            seconds = float(said)
        found = int(self.sql(f"select count(*) from {table}"))
        if found != rows:
            sys.exit(f"{name} loaded {found} rows of {rows}")
        peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        print(f"{name}: {seconds:.1f} s", file=sys.stderr)
        return {"seconds": seconds, "processor_seconds": usage.ru_utime + usage.ru_stime, "peak_bytes": peak}

    def prepare(self, dimensions, rows):
        """The rows as Parquet; whether they are real."""
        for name in ("rows.parquet", "rows.jsonl", "rows.pgcopy", "vectors.npy", "vectors.jsonl"):
            (self.folder / name).unlink(missing_ok=True)
        data = self.options.data
        if data and self.dimensions_of(data) == dimensions:
            self.output(self.python(PREPARE, data, "", rows))
            return True
        shape = ["--rows", rows, "--dimensions", dimensions, "--quiet"]
        self.output(self.vecops("synthesize", *shape, "--to", "vectors.npy"))
        self.output(self.python(PREPARE, "vectors.npy", "vectors.jsonl", rows))
        return False

    def dimensions_of(self, data):
        script = "import pyarrow.parquet as p, sys; t = next(p.ParquetFile(sys.argv[1]).iter_batches(1)); print(len(t['embedding'][0]))"
        return int(self.output(self.python(script, data)))

    def compare(self, dimensions, rows):
        self.dimensions = dimensions
        is_real = self.prepare(dimensions, rows)
        self.table()
        self.output(self.vecops("seed", "public.bench", "--yes", "--quiet", "--from", "rows.parquet"))
        for name in ("rows.jsonl", "rows.pgcopy", "vectors.npy"):
            self.output(self.vecops("export", "public.bench", "--to", name, "--overwrite", "--quiet"))
        ways = self.ways(rows)
        results = {name: [] for name in ways}
        for number in range(self.options.rounds):
            names = list(ways)
            for name in names[number % len(names):] + names[: number % len(names)]:
                results[name].append(self.measure(name, **ways[name]))
        return {
            "dimensions": dimensions,
            "made_up": not is_real,
            "rounds": self.options.rounds,
            "server": self.server,
            "results": [self.summary(name, ways[name]["rows"], runs, results[CEILING], rows) for name, runs in results.items()],
        }

    def ways(self, rows):
        """The commands, by their names."""
        seed = ["seed", "public.bench", "--yes", "--quiet", "--from"]
        sources = {"Parquet": ["rows.parquet"], "npy": ["vectors.npy", "--side", "vectors.jsonl"], "JSON Lines": ["rows.jsonl"]}
        if "pgcopy" in self.output(self.vecops("seed", "--help")):
            sources["PGCOPY"] = ["rows.pgcopy"]
        copy = "\\copy public.bench from 'rows.pgcopy' with (format binary)"
        psql = ["psql", self.url, "-Xq", "-v", "ON_ERROR_STOP=1", "-c", copy, "-c", "analyze public.bench"]
        ways = {CEILING: {"command": psql, "rows": rows}}
        for name, source in sources.items():
            ways[f"vecops, {name}"] = {"command": self.vecops(*seed, *source), "rows": rows}
            more = ["--resumable", "--restart", "--jobs", 2]
            ways[f"vecops, {name}, 2 jobs"] = {"command": self.vecops(*seed, *source, *more), "rows": rows}
        python = self.python(PGVECTOR_PYTHON, self.url, "vectors.npy", "vectors.jsonl")
        ways["pgvector-python, COPY"] = {"command": python, "rows": rows, "own_time": True}
        few = min(rows, self.options.vecs_rows)
        url = self.url.replace("postgres://", "postgresql://")
        vecs = self.python(VECS, url, "vectors.npy", "vectors.jsonl", few)
        ways["vecs, upsert"] = {"command": vecs, "rows": few, "own_time": True, "table": "vecs.bench"}
        wanted = (self.options.ways or "").split(",")
        return {name: way for name, way in ways.items() if name == CEILING or any(part in name for part in wanted)}

    def summary(self, name, rows, runs, ceiling, ceiling_rows):
        """Medians of the runs, and of the ratios to the ceiling of the same round."""
        median = lambda key: statistics.median(run[key] for run in runs)
        pairs = zip(runs, ceiling)
        ratios = [(rows / run["seconds"]) / (ceiling_rows / top["seconds"]) for run, top in pairs]
        return {
            "way": name,
            "rows": rows,
            "seconds": median("seconds"),
            "rows_per_second": rows / median("seconds"),
            "of_ceiling": statistics.median(ratios),
            "of_ceiling_by_round": ratios,
            "processor_microseconds_per_row": median("processor_seconds") / rows * 1e6,
            "peak_bytes": max(run["peak_bytes"] for run in runs),
        }

    def memory(self, gigabytes):
        """Loads sources so large, and keeps the peaks."""
        self.dimensions = 1_536
        runs = []
        rows = int(gigabytes * 1e9 / (self.dimensions * 4))
        self.prepare(self.dimensions, rows)
        few = rows * 4 // 12
        self.output(self.vecops("synthesize", "--rows", few, "--dimensions", self.dimensions, "--quiet", "--to", "rows.jsonl"))
        (self.folder / "vectors.npy").unlink(missing_ok=True)
        for name, count in (("rows.parquet", rows), ("rows.jsonl", few)):
            for more in ([], ["--resumable", "--restart", "--jobs", 2]):
                way = f"vecops, {name}{', 2 jobs' if more else ''}"
                command = self.vecops("seed", "public.bench", "--yes", "--quiet", "--from", name, *more)
                run = self.measure(way, command, count)
                size = (self.folder / name).stat().st_size
                runs.append(dict(self.summary(way, count, [run], [run], count), source_bytes=size))
        return {"dimensions": self.dimensions, "made_up": True, "rounds": 1, "server": self.server, "results": runs}


def show(table):
    kind = "made-up rows" if table["made_up"] else "real rows, repeated with noise"
    print(f"{table['dimensions']} dimensions, {kind}, PostgreSQL {table['server']}, rounds: {table['rounds']}")
    print(f"{'way':<26} {'rows':>9} {'seconds':>8} {'rows/s':>9} {'of psql':>8} {'cpu us/row':>10} {'peak MB':>8}")
    for result in table["results"]:
        print(
            f"{result['way']:<26} {result['rows']:>9,} {result['seconds']:>8.2f} {result['rows_per_second']:>9,.0f}"
            f" {result['of_ceiling']:>8.2f} {result['processor_microseconds_per_row']:>10.1f} {result['peak_bytes'] / 1e6:>8.0f}"
        )
    print()


def write(tables, options):
    document = {
        "kind": "bench-seed",
        "date": date.today().isoformat(),
        "machine": {"processors": os.cpu_count(), "system": platform.system(), "architecture": platform.machine()},
        "load_average": os.getloadavg(),
        "tables": tables,
    }
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(document, indent=2) + "\n")
    print(f"written: {options.json}", file=sys.stderr)


if __name__ == "__main__":
    main()
