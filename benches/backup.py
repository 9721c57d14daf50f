#!/usr/bin/env python3
"""Dumps and restores the same tables by vecops, by pg_dump and pg_restore at their best, and by psql, side by side.

    python3 benches/backup.py                                          # 250,000 x 384 and 50,000 x 1,536
    VECOPS_BENCH_DATA=embeddings.parquet python3 benches/backup.py     # the first table of real rows
    python3 benches/backup.py --quick                                  # a tenth of the rows, one round
    python3 benches/backup.py --pg-dump /opt/pg18/bin/pg_dump          # one that was built with zstd

Two tables, each with an id, a text, a jsonb and a vector column, in an embedded server of its own. With VECOPS_BENCH_DATA
(Parquet with an `embedding` column of 384 dimensions) the first one is those rows, repeated with noise until there are
enough; otherwise rows are made up. Each table alone and both together go through every way, `--rounds` times in turns, so
that a busy moment of the machine meets all of them. Ratios are made within a round, and their median counts. Processor
time is that of the client and of the server's processes, which other programs on the machine disturb less than time.

A restore goes into another database of the same server, twice: only rows into empty tables with their key, and whole
tables. vecops' times hold what the others do not do: its digests on the client and on the server, the comparison of exact
searches, ANALYZE. Everything happens in a temporary folder. pg_dump is the first that can read the server, `--pg-dump`
before all; where it was built without zstd, `-Fc -Z0` goes through `zstd -1`, and its archive for pg_restore is not packed.
"""
import argparse
import importlib.util
import json
import os
import platform
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

COLUMNS = "(id bigint primary key, content text, metadata jsonb, embedding extensions.vector(%d))"
GOALS = {"dump": 6.0, "size": 0.75, "restore": 3.0, "index": 1.05, "memory": 150e6}


def main():
    options = arguments()
    folder = Path(tempfile.mkdtemp(prefix="vecops-bench-", dir=options.folder))
    folder.chmod(0o711)
    bench = Backup(options, folder)
    try:
        bench.start()
        document = bench.run()
    finally:
        bench.stop()
        shutil.rmtree(folder, ignore_errors=True)
    show(document)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(document, indent=2) + "\n")
    print(f"written: {options.json}", file=sys.stderr)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=250_000, help="rows of 384 dimensions")
    parser.add_argument("--wide-rows", type=int, help="rows of 1,536 dimensions; a fifth of --rows without it")
    parser.add_argument("--index-rows", type=int, default=50_000, help="rows under the index that is rebuilt")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="25,000 rows and one round")
    parser.add_argument("--parts", default="dump,restore,index,writer", help="what is measured, with commas between")
    parser.add_argument("--data", type=Path, default=os.environ.get("VECOPS_BENCH_DATA"), help="rows to repeat")
    parser.add_argument("--folder", type=Path, help="where the temporary folder is made")
    parser.add_argument("--pg-dump", type=Path, default=os.environ.get("VECOPS_BENCH_PG_DUMP"),
                        help="the pg_dump to compare with, and the pg_restore beside it")
    parser.add_argument("--vecops", type=Path, default=ROOT / "target/release/vecops")
    parser.add_argument("--venv", type=Path, default=ROOT / "target/bench-venv")
    parser.add_argument("--json", type=Path, default=ROOT / "target/bench-backup.json")
    options = parser.parse_args()
    options.vecops, options.venv = options.vecops.absolute(), options.venv.absolute()
    if not options.vecops.exists():
        sys.exit(f"{options.vecops} is not there: run `cargo build --release`, or name another with --vecops")
    if options.data and not Path(options.data).exists():
        sys.exit(f"{options.data} is not there; without VECOPS_BENCH_DATA and --data the rows are made up")
    options.data = options.data and Path(options.data).absolute()
    if options.quick:
        options.rows, options.rounds, options.index_rows = 25_000, 1, 10_000
    options.wide_rows = options.rows // 5 if options.wide_rows is None else options.wide_rows
    options.index_rows = min(options.index_rows, options.rows)
    return options


