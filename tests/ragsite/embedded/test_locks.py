import subprocess
import sys

from ragsite.embedded import locks
from ragsite.embedded.locks import Lock


def test_lock_is_held_by_one_at_a_time(tmp_path):
    with Lock.take(tmp_path / "lock"):
        assert Lock.take(tmp_path / "lock") is None
        assert locks.held(tmp_path / "lock")

    assert not locks.held(tmp_path / "lock")


def test_asking_about_a_lock_that_never_was_makes_no_file(tmp_path):
    assert not locks.held(tmp_path / "lock")
    assert list(tmp_path.iterdir()) == []


def test_child_that_was_handed_the_lock_keeps_it_until_it_dies(tmp_path):
    lock = Lock.take(tmp_path / "lock")
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=[lock.fd])
    lock.close()

    assert locks.held(tmp_path / "lock")

    child.kill()
    child.communicate()
    assert not locks.held(tmp_path / "lock")


def test_note_of_the_holder_replaces_an_earlier_one(tmp_path):
    with Lock.take(tmp_path / "lock") as lock:
        lock.write("123456")
        lock.write("12")

    assert (tmp_path / "lock").read_text() == "12"


def test_folder_and_file_are_open_to_their_owner_only(tmp_path):
    Lock.take(tmp_path / "new" / "lock").close()

    assert (tmp_path / "new").stat().st_mode & 0o077 == 0
    assert (tmp_path / "new" / "lock").stat().st_mode & 0o077 == 0
