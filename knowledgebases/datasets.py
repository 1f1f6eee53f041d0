"""Making, changing and deleting datasets (contract B.1)."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from knowledgebases import naming, parser_config
from knowledgebases.embedders import catalogue
from knowledgebases.models import Knowledgebase, Method
from knowledgebases.models.knowledgebase import KnowledgebaseQuerySet
from system.errors import ArgumentError, Conflict, DataError, Forbidden
from system.models import ModelEndpoint, ModelType, Tenant, User
from system.transactions import retried

NAME_BYTES = 128


@retried
def create(tenant: Tenant, *, created_by: User, given: Mapping[str, Any]) -> Knowledgebase:
    """A dataset from fields that passed the input rules, with a name that is free in `tenant`.

    Raises DataError on a name with too many bytes, ArgumentError on a model that the tenant cannot use.
    """
    name: str = given["name"]
    if len(name.encode()) > NAME_BYTES:
        raise DataError(f"Dataset name length is {len(name)} which is larger than {NAME_BYTES}")
    # One creation at a time in a tenant, so that two cannot find the same name free. FOR NO KEY UPDATE: rows that
    # refer to the tenant may be written meanwhile.
    tenant = Tenant.objects.select_for_update(no_key=True).get(pk=tenant.pk)
    model_id = given.get("embedding_model") or tenant.embd_id
    check_model(tenant, model_id)
    method = given.get("chunk_method", Method.NAIVE)
    kb = Knowledgebase(
        tenant=tenant,
        created_by=created_by,
        embd_id=model_id,
        parser_id=method,
        parser_config=parser_config.created(method, given.get("parser_config")),
        **{key: given[key] for key in ("avatar", "description", "permission") if key in given},
    )
    return _named(kb, name)


@retried
def update(kb: Knowledgebase, given: Mapping[str, Any]) -> Knowledgebase:
    """Apply the keys that are in `given`; the rest stays.

    Raises Conflict where the name is taken in the tenant, or chunks hold the embedding model fast; ArgumentError on a
    model that the tenant cannot use.
    """
    kb = Knowledgebase.objects.select_for_update(no_key=True).get(pk=kb.pk)
    method = given.get("chunk_method", kb.parser_id)
    new_method = method if method != kb.parser_id else None
    kb.parser_config = parser_config.changed(kb.parser_config, given.get("parser_config"), new_method=new_method)
    kb.parser_id = method
    if "name" in given:
        _rename(kb, given["name"])
    if model_id := given.get("embedding_model"):
        _change_model(kb, model_id)
    for key in ("avatar", "description", "permission", "pagerank"):
        if key in given:
            setattr(kb, key, given[key])
    kb.save()
    return kb


@retried
def delete(user: User, ids: Iterable[str] | None) -> int:
    """Delete those datasets of `user`'s own tenant, None for all; returns how many.

    A dataset is gone for everybody with this one statement; the sweeper takes its documents and files away. Raises
    Forbidden, and deletes nothing, where an id is not the user's.
    """
    rows = Knowledgebase.objects.owned_by(user)
    if ids is not None:
        wanted = list(ids)
        rows = rows.filter(pk__in=wanted)
        found = set(rows.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))
        if missing := [one for one in wanted if one not in found]:
            listed = ", ".join(f"'{one}'" for one in missing)
            raise Forbidden(f"User '{user.pk}' lacks permission for datasets: {listed}")
    return bury(rows)


def bury(rows: KnowledgebaseQuerySet) -> int:
    """Delete `rows`, whoever owns them; returns how many. The caller has asked whether they may be deleted."""
    now = timezone.now()
    return rows.update(deleted_at=now, updated_at=now)


def check_model(tenant: Tenant, model_id: str) -> None:
    """Raise ArgumentError unless `tenant` can embed with this model: a built-in one, or one set up for it."""
    name, provider = catalogue.parse(model_id)
    if provider == catalogue.BUILTIN:
        return
    endpoints = ModelEndpoint.objects.filter(tenant=tenant, model_type=ModelType.EMBEDDING)
    if endpoints.filter(name=name, provider=provider).exists():
        return
    if catalogue.known(model_id):
        raise ArgumentError(f"Unauthorized model: <{model_id}>")
    raise ArgumentError(f"Unsupported model: <{model_id}>")


def _change_model(kb: Knowledgebase, model_id: str) -> None:
    if model_id != kb.embd_id and kb.chunk_num:
        raise Conflict(f"When chunk_num ({kb.chunk_num}) > 0, embedding_model must remain {kb.embd_id}")
    if model_id != kb.embd_id and kb.documents.in_progress().exists():
        raise Conflict(
            f"Documents of this dataset are being parsed with {kb.embd_id}: wait for them, or stop them, before its "
            "embedding_model is changed."
        )
    check_model(kb.tenant, model_id)
    if model_id != kb.embd_id:
        kb.embd_id, kb.space = model_id, None


def _rename(kb: Knowledgebase, name: str) -> None:
    if len(name.encode()) > NAME_BYTES:
        raise DataError(f"Dataset name length is {len(name)} which is larger than {NAME_BYTES}")
    Tenant.objects.select_for_update(no_key=True).get(pk=kb.tenant_id)
    if _of(kb.tenant).named(name).exclude(pk=kb.pk).exists():
        raise Conflict(f"Dataset name '{name}' already exists")
    kb.name = name


def _named(kb: Knowledgebase, name: str) -> Knowledgebase:
    """Save a new dataset under the first free name; the unique constraint has the last word on which is free."""
    for candidate in naming.candidates(name, taken=naming.among(_of(kb.tenant)), limit=NAME_BYTES):
        kb.name = candidate
        try:
            with transaction.atomic():
                kb.save(force_insert=True)
        except IntegrityError as error:
            if "knowledgebase_name" not in str(error):
                raise
        else:
            return kb
    raise Conflict(f"No free name is left for `{name}`; choose another.")


def _of(tenant: Tenant) -> KnowledgebaseQuerySet:
    return Knowledgebase.objects.live().filter(tenant=tenant)
