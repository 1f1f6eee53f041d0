"""Whatever people, workers and the sweeper do, in whatever order: what has to be true stays true."""

import itertools

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from documents import editing, jobs, pausing, queueing, removal, sweeping, uploads
from documents.models import Document, Run, Task
from knowledgebases.models import Chunk
from tests.crash.conftest import TEXT
from tests.crash.dying import Content, InThisProcess, broken, recover, unsettled

pytestmark = pytest.mark.django_db(transaction=True)

BOUNDED = settings(
    max_examples=20,
    stateful_step_count=14,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)


class Site(RuleBasedStateMachine):
    """A dataset whose documents all have the same text."""

    documents = Bundle("documents")
    names = itertools.count()
    kb = owner = expected = None  # the test's

    def __init__(self):
        super().__init__()
        self.wanted = set()  # ids of documents that are to be done in the end
        self.living = set()
        self.deleted_from = set()  # those of which a person deleted a passage
        self.added = {}  # how many chunks people added, by document
        self.seen = {}  # the furthest progress of each generation

    @rule(target=documents)
    def upload(self):
        file = SimpleUploadedFile(f"note{next(self.names):05}.txt", TEXT)
        document = uploads.add_one(self.kb, user=self.owner, file=file).pk
        self.living.add(document)
        return document

    @rule(document=documents)
    def start(self, document):
        queueing.start([document])
        self._is_wanted(document)

    @rule(document=documents, delete=st.booleans())
    def parse_again(self, document, delete):
        queueing.run([document], delete=delete)
        self._is_wanted(document)
        if delete:
            self.deleted_from.discard(document)
            self.added.pop(document, None)

    @rule(document=documents)
    def cancel(self, document):
        if queueing.stop([document]):
            self.wanted.discard(document)

    @rule(document=documents)
    def retry(self, document):
        if queueing.retry([document], canceled=True):
            self._is_wanted(document)

    @rule(document=consumes(documents))
    def delete(self, document):
        removal.remove([document])
        self.wanted.discard(document)
        self.living.discard(document)
        self.added.pop(document, None)

    @rule(document=documents)
    def add_chunk(self, document):
        count = self.added.get(document, 0)
        editing.add(Document.objects.get(pk=document), f"Typed in, number {count}.")
        self.added[document] = count + 1

    @rule(document=documents, place=st.integers(0, 5))
    def delete_chunk(self, document, place):
        chunks = Chunk.objects.filter(document=document, by_hand=False).order_by("seq")
        if keys := list(chunks.values_list("pk", flat=True)[place : place + 1]):
            editing.delete(Document.objects.get(pk=document), keys)
            self.deleted_from.add(document)

    @rule()
    def pause(self):
        pausing.pause(self.kb)

    @rule()
    def resume(self):
        pausing.resume(self.kb)

    @rule()
    def work(self):
        if task := Task.objects.claim(owner="a worker", lease_seconds=60):
            jobs.run(task, InThisProcess())

    @rule()
    def lose_a_worker(self):
        Task.objects.claim(owner="a dead worker", lease_seconds=-1)

    @rule()
    def sweep(self):
        sweeping.sweep()

    @invariant()
    def nothing_is_broken(self):
        assert broken() == []

    @invariant()
    def progress_never_goes_back(self):
        running = Document.objects.filter(run=Run.RUNNING, deleted_at=None)
        for pk, gen, progress in running.values_list("pk", "gen", "progress"):
            assert progress >= self.seen.get((pk, gen), 0)
            self.seen[pk, gen] = progress

    @invariant()
    @precondition(lambda self: self.living)
    def what_is_published_is_whole(self):
        for document in self.living - self.deleted_from:
            content = Content.of(document)
            assert not len(content) or content == self.expected

    def teardown(self):
        pausing.resume(self.kb)
        recover()
        assert unsettled() == []
        runs = dict(Document.objects.values_list("pk", "run"))
        assert set(runs) == self.living
        assert {pk for pk, run in runs.items() if run == Run.DONE} >= self.wanted
        for document in self.wanted - self.deleted_from:
            assert Content.of(document) == self.expected
        for document, count in self.added.items():
            assert Chunk.objects.filter(document=document, by_hand=True).count() == count
        removal.remove_many(list(runs))
        sweeping.sweep()

    def _is_wanted(self, document):
        if document in self.living:
            self.wanted.add(document)


def test_no_order_of_deeds_breaks_what_has_to_be_true(kb, owner, expected, parsed):
    removal.remove_many(list(Document.objects.values_list("pk", flat=True)))
    sweeping.sweep()

    site = type("Site", (Site,), {"kb": kb, "owner": owner, "expected": expected})

    run_state_machine_as_test(site, settings=BOUNDED)
