"""What every peer does alike: read the chunks, ingest them, answer the questions, tell how long that took.

Peers run as scripts of an environment of their own, so nothing but numpy and the standard library is imported here.
"""

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

DEPTH = 10
ROUNDS = 2  # the first warms the caches

Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Chunks:
    """What is ingested: ids, texts with their titles before them, and their vectors (n, dimension), L2-normalised."""

    ids: Sequence[str]
    texts: Sequence[str]
    vectors: Vectors


Search = Callable[[str, Vectors], Sequence[str]]
"""A question and its vector (dimension,) to the ids of the best `DEPTH` chunks, best first."""


def measure(version: str, open_: Callable[[Path, Chunks], Search]) -> None:
    """Run the script of a peer: `open_` ingests chunks, with a folder to put its files in, and returns the search.

    Reads the folder named by the first argument, and writes what was found and measured as JSON to the second.
    """
    folder, out = Path(sys.argv[1]), Path(sys.argv[2])
    chunks = Chunks(*_texts(folder / "chunks.jsonl"), np.load(folder / "chunks.npy"))
    questions, vectors = _texts(folder / "questions.jsonl")[1], np.load(folder / "questions.npy")
    began = time.perf_counter()
    search = open_(out.parent, chunks)
    ingested = time.perf_counter() - began
    for _ in range(ROUNDS):
        times, found = [], []
        for question, vector in zip(questions, vectors, strict=True):
            began = time.perf_counter()
            found.append(list(search(question, vector))[:DEPTH])
            times.append(time.perf_counter() - began)
    out.write_text(json.dumps({"version": version, "ingested": ingested, "times": times, "found": found}))


def _texts(path: Path) -> tuple[list[str], list[str]]:
    rows: list[dict[str, Any]] = [json.loads(line) for line in path.read_text().splitlines()]
    return [row["id"] for row in rows], [row["text"] for row in rows]
