"""Recall of chunking: 472 questions with exact answer spans over 5 texts, the same 1,500 tokens for every strategy.

    .venv/bin/python tests/benchmarks/bench_chunking.py TOKENIZER_JSON [--half tune|held|all]

Passages of all texts are ranked by BM25; they are read in that order until 1,500 tokens are used up (the last one is
read as far as they last). Recall is the part of the answer's tokens that was read, mean over the questions.
Half of the questions (by parity of their order) is for tuning, the other is held back.
"""

import argparse
import json
import re
import sys
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import semchunk
import Stemmer
from tokenizers import Tokenizer

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from documents.chunkers.naive import chunk  # noqa: E402
from documents.parsers.base import Block, BlockKind, Parsed  # noqa: E402

DATA = ROOT.parent / "shared/data/retrieval/chroma-chunking"
BUDGET = 1500
K1, B = 1.2, 0.75
STOP_WORDS = re.compile(
    r"\b(?:a|an|and|are|as|at|be|by|did|do|does|for|from|how|in|is|it|of|on|or|that|the|to|was|what|which|who|with)\b"
)
WORD = re.compile(r"\w+")
WIKI_HEADING = re.compile(r"\A\s?(=(?: =)*) (.+?) (=(?: =)*)\s*\Z")

Span = tuple[int, int]
Strategy = Callable[[Parsed], list[tuple[Span, str]]]
"""A document to its passages: span and the text that is indexed."""


@dataclass(frozen=True)
class Question:
    """A question, its text and the spans that answer it."""

    text: str
    corpus: str
    spans: tuple[Span, ...]


class Bm25:
    """BM25 (Lucene's form) over passages; English stems."""

    def __init__(self, passages: Sequence[str]) -> None:
        self._stem = Stemmer.Stemmer("english").stemWord
        counts = [Counter(self.terms(text)) for text in passages]
        length = np.array([sum(count.values()) for count in counts], dtype=float)
        norm = K1 * (1 - B + B * length / length.mean())
        self._postings: dict[str, list[tuple[int, float]]] = {}
        for number, count in enumerate(counts):
            for term, frequency in count.items():
                self._postings.setdefault(term, []).append((number, frequency / (frequency + norm[number])))
        self._size = len(passages)

    def terms(self, text: str) -> list[str]:
        """Stems of the words of a text."""
        return [self._stem(word) for word in WORD.findall(STOP_WORDS.sub(" ", text.lower()))]

    def ranked(self, query: str) -> list[int]:
        """Numbers of the passages, best first."""
        scores = np.zeros(self._size)
        for term in set(self.terms(query)):
            posting = self._postings.get(term, [])
            idf = np.log(1 + (self._size - len(posting) + 0.5) / (len(posting) + 0.5))
            for number, weight in posting:
                scores[number] += idf * weight
        return np.argsort(-scores, kind="stable").tolist()


def paragraphs(text: str) -> Iterator[Block]:
    """Blocks of a plain text: what blank lines part, and the headings of wikitext."""
    for match in re.finditer(r"\S(?:.|\n(?!\s*\n))*", text):
        offset = match.start()
        run = offset
        for line in match[0].splitlines(keepends=True):
            heading = WIKI_HEADING.match(line)
            if heading:
                if offset > run:
                    yield Block(BlockKind.TEXT, run, offset)
                yield Block(BlockKind.HEADING, offset, offset + len(line), level=len(heading[1].split()))
                run = offset + len(line)
            offset += len(line)
        if offset > run:
            yield Block(BlockKind.TEXT, run, offset)


def recall(read: Sequence[Span], question: Question, starts: Sequence[int]) -> float:
    """Part of the answer's tokens inside the spans that were read; `starts` are the tokens of the text."""
    answer = {token for span in question.spans for token in tokens_of(span, starts)}
    return len(answer & {token for span in read for token in tokens_of(span, starts)}) / len(answer)


