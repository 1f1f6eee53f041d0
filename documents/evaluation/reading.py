"""Test sets out of files: CSV, JSON Lines, or the two files of BEIR (`queries.jsonl` and `qrels.tsv`)."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, TypeVar

from documents.evaluation.cells import bare
from documents.evaluation.drafts import SHOWN, Draft, Named, draft, named, refuse_many
from system.errors import ArgumentError

T = TypeVar("T")

KINDS = "a .csv file, a .jsonl file, or the two files of BEIR: queries as .jsonl with judgements as .tsv"


@dataclass(frozen=True, slots=True)
class Source:
    """A file: its name, whose suffix tells what it is, and its bytes."""

    name: str
    content: bytes

    @property
    def kind(self) -> str:
        """The suffix."""
        return PurePath(self.name).suffix.lower()

    def at(self, line: int) -> str:
        """Where a line is, for messages."""
        return f"Line {line} of {self.name[:SHOWN]}"

    def text(self) -> str:
        """The content. Raises ArgumentError where it is no UTF-8; a byte order mark is no part of it."""
        try:
            return self.content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            where = f"byte {error.start:,}"
            raise ArgumentError(f"{self.name[:SHOWN]} is not in UTF-8 ({where}); save it as such.") from None


def read(sources: Sequence[Source]) -> list[Draft]:
    """The questions of one file, or of BEIR's two; raises ArgumentError, naming the line, where they are malformed, and
    TooLarge where they have more judgements than one request may bring.

    Of BEIR's queries those without a judgement are left out: its files share them between their splits.
    """
    by_kind = {source.kind: source for source in sources}
    given = sorted(source.kind for source in sources)
    if given == [".csv"]:
        drafts = _of_csv(sources[0])
    elif given == [".jsonl"]:
        drafts = _of_json(sources[0])
    elif given == [".jsonl", ".tsv"]:
        drafts = _of_beir(by_kind[".jsonl"], by_kind[".tsv"])
    else:
        names = ", ".join(source.name[:SHOWN] for source in sources) or "nothing"
        raise ArgumentError(f"A test set comes as {KINDS}; this is {names}.")
    if not drafts:
        raise ArgumentError("There is no question in what was sent.")
    return drafts


def _of_json(source: Source) -> list[Draft]:
    """A line `{"id", "question", "relevant": [name, {"document" or "chunk", "grade"}, …]}` for each question."""
    drafts, judgements = [], 0
    for line, row in _objects(source):
        where = source.at(line)
        listed = relevant(row.get("relevant"), where)
        refuse_many(judgements := judgements + len(listed))
        drafts.append(draft(key=row.get("id"), text=row.get("question"), named=listed, where=where))
    return drafts


def relevant(listed: Any, where: str) -> list[Named]:
    """What answers a question, out of JSON. Raises ArgumentError where it is not of that form."""
    if not isinstance(listed, list):
        raise ArgumentError(f"{where}: `relevant` should be a list of documents or chunks.")
    refuse_many(len(listed))
    return [_relevant(one, where) for one in listed]


def _relevant(one: Any, where: str) -> Named:
    if isinstance(one, str):
        return named(one, 1, chunk=False, where=where)
    if not isinstance(one, dict) or (one.get("document") is None) == (one.get("chunk") is None):
        raise ArgumentError(
            f"{where}: {str(one)[:SHOWN]!r} should be the name of a document, or an object with `document` or `chunk`, "
            "and `grade`."
        )
    chunk = one.get("chunk") is not None
    return named(one["chunk" if chunk else "document"], one.get("grade", 1), chunk=chunk, where=where)


def _of_csv(source: Source) -> list[Draft]:
    """A row for every judgement: `question`, `document` or `chunk`, and perhaps `id` and `grade`."""
    gathered: dict[str, tuple[str, str, str, list[Named]]] = {}
    for line, row in _bounded(_rows(source)):
        where = source.at(line)
        key, text = row.get("id", ""), row.get("question", "")
        first = gathered.setdefault(key or text, (key, text, where, []))
        if first[1] != text:
            raise ArgumentError(f"{where}: the id {key[:SHOWN]!r} had another question before.")
        if bool(row.get("document")) == bool(row.get("chunk")):
            raise ArgumentError(f"{where}: one of `document` and `chunk` should be given.")
        first[3].append(_cell(row, where))
    return [draft(key=key, text=text, named=listed, where=where) for key, text, where, listed in gathered.values()]


def _cell(row: Mapping[str, str], where: str) -> Named:
    chunk = bool(row.get("chunk"))
    return named(row["chunk" if chunk else "document"], row.get("grade") or 1, chunk=chunk, where=where)


def _rows(source: Source) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a table by the names of their columns, each with its line."""
    text = source.text()
    head = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count), strict=True)
    columns: list[str] = []
    try:
        for row in reader:
            cells = [bare(cell.strip()) for cell in row]
            if not columns:
                columns = [cell.lower() for cell in cells]
                _check_columns(columns, source)
            elif any(cells):
                if len(cells) != len(columns):
                    raise ArgumentError(
                        f"{source.at(reader.line_num)}: {len(cells)} columns, where the first line has {len(columns)}."
                    )
                yield reader.line_num, dict(zip(columns, cells, strict=True))
    except csv.Error as error:
        raise ArgumentError(f"{source.at(reader.line_num)}: {error}.") from None


