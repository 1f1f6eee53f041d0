"""POST /v1/document/set_meta, row by row of the contract (C.5)."""

import json

import pytest

from documents.models import Document
from tests.contract.answers import UNKNOWN
from tests.contract.web.documents.shapes import NOAUTH, TRUE, missing, refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def set_meta(document, ask):
    def set_meta(meta):
        return ask("set_meta", doc_id=document.pk, meta=meta)

    return set_meta


@pytest.mark.parametrize("meta", [{"author": "me", "year": 2025, "score": 0.5}, {}, {"": ""}, {"作者": "李"}])
def test_metadata_are_replaced(document, set_meta, meta):
    Document.objects.filter(pk=document.pk).update(meta_fields={"old": "x"})

    answer = set_meta(json.dumps(meta))

    assert (answer.status_code, answer.json()) == (200, TRUE)
    assert Document.objects.get(pk=document.pk).meta_fields == meta


@pytest.mark.parametrize(
    ("meta", "message"),
    [
        ("[]", "Only dictionary type supported."),
        ('"x"', "Only dictionary type supported."),
        ("null", "Only dictionary type supported."),
        ("7", "Only dictionary type supported."),
        ('{"a": ["x"]}', "The type is not supported: ['x']"),
        ('{"a": 1, "b": {"c": 1}}', "The type is not supported: {'c': 1}"),
        ('{"a": null}', "The type is not supported: None"),
        ('{"a": true}', "The type is not supported: True"),
        ("x", "Json syntax error: Expecting value: line 1 column 1 (char 0)"),
        ("", "Json syntax error: Expecting value: line 1 column 1 (char 0)"),
        ("{'a': 1}", "Json syntax error: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ('{"a": NaN}', "Json syntax error: NaN"),
        ({"a": 1}, "Json syntax error: `meta` should be the text of a JSON object."),
        (None, "Json syntax error: `meta` should be the text of a JSON object."),
    ],
)
def test_other_than_texts_and_numbers_by_name_is_refused(document, set_meta, meta, message):
    answer = set_meta(meta)

    assert (answer.status_code, answer.json()) == (400, refusal(101, message, False))
    assert Document.objects.get(pk=document.pk).meta_fields == {}


@pytest.mark.parametrize(
    ("meta", "status"),
    [
        ('{"a": "\\u0000"}', 400),
        ('{"\\ud800": 1}', 400),
        ('{"a": 1e999}', 400),
        ('{"a": ' + "9" * 5000 + "}", 400),
        ("[" * 100_000, 400),
        ('{"a": "' + "x" * 70_000 + '"}', 413),
    ],
    ids=["nul", "surrogate", "infinite", "digits", "deep", "long"],
)
def test_what_no_column_can_keep_is_refused(document, set_meta, meta, status):
    answer = set_meta(meta)

    assert (answer.status_code, answer.json()["code"]) == (status, 101)
    assert Document.objects.get(pk=document.pk).meta_fields == {}


@pytest.mark.parametrize(("body", "keys"), [({}, ("doc_id", "meta")), ({"meta": "{}"}, ("doc_id",))])
def test_keys_that_are_missing_are_told(ask, body, keys):
    assert ask("set_meta", **body).json() == missing(*keys)


def test_the_document_is_judged_before_the_metadata(ask):
    answer = ask("set_meta", doc_id=UNKNOWN, meta="x")

    assert (answer.status_code, answer.json()) == (403, NOAUTH)
