"""Tasks in the console: who works on what, and what went wrong."""

from collections.abc import Collection
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import ChoicesCheckboxFilter, RadioFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from documents import queueing
from documents.admin import refusals
from documents.models import Document, Task, TaskState
from documents.models.claiming import QUARANTINE
from documents.models.task import OPEN, UNPUBLISHED
from system.console.display import Tone, ago, badge, bar, line, link, live
from system.console.pages import ReadOnlyAdmin

TONES = {
    TaskState.QUEUED: Tone.PLAIN,
    TaskState.PAUSED: Tone.WARN,
    TaskState.RUNNING: Tone.BUSY,
    TaskState.DONE: Tone.GOOD,
    TaskState.FAILED: Tone.BAD,
    TaskState.CANCELED: Tone.WARN,
}


class QuarantineFilter(RadioFilter):  # type: ignore[misc]
    """Tasks that lost many workers, and so run alone."""

    title = "quarantine"
    parameter_name = "quarantine"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The one choice beside all."""
        return [("in", "In quarantine")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Task]) -> QuerySet[Task]:
        """Those that were chosen."""
        return queryset.filter(state__in=OPEN, lost__gte=QUARANTINE) if self.value() == "in" else queryset


@admin.register(Task)
class TaskAdmin(ReadOnlyAdmin):
    """Background work: claims, lost leases and faults tell whose doing a trouble is."""

    list_display = [
        *("shown_document", "shown_state", "shown_progress", "shown_message", "claims", "lost", "faults", "waits"),
        *("owner", "shown_lease", "shown_age"),
    ]
    list_select_related = ["document"]
    list_display_links = None
    list_filter = [("state", ChoicesCheckboxFilter), QuarantineFilter]
    search_fields = ["document__name", "document__id", "owner"]
    actions = ["stop", "retry"]
    first_step = "Tasks appear when documents are parsed."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Task]:
        """Those of living documents."""
        rows: QuerySet[Task] = super().get_queryset(request)
        return rows.filter(document__deleted_at=None, kb__deleted_at=None)

    def has_run_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may start work: those who may change documents."""
        return request.user.has_perm("documents.change_document")

    @action(description="Stop", permissions=["run"], icon="stop", variant=ActionVariant.WARNING)
    def stop(self, request: HttpRequest, queryset: QuerySet[Task]) -> None:
        """Stop the documents of the tasks that wait, are held back, or run."""
        owners = set(queryset.filter(state__in=OPEN).values_list("document_id", flat=True))
        count = queueing.stop(list(owners))
        self._note(request, owners, "Parsing stopped.")
        self._tell(request, count, "stopped", "Nothing to stop: none of them waits or runs.")

    @action(description="Retry", permissions=["run"], icon="replay")
    def retry(self, request: HttpRequest, queryset: QuerySet[Task]) -> None:
        """Start the documents anew that failed or were stopped; these tasks stay for the record."""
        owners = set(queryset.filter(state__in=UNPUBLISHED).values_list("document_id", flat=True))
        again = list(Document.objects.unsuccessful(canceled=True).filter(pk__in=owners).values_list("pk", flat=True))
        nothing = "Nothing to retry: none of their documents failed or was stopped."
        with refusals.told(request):
            count = queueing.retry(again, canceled=True)
            self._note(request, again, "Parsing retried.")
            self._tell(request, count, "started anew", nothing)

    def _note(self, request: HttpRequest, document_ids: Collection[str], what: str) -> None:
        self.note(request, Document.objects.filter(pk__in=document_ids), what)

    def _tell(self, request: HttpRequest, count: int, done: str, nothing: str) -> None:
        documents = "document" if count == 1 else "documents"
        self.tell(request, count, f"{count:,} {documents} {done}.", nothing)

    @display(description="document", ordering="document__name")
    def shown_document(self, task: Task) -> str:
        """What it works on."""
        return link(reverse("admin:documents_document_change", args=[task.document_id]), task.document)

    @display(description="state", ordering="state")
    def shown_state(self, task: Task) -> str:
        """Where it stands."""
        state = TaskState(task.state)
        running = state in {TaskState.QUEUED, TaskState.RUNNING}
        shown = badge(state.label.lower(), TONES[state])
        if task.quarantined:
            shown = format_html("{} {}", shown, badge("quarantine", Tone.BAD))
        return live(f"{task.pk}:state", shown, running=running)

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
