"""Documents in the console while they are ingested: what keeps them, their log, and the stream of what changes."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Case, QuerySet, When
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from unfold.decorators import display

from documents.models import Document, Run, Task, TaskState
from documents.rest.watching import streamed
from documents.watching import sights
from documents.watching.permits import ConsolePermit
from documents.watching.streams import Target
from system.console.display import bar, line, live
from system.console.pages import ConsoleAdmin, CountOnce
from system.errors import RagError

PERMISSION = "documents.view_document"
WATCHED = 200  # documents of one page
LINE = 48  # characters of a message, as in console.js
LOGS = 20  # tasks of a document whose logs are shown, those first that tell why it is not done
_SETTLED = (TaskState.DONE, TaskState.CANCELED)


class Seen(CountOnce):
    """A list of documents, each as a watcher sees it."""

    def get_results(self, request: HttpRequest) -> None:
        """The page of rows."""
        super().get_results(request)
        see(self.result_list)


def see(documents: Iterable[Any]) -> None:
    """Give each document its `sight`."""
    rows = list(documents)
    for row, sight in zip(rows, sights.of(rows), strict=True):
        row.sight = sight


class WatchedAdmin(ConsoleAdmin):
    """Pages of documents that are kept up to date by a stream."""

    def get_urls(self) -> list[URLPattern]:
        """The stream beside the pages."""
        view = self.admin_site.admin_view(self.events)
        return [path("events/", view, name="documents_document_events"), *super().get_urls()]

    def events(self, request: HttpRequest) -> HttpResponseBase:
        """A stream of what changes of the documents that are named by `id`."""
        if not request.user.has_perm(PERMISSION):
            raise PermissionDenied
        named = [one for one in request.GET.getlist("id")[:WATCHED] if "\0" not in one]
        rows = dict(Document.objects.live().filter(pk__in=named).values_list("pk", "kb_id"))
        if not rows:
            raise Http404
        target = Target(datasets=frozenset(rows.values()), documents=frozenset(rows))
        permit = ConsolePermit(str(request.user.pk), request.session.session_key or "", PERMISSION)
        try:
            return streamed(request, target, permit)
        except RagError as error:
            return HttpResponse(error.message, status=error.http_status, headers=error.headers)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[Seen]:
        """The kind of list."""
        return Seen

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The document, as a watcher sees it."""
        document = super().get_object(request, object_id, from_field)
        if document is not None:
            see([document])
        return document

    @display(description="progress", ordering="progress")
    def shown_progress(self, document: Any) -> str:
        """How far its tasks are; the mark by which the page's script knows what to watch, and what it shows already."""
        from documents.admin.documents import TONES

        sight = document.sight
        shown = format_html(
            '<span data-watch="{}" data-stream="{}" data-state="{}">{}</span>',
            document.pk,
            reverse("admin:documents_document_events"),
            sight.run.label + (sight.waiting.kind if sight.waiting else ""),
            bar(sight.progress, TONES[Run(document.run)]),
        )
        return live(f"{document.pk}:bar", shown)

    @display(description="message")
    def shown_message(self, document: Any) -> str:
        """What keeps it, or what it is at."""
        return live(f"{document.pk}:message", line(document.sight.summary, length=LINE))

    @display(description="tasks")
    def shown_tasks(self, document: Document) -> str:
        """The last lines of what happened in each part, those first that tell why it is not done."""
        rows: QuerySet[Task] = Task.objects.filter(document=document, gen=document.gen)
        count = rows.count()  # a large file has hundreds of them, and the page is asked for every second
        settled = Case(When(state__in=_SETTLED, then=1), default=0)
        first = rows.exclude(log="").defer("cursor").order_by(settled, "part")[:LOGS]
        parts = [(_heading(task, count), task.log) for task in first]
        shown = format_html_join(
            "", '<div class="rs-task">{}</div><div class="rs-text rs-log">{}</div>', parts
        ) or format_html('<span class="rs-dim">{}</span>', "Nothing yet.")
        return live(f"{document.pk}:tasks", shown)


def _heading(task: Task, count: int) -> str:
    part = f"part {task.part + 1} of {count}: " if count > 1 else ""
    step = f"{task.phase} {task.phase_done:,}/{task.phase_total:,}" if task.phase and task.phase_total else task.phase
    return f"{part}{task.state}{f', {step}' if step else ''}, try {task.claims}"