class Backup(Bench):
    def install(self):
        """Only numpy and pyarrow are needed here, which this Python may have."""
        if not self.has_libraries():
            super().install()

    def python(self, script, *arguments):
        if self.has_libraries():
            return [sys.executable, "-c", script, *map(str, arguments)]
        return super().python(script, *arguments)

    def has_libraries(self):
        return all(importlib.util.find_spec(name) for name in ("numpy", "pyarrow"))

    def start(self):
        super().start()
        status = json.loads(self.output(["env", "-u", "VECOPS_DB_URL", *self.vecops("embedded", "status", "--json")]))["data"]
        self.postmaster, self.made_up = status["pid"], {}
        self.sql("create database restored")
        base, _, words = self.url.partition("?")
        self.target = base.rpartition("/")[0] + "/restored" + (f"?{words}" if words else "")
        self.in_target("create schema extensions", "create extension vector with schema extensions")
        self.find_programs(Path(status["programs"]))

    def find_programs(self, beside_server):
        """The pg_dump that was named, one on the machine, or the one beside the server: the first that reads its version."""
        on_machine = shutil.which("pg_dump")
        self.pg_dump = None
        for program in (self.options.pg_dump, on_machine and Path(on_machine), beside_server / "pg_dump"):
            if program and program.exists() and version_of(program) >= int(self.server.split(".")[0]):
                self.pg_dump = program.absolute()
                break
        else:
            sys.exit(f"no pg_dump here reads PostgreSQL {self.server}: name one with --pg-dump")
        self.pg_restore = self.pg_dump.with_name("pg_restore")
        probe = [self.pg_dump, self.url, "-Fc", "-s", "-n", "public", "-Z", "zstd:1", "-f", self.folder / "probe"]
        self.packs = subprocess.run(probe, capture_output=True).returncode == 0
        if not self.packs:
            print("pg_dump was built without zstd: `-Z0` goes through `zstd -1`", file=sys.stderr)

    def in_target(self, *statements):
        commands = [part for statement in statements for part in ("-c", statement)]
        quiet = ["-c", "set client_min_messages = error; set statement_timeout = 0"]
        return self.output(["psql", self.target, "-XAtq", "-v", "ON_ERROR_STOP=1", *quiet, *commands])

    def run(self):
        load = [os.getloadavg()]
        sets = self.fill()
        parts = self.options.parts.split(",")
        dumps = {name: self.dumps(tables) for name, tables in sets.items()} if "dump" in parts else {}
        restores = {name: self.restores(tables) for name, tables in sets.items()} if "restore" in parts else {}
        index = self.index() if "index" in parts else None
        writer = self.writer(list(sets.values())[-1]) if "writer" in parts else None
        load.append(os.getloadavg())
        return {
            "kind": "bench-backup",
            "date": date.today().isoformat(),
            "machine": {"processors": os.cpu_count(), "system": platform.system(), "architecture": platform.machine()},
            "load_average": {"before": load[0], "after": load[1]},
            "versions": {
                "vecops": self.output(self.vecops("--version")),
                "server": self.server,
                "pg_dump": self.output([self.pg_dump, "--version"]),
                "pg_dump_has_zstd": self.packs,
                "zstd": self.output(["zstd", "--version"]),
            },
            "rows": {"384": self.options.rows, "1536": self.options.wide_rows, "index": self.options.index_rows},
            "made_up": self.made_up,
            "rounds": self.options.rounds,
            "dump": dumps,
            "restore": restores,
            "index": index,
            "writer": writer,
        }

    def fill(self):
        sets = {}
        for name, rows, dimensions in (("small", self.options.rows, 384), ("wide", self.options.wide_rows, 1_536)):
            if not rows:
                continue
            label = f"{rows:,} x {dimensions}"
            self.made_up[label] = not self.prepare(dimensions, rows)
            self.sql(f"create table public.{name} {COLUMNS % dimensions}")
            self.output(self.vecops("seed", f"public.{name}", "--yes", "--quiet", "--from", "rows.parquet"))
            self.sql("set statement_timeout = 0", f"vacuum (analyze, freeze) public.{name}")
            sets[label] = [(f"public.{name}", dimensions)]
            print(f"{label}: filled", file=sys.stderr)
        (self.folder / "rows.parquet").unlink(missing_ok=True)
        if len(sets) > 1:
            sets["both"] = [table for tables in list(sets.values()) for table in tables]
        return sets

    def measure(self, name, command, environment=None):
        """Runs a way to its end: its time, the processor time of both sides, its peak memory and what it said."""
        before = self.server_processor()
        started = time.perf_counter()
        process = subprocess.Popen(
            [str(word) for word in command], env=environment or self.environment, cwd=self.folder,
            stdout=subprocess.PIPE, text=True,
        )
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        if os.waitstatus_to_exitcode(status) != 0:
            sys.exit(f"{name} failed")
        time.sleep(0.3)
        after = self.server_processor()
        peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        run = {"seconds": seconds, "client_processor": usage.ru_utime + usage.ru_stime, "peak_bytes": peak}
        run["server_processor"] = None if before is None else after - before
        print(f"{name}: {seconds:.2f} s, processor {total_processor(run):.2f} s", file=sys.stderr)
        return run, said

    def server_processor(self):
        """The processor time of the server's processes that have ended, which the first of them adds up."""
        try:
            words = Path(f"/proc/{self.postmaster}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return sum(int(word) for word in words[11:15]) / os.sysconf("SC_CLK_TCK")

    def turns(self, ways, one):
        """Every way in every round, beginning with another one each time."""
        runs = {name: [] for name in ways}
        names = list(ways)
        for number in range(self.options.rounds):
            first = number % len(names)
            for name in names[first:] + names[:first]:
                runs[name].append(one(name, ways[name]))
        return runs

    def dumps(self, tables):
        ways = self.dump_ways([name for name, _ in tables])
        out = self.folder / "out"

        def one(name, command):
            run, _ = self.measure(name, command(out))
            written = list(self.folder.glob("out*"))
            run["bytes"] = sum(size(path) for path in written)
            remove(written)
            return run

        return summary(self.turns(ways, one), "pg_dump")

    def dump_ways(self, names):
        """The name of each way, and a function from a new path to its command."""
        words = [word for name in names for word in ("-t", name)]
        ways = {}
        for jobs in (1, 2):
            for codec in ("zstd", "planes"):
                label = f"vecops dump, {jobs} job{'s' if jobs > 1 else ''}, {codec}"
                shape = ["--jobs", jobs, "--codec", codec, "--quiet"]
                ways[label] = lambda out, shape=shape: self.vecops("dump", *names, "--to", out, *shape)
        if self.packs:
            packed = [self.pg_dump, self.url, "-Z", "zstd:1", *words]
            ways["pg_dump -Fc zstd:1"] = lambda out: [*packed, "-Fc", "-f", out]
            ways["pg_dump -Fd -j2 zstd:1"] = lambda out: [*packed, "-Fd", "-j2", "-f", out]
        plain = f"'{self.pg_dump}' '{self.url}' -Fc -Z0 {' '.join(words)} | zstd -q -1 > "
        ways["pg_dump -Fc -Z0 | zstd -1"] = lambda out: shell(f"{plain} '{out}'")
        copies = lambda out: "; ".join(
            f"psql '{self.url}' -Xq -c '\\copy {name} to stdout (format binary)' | zstd -q -1 > '{out}.{number}'"
            for number, name in enumerate(names)
        )
        ways["psql binary COPY | zstd -1"] = lambda out: shell("set -e; " + copies(out))
        return ways

    def restores(self, tables):
        names = [name for name, _ in tables]
        archives = self.archives(names)
        ways = self.restore_ways(names, archives)
        expected = [self.sql(f"select count(*) from {name}") for name in names]

        def one(name, way):
            self.clear_target(tables, way["tables"])
            run, said = self.measure(name, way["command"], dict(self.environment, VECOPS_DB_URL=self.target))
            if said.startswith("{"):
                data = json.loads(said)["data"]
                run["steps"] = {key: value for key, value in data.items() if key.startswith("seconds_to")}
            found = [self.in_target(f"select count(*) from {name}") for name in names]
            if found != expected:
                sys.exit(f"{name} restored {found} rows of {expected}")
            return run

        result = {}
        for part in ("rows", "tables"):
            some = {name: way for name, way in ways.items() if name.startswith(part)}
            result[part] = summary(self.turns(some, one), f"{part}: pg_restore")
        remove([Path(path) for path in archives.values()])
        self.clear_target(tables, False)
        return result

    def archives(self, names):
        made = {name: self.folder / f"archive-{name}" for name in ("zstd", "planes", "pg_dump", "psql")}
        for codec in ("zstd", "planes"):
            self.output(self.vecops("dump", *names, "--to", made[codec], "--codec", codec, "--quiet"))
        packing = ["-Z", "zstd:1"] if self.packs else ["-Z", "0"]
        words = [word for name in names for word in ("-t", name)]
        self.output([self.pg_dump, self.url, "-Fd", "-j2", *packing, *words, "-f", made["pg_dump"]])
        made["psql"].mkdir()
        for name in names:
            command = f"psql '{self.url}' -Xq -c '\\copy {name} to stdout (format binary)' | zstd -q -1 > '{made['psql']}/{name}'"
            self.output(shell(command))
        return made

    def restore_ways(self, names, archives):
        ways = {}
        restore = lambda codec, jobs: self.vecops("restore", archives[codec], "--jobs", jobs, "--yes", "--quiet", "--json")
        for codec in ("zstd", "planes"):
            for jobs in (1, 2):
                label = f"vecops, {jobs} job{'s' if jobs > 1 else ''}, {codec}"
                ways[f"rows: {label}"] = {"command": [*restore(codec, jobs), "--only-data"], "tables": True}
        ways["tables: vecops, 2 jobs, planes"] = {"command": restore("planes", 2), "tables": False}
        pg_restore = [self.pg_restore, "-d", self.target, "-j2", archives["pg_dump"]]
        ways["rows: pg_restore -j2"] = {"command": [*pg_restore, "--data-only"], "tables": True}
        ways["tables: pg_restore -j2"] = {"command": pg_restore, "tables": False}
        copies = "; ".join(
            f"zstd -q -dc '{archives['psql']}/{name}' | psql '{self.target}' -Xq -c '\\copy {name} from stdin (format binary)'"
            for name in names
        )
        ways["rows: zstd -dc | psql binary COPY"] = {"command": shell("set -e; " + copies), "tables": True}
        return ways

    def clear_target(self, tables, make):
        statements = ["drop schema if exists vecops cascade"]
        for name, dimensions in tables:
            statements.append(f"drop table if exists {name}")
            if make:
                statements.append(f"create table {name} {COLUMNS % dimensions}")
        self.in_target(*statements)
        self.in_target("checkpoint") if self.may_checkpoint() else None

    def may_checkpoint(self):
        """So that a restore does not pay for the writes of the one before it; PostgreSQL 15 can grant the right."""
        return self.in_target("select pg_has_role('pg_checkpoint', 'usage')") == "t"

    def index(self):
        """An index that a restore builds, against CREATE INDEX over the same restored rows with the same settings."""
        self.sql(f"create table public.indexed {COLUMNS % 384}", "set statement_timeout = 0",
                 f"insert into public.indexed select * from public.small order by id limit {self.options.index_rows}",
                 "create index indexed_hnsw on public.indexed using hnsw (embedding extensions.vector_cosine_ops)")
        definition = self.sql("select pg_get_indexdef('public.indexed_hnsw'::regclass)")
        repository = self.folder / "indexed"
        self.output(self.vecops("dump", "public.indexed", "--to", repository, "--quiet"))
        restore = self.vecops("restore", repository, "--yes", "--quiet", "--json",
                              "--maintenance-work-mem", "512MB", "--parallel-workers", 2)
        settings = ("set maintenance_work_mem = '512MB'; set max_parallel_maintenance_workers = 2; "
                    "set min_parallel_table_scan_size = 0; set statement_timeout = 0; ")
        rounds = []
        for _ in range(self.options.rounds):
            self.clear_target([("public.indexed", 384)], False)
            environment = dict(self.environment, VECOPS_DB_URL=self.target)
            _, said = self.measure("restore with an index", restore, environment)
            built = sum(index["seconds"] for index in json.loads(said)["data"]["indexes"])
            self.in_target("drop index public.indexed_hnsw")
            timed = self.in_target(settings, "\\timing on", definition)
            bare = float(timed.splitlines()[-1].split()[1].replace(",", "")) / 1000
            rounds.append({"vecops": built, "bare": bare, "ratio": built / bare})
            print(f"index: {built:.2f} s in the restore, {bare:.2f} s bare", file=sys.stderr)
        return {"rows": self.options.index_rows, "rounds": rounds, "ratio": statistics.median(one["ratio"] for one in rounds)}

    def writer(self, tables):
        """A session that writes into the tables one statement after the other while they are dumped."""
        names = [name for name, _ in tables]
        session = Writer(self.url, names)
        session.start()
        out = self.folder / "out"
        run, _ = self.measure("dump beside a writer", self.vecops("dump", *names, "--to", out, "--quiet"))
        session.stop()
        remove([out])
        return {"seconds": run["seconds"], "writes": session.writes, "errors": session.errors,
                "longest_wait_seconds": session.longest}


class Writer(threading.Thread):
    """Updates, inserts and deletes through one psql, and waits for each answer."""

    def __init__(self, url, names):
        super().__init__()
        self.url, self.names = url, names
        self.writes, self.errors, self.longest, self.running = 0, [], 0.0, True

    def run(self):
        psql = subprocess.Popen(["psql", self.url, "-XAtq"], text=True, bufsize=1, stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        while self.running:
            name, number = self.names[self.writes % len(self.names)], self.writes % 1_000 + 1
            begun = time.perf_counter()
            psql.stdin.write(
                f"update {name} set content = content where id = {number}; "
                f"insert into {name} select -id, content, metadata, embedding from {name} where id = {number}; "
                f"delete from {name} where id = -{number};\n\\echo done\n"
            )
            psql.stdin.flush()
            while (line := psql.stdout.readline().strip()) != "done":
                self.errors.append(line)
            self.longest = max(self.longest, time.perf_counter() - begun)
            self.writes += 1
        psql.stdin.close()
        psql.wait()

    def stop(self):
        self.running = False
        self.join()


def version_of(program):
    said = subprocess.run([program, "--version"], capture_output=True, text=True).stdout.split()
    return int(next((word for word in said if word[:1].isdigit()), "0").split(".")[0])


def shell(script):
    return ["bash", "-o", "pipefail", "-c", script]


def size(path):
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file()) if path.is_dir() else path.stat().st_size


def remove(paths):
    for path in paths:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def total_processor(run):
    return run["client_processor"] + (run["server_processor"] or 0)


def summary(runs, rival):
    """Medians, and the medians of the ratios to the fastest rival of the same round and to the smallest one."""
    rivals = [measured for name, measured in runs.items() if name.startswith(rival)]
    rounds = range(len(next(iter(runs.values()))))
    best = [min(measured[number]["seconds"] for measured in rivals) for number in rounds]
    cheapest = [min(total_processor(measured[number]) for measured in rivals) for number in rounds]
    smallest = min((measured[0]["bytes"] for measured in rivals if "bytes" in measured[0]), default=None)
    middle = lambda values: statistics.median(list(values))
    results = {}
    for name, measured in runs.items():
        results[name] = {
            "seconds": middle(run["seconds"] for run in measured),
            "times_as_fast": middle(best[number] / measured[number]["seconds"] for number in rounds),
            "times_less_processor": middle(cheapest[number] / total_processor(measured[number]) for number in rounds),
            "client_processor": middle(run["client_processor"] for run in measured),
            "server_processor": middle(run["server_processor"] or 0 for run in measured),
            "peak_bytes": max(run["peak_bytes"] for run in measured),
            "bytes": measured[0].get("bytes"),
            "of_size": smallest and measured[0]["bytes"] / smallest,
            "steps": measured[0].get("steps"),
            "rounds": measured,
        }
    return results


def show(document):
    versions, load = document["versions"], document["load_average"]
    print(f"{versions['vecops']}; PostgreSQL {versions['server']}; {versions['pg_dump']}"
          f"{'' if versions['pg_dump_has_zstd'] else ' without zstd'}; {versions['zstd'].strip('* ')}")
    rows = "; ".join(f"{label}: {'made up' if made else 'real, repeated with noise'}" for label, made in document["made_up"].items())
    print(f"{rows}; rounds: {document['rounds']}; {document['machine']['processors']} processors; "
          f"load {load['before'][0]:.1f} before, {load['after'][0]:.1f} after")
    for label, results in document["dump"].items():
        table(f"dump, {label}", results)
    for label, parts in document["restore"].items():
        for part, results in parts.items():
            table(f"restore, {label}", results)
    if document["index"]:
        print(f"\nindex of {document['index']['rows']:,} rows: {document['index']['ratio']:.3f} of a bare CREATE INDEX")
    if document["writer"]:
        writer = document["writer"]
        print(f"writer beside a dump: {writer['writes']:,} rounds of update, insert and delete, {len(writer['errors'])} errors, "
              f"longest {writer['longest_wait_seconds'] * 1000:.0f} ms")
    goals(document)


def table(title, results):
    print(f"\n{title:<36} {'seconds':>8} {'faster':>7} {'cpu s':>7} {'(client)':>8} {'less cpu':>8} {'MB':>6} {'of size':>8} {'peak MB':>8}")
    for name, one in results.items():
        number = lambda value, form: "-" if value is None else format(value, form)
        print(
            f"{name:<36} {one['seconds']:>8.2f} {one['times_as_fast']:>7.2f} {one['client_processor'] + one['server_processor']:>7.2f}"
            f" {one['client_processor']:>8.2f} {one['times_less_processor']:>8.2f}"
            f" {number(one['bytes'] and one['bytes'] / 1e6, '.0f'):>6} {number(one['of_size'], '.3f'):>8} {one['peak_bytes'] / 1e6:>8.0f}"
        )


def goals(document):
    print("\ngoals")
    say = lambda met, text: print(f"  {'met   ' if met else 'MISSED'} {text}")
    for label, results in document["dump"].items():
        own = {name: one for name, one in results.items() if name.startswith("vecops")}
        name, best = max(own.items(), key=lambda pair: pair[1]["times_as_fast"])
        say(best["times_as_fast"] >= GOALS["dump"], f"{label}: {name} is {best['times_as_fast']:.2f} times as fast as pg_dump (6)")
        name, least = min(own.items(), key=lambda pair: pair[1]["of_size"])
        say(least["of_size"] <= GOALS["size"], f"{label}: {name} takes {least['of_size']:.3f} of its size (0.75)")
        peak = max(one["peak_bytes"] for one in own.values())
        say(peak < GOALS["memory"], f"{label}: vecops dump holds up to {peak / 1e6:.0f} MB (150)")
    for label, parts in document["restore"].items():
        for part, results in parts.items():
            own = {name: one for name, one in results.items() if "vecops" in name}
            name, best = max(own.items(), key=lambda pair: pair[1]["times_as_fast"])
            say(best["times_as_fast"] >= GOALS["restore"], f"{label}: {name} is {best['times_as_fast']:.2f} times as fast as pg_restore (3)")
            peak = max(one["peak_bytes"] for one in own.values())
            say(peak < GOALS["memory"], f"{label}: vecops restore holds up to {peak / 1e6:.0f} MB (150)")
    if document["index"]:
        say(document["index"]["ratio"] <= GOALS["index"], f"an index takes {document['index']['ratio']:.3f} of a bare CREATE INDEX (1.05)")
    if document["writer"]:
        say(not document["writer"]["errors"] and document["writer"]["writes"] > 0, "the tables stay writable")


if __name__ == "__main__":
    main()
