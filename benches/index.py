#!/usr/bin/env python3
"""Builds vector indexes by vecops and by bare statements, side by side, in an embedded server of its own.

    python3 benches/index.py                 # 100,000 rows of 384 dimensions, and as many of 1,536, kept apart (TOAST)
    python3 benches/index.py --rows 20000 --rounds 1
    python3 benches/index.py --quick         # a minute
    python3 benches/index.py --only figures  # one of builds, figures, spill, traffic

builds: `vecops index create` against the same CREATE INDEX CONCURRENTLY by psql with the settings that vecops says it
takes, and with the server's defaults (maintenance_work_mem = 64MB, max_parallel_maintenance_workers = 2,
min_parallel_table_scan_size = 8MB), the first two by turns. The times are those of the programs from start to end.
figures: `vecops index estimate` of fourteen types, dimensions and m against `pg_relation_size` of built indexes.
spill: the row after which the graph no longer fits, as `vecops index estimate` says it and as the build says it.
traffic: a writer and a reader at work while `vecops index create`, `replace`, its rollback, and `reindex` run; nobody may
meet an error, and every plan of the reader must use a vector index. Rows are made up by `vecops synthesize`.
"""
import argparse
import json
import os
import platform
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from datetime import date
from pathlib import Path

from seed import ROOT, Bench

SHAPES = [
    ("vector", 64, 16), ("vector", 64, 40), ("vector", 128, 16), ("vector", 384, 8), ("vector", 384, 16), ("vector", 768, 24),
    ("vector", 1024, 16), ("vector", 1536, 16), ("vector", 1536, 64), ("vector", 1976, 16), ("halfvec", 384, 16),
    ("halfvec", 1536, 16), ("halfvec", 3072, 24), ("bit", 1536, 32),
]
SPILLS = [("vector", 384, 16), ("vector", 768, 48), ("halfvec", 1536, 16)]
DEFAULTS = "set maintenance_work_mem = '64MB'; set max_parallel_maintenance_workers = 2; set min_parallel_table_scan_size = '8MB'"
PARTS = ["builds", "figures", "spill", "traffic"]


def main():
    options = arguments()
    folder = Path(tempfile.mkdtemp(prefix="vecops-bench-", dir=options.folder))
    folder.chmod(0o711)
    bench = IndexBench(options, folder)
    document = {
        "kind": "bench-index",
        "date": date.today().isoformat(),
        "machine": {"processors": os.cpu_count(), "system": platform.system(), "architecture": platform.machine()},
    }
    try:
        bench.start()
        document["server"] = bench.server
        for part in PARTS:
            if options.only in (None, part):
                document[part] = getattr(bench, part)()
                show(part, document[part])
    finally:
        bench.stop()
        shutil.rmtree(folder, ignore_errors=True)
    document["load_average"] = os.getloadavg()
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(document, indent=2) + "\n")
    print(f"written: {options.json}", file=sys.stderr)
    return verdict(document)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000, help="rows of each table")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="small tables and one round")
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--folder", type=Path, help="where the temporary folder is made")
    parser.add_argument("--vecops", type=Path, default=ROOT / "target/release/vecops")
    parser.add_argument("--json", type=Path, default=ROOT / "target/bench-index.json")
    options = parser.parse_args()
    options.vecops = options.vecops.absolute()
    if not options.vecops.exists():
        sys.exit(f"{options.vecops} is not there: run `cargo build --release`, or name another with --vecops")
    options.figure_rows, options.traffic_rows, options.writer_rows = 20_000, 20_000, 50
    if options.quick:
        options.rows, options.rounds, options.figure_rows, options.traffic_rows = 5_000, 1, 2_000, 3_000
    return options


