"""The models that a tenant has set up (contract C.11)."""

from http import HTTPStatus
from typing import TypedDict

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from knowledgebases import endpoints
from system import accounts
from system.errors import DataError
from system.models import ModelEndpoint
from system.rest.bodies import require, web_object
from system.rest.envelope import Answer
from system.rest.viewsets import WebViewSet


class Model(TypedDict):
    """A model that may be called."""

    type: str
    name: str
    used_token: int
    status: str


class Factory(TypedDict):
    """A provider's models; `tags` names what they are for."""

    tags: str
    llm: list[Model]


class KeySerializer(serializers.Serializer[None]):
    """A provider, its key, and its address where that is not the usual one."""

    llm_factory = serializers.CharField(help_text="Such as `ZHIPU-AI`.")
    api_key = serializers.CharField(max_length=endpoints.KEY_CHARS, write_only=True)
    base_url = serializers.CharField(max_length=endpoints.URL_CHARS, required=False, allow_null=True, allow_blank=True)


class ModelViewSet(WebViewSet):
    """Show the models of the caller's own tenant, and set them up."""

    fails_with = {"mine": [HTTPStatus.NOT_FOUND], "set_key": [HTTPStatus.NOT_FOUND]}

    @extend_schema(responses=dict[str, Factory])
    def mine(self, request: Request) -> Answer:
        """The models by provider; the built-in one needs no setting up, so it is not among them."""
        found = endpoints.by_provider(accounts.own_tenant(self.user))
        return Answer({provider: _factory(models) for provider, models in found.items()})

    @extend_schema(request=KeySerializer, responses=bool)
    def set_key(self, request: Request) -> Answer:
        """Set up every model that is known of a provider; again, to replace the key, which is never shown."""
        body = web_object(request)
        require(body, "llm_factory", "api_key")
        given = {key: body.get(key) or "" for key in ("llm_factory", "api_key", "base_url")}
        if wrong := [key for key, value in given.items() if not isinstance(value, str)]:
            raise DataError(f"`{wrong[0]}` should be a string")
        endpoints.set_up(
            accounts.own_tenant(self.user),
            given["llm_factory"],
            api_key=given["api_key"],
            base_url=given["base_url"],
        )
        return Answer(True)


def _factory(models: list[ModelEndpoint]) -> Factory:
    return {
        "tags": ",".join(sorted({model.model_type for model in models})),
        # Tokens that remote models take are their provider's to count.
        "llm": [{"type": model.model_type, "name": model.name, "used_token": 0, "status": "1"} for model in models],
    }
