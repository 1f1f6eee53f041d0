"""Models that judge how well a passage answers a question, behind the endpoints that tenants set up."""

from knowledgebases import embedders
from knowledgebases.embedders.endpoint import Endpoint
from knowledgebases.rerankers.base import Reranker
from knowledgebases.rerankers.http import REPLY_BYTES, SECONDS, HttpReranker, Style
from system.models import ModelEndpoint, ModelType

__all__ = ["Reranker", "find", "remote_reranker"]


def find(tenant_id: str, model_id: str) -> Reranker | None:
    """The rerank model that a tenant calls `name@provider`, or `name` where only one provider is set up for it."""
    name, provider = embedders.catalogue.parse(model_id)
    rows = ModelEndpoint.objects.filter(tenant_id=tenant_id, model_type=ModelType.RERANK, name=name)
    found = [row for row in rows if provider in ("", row.provider)]
    return remote_reranker(found[0], gated=True) if len(found) == 1 else None


def remote_reranker(endpoint: ModelEndpoint, *, gated: bool = False) -> Reranker:
    """The model behind an endpoint; `gated`: it is left alone while it fails."""
    return HttpReranker(
        Endpoint(
            base_url=endpoint.base_url,
            model=endpoint.name,
            api_key=endpoint.api_key,
            model_id=endpoint.model_id,
            transport=embedders.transport(),
            timeout=SECONDS,
            max_bytes=REPLY_BYTES,
            gate=embedders.gate_before(endpoint.pk, endpoint.model_id, endpoint.concurrency) if gated else None,
        ),
        style=Style.TEI if endpoint.provider == embedders.catalogue.TEI else Style.COMMON,
    )