def tokens_of(span: Span, starts: Sequence[int]) -> range:
    """Numbers of the tokens that start in a span."""
    return range(bisect_left(starts, span[0]), bisect_left(starts, span[1]))


def evaluate(
    strategy: Strategy, parsed: dict[str, Parsed], starts: dict[str, list[int]], questions: Sequence[Question]
) -> tuple[list[int], list[float]]:
    """Tokens of each passage, recall of each question."""
    found = [(corpus, span, text) for corpus, document in parsed.items() for span, text in strategy(document)]
    index = Bm25([text for _, _, text in found])
    recalls = []
    for question in questions:
        left = BUDGET
        read: list[Span] = []
        for number in index.ranked(question.text):
            corpus, span, _ = found[number]
            tokens = tokens_of(span, starts[corpus])[:left]
            left -= len(tokens)
            if tokens and corpus == question.corpus:
                read.append((starts[corpus][tokens[0]], starts[corpus][tokens[-1]] + 1))
            if not left:
                break
        recalls.append(recall(read, question, starts[question.corpus]))
    return [len(tokens_of(span, starts[corpus])) for corpus, span, _ in found], recalls


def load_questions(half: str) -> list[Question]:
    """The questions, all or those of one half."""
    rows = [json.loads(line) for line in (DATA / "questions.jsonl").read_text().splitlines()]
    chosen = {"tune": rows[::2], "held": rows[1::2], "all": rows}[half]
    return [
        Question(
            row["question"],
            row["corpus_id"],
            tuple((reference["start_index"], reference["end_index"]) for reference in row["references"]),
        )
        for row in chosen
    ]


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("tokenizer", type=Path, help="tokenizer.json of an embedding model")
    options.add_argument("--half", choices=["tune", "held", "all"], default="all")
    arguments = options.parse_args()
    tokenizer = Tokenizer.from_file(str(arguments.tokenizer))
    tokenizer.no_truncation()
    tokenizer.no_padding()

    def count(texts: Sequence[str]) -> list[int]:
        return [len(encoding) for encoding in tokenizer.encode_batch(list(texts), add_special_tokens=False)]

    def ours(size: int, *, path: bool = False) -> Strategy:
        config = {"chunk_token_num": size, "delimiter": "\n"}
        return lambda parsed: [
            (passage.spans[0], "\n".join((*(passage.headings if path else ()), passage.content)))
            for passage in chunk(parsed, config=config, count=count)
        ]

    def semantic(size: int) -> Strategy:
        chunker = semchunk.chunkerify(lambda text: count([text])[0], size)
        return lambda parsed: [(span, parsed.text[slice(*span)]) for span in chunker(parsed.text, offsets=True)[1]]

    texts = {path.stem: path.read_bytes().decode() for path in sorted((DATA / "corpora").glob("*.md"))}
    parsed = {name: Parsed(text=text, blocks=tuple(paragraphs(text))) for name, text in texts.items()}
    starts = {
        name: [start for start, _ in tokenizer.encode(text, add_special_tokens=False).offsets]
        for name, text in texts.items()
    }
    questions = load_questions(arguments.half)
    strategies = {f"naive {size}": ours(size) for size in (128, 256, 400, 512)}
    strategies |= {"naive 400, indexed with headings": ours(400, path=True), "semchunk 400": semantic(400)}
    print(f"{len(questions)} questions ({arguments.half}), {BUDGET} tokens; recall in percent with its standard error")
    print(f"{'strategy':<33}{'passages':>9}{'mean':>6}{'max':>6}{'recall':>8}{'+-':>6}")
    for name, strategy in strategies.items():
        sizes, recalls = evaluate(strategy, parsed, starts, questions)
        error = 100 * np.std(recalls) / len(recalls) ** 0.5
        row = f"{len(sizes):>9}{np.mean(sizes):>6.0f}{max(sizes):>6}{100 * np.mean(recalls):>8.1f}{error:>6.1f}"
        print(f"{name:<33}{row}", flush=True)


if __name__ == "__main__":
    main()
