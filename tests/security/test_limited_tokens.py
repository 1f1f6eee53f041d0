"""A token that is limited to datasets: outside of them nothing is there, on every route."""

import io

import pytest
from django.utils import timezone

from documents.models import Document, Run
from knowledgebases.models import Knowledgebase
from system.models.base import new_id
from tests.factories import DocumentFactory, KnowledgebaseFactory, MembershipFactory

pytestmark = pytest.mark.django_db

CHUNK = "0" * 16
CANARY = "Quercus-7391"


@pytest.fixture
def kb(owner):
    return KnowledgebaseFactory(owner=owner, name="open")


@pytest.fixture
def closed(owner):
    """A dataset of the same owner that the token is not for."""
    return KnowledgebaseFactory(owner=owner, name=CANARY)


@pytest.fixture
def hidden(closed):
    return DocumentFactory(kb=closed, name=f"{CANARY}.txt", run=Run.DONE)


@pytest.fixture
def limited(api_as, owner, kb):
    return api_as(owner, datasets=[kb.pk])


def test_the_list_has_its_datasets_alone(limited, kb, closed):
    answer = limited.get("/api/v1/datasets").json()

    assert ([one["id"] for one in answer["data"]], answer["total_datasets"]) == ([kb.pk], 1)


def file():
    content = io.BytesIO(b"text")
    content.name = "a.txt"
    return content


def cases(kb, document):
    """Every way to name a dataset, or a document of it."""
    dataset = f"/api/v1/datasets/{kb}"
    one = f"{dataset}/documents/{document}"
    return {
        "by id": ("get", f"/api/v1/datasets?id={kb}", None),
        "update": ("put", dataset, {"description": "x"}),
        "delete": ("delete", "/api/v1/datasets", {"ids": [kb]}),
        "documents": ("get", f"{dataset}/documents", None),
        "delete documents": ("delete", f"{dataset}/documents", {}),
        "parse": ("post", f"{dataset}/chunks", {"document_ids": [document]}),
        "stop": ("delete", f"{dataset}/chunks", {"document_ids": [document]}),
        "download": ("get", one, None),
        "update document": ("put", one, {"name": "b.txt"}),
        "chunks": ("get", f"{one}/chunks", None),
        "add chunk": ("post", f"{one}/chunks", {"content": "x"}),
        "change chunk": ("put", f"{one}/chunks/{CHUNK}", {"content": "x"}),
        "delete chunks": ("delete", f"{one}/chunks", {}),
        "retrieval": ("post", "/api/v1/retrieval", {"dataset_ids": [kb], "question": "x"}),
        "dify": ("post", "/api/v1/dify/retrieval", {"knowledge_id": kb, "query": "x"}),
        "graph": ("get", f"{dataset}/knowledge_graph", None),
        "delete graph": ("delete", f"{dataset}/knowledge_graph", None),
    }


@pytest.mark.parametrize("case", cases("", ""))
def test_a_dataset_out_of_reach_is_answered_as_one_that_is_not_there(limited, closed, hidden, case):
    def ask(kb, document):
        method, url, body = cases(kb, document)[case]
        answer = getattr(limited, method)(url, body, format="json")
        return answer.status_code, answer.content.decode().replace(kb, "DATASET").replace(document, "DOCUMENT")

    out_of_reach, unknown = ask(closed.pk, hidden.pk), ask(new_id(), new_id())

    assert out_of_reach == unknown
    assert out_of_reach[0] in {400, 403, 404}
    assert CANARY not in out_of_reach[1]
    assert Knowledgebase.objects.live().filter(pk=closed.pk, description=None).exists()
    assert Document.objects.live().filter(pk=hidden.pk, name=hidden.name, run=Run.DONE).exists()


def test_nor_is_it_found_by_name(limited, closed):
    named = limited.get("/api/v1/datasets", {"name": CANARY})
    unknown = limited.get("/api/v1/datasets", {"name": "nothing"})

    assert named.content.decode().replace(CANARY, "") == unknown.content.decode().replace("nothing", "")
    assert named.status_code == 403


def test_nor_uploaded_to(limited, closed):
    answer = limited.post(f"/api/v1/datasets/{closed.pk}/documents", {"file": file()})

    assert answer.status_code == 404
    assert not Document.objects.filter(kb=closed).exists()


def test_a_list_that_names_it_beside_others_deletes_nothing(limited, kb, closed):
    answer = limited.delete("/api/v1/datasets", {"ids": [kb.pk, closed.pk]}, format="json")

    assert answer.status_code == 403
    assert Knowledgebase.objects.live().count() == 2


def test_deleting_all_deletes_what_it_reaches(limited, kb, closed):
    answer = limited.delete("/api/v1/datasets", {"ids": None}, format="json")

    assert answer.json() == {"code": 0}
    assert [one.pk for one in Knowledgebase.objects.live()] == [closed.pk]


def test_it_cannot_create_a_dataset(limited, kb):
    answer = limited.post("/api/v1/datasets", {"name": "more"}, format="json")

    message = "This API token is limited to certain datasets: it cannot create another."
    assert (answer.status_code, answer.json()) == (403, {"code": 108, "message": message})
    assert Knowledgebase.objects.count() == 1


def test_within_its_datasets_it_does_what_others_do(limited, kb):
    uploaded = limited.post(f"/api/v1/datasets/{kb.pk}/documents", {"file": file()}).json()["data"][0]
    chunks = f"/api/v1/datasets/{kb.pk}/documents/{uploaded['id']}/chunks"

    added = limited.post(chunks, {"content": "Otters eat fish."}, format="json")
    found = limited.post("/api/v1/retrieval", {"dataset_ids": [kb.pk], "question": "otters"}, format="json")

    assert added.json()["code"] == 0
    assert found.json()["data"]["total"] == 1


def test_when_its_dataset_is_deleted_it_opens_nothing(limited, kb, closed):
    kb.deleted_at = timezone.now()
    kb.save()

    answer = limited.get("/api/v1/datasets").json()

    assert (answer["data"], answer["total_datasets"]) == ([], 0)
    assert limited.post("/api/v1/datasets", {"name": "more"}, format="json").status_code == 403


def test_a_dataset_of_a_joined_tenant_opens_as_long_as_it_is_shared(api_as, owner, stranger):
    shared = KnowledgebaseFactory(owner=stranger, team=True)
    membership = MembershipFactory(tenant=stranger.tenant, user=owner)
    limited = api_as(owner, datasets=[shared.pk])

    assert [one["id"] for one in limited.get("/api/v1/datasets").json()["data"]] == [shared.pk]
    membership.delete()
    assert limited.get("/api/v1/datasets").json()["data"] == []


def test_the_limit_is_the_tokens_and_not_the_owners(limited, api, web, kb, closed):
    limited.get("/api/v1/datasets")

    assert api.get("/api/v1/datasets").json()["total_datasets"] == 2
    assert web.get("/v1/kb/list").json()["data"]["total"] == 2
