#!/usr/bin/env python3
"""Tunes an index by samples, then builds and measures the whole grid on the whole table, and holds one against the other.

    VECOPS_BENCH_DATA=packages.parquet VECOPS_BENCH_QUERIES=queries.parquet python3 benches/tune.py
    python3 benches/tune.py --rows 20000 --m 16,24 --ef-construction 64      # made-up rows, in a few minutes

Rows come as in benches/seed.py. Half of the queries are for tuning, the other half for measuring afterwards. What is
measured on the whole table is measured by this program, with SQL of its own, against the exact neighbours of
`vecops bench exact`. It ends with 1 unless

- the index and the ef_search that `vecops index tune --level rebuild` picked meet the target by the lower end of the 95 %
  interval of their recall,
- all of tuning took at most a quarter of the time of building and measuring the grid on the whole table,
- the pick takes fewer pages than pgvector's defaults (m 16, ef_construction 64) need for the same recall,
- nine of ten recalls lie inside the intervals that were said for them.
"""
import argparse
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from exact import QUERIES
from seed import ROOT, Bench

K = 10
# Per index, what is asked of it where tuning said nothing: the defaults' whole curve, and as many for the cost of a grid.
EFS = [20, 40, 80, 160, 320]


def main():
    options = arguments()
    folder = Path(tempfile.mkdtemp(prefix="vecops-bench-"))
    folder.chmod(0o711)
    bench = TuneBench(options, folder)
    try:
        bench.start()
        result = bench.run()
    finally:
        bench.stop()
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(result, indent=2))
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(result, indent=2) + "\n")
    for name, is_met in result["shown"].items():
        print(f"{'met   ' if is_met else 'MISSED'}  {name}", file=sys.stderr)
    return 0 if all(result["shown"].values()) else 1


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=250_000)
    parser.add_argument("--recall", type=float, default=0.95)
    parser.add_argument("--queries", type=int, default=500, help="made up where there is no file of queries")
    parser.add_argument("--m", default="16,24,32")
    parser.add_argument("--ef-construction", default="64,128")
    parser.add_argument("--type", default="vector,halfvec,bit")
    parser.add_argument("--only-said", action="store_true",
                        help="build only what tuning names; the time of the whole grid is then an estimate")
    parser.add_argument("--sample", help="rows that tuning reads; without it what vecops takes")
    parser.add_argument("--data", type=Path, default=os.environ.get("VECOPS_BENCH_DATA"))
    parser.add_argument("--asked", type=Path, default=os.environ.get("VECOPS_BENCH_QUERIES"), help="queries in Parquet")
    parser.add_argument("--vecops", type=Path, default=ROOT / "target/release/vecops")
    parser.add_argument("--venv", type=Path, default=ROOT / "target/bench-venv")
    parser.add_argument("--json", type=Path, default=ROOT / "target/bench-tune.json")
    options = parser.parse_args()
    options.vecops, options.venv = options.vecops.absolute(), options.venv.absolute()
    options.data = options.data and Path(options.data).absolute()
    options.asked = options.asked and Path(options.asked).absolute()
    for given in (options.data, options.asked):
        if given and not given.exists():
            sys.exit(f"{given} is not there; without VECOPS_BENCH_DATA and VECOPS_BENCH_QUERIES the rows are made up")
    return options


