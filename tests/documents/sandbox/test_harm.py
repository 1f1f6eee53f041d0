"""A document that does harm is a fault of its own, with a code; the child has no right to do more."""

import time

import pytest

from documents.parsers.confinement import _MACHINES
from documents.sandbox import Limits, Sandbox
from system.errors import DocumentFault, FaultCode
from tests.documents.sandbox.reading import MIB, POISON, parse


@pytest.mark.parametrize(
    ("what", "fault", "retry"),
    [
        pytest.param("segfault", FaultCode.CRASHED, True, id="segfault"),
        pytest.param("abort", FaultCode.CRASHED, True, id="abort"),
        pytest.param("exit", FaultCode.CRASHED, True, id="hard exit"),
        pytest.param("allocate", FaultCode.OUT_OF_MEMORY, False, id="4 GiB allocated"),
        pytest.param("killed", FaultCode.OUT_OF_MEMORY, True, id="killed as the kernel does for lack of memory"),
        pytest.param("garbage", FaultCode.CRASHED, True, id="garbage on the pipe"),
        pytest.param("outside", FaultCode.CRASHED, True, id="spans outside of the text"),
        pytest.param("endless", FaultCode.TOO_LARGE, False, id="endless result"),
        pytest.param("raise", FaultCode.CRASHED, False, id="exception"),
    ],
)
def test_misbehaviour_ends_as_a_coded_fault_and_the_next_document_is_parsed(poison, deed, what, fault, retry):
    started = time.monotonic()

    with pytest.raises(DocumentFault) as caught:
        parse(poison, deed(what), name="bad.pdf")

    assert (caught.value.fault, caught.value.retry) == (fault, retry)
    assert "bad.pdf" in caught.value.message
    assert time.monotonic() - started < 10
    assert parse(poison, deed("print")).text == "fine"


def test_endless_loop_is_stopped_by_the_wall_clock(poison, deed):
    with pytest.raises(DocumentFault) as caught:
        parse(poison, deed("spin"), timeout=1.0)

    assert (caught.value.fault, caught.value.retry) == (FaultCode.TIMEOUT, True)
    assert poison.pid is None


def test_endless_loop_is_stopped_by_processor_time(deed):
    with Sandbox(Limits(cpu=1), command=POISON) as sandbox, pytest.raises(DocumentFault) as caught:
        parse(sandbox, deed("spin"))

    assert caught.value.fault == FaultCode.TIMEOUT
    assert "processor time" in caught.value.message


def test_result_above_the_limit_is_refused(deed):
    with Sandbox(Limits(result=MIB), command=POISON) as sandbox, pytest.raises(DocumentFault) as caught:
        parse(sandbox, deed("huge"))

    assert caught.value.fault == FaultCode.TOO_LARGE


@pytest.mark.skipif("x86_64" not in _MACHINES, reason="no system call filter for this machine")
@pytest.mark.parametrize(
    ("what", "outcome"),
    [
        pytest.param("fork", "0 children, then PermissionError", id="no processes, so no fork bomb"),
        pytest.param("exec", "PermissionError", id="no programs"),
        pytest.param("connect", "PermissionError", id="no network"),
        pytest.param("kill", "PermissionError", id="no signals to others"),
        pytest.param("write", "OSError", id="no files written"),
        pytest.param("environment", "LANG PYTHONPATH", id="no environment"),
    ],
)
def test_child_has_no_right_to(poison, deed, what, outcome, monkeypatch):
    monkeypatch.setenv("RAGSITE_CANARY", "secret")

    parsed = parse(poison, deed(what))

    assert parsed.text.replace("LC_CTYPE ", "") == outcome
