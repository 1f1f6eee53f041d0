"""Tasks in the console: who works on what, and what went wrong."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from unfold.contrib.filters.admin import ChoicesCheckboxFilter
from unfold.decorators import action, display

from documents import queueing
from documents.models import Task, TaskState
from system.console.display import Tone, ago, badge, bar, line, link, live
from system.console.pages import ReadOnlyAdmin

TONES = {
    TaskState.QUEUED: Tone.PLAIN,
    TaskState.RUNNING: Tone.BUSY,
    TaskState.DONE: Tone.GOOD,
    TaskState.FAILED: Tone.BAD,
    TaskState.CANCELED: Tone.WARN,
}


@admin.register(Task)
class TaskAdmin(ReadOnlyAdmin):
    """Background work: claims, lost leases and faults tell whose doing a trouble is."""

    list_display = [
        *("shown_document", "shown_state", "shown_progress", "shown_message", "claims", "lost", "faults", "waits"),
        *("owner", "shown_lease", "shown_age"),
    ]
    list_select_related = ["document"]
    list_display_links = None
    list_filter = [("state", ChoicesCheckboxFilter)]
    search_fields = ["document__name", "document__id", "owner"]
    actions = ["run_again"]
    first_step = "Tasks appear when documents are parsed."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Task]:
        """Those of living documents."""
        rows: QuerySet[Task] = super().get_queryset(request)
        return rows.filter(document__deleted_at=None, kb__deleted_at=None)

    def has_run_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may start work: those who may change documents."""
        return request.user.has_perm("documents.change_document")

    @action(description="Run again", permissions=["run"], icon="replay")
    def run_again(self, request: HttpRequest, queryset: QuerySet[Task]) -> None:
        """Begin a new generation of the tasks' documents; these tasks stay for the record."""
        documents = set(queryset.values_list("document_id", flat=True))
        count = queueing.start(documents)
        self.tell(request, count, "{} started anew.", "Nothing to run: the documents are gone.")

    @display(description="document", ordering="document__name")
    def shown_document(self, task: Task) -> str:
        """What it works on."""
        return link(reverse("admin:documents_document_change", args=[task.document_id]), task.document)

    @display(description="state", ordering="state")
    def shown_state(self, task: Task) -> str:
        """Where it stands."""
        state = TaskState(task.state)
        running = state in {TaskState.QUEUED, TaskState.RUNNING}
        return live(f"{task.pk}:state", badge(state.label.lower(), TONES[state]), running=running)

    @display(description="progress", ordering="progress")
    def shown_progress(self, task: Task) -> str:
        """How far it is."""
        return live(f"{task.pk}:bar", bar(task.progress, TONES[TaskState(task.state)]))

    @display(description="message")
    def shown_message(self, task: Task) -> str:
        """What it says."""
        return live(f"{task.pk}:message", line(task.message, length=24))

    @display(description="lease", ordering="lease_until")
    def shown_lease(self, task: Task) -> str:
        """Until when its worker has it."""
        return live(f"{task.pk}:lease", ago(task.lease_until, never="–"))

    @display(description="queued", ordering="created_at")
    def shown_age(self, task: Task) -> str:
        """When it was queued."""
        return ago(task.created_at)
