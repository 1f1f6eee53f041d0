"""A file is read window by window; what goes wrong costs one of them."""

import psutil
import pytest

from documents.sandbox import Limits, Sandbox
from system.errors import DocumentFault, FaultCode
from tests.documents.sandbox.reading import MIB, POISON, gone, parse, said, windows


def test_windows_come_one_after_the_other_from_one_child(poison, deed):
    *pids, last = said(poison, deed("pid pid print"))

    assert pids == [pids[0]] * 2
    assert last == "fine"


def test_windows_go_on_from_a_cursor(poison, deed):
    path = deed("spin print environment")
    first = windows(poison, deed("print spin print"))
    cursor = next(first).cursor

    assert cursor == {"at": 1}
    assert said(poison, path, cursor=cursor) == said(poison, deed("print environment"))


def test_a_crash_costs_one_window(poison, deed):
    path = deed("print segfault print")
    reading = windows(poison, path)
    cursor = next(reading).cursor

    with pytest.raises(DocumentFault) as caught:
        next(reading)

    assert caught.value.fault == FaultCode.CRASHED
    assert said(poison, path, cursor={"at": cursor["at"] + 1}) == ["fine"]


def test_each_window_has_its_own_time(poison, deed):
    reading = windows(poison, deed("nap nap nap"), timeout=1.0)

    assert [window.done for window in reading] == [1, 2, 3]


def test_endless_window_is_stopped(poison, deed):
    reading = windows(poison, deed("print spin"), timeout=1.0)
    next(reading)

    with pytest.raises(DocumentFault) as caught:
        next(reading)

    assert caught.value.fault == FaultCode.TIMEOUT


def test_child_that_dies_between_two_windows_is_replaced(poison, deed):
    reading = windows(poison, deed("pid pid print"))
    first = int(next(reading).parsed.text)

    psutil.Process(first).kill()
    gone(first)

    assert int(next(reading).parsed.text) != first
    assert next(reading).parsed.text == "fine"


def test_child_whose_memory_has_grown_is_replaced_between_two_windows(deed):
    with Sandbox(Limits(resident=60 * MIB), command=POISON) as sandbox:
        assert said(sandbox, deed("grow grow grow")) == ["1", "1", "1"]


def test_two_files_that_are_read_in_turns_do_not_mix(poison, deed):
    one, other = windows(poison, deed("print print print")), windows(poison, deed("exec environment connect"))

    assert [next(one).done, next(other).done, next(one).done, next(other).done] == [1, 1, 2, 2]
    assert next(one).parsed.text == "fine"
    assert next(other).parsed.text != "fine"


def test_reading_that_is_left_ends_the_child(poison, deed):
    reading = windows(poison, deed("pid print"))
    pid = int(next(reading).parsed.text)

    reading.close()

    assert gone(pid)
    assert parse(poison, deed("print")).text == "fine"


@pytest.mark.parametrize("what", ["still", "beyond", "sprawl", "nul"])
def test_windows_that_cannot_be_are_a_fault(poison, deed, what):
    reading = windows(poison, deed(f"{what} {what}"))

    with pytest.raises(DocumentFault) as caught:
        list(reading)

    assert caught.value.fault == FaultCode.CRASHED


def test_text_beyond_what_a_file_can_hold_is_refused(deed):
    limits = Limits(text=4 * MIB)

    with Sandbox(limits, command=POISON) as sandbox, pytest.raises(DocumentFault) as caught:
        said(sandbox, deed("huge huge"))

    assert caught.value.fault == FaultCode.TOO_LARGE


def test_windows_of_hardly_any_text_come_to_an_end(deed):
    limits = Limits(text=2048)

    with Sandbox(limits, command=POISON) as sandbox, pytest.raises(DocumentFault) as caught:
        said(sandbox, deed("print " * 10))

    assert caught.value.fault == FaultCode.TOO_LARGE