class TuneBench(Bench):
    def run(self):
        options = self.options
        self.dimensions = 384
        is_real = self.prepare(384, options.rows)
        self.split_queries()
        self.table()
        self.output(self.vecops("seed", "public.bench", "--yes", "--quiet", "--from", "rows.parquet"))
        # The index that is there is pgvector's default, which tuning takes as today's.
        self.build("vector", 16, 64, "bench_today")
        self.sql("vacuum analyze public.bench")
        self.sql("drop table if exists public.asked; create table public.asked (n int primary key, v extensions.vector(384))")
        lines = [json.loads(line)["embedding"] for line in open(self.folder / "measure.jsonl")]
        with open(self.folder / "asked.tsv", "w") as file:
            for n, vector in enumerate(lines):
                print(n, json.dumps(vector), sep="\t", file=file)
        self.sql("\\copy public.asked from 'asked.tsv'")
        tuned, tuning_seconds = self.tune()
        self.sql("drop index public.bench_today")
        exact = json.loads(self.output(self.vecops("bench", "exact", "public.bench", "--queries", "measure.jsonl", "-k", K, "--json")))
        self.exact = [set(query["ids"]) for query in exact["data"]["queries"]]
        grid_seconds, measured = self.grid(tuned)
        return self.compare_both(tuned, tuning_seconds, grid_seconds, measured, is_real)

    def split_queries(self):
        options = self.options
        asked = [options.asked, options.queries, "as they are"] if options.asked else ["rows.parquet", options.queries, "noisy"]
        self.output(self.python(QUERIES, *asked))
        lines = open(self.folder / "queries.jsonl").readlines()
        (self.folder / "tune.jsonl").write_text("".join(lines[0::2]))
        (self.folder / "measure.jsonl").write_text("".join(lines[1::2]))

    def tune(self):
        options = self.options
        sample = ["--sample", options.sample] if options.sample else []
        started = time.perf_counter()
        command = self.vecops(
            "index", "tune", "public.bench", "--level", "rebuild", "--recall", options.recall, "--queries", "tune.jsonl",
            "--m", options.m, "--ef-construction", options.ef_construction, "--type", options.type, *sample, "--yes", "--json",
        )
        done = subprocess.run(command, env=self.environment, stdout=subprocess.PIPE, cwd=self.folder, text=True)
        # 3 says that no index reaches the target, which is an answer: what was said of each is measured all the same.
        if done.returncode not in (0, 3):
            sys.exit(f"vecops index tune ended with {done.returncode}")
        return json.loads(done.stdout)["data"], time.perf_counter() - started

    def build(self, element, m, ef_construction, name="bench_tried"):
        """Builds an index as vecops builds one: with enough memory, on as many processes as there are."""
        expression, opclass = {
            "vector": ("embedding", "vector_cosine_ops"),
            "halfvec": ("((embedding::extensions.halfvec(384)))", "halfvec_cosine_ops"),
            "bit": ("((extensions.binary_quantize(embedding)::bit(384)))", "bit_hamming_ops"),
        }[element]
        started = time.perf_counter()
        self.sql(
            "set statement_timeout = 0; set maintenance_work_mem = '1500MB'; set min_parallel_table_scan_size = 0; "
            f"create index {name} on public.bench using hnsw ({expression} extensions.{opclass}) "
            f"with (m = {m}, ef_construction = {ef_construction})"
        )
        return time.perf_counter() - started

    def grid(self, tuned):
        """Builds and measures every index of the grid on the whole table: the seconds, and what was measured."""
        options = self.options
        said = {}
        for row in tuned["indexes"]:
            candidate = row["candidate"]
            key = (candidate["stored"]["element"], candidate["m"], candidate["ef_construction"])
            said.setdefault(key, []).extend(forecast["ef_search"] for forecast in [row["forecast"], *row["curve"]] if forecast)
        grid = [
            (element, m, ef_construction)
            for element in options.type.split(",")
            for m in map(int, options.m.split(","))
            for ef_construction in map(int, options.ef_construction.split(","))
            if ef_construction >= 2 * m
        ]
        grid += [key for key in said if key not in grid] + [key for key in [("vector", 16, 64)] if key not in grid and key not in said]
        seconds, measured, whole = 0.0, {}, len(grid)
        if options.only_said:
            grid = [key for key in grid if key in said or key == ("vector", 16, 64)]
        for key in grid:
            build = self.build(*key)
            started = time.perf_counter()
            for ef_search in EFS:
                measured[(*key, ef_search)] = self.measured(key[0], ef_search)
            seconds += build + time.perf_counter() - started
            for ef_search in set(said.get(key, [])) - set(EFS):
                measured[(*key, ef_search)] = self.measured(key[0], ef_search)
            self.sql("drop index public.bench_tried")
            print(f"{key}: built in {build:.0f} s", file=sys.stderr)
        return seconds * whole / len(grid), measured

    def measured(self, element, ef_search):
        """The recall of each query, and the pages of one."""
        plain = {"vector": "{0}", "halfvec": "({0}::extensions.halfvec(384))"}
        if element == "bit":
            bits = "(extensions.binary_quantize({0})::bit(384))"
            inner = (
                f"select b.id, b.embedding from public.bench b order by {bits.format('b.embedding')} "
                f"operator(extensions.<~>) {bits.format('a.v')} limit {ef_search}"
            )
            query = f"select near.id from ({inner}) near order by near.embedding operator(extensions.<=>) a.v limit {K}"
        else:
            form = plain[element]
            query = (
                f"select b.id from public.bench b order by {form.format('b.embedding')} operator(extensions.<=>) "
                f"{form.format('a.v')} limit {K}"
            )
        settings = (
            "set statement_timeout = 0; select '[1]'::extensions.vector; set enable_seqscan = off; "
            f"set max_parallel_workers_per_gather = 0; set hnsw.ef_search = {ef_search}"
        )
        asked = f"from public.asked a cross join lateral ({query}) s"
        answer = self.sql(settings, f"select a.n, string_agg(s.id::text, ' ') {asked} group by a.n order by a.n")
        found = dict(line.split("|") for line in answer.splitlines() if "|" in line)
        explained = self.sql(settings, f"explain (analyze, buffers, timing off, format json) select s.id {asked}")
        root = json.loads(explained[explained.index("[\n"):])[0]["Plan"]
        if "bench_tried" not in explained:
            sys.exit(f"the planner does not take the {element} index at ef_search {ef_search}")
        recalls = []
        for n, exact in enumerate(self.exact):
            rows = found.get(str(n), "").split()
            recalls.append(min(len(exact.intersection(rows)), K) / K)
        pages = (root["Shared Hit Blocks"] + root["Shared Read Blocks"]) / len(recalls)
        return {"recall": statistics.mean(recalls), "interval": interval(recalls), "pages": pages}

    def compare_both(self, tuned, tuning_seconds, grid_seconds, measured, is_real):
        options = self.options
        checked = []
        for row in tuned["indexes"]:
            candidate = row["candidate"]
            key = (candidate["stored"]["element"], candidate["m"], candidate["ef_construction"])
            for forecast in row["curve"]:
                truth = measured[(*key, forecast["ef_search"])]
                low, high = forecast["interval"]["low"], forecast["interval"]["high"]
                checked.append({
                    "index": row["label"], "ef_search": forecast["ef_search"], "said": forecast["recall"], "interval": [low, high],
                    "measured": truth["recall"], "inside": low <= truth["recall"] <= high,
                    "pages_said": forecast["pages"], "pages": truth["pages"],
                })
        # The index that is there is said twice, as it is and at another ef_search: each ef_search counts once.
        checked = list({(one["index"].removeprefix("today: ").removesuffix(" (ef_search only)"), one["ef_search"]): one for one in checked}.values())
        result = {
            "kind": "bench-tune", "rows": options.rows, "made_up": not is_real, "recall": options.recall, "server": self.server,
            "tuning_queries": tuned["queries"], "measuring_queries": len(self.exact), "samples": tuned["samples"],
            "tuning_seconds": tuning_seconds, "grid_seconds": grid_seconds, "share": tuning_seconds / grid_seconds,
            "grid_seconds_are_an_estimate": options.only_said,
            "builds": tuned["builds"], "left_out": tuned["left_out"], "load_average": os.getloadavg(), "checked": checked,
        }
        inside = sum(one["inside"] for one in checked)
        shown = {
            "a pick": tuned["pick"] is not None,
            "at most a quarter of the time": tuning_seconds * 4 <= grid_seconds,
            f"{inside} of {len(checked)} recalls inside what was said": inside >= 0.9 * len(checked),
        }
        if tuned["pick"] is not None:
            pick = tuned["indexes"][tuned["pick"]]
            candidate = pick["candidate"]
            key = (candidate["stored"]["element"], candidate["m"], candidate["ef_construction"], pick["forecast"]["ef_search"])
            truth = measured[key]
            defaults = [measured[("vector", 16, 64, ef_search)] for ef_search in EFS]
            equal = pages_at(truth["recall"], defaults)
            result["pick"] = {"label": pick["label"], "ef_search": key[3], **truth, "defaults_pages_at_equal_recall": equal}
            result["defaults"] = dict(zip(EFS, defaults))
            shown["the pick meets the target by queries that were not used for tuning"] = truth["interval"][0] >= options.recall
            shown["fewer pages than the defaults at equal recall"] = truth["pages"] < equal
        result["shown"] = shown
        return result


def interval(recalls):
    """Wilson's interval over as many rows as are left when misses that come together are counted as what they are."""
    mean, queries = statistics.mean(recalls), len(recalls)
    independent = mean * (1 - mean) / K
    effect = min(max(statistics.variance(recalls) / independent if independent else 2.4, 1), K)
    rows, z = queries * K / effect, 1.959964
    middle = (mean + z * z / (2 * rows)) / (1 + z * z / rows)
    half = z * math.sqrt(mean * (1 - mean) / rows + z * z / (4 * rows * rows)) / (1 + z * z / rows)
    return [middle - half, min(middle + half, 1.0)]


def pages_at(recall, curve):
    """The pages of a curve at a recall, along the line between logarithms of misses and of pages."""
    points = [(math.log(max(1 - one["recall"], 1e-5)), math.log(one["pages"])) for one in curve]
    wanted = math.log(max(1 - recall, 1e-5))
    pairs = list(zip(points, points[1:]))
    (x0, y0), (x1, y1) = next((pair for pair in pairs if pair[1][0] <= wanted), pairs[-1])
    return math.exp(y0 + (y1 - y0) * (wanted - x0) / ((x1 - x0) or -1e-9))


if __name__ == "__main__":
    sys.exit(main())
