"""How much each term of a chunk weighs: BM25F, that is weighted frequencies over fields before saturation."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from knowledgebases.lexical import tokenizer

K1 = 1.2
B = 0.75

# Measured on titles of cranfield and scifact (nDCG@10 .370 -> .378, .710 -> .714; 5 gains no more on both); file names
# as titles of chroma-chunked change nothing. The others follow the order of the contract's boosts (F.2), but stay
# where saturation still tells one mention from two.
CONTENT, TITLE, HEADINGS, KEYWORDS, QUESTIONS = 1.0, 3.0, 2.0, 5.0, 3.0

# Of a dataset that is still empty; it fades as chunks come in, so that its first ones are not weighed by themselves. It
# fades soon: 16 such chunks of 80 terms cost chroma-chunked .004 of its nDCG@10.
PRIOR_CHUNKS, PRIOR_LENGTH = 4, 120.0

MOST_TERMS = 16_000
"""Different terms that are kept of one chunk (a limit of pgvector's sparse vectors): the heaviest."""


@dataclass(frozen=True, slots=True)
class Weighted:
    """The terms of one chunk: weighted frequencies, and their sum over all fields before any was cut off."""

    frequencies: Mapping[str, float]
    length: float

    def saturated(self, average: float) -> dict[str, float]:
        """BM25's part of each term that does not depend on the question, in (0, 1); `average` length of a chunk."""
        norm = K1 * (1 - B + B * self.length / average)
        return {term: tf / (tf + norm) for term, tf in self.frequencies.items()}


def weigh(fields: Iterable[tuple[float, Sequence[str]]], language: str) -> Weighted:
    """Terms of the texts of some fields, each with its weight."""
    frequencies: Counter[str] = Counter()
    for weight, texts in fields:
        for text in texts:
            for term, count in Counter(tokenizer.terms(text, language)).items():
                frequencies[term] += weight * count  # type: ignore[assignment]  # typeshed knows counts of int only
    length = float(sum(frequencies.values()))
    if len(frequencies) > MOST_TERMS:
        frequencies = Counter(dict(frequencies.most_common(MOST_TERMS)))
    return Weighted(frequencies=frequencies, length=length)


def average_length(chunks: int, length: float) -> float:
    """Mean of `chunks` lengths that sum up to `length`, drawn to that of an ordinary chunk while they are few."""
    return (length + PRIOR_CHUNKS * PRIOR_LENGTH) / (chunks + PRIOR_CHUNKS)
