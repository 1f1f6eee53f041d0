"""Files that requests bring, and what is told of each (contract B.2, C.5)."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request

from documents import conflicts, labels, uploads
from documents.conflicts import OnConflict, Outcome
from documents.rest.rows import DocumentFields
from system.errors import Code, PartlyDone, RagError
from system.rest.envelope import Answer
from system.rest.uploads import uploaded_files

_FIELD = "on_conflict"
_HELP = (
    "What is done with a file that is there already: `keep` it under a free name (the default); `skip` it where the "
    "dataset has the same bytes; `replace` the bytes of the document of its name; or take the same name or bytes as an "
    "`error`. Where it is sent, each row of the answer has an `upload_result`."
)
_RESULTS = [outcome for outcome in Outcome if outcome is not Outcome.REFUSED]

ON_CONFLICT = OpenApiParameter(
    _FIELD, OpenApiTypes.STR, enum=list(OnConflict), description="The same as the form field, which comes first."
)


def on_conflict_field() -> serializers.ChoiceField:
    """The form field, for the description of a request."""
    return serializers.ChoiceField(list(OnConflict), required=False, help_text=_HELP)


def upload_result_field() -> serializers.ChoiceField:
    """What became of a file, for the description of a row; `answer` adds it where it was asked for."""
    return serializers.ChoiceField(
        _RESULTS,
        required=False,
        help_text="Where `on_conflict` was sent. `stored`; `kept`: under another name; `skipped`: the row is the "
        "document that has the bytes; `replaced`: it has the bytes of the file now.",
    )


def body_bytes(request: Request) -> int:
    """How many bytes the body has, as its header tells before it is read; 0 where that is no number."""
    length: str = request.META.get("CONTENT_LENGTH") or ""
    return int(length) if length.isdecimal() else 0


def named_files(request: Request, *, keep: bool = True) -> "list[UploadedFile[bytes]]":
    """The files of an upload; without `keep`, for their names only.

    Raises ArgumentError where there is none, or one whose name will not do.
    """
    files = uploaded_files(request, keep=keep)
    for file in files:
        labels.clean_name(file.name or "")
    return files


def asked_for(request: Request, fields: Mapping[str, Any]) -> OnConflict | None:
    """What a request wants done with files that are there already; None where it does not say. Raises ArgumentError."""
    given = fields.get(_FIELD) or request.query_params.get(_FIELD)
    return conflicts.on_conflict(str(given)) if given else None


def answer(uploaded: uploads.Uploaded, rows: type[DocumentFields], *, asked: OnConflict | None) -> Answer:
    """A row for each file, in their order. Raises RagError where some are not stored; the others are."""
    if uploaded.errors:
        raise _not_stored(uploaded) if asked is None else _not_stored(uploaded, PartlyDone)
    data = rows(uploaded.documents, many=True).data
    if asked is None:
        return Answer(data)
    return Answer([{**row, "upload_result": one.outcome} for row, one in zip(data, uploaded.results, strict=True)])


def _not_stored(uploaded: uploads.Uploaded, kind: type[RagError] = RagError) -> RagError:
    """One line for each file that is not stored; as PartlyDone it tells of all files in `data`."""
    errors = [error for _, error in uploaded.errors]
    return kind(
        "\n".join(f"{name}: {error.message}" for name, error in uploaded.errors),
        code=Code.SERVER,
        status=_status(errors),
        data=[_row(result) for result in uploaded.results] if kind is PartlyDone else None,
        headers=next((error.headers for error in errors if error.headers), None),
    )


def _status(errors: list[RagError]) -> HTTPStatus:
    """Our own failures before those of the files, and what all errors agree on before the plain 400."""
    statuses = {error.http_status for error in errors}
    worst = max(statuses)
    return worst if worst >= HTTPStatus.INTERNAL_SERVER_ERROR or len(statuses) == 1 else HTTPStatus.BAD_REQUEST


def _row(result: uploads.Result) -> dict[str, Any]:
    return {
        "name": result.name,
        "upload_result": result.outcome,
        "id": result.document.pk if result.document else None,
        "message": result.error.message if result.error else "",
    }
