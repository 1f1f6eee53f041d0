import io
import zipfile

import pytest

from documents.parsers.archive import Archive, Budget
from system.errors import DocumentFault, FaultCode


@pytest.fixture
def zipped(tmp_path):
    """Write a zip file of some members; returns its path."""

    def write(members):
        path = tmp_path / "a.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in members.items():
                archive.writestr(name, data)
        return str(path)

    return write


def test_members_are_read(zipped):
    with Archive(zipped({"a/b.xml": b"hello"}), "a.docx") as archive:
        assert archive.members == {"a/b.xml"}
        assert archive.read("a/b.xml") == b"hello"


@pytest.mark.parametrize(
    ("members", "budget", "fault"),
    [
        pytest.param({f"{n}": b"" for n in range(11)}, Budget(entries=10), FaultCode.TOO_LARGE, id="entries"),
        pytest.param({"a": b"x" * 101}, Budget(inflated=100), FaultCode.TOO_LARGE, id="declared size"),
        pytest.param({"a": bytes(20_000)}, Budget(ratio=10, ratio_from=1000), FaultCode.TOO_LARGE, id="ratio"),
        pytest.param({"../a": b""}, Budget(), FaultCode.CORRUPT, id="traversal"),
        pytest.param({"/etc/a": b""}, Budget(), FaultCode.CORRUPT, id="absolute"),
        pytest.param({"a\\..\\b": b""}, Budget(), FaultCode.CORRUPT, id="backslashes"),
    ],
)
def test_container_beyond_the_budget_is_refused(zipped, members, budget, fault):
    with pytest.raises(DocumentFault) as caught:
        Archive(zipped(members), "a.docx", budget)

    assert caught.value.fault == fault
    assert "a.docx" in caught.value.message


def test_inflated_bytes_are_counted_over_all_reads(zipped):
    with Archive(zipped({"a": b"x" * 60}), "a.docx", Budget(inflated=100)) as archive:
        archive.read("a")

        with pytest.raises(DocumentFault) as caught:
            archive.read("a")

    assert caught.value.fault == FaultCode.TOO_LARGE


def test_member_read_whole_is_bounded(zipped):
    with (
        Archive(zipped({"a": b"x" * 60}), "a.docx", Budget(member=50)) as archive,
        pytest.raises(DocumentFault) as caught,
    ):
        archive.read("a")

    assert caught.value.fault == FaultCode.TOO_LARGE


@pytest.mark.parametrize("damage", ["cut", "flipped", "missing"])
def test_damaged_container_is_corrupt(zipped, damage, tmp_path):
    path = zipped({"a": bytes(range(256)) * 40})
    data = io.BytesIO((tmp_path / "a.zip").read_bytes()).getvalue()
    data = data[: len(data) // 2] if damage == "cut" else data[:60] + b"\xff" * 20 + data[80:]
    (tmp_path / "a.zip").write_bytes(data)

    with pytest.raises(DocumentFault) as caught, Archive(path, "a.docx") as archive:
        archive.read("b" if damage == "missing" else "a")

    assert caught.value.fault == FaultCode.CORRUPT
