"""Becomes another program: sets what a child process must have, then executes it.

Run as a script by an isolated interpreter (`python -I -S shim.py key=value … -- program argument …`), so it imports the
standard library alone and costs about 15 ms. A program of our own between fork and exec, instead of `preexec_fn`,
because the parent has threads.
"""

import ctypes
import os
import signal
import sys
import time
from typing import NoReturn

_PR_SET_PDEATHSIG = 1  # prctl(2)
_TRIES = 10


def die_with_parent(sent: int = signal.SIGKILL, *, parent: int | None = None) -> None:
    """Have the kernel send this process `sent` when the thread that forked it ends; Linux only, else nothing.

    Cleared by fork and by a change of user: every child sets it for itself, after that change. Give `parent` its pid:
    one that died before the call is noticed, and this process ends.
    """
    if sys.platform != "linux":
        return
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, sent, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if parent is not None and os.getppid() != parent:
        os._exit(1)


def step_back(by: int) -> None:
    """Be `by` nicer to other processes, as the leader of a session.

    Where the kernel groups processes by their sessions (sched_autogroup, the default of many), niceness counts among
    those of one session only. There the session itself has to be nice, too.
    """
    nice = os.nice(by)
    for _ in range(_TRIES if by else 0):
        try:
            with open("/proc/self/autogroup", "w") as group:  # noqa: PTH123 -- pathlib would cost a start 10 ms
                group.write(str(nice))
            return
        except BlockingIOError:  # whoever is not root may do so ten times a second, all users together
            time.sleep(0.1)
        except OSError:  # a kernel that does not group so
            return


def become(options: dict[str, str], argv: list[str]) -> NoReturn:
    """Apply `options` in the one order that works, then execute `argv`.

    Options: detach (leave the parent), cwd (entered with the caller's rights), clean (empty environment), env.NAME,
    nice, uid and gid, death and parent (see `die_with_parent`).
    """
    if "detach" in options and os.fork():
        os._exit(0)
    os.umask(0o077)
    os.chdir(options["cwd"])
    if "clean" in options:
        os.environ.clear()
    os.environ.update({key[4:]: value for key, value in options.items() if key.startswith("env.")})
    if "nice" in options:
        step_back(int(options["nice"]))
    if "uid" in options:
        os.setgroups([])
        os.setgid(int(options["gid"]))
        os.setuid(int(options["uid"]))
    if "death" in options:
        die_with_parent(int(options["death"]), parent=int(options["parent"]))
    os.execv(argv[0], argv)  # noqa: S606 -- no shell is the point


def main() -> NoReturn:
    """Read the options of the command line and become the program after `--`."""
    end = sys.argv.index("--")
    argv = sys.argv[end + 1 :]
    try:
        become(dict(option.split("=", 1) for option in sys.argv[1:end]), argv)
    except OSError as error:
        print(f"cannot run {argv[0]}: {error}", file=sys.stderr)
        os._exit(127)


if __name__ == "__main__":
    main()
