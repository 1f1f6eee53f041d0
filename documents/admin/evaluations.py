"""Evaluations in the console: the figures, and the questions that they come from, the worst first."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import display

from documents.evaluation.comparing import compare
from documents.evaluation.settings import Setting
from documents.models import EvaluatedQuestion, Evaluation
from system.console.display import Tone, ago, badge, line, link
from system.console.pages import ReadOnlyAdmin

WORST = 200  # questions of a page


@admin.register(Evaluation)
class EvaluationAdmin(ReadOnlyAdmin):
    """What was measured; to be read, and to be forgotten."""

    list_display = [
        "shown_when",
        "shown_set",
        "shown_setting",
        "shown_figures",
        "shown_speed",
        "questions",
        "shown_notes",
    ]
    list_select_related = ["question_set"]
    list_filter = [("question_set", AutocompleteSelectFilter)]
    fieldsets = [
        (None, {"fields": ["shown_set", "shown_setting", "shown_table", "shown_before"]}),
        ("Questions, the worst first", {"fields": ["shown_results"]}),
        (
            "Facts",
            {
                "fields": [
                    ("questions", "sample", "unjudged"),
                    ("gone", "degraded", "hits"),
                    ("model", "chunks", "shown_seconds"),
                    ("id", "created_at"),
                ]
            },
        ),
    ]
    readonly_fields = ["shown_set", "shown_setting", "shown_table", "shown_before", "shown_results", "shown_seconds"]
    first_step = "Evaluate a test set, to see how well a dataset answers its questions."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Evaluation]:
        """Those of datasets that are not deleted."""
        rows: QuerySet[Evaluation] = super().get_queryset(request)
        return rows.filter(question_set__kb__deleted_at=None)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may forget one."""
        return request.user.has_perm("documents.delete_evaluation")

    @display(description="evaluated", ordering="created_at")
    def shown_when(self, evaluation: Evaluation) -> str:
        """When."""
        return ago(evaluation.created_at)

    @display(description="test set", ordering="question_set__name")
    def shown_set(self, evaluation: Evaluation) -> str:
        """What was asked."""
        url = reverse("admin:documents_questionset_change", args=[evaluation.question_set_id])
        return link(url, evaluation.question_set)

    @display(description="setting")
    def shown_setting(self, evaluation: Evaluation) -> str:
        """How was searched."""
        return str(Setting(evaluation.setting))

    @display(description="figures")
    def shown_figures(self, evaluation: Evaluation) -> str:
        """The metrics."""
        return evaluation.figures

    @display(description="p50 / p95")
    def shown_speed(self, evaluation: Evaluation) -> str:
        """How long searches took."""
        p50, p95 = (evaluation.timings[f"search_{name}"] for name in ("p50", "p95"))
        return format_html('<span class="rs-line">{}</span>', f"{p50:.1f} / {p95:.1f} ms")

    @display(description="took")
    def shown_seconds(self, evaluation: Evaluation) -> str:
        """How long all of them took."""
        return f"{evaluation.seconds:.1f} seconds, without the embedding of questions"

    @display(description="notes")
    def shown_notes(self, evaluation: Evaluation) -> str:
        """What the figures have to be read with."""
        notes = {"gone": evaluation.gone, "without a model": evaluation.degraded}
        badges = [(badge(f"{count:,} {what}", Tone.WARN),) for what, count in notes.items() if count]
        return format_html_join(" ", "{}", badges)

    @display(description="figures")
    def shown_table(self, evaluation: Evaluation) -> str:
        """Metrics and times, one a line."""
        rows = [(name, f"{evaluation.metrics[name]:.4f}") for name in evaluation.names]
        times = evaluation.timings.items()
        return _table(["", ""], [*rows, *((name.replace("_", " "), f"{time:.1f} ms") for name, time in sorted(times))])

    @display(description="against the one before")
    def shown_before(self, evaluation: Evaluation) -> str:
        """What it gains over the one before, of the same test set."""
        earlier = Evaluation.objects.filter(
            question_set=evaluation.question_set_id, created_at__lt=evaluation.created_at
        ).first()
        if earlier is None:
            return "It is the first."
        comparison = compare(earlier, evaluation)
        rows = [
            (
                name,
                f"{one.difference.mean:+.4f}",
                f"{one.difference.p:.4f}",
                one.difference.better,
                one.difference.worse,
            )
            for name, one in comparison.metrics.items()
        ]
        head = link(reverse("admin:documents_evaluation_change", args=[earlier.pk]), Setting(earlier.setting))
        table = _table(["", "difference", "p", "better", "worse"], rows)
        return format_html(
            '{}, {}, {} questions of both{}<p class="rs-dim">{}</p>',
            head,
            ago(earlier.created_at),
            comparison.paired,
            table,
            "p: how often chance alone makes such a difference; below 0.05 it hardly does. Better, worse: questions.",
        )

    @display(description="questions")
    def shown_results(self, evaluation: Evaluation) -> str:
        """The worst questions, with what was found instead of what answers them."""
        results = evaluation.results.order_by("score", "pk")[:WORST]
        rows = [_result(one, evaluation.names) for one in results]
        table = _table(["question", *evaluation.names, "first at", "found", "ms"], rows, kind="rs-results")
        rest = evaluation.questions - len(rows)
        return format_html("{}{}", table, f"{rest:,} more are better; the API lists all." if rest > 0 else "")


def _result(one: EvaluatedQuestion, names: Iterable[str]) -> list[object]:
    text: SafeString = line(one.text, length=70)
    if one.question_id:
        text = link(reverse("admin:documents_question_change", args=[one.question_id]), text)
    found = ", ".join(dict.fromkeys(hit["document_name"] for hit in one.found)) or "nothing"
    values = [f"{one.values[name]:.3f}" for name in names]
    note = format_html(" {}", badge("without a model", Tone.WARN)) if one.degraded else ""
    return [
        format_html("{}{}", text, note),
        *values,
        one.place or "not found",
        line(found, length=50),
        f"{one.milliseconds:.1f}",
    ]


def _table(heads: Iterable[str], rows: Iterable[Iterable[object]], *, kind: str = "") -> SafeString:
    """A table, of a `kind` that styles know; what is no HTML of ours is escaped."""
    shown = format_html_join(
        "", "<tr>{}</tr>", ((format_html_join("", "<td>{}</td>", ((c,) for c in row)),) for row in rows)
    )
    head = format_html_join("", '<th scope="col">{}</th>', ((one,) for one in heads))
    return format_html(
        '<div class="rs-scroll {}"><table class="rs-table"><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>',
        kind,
        head,
        shown,
    )
