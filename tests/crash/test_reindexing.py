"""Killed anywhere while a dataset changes over, it is served as before or as after, and nothing is mixed."""

import itertools

import pytest

from documents import reindexing
from documents.models import Goal, Reindex, ReindexState, What
from knowledgebases.embedders.onnx import OnnxEmbedder
from knowledgebases.lexical.tokenizer import salted, terms
from knowledgebases.models import DenseRow, Knowledgebase, LexicalRow
from tests.crash.dying import reindex, sweep_of

pytestmark = pytest.mark.django_db(transaction=True)

LANGUAGES = ["English", "German"]
WORD = "sleeps"  # of each passage; it has another stem in each of the languages


@pytest.fixture
def ready(parsed, kb, monkeypatch):
    """A dataset that is to change over to another revision of its model, and to the other language."""
    revisions = itertools.count()
    monkeypatch.setattr(OnnxEmbedder, "revision", property(lambda self: revision[0]))
    revision = [f"revision {next(revisions)}"]

    def ready():
        parsed()
        now = Knowledgebase.objects.get(pk=kb.pk)
        revision[0] = f"revision {next(revisions)}"
        language = next(one for one in LANGUAGES if one != now.language)
        job = reindexing.start(now, what=What.ALL, language=language)
        reindex()
        return reindexing.switch(job)

    return ready


def whole(job):
    """What is wrong with what the dataset serves."""
    kb = Knowledgebase.objects.get(pk=job.kb_id)
    served = {salted(term, kb.pk) for term in terms(WORD, kb.language)}
    after = (kb.space_id, kb.language) == (job.space_id, job.language)
    before = (kb.space_id, kb.language) == (job.former_space_id, job.former_language)
    rows = LexicalRow.objects.filter(kb_id=kb.pk)
    return [
        *([] if before or after else ["half changed over"]),
        *([] if all(served <= set(row.terms) for row in rows) else ["words of the other language"]),
        *([] if DenseRow.objects.filter(kb_id=kb.pk, space=kb.space_id).count() == rows.count() else ["no vectors"]),
    ]


def arrived(job):
    """What is wrong with it in the end."""
    job.refresh_from_db()
    there = job.state == ReindexState.SWITCHED and Reindex.objects.filter(goal=Goal.SWITCH).exists()
    return whole(job) + ([] if there else [f"{job.state}: {job.message}"])


def test_a_death_anywhere_while_a_dataset_changes_over(ready, none_bad):
    assert len({terms(WORD, language)[0] for language in LANGUAGES}) == len(LANGUAGES)

    tally = sweep_of("change over", ready, lambda job: reindex(), at_once=whole, check=arrived, step=7)

    none_bad(tally, at_least=10)
