"""GET /v1/kb/basic_info and /v1/kb/get_meta (contract C.4)."""

import pytest
from django.utils import timezone

from documents.models import Run
from tests.factories import DocumentFactory, KnowledgebaseFactory

pytestmark = pytest.mark.django_db

NOAUTH = {"code": 109, "message": "No authorization.", "data": False}
NONE = {"processing": 0, "finished": 0, "failed": 0, "cancelled": 0, "downloaded": 0}


def test_an_empty_dataset_counts_nothing(get, kb):
    assert get("basic_info", kb_id=kb.pk) == {"code": 0, "message": "success", "data": NONE}


@pytest.mark.parametrize(
    ("state", "counted"),
    [
        ({"run": Run.UNSTART, "progress": 0}, "processing"),
        ({"run": Run.RUNNING, "progress": 0.001}, "processing"),
        ({"run": Run.RUNNING, "progress": 0.999}, "processing"),
        ({"run": Run.DONE, "progress": 1}, "finished"),
        ({"run": Run.FAIL, "progress": -1}, "failed"),
        ({"run": Run.CANCEL, "progress": 0}, "cancelled"),
    ],
    ids=["waiting", "queued", "nearly done", "done", "failed", "canceled"],
)
def test_every_document_counts_once_by_how_far_it_is(get, kb, state, counted):
    DocumentFactory(kb=kb, **state)
    DocumentFactory(kb=kb, **state, deleted_at=timezone.now())

    assert get("basic_info", kb_id=kb.pk)["data"] == NONE | {counted: 1}


def test_documents_from_elsewhere_are_downloaded(get, kb):
    DocumentFactory(kb=kb, source_type="crawl")

    assert get("basic_info", kb_id=kb.pk)["data"]["downloaded"] == 1


def test_datasets_out_of_reach_are_not_counted(get, web_as, kb, foreign, teammate):
    for query in ({}, {"kb_id": ""}, {"kb_id": foreign.pk}, {"kb_id": "0" * 32}):
        assert get("basic_info", **query) == NOAUTH
    assert get("basic_info", web_as(teammate), kb_id=kb.pk) == NOAUTH


def test_metadata_are_gathered_by_field_and_value(get, kb, owner):
    other = KnowledgebaseFactory(owner=owner)
    first = DocumentFactory(kb=kb, meta_fields={"author": "Ann", "year": 2024})
    second = DocumentFactory(kb=other, meta_fields={"author": "Ann", "tags": ["a", "b", "a"], "draft": True})
    DocumentFactory(kb=kb)
    DocumentFactory(kb=kb, meta_fields={"author": "Bob"}, deleted_at=timezone.now())

    answer = get("get_meta", kb_ids=f"{kb.pk},{other.pk}")

    assert answer == {
        "code": 0,
        "message": "success",
        "data": {
            "author": {"Ann": [second.pk, first.pk]},
            "year": {"2024": [first.pk]},
            "tags": {"a": [second.pk], "b": [second.pk]},
            "draft": {"true": [second.pk]},
        },
    }
    assert get("get_meta", kb_ids=kb.pk)["data"] == {"author": {"Ann": [first.pk]}, "year": {"2024": [first.pk]}}


def test_one_dataset_out_of_reach_refuses_all(get, kb, foreign):
    DocumentFactory(kb=kb, meta_fields={"a": "b"})

    for kb_ids in (f"{kb.pk},{foreign.pk}", f"{foreign.pk}", f"{kb.pk},{'0' * 32}", "", ","):
        assert get("get_meta", kb_ids=kb_ids) == NOAUTH
    assert get("get_meta") == NOAUTH
