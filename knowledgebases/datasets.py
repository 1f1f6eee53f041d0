"""Making, changing and deleting datasets (contract B.1, C.4)."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from knowledgebases import embedders, naming, parser_config
from knowledgebases.embedders import catalogue
from knowledgebases.lexical import tokenizer
from knowledgebases.models import Knowledgebase, Method
from knowledgebases.models.knowledgebase import KnowledgebaseQuerySet
from system.errors import ArgumentError, Conflict, DataError, Forbidden, NotFound
from system.models import ModelEndpoint, ModelType, Tenant, User
from system.models.tenant import DEFAULT_EMBEDDING_MODEL
from system.transactions import retried

NAME_BYTES = 128
_PLAIN = ("avatar", "description", "permission")  # fields that nothing else depends on
_SEARCH = ("pagerank", "similarity_threshold", "vector_similarity_weight")


class NameTaken(Conflict):
    """Another dataset of the tenant has the name, whatever its case."""


@retried
def create(tenant: Tenant, *, created_by: User, given: Mapping[str, Any], any_model: bool = False) -> Knowledgebase:
    """A dataset from fields that passed the input rules, with a name that is free in `tenant`.

    Raises DataError on a name with too many bytes, TooLarge on a config that is too long, and ArgumentError on a model
    that the tenant cannot use; with `any_model` that shows when something is embedded. Raises Forbidden where the
    creator speaks through a token that is limited to certain datasets.
    """
    if created_by.only_datasets is not None:
        raise Forbidden("This API token is limited to certain datasets: it cannot create another.")
    name: str = given["name"]
    if len(name.encode()) > NAME_BYTES:
        raise DataError(f"Dataset name length is {len(name)} which is larger than {NAME_BYTES}")
    # One creation at a time in a tenant, so that two cannot find the same name free. FOR NO KEY UPDATE: rows that
    # refer to the tenant may be written meanwhile.
    tenant = Tenant.objects.select_for_update(no_key=True).get(pk=tenant.pk)
    model_id = given.get("embedding_model") or _default_model(tenant, given.get("language"))
    if not any_model:
        check_model(tenant, model_id)
    method = given.get("chunk_method", Method.NAIVE)
    kb = Knowledgebase(
        tenant=tenant,
        created_by=created_by,
        embd_id=model_id,
        parser_id=method,
        parser_config=parser_config.created(method, given.get("parser_config")),
        **{key: given[key] for key in (*_PLAIN, "language") if key in given},
    )
    return _named(kb, name)


@retried
def update(
    kb: Knowledgebase,
    given: Mapping[str, Any],
    *,
    configure: parser_config.Change = parser_config.changed,
    any_model: bool = False,
) -> Knowledgebase:
    """Apply the keys that are in `given` to a dataset as it is now; the rest stays.

    `configure` is how its `parser_config` changes the stored one; two callers at once lose nothing of either's. Raises
    NameTaken where the name is, Conflict where chunks hold embedding model or language fast, TooLarge on a config that
    is too long, ArgumentError on a model that the tenant cannot use (unless `any_model`), NotFound where the dataset
    has gone.
    """
    current = Knowledgebase.objects.live().select_for_update(no_key=True).filter(pk=kb.pk).first()
    if current is None:
        raise NotFound(f"There is no dataset {kb.pk}.")
    _configure(current, given, configure)
    if "name" in given:
        _rename(current, given["name"])
    if model_id := given.get("embedding_model"):
        _change_model(current, model_id, any_model=any_model)
    if "language" in given:
        _change_language(current, given["language"])
    for key in (*_PLAIN, *_SEARCH):
        if key in given:
            setattr(current, key, given[key])
    current.save()
    return current


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


def _configure(kb: Knowledgebase, given: Mapping[str, Any], change: parser_config.Change) -> None:
    before, after = kb.parser_id, given.get("chunk_method", kb.parser_id)
    config = change(kb.parser_config, given.get("parser_config"), new_method=after if after != before else None)
    config = parser_config.with_field_map(config, kb.parser_config, before=before, after=after)
    kb.parser_id, kb.parser_config = after, parser_config.sized(config)


def _change_model(kb: Knowledgebase, model_id: str, *, any_model: bool) -> None:
    if model_id != kb.embd_id:
        _refuse_while_indexed(kb, "embedding_model", kb.embd_id)
    if not any_model:
        check_model(kb.tenant, model_id)
    if model_id != kb.embd_id:
        kb.embd_id, kb.space = model_id, None


def _default_model(tenant: Tenant, language: str | None) -> str:
    """The tenant's model; where nobody chose one, the local model for the dataset's language."""
    if language and tenant.embd_id == DEFAULT_EMBEDDING_MODEL:
        return embedders.default_for(language)
    return tenant.embd_id


def _change_language(kb: Knowledgebase, language: str) -> None:
    if tokenizer.stemming(language) != tokenizer.stemming(kb.language):
        _refuse_while_indexed(kb, "language", kb.language)
    kb.language = language


def _refuse_while_indexed(kb: Knowledgebase, field: str, value: str) -> None:
    """Raise Conflict where chunks are, or are about to be, indexed by the value that a field has now."""
    if kb.chunk_num:
        raise Conflict(f"When chunk_num ({kb.chunk_num}) > 0, {field} must remain {value}")
    if kb.reindexes.open().exists():
        raise Conflict(f"This dataset is being reindexed: roll that back before its {field} is changed.")
    if kb.documents.in_progress().exists():
        raise Conflict(
            f"Documents of this dataset are being parsed with {value}: wait for them, or stop them, before its "
            f"{field} is changed."
        )


def _rename(kb: Knowledgebase, name: str) -> None:
    if len(name.encode()) > NAME_BYTES:
        raise DataError(f"Dataset name length is {len(name)} which is larger than {NAME_BYTES}")
    Tenant.objects.select_for_update(no_key=True).get(pk=kb.tenant_id)
    if _of(kb.tenant).named(name).exclude(pk=kb.pk).exists():
        raise NameTaken(f"Dataset name '{name}' already exists")
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
