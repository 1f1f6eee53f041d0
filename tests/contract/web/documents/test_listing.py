"""POST /v1/document/list, row by row of the contract (C.5, A.7)."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from documents import queueing
from documents.models import Document, Run, Task
from tests.contract.answers import UNKNOWN
from tests.contract.web.documents.shapes import LISTED, OWNER103, refusal
from tests.factories import DocumentFactory

pytestmark = pytest.mark.django_db

NOT_A_NUMBER = refusal(100, """ValueError("invalid literal for int() with base 10: 'a'")""")


@pytest.fixture
def call(web, kb):
    """POST the list with a query and a body."""

    def call(query, body=None):
        address = f"/v1/document/list?{urlencode({'kb_id': kb.pk, **query})}"
        return web.post(address, body or {}, format="json")

    return call


@pytest.fixture
def fetch(call):
    """The data that the list answers."""

    def fetch(body=None, **query):
        return call(query, body).json()["data"]

    return fetch


def test_a_list_answers_rows_under_the_names_of_the_columns(kb, owner, document, fetch):
    data = fetch()

    row = data["docs"][0]
    assert data["total"] == 1
    assert set(row) == LISTED
    assert (row["kb_id"], row["parser_id"], row["nickname"]) == (kb.pk, "naive", owner.nickname)
    assert (row["run"], row["status"], row["progress"], row["pipeline_name"]) == ("0", "1", 0.0, None)
    assert (row["chunk_num"], row["token_num"], row["meta_fields"], row["thumbnail"]) == (0, 0, {}, "")
    assert row["create_time"] == int(document.created_at.timestamp() * 1000)
    assert row["create_date"] == document.created_at.strftime("%a, %d %b %Y %H:%M:%S GMT")


def test_a_thumbnail_is_told_as_an_address(kb, fetch):
    DocumentFactory(kb=kb, thumbnail="thumbnail_1.png")

    assert fetch()["docs"][0]["thumbnail"] == f"/v1/document/image/{kb.pk}-thumbnail_1.png"


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ["c.md", "b.txt", "a.txt"]),
        ({"desc": "false"}, ["a.txt", "b.txt", "c.md"]),
        ({"desc": "FALSE"}, ["a.txt", "b.txt", "c.md"]),
        ({"desc": "whatever"}, ["c.md", "b.txt", "a.txt"]),
        ({"orderby": "name", "desc": "false"}, ["a.txt", "b.txt", "c.md"]),
        ({"orderby": "size"}, ["b.txt", "a.txt", "c.md"]),
        ({"page": 1, "page_size": 2}, ["c.md", "b.txt"]),
        ({"page": 2, "page_size": 2}, ["a.txt"]),
        ({"page": 3, "page_size": 2}, []),
        ({"page": 2}, ["c.md", "b.txt", "a.txt"]),
        ({"page_size": 1}, ["c.md", "b.txt", "a.txt"]),
        ({"page": 0, "page_size": 2}, ["c.md", "b.txt", "a.txt"]),
        ({"page": 1, "page_size": 0}, ["c.md", "b.txt", "a.txt"]),
        ({"page": "", "page_size": ""}, ["c.md", "b.txt", "a.txt"]),
        ({"page": 10**30, "page_size": 1}, []),
        ({"unknown": "x"}, ["c.md", "b.txt", "a.txt"]),
    ],
)
def test_a_list_is_ordered_and_paged(kb, fetch, query, names):
    now = timezone.now()
    for place, (name, size) in enumerate([("a.txt", 2), ("b.txt", 3), ("c.md", 1)]):
        DocumentFactory(kb=kb, name=name, size=size, created_at=now + timedelta(seconds=place))

    data = fetch(**query)

    assert data["total"] == 3
    assert [row["name"] for row in data["docs"]] == names


@pytest.mark.parametrize(
    ("query", "body", "names"),
    [
        ({"keywords": "REP"}, {}, {"report.txt", "reply_1.md"}),
        ({"keywords": "_"}, {}, {"reply_1.md"}),
        ({"keywords": ""}, {}, {"report.txt", "reply_1.md", "plan.pdf"}),
        ({}, {"suffix": ["md", "PDF"]}, {"reply_1.md", "plan.pdf"}),
        ({}, {"suffix": ["docx"]}, set()),
        ({}, {"types": ["pdf"]}, {"plan.pdf"}),
        ({}, {"types": ["virtual"]}, set()),
        ({}, {"run_status": ["4"]}, {"plan.pdf"}),
        ({}, {"run_status": [4, "0"]}, {"report.txt", "reply_1.md", "plan.pdf"}),
        ({}, {"run_status": ["5"]}, set()),
        ({}, {"run_status": [], "types": None, "suffix": []}, {"report.txt", "reply_1.md", "plan.pdf"}),
        ({"keywords": "rep"}, {"suffix": ["md"]}, {"reply_1.md"}),
    ],
)
def test_a_list_is_narrowed(kb, fetch, query, body, names):
    DocumentFactory(kb=kb, name="report.txt")
    DocumentFactory(kb=kb, name="reply_1.md", suffix="md")
    DocumentFactory(kb=kb, name="plan.pdf", suffix="pdf", type="pdf", run=Run.FAIL)

    data = fetch(body, **query)

    assert {row["name"] for row in data["docs"]} == names
    assert data["total"] == len(names)


def test_times_narrow_what_is_shown_but_not_the_total(kb, fetch):
    now = timezone.now()
    for hours in (0, 2, 4):
        DocumentFactory(kb=kb, name=f"{hours}.txt", created_at=now + timedelta(hours=hours))
    between = {
        "create_time_from": int((now + timedelta(hours=1)).timestamp() * 1000),
        "create_time_to": int((now + timedelta(hours=3)).timestamp() * 1000),
    }

    data = fetch(**between)

    assert ([row["name"] for row in data["docs"]], data["total"]) == (["2.txt"], 3)
    assert len(fetch(create_time_from=0, create_time_to=0)["docs"]) == 3


@pytest.mark.parametrize(
    ("query", "body", "expected"),
    [
        ({}, {"run_status": ["x"]}, refusal(102, "Invalid filter run status conditions: x")),
        ({}, {"run_status": ["1", "x", "DONE"]}, refusal(102, "Invalid filter run status conditions: x, DONE")),
        ({}, {"types": ["x"]}, refusal(102, "Invalid filter conditions: x type")),
        ({}, {"types": ["x", "pdf", "y"]}, refusal(102, "Invalid filter conditions: x, y types")),
        ({}, {"types": ["x"], "run_status": ["y"]}, refusal(102, "Invalid filter run status conditions: y")),
        ({}, {"types": "pdf"}, refusal(101, "`types` should be a list.", False)),
        ({"page": "a", "page_size": 1}, {}, NOT_A_NUMBER),
        ({"page": 1, "page_size": "a"}, {}, NOT_A_NUMBER),
        ({"create_time_from": "a"}, {}, NOT_A_NUMBER),
    ],
)
def test_a_condition_that_makes_no_sense_is_refused(call, document, query, body, expected):
    answer = call(query, body)

    assert (answer.status_code, answer.json()) == (400, expected)


def test_an_unknown_order_is_refused_with_the_known_ones(call):
    answer = call({"orderby": "password"})

    assert (answer.status_code, answer.json()["code"]) == (400, 100)
    assert "create_time" in answer.json()["message"]


@pytest.mark.parametrize("query", ["", "?kb_id="])
def test_the_dataset_has_to_be_named(web, query):
    answer = web.post(f"/v1/document/list{query}")

    assert (answer.status_code, answer.json()) == (400, refusal(101, 'Lack of "KB ID"', False))


def test_the_dataset_is_judged_before_the_conditions(call):
    answer = call({"kb_id": UNKNOWN}, {"types": ["x"]})

    assert (answer.status_code, answer.json()) == (403, OWNER103)


def test_a_list_shows_progress_as_it_goes(document, fetch):
    queueing.start([document.pk])
    task = Task.objects.claim(owner="test", lease_seconds=60)
    task.beat(lease_seconds=60, progress=0.4, message="Embedding 4/10 chunks.")

    row = fetch()["docs"][0]

    assert (row["run"], row["progress"], row["progress_msg"]) == ("1", 0.4, "Embedding 4/10 chunks.")


def test_a_page_of_ten_thousand_documents_costs_as_many_queries_as_one(kb, fetch):
    DocumentFactory.create_batch(2, kb=kb)
    with CaptureQueriesContext(connection) as few:
        fetch(page=2, page_size=1)
    Document.objects.bulk_create(
        [Document(kb=kb, created_by=kb.created_by, name=f"{n}.txt", type="doc") for n in range(10_000)]
    )

    with CaptureQueriesContext(connection) as many:
        data = fetch(page=5, page_size=100)

    assert (data["total"], len(data["docs"])) == (10_002, 100)
    assert len(many) <= len(few) <= 5
