"""Words weighed anew: in another language, while the dataset is served."""

import pytest
from django.db import connection

from documents import changes, editing, reindexing
from documents.models import Goal, Reindex, ReindexState, What
from documents.reindexing import clearing, lexical
from knowledgebases.engines.pgvector import PgvectorEngine
from knowledgebases.lexical.tokenizer import salted, terms
from knowledgebases.models import Chunk, Knowledgebase, LexicalRow, ReweighedRow
from knowledgebases.retrieval import retrieve
from tests import invariants
from tests.documents.reindexing.conftest import NEW, OLD

pytestmark = pytest.mark.django_db(transaction=True)

TEXT = "Die Häuser stehen in den Gärten"


def broken():
    with connection.cursor() as cursor:
        return invariants.broken(cursor)


def words(text, language, kb):
    return {salted(term, kb.pk) for term in terms(text, language)}


def indexed(chunk):
    return set(LexicalRow.objects.get(chunk=chunk).terms)


@pytest.fixture
def size():
    return 20


@pytest.fixture
def house(filled, kb):
    """A chunk with words that are stemmed otherwise in German than in English."""
    assert words(TEXT, "German", kb) != words(TEXT, "English", kb)
    return editing.add(filled, TEXT)


@pytest.fixture
def german(house, kb):
    def german(**options):
        kb.refresh_from_db()
        return reindexing.start(kb, **{"what": What.LEXICAL, "language": "German", **options})

    return german


def test_words_are_weighed_beside_those_that_are_served(german, work, house, kb, now):
    german()

    job = work()

    assert (job.state, job.done, job.total) == (ReindexState.READY, now().chunk_num, now().chunk_num)
    assert indexed(house) == words(TEXT, "English", kb)
    assert now().language == "English"
    assert broken() == []


def test_a_switch_changes_words_statistics_and_language_at_once(german, work, house, kb, now):
    german(goal=Goal.SWITCH)

    job = work()

    assert job.state == ReindexState.SWITCHED
    assert indexed(house) == words(TEXT, "German", kb)
    assert now().language == "German"
    assert not ReweighedRow.objects.exists()
    assert broken() == []


def test_a_rollback_weighs_in_the_former_language_again(german, work, house, kb, now):
    german(goal=Goal.SWITCH)
    work()

    reindexing.rollback(Reindex.objects.get())
    job = work()

    assert job.state == ReindexState.ROLLED_BACK
    assert indexed(house) == words(TEXT, "English", kb)
    assert now().language == "English"
    assert broken() == []


def test_a_rollback_before_the_switch_leaves_nothing(german, work, monkeypatch):
    german()
    reindexing.rollback(work())
    count = ReweighedRow.objects.count()
    monkeypatch.setattr(clearing, "BATCH", count - 1)

    gone = [clearing.clear() for _ in range(3)]

    assert gone == [count - 1, 1, 0]
    assert not ReweighedRow.objects.exists()


def test_what_is_changed_meanwhile_is_weighed_again(german, work, filled, house, kb):
    german()
    work()
    other = Chunk.objects.order_by("seq").first()

    editing.change(filled, house, editing.Change(content="Die Katzen"))
    editing.change(filled, other, editing.Change(important_keywords=["Gärten"]))
    editing.delete(filled, [Chunk.objects.order_by("seq")[1].pk])
    changes.change(filled, changes.Change(name="Häuser.txt"))
    reindexing.switch(Reindex.objects.get())
    job = work()

    assert job.state == ReindexState.SWITCHED
    assert indexed(house) == words("Die Katzen", "German", kb)
    assert words("Gärten Häuser", "German", kb) <= indexed(other)
    assert broken() == []


def test_a_text_that_changes_while_it_is_weighed_leaves_no_stale_words(german, work, filled, house, kb, monkeypatch):
    german()
    make, changed = lexical.Lexical.make, []

    def change_it(self, batch):
        made = make(self, batch)
        if house.pk in batch and not changed:
            changed.append(editing.change(filled, house, editing.Change(content="Die Katzen")))
        return made

    monkeypatch.setattr(lexical.Lexical, "make", change_it)
    work()

    assert changed
    assert set(ReweighedRow.objects.get(chunk=house).terms) == words("Die Katzen", "German", kb)


def test_both_change_over_together(german, work, house, kb, now):
    german(what=What.ALL, model=NEW, goal=Goal.SWITCH)

    job = work()

    assert (job.state, job.total) == (ReindexState.SWITCHED, 2 * now().chunk_num)
    assert (now().embd_id, now().language) == (NEW, "German")
    assert indexed(house) == words(TEXT, "German", kb)
    assert broken() == []


def test_both_go_back_together(german, work, house, now):
    german(what=What.ALL, model=NEW, goal=Goal.SWITCH)
    reindexing.rollback(work())

    assert work().state == ReindexState.ROLLED_BACK
    assert (now().embd_id, now().language) == (OLD, "English")
    assert broken() == []


def test_a_search_that_was_worded_before_the_change_over_asks_again(german, work, house, now):
    before = now()
    german(goal=Goal.SWITCH)
    work()
    asked = []

    class Watched(PgvectorEngine):
        def search(self, query):
            asked.append(query.languages)
            return super().search(query)

    answer = retrieve([before], "Haus", engine=Watched())

    assert asked == [{before.pk: "English"}, {before.pk: "German"}]
    assert answer.hits[0].hit.chunk_id == house.pk
    assert answer.hits[0].term_similarity > 0


def test_a_language_that_changed_otherwise_ends_the_reindex(german, work, kb):
    german()
    work()
    Knowledgebase.objects.filter(pk=kb.pk).update(language="French")

    reindexing.switch(Reindex.objects.get())
    job = work()

    assert job.state == ReindexState.FAILED
    assert "language was changed meanwhile" in job.message
