"""Remote models in the console: their address and their key, which goes in and never comes out."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import ChoicesRadioFilter
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminSelectWidget, UnfoldBooleanSwitchWidget

from knowledgebases.embedders import catalogue, circuits, remote_embedder
from knowledgebases.rerankers import remote_reranker
from system.console.display import Tone, badge
from system.console.pages import ConsoleAdmin, DeedForm
from system.errors import RagError
from system.models import ModelEndpoint, ModelType, Tenant
from system.secrets import mask

_ID_CHARS = Tenant._meta.get_field("embd_id").max_length or 0  # what tenants, and spaces of vectors, can hold
_TESTED_AT_ONCE = 5  # a request may wait for that many answers, not for hundreds


class EndpointForm(DeedForm):
    """A model, where it runs, and the key. An empty key leaves the stored one; a new address needs it again."""

    provider = forms.ChoiceField(
        choices=[(name, name) for name in catalogue.PROVIDERS if name != catalogue.BUILTIN],
        initial=catalogue.COMPATIBLE,
        widget=UnfoldAdminSelectWidget,
        help_text=f"{catalogue.COMPATIBLE}: any server with the routes of OpenAI's API.",
    )
    api_key = forms.CharField(
        label="API key",
        required=False,
        max_length=4096,
        widget=UnfoldAdminPasswordWidget({"autocomplete": "new-password"}),
    )
    forget_key = forms.BooleanField(
        required=False, widget=UnfoldBooleanSwitchWidget, help_text="Remove the stored key."
    )

    class Meta:
        model = ModelEndpoint
        fields = ["tenant", "provider", "name", "model_type", "dimension", "concurrency"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if address := self.fields.get("base_url"):
            address.help_text = "Up to and including /v1; /embeddings is appended, or /rerank for a rerank model."
        if "api_key" in self.fields:
            self.fields["api_key"].help_text = f"Stored sealed, never shown. Now: {shown_key(self.instance)[0]}."

    def clean(self) -> dict[str, Any] | None:
        """Raise ValidationError where a stored key would be sent to a new address."""
        given = super().clean() or self.cleaned_data
        moved = "base_url" in self.changed_data and bool(self.instance.sealed_key)
        if moved and not given.get("api_key") and not given.get("forget_key"):
            # Otherwise whoever may edit this form could have the key sent to a server of their own.
            raise ValidationError({"api_key": "The address changes: enter its key, or have the stored one forgotten."})
        length = len(f"{given.get('name', '')}@{given.get('provider', '')}")
        if length > _ID_CHARS:
            told = f"Name and provider, joined by @, may have {_ID_CHARS} characters; these have {length}."
            raise ValidationError({"name": told})
        return given


def shown_key(endpoint: ModelEndpoint) -> tuple[str, Tone]:
    """What may be shown of an endpoint's key, and how that is."""
    if not endpoint.sealed_key:
        return "none", Tone.PLAIN
    try:
        return mask(endpoint.api_key), Tone.GOOD
    except RagError:
        return "cannot be opened with the keys of this site", Tone.BAD


def shown_state(endpoint: ModelEndpoint) -> tuple[str, Tone]:
    """Whether the endpoint is called, and what it failed with."""
    circuit = getattr(endpoint, "circuit", None)
    if circuit is None or not (circuit.failures or circuit.open_until):
        return "called", Tone.GOOD
    if circuit.open_until is None:
        return f"{circuit.failures} failures in a row", Tone.WARN
    seconds = (circuit.open_until - timezone.now()).total_seconds()
    return (f"left alone for {seconds:.0f} s" if seconds > 0 else "tried again with the next request"), Tone.BAD


@admin.register(ModelEndpoint)
class EndpointAdmin(ConsoleAdmin):
    """Models that datasets may be embedded with, beside the bundled one, and those that rerank what searches find."""

    form = EndpointForm
    list_display = ["model_id", "model_type", "tenant", "base_url", "shown_key", "shown_state", "updated_at"]
    list_select_related = ["tenant", "circuit"]
    list_filter = [("model_type", ChoicesRadioFilter)]
    search_fields = ["name", "provider", "base_url", "tenant__name"]
    autocomplete_fields = ["tenant"]
    fields = [
        *("tenant", ("name", "provider"), "model_type", "base_url", ("dimension", "concurrency")),
        *("api_key", "forget_key", ("shown_state", "shown_failure")),
    ]
    readonly_fields = ["shown_state", "shown_failure"]
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    actions = ["test"]
    first_step = (
        "The bundled model needs nothing here. To embed with another, add its OpenAI-compatible address, "
        "test it, and choose it for a dataset or tenant."
    )

    def save_model(self, request: HttpRequest, obj: ModelEndpoint, form: Any, change: bool) -> None:
        """Save, with the key sealed."""
        if form.cleaned_data.get("forget_key"):
            obj.api_key = ""
        if key := form.cleaned_data.get("api_key"):
            obj.api_key = key
        super().save_model(request, obj, form, change)

    @display(description="key")
    def shown_key(self, endpoint: ModelEndpoint) -> str:
        """Whether there is one, and its last characters."""
        return badge(*shown_key(endpoint))

    @display(description="state")
    def shown_state(self, endpoint: ModelEndpoint) -> str:
        """Whether it is called, or left alone since it fails."""
        return badge(*shown_state(endpoint))

    @display(description="last failure")
    def shown_failure(self, endpoint: ModelEndpoint) -> str:
        """What it said, and when."""
        circuit = getattr(endpoint, "circuit", None)
        return f"{circuit.failed_at:%Y-%m-%d %H:%M:%S} {circuit.message}" if circuit and circuit.failed_at else "–"

    @action(description="Test", permissions=["change"], icon="network_check")
    def test(self, request: HttpRequest, queryset: QuerySet[ModelEndpoint]) -> None:
        """Embed a word with each, or have it reranked, and say what came back."""
        for endpoint in queryset[:_TESTED_AT_ONCE]:
            self._test(request, endpoint)

    def _test(self, request: HttpRequest, endpoint: ModelEndpoint) -> None:
        trial = _TRIALS.get(endpoint.model_type)
        if trial is None:
            messages.warning(request, f"{endpoint}: only models that embed or rerank can be tested.")
            return
        begun = time.monotonic()
        try:
            said = trial(endpoint)
        except RagError as error:
            messages.error(request, f"{endpoint}: {error.message}")
        else:
            elapsed = 1000 * (time.monotonic() - begun)
            circuits.close(endpoint.pk)
            messages.success(request, f"{endpoint}: answered in {elapsed:.0f} ms, {said}.")


def _embedded(endpoint: ModelEndpoint) -> str:
    embedder = remote_embedder(
        base_url=endpoint.base_url,
        model=endpoint.name,
        api_key=endpoint.api_key,
        dimension=endpoint.dimension,
        model_id=endpoint.model_id,
    )
    return f"{embedder.embed(['otter']).shape[1]} dimensions"


def _reranked(endpoint: ModelEndpoint) -> str:
    near, far = remote_reranker(endpoint).scores("Where do otters sleep?", ["Otters sleep in kelp.", "Pay by invoice."])
    return f"{near:.2f} for a passage that fits and {far:.2f} for one that does not"


_TRIALS: Mapping[str, Callable[[ModelEndpoint], str]] = {ModelType.EMBEDDING: _embedded, ModelType.RERANK: _reranked}