class IndexBench(Bench):
    def start(self):
        self.output(self.vecops("embedded", "start", "--quiet"))
        # A project that a graph of 100,000 x 1,536 fits into (0.7 GB): 8 GB, of which a quarter are shared_buffers. Where it
        # does not fit, its build is bound by the pages that it is written to, whoever builds it.
        data = Path(json.loads(self.output(self.vecops("embedded", "status", "--json")))["data"]["data_folder"])
        self.output(self.vecops("embedded", "stop", "--quiet"))
        with open(data / "postgresql" / "postgresql.auto.conf", "a") as file:
            file.write("shared_buffers = '2GB'\neffective_cache_size = '6GB'\n")
        self.output(self.vecops("embedded", "start", "--quiet"))
        self.url = self.output(self.vecops("embedded", "url", "--quiet"))
        self.environment["VECOPS_DB_URL"] = self.url
        self.server = self.sql("show server_version")
        self.sql("create extension if not exists vector with schema extensions")

    def psql(self, *statements):
        """The command, without what it would say, in a session that knows the extension and has no time limit."""
        before = ["set statement_timeout = 0", "set search_path = public, extensions"]
        commands = [part for statement in [*before, *statements] for part in ("-c", statement)]
        return ["psql", self.url, "-XAtq", "-v", "ON_ERROR_STOP=1", *commands]

    def run(self, *statements):
        return self.output(self.psql(*statements))

    def said(self, *arguments):
        """A report of vecops."""
        return json.loads(self.output(self.vecops(*arguments, "--json", "--quiet")))["data"]

    def timed(self, command):
        started = time.perf_counter()
        self.output(command)
        return time.perf_counter() - started

    def fill(self, dimensions, rows):
        """A table public.bench of made-up rows."""
        self.run(
            "set client_min_messages = error",
            "drop table if exists public.bench",
            "create table public.bench (id bigint primary key, content text, metadata jsonb, "
            f"embedding extensions.vector({dimensions}))",
        )
        self.output(self.vecops("synthesize", "--rows", rows, "--dimensions", dimensions, "--quiet", "--to", "rows.jsonl"))
        self.output(self.vecops("seed", "public.bench", "--yes", "--quiet", "--from", "rows.jsonl"))
        (self.folder / "rows.jsonl").unlink()
        self.run("vacuum (analyze) public.bench")

    def builds(self):
        return [self.build(dimensions) for dimensions in (384, 1_536)]

    def build(self, dimensions):
        rows = self.options.rows
        self.fill(dimensions, rows)
        planned = self.said("index", "create", "public.bench", "--metric", "cosine", "--dry-run")
        settings = planned["settings"]
        memory, workers = settings["memory"], settings["workers"]
        same = [
            f"set maintenance_work_mem = '{memory // 1024}kB'",
            f"set max_parallel_maintenance_workers = {workers}",
            "set min_parallel_table_scan_size = 0",
        ]
        statement = planned["statement"]
        name = planned["definition"]["name"]
        ways = {
            "vecops": self.vecops("index", "create", "public.bench", "--metric", "cosine", "--yes", "--quiet"),
            "the same statement": self.psql(*same, statement),
            "the server's defaults": self.psql(DEFAULTS, statement),
        }
        times = {way: [] for way in ways}
        for number in range(self.options.rounds):
            # The defaults come last: what they leave to be written would slow down whoever follows.
            names = list(ways)
            for way in [*names[number % 2:2], *names[:number % 2], names[2]]:
                times[way].append(self.timed(ways[way]))
                print(f"{dimensions} dimensions, {way}: {times[way][-1]:.1f} s", file=sys.stderr)
                self.run(f'drop index public."{name}"')
        by_round = {
            "of_bare_statement": [ours / bare for ours, bare in zip(times["vecops"], times["the same statement"])],
            "times_as_fast_as_defaults": [other / ours for ours, other in zip(times["vecops"], times["the server's defaults"])],
        }
        return {
            "rows": rows,
            "dimensions": dimensions,
            "maintenance_work_mem": memory,
            "workers": workers,
            "seconds": times,
            "by_round": by_round,
            **{name: statistics.median(ratios) for name, ratios in by_round.items()},
        }

    def figures(self):
        return [self.figure(*shape) for shape in SHAPES]

    def made_up(self, element, dimensions, rows):
        """A table public.figure of random vectors."""
        value = f"(select array_agg(random() - 0.5 + (d + g) * 0)::vector from generate_series(1, {dimensions}) d)"
        if element == "bit":
            value = f"binary_quantize({value})"
        column = f"bit({dimensions})" if element == "bit" else f"{element}({dimensions})"
        self.run(
            "set client_min_messages = error",
            "drop table if exists public.figure",
            f"create table public.figure (id bigint primary key, embedding {column})",
            f"insert into public.figure select g, {value}::{column} from generate_series(1, {rows}) g",
            "analyze public.figure",
        )
        return f"embedding {element}_{'hamming' if element == 'bit' else 'l2'}_ops"

    def figure(self, element, dimensions, m):
        opclass = self.made_up(element, dimensions, self.options.figure_rows)
        predicted = self.said("index", "estimate", "public.figure.embedding", "--m", m)["bytes"]
        size = f"create index figure_built on public.figure using hnsw ({opclass}) with (m = {m}, ef_construction = {max(2 * m, 40)})"
        self.run("set maintenance_work_mem = '1GB'", "set min_parallel_table_scan_size = 0", size)
        actual = int(self.run("select pg_relation_size('public.figure_built')"))
        print(f"{element}({dimensions}), m {m}: {actual:,} built, {predicted:,} predicted", file=sys.stderr)
        return {
            "type": element, "dimensions": dimensions, "m": m, "rows": self.options.figure_rows,
            "predicted": predicted, "actual": actual, "off": predicted / actual - 1,
        }

    def spill(self):
        return [self.spilled(*shape, serial) for shape in SPILLS for serial in (False, True)]

    def spilled(self, element, dimensions, m, serial):
        """The row after which a graph leaves 16 MiB, in one process or with a worker."""
        memory = 16
        # Where the estimate of so many rows reaches the memory, the graph is full.
        rows = 1_000_000
        estimate = self.said("index", "estimate", "--rows", rows, "--dimensions", dimensions, "--type", element, "--m", m)
        shared = 0 if serial else 4 << 20
        row = (estimate["memory_alone" if serial else "memory"] - shared) / rows
        predicted = ((memory << 20) - shared) / row
        opclass = self.made_up(element, dimensions, int(predicted * 1.05) + 200)
        statement = f"create index on public.figure using hnsw ({opclass}) with (m = {m}, ef_construction = {max(2 * m, 16)})"
        command = self.psql(
            f"set maintenance_work_mem = '{memory}MB'",
            f"set max_parallel_maintenance_workers = {0 if serial else 1}",
            # A worker in spite of so little memory.
            "alter table public.figure set (parallel_workers = 1)",
            statement,
        )
        done = subprocess.run(command, env=self.environment, cwd=self.folder, text=True, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
        found = re.search(r"after (\d+) tuples", done.stderr)
        if done.returncode != 0 or not found:
            sys.exit(f"{element}({dimensions}) did not leave {memory} MiB: {done.stderr}")
        actual = int(found.group(1))
        print(f"{element}({dimensions}), m {m}, {memory} MiB: after {actual:,} rows, {predicted:,.0f} predicted", file=sys.stderr)
        return {
            "type": element, "dimensions": dimensions, "m": m, "maintenance_work_mem": memory << 20, "serial": serial,
            "predicted": predicted, "actual": actual, "off": predicted / actual - 1,
        }

    def traffic(self):
        """What writers and readers meet while indexes are made, replaced and made anew."""
        self.fill(64, self.options.traffic_rows)
        create = ["index", "create", "public.bench", "--metric", "cosine", "--yes", "--quiet"]
        name = self.said("index", "create", "public.bench", "--metric", "cosine", "--dry-run")["definition"]["name"]
        index = f"public.{name}"
        steps = [("create", create)]
        if "replace" in self.output(self.vecops("index", "--help")):
            questions = [[random.uniform(-1, 1) for _ in range(64)] for _ in range(50)]
            (self.folder / "questions.jsonl").write_text("".join(json.dumps({"embedding": v}) + "\n" for v in questions))
            gate = ["--queries", "questions.jsonl", "--min-recall", "0.1", "--yes", "--quiet"]
            steps.append(("replace", ["index", "replace", index, "--m", "24", "--ef-construction", "96", *gate]))
            steps.append(("rollback", ["index", "replace", index, "--rollback", "--yes", "--quiet"]))
        steps.append(("reindex", ["index", "reindex", index, "--yes", "--quiet"]))
        ends = threading.Event()
        writer, reader = Client(self, ends, self.writes()), Client(self, ends, None)
        writer.start()
        done = []
        for step, arguments in steps:
            if step != "create" and not reader.is_alive():
                # From here on a vector index is there, and stays.
                reader.statements = self.reads()
                reader.start()
            done.append({"step": step, "seconds": self.timed(self.vecops(*arguments))})
            print(f"traffic, {step}: {done[-1]['seconds']:.1f} s", file=sys.stderr)
        ends.set()
        writer.join()
        reader.join()
        plans = [line for line in reader.output.splitlines() if "Scan" in line and " on " in line]
        return {
            "rows": self.options.traffic_rows,
            "steps": done,
            "writes": writer.rounds * self.options.writer_rows,
            "reads": reader.rounds,
            "errors": writer.errors + reader.errors,
            "plans": len(plans),
            "plans_without_index": sum("Index Scan" not in plan for plan in plans),
        }

    def writes(self):
        """One round of a writer."""
        vector = "(select array_agg(random() - 0.5 + (d + g) * 0)::extensions.vector from generate_series(1, 64) d)"
        last = 10_000_000
        return (
            f"insert into public.bench (id, content, metadata, embedding) select coalesce(max(b.id), {last}) + g, 'new', '{{}}', {vector} "
            f"from generate_series(1, {self.options.writer_rows}) g left join public.bench b on b.id >= {last} group by g; "
            f"update public.bench set embedding = (select array_agg(random() - 0.5 + d * 0)::extensions.vector from generate_series(1, 64) d) "
            "where id = (select max(id) from public.bench); delete from public.bench where id = (select max(id) from public.bench);"
        )

    def reads(self):
        """One round of a reader: a search, and its plan."""
        vector = "'[" + ",".join(["0.1"] * 64) + "]'"
        search = f"select id from public.bench order by embedding operator(extensions.<=>) {vector}::extensions.vector limit 10;"
        return f"do $$ begin if (select count(*) from ({search[:-1]}) s) < 10 then raise exception 'fewer rows than asked for'; end if; end $$; explain {search}"


class Client(threading.Thread):
    """A session of psql that runs some statements again and again until it is told to end."""

    def __init__(self, bench, ends, statements):
        super().__init__(daemon=True)
        self.bench, self.ends, self.statements = bench, ends, statements
        self.rounds, self.errors, self.output = 0, 0, ""

    def run(self):
        command = ["psql", self.bench.url, "-XAtq"]
        process = subprocess.Popen(
            command, env=self.bench.environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        process.stdin.write("set statement_timeout = 0;\n")
        while not self.ends.is_set():
            process.stdin.write(self.statements + "\n\\echo round\n")
            process.stdin.flush()
            for line in process.stdout:
                if line.strip() == "round":
                    break
                if "ERROR" in line or "FATAL" in line:
                    self.errors += 1
                    print(line.strip(), file=sys.stderr)
                self.output += line
            else:
                self.errors += 1
                return
            self.rounds += 1
        process.stdin.close()
        process.wait()


def show(part, results):
    print(part)
    if part == "builds":
        for result in results:
            print(
                f"  {result['rows']:,} rows of {result['dimensions']} dimensions, {result['workers']} workers, "
                f"{result['maintenance_work_mem'] >> 20} MiB: {result['of_bare_statement']:.3f} of the bare statement's time, "
                f"{result['times_as_fast_as_defaults']:.1f} times as fast as the server's defaults"
            )
    elif part in ("figures", "spill"):
        for result in results:
            kind = f"{result['type']}({result['dimensions']}), m {result['m']}"
            print(f"  {kind:<24} predicted {result['predicted']:>14,.0f}  actual {result['actual']:>14,}  {result['off'] * 100:>+7.3f} %")
    else:
        steps = ", ".join(f"{step['step']} {step['seconds']:.1f} s" for step in results["steps"])
        print(f"  {steps}")
        print(
            f"  {results['writes']:,} rows written, {results['reads']:,} searches, {results['errors']} errors, "
            f"{results['plans_without_index']} of {results['plans']} plans without a vector index"
        )
    print()


def is_near(figure):
    return abs(figure["predicted"] - figure["actual"]) <= max(figure["actual"] * 0.005, 3 * 8_192)


def verdict(document):
    """0 where every target is met, 1 where one is not."""
    targets = [
        ("build time within 1.03 of the bare statement", all(build["of_bare_statement"] <= 1.03 for build in document.get("builds", []))),
        ("at least 3 times as fast as the server's defaults", all(build["times_as_fast_as_defaults"] >= 3 for build in document.get("builds", []))),
        ("sizes within 0.5 %, or three pages of a small one", all(is_near(figure) for figure in document.get("figures", []))),
        ("spill within 1 %", all(abs(spill["off"]) <= 0.01 for spill in document.get("spill", []))),
        ("no error and no plan without an index", not any(document.get("traffic", {}).get(name) for name in ("errors", "plans_without_index"))),
    ]
    parts = ["builds", "builds", "figures", "spill", "traffic"]
    missed = 0
    for part, (target, is_met) in zip(parts, targets):
        if part in document:
            print(f"{'met   ' if is_met else 'MISSED'}  {target}")
            missed += not is_met
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
