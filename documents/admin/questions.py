"""Questions of test sets in the console, and the form that adds one."""

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from documents.evaluation import keeping, listing
from documents.evaluation.drafts import Draft, Named, draft, named
from documents.models import Judgement, Question
from system.console.display import Tone, badge, line, link
from system.console.pages import ConsoleAdmin, CountOnce, DeedForm

_CHUNK = re.compile("chunk ([0-9a-f]{16,32})")  # a file may be called `chunk 1.txt`


class QuestionForm(DeedForm):
    """A question, and what answers it: a line each."""

    relevant = forms.CharField(
        label="Answered by",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 5}),
        help_text="A line for each document: its name (with or without suffix) or id, and after a semicolon a grade, "
        "where that is not 1; 0 says that it does not answer. Or a line for each chunk: “chunk” and its id.",
    )

    class Meta:
        model = Question
        fields = ["question_set", "text", "key"]
        widgets = {"text": UnfoldAdminTextareaWidget(attrs={"rows": 3})}
        labels = {"key": "Id"}
        help_texts = {"key": "What files know it by. Empty: made of the text."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "key" in self.fields:
            self.fields["key"].required = False
        if self.instance.pk and not self.instance._state.adding:
            self.initial["relevant"] = "\n".join(map(_line, self.instance.judgements.order_by("pk")))

    def draft(self, key: str) -> Draft:
        """The question as it was typed. Raises ArgumentError."""
        lines = enumerate(self.cleaned_data["relevant"].splitlines(), 1)
        listed = [_named(text, f"Line {number}") for number, text in lines if text.strip()]
        return draft(key=key, text=self.cleaned_data["text"], named=listed, where="The form")


def _line(judgement: Judgement) -> str:
    what = f"chunk {judgement.chunk_id}" if judgement.chunk_id else judgement.name
    return what if judgement.grade == 1 and ";" not in what else f"{what}; {judgement.grade}"


def _named(text: str, where: str) -> Named:
    """One line. A semicolon may be part of a name: what follows it counts as a grade only where it is a number."""
    name, semicolon, grade = text.rpartition(";")
    if not (semicolon and grade.strip().isdecimal()):
        name, grade = text, "1"
    chunk = _CHUNK.fullmatch(name.strip())
    return named(chunk[1] if chunk else name, grade.strip(), chunk=bool(chunk), where=where)


class _Shown(CountOnce):
    """A list of questions, each with its judgements."""

    def get_results(self, request: HttpRequest) -> None:
        """The page of rows."""
        super().get_results(request)
        self.result_list: Any
        self.result_list = listing.judged(self.result_list)


@admin.register(Question)
class QuestionAdmin(ConsoleAdmin):
    """Questions of all test sets."""

    form = QuestionForm
    list_display = ["shown_text", "shown_key", "shown_set", "shown_relevant"]
    list_select_related = ["question_set"]
    list_filter = [("question_set", AutocompleteSelectFilter)]
    search_fields = ["text", "key"]
    autocomplete_fields = ["question_set"]
    fieldsets = [(None, {"fields": ["question_set", "text", "relevant", "key"]})]
    add_fieldsets = fieldsets
    first_step = "Add a test set, then import its questions or type them in."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Question]:
        """Those of datasets that are not deleted."""
        rows: QuerySet[Question] = super().get_queryset(request)
        return rows.filter(question_set__kb__deleted_at=None)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[str]:
        """A question stays where it is, and what it is."""
        return ["question_set", "key"] if obj else []

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[CountOnce]:
        """The kind of list."""
        return _Shown

    def save_model(self, request: HttpRequest, obj: Question, form: QuestionForm, change: bool) -> None:
        """Keep it, in place of the one with its id."""
        drafted = form.draft(obj.key)
        keeping.put(obj.question_set, [drafted])
        kept = Question.objects.get(question_set=obj.question_set, key=drafted.key)
        obj.pk, obj.key, obj._state.adding = kept.pk, kept.key, False

    @display(description="question", ordering="text")
    def shown_text(self, question: Question) -> str:
        """How it begins."""
        return line(question.text, length=64)

    @display(description="id", ordering="key")
    def shown_key(self, question: Question) -> str:
        """What files know it by."""
        return line(question.key, length=24)

    @display(description="test set", ordering="question_set__name")
    def shown_set(self, question: Question) -> str:
        """Where it is."""
        url = reverse("admin:documents_questionset_change", args=[question.question_set_id])
        return link(url, question.question_set)

    @display(description="answered by")
    def shown_relevant(self, question: Any) -> str:
        """The documents that answer it; those that are gone are told."""
        names = ", ".join(dict.fromkeys(one.name for one in question.judged if one.grade and not one.gone))
        gone = sum(one.gone for one in question.judged)
        return badge(f"{gone} gone", Tone.WARN) + line(f" {names}", length=48) if gone else line(names, length=48)
