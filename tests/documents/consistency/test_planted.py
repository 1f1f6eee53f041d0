"""Each inconsistency that can be planted is found, repaired, and then gone."""

import pytest
from django.db import connection

from tests import invariants
from tests.documents.consistency.command import fsck
from tests.documents.consistency.plants import PLANTED

pytestmark = pytest.mark.django_db


def test_a_sound_site_has_no_findings(done):
    assert fsck() == (0, [])


@pytest.mark.parametrize(("plant", "check"), PLANTED, ids=[plant.__name__ for plant, _ in PLANTED])
def test_what_is_planted_is_found_repaired_and_gone(done, plant, check):
    plant(done)

    found = fsck()
    again = fsck()
    repaired = fsck("--repair")

    assert found[0] == 1
    assert check in {finding["check"] for finding in found[1]}
    assert again == found  # looking changes nothing
    assert repaired[0] == 1
    assert not [finding for finding in repaired[1] if finding["failed"]]
    assert fsck("--repair") == fsck() == (0, [])
    with connection.cursor() as cursor:
        assert invariants.broken(cursor) == []
