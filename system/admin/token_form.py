"""The forms of API tokens: what a token may do, how it is rotated, when many of them end."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from unfold.forms import ActionForm, BaseDialogForm
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelect2MultipleWidget,
    UnfoldAdminSelectWidget,
)

from system import reach
from system.console.pages import DeedForm
from system.errors import RagError
from system.models import APIToken, Scope, Tenant
from system.models.token import ROTATION_OVERLAP, all_scopes

_LAST_DAY = date(9000, 1, 1)


class TokenForm(DeedForm):
    """What a token is called, may do, opens, and until when."""

    scopes = forms.MultipleChoiceField(
        choices=Scope,
        initial=all_scopes,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="Read: list, download, search. Write: change everything, too. Admin: delete datasets, too.",
    )
    limited = forms.TypedChoiceField(
        label="Opens",
        choices=[("", "every dataset in the tenant's reach"), ("yes", "only the datasets chosen below")],
        coerce=bool,
        required=False,
        widget=UnfoldAdminRadioSelectWidget,
    )
    chosen = forms.MultipleChoiceField(
        label="Datasets",
        required=False,
        widget=UnfoldAdminSelect2MultipleWidget({"data-offered-by": "tenant"}),
        help_text="To the token no other dataset exists, and it can create none.",
    )

    class Meta:
        model = APIToken
        fields = ["name", "tenant", "scopes", "expires_at"]
        help_texts = {
            "name": "Where it is used: a person or a program.",
            "tenant": "Whose datasets it opens.",
            "expires_at": "UTC. Empty: it never expires.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored: list[str] | None = self.instance.datasets
        self.initial.update(limited="" if stored is None else "yes", chosen=stored or [])
        if isinstance(chosen := self.fields.get("chosen"), forms.MultipleChoiceField):
            chosen.choices = self._offered(stored or [])

    def clean_expires_at(self) -> Any:
        """The end of the token's life; raises ValidationError where that would be past."""
        moment = self.cleaned_data["expires_at"]
        if moment and "expires_at" in self.changed_data and moment <= timezone.now():
            raise ValidationError("That moment is past. To end a token now, revoke it.")
        return moment

    def clean(self) -> dict[str, Any] | None:
        """Refuse a limit that the token cannot have, and one that was chosen but not asked for."""
        values = super().clean()
        tenant = self.cleaned_data.get("tenant") or self._tenant()
        if tenant and not self.has_error("chosen"):
            try:
                self._check_limit(tenant)
            except RagError as refused:
                self.add_error("chosen", refused.message)
        return values

    def datasets(self) -> list[str] | None:
        """The datasets that the token is to be limited to, None for no limit."""
        return self.cleaned_data["chosen"] if self.cleaned_data["limited"] else None

    def _check_limit(self, tenant: Tenant) -> None:
        chosen = self.cleaned_data["chosen"]
        if self.cleaned_data["limited"]:
            reach.checked(tenant, chosen, kept=self.instance.datasets or [])
        elif chosen:
            self.add_error("limited", "Datasets are chosen: have the token open only those, or clear the choice.")

    def _offered(self, stored: list[str]) -> list[tuple[str, str]]:
        tenant = self._tenant()
        names = reach.datasets_of(tenant) if tenant else {}
        gone = [(one, f"{one} (deleted, or out of reach)") for one in stored if one not in names]
        return [*names.items(), *gone]

    def _tenant(self) -> Tenant | None:
        """The tenant of the token, or the one that is chosen for a new token at this moment."""
        if not self.instance._state.adding:
            tenant: Tenant = self.instance.tenant
            return tenant
        key = self.data.get(self.add_prefix("tenant")) if self.is_bound else self.initial.get("tenant")
        return Tenant.objects.filter(pk=str(key or "")).first()


class OverlapForm(BaseDialogForm):  # type: ignore[misc]
    """How long the old value of a rotated token stays valid."""

    hours = forms.TypedChoiceField(
        label="The old value works for",
        choices=[(0, "no longer: it ends now"), (1, "1 hour"), (24, "24 hours"), (7 * 24, "7 days")],
        coerce=int,
        initial=ROTATION_OVERLAP // timedelta(hours=1),
        widget=UnfoldAdminSelectWidget,
    )

    @property
    def overlap(self) -> timedelta:
        """The choice."""
        return timedelta(hours=self.cleaned_data["hours"])


class TokenActionForm(ActionForm):  # type: ignore[misc]
    """The choice of an action, with the day that one of them asks for."""

    day = forms.CharField(
        label="",
        required=False,
        widget=forms.TextInput(
            {"type": "date", "aria-label": "Last day (UTC)", "x-show": "action == 'end_on'", "class": "rs-day"}
        ),
    )


def end_of_day(text: str) -> datetime:
    """The moment at which a day is over, in UTC; raises ValidationError unless `text` is a day to come, or today."""
    day: date | None = forms.DateField(required=False).clean(text)
    if day is None or not timezone.now().date() <= day < _LAST_DAY:
        raise ValidationError("Choose the last day on which they are to work, beside the action.")
    return datetime.combine(day + timedelta(days=1), time.min, tzinfo=UTC)
