"""What others are just doing is no finding, and a repair that runs meanwhile disturbs nobody."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections

from documents import editing, queueing, removal, sweeping
from documents.consistency import Scope, examine
from documents.models import Document, Run
from tests import invariants
from tests.crash.dying import ingest

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_site_at_work_has_no_findings(upload):
    ended = threading.Event()

    def look():
        looks, found = 0, []
        try:
            while not ended.is_set():
                found += [f"{one.check.name}: {one.finding.what}" for one in examine(Scope(3600), repair=True)]
                looks += 1
        finally:
            connections.close_all()
        return looks, found

    with ThreadPoolExecutor(1) as pool:
        looking = pool.submit(look)
        try:
            for number in range(12):
                document = upload(f"{number}.txt", f"Otter {number} eats fish.\n" * 30)
                queueing.start([document.pk])
                ingest()
                editing.add(document, "Otters hold hands.")
                queueing.run([document.pk], delete=number % 2 == 0)
                ingest()
                if number % 3 == 0:
                    removal.remove([document.pk])
                sweeping.sweep()
        finally:
            ended.set()

    looks, found = looking.result()
    assert found == []
    assert looks > 1
    assert set(Document.objects.values_list("run", flat=True)) == {Run.DONE}
    with connection.cursor() as cursor:
        assert invariants.broken(cursor) == []
