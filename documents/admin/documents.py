"""Documents in the console: how far they are, and starting, stopping, removing them."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.views.decorators.csrf import csrf_exempt
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesCheckboxFilter, ChoicesRadioFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from documents import queueing, removal
from documents.admin import refusals
from documents.admin.uploading import Upload
from documents.admin.watched import WatchedAdmin
from documents.conflicts import Outcome
from documents.models import Document, Run, Task
from documents.uploads import Uploaded
from system.console.dialogs import asking
from system.console.display import Tone, badge, link, live
from system.console.pages import ReadOnlyAdmin

TONES = {
    Run.UNSTART: Tone.PLAIN,
    Run.RUNNING: Tone.BUSY,
    Run.CANCEL: Tone.WARN,
    Run.DONE: Tone.GOOD,
    Run.FAIL: Tone.BAD,
}
WORDS = {
    Run.UNSTART: "not parsed",
    Run.RUNNING: "parsing",
    Run.CANCEL: "stopped",
    Run.DONE: "done",
    Run.FAIL: "failed",
}


@admin.register(Document)
class DocumentAdmin(WatchedAdmin, ReadOnlyAdmin):
    """Documents of all datasets; what is shown of their progress is their tasks' own."""

    list_display = [
        *("name", "shown_dataset", "shown_run", "shown_progress", "shown_message", "shown_chunks", "shown_tokens"),
        "shown_size",
    ]
    list_select_related = ["kb"]
    list_filter = [("run", ChoicesCheckboxFilter), ("kb", AutocompleteSelectFilter), ("parser_id", ChoicesRadioFilter)]
    search_fields = ["name", "id"]
    actions = ["parse", "stop", "retry"]
    actions_detail = ["parse_this", "stop_this", "chunks"]
    fieldsets = [
        (None, {"fields": ["name", "shown_dataset", ("shown_run", "shown_progress"), "shown_message", "shown_log"]}),
        (
            "Content",
            {"fields": [("shown_chunks", "shown_tokens", "shown_size"), ("type", "parser_id"), "parser_config"]},
        ),
        ("Work", {"fields": ["shown_tasks"]}),
        (
            "Facts",
            {"fields": [("id", "created_by"), ("process_begin_at", "process_duration"), ("gen", "published_gen")]},
        ),
        ("Metadata", {"fields": ["meta_fields", "enabled", "sha256", ("created_at", "updated_at")]}),
    ]
    readonly_fields = [
        *("shown_dataset", "shown_run", "shown_progress", "shown_message", "shown_log", "shown_tasks"),
        *("shown_chunks", "shown_tokens", "shown_size"),
    ]
    first_step = "Upload files into a dataset. They are parsed, and can be searched a moment later."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Document]:
        """Those that are not deleted, with their progress at this moment."""
        return Document.objects.live().with_progress().order_by(*self.get_ordering(request))

    def has_run_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may start and stop: those who may change documents, though nothing is changed by hand here."""
        return request.user.has_perm("documents.change_document")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Who may upload."""
        return request.user.has_perm("documents.add_document")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may remove."""
        return request.user.has_perm("documents.delete_document")

    # The upload handler refuses what is too large while the body is read, that is when the CSRF token is looked for:
    # the check is made inside, where a refusal can be told.
    @method_decorator(csrf_exempt)
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Take files in."""
        return Upload(self)(request)

    def log_uploads(self, request: HttpRequest, uploaded: Uploaded) -> None:
        """Begin the history of new documents, and note in that of others that they were replaced."""
        replaced = [one.document for one in uploaded.results if one.outcome is Outcome.REPLACED and one.document]
        fresh = [document for document in uploaded.changed if document not in replaced]
        for documents, flag, text in ((fresh, ADDITION, "Uploaded."), (replaced, CHANGE, "Replaced by an upload.")):
            if documents:
                LogEntry.objects.log_actions(request.user.pk, documents, flag, text)  # type: ignore[arg-type]

    def delete_model(self, request: HttpRequest, obj: Document) -> None:
        """Remove: invisible at once, bytes go with the sweeper."""
        removal.remove([obj.pk])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Document]) -> None:
        """The same for many."""
        removal.remove_many(_ids(queryset))

    @action(description="Parse", permissions=["run"], icon="play_arrow")
    def parse(self, request: HttpRequest, queryset: QuerySet[Document]) -> None:
        """Begin a new generation of chunks of each; what is published stays searchable until it is complete."""
        documents = list(queryset)
        with refusals.told(request):
            count = queueing.start([document.pk for document in documents])
            self.note(request, documents if count else [], "Parsing started.")
            self.tell(request, count, "{} queued.", "Nothing to parse.")

    @action(description="Stop", permissions=["run"], icon="stop", variant=ActionVariant.WARNING)
    def stop(self, request: HttpRequest, queryset: QuerySet[Document]) -> None:
        """Cancel what waits or runs."""
        open_tasks = Task.objects.open().filter(document__in=_ids(queryset))
        under_way = list(queryset.filter(pk__in=set(open_tasks.values_list("document_id", flat=True))))
        count = queueing.stop([document.pk for document in under_way])
        self.note(request, under_way, "Parsing stopped.")
        self.tell(request, count, "{} stopped.", "Nothing to stop: no parsing was under way.")

    @action(description="Retry failed documents", permissions=["run"], icon="replay")
    def retry(self, request: HttpRequest, queryset: QuerySet[Document]) -> None:
        """Start those anew that have failed."""
        failed = list(queryset.filter(run=Run.FAIL))
        with refusals.told(request):
            count = queueing.retry([document.pk for document in failed])
            self.note(request, failed, "Parsing retried.")
            self.tell(request, count, "{} queued again.", "Nothing to retry: none of them failed.")

    @action(
        description="Parse",
        permissions=["run"],
        icon="play_arrow",
        dialog=asking(
            "Parse this document?",
            "Its chunks are made anew. Those of before stay searchable until the new ones are complete.",
            submit="Parse",
        ),
    )
    def parse_this(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        """The same from the document's own page."""
        self.parse(request, Document.objects.filter(pk=object_id))
        return self.again(object_id)

    @action(
        description="Stop",
        permissions=["run"],
        icon="stop",
        dialog=asking(
            "Stop parsing?",
            "What was published before stays searchable.",
            submit="Stop",
        ),
    )
    def stop_this(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        """The same from the document's own page."""
        self.stop(request, Document.objects.filter(pk=object_id))
        return self.again(object_id)

    @action(description="Chunks", permissions=["view"], icon="segment")
    def chunks(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """On to its chunks, in reading order."""
        return HttpResponse(status=302, headers={"Location": _chunks_url(object_id)})

    @display(description="dataset", ordering="kb__name")
    def shown_dataset(self, document: Document) -> str:
        """Where it is."""
        return link(reverse("admin:knowledgebases_knowledgebase_change", args=[document.kb_id]), document.kb)

    @display(description="state", ordering="run")
    def shown_run(self, document: Any) -> str:
        """What has become of it."""
        run = Run(document.run)
        shown = badge("queued", Tone.PLAIN) if document.sight.waiting else badge(WORDS[run], TONES[run])
        if run == Run.RUNNING and document.kb.paused_at:
            shown = badge("paused", Tone.WARN)
        return live(f"{document.pk}:run", shown, running=run == Run.RUNNING)

    @display(description="log")
    def shown_log(self, document: Any) -> str:
        """All of its log, and what its task says now."""
        said = [document.progress_msg, *([document.live_message] if document.run == Run.RUNNING else [])]
        text = "\n".join(dict.fromkeys(filter(None, said))) or "Nothing yet: it has not been parsed."
        return live(f"{document.pk}:log", format_html('<div class="rs-text rs-log">{}</div>', text))

    @display(description="chunks", ordering="chunk_num")
    def shown_chunks(self, document: Document) -> str:
        """How many are published, and the way to them."""
        return live(f"{document.pk}:chunks", link(_chunks_url(document.pk), f"{document.chunk_num:,}"))

    @display(description="tokens", ordering="token_num")
    def shown_tokens(self, document: Document) -> str:
        """Tokens of its chunks."""
        return live(f"{document.pk}:tokens", f"{document.token_num:,}")

    @display(description="size", ordering="size")
    def shown_size(self, document: Document) -> str:
        """Size of the file."""
        return filesizeformat(document.size)


def _ids(queryset: QuerySet[Document]) -> list[str]:
    return list(queryset.order_by().values_list("pk", flat=True))


def _chunks_url(pk: str) -> str:
    return f"{reverse('admin:knowledgebases_chunk_changelist')}?document__id__exact={pk}"
