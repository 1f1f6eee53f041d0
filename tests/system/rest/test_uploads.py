import resource
from pathlib import Path

import pytest
from django.http.multipartparser import MultiPartParserError
from django.test import RequestFactory
from rest_framework.request import Request

from system.errors import ArgumentError, TooLarge
from system.rest.uploads import MEMORY_BYTES, UploadParser, uploaded_files

BOUNDARY = "----b"
WANTED = "/api/v1/datasets/1/documents"


def part(name, content=b"x", filename=None):
    head = f'Content-Disposition: form-data; name="{name}"'
    if filename is not None:
        head += f'; filename="{filename}"'
    return f"--{BOUNDARY}\r\n{head}\r\n\r\n".encode() + content + b"\r\n"


def spooled(root):
    """The files on disk, of whatever process."""
    return [path for path in root.rglob("*") if path.is_file()]


@pytest.fixture
def requested(settings, tmp_path):
    """Make a request out of parts; files on disk go to a directory of the test."""
    settings.RAG_SCRATCH_DIR = tmp_path
    made = []

    def requested(*parts, content_type=f"multipart/form-data; boundary={BOUNDARY}", end=True, to=WANTED):
        body = b"".join(parts) + (f"--{BOUNDARY}--\r\n".encode() if end else b"")
        request = Request(
            RequestFactory().generic("POST", to, body, content_type=content_type), parsers=[UploadParser()]
        )
        made.append(request)
        return request

    yield requested
    for request in made:
        request._request.close()


def test_files_come_with_their_bytes_in_their_order(requested):
    big = b"0123456789" * MEMORY_BYTES
    files = uploaded_files(
        requested(part("file", b"a", "a.txt"), part("file", big, "b.bin"), part("file", b"", "c.txt"))
    )

    assert [(file.name, file.size) for file in files] == [("a.txt", 1), ("b.bin", len(big)), ("c.txt", 0)]
    assert [file.read() for file in files] == [b"a", big, b""]
    assert b"".join(files[1].chunks()) == big


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("#we!rd & fine [1]'~.txt", "#we!rd & fine [1]'~.txt"),
        ("a&amp;b.txt", "a&amp;b.txt"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\me\\plan.txt", "plan.txt"),
        ("n" * 300 + ".txt", "n" * 300 + ".txt"),
        ("\u0434\u043e\u043a.txt", "\u0434\u043e\u043a.txt"),
        (" lead.txt", " lead.txt"),
    ],
    ids=["punctuation", "entity", "path", "windows path", "long", "cyrillic", "blank"],
)
def test_names_are_kept_but_for_their_path(requested, sent, kept):
    assert uploaded_files(requested(part("file", b"x", sent)))[0].name == kept


@pytest.mark.parametrize(
    "parts",
    [[], [part("other", b"x", "a.txt")], [part("text")]],
    ids=["nothing", "another field", "a form field"],
)
def test_a_request_without_files_is_told(requested, parts):
    with pytest.raises(ArgumentError, match="No file part!"):
        uploaded_files(requested(*parts))


@pytest.mark.parametrize("content_type", ["application/json", "", "text/plain"])
def test_another_content_type_has_no_files(requested, content_type):
    with pytest.raises(ArgumentError, match="No file part!"):
        uploaded_files(requested(part("file", b"x", "a.txt"), content_type=content_type))


def test_no_body_under_a_content_type_beyond_reading_has_no_files(requested):
    with pytest.raises(ArgumentError, match="No file part!"):
        uploaded_files(requested(end=False, content_type=f"multipart/form-data; boundary={'b' * 5000}"))


@pytest.mark.parametrize("name", ["", "folder/"], ids=["empty", "folder"])
def test_a_file_without_a_name_is_told(requested, name):
    with pytest.raises(ArgumentError, match="No file selected!"):
        uploaded_files(requested(part("file", b"x", "a.txt"), part("file", b"x", name)))


def test_a_file_beyond_the_limit_leaves_nothing_on_disk(requested, settings, tmp_path):
    settings.RAG_UPLOAD_BYTES = 1 << 20

    with pytest.raises(TooLarge, match=r"`b\.bin` is larger than the 1 MiB"):
        uploaded_files(
            requested(part("file", b"a" * MEMORY_BYTES * 2, "a.bin"), part("file", b"b" * (2 << 20), "b.bin"))
        )

    assert spooled(tmp_path) == []


def test_too_many_files_are_refused(requested, settings):
    settings.RAG_FILES_PER_UPLOAD = 3

    with pytest.raises(TooLarge, match="More than 3 files"):
        uploaded_files(requested(*[part("file", b"x", f"{n}.txt") for n in range(4)]))


def test_a_thousand_files_keep_few_descriptors_open(requested):
    before = len(list(Path("/proc/self/fd").iterdir()))
    parts = [part("file", b"x" * (MEMORY_BYTES + 1 if n % 100 == 0 else 10), f"{n}.txt") for n in range(1000)]
    files = uploaded_files(requested(*parts))
    sizes = [len(file.read()) for file in files]

    assert len(files) == 1000
    assert sizes.count(MEMORY_BYTES + 1) == 10
    assert len(list(Path("/proc/self/fd").iterdir())) <= before + 2
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 0


def test_the_bytes_go_with_the_request(requested, tmp_path):
    request = requested(part("file", b"x" * (MEMORY_BYTES + 1), "a.bin"))
    uploaded_files(request)
    during = spooled(tmp_path)

    request._request.close()

    assert len(during) == 1
    assert spooled(tmp_path) == []


def test_form_fields_come_along(requested):
    request = requested(part("file", b"x", "a.txt"), part("parent_path", b"a/b"))
    uploaded_files(request)

    assert request.data["parent_path"] == "a/b"


@pytest.mark.parametrize("whole", [0, 1], ids=["the only file", "the second file"])
def test_a_body_without_its_last_boundary_is_malformed_and_leaves_nothing_on_disk(requested, tmp_path, whole):
    parts = [part("file", b"x" * (MEMORY_BYTES + 1), f"{n}.bin") for n in range(whole + 1)]

    with pytest.raises(MultiPartParserError):
        uploaded_files(requested(*parts, end=False))

    assert spooled(tmp_path) == []


@pytest.mark.parametrize(
    "path",
    ["/v1/user/login", "/v1/user/register", "/admin/login/", "/api/login", "/api/v1/datasets", f"{WANTED}/2/chunks"],
)
def test_a_file_that_no_route_takes_is_refused_unread(requested, tmp_path, path):
    with pytest.raises(ArgumentError, match="takes no files"):
        uploaded_files(requested(part("file", b"x" * (MEMORY_BYTES + 1), "a.bin"), to=path))

    assert spooled(tmp_path) == []


@pytest.mark.parametrize(("path", "limit"), [(WANTED, "RAG_REQUEST_BYTES"), ("/v1/user/login", "RAG_BODY_BYTES")])
def test_a_request_beyond_its_limit_is_refused_before_it_is_read(requested, settings, path, limit):
    setattr(settings, limit, 1 << 20)
    request = requested(part("field", b"x" * (1 << 20)), to=path)

    with pytest.raises(TooLarge, match="one may have 1 MiB"):
        uploaded_files(request)

    assert request._request._stream.read(1) == b"-"


def test_files_that_are_not_kept_have_their_names_and_no_bytes(requested, tmp_path):
    files = uploaded_files(requested(part("file", b"x" * (MEMORY_BYTES + 1), "a.bin")), keep=False)

    assert [(file.name, file.read()) for file in files] == [("a.bin", b"")]
    assert spooled(tmp_path) == []
