"""GET /datasets/{id}/documents, row by row of the contract (B.2)."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from documents import queueing
from documents.models import Document, Run, Task
from documents.rest.querying import ORDER
from tests.contract.answers import DOCUMENT, UNKNOWN, failure
from tests.factories import DocumentFactory

pytestmark = pytest.mark.django_db


def test_a_list_answers_rows_under_the_names_of_the_wire(kb, document, fetch):
    data = fetch()

    row = data["docs"][0]
    assert data["total"] == 1
    assert set(row) == DOCUMENT | {"title"}
    assert row["dataset_id"] == kb.pk
    assert (row["run"], row["status"], row["progress"], row["title"]) == ("UNSTART", "1", 0.0, None)
    assert (row["chunk_count"], row["token_count"], row["meta_fields"]) == (0, 0, {})
    assert row["create_time"] == int(document.created_at.timestamp() * 1000)
    assert row["create_date"] == document.created_at.strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert row["process_begin_at"] is None


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ["c.md", "b.txt", "a.txt"]),
        ({"desc": "false"}, ["a.txt", "b.txt", "c.md"]),
        ({"desc": "False"}, ["a.txt", "b.txt", "c.md"]),
        ({"desc": "whatever"}, ["c.md", "b.txt", "a.txt"]),
        ({"orderby": "name", "desc": "false"}, ["a.txt", "b.txt", "c.md"]),
        ({"orderby": "size"}, ["b.txt", "a.txt", "c.md"]),
        ({"desc": "FALSE"}, ["a.txt", "b.txt", "c.md"]),
        ({"desc": "0"}, ["c.md", "b.txt", "a.txt"]),
        ({"desc": ""}, ["c.md", "b.txt", "a.txt"]),
        ({"orderby": ""}, ["c.md", "b.txt", "a.txt"]),
        ({"orderby": "update_time", "desc": "false"}, ["a.txt", "b.txt", "c.md"]),
        ({"orderby": "create_date"}, ["c.md", "b.txt", "a.txt"]),
        ({"page": 1, "page_size": 2}, ["c.md", "b.txt"]),
        ({"page": 2, "page_size": 2}, ["a.txt"]),
        ({"page": 3, "page_size": 2}, []),
        ({"page": 0, "page_size": 2}, ["c.md", "b.txt"]),
        ({"page": "", "page_size": ""}, ["c.md", "b.txt", "a.txt"]),
        ({"page_size": 0}, []),
        ({"page": 10**30}, []),
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
    ("query", "names"),
    [
        ({"name": "REPORT.txt"}, {"report.txt"}),
        ({"keywords": "REP"}, {"report.txt", "reply_1.md"}),
        ({"keywords": "_"}, {"reply_1.md"}),
        ({"keywords": "%"}, set()),
        ({"keywords": ""}, {"report.txt", "reply_1.md", "plan.pdf"}),
        ({"suffix": ["md", "pdf"]}, {"reply_1.md", "plan.pdf"}),
        ({"suffix": "docx"}, set()),
        ({"run": "FAIL"}, {"plan.pdf"}),
        ({"run": ["4", "UNSTART"]}, {"report.txt", "reply_1.md", "plan.pdf"}),
        ({"run": "NOPE"}, set()),
        ({"run": "fail"}, {"plan.pdf"}),
        ({"run": ["", "FAIL"]}, {"plan.pdf"}),
        ({"run": ""}, {"report.txt", "reply_1.md", "plan.pdf"}),
        ({"suffix": "MD"}, {"reply_1.md"}),
        ({"suffix": ""}, {"report.txt", "reply_1.md", "plan.pdf"}),
        ({"id": "", "name": ""}, {"report.txt", "reply_1.md", "plan.pdf"}),
        ({"keywords": ".TXT"}, {"report.txt"}),
        ({"keywords": "x"}, {"report.txt"}),
        ({"keywords": "\\"}, set()),
        ({"keywords": "rep", "suffix": "md"}, {"reply_1.md"}),
    ],
)
def test_a_list_is_narrowed(kb, fetch, query, names):
    DocumentFactory(kb=kb, name="report.txt")
    DocumentFactory(kb=kb, name="reply_1.md", suffix="md")
    DocumentFactory(kb=kb, name="plan.pdf", suffix="pdf", run=Run.FAIL)

    data = fetch(**query)

    assert {row["name"] for row in data["docs"]} == names
    assert data["total"] == len(names)


def test_an_id_picks_one_document(kb, document, fetch):
    other = DocumentFactory(kb=kb, name="other.txt")

    assert [row["id"] for row in fetch(id=document.pk)["docs"]] == [document.pk]
    assert fetch(id=document.pk, name=other.name) == {"total": 0, "docs": []}


@pytest.mark.parametrize("name", sorted(ORDER))
def test_rows_can_be_ordered_by_every_column_of_the_wire(fetch, three, name):
    assert fetch(orderby=name)["total"] == 3


@pytest.mark.parametrize(
    ("run", "shown"),
    [("0", "UNSTART"), ("1", "RUNNING"), ("2", "CANCEL"), ("3", "DONE"), ("4", "FAIL")],
)
def test_run_is_shown_by_name_and_found_by_name_and_digit(fetch, document, run, shown):
    document.run = run
    document.save()

    assert [row["run"] for row in fetch(run=run)["docs"]] == [shown]
    assert [row["run"] for row in fetch(run=shown)["docs"]] == [shown]


def test_the_total_counts_what_is_narrowed_before_paging(fetch, three):
    data = fetch(keywords=".txt", page=2, page_size=2)

    assert (data["total"], len(data["docs"])) == (3, 1)


def test_times_narrow_the_page_but_not_the_total(kb, fetch):
    now = timezone.now()
    for hours in (0, 2, 4):
        DocumentFactory(kb=kb, name=f"{hours}.txt", created_at=now + timedelta(hours=hours))
    between = {
        "create_time_from": int((now + timedelta(hours=1)).timestamp() * 1000),
        "create_time_to": int((now + timedelta(hours=3)).timestamp() * 1000),
    }

    data = fetch(**between)

    assert [row["name"] for row in data["docs"]] == ["2.txt"]
    assert data["total"] == 3
    assert len(fetch(create_time_from=0, create_time_to=0)["docs"]) == 3


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"id": UNKNOWN}, f"You don't own the document {UNKNOWN}."),
        ({"name": "none.txt"}, "You don't own the document none.txt."),
    ],
)
def test_an_unknown_id_or_name_is_refused(api, url, document, query, message):
    answer = api.get(url, query)

    assert (answer.status_code, answer.json()) == (404, failure(102, message))


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"page": "a"}, """ValueError("invalid literal for int() with base 10: 'a'")"""),
        ({"page_size": "a"}, """ValueError("invalid literal for int() with base 10: 'a'")"""),
        ({"create_time_from": "a"}, """ValueError("invalid literal for int() with base 10: 'a'")"""),
    ],
)
def test_a_number_that_is_none_is_refused(api, url, query, message):
    answer = api.get(url, query)

    assert (answer.status_code, answer.json()) == (400, {"code": 100, "message": message, "data": None})


def test_an_unknown_order_is_refused_with_the_known_ones(api, url):
    answer = api.get(url, {"orderby": "password"})

    assert (answer.status_code, answer.json()["code"]) == (400, 100)
    assert "create_time" in answer.json()["message"]


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ({"create_time_from": 0}, 1),
        ({"create_time_from": "9" * 30}, 0),
        ({"create_time_to": "9" * 30}, 1),
        ({"create_time_from": -(10**30)}, 1),
    ],
)
def test_no_number_is_beyond_the_times(fetch, document, query, rows):
    assert len(fetch(**query)["docs"]) == rows


def test_both_ends_of_a_period_belong_to_it(fetch, document):
    document.created_at = timezone.now().replace(microsecond=123_456)
    document.save()
    shown = fetch()["docs"][0]["create_time"]

    assert len(fetch(create_time_from=shown, create_time_to=shown)["docs"]) == 1
    assert len(fetch(create_time_from=shown + 1)["docs"]) == 0
    assert len(fetch(create_time_to=shown - 1)["docs"]) == 0


def test_a_list_shows_progress_as_it_goes(document, fetch):
    queueing.start([document.pk])
    queued = fetch()["docs"][0]
    task = Task.objects.claim(owner="test", lease_seconds=60)
    task.beat(lease_seconds=60, progress=0.4, message="Embedding 4/10 chunks.")

    running = fetch()["docs"][0]

    assert (queued["run"], running["run"]) == ("RUNNING", "RUNNING")
    assert 0 < queued["progress"] < 0.01
    assert (running["progress"], running["progress_msg"]) == (0.4, "Embedding 4/10 chunks.")
    assert running["process_begin_at"].endswith("GMT")


def test_a_page_of_ten_thousand_documents_costs_as_many_queries_as_one(kb, api, url):
    DocumentFactory(kb=kb)
    with CaptureQueriesContext(
        connection,
    ) as few:
        api.get(url)
    Document.objects.bulk_create(
        [Document(kb=kb, created_by=kb.created_by, name=f"{n}.txt", type="doc") for n in range(10_000)]
    )

    with CaptureQueriesContext(connection) as many:
        data = api.get(url, {"page": 5, "page_size": 100}).json()["data"]

    assert (data["total"], len(data["docs"])) == (10_001, 100)
    assert len(many) <= len(few) <= 6
