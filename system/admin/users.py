"""Users: made with a tenant of their own, disabled rather than deleted."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as AuthUserAdmin
from django.contrib.auth.password_validation import password_validators_help_text_html
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import BooleanRadioFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.forms import AdminPasswordChangeForm, UserChangeForm
from unfold.widgets import UnfoldAdminPasswordWidget

from system import accounts
from system.console.display import Tone, ago, badge
from system.console.pages import ConsoleAdmin, DeedForm
from system.models import User

_POWER = ("is_staff", "is_superuser", "groups", "user_permissions")


class AddUserForm(DeedForm):
    """A new account."""

    password = forms.CharField(
        strip=False,
        widget=UnfoldAdminPasswordWidget({"autocomplete": "new-password"}),
        help_text=password_validators_help_text_html,
    )

    class Meta:
        model = User
        fields = ["email", "nickname", "is_staff", "is_superuser"]


class ChangeUserForm(DeedForm, UserChangeForm):  # type: ignore[misc]
    """An account; its password is changed on a page of its own."""

    class Meta:
        model = User
        fields = "__all__"


@admin.register(User)
class UserAdmin(AuthUserAdmin, ConsoleAdmin):  # type: ignore[misc,type-arg]
    """People. What makes somebody powerful is given by superusers only."""

    form = ChangeUserForm
    add_form = AddUserForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["email", "nickname", "shown_state", "shown_role", "shown_login", "created_at"]
    list_filter = [("is_active", BooleanRadioFilter), ("is_staff", BooleanRadioFilter)]
    list_filter_submit = True
    search_fields = ["email", "nickname", "id"]
    ordering = ["email"]
    filter_horizontal = ["groups", "user_permissions"]
    readonly_fields = ["id", "last_login", "created_at", "login_channel"]
    fieldsets = [
        (None, {"fields": ["email", "nickname", "password", "language", "timezone"]}),
        ("Access", {"fields": ["is_active", *_POWER]}),
        ("Facts", {"fields": ["id", "created_at", "last_login", "login_channel"]}),
    ]
    add_fieldsets = [
        (
            None,
            {
                "fields": ["email", "nickname", "password", "is_staff", "is_superuser"],
                "description": "Every user gets a tenant of their own, which owns the datasets and tokens they make.",
            },
        )
    ]
    actions = ["disable", "enable"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Fields to look at; those that give power, too, unless the reader has it all."""
        fields = list(super().get_readonly_fields(request, obj))
        return fields if request.user.is_superuser else [*fields, *_POWER]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Superusers are changed by superusers only: else a password change would be a way up."""
        if isinstance(obj, User) and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody's: with the user would go the tenant and all its datasets. Disabling shuts every door."""
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Register a new user; save a known one."""
        if change:
            if not obj.is_active:
                obj.end_session()
            super().save_model(request, obj, form, change)
            return
        given = form.cleaned_data
        user = accounts.register(
            email=given["email"],
            password=given["password"],
            nickname=given["nickname"],
            staff=given.get("is_staff", False),
            superuser=given.get("is_superuser", False),
        )
        obj.pk, obj._state.adding = user.pk, False

    @display(description="state", ordering="is_active")
    def shown_state(self, user: User) -> str:
        """Whether the account opens any door."""
        return badge("active", Tone.GOOD) if user.is_active else badge("disabled", Tone.BAD)

    @display(description="console")
    def shown_role(self, user: User) -> str:
        """What they may do here."""
        if user.is_superuser:
            return badge("superuser", Tone.BUSY)
        return badge("staff", Tone.BUSY) if user.is_staff else badge("API only", Tone.PLAIN)

    @display(description="last login", ordering="last_login")
    def shown_login(self, user: User) -> str:
        """When they came last."""
        return ago(user.last_login)

    @action(description="Disable", permissions=["change"], icon="block", variant=ActionVariant.DANGER)
    def disable(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Shut out: sessions, tokens and logins end with the next request."""
        self._switch(request, queryset.exclude(pk=request.user.pk), active=False)

    @action(description="Enable", permissions=["change"], icon="check")
    def enable(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Let in again."""
        self._switch(request, queryset, active=True)

    def _switch(self, request: HttpRequest, queryset: QuerySet[User], *, active: bool) -> None:
        users = [user for user in queryset if user.is_active != active and self.has_change_permission(request, user)]
        for user in users:
            user.is_active = active
            user.end_session()
            user.save(update_fields=["is_active", "access_token"])
        word = "enabled" if active else "disabled"
        self.note(request, users, f"{word.capitalize()}.")
        self.tell(
            request,
            len(users),
            f"{{}} {word}.",
            f"Nobody to be {word}: they are already, or you may not change them (nobody disables themselves).",
        )
