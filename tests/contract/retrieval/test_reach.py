"""Who may search what (contract A.5, B.3)."""

import pytest

from tests.contract.answers import UNKNOWN, failure
from tests.factories import DocumentFactory, KnowledgebaseFactory

pytestmark = pytest.mark.django_db


def test_a_document_of_a_dataset_that_is_not_searched_is_like_an_unknown_one(ask, kb, foreign):
    document = DocumentFactory(kb=foreign)

    answer = ask(dataset_ids=[kb.pk], question="chunk", document_ids=[document.pk])

    assert (answer.status_code, answer.json()) == (
        404,
        failure(102, f"The datasets don't own the document {document.pk}"),
    )


def test_a_foreign_dataset_is_like_an_unknown_one(ask, kb, foreign):
    theirs = ask(dataset_ids=[kb.pk, foreign.pk], question="chunk")
    unknown = ask(dataset_ids=[kb.pk, UNKNOWN], question="chunk")

    assert theirs.json() == failure(102, f"You don't own the dataset {foreign.pk}.")
    assert theirs.status_code == unknown.status_code == 404
    assert theirs.content == unknown.content.replace(UNKNOWN.encode(), foreign.pk.encode())


def test_a_teammate_searches_team_datasets_only(ask, api_as, owner, teammate, kb, upload, publish):
    team = KnowledgebaseFactory(owner=owner, team=True)
    publish(upload("a.txt", to=team), "Otters hold hands.")
    client = api_as(teammate)

    assert ask(client, dataset_ids=[team.pk], question="otters").json()["data"]["total"] == 1
    assert ask(client, dataset_ids=[kb.pk], question="otters").status_code == 404


@pytest.mark.parametrize(("scopes", "status"), [(["read"], 200), (["write"], 200), ([], 401)])
def test_a_token_that_may_read_may_search(ask, api_as, anonymous, owner, kb, scopes, status):
    client = api_as(owner, scopes=scopes) if scopes else anonymous

    assert ask(client, dataset_ids=[kb.pk], question="chunk").status_code == status
