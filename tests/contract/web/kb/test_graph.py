"""The knowledge graph, of which none is ever built, at both APIs (contract B.1, C.4)."""

import pytest

from tests.contract.answers import UNKNOWN

pytestmark = pytest.mark.django_db

EMPTY = {"graph": {}, "mind_map": {}}


def test_the_web_api_shows_and_deletes_an_empty_graph(web, kb):
    shown, deleted = web.get(f"/v1/kb/{kb.pk}/knowledge_graph"), web.delete(f"/v1/kb/{kb.pk}/knowledge_graph")

    assert shown.json() == {"code": 0, "message": "success", "data": EMPTY}
    assert deleted.json() == {"code": 0, "message": "success", "data": True}


def test_the_rest_api_shows_and_deletes_an_empty_graph(api, kb):
    path = f"/api/v1/datasets/{kb.pk}/knowledge_graph"

    assert api.get(path).json() == {"code": 0, "data": EMPTY}
    assert api.delete(path).json() == {"code": 0, "data": True}


@pytest.mark.parametrize("method", ["get", "delete"])
def test_datasets_out_of_reach_are_refused_in_the_manner_of_each_api(api, web, foreign, method):
    for key in (foreign.pk, UNKNOWN, "x"):
        rest = getattr(api, method)(f"/api/v1/datasets/{key}/knowledge_graph")
        raw = getattr(web, method)(f"/v1/kb/{key}/knowledge_graph")
        assert rest.json() == {"code": 109, "message": "No authorization."}
        assert raw.json() == {"code": 109, "message": "No authorization.", "data": False}
        assert (rest.status_code, raw.status_code) == (403, 403)


def test_members_see_it_and_only_who_may_edit_deletes_it(api_as, web_as, shared, teammate, admin):
    for client, path in [
        (api_as(teammate), f"/api/v1/datasets/{shared.pk}/knowledge_graph"),
        (web_as(teammate), f"/v1/kb/{shared.pk}/knowledge_graph"),
    ]:
        assert client.get(path).json()["data"] == EMPTY
        assert client.delete(path).json()["code"] == 109
    assert web_as(admin).delete(f"/v1/kb/{shared.pk}/knowledge_graph").json()["data"] is True


def test_a_token_that_may_only_read_deletes_nothing(api_as, owner, kb):
    client = api_as(owner, scopes=["read"])

    assert client.get(f"/api/v1/datasets/{kb.pk}/knowledge_graph").status_code == 200
    assert client.delete(f"/api/v1/datasets/{kb.pk}/knowledge_graph").status_code == 403
