"""Searches all the time, while a dataset is reindexed, edited, changed over and rolled back."""

import itertools
import threading

import pytest
from django.db import connection, connections

from documents import editing, reindexing
from documents.models import Goal, Reindex
from knowledgebases.models import Chunk, Knowledgebase
from knowledgebases.retrieval import Options, retrieve
from tests import invariants
from tests.documents.reindexing.conftest import NEW, OLD, SIZE, vector

pytestmark = pytest.mark.django_db(transaction=True)

THREADS = 2


class Asking:
    """Threads that search for one text after the other until the block ends."""

    def __init__(self, kb_id):
        self.kb_id = kb_id
        self.answers = {OLD: 0, NEW: 0}
        self.wrong = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=[number]) for number in range(THREADS)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, first):
        try:
            for number in itertools.count(first, THREADS):
                if self._stop.is_set():
                    return
                self._look(f"otter number{20 + number % (SIZE - 20)} swims")
        except Exception as error:
            self.wrong.append(repr(error))
        finally:
            connections.close_all()

    def _look(self, text):
        kb = Knowledgebase.objects.select_related("space", "tenant").get(pk=self.kb_id)
        answer = retrieve([kb], text, Options(weight=1.0, threshold=0.0, page_size=10))
        model = kb.embd_id.split("@")[0]
        for scored in answer.hits:
            hit = scored.hit
            # Whatever is found has its vector, and that is of the model that the question was embedded with.
            if hit.cosine is None or abs(hit.cosine - vector(model, text) @ vector(model, hit.content)) > 0.01:
                self.wrong.append(f"{model}: {text} and {hit.content}: {hit.cosine}")
        if answer.degraded or not answer.hits or answer.hits[0].hit.content != text:
            self.wrong.append(f"{model}: {text} was not found: {answer.degraded}")
        self.answers[kb.embd_id] += 1


def rounds(document):
    """People edit the first chunks meanwhile."""
    for number in itertools.count():
        chunk = Chunk.objects.filter(seq__lt=20).order_by("?").first()
        editing.change(document, chunk, editing.Change(content=f"edited {number}"))
        added = editing.add(document, f"added {number}")
        yield
        editing.delete(document, [added.pk])


def test_no_search_fails_and_none_is_mixed(filled, begun, models, kb):
    """The questions are for chunks that nobody edits: those have to be found by each search, whenever it comes."""
    edits, busy = rounds(filled), threading.Event()

    def edit(model, texts):
        # Before some of the batches, as if by somebody else; what this embeds comes here, too.
        if len(texts) > 20 and not busy.is_set():
            busy.set()
            next(edits)
            busy.clear()

    with Asking(kb.pk) as asking:
        models.before = edit
        begun(goal=Goal.SWITCH)
        work(until="switched", asking=asking, model=NEW)
        reindexing.rollback(Reindex.objects.get())
        work(until="rolled_back", asking=asking, model=OLD)

    assert asking.wrong == []
    assert min(asking.answers.values()) > 10
    with connection.cursor() as cursor:
        assert invariants.broken(cursor) == []


def work(*, until, asking, model):
    """Be the worker, and let some searches come after it."""
    while reindexing.advance():
        pass
    assert Reindex.objects.get().state == until
    answered = asking.answers[model]
    waiting = threading.Event()
    for _ in range(200):
        if asking.wrong or asking.answers[model] > answered + 10:
            return
        waiting.wait(0.05)
