"""The console: an admin site whose first page tells how the site is."""

from typing import Any

from django.contrib.admin import ModelAdmin
from django.db.models import Model
from django.http import HttpRequest
from django.template.response import TemplateResponse
from unfold.sites import UnfoldAdminSite

from ragsite import overview
from system.console.pages import ConsoleAdmin


class Console(UnfoldAdminSite):  # type: ignore[misc]
    """Ragsite's admin."""

    index_title = "Overview"

    def register(
        self,
        model_or_iterable: Any,
        admin_class: type[ModelAdmin[Model]] | None = None,
        **options: Any,
    ) -> None:
        """Take pages of our own only: those that libraries bring know none of the console's rules and looks."""
        if admin_class and issubclass(admin_class, ConsoleAdmin):
            super().register(model_or_iterable, admin_class, **options)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Health, queue, counts, and what needs somebody."""
        parts = overview.parts()
        redis_well = all(part.finding.well for part in parts if part.finding.part == "redis")
        queue, counts = overview.queue(redis_well=redis_well), overview.counts()
        user: Any = request.user
        context = {
            "parts": parts,
            "queue": queue,
            "counts": counts,
            "concerns": overview.concerns(user, parts, queue, counts),
            "origin": request.build_absolute_uri("/").rstrip("/"),
            **(extra_context or {}),
        }
        response: TemplateResponse = super().index(request, context)
        return response
