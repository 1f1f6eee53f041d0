"""The files that users upload: small ones of several formats, some whose work takes seconds, one of several parts."""

from collections.abc import Mapping
from functools import cache
from random import Random

from tests.flows.live import SAMPLES

_NOUNS = ["otter", "pond", "harbour", "lantern", "ledger", "orchard", "kettle", "glacier", "violin", "ferry", "quarry"]
_VERBS = ["keeps", "follows", "mends", "borrows", "counts", "hides", "paints", "carries", "forgets", "measures"]
CONFIG = {"chunk_token_num": 16}  # of the datasets: chunks that are embedded fast, and many of them
# How often each is uploaded.
WEIGHTS = {
    "sentence.txt": 30,
    "nothing.txt": 3,
    "notes.md": 20,
    "rows.csv": 8,
    "operating.md": 8,
    "faq.html": 6,
    "ingestion.pdf": 8,
    "retrieval.docx": 4,
    "tour.pptx": 3,
    "book.txt": 6,
    "saga.txt": 3,
    "ledger.csv": 4,
}
# Those of a short run.
FEW = {"sentence.txt": 5, "nothing.txt": 1, "notes.md": 4, "ingestion.pdf": 2, "ledger.csv": 3}


@cache
def papers() -> Mapping[str, bytes]:
    """The bytes of each by its name."""
    made = {
        "sentence.txt": b"The otter of the last pond eats fish.",
        "nothing.txt": b"",
        "notes.md": _notes(6).encode(),
        "rows.csv": _rows(20).encode(),
        "book.txt": _chapters(12).encode(),
        "saga.txt": _chapters(50).encode(),
        "ledger.csv": _rows(200).encode(),
    }
    return {name: made[name] if name in made else (SAMPLES / name).read_bytes() for name in WEIGHTS}


def _prose(chance: Random, sentences: int) -> str:
    """Nonsense in sentences that hardly ever repeat."""
    return " ".join(
        f"The {chance.choice(_NOUNS)} {chance.randrange(10**6)} {chance.choice(_VERBS)} the {chance.choice(_NOUNS)}."
        for _ in range(sentences)
    )


def _chapters(count: int) -> str:
    return "\n\n".join(_prose(Random(f"chapter {n}"), 12) for n in range(count))


def _notes(sections: int) -> str:
    return "\n\n".join(f"# Section {n}\n\n{_prose(Random(f'note {n}'), 8)}" for n in range(sections))


def _rows(count: int) -> str:
    chance = Random("rows")
    lines = [f"{n},{chance.choice(_NOUNS)} {n},{_prose(chance, 1)}" for n in range(count)]
    return "\n".join(["number,name,remark", *lines])
