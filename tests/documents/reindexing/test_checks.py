"""What fsck says of a dataset that is reindexed: nothing, and of what a reindex left behind."""

import pytest

from documents import consistency, reindexing
from documents.consistency import Scope
from documents.models import Goal
from documents.reindexing import clearing
from knowledgebases.models import DenseRow

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def size():
    return 5


def findings():
    return [(one.check.name, one.finding.what) for one in consistency.examine(Scope(grace_seconds=0))]


@pytest.mark.parametrize("goal", [Goal.READY, Goal.SWITCH])
def test_vectors_that_are_built_or_kept_are_no_finding(begun, work, goal):
    begun(goal=goal)
    work()

    assert "embedding-spaces" not in {name for name, _ in findings()}


def test_what_the_sweeper_has_yet_to_clear_is_no_finding(begun, work):
    begun()
    reindexing.rollback(work())

    assert "embedding-spaces" not in {name for name, _ in findings()}
    clearing.clear()
    assert "embedding-spaces" not in {name for name, _ in findings()}


def test_vectors_that_nobody_builds_are_found_and_removed(begun, work, kb):
    begun()
    job = work()
    job.delete()

    (repaired,) = [
        one for one in consistency.examine(Scope(grace_seconds=0), repair=True) if one.check.name == "embedding-spaces"
    ]

    assert repaired.done == "5 vectors removed"
    assert set(DenseRow.objects.values_list("space", flat=True)) == {kb.space_id}
