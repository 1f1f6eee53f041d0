"""Big files through the parser child and the chunker: time, memory of both processes, the slowest window.

    python -m tests.benchmarks parsing

The files are made here: PDFs of 1,000 and 5,000 pages, a text and a CSV of 200 MB each. Tokens are counted by words, so
that the figures are those of reading and cutting alone.
"""

import resource
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import cycle, islice
from multiprocessing import get_context
from pathlib import Path

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas
from rich.console import Console
from rich.table import Table

from documents.chunkers import chunker_for
from documents.chunkers.flow import Flow
from documents.sandbox import Limits, Sandbox

MIB = 1 << 20
BIG = 200_000_000  # bytes
SECONDS = 25.0  # of a window: RAG_PARSE_SECONDS
WORDS = (
    "otters",
    "swim",
    "along",
    "the",
    "river",
    "bank",
    "and",
    "catch",
    "fish",
    "while",
    "the",
    "sun",
    "sets",
    "behind",
)


@dataclass(frozen=True)
class Figures:
    """What reading a file took."""

    windows: int
    passages: int
    parsing: float
    """Seconds that the child was waited for."""
    slowest: float
    cutting: float
    """Seconds of the chunker."""
    carry: int
    """Length of the longest carry."""
    child: float
    """Peak resident memory, MiB."""
    worker: float


def main() -> None:
    """Measure and print."""
    table = Table(title="Big files: reading and cutting")
    for column in ("file", "windows", "passages", "parse s", "slowest s", "cut s", "child MiB", "worker MiB", "carry"):
        table.add_column(column, justify="right")
    with tempfile.TemporaryDirectory() as folder:
        for name, write in FILES.items():
            path = Path(folder, name)
            write(path)
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
                got = alone.submit(measure, str(path)).result()
            path.unlink()
            table.add_row(
                name, str(got.windows), str(got.passages), f"{got.parsing:.1f}", f"{got.slowest:.1f}",
                f"{got.cutting:.1f}", f"{got.child:.0f}", f"{got.worker:.0f}", str(got.carry),
            )  # fmt: skip
    Console().print(table)


def measure(path: str) -> Figures:
    """Read and cut a file as a worker does."""
    parsing, cutting, passages, carry, child = [], 0.0, 0, 0, 0.0
    flow = Flow(chunker_for("naive"), config={}, count=_words)
    with Sandbox(Limits()) as sandbox:
        windows = sandbox.windows(path, name=Path(path).name, config={}, alive=lambda: True, timeout=SECONDS)
        while True:
            started = time.perf_counter()
            window = next(windows, None)
            if window is None:
                break
            parsing.append(time.perf_counter() - started)
            child = max(child, _peak(sandbox.pid))
            started = time.perf_counter()
            passages += len(flow.feed(window))
            cutting += time.perf_counter() - started
            carry = max(carry, len(str(flow.carry)))
    worker = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Figures(len(parsing), passages, sum(parsing), max(parsing), cutting, carry, child, worker)


def _peak(pid: int | None) -> float:
    """Peak resident memory of a process, MiB; 0 for one that is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def _words(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def pdf(pages: int) -> Callable[[Path], None]:
    """Writes a PDF of pages with a header, a heading now and then, and forty lines."""

    def write(path: Path) -> None:
        canvas = Canvas(str(path), pagesize=A4)
        words = cycle(WORDS)
        for number in range(1, pages + 1):
            canvas.setFont("Helvetica", 9)
            canvas.drawString(60, 815, f"The handbook of rivers, part {1 + number // 40}")
            canvas.drawString(290, 20, str(number))
            if number % 5 == 1:
                canvas.setFont("Helvetica-Bold", 16)
                canvas.drawString(60, 780, f"{number // 5 + 1} Of the {next(words)} and the {next(words)}")
            canvas.setFont("Helvetica", 10)
            for line in range(40):
                end = "." if line % 6 == 5 else ""
                canvas.drawString(60, 750 - 17 * line, " ".join(islice(words, 14)) + end)
            canvas.showPage()
        canvas.save()

    return write


def text(path: Path) -> None:
    """Writes paragraphs of some sentences."""
    _fill(path, lambda number: f"{_sentence(number)} {_sentence(number + 5)} {_sentence(number + 9)}\n\n")


def table(path: Path) -> None:
    """Writes rows of six cells, one of them quoted."""
    row = '{0},name {0},"the {1}, and the rest",{2:.2f},2024-01-{3:02d},open\n'
    _fill(
        path,
        lambda number: (
            row.format(number, _sentence(number), number / 7, number % 28 + 1)
            if number
            else "id,name,note,price,day,state\n"
        ),
    )


def _sentence(number: int) -> str:
    return " ".join(WORDS[(number + at * 3) % len(WORDS)] for at in range(8 + number % 17)).capitalize() + "."


def _fill(path: Path, line: Callable[[int], str]) -> None:
    with path.open("w") as file:
        for number in _until(lambda: file.tell() >= BIG):
            file.write("".join(map(line, range(number, number + 1000))))


def _until(full: Callable[[], bool]) -> Iterator[int]:
    number = 0
    while not full():
        yield number
        number += 1000


FILES: dict[str, Callable[[Path], None]] = {
    "1,000 pages.pdf": pdf(1_000),
    "5,000 pages.pdf": pdf(5_000),
    "200 MB.txt": text,
    "200 MB.md": text,
    "200 MB.csv": table,
}
"""Name of a file, and what writes it."""
