import os
import signal
from pathlib import Path

import pytest

from system import scratch


@pytest.fixture
def root(settings):
    return settings.RAG_SCRATCH_DIR


@pytest.fixture
def killed(root):
    """Have another process leave a file in a folder of its own, and be killed; returns the folder."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        (scratch.folder() / "half").write_bytes(b"half of it")
        os.write(writing, str(scratch.folder()).encode())
        signal.pause()
    folder = os.read(reading, 4096).decode()
    yield root / Path(folder).name, lambda: (os.kill(pid, signal.SIGKILL), os.waitpid(pid, 0))
    os.close(reading)
    os.close(writing)


def test_a_process_has_one_folder_that_nobody_else_may_read(root):
    folder = scratch.folder()

    assert folder.parent == root
    assert scratch.folder() == folder
    assert folder.stat().st_mode & 0o777 == 0o700


def test_what_is_under_way_stays_and_what_a_killed_process_left_goes(killed):
    folder, kill = killed
    mine = scratch.folder()

    while_it_lived = scratch.clear()
    there = (folder / "half").exists()
    kill()

    assert (while_it_lived, there) == (0, True)
    assert scratch.clear() == 1
    assert not folder.exists()
    assert mine.is_dir()


def test_a_new_process_clears_up_after_the_dead(killed, root):
    folder, kill = killed
    kill()

    assert scratch.folder().parent == root
    assert not folder.exists()


def test_a_forked_process_has_a_folder_of_its_own_and_does_not_hold_its_parents(root):
    mine = scratch.folder()
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(writing, str(scratch.folder()).encode())
        os._exit(0)
    os.waitpid(pid, 0)

    theirs = os.read(reading, 4096).decode()

    assert theirs != str(mine)
    assert scratch.clear() == 1
    assert mine.is_dir()
    os.close(reading)
    os.close(writing)


def test_a_folder_that_was_removed_is_made_again(root):
    scratch.folder().rmdir()

    assert scratch.folder().is_dir()


def test_without_any_folder_nothing_is_cleared(root):
    assert not root.exists()
    assert scratch.clear() == 0


@pytest.mark.parametrize("make", [Path.touch, Path.mkdir], ids=["a file", "a folder of somebody else"])
def test_what_a_process_may_not_take_is_left_alone(root, monkeypatch, make):
    root.mkdir(parents=True)
    make(root / "strange")
    real = os.open

    def open_own(path, *how):
        if Path(path).name == "strange" and Path(path).is_dir():
            raise PermissionError(path)
        return real(path, *how)

    monkeypatch.setattr(scratch.os, "open", open_own)

    assert scratch.folder().is_dir()
    assert scratch.clear() == 0
    assert (root / "strange").exists()
