"""The console's page of datasets, with what documents add to it: holding their ingestion back, and trying it again."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from documents import pausing, queueing
from documents.admin import refusals
from documents.admin.reindexing import ReindexingDatasetAdmin
from documents.models import Document
from knowledgebases.admin.datasets import DatasetAdmin
from knowledgebases.models import Knowledgebase
from system.console.dialogs import asking
from system.console.display import Tone, ago, badge

admin.site.unregister(Knowledgebase)


@admin.register(Knowledgebase)
class IngestingDatasetAdmin(ReindexingDatasetAdmin):
    """Datasets of all tenants, whose ingestion can be paused."""

    list_display = [*DatasetAdmin.list_display[:-1], "shown_ingestion", DatasetAdmin.list_display[-1]]
    readonly_fields = [*DatasetAdmin.readonly_fields, "shown_ingestion", "shown_reindexing"]
    fieldsets = [*DatasetAdmin.fieldsets, ("Ingestion", {"fields": ["shown_ingestion", "shown_reindexing"]})]
    actions = ["pause", "resume", "retry"]
    actions_detail: list[Any] = [
        *DatasetAdmin.actions_detail,
        "reindex_this",
        {"title": "Ingestion", "icon": "sync", "items": ["pause_this", "resume_this", "retry_this"]},
    ]

    def has_retry_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may start documents: those who may change them."""
        return request.user.has_perm("documents.change_document")

    @action(description="Pause ingestion", permissions=["change"], icon="pause", variant=ActionVariant.WARNING)
    def pause(self, request: HttpRequest, queryset: QuerySet[Knowledgebase]) -> None:
        """Hold back what waits or runs, and what is started from now on."""
        going = list(queryset.filter(paused_at=None))
        for kb in going:
            pausing.pause(kb)
        self.note(request, going, "Ingestion paused.")
        self.tell(request, len(going), "{} paused.", "Nothing to pause: it is paused already.")

    @action(description="Resume ingestion", permissions=["change"], icon="play_arrow")
    def resume(self, request: HttpRequest, queryset: QuerySet[Knowledgebase]) -> None:
        """Let it go on where it was."""
        paused = list(queryset.exclude(paused_at=None))
        for kb in paused:
            pausing.resume(kb)
        self.note(request, paused, "Ingestion resumed.")
        self.tell(request, len(paused), "{} resumed.", "Nothing to resume: it is not paused.")

    @action(description="Retry failed documents", permissions=["retry"], icon="replay")
    def retry(self, request: HttpRequest, queryset: QuerySet[Knowledgebase]) -> None:
        """Start the documents anew that have failed."""
        failed = list(Document.objects.filter(kb__in=queryset.values("pk")).unsuccessful().values_list("pk", "kb"))
        with refusals.told(request):
            count = queueing.retry([pk for pk, _ in failed])
            self.note(request, queryset.filter(pk__in={kb for _, kb in failed}), "Failed documents retried.")
            started = f"{count:,} failed document{'' if count == 1 else 's'} started anew."
            self.tell(request, count, started, "Nothing to retry: nothing failed.")

    @action(
        description="Pause ingestion",
        permissions=["change"],
        icon="pause",
        dialog=asking(
            "Pause the ingestion of this dataset?",
            "Documents that wait or are being parsed are held back with what was done so far, and so "
            "are those that are started from now on. What is published stays searchable.",
            submit="Pause",
        ),
    )
    def pause_this(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        """The same from the dataset's own page."""
        self.pause(request, Knowledgebase.objects.live().filter(pk=object_id))
        return self.again(object_id)

    @action(
        description="Resume ingestion",
        permissions=["change"],
        icon="play_arrow",
        dialog=asking(
            "Resume the ingestion of this dataset?",
            "Documents that were held back go on where they were.",
            submit="Resume",
        ),
    )
    def resume_this(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        """The same from the dataset's own page."""
        self.resume(request, Knowledgebase.objects.live().filter(pk=object_id))
        return self.again(object_id)

    @action(
        description="Retry failed documents",
        permissions=["retry"],
        icon="replay",
        dialog=asking(
            "Retry the failed documents of this dataset?",
            "They are parsed anew; embeddings that were computed before they failed are not computed again.",
            submit="Retry",
        ),
    )
    def retry_this(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        """The same from the dataset's own page."""
        self.retry(request, Knowledgebase.objects.live().filter(pk=object_id))
        return self.again(object_id)

    @display(description="ingestion")
    def shown_ingestion(self, kb: Knowledgebase) -> str:
        """Whether it is held back, and since when."""
        if kb.paused_at is None:
            return badge("on", Tone.PLAIN)
        return format_html("{} {}", badge("paused", Tone.WARN), ago(kb.paused_at))
