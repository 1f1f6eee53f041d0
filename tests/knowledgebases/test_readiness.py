import pytest
from django.utils import timezone

from documents.models import Run
from knowledgebases.readiness import require_parsed
from system.errors import Conflict
from tests.factories import DocumentFactory, KnowledgebaseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def kb(owner):
    return KnowledgebaseFactory(owner=owner, name="handbook")


@pytest.mark.parametrize(
    "state",
    [
        {"run": Run.DONE},
        {"run": Run.UNSTART, "chunk_num": 1},
        {"run": Run.FAIL, "enabled": False},
        {"run": Run.RUNNING, "deleted_at": timezone.now()},
    ],
    ids=["parsed", "typed in by hand", "switched off", "deleted"],
)
def test_a_dataset_is_ready_when_all_that_is_searched_is_parsed(kb, state):
    DocumentFactory(kb=kb, **state)

    require_parsed(kb)


def test_an_empty_dataset_is_ready(kb):
    require_parsed(kb)


@pytest.mark.parametrize(
    ("run", "message"),
    [
        (Run.RUNNING, "Document `a.txt` of dataset `handbook` is still being parsed; wait for it."),
        (Run.UNSTART, "Document `a.txt` of dataset `handbook` is not parsed (UNSTART); parse it, or switch it off."),
        (Run.CANCEL, "Document `a.txt` of dataset `handbook` is not parsed (CANCEL); parse it, or switch it off."),
        (Run.FAIL, "Document `a.txt` of dataset `handbook` is not parsed (FAIL); parse it, or switch it off."),
    ],
    ids=str,
)
def test_what_is_not_parsed_is_named_with_what_to_do(kb, run, message):
    DocumentFactory(kb=kb, run=Run.DONE)
    DocumentFactory(kb=kb, name="a.txt", run=run)

    with pytest.raises(Conflict) as refused:
        require_parsed(kb)

    assert refused.value.message == message
