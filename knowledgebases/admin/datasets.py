"""Datasets in the console."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesRadioFilter
from unfold.decorators import action, display

from knowledgebases import datasets
from knowledgebases.admin.dataset_form import DatasetForm
from knowledgebases.models import Knowledgebase, Permission
from knowledgebases.models.knowledgebase import KnowledgebaseQuerySet
from system.console.display import Tone, badge, link
from system.console.pages import ConsoleAdmin


@admin.register(Knowledgebase)
class DatasetAdmin(ConsoleAdmin):
    """Datasets of all tenants; counters follow the rows and are only shown."""

    form = DatasetForm
    list_display = [
        *("name", "tenant", "shown_permission", "shown_documents", "chunk_num", "token_num", "embd_id"),
        "updated_at",
    ]
    list_select_related = ["tenant"]
    list_filter = [("tenant", AutocompleteSelectFilter), ("permission", ChoicesRadioFilter)]
    search_fields = ["name", "id"]
    autocomplete_fields = ["tenant"]
    readonly_fields = [
        *("id", "created_by", "doc_num", "chunk_num", "token_num", "similarity_threshold"),
        *("vector_similarity_weight", "created_at", "updated_at"),
    ]
    fieldsets = [
        (None, {"fields": ["name", "tenant", "description", "permission"]}),
        ("Chunks", {"fields": ["parser_id", "chunk_token_num", "delimiter", "embd_id"]}),
        ("Search", {"fields": ["pagerank", "similarity_threshold", "vector_similarity_weight"]}),
        (
            "Facts",
            {"fields": [("doc_num", "chunk_num", "token_num"), ("id", "created_by"), ("created_at", "updated_at")]},
        ),
    ]
    add_fieldsets = [
        (None, {"fields": ["tenant", "name", "description", "permission"]}),
        ("Chunks", {"fields": ["parser_id", "chunk_token_num", "delimiter", "embd_id"]}),
    ]
    actions_detail = ["upload", "documents"]
    first_step = "A dataset holds documents that are searched together. Add one, then upload files into it."

    def get_queryset(self, request: HttpRequest) -> KnowledgebaseQuerySet:
        """Those that are not deleted."""
        rows: KnowledgebaseQuerySet = super().get_queryset(request)
        return rows.live()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """A dataset stays with its tenant."""
        return [*self.readonly_fields, "tenant"] if obj else list(self.readonly_fields)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """One's own tenant."""
        own = getattr(request.user, "tenant", None)
        return {**({"tenant": own.pk} if own else {}), **super().get_changeform_initial_data(request)}

    def save_model(self, request: HttpRequest, obj: Knowledgebase, form: DatasetForm, change: bool) -> None:
        """Create for the tenant's owner, or change what was changed."""
        if change:
            if given := form.given():
                datasets.update(obj, given)
            return
        kb = datasets.create(obj.tenant, created_by=obj.tenant.owner, given=form.given())
        obj.pk, obj.name, obj._state.adding = kb.pk, kb.name, False

    def delete_model(self, request: HttpRequest, obj: Knowledgebase) -> None:
        """Gone for everybody at once; the sweeper clears up."""
        datasets.bury(Knowledgebase.objects.live().filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Knowledgebase]) -> None:
        """The same for many."""
        datasets.bury(Knowledgebase.objects.live().filter(pk__in=list(queryset.values_list("pk", flat=True))))

    @display(description="permission", ordering="permission")
    def shown_permission(self, kb: Knowledgebase) -> str:
        """Who of the tenant sees it."""
        return badge(kb.permission, Tone.BUSY if kb.permission == Permission.TEAM else Tone.PLAIN)

    @display(description="documents", ordering="doc_num")
    def shown_documents(self, kb: Knowledgebase) -> str:
        """How many, and the way to them."""
        return link(f"{reverse('admin:documents_document_changelist')}?kb__id__exact={kb.pk}", f"{kb.doc_num:,}")

    @action(description="Upload files", icon="upload", permissions=["view"])
    def upload(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """On to the page that takes files in."""
        return HttpResponseRedirect(f"{reverse('admin:documents_document_add')}?kb={object_id}")

    @action(description="Documents", icon="description", permissions=["view"])
    def documents(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """On to the list of its documents."""
        return HttpResponseRedirect(f"{reverse('admin:documents_document_changelist')}?kb__id__exact={object_id}")
