"""API tokens: issued with their value shown once, rotated, revoked."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.cache import never_cache
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RadioFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from system import reach
from system.admin.token_form import OverlapForm, TokenActionForm, TokenForm, end_of_day
from system.console.dialogs import asking, onward
from system.console.display import Tone, ago, badge
from system.console.pages import ConsoleAdmin
from system.models import APIToken
from system.secrets import seal, unseal

USUAL_LIFE = timedelta(days=90)
SOON = timedelta(days=7)
UNUSED = timedelta(days=30)
_SHOWN = "token-to-show"  # session key of (token id, sealed value)
_TONES = {"active": Tone.GOOD, "expires soon": Tone.WARN, "owner disabled": Tone.BAD}


class StateFilter(RadioFilter):  # type: ignore[misc]
    """Tokens by what has become of them."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The states."""
        return [
            ("active", "Active"),
            ("soon", f"Expires within {SOON.days} days"),
            ("unused", f"Active, but not used for {UNUSED.days} days"),
            ("expired", "Expired"),
            ("revoked", "Revoked"),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """The tokens in the state."""
        now = timezone.now()
        active = queryset.active()
        return {
            "active": active,
            "soon": active.filter(expires_at__lte=now + SOON),
            "unused": active.filter(created_at__lt=now - UNUSED).exclude(last_used_at__gte=now - UNUSED),
            "expired": queryset.filter(revoked_at=None, expires_at__lte=now),
            "revoked": queryset.exclude(revoked_at=None),
        }.get(self.value() or "", queryset)


@admin.register(APIToken)
class TokenAdmin(ConsoleAdmin):
    """Tokens. A value leaves the server once, to the one who issued or rotated it."""

    form = TokenForm
    list_display = ["shown_name", "hint", "tenant", "shown_scopes", "shown_state", "shown_use", "shown_end"]
    list_select_related = ["tenant__owner"]
    list_filter = [StateFilter, ("tenant", AutocompleteSelectFilter)]
    search_fields = ["name", "hint", "tenant__name", "id"]
    autocomplete_fields = ["tenant"]
    add_fieldsets = [(None, {"fields": ["name", "tenant", "scopes", "expires_at", "limited", "chosen"]})]
    fieldsets = [
        (None, {"fields": ["name", "scopes", "expires_at", "limited", "chosen"]}),
        ("Facts", {"fields": ["hint", "tenant", "shown_datasets", "shown_state", "created_by", "created_at"]}),
        ("Use", {"fields": ["last_used_at", "last_ip", "revoked_at", "previous_until"]}),
    ]
    readonly_fields = [
        *("hint", "shown_state", "created_by", "created_at", "last_used_at", "last_ip", "revoked_at"),
        *("previous_until", "shown_datasets"),
    ]
    action_form = TokenActionForm
    actions = ["end_now", "end_on", "revoke"]
    actions_detail = ["rotate_this", "revoke_this"]
    first_step = "Programs reach the API with a token: add one. Its value is shown once, right after."

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Issue; there is one way on, to the page that shows the value."""
        one_way = {"show_save_and_add_another": False, "show_save_and_continue": False}
        response: HttpResponse = super().add_view(request, form_url, {**one_way, **(extra_context or {})})
        return response

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """A token stays with its tenant."""
        return [*self.readonly_fields, "tenant"] if obj else list(self.readonly_fields)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """One's own tenant, and the usual life."""
        own = getattr(request.user, "tenant", None)
        life = {"expires_at": timezone.now().replace(microsecond=0) + USUAL_LIFE}
        return {**life, **({"tenant": own.pk} if own else {}), **super().get_changeform_initial_data(request)}

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody's: a revoked token stays, for the record."""
        return False

    def save_model(self, request: HttpRequest, obj: APIToken, form: Any, change: bool) -> None:
        """Issue a new token; save what may change of a known one."""
        if change:
            obj.limit(form.datasets())
            obj.save(update_fields=["name", "scopes", "expires_at", "datasets"])
            return
        user: Any = request.user
        token, value = APIToken.issue(
            obj.tenant,
            created_by=user,
            name=obj.name,
            scopes=obj.scopes,
            datasets=form.datasets(),
            expires_at=obj.expires_at,
        )
        obj.pk, obj.hint, obj._state.adding = token.pk, token.hint, False
        self._keep_to_show(request, token, value)

    def response_add(self, request: HttpRequest, obj: APIToken, post_url_continue: str | None = None) -> HttpResponse:
        """On to the page that shows the value."""
        return HttpResponseRedirect(self._value_url(obj.pk))

    def get_urls(self) -> list[URLPattern]:
        """The pages, and the one that shows a value."""
        view = self.admin_site.admin_view(self.value_view)
        return [path("<str:object_id>/value/", view, name="system_apitoken_value"), *super().get_urls()]

    def value_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The value that was just drawn; the second look finds none."""
        return never_cache(self._value_page)(request, object_id)

    def _value_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        token = self.get_object(request, object_id)
        if token is None:
            raise Http404
        kept, sealed = request.session.pop(_SHOWN, ("", ""))
        context = {
            **self.admin_site.each_context(request),
            "title": "API token",
            "subtitle": str(token),
            "opts": self.opts,
            "token": token,
            "value": unseal(sealed) if kept == token.pk else "",
            "origin": request.build_absolute_uri("/").rstrip("/"),
            "back": reverse("admin:system_apitoken_changelist"),
        }
        return TemplateResponse(request, "console/token_value.html", context)

    def _keep_to_show(self, request: HttpRequest, token: APIToken, value: str) -> None:
        request.session[_SHOWN] = (token.pk, seal(value))  # sealed: sessions are rows in the database

    def _value_url(self, pk: str) -> str:
        return reverse("admin:system_apitoken_value", args=[pk])

    @display(description="name", ordering="name")
    def shown_name(self, token: APIToken) -> str:
        """Its name, or that it has none."""
        return token.name or "(no name)"

    @display(description="scopes")
    def shown_scopes(self, token: APIToken) -> str:
        """What it may do, and whether everywhere."""
        scopes = ", ".join(token.scopes)
        if token.datasets is None:
            return scopes
        number = len(token.datasets)
        return f"{scopes} · {number} dataset{'' if number == 1 else 's'}"

    @display(description="datasets")
    def shown_datasets(self, token: APIToken) -> str:
        """The names of the datasets that it is limited to."""
        if token.datasets is None:
            return "every one in the tenant's reach"
        names = reach.datasets_of(token.tenant)
        return ", ".join(names.get(one, f"{one} (deleted, or out of reach)") for one in token.datasets)

    @display(description="state")
    def shown_state(self, token: APIToken) -> str:
        """What has become of it."""
        state = token.state
        if state == "active" and not token.tenant.owner.is_active:
            state = "owner disabled"
        elif state == "active" and token.expires_at and token.expires_at <= timezone.now() + SOON:
            state = "expires soon"
        return badge(state, _TONES.get(state, Tone.PLAIN))

    @display(description="last used", ordering="last_used_at")
    def shown_use(self, token: APIToken) -> str:
        """When it was used last, and from where."""
        shown = ago(token.last_used_at)
        return format_html("{} from {}", shown, token.last_ip) if token.last_ip else shown

    @display(description="expires", ordering="expires_at")
    def shown_end(self, token: APIToken) -> str:
        """When it ends."""
        return ago(token.expires_at)

    @action(description="Revoke", permissions=["change"], icon="block", variant=ActionVariant.DANGER)
    def revoke(self, request: HttpRequest, queryset: QuerySet[APIToken]) -> None:
        """Shut the door at once, for good."""
        tokens = list(queryset.filter(revoked_at=None))
        for token in tokens:
            token.revoke()
        self.note(request, tokens, "Revoked.")
        self.tell(request, len(tokens), "{} revoked.", "Nothing to revoke: they are revoked already.")

    @action(description="Expire now", permissions=["change"], icon="event_busy")
    def end_now(self, request: HttpRequest, queryset: QuerySet[APIToken]) -> None:
        """Let them expire at this moment; a later end can be set again."""
        self._end(request, queryset, timezone.now())

    @action(description="Expire after", permissions=["change"], icon="event")
    def end_on(self, request: HttpRequest, queryset: QuerySet[APIToken]) -> None:
        """Let them expire when the day is over that is chosen beside the action."""
        try:
            self._end(request, queryset, end_of_day(request.POST.get("day", "")))
        except ValidationError as refused:
            messages.error(request, " ".join(refused.messages))

    def _end(self, request: HttpRequest, queryset: QuerySet[APIToken], moment: datetime) -> None:
        tokens = list(queryset.filter(revoked_at=None))
        for token in tokens:
            token.expires_at = moment
            token.save(update_fields=["expires_at"])
        self.note(request, tokens, f"Expires at {moment:%Y-%m-%d %H:%M} UTC.")
        self.tell(request, len(tokens), "{} got a new end.", "Nothing to do: revoked tokens have ended.")

    @action(
        description="Revoke",
        permissions=["change"],
        icon="block",
        variant=ActionVariant.DANGER,
        dialog=asking(
            "Revoke this token?",
            "Programs that use it are refused from their next request on. It cannot be undone.",
            submit="Revoke",
        ),
    )
    def revoke_this(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        """The same from the token's own page."""
        self.revoke(request, APIToken.objects.filter(pk=object_id))
        return self.again(object_id)

    @action(
        description="Rotate",
        permissions=["change"],
        icon="autorenew",
        dialog=asking(
            "Draw a new value?",
            "The new value is shown once. The old one works a while, for programs to be changed over.",
            submit="Rotate",
            form=OverlapForm,
        ),
    )
    def rotate_this(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        """A new value, shown once; dead tokens stay dead."""
        token = APIToken.objects.filter(pk=object_id).first()
        if token is None or token.state != "active":
            messages.error(request, "Only an active token can be rotated: issue a new one.")
            return self.again(object_id)
        self._keep_to_show(request, token, token.rotate(overlap=form.overlap))
        self.note(request, [token], "Rotated.")
        return onward(self._value_url(token.pk))
