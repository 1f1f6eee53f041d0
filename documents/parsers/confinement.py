"""Takes from a process what parsing a file does not need, once and for good.

What holds, from the strongest: a seccomp filter refuses new processes, programs and sockets, also to root and inside
containers; resource limits bound memory, CPU time, open and written files; a user and network namespace of its own,
where the system grants one, leaves it no capability and no network interface; it dies with its parent.
"""

import ctypes
import errno
import os
import platform
import resource
import signal
import sys
from collections.abc import Mapping
from typing import NamedTuple

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_SECCOMP = 22
_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_MODE_FILTER = 2
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_CLONE_THREAD = 0x00010000
_ALLOW = 0x7FFF0000
_ERRNO = 0x00050000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # BPF_LD|W|ABS, BPF_JMP|…|K, BPF_RET|K
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data
_X32 = 0x40000000  # system calls of the x32 ABI carry this bit and would slip through


class _Machine(NamedTuple):
    """An architecture by its audit number, and the numbers of system calls on it."""

    audit: int
    refused: tuple[int, ...]
    clone: int


_CLONE3 = 435
_MACHINES: Mapping[str, _Machine] = {
    # fork vfork execve execveat socket socketpair ptrace process_vm_readv/_writev kill, then the same on every machine:
    # io_uring_setup pidfd_send_signal pidfd_open pidfd_getfd
    "x86_64": _Machine(0xC000003E, (57, 58, 59, 322, 41, 53, 101, 310, 311, 62, 425, 424, 434, 438), 56),
    "aarch64": _Machine(0xC00000B7, (221, 281, 198, 199, 117, 270, 271, 129, 425, 424, 434, 438), 220),
}


class _Instruction(ctypes.Structure):
    _fields_ = [
        ("code", ctypes.c_uint16),
        ("if_true", ctypes.c_uint8),
        ("if_false", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    ]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.POINTER(_Instruction))]


def confine(*, parent: int, memory: int, open_files: int, file_bytes: int) -> list[str]:
    """Confine this process, which must have a single thread; returns what the system granted.

    `memory` is the address space in bytes, `file_bytes` the size of a file it may write. Ends the process when
    `parent` (a pid) is gone already.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(1)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    for limit, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_NOFILE, open_files),
        (resource.RLIMIT_FSIZE, file_bytes),
        (resource.RLIMIT_NPROC, 0),  # does not bind root; the filter does
    ):
        resource.setrlimit(limit, (value, value))
    granted = ["limits"]
    if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0:
        granted.append("namespaces")
    if _filter_calls(libc):
        granted.append("seccomp")
    return granted


def allow_cpu(seconds: int) -> None:
    """Let the process use `seconds` more of CPU time; beyond, SIGXCPU ends it."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = int(usage.ru_utime + usage.ru_stime) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (used + seconds, resource.RLIM_INFINITY))


def _filter_calls(libc: ctypes.CDLL) -> bool:
    machine = _MACHINES.get(platform.machine())
    if machine is None or sys.byteorder != "little":
        return False
    instructions = _instructions(machine)
    array = (_Instruction * len(instructions))(*(_Instruction(*values) for values in instructions))
    program = _Program(len(instructions), array)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    return bool(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) == 0)


def _instructions(machine: _Machine) -> list[tuple[int, int, int, int]]:
    """The filter program.

    Refused calls fail with EPERM, clone() too unless it makes a thread; clone3(), whose flags a filter cannot see,
    fails with ENOSYS, upon which libc falls back to clone().
    """
    refused = (_RETURN, 0, 0, _ERRNO | errno.EPERM)
    program = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, machine.audit),
        refused,
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32),
        refused,
    ]
    for number in machine.refused:
        program += [(_EQUAL, 0, 1, number), refused]
    program += [(_EQUAL, 0, 1, _CLONE3), (_RETURN, 0, 0, _ERRNO | errno.ENOSYS)]
    program += [
        (_EQUAL, 0, 3, machine.clone),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_ANY_BIT, 1, 0, _CLONE_THREAD),
        refused,
        (_RETURN, 0, 0, _ALLOW),
    ]
    return program
