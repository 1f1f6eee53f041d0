"""Files that requests bring (contract B.2, C.5)."""

from http import HTTPStatus

from django.core.files.uploadedfile import UploadedFile
from rest_framework.request import Request

from documents import uploads
from system.errors import Code, RagError
from system.rest.uploads import uploaded_files


def named_files(request: Request, *, keep: bool = True) -> "list[UploadedFile[bytes]]":
    """The files of an upload; without `keep`, for their names only.

    Raises ArgumentError where there is none, or one whose name will not do.
    """
    files = uploaded_files(request, keep=keep)
    for file in files:
        uploads.clean_name(file.name or "")
    return files


def not_stored(uploaded: uploads.Uploaded) -> RagError:
    """One line for each file that was not stored; the others were."""
    lines = [f"{name}: {reason}" for name, reason in [*uploaded.refused, *uploaded.failed]]
    status = HTTPStatus.INTERNAL_SERVER_ERROR if uploaded.failed else HTTPStatus.BAD_REQUEST
    return RagError("\n".join(lines), code=Code.SERVER, status=status)
