import os
import stat

import pytest

from ragsite.embedded import sockets
from system.errors import Misconfigured


def test_short_path_is_used_as_it_is(tmp_path):
    assert sockets.address(tmp_path, "s.sock") == tmp_path / "s.sock"


def test_long_path_gets_a_short_alias_that_leads_there(tmp_path):
    deep = tmp_path / ("x" * 100)
    deep.mkdir()

    sockets.make_reachable(deep, "s.sock")
    sockets.make_reachable(deep, "s.sock")

    alias = sockets.address(deep, "s.sock")
    assert len(os.fsencode(alias)) <= 103
    assert alias.parent.samefile(deep)
    assert stat.S_IMODE(alias.parent.parent.stat().st_mode) == 0o700
    alias.parent.unlink()


def test_length_counts_bytes_not_letters(tmp_path):
    deep = tmp_path / ("é" * ((103 - len(str(tmp_path))) // 2))

    assert sockets.address(deep, "s.sock").parent != deep


@pytest.mark.parametrize("mode", [0o777, 0o750], ids=["open to all", "open to a group"])
def test_alias_folder_that_others_may_enter_is_refused(tmp_path, monkeypatch, mode):
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(mode)
    monkeypatch.setattr(sockets, "_alias", lambda directory: folder / "alias")

    with pytest.raises(Misconfigured, match="Remove it, or set RAGSITE_DATA_DIR"):
        sockets.make_reachable(tmp_path / ("x" * 100), "s.sock")


def test_alias_folder_that_is_a_link_is_refused(tmp_path, monkeypatch):
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    monkeypatch.setattr(sockets, "_alias", lambda directory: tmp_path / "link" / "alias")

    with pytest.raises(Misconfigured, match="not a private folder"):
        sockets.make_reachable(tmp_path / ("x" * 100), "s.sock")
