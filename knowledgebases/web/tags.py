"""The tags of chunks, dataset by dataset (contract C.4)."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from knowledgebases import tags
from knowledgebases.models import Knowledgebase
from knowledgebases.web.dataset_input import accepted
from system.errors import ArgumentError, RagError
from system.rest.bodies import require, web_object
from system.rest.envelope import Answer
from system.rest.refusing import Text, Texts, few, no_authorization, parted
from system.rest.viewsets import WebViewSet

TAG_CHARS = 255
_COUNTS = OpenApiResponse(
    {"type": "array", "items": {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]}},
    "Each tag with the number of its chunks, the most frequent first.",
)


def _tags(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(tag, str) for tag in value):
        raise ArgumentError("`tags` should be a list of texts.")
    return few(value)


def _tag(value: Any) -> str:
    if not isinstance(value, str):
        raise ArgumentError("`from_tag` should be a text.")
    return value


def _new_tag(value: Any) -> str:
    tag = value.strip() if isinstance(value, str) else ""
    if not 0 < len(tag) <= TAG_CHARS:
        raise ArgumentError(f"`to_tag` should be a text of 1 to {TAG_CHARS} characters, not {str(value)[:64]!r}.")
    return tag


class TagsInput(serializers.Serializer[None]):
    """Tags to take away."""

    tags = Texts(_tags)


class RenamingInput(serializers.Serializer[None]):
    """A tag, and what it is called from now on."""

    from_tag = Text(_tag)
    to_tag = Text(_new_tag, help_text=f"1 to {TAG_CHARS} characters.")


class TagViewSet(WebViewSet):
    """Count tags, take them away, rename them."""

    queryset = Knowledgebase.objects.all()
    scopes = {"remove": "editable_by", "rename": "editable_by"}
    lookup_url_kwarg = "kb_id"

    @extend_schema(responses=_COUNTS)
    def retrieve(self, request: Request, kb_id: str) -> Answer:
        """The tags of a dataset."""
        return Answer(tags.counts([self.get_object()]))

    @extend_schema(
        responses=_COUNTS,
        parameters=[OpenApiParameter("kb_ids", str, description="Ids of datasets, parted by commas.", required=True)],
    )
    def list(self, request: Request) -> Answer:
        """The tags of several datasets together."""
        return Answer(tags.counts(self.all_reached(parted(request.query_params.get("kb_ids", "")))))

    @extend_schema(request=TagsInput, responses=OpenApiTypes.BOOL)
    def remove(self, request: Request, kb_id: str) -> Answer:
        """Take tags from every chunk that has them."""
        kb = self.get_object()
        body = web_object(request)
        require(body, "tags")
        tags.remove(kb, accepted(TagsInput, body)["tags"])
        return Answer(True)

    @extend_schema(request=RenamingInput, responses=OpenApiTypes.BOOL)
    def rename(self, request: Request, kb_id: str) -> Answer:
        """Give a tag another name; chunks that have that too have it once."""
        kb = self.get_object()
        body = web_object(request)
        require(body, "from_tag", "to_tag")
        given = accepted(RenamingInput, body)
        tags.rename(kb, given["from_tag"], given["to_tag"])
        return Answer(True)

    def missing(self, key: str) -> RagError:
        """One refusal for foreign and unknown datasets."""
        return no_authorization()
