"""Tenants and who has joined them."""

from dataclasses import fields
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import BigIntegerField, Count, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from unfold.admin import TabularInline
from unfold.decorators import display
from unfold.forms import PaginationInlineFormSet
from unfold.widgets import UnfoldAdminSelectWidget

from system.console.pages import ConsoleAdmin, DeedForm
from system.models import DEFAULT_EMBEDDING_MODEL, Membership, ModelEndpoint, ModelType, Quotas, Role, Tenant

QUOTAS = [f"quota_{field.name}" for field in fields(Quotas)]


class TenantForm(DeedForm):
    """A tenant's name, its quotas, and the embedding model of its new datasets: bundled, or set up for the tenant."""

    class Meta:
        model = Tenant
        fields = ["name", "embd_id", *QUOTAS]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "embd_id" in self.fields:
            endpoints = ModelEndpoint.objects.filter(tenant=self.instance, model_type=ModelType.EMBEDDING)
            choices = dict.fromkeys(
                [DEFAULT_EMBEDDING_MODEL, *(endpoint.model_id for endpoint in endpoints), self.instance.embd_id]
            )
            self.fields["embd_id"] = forms.ChoiceField(
                label="Embedding model",
                choices=[(name, name) for name in choices if name],
                widget=UnfoldAdminSelectWidget,
                help_text="Of new datasets. More models are set up under Models.",
            )


class MemberForm(forms.ModelForm):  # type: ignore[type-arg]
    """A member. Who it is can be chosen once; the row of a member who is in names them without a look-up of its own."""

    class Meta:
        model = Membership
        fields = ["user", "role"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "user" in self.fields and not self.instance._state.adding:
            user = self.instance.user
            self.fields["user"].widget = UnfoldAdminSelectWidget(choices=[(user.pk, user.email)])
            self.fields["user"].disabled = True


class MemberFormSet(PaginationInlineFormSet):  # type: ignore[misc]
    """Members of a tenant; the owner stays the owner, and the only one."""

    def clean(self) -> None:
        """Raise ValidationError where the owner would go, be degraded, or be joined by another."""
        super().clean()
        for form in self.forms:
            given = form.cleaned_data
            if not given.get("user"):
                continue
            owns = given["user"].pk == self.instance.owner_id
            if owns and (given.get("DELETE") or given.get("role") != Role.OWNER):
                raise ValidationError("The owner of a tenant stays its owner.")
            if not owns and given.get("role") == Role.OWNER:
                raise ValidationError(f"{given['user']} cannot be an owner too: every tenant has one owner.")


class MemberInline(TabularInline):  # type: ignore[misc]
    """Who is in, and in what role."""

    model = Membership
    form = MemberForm
    formset = MemberFormSet
    fk_name = "tenant"
    fields = ["user", "role", "created_at"]
    readonly_fields = ["created_at"]
    autocomplete_fields = ["user"]
    extra = 0
    hide_title = True
    per_page = 50
    verbose_name = "member"
    verbose_name_plural = "members"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        """The members with their users."""
        rows: QuerySet[Membership] = super().get_queryset(request).select_related("user")
        return rows


_COUNTERS = {
    "documents": "doc_num",
    "bytes": "byte_num",
    "queued_documents": "queued_num",
    "queued_bytes": "queued_bytes",
}


def _sum_of(counter: str) -> Coalesce:
    """A counter of a tenant's living datasets, summed."""
    datasets = Tenant.objects.filter(pk=OuterRef("pk"), knowledgebases__deleted_at=None).order_by()
    summed = datasets.values("pk").annotate(all=Sum(f"knowledgebases__{counter}")).values("all")
    return Coalesce(Subquery(summed), 0, output_field=BigIntegerField())


def _of(used: int, quota: int) -> str:
    return f"{used:,} of {quota:,} ({100 * used / quota:.0f} %)" if quota else f"{used:,}, any number"


@admin.register(Tenant)
class TenantAdmin(ConsoleAdmin):
    """Tenants come with their owner's account and stay as long as it."""

    form = TenantForm
    list_display = ["name", "owner", "shown_members", "shown_datasets", "embd_id", "created_at"]
    list_select_related = ["owner"]
    search_fields = ["name", "owner__email", "id"]
    fieldsets = [
        (None, {"fields": ["name", "owner", "embd_id", "id", "created_at"]}),
        (
            "Quotas",
            {
                "fields": [
                    ("quota_documents", "shown_documents"),
                    ("quota_bytes", "shown_bytes"),
                    ("quota_queued_documents", "shown_queued_documents"),
                    ("quota_queued_bytes", "shown_queued_bytes"),
                ]
            },
        ),
    ]
    readonly_fields = [
        *("id", "owner", "created_at"),
        *("shown_documents", "shown_bytes", "shown_queued_documents", "shown_queued_bytes"),
    ]
    inlines = [MemberInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tenant]:
        """Tenants with the numbers of their members and datasets."""
        rows: QuerySet[Tenant] = super().get_queryset(request)
        joined = ~Q(memberships__role=Role.INVITE)
        return rows.annotate(
            member_count=Count("memberships", filter=joined, distinct=True),
            dataset_count=Count("knowledgebases", filter=Q(knowledgebases__deleted_at=None), distinct=True),
            **{f"used_{name}": _sum_of(counter) for name, counter in _COUNTERS.items()},
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody's: a tenant is made with its owner."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody's: see users."""
        return False

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Save the members; who added one is who invited them."""
        members = formset.save(commit=False)
        for member in members:
            if member._state.adding:
                member.invited_by = request.user
            member.save()
        for gone in formset.deleted_objects:
            gone.delete()
        formset.save_m2m()

    @display(description="members", ordering="member_count")
    def shown_members(self, tenant: Any) -> int:
        """How many have joined."""
        return int(tenant.member_count)

    @display(description="documents now")
    def shown_documents(self, tenant: Any) -> str:
        """Stored documents, of how many."""
        return _of(tenant.used_documents, tenant.quotas.documents)

    @display(description="bytes now")
    def shown_bytes(self, tenant: Any) -> str:
        """Stored bytes, of how many."""
        return _of(tenant.used_bytes, tenant.quotas.bytes)

    @display(description="queued documents now")
    def shown_queued_documents(self, tenant: Any) -> str:
        """Documents being processed, of how many."""
        return _of(tenant.used_queued_documents, tenant.quotas.queued_documents)

    @display(description="queued bytes now")
    def shown_queued_bytes(self, tenant: Any) -> str:
        """Their bytes, of how many."""
        return _of(tenant.used_queued_bytes, tenant.quotas.queued_bytes)

    @display(description="datasets", ordering="dataset_count")
    def shown_datasets(self, tenant: Any) -> int:
        """How many live."""
        return int(tenant.dataset_count)
