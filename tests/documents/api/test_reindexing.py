"""Reindexing through the REST API."""

import pytest

from documents import reindexing
from documents.models import Goal, Reindex, ReindexState, What
from documents.models.document import Document
from knowledgebases.models import Permission
from tests.factories import DocumentFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def call(api, kb):
    """Call a route of the dataset as its owner; returns the answer's body."""

    def call(deed="", body=None, client=api, method="post"):
        url = f"/api/v1/datasets/{kb.pk}/reindex{deed and '/'}{deed}"
        return getattr(client, method)(url, body, format="json").json()

    return call


@pytest.fixture(autouse=True)
def _chunks(kb):
    document = DocumentFactory(kb=kb)
    Document.objects.filter(pk=document.pk).update(chunk_num=4)


def test_a_reindex_is_begun_and_watched(call):
    begun = call(body={"what": "lexical", "language": "German"})
    seen = call(method="get")

    assert begun["code"] == 0
    assert begun["data"] == seen["data"]
    assert (seen["data"]["state"], seen["data"]["total"], seen["data"]["progress"]) == ("queued", 4, 0.0)
    assert (seen["data"]["language"], seen["data"]["former_language"]) == ("German", "English")


def test_a_reindex_may_switch_by_itself(call):
    call(body={"what": "lexical", "switch": True})

    assert Reindex.objects.get().goal == Goal.SWITCH


def test_deeds_are_done(call):
    call(body={"what": "lexical"})

    assert call("pause")["data"]["state"] == "paused"
    assert call("resume")["data"]["state"] == "queued"
    assert call("switch")["data"]["goal"] == "switch"
    assert call("rollback")["data"]["state"] == "rolled_back"


@pytest.mark.parametrize(
    ("deed", "code", "text"),
    [("finish", 102, "nothing to finish"), ("explode", 102, "no such deed"), ("resume", 102, "cannot be resumed")],
)
def test_what_cannot_be_done_is_told(call, deed, code, text):
    call(body={"what": "lexical"})

    answer = call(deed)

    assert answer["code"] == code
    assert text in answer["message"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"what": "everything"}, 101),
        ({"embedding_model": 7}, 101),
        ({"embedding_model": "unknown"}, 101),
        ({"language": "x" * 33, "what": "lexical"}, 101),
        ({"switch": "yes"}, 101),
        ({"modell": "x"}, 101),
    ],
    ids=["no kind", "no text", "no model", "no language", "no boolean", "unknown key"],
)
def test_a_body_of_another_shape_is_refused(call, body, code):
    assert call(body=body)["code"] == code
    assert not Reindex.objects.exists()


def test_a_dataset_that_was_never_reindexed_says_so(call):
    assert "never reindexed" in call(method="get")["message"]


def test_a_member_of_the_team_watches_and_changes_nothing(call, kb, api_as, teammate):
    type(kb).objects.filter(pk=kb.pk).update(permission=Permission.TEAM)
    call(body={"what": "lexical"})
    mate = api_as(teammate)

    assert call(method="get", client=mate)["data"]["state"] == "queued"
    assert call(body={"what": "lexical"}, client=mate)["code"] == 102
    assert call("pause", client=mate)["code"] == 102
    assert Reindex.objects.get().state == ReindexState.QUEUED


def test_a_stranger_finds_nothing(call, kb, api_as, stranger):
    reindexing.start(kb, what=What.LEXICAL)

    for deed, method in (("", "get"), ("", "post"), ("pause", "post")):
        answer = call(deed, client=api_as(stranger), method=method)
        assert answer["message"] == f"You don't own the dataset {kb.pk}."


def test_the_contract_refuses_another_model_while_there_are_chunks(api, kb):
    answer = api.put(
        f"/api/v1/datasets/{kb.pk}", {"embedding_model": "multilingual-e5-small@Builtin"}, format="json"
    ).json()

    assert (answer["code"], answer["message"]) == (
        102,
        "When chunk_num (4) > 0, embedding_model must remain all-MiniLM-L6-v2@Builtin",
    )
