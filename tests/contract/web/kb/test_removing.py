"""POST /v1/kb/rm and DELETE /v1/kb/{id} (contract C.4)."""

import pytest

from knowledgebases.models import Knowledgebase

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["rpc", "rest"])
def remove(request, web):
    """Delete a dataset, by either route."""

    def remove(kb, client=None):
        client = client or web
        if request.param == "rest":
            return client.delete(f"/v1/kb/{kb.pk}").json()
        return client.post("/v1/kb/rm", {"kb_id": kb.pk}, format="json").json()

    return remove


def test_a_deleted_dataset_is_gone_at_once(remove, get, kb):
    assert remove(kb) == {"code": 0, "message": "success", "data": True}
    assert get("list")["data"] == {"kbs": [], "total": 0}
    assert get("detail", kb_id=kb.pk)["code"] == 103


def test_a_second_time_it_is_not_there(remove, kb):
    remove(kb)

    assert remove(kb) == {"code": 109, "message": "No authorization.", "data": False}


def test_its_name_is_free_again(remove, post, kb):
    remove(kb)

    assert Knowledgebase.objects.get(pk=post("create", name=kb.name)["data"]["kb_id"]).name == kb.name


def test_the_id_is_required(post):
    assert post("rm") == {"code": 101, "message": "required argument are missing: kb_id; ", "data": None}


@pytest.mark.parametrize("kb_id", [None, 1, "", [], {}], ids=repr)
def test_an_id_that_is_none_is_unknown(post, kb_id):
    assert post("rm", kb_id=kb_id) == {"code": 109, "message": "No authorization.", "data": False}


def test_only_who_made_it_may_delete_it(remove, web_as, shared, teammate, admin, stranger):
    for user in (teammate, admin, stranger):
        assert remove(shared, web_as(user)) == {"code": 109, "message": "No authorization.", "data": False}
    assert Knowledgebase.objects.live().filter(pk=shared.pk).exists()
