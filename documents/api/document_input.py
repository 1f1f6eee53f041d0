"""What the document routes accept (contract B.2)."""

from dataclasses import dataclass
from typing import Any, Self

from django.db.models import QuerySet
from django.http import QueryDict
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema_field
from rest_framework import serializers

from documents.changes import Change
from documents.labels import check_length
from documents.models import Document, Run
from documents.models.document import DocumentQuerySet
from documents.rest.changing import config, text_name
from documents.rest.files import on_conflict_field
from documents.rest.querying import IN_ORDER, KEYWORDS, ORDER, Narrowing, Period
from system.errors import ArgumentError, DataError
from system.rest.pagination import Page
from system.rest.refusing import Checked, Object, Switch, Text, Texts, ids, mapping


@dataclass(frozen=True, slots=True)
class DocumentQuery:
    """Which documents to list; empty values count as absent."""

    id: str
    name: str
    narrowing: Narrowing
    period: Period
    page: Page

    @classmethod
    def of(cls, query: QueryDict) -> Self:
        """From query parameters; raises Unhandled for numbers that are none."""
        names = {run.label: run.value for run in Run}
        return cls(
            id=query.get("id", ""),
            name=query.get("name", ""),
            narrowing=Narrowing(
                keywords=query.get("keywords", ""),
                suffixes=[suffix for suffix in query.getlist("suffix") if suffix],
                runs=[names.get(run.upper(), run) for run in query.getlist("run") if run],
            ),
            period=Period.of(query),
            page=Page.of(query, ORDER),
        )

    def narrowed(self, rows: DocumentQuerySet) -> DocumentQuerySet:
        """The rows that match all but the times, which the contract applies to the page alone (`on_page`)."""
        rows = self.narrowing.of_rows(rows.filter(pk=self.id) if self.id else rows)
        return rows.named(self.name) if self.name else rows

    def on_page(self, rows: QuerySet[Document]) -> list[Document]:
        """The page, without the rows made before or after the times asked for."""
        return self.period.of_page(self.page.of_rows(rows))


QUERY = [
    OpenApiParameter("id", str, description="This document alone."),
    OpenApiParameter("name", str, description="The document of this name, whatever its case."),
    KEYWORDS,
    OpenApiParameter("suffix", str, many=True, description="Such as `pdf`."),
    OpenApiParameter("run", str, many=True, description="UNSTART, RUNNING, CANCEL, DONE, FAIL, or 0 to 4."),
    *IN_ORDER,
    OpenApiParameter("page", int, description="From 1; 30 rows unless `page_size` says otherwise."),
    OpenApiParameter("page_size", int),
]


class UploadInput(serializers.Serializer[None]):
    """Files to store, all under the name `file`."""

    file = serializers.ListField(child=serializers.FileField(), help_text="May be repeated.")
    parent_path = serializers.CharField(required=False, help_text="Prefix of the location that clients are shown.")
    on_conflict = on_conflict_field()


@extend_schema_field(OpenApiTypes.DOUBLE)
class Unchangeable(Checked):
    """A value that may be sent back as it is."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(self._same, **kwargs)

    def _same(self, value: Any) -> Any:
        if value != getattr(self.parent.instance, str(self.source)):
            raise DataError(f"Can't change `{self.field_name}`.")
        raise serializers.SkipField


def _name(value: Any) -> str:
    name = text_name(value)
    check_length(name)
    return name


def _enabled(value: Any) -> bool:
    if str(value) not in {"0", "1", "False", "True"}:
        raise ArgumentError("`enabled` must be 0 or 1.")
    return str(value) in {"1", "True"}


class ChangesInput(serializers.Serializer[Document]):
    """New values of a document, in the order of their checks; every key may be absent, others are ignored."""

    chunk_count = Unchangeable(source="chunk_num", help_text="May only be what it is.")
    token_count = Unchangeable(source="token_num", help_text="May only be what it is.")
    progress = Unchangeable(help_text="May only be what it is.")
    meta_fields = Object(mapping("meta_fields must be a dictionary"), help_text="Replaces the stored object.")
    name = Text(_name, help_text="With the suffix that it has.")
    parser_config = Object(config, help_text="Merged into the stored config.")
    chunk_method = Text(str, help_text="Another one takes the chunks away.")
    enabled = Switch(_enabled, help_text="Whether searches find its chunks.")

    def change(self) -> Change:
        """The values, checked."""
        self.is_valid(raise_exception=True)
        value: dict[str, Any] = self.validated_data
        return Change(
            name=value.get("name"),
            meta_fields=value.get("meta_fields"),
            parser_config=value.get("parser_config"),
            method=value.get("chunk_method"),
            enabled=value.get("enabled"),
        )


class DocumentIdsInput(serializers.Serializer[None]):
    """Documents to delete; none, or no body, for all."""

    ids = Texts(ids(ArgumentError("`ids` should be a list")), absent=None)
