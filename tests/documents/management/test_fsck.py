import io

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import OperationalError

from documents.consistency import CHECKS
from documents.consistency.counters import DocumentCounters
from documents.models import Document
from system.errors import Unavailable

pytestmark = pytest.mark.django_db


def fsck(*options):
    """What the command writes, and its exit code."""
    out, code = io.StringIO(), 0
    try:
        call_command("fsck", *options, stdout=out)
    except SystemExit as end:
        code = end.code
    return out.getvalue().splitlines(), code


def test_a_sound_site_is_said_to_be(done):
    assert fsck() == ([f"All is well: {len(CHECKS)} checks found nothing."], 0)


def test_each_finding_is_a_line_and_each_check_says_what_it_means(done):
    Document.objects.filter(pk=done.pk).update(progress=0.5)

    found, code = fsck()

    assert code == 1
    assert found[0].startswith(f"runs {done.pk} (dataset {done.kb_id}): run 3, progress 0.5")
    assert found[1].startswith("runs: 1 -- A document is shown")
    assert found[-1] == "1 findings, 1 of them not repaired."


def test_a_repair_says_what_was_done(done):
    Document.objects.filter(pk=done.pk).update(progress=0.5)

    found, code = fsck("--repair")

    assert code == 1
    assert found[0].endswith(": run 3, progress 1")
    assert found[-1] == "1 findings, all repaired; a second run tells whether anything is left."
    assert fsck("--repair")[1] == 0


def test_a_storage_that_does_not_answer_is_no_finding(done, monkeypatch):
    def silent(name):
        raise Unavailable("The file storage does not answer.")

    monkeypatch.setattr(default_storage._wrapped, "size", silent)

    with pytest.raises(CommandError, match="could not be finished: The file storage does not answer") as refused:
        call_command("fsck")

    assert refused.value.returncode == 2


def test_a_database_that_does_not_answer_is_no_finding(done, monkeypatch):
    def silent(check, scope):
        raise OperationalError("the connection is lost")

    monkeypatch.setattr(DocumentCounters, "find", silent)

    with pytest.raises(CommandError, match="could not be finished: the connection is lost") as refused:
        call_command("fsck")

    assert refused.value.returncode == 2


@pytest.mark.parametrize(("option", "told"), [("--dataset=none", "no dataset none"), ("--grace=-1", "0 or more")])
def test_what_cannot_be_is_refused_with_another_code(option, told):
    with pytest.raises(CommandError, match=told) as refused:
        call_command("fsck", option)

    assert refused.value.returncode == 2
