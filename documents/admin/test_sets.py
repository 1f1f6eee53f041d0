"""Test sets in the console: what they hold, what they came to last, and the ways to fill and to evaluate them."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.views.decorators.csrf import csrf_exempt
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import action, display

from documents.admin.evaluating import Evaluate
from documents.admin.importing import Import
from documents.evaluation import keeping, listing
from documents.models import QuestionSet
from system.console.display import Tone, ago, badge, link
from system.console.pages import ConsoleAdmin, CountOnce


class _Shown(CountOnce):
    """A list of test sets, each with its counts and its last evaluation."""

    def get_results(self, request: HttpRequest) -> None:
        """The page of rows."""
        super().get_results(request)
        self.result_list: Any
        rows = listing.shown(QuestionSet.objects.filter(pk__in=[row.pk for row in self.result_list]))
        by_id = {row.pk: row for row in rows}
        self.result_list = [_with(row, by_id[row.pk]) for row in self.result_list if row.pk in by_id]


def _with(row: Any, told: Any) -> Any:
    row.question_count, row.gone_count, row.last = told.question_count, told.gone_count, told.last
    return row


@admin.register(QuestionSet)
class QuestionSetAdmin(ConsoleAdmin):
    """Test sets of all datasets."""

    list_display = ["name", "shown_dataset", "shown_questions", "shown_figures", "shown_speed", "shown_when"]
    list_select_related = ["kb"]
    list_filter = [("kb", AutocompleteSelectFilter)]
    search_fields = ["name", "id"]
    autocomplete_fields = ["kb"]
    fieldsets = [
        (None, {"fields": ["name", "kb", "shown_questions", "shown_figures", "shown_evaluations"]}),
        ("Facts", {"fields": ["id", ("created_at", "updated_at")]}),
    ]
    add_fieldsets = [(None, {"fields": ["name", "kb"]})]
    readonly_fields = ["id", "created_at", "updated_at", "shown_questions", "shown_figures", "shown_evaluations"]
    actions_detail = ["take", "ask", "measure"]
    first_step = (
        "A test set holds questions to a dataset, and what answers them. Add one, import your questions, and see how "
        "well they are answered."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[QuestionSet]:
        """Those of datasets that are not deleted."""
        rows: QuerySet[QuestionSet] = super().get_queryset(request)
        return rows.filter(kb__deleted_at=None)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row with what the list shows, too."""
        row = super().get_object(request, object_id, from_field)
        told = listing.shown(QuestionSet.objects.filter(pk=row.pk)) if row else []
        return _with(row, told[0]) if told else None

    def get_urls(self) -> list[URLPattern]:
        """The pages to import and to evaluate beside the others."""
        taking = self.admin_site.admin_view(csrf_exempt(Import(self).__call__))
        asking = self.admin_site.admin_view(Evaluate(self).__call__)
        pages = [
            # As for uploads: the handler may refuse a file while the body is read, so the token is looked for inside.
            path("<path:pk>/import/", csrf_exempt(taking), name="documents_questionset_import"),
            path("<path:pk>/evaluate/", asking, name="documents_questionset_evaluate"),
        ]
        return [*pages, *super().get_urls()]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[str]:
        """A test set stays with its dataset."""
        return [*self.readonly_fields, "kb"] if obj else self.readonly_fields

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[CountOnce]:
        """The kind of list."""
        return _Shown

    def save_model(self, request: HttpRequest, obj: QuestionSet, form: Any, change: bool) -> None:
        """Make it, or give it its new name."""
        if change:
            keeping.rename(obj, obj.name)
            return
        made = keeping.create(obj.kb, obj.name)
        obj.pk, obj._state.adding = made.pk, False

    def has_import_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may add questions."""
        return request.user.has_perm("documents.add_question")

    def has_evaluate_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may evaluate."""
        return request.user.has_perm("documents.add_evaluation")

    @action(description="Import", permissions=["import"], icon="upload")
    def take(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """On to the page that takes files."""
        return HttpResponseRedirect(reverse("admin:documents_questionset_import", args=[object_id]))

    @action(description="Add a question", permissions=["import"], icon="add")
    def ask(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """On to the form of a question."""
        return HttpResponseRedirect(f"{reverse('admin:documents_question_add')}?question_set={object_id}")

    @action(description="Evaluate", permissions=["evaluate"], icon="speed")
    def measure(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """On to the page that asks how to search."""
        return HttpResponseRedirect(reverse("admin:documents_questionset_evaluate", args=[object_id]))

    @display(description="dataset", ordering="kb__name")
    def shown_dataset(self, row: QuestionSet) -> str:
        """What it asks."""
        return link(reverse("admin:knowledgebases_knowledgebase_change", args=[row.kb_id]), row.kb)

    @display(description="questions")
    def shown_questions(self, row: Any) -> str:
        """How many, the way to them, and how many of their answers are gone."""
        to = link(questions_url(row.pk), f"{row.question_count:,}")
        return format_html("{} {}", to, badge(f"{row.gone_count:,} gone", Tone.WARN)) if row.gone_count else to

    @display(description="last figures")
    def shown_figures(self, row: Any) -> str:
        """What the last evaluation came to."""
        return row.last.figures if row.last else "not evaluated yet"

    @display(description="p95")
    def shown_speed(self, row: Any) -> str:
        """How long the slowest searches took."""
        return (
            format_html('<span class="rs-line">{} ms</span>', f"{row.last.timings['search_p95']:.1f}")
            if row.last
            else ""
        )

    @display(description="evaluated")
    def shown_when(self, row: Any) -> str:
        """When that was, and the way to it."""
        if row.last is None:
            return ago(None)
        return link(reverse("admin:documents_evaluation_change", args=[row.last.pk]), ago(row.last.created_at))

    @display(description="evaluations")
    def shown_evaluations(self, row: QuestionSet) -> str:
        """The way to what was measured."""
        return link(evaluations_url(row.pk), "All evaluations of this test set")


def questions_url(pk: str) -> str:
    """The list of a test set's questions."""
    return f"{reverse('admin:documents_question_changelist')}?question_set__id__exact={pk}"


def evaluations_url(pk: str) -> str:
    """The list of a test set's evaluations."""
    return f"{reverse('admin:documents_evaluation_changelist')}?question_set__id__exact={pk}"
