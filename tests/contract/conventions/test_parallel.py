"""Five clients at once, as test suites and scripts call: nothing is lost, nothing doubled (contract D, G.1)."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from django.db import connections

from knowledgebases.models import Knowledgebase
from tests.factories import APITokenFactory, KnowledgebaseFactory

pytestmark = pytest.mark.django_db(transaction=True)

CLIENTS, CALLS = 5, 60


@pytest.fixture
def call(live_server, owner):
    """Call a route of the live server CALLS times from CLIENTS clients; returns the answers' bodies."""
    headers = {"Authorization": f"Bearer {APITokenFactory(tenant=owner.tenant).value}"}

    def call(method, path, make):
        def once(number):
            return requests.request(
                method, f"{live_server.url}/api/v1{path}", headers=headers, timeout=30, **make(number)
            ).json()

        with ThreadPoolExecutor(CLIENTS, initializer=connections.close_all) as clients:
            return list(clients.map(once, range(CALLS)))

    return call


@pytest.fixture
def kb(owner):
    return KnowledgebaseFactory(owner=owner)


def test_datasets_of_one_name_all_get_their_own(call):
    answers = call("post", "/datasets", lambda _: {"json": {"name": "x"}})

    assert {answer["code"] for answer in answers} == {0}
    names = {answer["data"]["name"] for answer in answers}
    assert names == {"x", *(f"x({number})" for number in range(1, CALLS))}


def test_uploads_of_one_name_all_get_their_own_and_count(call, kb):
    answers = call("post", f"/datasets/{kb.pk}/documents", lambda _: {"files": {"file": ("a.txt", b"x")}})

    assert {answer["code"] for answer in answers} == {0}
    names = {answer["data"][0]["name"] for answer in answers}
    assert names == {"a.txt", *(f"a({number}).txt" for number in range(1, CALLS))}
    assert kb.refresh().doc_num == CALLS


def test_chunks_are_all_counted(call, kb):
    uploaded = call("post", f"/datasets/{kb.pk}/documents", lambda _: {"files": {"file": ("a.txt", b"x")}})
    document = uploaded[0]["data"][0]["id"]
    path = f"/datasets/{kb.pk}/documents/{document}/chunks"

    answers = call("post", path, lambda number: {"json": {"content": f"chunk {number}"}})

    assert {answer["code"] for answer in answers} == {0}
    assert kb.documents.get(pk=document).chunk_num == kb.refresh().chunk_num == CALLS


def test_a_dataset_that_is_renamed_and_deleted_by_many_is_in_one_of_their_states(call, kb):
    call("put", f"/datasets/{kb.pk}", lambda number: {"json": {"name": f"name {number}", "pagerank": number}})
    renamed = Knowledgebase.objects.get(pk=kb.pk)

    answers = call("delete", "/datasets", lambda _: {"json": {"ids": [kb.pk]}})

    assert renamed.name == f"name {renamed.pagerank}"
    assert sorted(answer["code"] for answer in answers) == [0, *[108] * (CALLS - 1)]
