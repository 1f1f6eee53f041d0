"""What takes the product's two safeguards away, from outside: proof that the harness would notice."""

from typing import Any

from django.apps import AppConfig
from django.db import connection


class Unfenced(AppConfig):
    """Whoever had a task once may write to it for ever."""

    name = "tests.chaos.sabotage"
    label = "sabotage"

    def ready(self) -> None:
        from documents.models import Task
        from documents.models.task import TaskQuerySet

        beat, narrow = Task.beat, TaskQuerySet.filter

        def unfenced_beat(task: Task, **report: Any) -> bool:
            beat(task, **report)
            return True

        def unfenced(rows: TaskQuerySet, *conditions: Any, **wanted: Any) -> TaskQuerySet:
            if wanted.pop("fence", None) is not None:
                wanted.pop("state", None)
            return narrow(rows, *conditions, **wanted)

        Task.beat = unfenced_beat
        TaskQuerySet.filter = unfenced


class Torn(AppConfig):
    """What is published appears statement by statement."""

    name = "tests.chaos.sabotage"
    label = "sabotage"

    def ready(self) -> None:
        from documents import publishing

        publish = publishing.publish

        def torn(*task: Any, **rest: Any) -> Any:
            with connection.execute_wrapper(_committed):
                return publish(*task, **rest)

        publishing.publish = torn


def _committed(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    result = execute(sql, params, many, context)
    writes = not sql.lstrip().upper().startswith(("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK", "WITH"))
    if writes and context["connection"].in_atomic_block and not context["connection"].savepoint_ids:
        context["connection"].connection.commit()
    return result
