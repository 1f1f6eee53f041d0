"""Chunks in the console: to be read and searched."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import AutocompleteSelectFilter, BooleanRadioFilter
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from knowledgebases.models import Chunk
from system.console.display import line, link
from system.console.pages import ReadOnlyAdmin


@admin.register(Chunk)
class ChunkAdmin(ReadOnlyAdmin):
    """Published passages; the API adds and edits them, since every change is embedded anew."""

    list_display = [
        *("shown_content", "shown_document", "page", "tokens", "shown_keywords", "available", "by_hand"),
        "source_gone",
    ]
    list_select_related = ["document", "kb"]
    list_filter = [
        ("kb", AutocompleteSelectFilter),
        ("available", BooleanRadioFilter),
        ("by_hand", BooleanRadioFilter),
        ("source_gone", BooleanRadioFilter),
    ]
    search_fields = ["content"]
    search_help_text = "Words that stand in the text, as they stand there."
    paginator = InfinitePaginator  # a site has millions of chunks: counting them for a page would cost seconds
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "shown_document",
                    "shown_dataset",
                    "shown_text",
                    "shown_headings",
                    "shown_keywords",
                    "shown_questions",
                ]
            },
        ),
        ("Place", {"fields": [("page", "seq", "kind"), "positions"]}),
        (
            "Facts",
            {
                "fields": [
                    ("tokens", "available"),
                    ("by_hand", "source_gone"),
                    ("id", "gen"),
                    ("created_at", "updated_at"),
                ]
            },
        ),
    ]
    readonly_fields = [
        "shown_document",
        "shown_dataset",
        "shown_text",
        "shown_headings",
        "shown_keywords",
        "shown_questions",
    ]
    first_step = "Chunks appear when documents are parsed."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Chunk]:
        """Chunks of what is not deleted."""
        rows: QuerySet[Chunk] = super().get_queryset(request)
        return rows.filter(kb__deleted_at=None)

    def get_ordering(self, request: HttpRequest) -> Sequence[str]:
        """As they stand in the document where one is chosen; else by key, the only order that costs nothing."""
        return ["page", "top", "seq"] if "document__id__exact" in request.GET else ["pk"]

    @display(description="content")
    def shown_content(self, chunk: Chunk) -> str:
        """How it begins."""
        return line(chunk.content, length=80)

    @display(description="text")
    def shown_text(self, chunk: Chunk) -> str:
        """All of it, with its line breaks."""
        return format_html('<div class="rs-text">{}</div>', chunk.content)

    @display(description="document")
    def shown_document(self, chunk: Chunk) -> str:
        """Where it comes from."""
        return link(reverse("admin:documents_document_change", args=[chunk.document_id]), chunk.document)

    @display(description="dataset")
    def shown_dataset(self, chunk: Chunk) -> str:
        """Which dataset searches it."""
        return link(reverse("admin:knowledgebases_knowledgebase_change", args=[chunk.kb_id]), chunk.kb)

    @display(description="keywords")
    def shown_keywords(self, chunk: Chunk) -> str:
        """What people gave it to be found by."""
        return ", ".join(chunk.important_keywords)

    @display(description="questions")
    def shown_questions(self, chunk: Chunk) -> str:
        """What it answers, as people said."""
        return " · ".join(chunk.questions)

    @display(description="headings")
    def shown_headings(self, chunk: Any) -> str:
        """The headings it stands under."""
        return " › ".join(chunk.headings)
