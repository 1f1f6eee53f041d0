"""POST /v1/document/change_parser, row by row of the contract (C.5, B.2 rule M)."""

import pytest

from documents import queueing
from documents.models import Document, Run, Task
from knowledgebases import parser_config
from knowledgebases.models import Chunk
from tests.contract.answers import UNKNOWN
from tests.contract.web.documents.shapes import NOAUTH, TRUE, missing, refusal
from tests.factories import DocumentFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def change(document, ask):
    def change(**body):
        return ask("change_parser", doc_id=document.pk, **body)

    return change


def state(document):
    return Document.objects.values("parser_id", "parser_config", "run", "progress", "progress_msg", "chunk_num").get(
        pk=document.pk
    )


def test_another_method_takes_the_chunks_away_and_resets_the_run(upload, publish, ask):
    document = publish(upload(), "Otters hold hands.")

    answer = ask("change_parser", doc_id=document.pk, parser_id="qa", parser_config={"pages": [[1, 2]]})

    now = state(document)
    assert (answer.status_code, answer.json()) == (200, TRUE)
    assert (now["parser_id"], now["parser_config"]["pages"]) == ("qa", [[1, 2]])
    assert (now["run"], now["progress"], now["progress_msg"], now["chunk_num"]) == (Run.UNSTART, 0, "", 0)
    assert not Chunk.objects.exists()


def test_another_config_does_too(upload, publish, ask):
    document = publish(upload(), "Otters hold hands.")

    answer = ask("change_parser", doc_id=document.pk, parser_id="naive", parser_config={"chunk_token_num": 64})

    now = state(document)
    assert answer.json() == TRUE
    assert now["parser_config"]["chunk_token_num"] == 64
    assert (now["run"], now["chunk_num"]) == (Run.UNSTART, 0)


@pytest.mark.parametrize(
    "body", [{}, {"parser_id": "naive"}, {"parser_id": "", "pipeline_id": ""}, {"parser_id": None}]
)
def test_what_changes_nothing_leaves_the_chunks_alone(upload, publish, ask, body):
    document = publish(upload(), "Otters hold hands.")
    before = state(document)

    assert ask("change_parser", doc_id=document.pk, **body).json() == TRUE
    assert state(document) == before


def test_the_config_that_a_document_has_may_be_sent_back(upload, publish, ask):
    document = publish(upload(), "Otters hold hands.")
    before = state(document)

    ask("change_parser", doc_id=document.pk, parser_id="naive", parser_config=document.parser_config)

    assert state(document) == before


def test_a_method_without_config_brings_its_default(document, change):
    change(parser_id="qa")

    expected = parser_config.merge(document.parser_config, parser_config.default("qa"))
    assert state(document)["parser_config"]["graphrag"] == expected["graphrag"]


def test_work_under_way_is_canceled(document, change):
    queueing.start([document.pk])

    change(parser_id="qa")

    assert not Task.objects.open().exists()
    assert state(document)["run"] == Run.UNSTART


@pytest.mark.parametrize(
    ("kind", "parser_id", "other"), [("visual", "picture", "naive"), ("doc", "presentation", "naive")]
)
def test_pictures_and_slides_are_cut_one_way(kb, ask, kind, parser_id, other):
    suffix = {"visual": "png", "doc": "pptx"}[kind]
    document = DocumentFactory(kb=kb, name=f"a.{suffix}", suffix=suffix, type=kind, parser_id=parser_id)

    refused = ask("change_parser", doc_id=document.pk, parser_id=other)
    kept = ask("change_parser", doc_id=document.pk, parser_id=parser_id)

    assert (refused.status_code, refused.json()) == (400, refusal(102, "Not supported yet!"))
    assert kept.json() == TRUE
    assert state(document)["parser_id"] == parser_id


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"parser_id": "nope"}, "`chunk_method` nope doesn't exist"),
        ({"parser_id": 7}, "`chunk_method` 7 doesn't exist"),
        ({"parser_id": "qa", "parser_config": []}, "parser_config must be a dictionary"),
        ({"parser_id": "qa", "parser_config": "x"}, "parser_config must be a dictionary"),
        ({"pipeline_id": "0" * 32}, "Not supported yet!"),
    ],
)
def test_a_wrong_value_is_refused_and_nothing_is_changed(document, change, body, message):
    before = state(document)

    answer = change(**body)

    assert (answer.status_code, answer.json()) == (400, refusal(102, message))
    assert state(document) == before


def test_a_config_that_is_too_long_is_refused(change):
    assert change(parser_config={"x": "y" * 70_000}).status_code == 413


def test_the_document_has_to_be_named(ask):
    assert ask("change_parser", parser_id="qa").json() == missing("doc_id")


@pytest.mark.parametrize("doc_id", [UNKNOWN, "", None])
def test_the_document_is_judged_before_the_values(ask, doc_id):
    answer = ask("change_parser", doc_id=doc_id, parser_id="nope")

    assert (answer.status_code, answer.json()) == (403, NOAUTH)
