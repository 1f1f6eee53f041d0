"""`manage.py reindex`."""

import io

import pytest
from django.core.management import CommandError, call_command

from documents import reindexing
from documents.management.commands import reindex
from documents.models import Goal, Reindex, ReindexState, What
from documents.models.document import Document
from knowledgebases.embedders import catalogue
from tests.factories import DocumentFactory, KnowledgebaseFactory

pytestmark = pytest.mark.django_db

MULTILINGUAL = f"{catalogue.MULTILINGUAL}@{catalogue.BUILTIN}"


@pytest.fixture
def kb(owner):
    kb = KnowledgebaseFactory(owner=owner, name="Otters")
    document = DocumentFactory(kb=kb)
    Document.objects.filter(pk=document.pk).update(chunk_num=4)  # the dataset's counter follows
    return kb


@pytest.fixture
def command(kb):
    """Run the command for the dataset; returns what it said."""

    def command(*options):
        out = io.StringIO()
        call_command("reindex", "--dataset", kb.pk, *options, stdout=out)
        return out.getvalue()

    return command


@pytest.mark.parametrize(
    ("options", "what", "goal"),
    [
        (["--embedding-model", MULTILINGUAL], What.DENSE, Goal.READY),
        (["--embedding-model", MULTILINGUAL, "--switch"], What.DENSE, Goal.SWITCH),
        (["--language", "German"], What.LEXICAL, Goal.READY),
        (["--what", "lexical"], What.LEXICAL, Goal.READY),
        (["--language", "German", "--embedding-model", MULTILINGUAL], What.ALL, Goal.READY),
        (["--what", "all", "--embedding-model", MULTILINGUAL], What.ALL, Goal.READY),
    ],
    ids=["vectors", "vectors, switched", "words", "words as they are", "both", "all"],
)
def test_a_reindex_is_begun(command, options, what, goal):
    said = command(*options)

    job = Reindex.objects.get()
    assert (job.what, job.goal, job.state) == (what, goal, ReindexState.QUEUED)
    assert "Otters: " in said
    assert "queued; 0 of" in said


def test_it_is_told_how_far_one_is(command):
    command("--language", "German")
    Reindex.objects.update(state="building", done=2, total=4, rate=0.01)

    assert "building; 2 of 4 rows (50%); 0 a second, about 3 min left" in command()


@pytest.mark.parametrize("deed", list(reindexing.DEEDS))
def test_each_deed_is_an_option(command, deed, monkeypatch):
    command("--language", "German")
    done = []
    monkeypatch.setattr(reindexing, "DEEDS", {deed: lambda job: done.append(job) or job})

    command(f"--{deed}")

    assert done == [Reindex.objects.get()]


def test_what_is_refused_is_said(command):
    command("--language", "German")

    with pytest.raises(CommandError, match="being reindexed already"):
        command("--language", "German")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ([], "never reindexed"),
        (["--language", "German", "--rollback"], "under way"),
        (["--embedding-model", "unknown"], "Unsupported model"),
    ],
    ids=["nothing to tell of", "a deed beside", "unknown model"],
)
def test_what_makes_no_sense_is_said(command, options, text):
    with pytest.raises(CommandError, match=text):
        command(*options)


def test_a_dataset_has_to_be_there(db):
    with pytest.raises(CommandError, match="There is no dataset nowhere"):
        call_command("reindex", "--dataset", "nowhere")
    with pytest.raises(CommandError, match="Say which dataset"):
        call_command("reindex", "--pause")


def test_all_that_are_under_way_are_listed(command, kb):
    out = io.StringIO()
    call_command("reindex", stdout=out)
    command("--language", "German")
    call_command("reindex", stdout=out)

    none, one = out.getvalue().splitlines()
    assert none == "No dataset is being reindexed."
    assert one.startswith(f"{kb.pk} Otters: words in English to words in German: queued")


def test_watching_tells_what_changes_until_it_rests(command, monkeypatch):
    states = iter([("building", 1), ("building", 1), ("ready", 4)])

    def pass_time(seconds):
        state, done = next(states)
        Reindex.objects.update(state=state, done=done, total=4)

    monkeypatch.setattr(reindex.time, "sleep", pass_time)
    lines = command("--language", "German", "--watch").splitlines()[1:]

    assert [line.split(";")[0] for line in lines] == ["queued", "building", "ready"]


def test_a_failure_ends_with_one(command, monkeypatch):
    command("--language", "German")
    Reindex.objects.update(state="failed", message="No such model.")

    with pytest.raises(SystemExit, match="1"):
        command("--watch")
