"""Which embedding model a dataset uses, ready to be called."""

from typing import TYPE_CHECKING

from knowledgebases import embedders
from knowledgebases.embedders.base import Embedder
from system.errors import Misconfigured
from system.models import ModelEndpoint, ModelType

if TYPE_CHECKING:
    from knowledgebases.models import Knowledgebase


def embedder_for(kb: "Knowledgebase") -> Embedder:
    """The embedder of `kb`: the bundled model for provider `Builtin`, else the tenant's endpoint for its model.

    Raises Misconfigured where the tenant has no such endpoint, or a local model's files are missing or damaged.
    """
    return embedder_named(kb, kb.embd_id)


def embedder_named(kb: "Knowledgebase", model_id: str) -> Embedder:
    """The embedder that `kb` would have with another model; raises what `embedder_for` does."""
    name, provider = embedders.catalogue.parse(model_id)
    if provider == embedders.catalogue.BUILTIN:
        return embedders.local_embedder(name)
    endpoint = ModelEndpoint.objects.filter(
        tenant_id=kb.tenant_id, provider=provider, name=name, model_type=ModelType.EMBEDDING
    ).first()
    if endpoint is None:
        raise Misconfigured(
            f"Embedding model `{model_id}` is not set up for this tenant. Add it in the console under Models, "
            "or choose another model for the dataset."
        )
    return embedders.remote_embedder(
        base_url=endpoint.base_url,
        model=endpoint.name,
        api_key=endpoint.api_key,
        dimension=endpoint.dimension,
        model_id=endpoint.model_id,
        endpoint=endpoint.pk,
        concurrency=endpoint.concurrency,
    )
