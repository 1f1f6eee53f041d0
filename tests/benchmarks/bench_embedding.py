"""Speed, memory and quality of a local embedding model: `python tests/benchmarks/bench_embedding.py [DIRECTORY]`.

Quality is nDCG@10 of exact dense search on the English collections of `shared/data/retrieval`; `mu` is the
mean cosine of all their question-passage pairs.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

from knowledgebases.embedders.base import Embedder
from knowledgebases.embedders.onnx import OnnxEmbedder

ROOT = Path(__file__).resolve().parents[2]
BUNDLED = ROOT / "knowledgebases/embedders/models/all-MiniLM-L6-v2"
DATA = ROOT.parent / "shared/data/retrieval"


def rows(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def speed(directory: Path) -> None:
    words = (DATA / "cranfield/corpus.jsonl").read_text("utf-8").split()
    for threads in (1, 2):
        embedder = OnnxEmbedder(directory, model_id="bench", threads=threads)
        for tokens, count in ((128, 256), (512, 64)):
            texts = [" ".join(words[i * tokens : (i + 1) * tokens]) for i in range(count)]
            texts = [cut(embedder, text, tokens) for text in texts]
            embedder.embed(texts[:8])
            wall, cpu = time.perf_counter(), time.process_time()
            embedder.embed(texts)
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            print(f"{threads} threads, {tokens} tokens: {count / wall:.0f} chunks/s ({count / cpu:.0f} per CPU second)")
        start = time.perf_counter()
        for number in range(200):
            embedder.embed_query(f"what is the lift of a slender wing at mach {number}")
        print(f"{threads} threads: {(time.perf_counter() - start) * 5:.2f} ms a query")
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * 4 / 1024
    print(f"resident: {resident:.0f} MB")


def cut(embedder: Embedder, text: str, tokens: int) -> str:
    while embedder.count_tokens([text])[0] > tokens - 2:
        text = text[: -max(4, len(text) // 50)]
    return text


def quality(directory: Path, names: list[str]) -> None:
    embedder = OnnxEmbedder(directory, model_id="bench", threads=2)
    for name in names:
        corpus, questions = rows(DATA / name / "corpus.jsonl"), rows(DATA / name / "queries.jsonl")
        passages = embedder.embed([f"{row.get('title') or ''} {row['text']}".strip() for row in corpus])
        asked = np.stack([embedder.embed_query(row["text"]) for row in questions])
        index = {row["id"]: number for number, row in enumerate(corpus)}
        relevant: dict[str, dict[int, float]] = {}
        for line in (DATA / name / "qrels.tsv").read_text("utf-8").splitlines()[1:]:
            query, document, score = line.split("\t")
            relevant.setdefault(query, {})[index[document]] = max(0.0, float(score))
        scores = asked @ passages.T
        found = [ndcg(scores[i], relevant[row["id"]]) for i, row in enumerate(questions) if row["id"] in relevant]
        print(f"{name}: nDCG@10 {np.mean(found):.4f}, mu {scores.mean():.4f}, sd {scores.std():.4f}", flush=True)


def ndcg(scores: np.ndarray, relevant: dict[int, float]) -> float:
    top = np.argsort(-scores, kind="stable")[:10]
    discounts = 1 / np.log2(np.arange(2, 12))
    ideal = sorted(relevant.values(), reverse=True)[:10]
    best = float(np.dot(ideal, discounts[: len(ideal)]))
    return float(np.dot([relevant.get(int(i), 0.0) for i in top], discounts)) / best if best else 0.0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path, nargs="?", default=BUNDLED)
    parser.add_argument(
        "--collections", nargs="*", default=["scifact-train", "cranfield", "xquad-en", "chroma-chunked"]
    )
    options = parser.parse_args()
    speed(options.directory)
    quality(options.directory, options.collections)