def _check_columns(columns: Sequence[str], source: Source) -> None:
    if "question" not in columns or not {"document", "chunk"} & set(columns) or len(set(columns)) < len(columns):
        raise ArgumentError(
            f"{source.at(1)}: the columns should be `question`, `document` or `chunk`, and perhaps `id` and `grade`, "
            "each once."
        )


def _of_beir(queries: Source, qrels: Source) -> list[Draft]:
    """`{"_id", "text"}` a line, and `query-id`, `corpus-id`, `score` parted by tabs."""
    texts: dict[str, tuple[Any, str]] = {}
    for line, row in _objects(queries):
        key = _query_id(row)
        if not key or key in texts:
            raise ArgumentError(f"{queries.at(line)}: the id {key[:SHOWN]!r} is missing, or was there before.")
        texts[key] = row.get("text"), queries.at(line)
    judged: dict[str, list[Named]] = {}
    for line, (key, document, grade) in _bounded(_judgements(qrels)):
        if key not in texts:
            raise ArgumentError(f"{qrels.at(line)}: {queries.name[:SHOWN]} has no query {key[:SHOWN]!r}.")
        judged.setdefault(key, []).append(named(document, grade, chunk=False, where=qrels.at(line)))
    return [draft(key=key, text=texts[key][0], named=listed, where=texts[key][1]) for key, listed in judged.items()]


def _query_id(row: Mapping[str, Any]) -> str:
    """The id of a query, "" where it is none."""
    key = row.get("_id", row.get("id"))
    return str(key).strip() if isinstance(key, str | int) else ""


def _bounded(judgements: Iterator[T]) -> Iterator[T]:
    """The rows of a file that has one for each judgement; TooLarge before more than may come are in memory."""
    for number, judgement in enumerate(judgements, 1):
        refuse_many(number)
        yield judgement


def _judgements(qrels: Source) -> Iterator[tuple[int, tuple[str, str, str]]]:
    for line, text in enumerate(qrels.text().split("\n"), 1):
        cells = [cell.strip() for cell in text.split("\t")]
        if not any(cells) or (line == 1 and cells[0] == "query-id"):
            continue
        if len(cells) != 3:
            raise ArgumentError(f"{qrels.at(line)}: query, document and score should be parted by tabs.")
        yield line, (cells[0], cells[1], cells[2])


def _objects(source: Source) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of JSON Lines, each with its line."""
    for line, text in enumerate(source.text().split("\n"), 1):
        if not text.strip():
            continue
        try:
            row = json.loads(text)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            raise ArgumentError(f"{source.at(line)} is no JSON object.")
        yield line, row
