"""Those who watch a chaos run notice what they should."""

from dataclasses import replace

import pytest

from tests.chaos.expected import Expected
from tests.chaos.history import History
from tests.chaos.ledger import Entry, Ledger, Promise, deed
from tests.chaos.state import Document, Snapshot, Task

EXPECTED = Expected({"notes.md": ["one", "two", "one"]})
COUNT, DIGEST = EXPECTED.digest("d", "notes.md")
DOCUMENT = Document("d", "1-1-notes.md", "k", 2, 2, "3", 1.0, True, COUNT, DIGEST)
TASK = Task(1, "d", 2, "running", 7, 1, 0, 0, 0.5, "host:42")


def snapshot(*, document=DOCUMENT, task=TASK, hands=None):
    return Snapshot(0.0, {"d": document}, {1: task}, hands or {})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"state": "done"}, {"state": "running"}),
        ({"state": "canceled"}, {"state": "canceled", "claims": 2}),
        ({"fence": 7}, {"fence": 6}),
        ({"owner": "host:42"}, {"owner": "host:43"}),
        ({"progress": 0.5}, {"progress": 0.4}),
        ({"lost": 1}, {"lost": 0}),
    ],
    ids=["ended-runs", "ended-claimed", "fence-sinks", "fence-shared", "progress-sinks", "loss-forgotten"],
)
def test_a_task_that_goes_back_is_noticed(before, after):
    history = History()
    list(history.broken(snapshot(task=replace(TASK, **before))))

    assert list(history.broken(snapshot(task=replace(TASK, **after))))


@pytest.mark.parametrize(
    ("before", "after"),
    [({"living": False}, {"living": True}), ({"gen": 3}, {"gen": 2}), ({"published": 2}, {"published": 1})],
    ids=["lives-again", "generation-sinks", "publication-sinks"],
)
def test_a_document_that_goes_back_is_noticed(before, after):
    history = History()
    list(history.broken(snapshot(document=replace(DOCUMENT, **before))))

    assert list(history.broken(snapshot(document=replace(DOCUMENT, **after))))


def test_what_goes_on_is_nothing_to_notice():
    history = History()
    list(history.broken(snapshot()))

    assert not list(history.broken(snapshot(task=replace(TASK, state="running", fence=9, claims=2, progress=0.6))))


@pytest.mark.parametrize(
    ("found", "rule"),
    [
        ({}, None),
        ({"chunks": 2, "digest": "other"}, "a published passage is lost"),
        ({"chunks": 4, "digest": "other"}, "a passage is published twice"),
        ({"published": 0}, "a passage is published twice"),
        ({"digest": "other"}, "a published passage is lost"),
    ],
    ids=["as-it-should-be", "too-few", "too-many", "unpublished", "others"],
)
def test_chunks_are_those_of_a_parse_in_peace(found, rule):
    broken = list(EXPECTED.broken(snapshot(document=replace(DOCUMENT, **found)), {}))

    assert [rule for rule, *_ in broken] == ([rule] if rule else [])


@pytest.mark.parametrize(
    ("promise", "found"),
    [
        (Promise.CANCELED, {}),
        (Promise.DELETED, {}),
        (Promise.STARTED, {"run": "2"}),
        (Promise.STORED, {"living": False}),
    ],
    ids=lambda value: value if isinstance(value, Promise) else None,
)
def test_a_broken_promise_is_noticed(promise, found):
    ledger = Ledger()
    ledger.note(Entry("d", "k", "notes.md", "1-1-notes.md", promise))

    broken = EXPECTED.broken(snapshot(document=replace(DOCUMENT, **found)), ledger.kept(ledger.standing()))

    assert [rule for rule, *_ in broken] == [f"promised: a document {promise}"]


def test_a_text_that_somebody_wrote_and_that_is_not_there_is_noticed():
    ledger = Ledger()
    ledger.note(Entry("d", "k", "notes.md", "1-1-notes.md", added={"c": "mine"}))
    kept = ledger.kept(ledger.standing())

    assert not list(EXPECTED.broken(snapshot(hands={("d", "c"): "mine"}), kept))
    assert list(EXPECTED.broken(snapshot(hands={("d", "c"): "other"}), kept))


def test_nothing_is_promised_of_a_document_while_something_is_done_to_it():
    ledger = Ledger()
    entry = ledger.note(Entry("d", "k", "notes.md", "1-1-notes.md", Promise.CANCELED))
    before = ledger.standing()

    with deed([entry]):
        during = ledger.kept(before)
        entry.promise = Promise.CANCELED

    assert not during
    assert not ledger.kept(before)
