"""Test sets as files, in the forms that `reading` takes."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import PurePath

from django.db.models import Prefetch

from documents.evaluation.cells import guarded
from documents.models import Judgement, Question, QuestionSet


class Form(StrEnum):
    """jsonl and csv hold all; BEIR's two files, queries and qrels, are to be had one by one."""

    JSONL = "jsonl"
    CSV = "csv"
    QUERIES = "queries"
    QRELS = "qrels"


def file_name(question_set: QuestionSet, form: Form) -> str:
    """What to save it as."""
    suffix = {Form.QUERIES: "queries.jsonl", Form.QRELS: "qrels.tsv"}.get(form, form)
    return f"{question_set.name}.{suffix}"


def written(question_set: QuestionSet, form: Form) -> Iterator[str]:
    """The lines of a test set. Documents are told by name, so that another dataset with the same files understands it.

    What is gone is written too: it may be there again under its name, where this is read.
    """
    judgements = Prefetch("judgements", Judgement.objects.order_by("pk"))
    questions = question_set.questions.prefetch_related(judgements).iterator(chunk_size=500)
    yield from _HEADS.get(form, ())
    for question in questions:
        yield from _LINES[form](question, list(question.judgements.all()))


def _jsonl(question: Question, judgements: Sequence[Judgement]) -> Iterator[str]:
    listed = [
        {"chunk": one.chunk_id, "grade": one.grade} if one.chunk_id else {"document": one.name, "grade": one.grade}
        for one in judgements
    ]
    row = {"id": question.key, "question": question.text, "relevant": listed}
    yield json.dumps(row, ensure_ascii=False) + "\n"


def _csv(question: Question, judgements: Sequence[Judgement]) -> Iterator[str]:
    for one in judgements:
        yield _row([question.key, question.text, "" if one.chunk_id else one.name, one.chunk_id, one.grade])


def _queries(question: Question, judgements: Sequence[Judgement]) -> Iterator[str]:
    yield json.dumps({"_id": question.key, "text": question.text}, ensure_ascii=False) + "\n"


def _qrels(question: Question, judgements: Sequence[Judgement]) -> Iterator[str]:
    """BEIR judges documents alone, known by name without suffix; chunks go by their ids."""
    for one in judgements:
        yield f"{question.key}\t{one.chunk_id or PurePath(one.name).stem}\t{one.grade}\n"


def _row(cells: Sequence[object]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(guarded(str(cell)) for cell in cells)
    return line.getvalue()


_LINES = {Form.JSONL: _jsonl, Form.CSV: _csv, Form.QUERIES: _queries, Form.QRELS: _qrels}
_HEADS = {Form.CSV: ("id,question,document,chunk,grade\r\n",), Form.QRELS: ("query-id\tcorpus-id\tscore\n",)}
