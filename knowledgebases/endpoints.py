"""Setting up a provider's models for a tenant, with one key for all of them."""

from collections import defaultdict

from knowledgebases.embedders import catalogue
from system.errors import DataError, Misconfigured
from system.models import ModelEndpoint, Tenant
from system.secrets import seal

KEY_CHARS = 4096
URL_CHARS = ModelEndpoint._meta.get_field("base_url").max_length or 0


def set_up(tenant: Tenant, provider: str, *, api_key: str, base_url: str = "") -> None:
    """Let `tenant` call every model that the catalogue lists of a provider; again, to replace the key.

    Without `base_url` models are called where they were called before, new ones at the provider's own address. Raises
    DataError on a provider without listed models, and on a key or an address that cannot be used. Whether the provider
    takes the key shows when a model is called first.
    """
    known = catalogue.PROVIDERS.get(provider)
    if known is None:
        raise DataError(f"There is no provider {provider[:64]!r}; there are: {', '.join(_offered())}.")
    if not known.base_url:
        raise DataError(f"{provider} has no list of models to set up with a key; there are: {', '.join(_offered())}.")
    sealed, base_url = seal(_key(api_key.strip())), _url(base_url.strip())
    endpoints = [
        ModelEndpoint(
            tenant=tenant,
            provider=provider,
            name=model.name,
            model_type=model.model_type,
            base_url=base_url or known.base_url,
            sealed_key=sealed,
        )
        for model in known.models
    ]
    ModelEndpoint.objects.bulk_create(
        endpoints,
        update_conflicts=True,
        unique_fields=["tenant", "provider", "name", "model_type"],
        update_fields=["sealed_key", "updated_at", *(["base_url"] if base_url else [])],
    )


def by_provider(tenant: Tenant) -> dict[str, list[ModelEndpoint]]:
    """The models that are set up for `tenant`, by provider and name."""
    found = defaultdict(list)
    for endpoint in ModelEndpoint.objects.filter(tenant=tenant):
        found[endpoint.provider].append(endpoint)
    return found


def _offered() -> list[str]:
    return [name for name, provider in catalogue.PROVIDERS.items() if provider.base_url]


def _key(text: str) -> str:
    if not text:
        raise DataError("`api_key` is empty: enter the key that the provider gave you.")
    if len(text) > KEY_CHARS or not (text.isascii() and text.isprintable()):
        raise DataError(f"`api_key` is no key: at most {KEY_CHARS:,} printable ASCII characters.")
    return text


def _url(text: str) -> str:
    """A checked address, or "": what it resolves to is looked at when it is called."""
    from system.transport import parse  # 15 MB that processes which call no remote model do without

    if not text:
        return ""
    try:
        url = parse(text)
    except Misconfigured as error:
        raise DataError(f"`base_url` will not do. {error.message}") from None
    if url.query or url.fragment:
        raise DataError("`base_url` will not do. It ends with a path such as /v1, without `?` and `#`.")
    if len(str(url)) > URL_CHARS:
        raise DataError(f"`base_url` may have at most {URL_CHARS} characters; this one has {len(str(url))}.")
    return str(url)
