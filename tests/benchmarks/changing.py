"""What `bench_streams` has done at a site's database, by a process of its own: tasks under way, their heartbeats."""

import json
import os
import sys
import time
from itertools import cycle

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ragsite.settings.base")

import django

django.setup()

from django.db import connection  # noqa: E402

from documents.models import Task, TaskState  # noqa: E402
from system.models import User  # noqa: E402
from tests.factories import DocumentFactory, KnowledgebaseFactory  # noqa: E402

LEASE_SECONDS = 600  # nobody takes them over meanwhile


def prepare(email: str, count: str) -> None:
    """A task in each of so many datasets, running; prints their ids."""
    owner = User.objects.get(email=email)
    rows = []
    for _ in range(int(count)):
        kb = KnowledgebaseFactory(owner=owner)
        document = DocumentFactory(kb=kb)
        Task.objects.create(
            document=document, kb=kb, tenant=kb.tenant, gen=1, state=TaskState.QUEUED, run_after="2999-01-01T00:00Z"
        )
        document.gen, document.run = 1, "1"
        document.save()
        task = document.tasks.get()
        Task.objects.filter(pk=task.pk).update(state=TaskState.RUNNING, fence=1, lease_until="2999-01-01T00:00Z")
        rows.append({"dataset": kb.pk, "task": task.pk})
    print(json.dumps(rows))


def beat(seconds: str, pause: str, *tasks: str) -> None:
    """Heartbeats of these tasks in turn, each with the time as its message."""
    rows = list(Task.objects.filter(pk__in=tasks))
    until = time.monotonic() + float(seconds)
    for task in cycle(rows):
        if time.monotonic() > until:
            return
        task.beat(lease_seconds=LEASE_SECONDS, progress=0.5, message=f"change {time.monotonic():.6f}")
        time.sleep(float(pause))


def links() -> None:
    """How many connections the web processes have."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'ragsite-web'")
        print(cursor.fetchone()[0])


if __name__ == "__main__":
    {"prepare": prepare, "beat": beat, "links": links}[sys.argv[1]](*sys.argv[2:])
