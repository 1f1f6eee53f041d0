"""Pages of the console: forms that call deeds, lists, and what a deed refuses."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.admin import ModelAdmin
from unfold.views import ChangeList

from system.console.dialogs import onward
from system.errors import RagError


class DeedForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form whose values are handed to a deed; `refusal` is what the deed said to them."""

    refusal: ClassVar[str] = ""

    def clean(self) -> dict[str, Any] | None:
        """Show the refusal above the values as they were typed."""
        if self.refusal:
            raise ValidationError(self.refusal)
        return super().clean()


class CountOnce(ChangeList):  # type: ignore[misc]
    """A list that is counted once: where nothing is filtered, what was found is all there is."""

    def get_results(self, request: HttpRequest) -> None:
        """The page of rows, and their number."""
        super().get_results(request)
        self.full_result_count: int | None
        if self.full_result_count is None and not self.query and not self.has_active_filters:
            self.full_result_count = self.result_count


class ConsoleAdmin(ModelAdmin):  # type: ignore[misc]
    """A page of the console. Saving, deleting and actions call deeds; what a deed refuses is shown, not raised."""

    form = DeedForm
    list_per_page = 50
    show_full_result_count = False
    list_filter_submit = True
    first_step = ""
    """What to do where there is nothing yet."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The form; once more with the reason on it where the deed refuses (everything was rolled back by then)."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)  # type: ignore[no-any-return]
        except RagError as error:
            request.refusal = error.message  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)  # type: ignore[no-any-return]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> type[DeedForm]:
        """The form, with the refusal of this request's deed."""
        form: type[DeedForm] = super().get_form(request, obj, change, **kwargs)
        if refusal := getattr(request, "refusal", ""):
            return type(form.__name__, (form,), {"refusal": refusal})
        return form

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[CountOnce]:
        """The kind of list."""
        return CountOnce

    def get_deleted_objects(
        self, objs: Iterable[models.Model], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """What a deletion takes away, by name: the rows themselves. Deeds see to the rest, so nothing is collected."""
        rows = [str(row) for row in objs]
        lacking = set() if self.has_delete_permission(request) else {str(self.opts.verbose_name)}
        return rows, {str(self.opts.verbose_name_plural): len(rows)}, lacking, []

    def note(self, request: HttpRequest, rows: Iterable[models.Model], what: str) -> None:
        """Put `what` was done to `rows` into their history."""
        LogEntry.objects.log_actions(request.user.pk, list(rows), CHANGE, what)  # type: ignore[arg-type]

    def tell(self, request: HttpRequest, count: int, done: str, nothing: str) -> None:
        """Say how many rows something was done to, or why to none: `done` is a sentence with `{}` for the number."""
        if count:
            things = self.opts.verbose_name if count == 1 else self.opts.verbose_name_plural
            messages.success(request, done.format(f"{count} {things}"))
        else:
            messages.warning(request, nothing)

    def again(self, pk: str) -> HttpResponse:
        """After a dialog: the row's own page once more."""
        return onward(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[pk]))


class ReadOnlyAdmin(ConsoleAdmin):
    """A page to look at: rows are made, changed and deleted elsewhere."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody's."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody's."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody's."""
        return False
