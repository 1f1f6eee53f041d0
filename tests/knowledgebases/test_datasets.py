import threading

import pytest
from django.db import connections

from documents import queueing
from knowledgebases import datasets, naming, parser_config
from knowledgebases.models import EmbeddingSpace, Knowledgebase
from system.errors import Conflict, Forbidden, NotFound
from tests.factories import DocumentFactory, KnowledgebaseFactory, UserFactory


def in_threads(deed, count):
    def run(number):
        try:
            deed(number)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.django_db(transaction=True)
def test_racing_creations_of_one_name_all_get_a_name():
    owner = UserFactory()

    in_threads(lambda _: datasets.create(owner.tenant, created_by=owner, given={"name": "x"}), 8)

    names = sorted(Knowledgebase.objects.values_list("name", flat=True))
    assert names == sorted(["x", *(f"x({number})" for number in range(1, 8))])


@pytest.mark.django_db(transaction=True)
def test_racing_updates_lose_nothing():
    kb = KnowledgebaseFactory(parser_config={})

    in_threads(lambda number: datasets.update(kb, {"parser_config": {f"key{number}": number}}), 6)

    kb.refresh_from_db()
    assert kb.parser_config == {f"key{number}": number for number in range(6)}


@pytest.mark.django_db
def test_a_stale_row_does_not_bring_old_counters_back(owner):
    kb = KnowledgebaseFactory(owner=owner)
    DocumentFactory(kb=kb)

    changed = datasets.update(kb, {"description": "x"})

    assert changed.doc_num == 1
    assert kb.refresh().doc_num == 1


@pytest.mark.django_db
def test_deleting_is_one_statement_that_moves_nothing_else(owner, django_assert_num_queries):
    kb = KnowledgebaseFactory(owner=owner)
    document = DocumentFactory(kb=kb)

    with django_assert_num_queries(3):  # savepoint, update, release
        assert datasets.delete(owner, None) == 1

    document.refresh_from_db()
    assert document.deleted_at is None
    assert not Knowledgebase.objects.visible_to(owner).exists()


@pytest.mark.django_db
def test_deleting_twice_is_refused_the_second_time(owner):
    kb = KnowledgebaseFactory(owner=owner)
    datasets.delete(owner, [kb.pk])

    with pytest.raises(Forbidden):
        datasets.delete(owner, [kb.pk])


@pytest.mark.django_db
def test_another_model_leaves_the_space_of_the_old_one(owner):
    space = EmbeddingSpace.objects.create(model_id="x@Builtin", revision="1", dimension=3, floor=0.1)
    kb = KnowledgebaseFactory(owner=owner, space=space)

    changed = datasets.update(kb, {"embedding_model": "another@Builtin"})

    assert changed.space is None


@pytest.mark.django_db
def test_the_model_stays_while_documents_are_being_parsed(owner):
    kb = KnowledgebaseFactory(owner=owner)
    document = DocumentFactory(kb=kb)
    queueing.start([document.pk])

    with pytest.raises(Conflict, match="being parsed"):
        datasets.update(kb, {"embedding_model": "another@Builtin"})

    queueing.stop([document.pk])
    assert datasets.update(kb, {"embedding_model": "another@Builtin"}).embd_id == "another@Builtin"


@pytest.mark.django_db
def test_a_name_that_is_taken_meanwhile_gets_the_next_number(owner, monkeypatch):
    KnowledgebaseFactory(owner=owner, name="x")
    monkeypatch.setattr(naming, "among", lambda rows: lambda names: [])

    assert datasets.create(owner.tenant, created_by=owner, given={"name": "X"}).name == "X(1)"


@pytest.mark.django_db(transaction=True)
def test_racing_deep_merges_lose_nothing():
    kb = KnowledgebaseFactory(parser_config={"pages": [[1, 2]]})

    def merge(number):
        given = {"parser_config": {"pages": [[number, 9]], "raptor": {f"key{number}": number}}}
        datasets.update(kb, given, configure=parser_config.united)

    in_threads(merge, 6)

    kb.refresh_from_db()
    assert sorted(kb.parser_config["pages"]) == sorted([[1, 2], *([number, 9] for number in range(6))])
    assert kb.parser_config["raptor"] == {f"key{number}": number for number in range(6)}


@pytest.mark.django_db
def test_a_dataset_that_has_gone_meanwhile_is_not_changed(owner):
    kb = KnowledgebaseFactory(owner=owner)
    datasets.delete(owner, [kb.pk])

    with pytest.raises(NotFound):
        datasets.update(kb, {"description": "x"})


@pytest.mark.django_db
def test_the_language_stays_while_documents_are_being_parsed(owner):
    kb = KnowledgebaseFactory(owner=owner)
    queueing.start([DocumentFactory(kb=kb).pk])

    with pytest.raises(Conflict, match="being parsed"):
        datasets.update(kb, {"language": "German"})

    assert datasets.update(kb, {"language": "en"}).language == "en"  # stemmed alike
