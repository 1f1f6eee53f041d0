"""POST /v1/document/filter: what a list can be narrowed by (contract C.5)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from documents import removal
from documents.models import Document, Run
from tests.contract.answers import UNKNOWN
from tests.contract.web.documents.shapes import OWNER103, refusal
from tests.factories import DocumentFactory

pytestmark = pytest.mark.django_db

ALL = {"total": 4, "filter": {"suffix": {"txt": 2, "pdf": 1, "": 1}, "run_status": {"0": 2, "3": 2}}}


@pytest.fixture
def count(kb, ask):
    """POST the filter; returns the answer's data."""

    def count(**body):
        return ask("filter", kb_id=kb.pk, **body).json()["data"]

    return count


@pytest.fixture
def four(kb):
    return [
        DocumentFactory(kb=kb, name="a.txt", run=Run.DONE),
        DocumentFactory(kb=kb, name="b.txt"),
        DocumentFactory(kb=kb, name="c.pdf", suffix="pdf", type="pdf", run=Run.DONE),
        DocumentFactory(kb=kb, name="plain", suffix=""),
    ]


def test_documents_are_counted_by_suffix_and_run(four, count):
    assert count() == ALL


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"keywords": "A.T"}, {"total": 1, "filter": {"suffix": {"txt": 1}, "run_status": {"3": 1}}}),
        (
            {"keywords": None},
            ALL,
        ),
        ({"suffix": ["pdf"]}, {"total": 1, "filter": {"suffix": {"pdf": 1}, "run_status": {"3": 1}}}),
        ({"types": ["doc"]}, {"total": 3, "filter": {"suffix": {"txt": 2, "": 1}, "run_status": {"0": 2, "3": 1}}}),
        ({"run_status": ["3"]}, {"total": 2, "filter": {"suffix": {"txt": 1, "pdf": 1}, "run_status": {"3": 2}}}),
        ({"run_status": ["4"]}, {"total": 0, "filter": {"suffix": {}, "run_status": {}}}),
    ],
    ids=["keywords", "null", "suffix", "types", "run", "none"],
)
def test_the_counts_are_those_of_the_list_narrowed_the_same_way(four, count, body, expected):
    assert count(**body) == expected


def test_deleted_documents_and_those_of_other_datasets_do_not_count(four, secret, count):
    removal.remove([four[0].pk])

    assert count()["total"] == 3


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        ({}, 400, refusal(101, 'Lack of "KB ID"', False)),
        ({"kb_id": None}, 400, refusal(101, 'Lack of "KB ID"', False)),
        ({"kb_id": UNKNOWN, "types": ["x"]}, 403, OWNER103),
    ],
)
def test_a_dataset_that_is_not_named_or_not_there_is_refused(ask, body, status, expected):
    answer = ask("filter", **body)

    assert (answer.status_code, answer.json()) == (status, expected)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"run_status": ["x"]}, "Invalid filter run status conditions: x"),
        ({"types": ["x"]}, "Invalid filter conditions: x type"),
    ],
)
def test_a_condition_that_makes_no_sense_is_refused(kb, ask, body, message):
    answer = ask("filter", kb_id=kb.pk, **body)

    assert (answer.status_code, answer.json()) == (400, refusal(102, message))


def test_counting_many_costs_what_counting_one_does(kb, four, count):
    with CaptureQueriesContext(connection) as few:
        count()
    Document.objects.bulk_create(
        [Document(kb=kb, created_by=kb.created_by, name=f"{n}.x", type="doc", suffix=f"s{n % 7}") for n in range(500)]
    )

    with CaptureQueriesContext(connection) as many:
        assert count()["total"] == 504

    assert len(many) == len(few) <= 3
